/* SPDX-License-Identifier: MIT */
/*
 * reason/protocols_change: a version added to a list of protocols, in the
 * grammar in which the list is written.
 *
 * Three kinds of changes are tried: removing a word that excludes, moving a
 * bound, adding the versions. Each is made on a copy, which is parsed again.
 * The first that yields exactly the versions wanted is taken, else the first
 * that yields others besides, as moving a bound may. If no single change will
 * do, the whole list is replaced.
 */
#include "reason/protocols_change.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "openssl/protocol_list.h"
#include "reason/edit.h"

/* The most words that are tried; no real list has more. */
#define TRIES_MAX 64

static const char *const names[] = { "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3" };
/* IO::Socket::SSL's */
static const char *const other_names[] = { "TLSv1", "TLSv1_1", "TLSv1_2",
					   "TLSv1_3" };

#define VERSIONS (sizeof(names) / sizeof(names[0]))

struct attempt {
	const char *given;
	uint8_t versions; /* the versions that the list should have */
	struct smtptls_change *change;
	int found;
	unsigned tries;
};

static int has_version(uint8_t versions, size_t i)
{
	return versions >> i & STLS_PROTOCOL_TLS1_0;
}

/* The names of the versions, joined with `between`. */
static void write_names(char *to, size_t size, const char *const *words,
			uint8_t versions, const char *sign, const char *between)
{
	size_t i, len;

	to[0] = '\0';
	for (i = 0; i < VERSIONS; i++) {
		if (!has_version(versions, i))
			continue;
		len = strlen(to);
		(void)snprintf(to + len, size - len, "%s%s%s",
			       len > 0 ? between : "", sign, words[i]);
	}
}

/* 1 if the copy has exactly the wanted versions, else 0. Frees `edited`. */
static int try_edited(struct attempt *attempt, char *edited, int action,
		      const char *word, const char *with)
{
	struct stls_protocol_list list;
	int error =
		stls_protocol_list_parse(&list, edited, strlen(edited), NULL);

	free(edited);
	if (error || (attempt->versions & ~(unsigned)list.enabled))
		return 0;
	if (list.enabled != attempt->versions && attempt->found)
		return 0;
	attempt->found = 1;
	attempt->change->action = action;
	(void)snprintf(attempt->change->word, sizeof(attempt->change->word),
		       "%s", word);
	(void)snprintf(attempt->change->with, sizeof(attempt->change->with),
		       "%s", with);
	return list.enabled == attempt->versions;
}

/* Try without a word that excludes, or with a bound moved. */
static int try_word(struct attempt *attempt, const char *word)
{
	char with[16] = "", *edited;
	size_t i, edge = VERSIONS;

	if (strncmp(word, ">=", 2) == 0) {
		for (i = VERSIONS; i-- > 0;)
			edge = has_version(attempt->versions, i) ? i : edge;
	} else if (strncmp(word, "<=", 2) == 0) {
		for (i = 0; i < VERSIONS; i++)
			edge = has_version(attempt->versions, i) ? i : edge;
	} else if (!strchr("!-+", word[0])) {
		return 0;
	}
	if (edge < VERSIONS)
		(void)snprintf(with, sizeof(with), "%.2s%s", word, names[edge]);
	edited = stls_edit_replace(attempt->given, word, with);
	if (!edited)
		return SMTPTLS_E_NOMEM;
	return try_edited(attempt, edited,
			  with[0] ? SMTPTLS_CHANGE_REPLACE
				  : SMTPTLS_CHANGE_REMOVE,
			  word, with);
}

static int try_words(struct attempt *attempt)
{
	static const char separators[] = ":, \t\n\v\f\r";
	char word[sizeof(attempt->change->word)];
	const char *at = attempt->given;
	size_t len;
	int ret = 0;

	for (; *at && ret == 0 && attempt->tries < TRIES_MAX; at += len) {
		at += strspn(at, separators);
		len = strcspn(at, separators);
		if (len == 0 || len >= sizeof(word))
			continue;
		memcpy(word, at, len);
		word[len] = '\0';
		attempt->tries++;
		ret = try_word(attempt, word);
	}
	return ret;
}

static int try_addition(struct attempt *attempt, uint8_t wanted)
{
	static const struct {
		const char *const *words;
		const char *sign, *between;
	} forms[] = {
		{ names, "", ":" },   { names, "", " " },
		{ names, "", ", " },  { names, "+", " " },
		{ names, "+", ", " }, { other_names, "", ":" },
	};
	char word[sizeof(attempt->change->word)], *edited;
	size_t i;
	int ret = 0;

	for (i = 0; ret == 0 && i < sizeof(forms) / sizeof(forms[0]); i++) {
		write_names(word, sizeof(word), forms[i].words, wanted,
			    forms[i].sign, forms[i].between);
		edited = stls_edit_add(attempt->given, forms[i].between, word);
		if (!edited)
			return SMTPTLS_E_NOMEM;
		ret = try_edited(attempt, edited, SMTPTLS_CHANGE_ADD, word,
				 forms[i].between);
	}
	return ret;
}

int stls_change_protocols(const char *given, uint8_t has, uint8_t wanted,
			  struct smtptls_change *change)
{
	struct attempt attempt = { .given = given,
				   .versions = has | wanted,
				   .change = change };
	int ret = 0;

	memset(change, 0, sizeof(*change));
	change->setting = SMTPTLS_SETTING_PROTOCOLS;
	if (given)
		ret = try_words(&attempt);
	if (given && ret == 0)
		ret = try_addition(&attempt, wanted);
	if (ret < 0)
		return ret;
	if (attempt.found)
		return 0;
	change->action = SMTPTLS_CHANGE_SET;
	write_names(change->with, sizeof(change->with), names, attempt.versions,
		    "", " ");
	return 0;
}
