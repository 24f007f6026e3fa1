/* SPDX-License-Identifier: MIT */
/* openssl/nearest_word: corrections of misspelled words. See nearest_word.c. */
#ifndef STLS_OPENSSL_NEAREST_WORD_H
#define STLS_OPENSSL_NEAREST_WORD_H

#include <stddef.h>

#define STLS_WORD_MAX 56

/* An unknown word, and the nearest known word so far. */
struct stls_nearest {
	const char *word;
	size_t length;
	unsigned distance; /* of the nearest; at first one more than allowed */
	int ambiguous;	   /* two words are equally near */
	char with[STLS_WORD_MAX];
};

void stls_nearest_begin(struct stls_nearest *nearest, const char *word,
			size_t length);

/* Compare one more known word; `with` is how to write it. */
void stls_nearest_try(struct stls_nearest *nearest, const char *known,
		      const char *with);

/* 1 if one word is nearer than all others: nearest->with is how to write it. */
int stls_nearest_found(const struct stls_nearest *nearest);

#endif
