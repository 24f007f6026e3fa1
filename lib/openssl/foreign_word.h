/* SPDX-License-Identifier: MIT */
/* openssl/foreign_word: what an unknown word means. See foreign_word.c. */
#ifndef STLS_OPENSSL_FOREIGN_WORD_H
#define STLS_OPENSSL_FOREIGN_WORD_H

#include "openssl/word_hint.h"

/*
 * Explain what a list's parser rejected or skipped at `found`: fill in the
 * whole word and, if there is one, the hint. Returns 1 with a hint, else 0 and
 * STLS_CURE_NONE. The change is literal: with `word` replaced by `with`, or the
 * item removed, the list has no fault there any more.
 */
int stls_foreign_word(struct stls_word_hint *hint, enum stls_setting setting,
		      const char *string, size_t length,
		      const struct stls_span *found);

#endif
