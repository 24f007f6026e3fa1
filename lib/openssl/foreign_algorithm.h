/* SPDX-License-Identifier: MIT */
/* openssl/foreign_algorithm: other names of algorithms. */
#ifndef STLS_OPENSSL_FOREIGN_ALGORITHM_H
#define STLS_OPENSSL_FOREIGN_ALGORITHM_H

#include "openssl/word_hint.h"

/* A group under another name; a misspelled group. 1 with the hint, or 0. */
int stls_foreign_group(struct stls_word_hint *hint, const char *word,
		       size_t length);
int stls_foreign_group_near(struct stls_word_hint *hint, const char *word,
			    size_t length);

/* The same for signature algorithms. */
int stls_foreign_sigalg(struct stls_word_hint *hint, const char *word,
			size_t length);
int stls_foreign_sigalg_near(struct stls_word_hint *hint, const char *word,
			     size_t length);

#endif
