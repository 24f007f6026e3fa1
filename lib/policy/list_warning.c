/* SPDX-License-Identifier: MIT */
/*
 * policy/list_warning: sentences about lists that are invalid or probably not
 * what was meant.
 *
 * A word unknown to a list is shown whole, and if it is known in another
 * language (openssl/foreign_word), the sentence says how to write it here. If
 * nothing is left of a list with unknown words, the sentence is about one of
 * them, since the repair starts there.
 *
 * Only skips that are reported cost a hint: STLS_SKIPS_MAX at most.
 */
#include "policy/list_warning.h"

#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "openssl/foreign_word.h"

#define WORD_SHOWN_MAX 64

/* A word as it is shown, and its position, counted from 1. */
struct shown {
	char word[WORD_SHOWN_MAX];
	size_t place;
};

static void show(struct shown *shown, const char *string,
		 const struct stls_span *span)
{
	size_t length = span->length;

	/* The span of a setting's name includes the space after it. */
	while (length > 1 && string[span->position + length - 1] == ' ')
		length--;
	(void)stls_ascii_escape(shown->word, sizeof(shown->word),
				string + span->position, length);
	shown->place = span->position + 1;
}

static int is_foreign(const struct stls_skip *skip)
{
	return skip->reason == STLS_SKIP_UNKNOWN ||
	       skip->reason == STLS_SKIP_NOT_TLS13;
}

static int find_hint(struct stls_word_hint *hint, enum stls_setting setting,
		     const char *string, const struct stls_span *found)
{
	return stls_foreign_word(hint, setting, string, strlen(string), found);
}

static size_t told(const struct stls_skips *skips)
{
	return skips->count < STLS_SKIPS_MAX ? skips->count : STLS_SKIPS_MAX;
}

/* ---- errors ---- */

static int is_nothing_left(int error)
{
	return error == STLS_LIST_NO_SUITE || error == STLS_LIST_NO_GROUP ||
	       error == STLS_LIST_NO_SIGALG;
}

/* Errors located in a word, which may belong to another language. */
static int is_of_a_word(int error)
{
	return error == STLS_LIST_UNKNOWN_WORD || error == STLS_LIST_BAD_BYTE ||
	       error == STLS_LIST_BAD_COMMAND ||
	       error == STLS_LIST_EMPTY_WORD ||
	       error == STLS_LIST_MIXED_GRAMMARS;
}

/*
 * The unknown word that a sentence about a list with nothing left is about: the
 * first for which there is a hint, otherwise the first; NULL: there is none.
 */
static const struct stls_skip *find_unknown(struct stls_word_hint *hint,
					    enum stls_setting setting,
					    const char *string,
					    const struct stls_skips *skips)
{
	const struct stls_skip *first = NULL;
	size_t i;

	for (i = 0; i < told(skips); i++) {
		const struct stls_skip *skip = &skips->skip[i];

		if (!is_foreign(skip))
			continue;
		if (find_hint(hint, setting, string, &skip->where))
			return skip;
		if (!first)
			first = skip;
	}
	if (first)
		(void)find_hint(hint, setting, string, &first->where);
	return first;
}

/* What an unknown word is; `aside` follows before what to do, if known. */
static void foreign_text(char text[256], const struct stls_skip *skip,
			 const struct stls_word_hint *hint, const char *aside)
{
	if (hint->cure != STLS_CURE_NONE)
		stls_word_hint_text(hint, aside, text);
	else
		(void)snprintf(text, 256, "%s%s",
			       skip->reason == STLS_SKIP_NOT_TLS13
				       ? "is not a suite of TLS 1.3"
				       : "is unknown to OpenSSL 3.0",
			       aside);
}

