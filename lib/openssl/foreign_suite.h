/* SPDX-License-Identifier: MIT */
#ifndef STLS_OPENSSL_FOREIGN_SUITE_H
#define STLS_OPENSSL_FOREIGN_SUITE_H

#include "openssl/word_hint.h"

/*
 * A word of the ciphers or the ciphersuites, as hint->setting has it, that is
 * not one there. Returns 1 with the hint, or 0.
 */
int stls_foreign_suite(struct stls_word_hint *hint, const char *word,
		       size_t length);

/* A slip of such a word: 1 with the hint, or 0. */
int stls_foreign_suite_near(struct stls_word_hint *hint, const char *word,
			    size_t length);

#endif
