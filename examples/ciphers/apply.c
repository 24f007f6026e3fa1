/* SPDX-License-Identifier: MIT */
/*
 * smtptls-ciphers --hello FILE --apply: what is proposed, followed.
 *
 * The changes of a struct smtptls_answer are made to the options as they were
 * given, and the options that result are printed, to be pasted behind
 * smtptls-ciphers or smtptls-server. It is also what a host has to do that
 * wants to follow a proposal by itself.
 */
#include "apply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hello.h"

enum { DONE = 0, NO_MEMORY = 1, REFUSED = 3 }; /* exit status */

enum { LISTS = SMTPTLS_SETTING_SIGALGS };

struct options {
	char *list[LISTS]; /* in the settings' order; NULL: not set */
	int level;
	unsigned keys;
};

/* The end of a word: another, or a separator. */
static int ends(char byte)
{
	return !byte || strchr(":,; \t\n\v\f\r!@", byte);
}

/* The list with `with` in the place of each `word`; NULL: no memory. */
static char *replaced(const char *list, const char *word, const char *with)
{
	size_t len = strlen(word), used = 0;
	char *copy = malloc(strlen(list) * (strlen(with) + 1) + 1);

	while (copy && *list) {
		if (strncmp(list, word, len) != 0 || !ends(list[len])) {
			copy[used++] = *list++;
			continue;
		}
		strcpy(copy + used, with);
		used += strlen(with);
		list += len;
		/* Of the separators around a word that goes one goes too. */
		if (!with[0] && *list && !strchr("!@", *list) &&
		    (used == 0 || ends(copy[used - 1])))
			list++;
	}
	if (copy && !with[0] && used > 0 && ends(copy[used - 1]))
		used--;
	if (copy)
		copy[used] = '\0';
	return copy;
}

static char *joined(const char *a, const char *b, const char *c)
{
	char *text = malloc(strlen(a) + strlen(b) + strlen(c) + 1);

	if (text) {
		strcpy(text, a);
		strcat(text, b);
		strcat(text, c);
	}
	return text;
}

static int change_list(char **list, const struct smtptls_change *change)
{
	const char *old = *list ? *list : "";
	char *new;

	switch (change->action) {
	case SMTPTLS_CHANGE_SET:
		new = joined(change->with, "", "");
		break;
	case SMTPTLS_CHANGE_ADD:
		new = joined(old, change->with, change->word);
		break;
	default:
		new = replaced(old, change->word,
			       change->action == SMTPTLS_CHANGE_REMOVE
				       ? ""
				       : change->with);
	}
	free(*list);
	*list = new;
	return new ? DONE : NO_MEMORY;
}

static int follow(struct options *options, const struct smtptls_change *change)
{
	if (change->setting <= LISTS)
		return change_list(&options->list[change->setting - 1], change);
	switch (change->setting) {
	case SMTPTLS_SETTING_SECURITY_LEVEL:
		options->level = change->with[0] == '0'
					 ? SMTPTLS_SECURITY_LEVEL_0
					 : change->with[0] - '0';
		return DONE;
	case SMTPTLS_SETTING_CERTIFICATE:
		options->keys |= hello_key_type(change->word);
		return DONE;
	default:
		return REFUSED;
	}
}

static void print_quoted(const char *value)
{
	putchar('\'');
	for (; *value; value++) {
		if (*value == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*value);
	}
	putchar('\'');
}

static void print(const struct options *options, int flags)
{
	static const char *const names[LISTS] = { "protocols", "ciphers",
						  "ciphersuites", "groups",
						  "sigalgs" };
	const char *blank = "";
	int i;

	for (i = 0; i < LISTS; i++) {
		if (!options->list[i])
			continue;
		printf("%s--%s ", blank, names[i]);
		print_quoted(options->list[i]);
		blank = " ";
	}
	if (options->level) {
		printf("%s--seclevel %d", blank,
		       options->level < 0 ? 0 : options->level);
		blank = " ";
	}
	if (flags & SMTPTLS_PREFER_CLIENT) {
		printf("%s--prefer-client", blank);
		blank = " ";
	}
	if (options->keys) {
		printf("%s--keys ", blank);
		hello_print_keys(options->keys);
	}
	putchar('\n');
}

int apply_print(const struct smtptls_policy_spec *spec, unsigned keys,
		const struct smtptls_answer *answer)
{
	const char *given[LISTS] = { spec->protocols, spec->ciphers,
				     spec->ciphersuites, spec->groups,
				     spec->sigalgs };
	struct options options = { .level = spec->security_level,
				   .keys = keys };
	int i, status = DONE;

	for (i = 0; i < LISTS && status == DONE; i++) {
		if (!given[i])
			continue;
		options.list[i] = joined(given[i], "", "");
		status = options.list[i] ? DONE : NO_MEMORY;
	}
	if (answer->reason && answer->change_count == 0)
		status = REFUSED;
	for (i = 0; status == DONE && i < answer->change_count; i++) {
		/* A certificate comes beside those that there are. */
		if (answer->changes[i].setting == SMTPTLS_SETTING_CERTIFICATE &&
		    !options.keys)
			options.keys = HELLO_DEFAULT_KEYS;
		status = follow(&options, &answer->changes[i]);
	}
	if (status == DONE)
		print(&options, spec->flags);
	for (i = 0; i < LISTS; i++)
		free(options.list[i]);
	return status;
}
