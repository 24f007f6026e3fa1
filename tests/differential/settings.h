/* SPDX-License-Identifier: MIT */
/*
 * Settings as an administrator has written them, and changes made to them
 * exactly as proposed: by separate code, which knows nothing of the lists'
 * languages except where a word begins and ends.
 */
#ifndef TESTS_DIFFERENTIAL_SETTINGS_H
#define TESTS_DIFFERENTIAL_SETTINGS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <smtptls/policy.h>

#define SETTING_SIZE 4096

enum { LISTS = 5 }; /* SMTPTLS_SETTING_PROTOCOLS and the next four */

struct settings {
	char list[LISTS][SETTING_SIZE];
	int set[LISTS];
	int level; /* as in struct smtptls_policy_spec */
	int flags;
	unsigned keys;
};

static inline void settings_spec(const struct settings *settings,
				 struct smtptls_policy_spec *spec)
{
	const char *list[LISTS];
	int i;

	for (i = 0; i < LISTS; i++)
		list[i] = settings->set[i] ? settings->list[i] : NULL;
	memset(spec, 0, sizeof(*spec));
	spec->protocols = list[0];
	spec->ciphers = list[1];
	spec->ciphersuites = list[2];
	spec->groups = list[3];
	spec->sigalgs = list[4];
	spec->security_level = settings->level;
	spec->flags = settings->flags;
}

static inline int settings_is_end(char byte)
{
	return byte == '\0' || strchr(":,; \t\n\r\v\f!@", byte) != NULL;
}

/* Replaces each occurrence of the word; returns how many there were. */
static inline int settings_replace(char *list, const char *word,
				   const char *with)
{
	char result[SETTING_SIZE] = "", *at = list;
	size_t len = strlen(word), n = 0;
	int count = 0, start;

	while (*at) {
		start = at == list || settings_is_end(at[-1]) ||
			strchr("!@-+<>", word[0]) != NULL;
		if (!start || strncmp(at, word, len) != 0 ||
		    !settings_is_end(at[len])) {
			result[n++] = *at++;
			result[n] = '\0';
			continue;
		}
		count++;
		strcpy(result + n, with);
		n += strlen(with);
		at += len;
		/* One of the two separators around it is removed too. */
		if (!with[0] && *at && !strchr("!@", *at) &&
		    (n == 0 || settings_is_end(result[n - 1])))
			at++;
	}
	if (!with[0] && n > 0 && settings_is_end(result[n - 1]))
		result[n - 1] = '\0';
	strcpy(list, result);
	return count;
}

static inline unsigned settings_key(const char *type)
{
	static const struct {
		const char *type;
		unsigned keys;
	} types[] = {
		{ "RSA", SMTPTLS_KEY_RSA_SIGN | SMTPTLS_KEY_RSA_ENCRYPT },
		{ "RSA-PSS", SMTPTLS_KEY_RSA_PSS },
		{ "ECDSA P-256", SMTPTLS_KEY_ECDSA_P256 },
		{ "ECDSA P-384", SMTPTLS_KEY_ECDSA_P384 },
		{ "ECDSA P-521", SMTPTLS_KEY_ECDSA_P521 },
		{ "Ed25519", SMTPTLS_KEY_ED25519 },
		{ "Ed448", SMTPTLS_KEY_ED448 },
	};
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(types[i].type, type) == 0)
			return types[i].keys;
	}
	return 0;
}

static inline const char *
settings_change_certificate(struct settings *settings,
			    const struct smtptls_change *change)
{
	unsigned keys = settings_key(change->word);

	if (!keys)
		return "no type of certificate";
	if (change->action == SMTPTLS_CHANGE_ADD) {
		if ((settings->keys & keys) == keys)
			return "a certificate that is there";
		settings->keys |= keys;
		return NULL;
	}
	if (change->action != SMTPTLS_CHANGE_REPLACE)
		return "an action that a certificate does not know";
	if (!(settings->keys & keys))
		return "a certificate that is not there";
	if (strcmp(change->with, "digitalSignature") == 0)
		settings->keys |= SMTPTLS_KEY_RSA_SIGN;
	else if (strcmp(change->with, "keyEncipherment") == 0)
		settings->keys |= SMTPTLS_KEY_RSA_ENCRYPT;
	else
		return "no keyUsage";
	return NULL;
}

/* Follow a proposal for this side's settings; NULL, or why it is impossible. */
static inline const char *settings_change(struct settings *settings,
					  const struct smtptls_change *change)
{
	int i = change->setting - SMTPTLS_SETTING_PROTOCOLS;
	char *list;

	if (change->setting == SMTPTLS_SETTING_CERTIFICATE)
		return settings_change_certificate(settings, change);
	if (change->setting == SMTPTLS_SETTING_SECURITY_LEVEL) {
		if (change->action != SMTPTLS_CHANGE_SET ||
		    change->with[0] < '0' || change->with[0] > '5' ||
		    change->with[1])
			return "no security level";
		settings->level = change->with[0] == '0'
					  ? SMTPTLS_SECURITY_LEVEL_0
					  : change->with[0] - '0';
		return NULL;
	}
	if (i < 0 || i >= LISTS)
		return "a setting that is not known";
	list = settings->list[i];
	if (change->action == SMTPTLS_CHANGE_SET) {
		strcpy(list, change->with);
		settings->set[i] = 1;
		return NULL;
	}
	if (!settings->set[i])
		return "a change of a list that is not set";
	if (!change->word[0])
		return "no word";
	switch (change->action) {
	case SMTPTLS_CHANGE_ADD:
		strcat(list, change->with);
		strcat(list, change->word);
		return NULL;
	case SMTPTLS_CHANGE_REMOVE:
		return settings_replace(list, change->word, "") > 0
			       ? NULL
			       : "a word to be removed that is not there";
	case SMTPTLS_CHANGE_REPLACE:
		return settings_replace(list, change->word, change->with) > 0
			       ? NULL
			       : "a word to be replaced that is not there";
	default:
		return "an action that is not known";
	}
}

#endif
