/* SPDX-License-Identifier: MIT */
/* openssl/whole_word: the word in which a parser stopped. See whole_word.c. */
#ifndef STLS_OPENSSL_WHOLE_WORD_H
#define STLS_OPENSSL_WHOLE_WORD_H

#include "openssl/word_hint.h"

/* A list, a word in it, and the hint sought for that word. */
struct stls_finder {
	struct stls_word_hint *hint;
	enum stls_setting setting;
	const char *string;
	size_t length;
	const char *word;
	size_t word_length;
};

/* Whether the byte separates items of such a list. */
int stls_is_list_separator(enum stls_setting setting, char byte);

/* Fill in the whole word and the item in which a parser stopped at `at`. */
void stls_find_whole_word(struct stls_finder *finder, size_t at);

#endif
