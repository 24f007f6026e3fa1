/* SPDX-License-Identifier: MIT */
/*
 * reason/excluding_word: the words that exclude a suite.
 *
 * openssl/cipher_list has parsed the string and knows what it means as a whole.
 * Here its items are examined one by one, by the same rules, in linear time.
 * Nothing is allocated.
 */
#include "reason/excluding_word.h"

#include <string.h>

#include "openssl/cipher_word.h"

static const char separators[] = ":,; ";

/*
 * The length of the item at `at`: words joined with +. `known` tells whether
 * all of them are known.
 */
static size_t read_words(const char *at, struct stls_cipher_match *match,
			 int *known)
{
	static const char bytes[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789-.=";
	size_t len = 0, word;

	memset(match, 0, sizeof(*match));
	*known = 1;
	for (;;) {
		word = strspn(at + len, bytes);
		if (word == 0 ||
		    stls_cipher_match_narrow(match, at + len, word) !=
			    STLS_CIPHER_WORD_NARROWS) {
			/* OpenSSL skips such an item. */
			*known = 0;
			return strcspn(at, separators);
		}
		len += word;
		if (at[len] != '+')
			return len;
		len++;
	}
}

/* Find the next item with a ! or -: 1, or 0 at the end. */
static int next_item(const char *ciphers, size_t *at,
		     struct stls_excluder *excluder,
		     struct stls_cipher_match *match)
{
	static const char all[] = "DEFAULT";
	size_t start;
	int known;

	if (*at == 0 && strncmp(ciphers, all, strlen(all)) == 0)
		*at = strlen(all);
	for (;;) {
		*at += strspn(ciphers + *at, separators);
		start = *at;
		excluder->sign = ciphers[start];
		if (excluder->sign == '\0')
			return 0;
		if (excluder->sign == '@') {
			*at += strcspn(ciphers + start, separators);
			continue;
		}
		if (strchr("!-+", excluder->sign))
			(*at)++;
		*at += read_words(ciphers + *at, match, &known);
		if (!known || (excluder->sign != '!' && excluder->sign != '-'))
			continue;
		excluder->item.position = start;
		excluder->item.length = *at - start;
		return 1;
	}
}

int stls_next_excluder(const char *ciphers, size_t *at, size_t row,
		       struct stls_excluder *excluder)
{
	struct stls_cipher_match match;
	struct stls_excluder found;

	while (row < STLS_SUITES_LISTED &&
	       next_item(ciphers, at, &found, &match)) {
		if (!stls_cipher_match(&match, row))
			continue;
		*excluder = found;
		return 1;
	}
	return 0;
}

void stls_count_excluders(const char *ciphers,
			  uint8_t count[STLS_SUITES_LISTED])
{
	struct stls_cipher_match match;
	struct stls_excluder excluder;
	size_t at = 0, row;

	memset(count, 0, STLS_SUITES_LISTED);
	while (next_item(ciphers, &at, &excluder, &match)) {
		if (excluder.sign != '!')
			continue;
		for (row = 0; row < STLS_SUITES_LISTED; row++) {
			if (count[row] < UINT8_MAX &&
			    stls_cipher_match(&match, row))
				count[row]++;
		}
	}
}
