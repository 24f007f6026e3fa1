/* SPDX-License-Identifier: MIT */
/* openssl/foreign_version: other names of versions. See foreign_version.c. */
#ifndef STLS_OPENSSL_FOREIGN_VERSION_H
#define STLS_OPENSSL_FOREIGN_VERSION_H

#include "openssl/word_hint.h"

/*
 * A version that the protocols write differently: `word` includes its sign.
 * `grammars` are those of the text around it. Returns 1 with the hint, or 0.
 */
int stls_foreign_version(struct stls_word_hint *hint, const char *word,
			 size_t length, unsigned grammars);

/* A version in another list, to be excluded if hint->excluded. */
int stls_foreign_version_moved(struct stls_word_hint *hint, const char *word,
			       size_t length);

/* The value of a setting that is a lower or upper bound. */
int stls_foreign_version_bound(struct stls_word_hint *hint, const char *value,
			       size_t length, int lower);

/* A misspelled version: 1 with the hint, or 0. */
int stls_foreign_version_near(struct stls_word_hint *hint, const char *word,
			      size_t length, unsigned grammars);

#endif
