/* SPDX-License-Identifier: MIT */
#ifndef STLS_OPENSSL_FOREIGN_VERSION_H
#define STLS_OPENSSL_FOREIGN_VERSION_H

#include "openssl/word_hint.h"

/*
 * A version that the protocols write otherwise: hint->word is the word, sign
 * included. `grammars` are those of what stands before it. Returns 1 with the
 * hint, or 0.
 */
int stls_foreign_version(struct stls_word_hint *hint, const char *word,
			 size_t length, unsigned grammars);

/* A version in another list; hint->excluded says with which sign. */
int stls_foreign_version_moved(struct stls_word_hint *hint, const char *word,
			       size_t length);

/* The lower or upper bound whose value this is. */
int stls_foreign_version_bound(struct stls_word_hint *hint, const char *value,
			       size_t length, int lower);

/* A slip of a version: 1 with the hint, or 0. */
int stls_foreign_version_near(struct stls_word_hint *hint, const char *word,
			      size_t length, unsigned grammars);

#endif
