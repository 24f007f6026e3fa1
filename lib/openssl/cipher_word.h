/* SPDX-License-Identifier: MIT */
/* openssl/cipher_word: the words of cipher lists. See cipher_word.c. */
#ifndef STLS_OPENSSL_CIPHER_WORD_H
#define STLS_OPENSSL_CIPHER_WORD_H

#include <stddef.h>
#include <stdint.h>

/* Conditions on a suite; a member that is 0 does not restrict. */
struct stls_cipher_match {
	uint16_t min_version;
	uint16_t enc;
	uint16_t strength_bits; /* only if by_strength */
	uint8_t by_strength;
	uint8_t kx;
	uint8_t au;
	uint8_t mac;
	uint8_t tags;
};

enum stls_cipher_word_effect {
	STLS_CIPHER_WORD_NARROWS,
	STLS_CIPHER_WORD_UNKNOWN,
	STLS_CIPHER_WORD_CONTRADICTS /* nothing can meet both */
};

/* The i-th alias, or NULL past the last. */
const char *stls_cipher_alias(size_t i);

/* Adds the conditions of one more word of the cipher list language. */
enum stls_cipher_word_effect
stls_cipher_match_narrow(struct stls_cipher_match *match, const char *word,
			 size_t length);

/* Whether a row of the suite table meets every condition. */
int stls_cipher_match(const struct stls_cipher_match *match, size_t row);

#endif
