/* SPDX-License-Identifier: MIT */
/* reason/excluding_word: what excludes a suite. See excluding_word.c. */
#ifndef REASON_EXCLUDING_WORD_H
#define REASON_EXCLUDING_WORD_H

#include "openssl/list.h"
#include "openssl/suite_table.h"

/* An item of a cipher list that removes suites, and its sign. */
struct stls_excluder {
	struct stls_span item;
	char sign; /* '!' or '-' */
};

/*
 * Find the next item at or after `*at` that removes this suite: 1, with `*at`
 * after it, or 0.
 */
int stls_next_excluder(const char *ciphers, size_t *at, size_t row,
		       struct stls_excluder *excluder);

/* How many items with ! match each suite, up to 255. */
void stls_count_excluders(const char *ciphers,
			  uint8_t count[STLS_SUITES_LISTED]);

#endif