static int nothing_left(const struct stls_sentence *sentence,
			enum stls_setting setting, const char *string,
			const struct stls_skip *skip,
			const struct stls_word_hint *hint, int error,
			size_t skipped)
{
	char aside[64], text[256], more[48] = "";
	struct shown shown;

	(void)snprintf(aside, sizeof(aside), ", and the list %s",
		       stls_list_error_text(error));
	foreign_text(text, skip, hint, aside);
	show(&shown, string, &hint->word);
	if (skipped > 1 && hint->cure != STLS_CURE_PRIORITY)
		(void)snprintf(more, sizeof(more), " (%zu more %s skipped)",
			       skipped - 1, skipped == 2 ? "is" : "are");
	return stls_sentence(sentence, SMTPTLS_E_SYNTAX,
			     "%s: \"%s\" at byte %zu %s%s",
			     stls_setting_name(setting), shown.word,
			     shown.place, text, more);
}

int stls_list_failed(const struct stls_sentence *sentence,
		     enum stls_setting setting, const char *string,
		     const struct stls_span *where, int error,
		     const struct stls_skips *skips)
{
	const char *why = stls_list_error_text(error);
	const struct stls_skip *unknown = NULL;
	struct stls_word_hint hint;
	struct shown shown;
	char text[256];

	if (is_nothing_left(error))
		unknown = find_unknown(&hint, setting, string, skips);
	if (unknown)
		return nothing_left(sentence, setting, string, unknown, &hint,
				    error, skips->count);
	show(&shown, string, where);
	if (is_of_a_word(error) && find_hint(&hint, setting, string, where)) {
		stls_word_hint_text(&hint, "", text);
		show(&shown, string, &hint.word);
		why = text;
	}
	return stls_sentence(
		sentence, SMTPTLS_E_SYNTAX, "%s: \"%s\" at byte %zu %s",
		stls_setting_name(setting), shown.word, shown.place, why);
}

/* ---- warnings ---- */

static const char *skip_text(enum stls_skip_reason reason)
{
	switch (reason) {
	case STLS_SKIP_UNKNOWN:
	case STLS_SKIP_NOT_TLS13:
		break; /* foreign_text() */
	case STLS_SKIP_CONTRADICTION:
		return "is skipped: no suite can be all of this";
	case STLS_SKIP_REST:
		return "is not read by OpenSSL";
	case STLS_SKIP_NOT_A_VERSION:
		return "is not a protocol version and is skipped";
	}
	return "is skipped";
}

/* Warn of one skip; sets *covered to the end of the word in the warning. */
static int warn_skip(struct smtptls_policy *policy, enum stls_setting setting,
		     const char *string, const struct stls_skip *skip,
		     size_t *covered)
{
	const char *why = skip_text(skip->reason);
	struct stls_span span = skip->where;
	struct stls_word_hint hint;
	struct shown shown;
	char text[256];

	if (is_foreign(skip)) {
		(void)find_hint(&hint, setting, string, &skip->where);
		foreign_text(text, skip, &hint, " and is skipped");
		why = text;
		span = hint.word;
	}
	show(&shown, string, &span);
	*covered = span.position + span.length;
	return stls_policy_warn(policy, "%s: \"%s\" at byte %zu %s",
				stls_setting_name(setting), shown.word,
				shown.place, why);
}

int stls_list_warn(struct smtptls_policy *policy, enum stls_setting setting,
		   const char *string, const struct stls_skips *skips)
{
	size_t covered = 0, i;
	int ret;

	for (i = 0; i < told(skips); i++) {
		/* A setting's name or a GnuTLS string has several skips. */
		if (skips->skip[i].where.position < covered)
			continue;
		ret = warn_skip(policy, setting, string, &skips->skip[i],
				&covered);
		if (ret < 0)
			return ret;
	}
	if (skips->count > STLS_SKIPS_MAX && string[covered])
		return stls_policy_warn(
			policy, "%s: %zu more word%s skipped",
			stls_setting_name(setting),
			skips->count - STLS_SKIPS_MAX,
			skips->count - STLS_SKIPS_MAX == 1 ? " is" : "s are");
	return 0;
}
