/* SPDX-License-Identifier: MIT */
/* reason/excluding_word: the word that excludes a suite. Manual in excluding_word.c. */
#ifndef REASON_EXCLUDING_WORD_H
#define REASON_EXCLUDING_WORD_H

#include "openssl/list.h"
#include "openssl/suite_table.h"

/*
 * Find the item of a cipher list, with its sign, that takes a suite away: 1
 * with its place in *item, or 0 when no item does.
 */
int stls_find_excluding_word(const char *ciphers,
			     const struct stls_suite *suite,
			     struct stls_span *item);

#endif
