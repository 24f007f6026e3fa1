/* SPDX-License-Identifier: MIT */
/* openssl/foreign_suite: other names of suites. See foreign_suite.c. */
#ifndef STLS_OPENSSL_FOREIGN_SUITE_H
#define STLS_OPENSSL_FOREIGN_SUITE_H

#include "openssl/word_hint.h"

/*
 * A suite that the list of hint->setting, ciphers or ciphersuites, does not
 * know by this word. Returns 1 with the hint, or 0.
 */
int stls_foreign_suite(struct stls_word_hint *hint, const char *word,
		       size_t length);

/* A misspelled word of that list: 1 with the hint, or 0. */
int stls_foreign_suite_near(struct stls_word_hint *hint, const char *word,
			    size_t length);

#endif
