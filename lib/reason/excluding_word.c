/* SPDX-License-Identifier: MIT */
/*
 * reason/excluding_word: the word that excludes a suite.
 *
 * For sentences only: the string has been read by openssl/cipher_list, which
 * knows what it means as a whole. Here its items are looked at one by one, in
 * linear time. The first ! that matches takes a suite away for good; without
 * one it is the last - that matches.
 */
#include "reason/excluding_word.h"

#include <string.h>

#include "openssl/cipher_word.h"

/* Whether all words of A+B+C fit the suite. */
static int matches(const char *words, size_t length,
		   const struct stls_suite *suite)
{
	struct stls_cipher_match match;
	const char *end = words + length;

	memset(&match, 0, sizeof(match));
	for (;;) {
		const char *plus = memchr(words, '+', (size_t)(end - words));
		const char *stop = plus ? plus : end;

		if (stls_cipher_match_narrow(&match, words,
					     (size_t)(stop - words)) !=
		    STLS_CIPHER_WORD_NARROWS)
			return 0;
		if (!plus)
			break;
		words = plus + 1;
	}
	return stls_cipher_match(&match, (size_t)(suite - stls_suites));
}

int stls_find_excluding_word(const char *ciphers,
			     const struct stls_suite *suite,
			     struct stls_span *item)
{
	static const char separators[] = ":,; ";
	const char *at = ciphers;
	size_t length;
	int found = 0;

	if (suite >= stls_suites + STLS_SUITES_LISTED)
		return 0;
	for (; *at; at += length) {
		at += strspn(at, separators);
		length = strcspn(at, separators);
		if (length < 2 || (at[0] != '!' && at[0] != '-') ||
		    !matches(at + 1, length - 1, suite))
			continue;
		item->position = (size_t)(at - ciphers);
		item->length = length;
		found = 1;
		if (at[0] == '!')
			break;
	}
	return found;
}
