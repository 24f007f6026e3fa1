/* SPDX-License-Identifier: MIT */
/*
 * openssl/whole_word: the whole word in which a list's parser stopped.
 *
 * OpenSSL's lexers stop in the middle of words unknown to them, such as at the
 * _ of TLS_RSA. For a reader a word ends at the list's separators, and so it
 * does here. The item is the word with its operators and with the words joined
 * to it in A+B.
 */
#include "openssl/whole_word.h"

#include <string.h>

int stls_is_list_separator(enum stls_setting setting, char byte)
{
	static const char separators[][5] = {
		"", ",:", ":;, ", ":", ":,/", ":"
	};

	if ((setting == STLS_SETTING_PROTOCOLS ||
	     setting == STLS_SETTING_GROUPS) &&
	    stls_is_space(byte))
		return 1;
	return byte && strchr(separators[setting], byte);
}

static void trim(const char *string, struct stls_span *span)
{
	while (span->length && stls_is_space(string[span->position])) {
		span->position++;
		span->length--;
	}
	while (span->length &&
	       stls_is_space(string[span->position + span->length - 1]))
		span->length--;
}

static void find_item(const struct stls_finder *finder, size_t at)
{
	struct stls_span *item = &finder->hint->item;
	size_t end = at;

	while (at > 0 &&
	       !stls_is_list_separator(finder->setting, finder->string[at - 1]))
		at--;
	while (end < finder->length &&
	       !stls_is_list_separator(finder->setting, finder->string[end]))
		end++;
	item->position = at;
	item->length = end - at;
	/* In ciphers, white space other than " " is an error in the word. */
	if (finder->setting != STLS_SETTING_CIPHERS)
		trim(finder->string, item);
}

/* Find the part of A+B at `at`, without the operator. */
static void find_part(const struct stls_finder *finder, size_t at)
{
	struct stls_span *word = &finder->hint->word;
	const char *item = finder->string + word->position;
	size_t end = word->position + word->length;
	size_t begin = word->position;

	if (memchr("+-!@", item[0], 4))
		begin++;
	if (at < begin)
		at = begin;
	while (at > begin && finder->string[at - 1] != '+')
		at--;
	word->position = at;
	while (at < end && finder->string[at] != '+')
		at++;
	word->length = at - word->position;
}

static void skip_prefixes(const struct stls_finder *finder,
			  const char *prefixes)
{
	struct stls_span *word = &finder->hint->word;

	while (word->length &&
	       strchr(prefixes, finder->string[word->position])) {
		word->position++;
		word->length--;
	}
}

void stls_find_whole_word(struct stls_finder *finder, size_t at)
{
	struct stls_word_hint *hint = finder->hint;
	const char *item;

	find_item(finder, at);
	hint->word = hint->item;
	item = finder->string + hint->item.position;
	if (hint->item.length > 0) {
		hint->excluded = item[0] == '!' || item[0] == '-';
		if (finder->setting == STLS_SETTING_CIPHERS)
			find_part(finder, at);
		else if (finder->setting == STLS_SETTING_GROUPS)
			skip_prefixes(finder, "?*-");
		else if (finder->setting == STLS_SETTING_SIGALGS)
			skip_prefixes(finder, "?");
	}
	finder->word = finder->string + hint->word.position;
	finder->word_length = hint->word.length;
}
