/* SPDX-License-Identifier: MIT */
#ifndef STLS_OPENSSL_NEAREST_WORD_H
#define STLS_OPENSSL_NEAREST_WORD_H

#include <stddef.h>

#define STLS_WORD_MAX 56

/* A word that is none, and the one known word that is nearest so far. */
struct stls_nearest {
	const char *word;
	size_t length;
	unsigned distance; /* of the nearest; at first one more than allowed */
	int ambiguous;	   /* two words are as near */
	char with[STLS_WORD_MAX];
};

void stls_nearest_begin(struct stls_nearest *nearest, const char *word,
			size_t length);

/* One more known word, and how it is to be written. */
void stls_nearest_try(struct stls_nearest *nearest, const char *known,
		      const char *with);

/* 1 when one word is near, and no other as near: `with` is how to write it. */
int stls_nearest_found(const struct stls_nearest *nearest);

#endif
