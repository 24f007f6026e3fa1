/* SPDX-License-Identifier: MIT */
/*
 * smtptls-ciphers --apply: makes the proposed changes.
 *
 * The changes in a struct smtptls_answer, or those for words of other
 * languages, are made to the given options, and the result is printed, to be
 * pasted after smtptls-ciphers or smtptls-server. A host that makes proposed
 * changes by itself must do the same.
 */
#include "apply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hello.h"

enum { DONE = 0, FAILED = 1, REFUSED = 3 }; /* exit status */

enum { LISTS = SMTPTLS_SETTING_SIGALGS };

struct options {
	char *list[LISTS]; /* in the settings' order; NULL: not set */
	int level;
	unsigned keys;
};

static int is_separator(char byte)
{
	return byte && strchr(":,;/ \t\n\v\f\r", byte);
}

/* 1 if a word ends before this byte: a separator, or the start of another. */
static int ends(char byte)
{
	return !byte || is_separator(byte) || strchr("!@", byte);
}

/* 1 if the `len` bytes at `at` are a whole word of the list. */
static int is_word(const char *list, const char *at, size_t len)
{
	/* One with a sign needs no separator before it, as in "ALL!RC4". */
	if (at != list && !is_separator(at[-1]) && !strchr("!@", at[0]))
		return 0;
	/* The value directly follows "ssl_ciphers=". */
	return at[len - 1] == '=' || ends(at[len]);
}

/* The list with each `word` replaced by `with`; NULL without memory. */
static char *replaced(const char *list, const char *word, const char *with)
{
	size_t len = strlen(word), used = 0;
	char *copy = malloc(strlen(list) * (strlen(with) + 1) + 1);
	const char *at = list;

	while (copy && *at) {
		if (strncmp(at, word, len) != 0 || !is_word(list, at, len)) {
			copy[used++] = *at++;
			continue;
		}
		strcpy(copy + used, with);
		used += strlen(with);
		at += len;
		/* The separators after a removed word go, too. */
		if (!with[0] && (used == 0 || is_separator(copy[used - 1])))
			while (is_separator(*at))
				at++;
	}
	while (copy && !with[0] && used > 0 && is_separator(copy[used - 1]))
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
	return new ? DONE : FAILED;
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

static int copy_given(struct options *options,
		      const struct smtptls_policy_spec *spec)
{
	const char *given[LISTS] = { spec->protocols, spec->ciphers,
				     spec->ciphersuites, spec->groups,
				     spec->sigalgs };
	int i;

	for (i = 0; i < LISTS; i++) {
		if (!given[i])
			continue;
		options->list[i] = joined(given[i], "", "");
		if (!options->list[i])
			return FAILED;
	}
	return DONE;
}

static void free_options(struct options *options)
{
	int i;

	for (i = 0; i < LISTS; i++)
		free(options->list[i]);
}

int apply_print(const struct smtptls_policy_spec *spec, unsigned keys,
		const struct smtptls_answer *answer)
{
	struct options options = { .level = spec->security_level,
				   .keys = keys };
	int i, status = copy_given(&options, spec);

	if (status == DONE && answer->reason && answer->change_count == 0)
		status = REFUSED;
	for (i = 0; status == DONE && i < answer->change_count; i++) {
		/* A certificate is added to the existing ones. */
		if (answer->changes[i].setting == SMTPTLS_SETTING_CERTIFICATE &&
		    !options.keys)
			options.keys = HELLO_DEFAULT_KEYS;
		status = follow(&options, &answer->changes[i]);
	}
	if (status == DONE)
		print(&options, spec->flags);
	free_options(&options);
	return status;
}

/* Print the options if the policy is valid; any error is of the new strings. */
static int print_accepted(const struct options *options,
			  const struct smtptls_policy_spec *given)
{
	struct smtptls_policy_spec spec = *given;
	struct smtptls_policy *policy;
	char error[512] = "";
	int ret;

	spec.protocols = options->list[0];
	spec.ciphers = options->list[1];
	spec.ciphersuites = options->list[2];
	spec.groups = options->list[3];
	spec.sigalgs = options->list[4];
	ret = smtptls_policy_new(&policy, &spec, sizeof(spec), error,
				 sizeof(error));
	if (ret < 0) {
		fprintf(stderr, "smtptls-ciphers: %s\n",
			error[0] ? error : smtptls_strerror(ret));
		return FAILED;
	}
	smtptls_policy_unref(policy);
	print(options, spec.flags);
	return DONE;
}

int apply_hints(const struct smtptls_policy_spec *spec)
{
	struct smtptls_change changes[64];
	struct options options = { .level = spec->security_level };
	int count = smtptls_policy_hints(spec, sizeof(*spec), changes, 64);
	int i, status;

	if (count < 0) {
		fprintf(stderr, "smtptls-ciphers: %s\n",
			smtptls_strerror(count));
		return FAILED;
	}
	status = copy_given(&options, spec);
	for (i = 0; status == DONE && i < count; i++)
		status = follow(&options, &changes[i]);
	if (status == DONE)
		status = print_accepted(&options, spec);
	else
		fprintf(stderr, "smtptls-ciphers: %s\n",
			smtptls_strerror(SMTPTLS_E_NOMEM));
	free_options(&options);
	return status;
}
