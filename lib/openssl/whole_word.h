/* SPDX-License-Identifier: MIT */
#ifndef STLS_OPENSSL_WHOLE_WORD_H
#define STLS_OPENSSL_WHOLE_WORD_H

#include "openssl/word_hint.h"

/* A list, the hint that is looked for, and the word that it is for. */
struct stls_finder {
	struct stls_word_hint *hint;
	enum stls_setting setting;
	const char *string;
	size_t length;
	const char *word;
	size_t word_length;
};

/* Whether the byte stands between two items of such a list. */
int stls_is_list_separator(enum stls_setting setting, char byte);

/* Enter the whole word, and its item, that a parser stopped in at `at`. */
void stls_find_whole_word(struct stls_finder *finder, size_t at);

#endif
