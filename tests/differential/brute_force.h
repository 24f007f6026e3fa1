/* SPDX-License-Identifier: MIT */
/*
 * The largest product of key exchanges, ciphers and MACs that enables nothing
 * forbidden, computed differently from the library: every set of ciphers and
 * every set of MACs is tried, and all key exchanges that fit are added. Words
 * are GnuTLS's numbers, and suites are identified by their position in
 * OpenSSL's order.
 */
#ifndef TESTS_DIFFERENTIAL_BRUTE_FORCE_H
#define TESTS_DIFFERENTIAL_BRUTE_FORCE_H

#include <stdint.h>

#define SUITES	  256
#define WORDS_MAX 20

struct set {
	uint64_t bits[SUITES / 64]; /* OpenSSL's first suite is the highest */
};

struct brute {
	int word[3][WORDS_MAX]; /* key exchanges, ciphers, MACs */
	unsigned count[3];
	/* By key exchange and MAC: sets of ciphers. The last row is TLS 1.3. */
	unsigned good[WORDS_MAX + 1][WORDS_MAX];
	unsigned bad[WORDS_MAX + 1][WORDS_MAX];
	int position[WORDS_MAX + 1][WORDS_MAX][WORDS_MAX];
	unsigned size; /* plus VERSION for each kind of version served */
	struct set best;
};

enum { KX, CIPHER, MAC };

/* TLS 1.3, or all older versions, count more than any number of suites. */
#define VERSION 1000U

static inline int word(struct brute *brute, int kind, int value, int add)
{
	unsigned i;

	for (i = 0; i < brute->count[kind]; i++) {
		if (brute->word[kind][i] == value)
			return (int)i;
	}
	if (!add || i == WORDS_MAX)
		return -1;
	brute->word[kind][i] = value;
	brute->count[kind]++;
	return (int)i;
}

static inline unsigned bit_count(unsigned set)
{
	return (unsigned)__builtin_popcount(set);
}

/* 0 if these ciphers and MACs enable something forbidden in this row. */
static inline int fits(const struct brute *brute, unsigned row,
		       unsigned ciphers, unsigned macs, unsigned *gain)
{
	unsigned m;

	*gain = 0;
	for (m = 0; m < brute->count[MAC]; m++) {
		if (!(macs >> m & 1))
			continue;
		if (brute->bad[row][m] & ciphers)
			return 0;
		*gain += bit_count(brute->good[row][m] & ciphers);
	}
	return 1;
}

static inline void put_row(const struct brute *brute, unsigned row,
			   unsigned ciphers, unsigned macs, struct set *set)
{
	unsigned c, m;

	for (m = 0; m < brute->count[MAC]; m++) {
		for (c = 0; c < brute->count[CIPHER]; c++) {
			int at = brute->position[row][m][c];

			if (macs >> m & 1 && ciphers >> c & 1 &&
			    brute->good[row][m] >> c & 1)
				set->bits[at / 64] |= UINT64_C(1)
						      << (63 - at % 64);
		}
	}
}

static inline int comes_first(const struct set *a, const struct set *b)
{
	size_t i;

	for (i = 0; i < SUITES / 64; i++) {
		if (a->bits[i] != b->bits[i])
			return a->bits[i] > b->bits[i];
	}
	return 0;
}

static inline void brute_try(struct brute *brute, unsigned ciphers,
			     unsigned macs)
{
	unsigned size, gain, row, rows[WORDS_MAX + 1], count = 0, i;
	struct set set = { { 0 } };

	if (!fits(brute, WORDS_MAX, ciphers, macs, &size))
		return;
	rows[count++] = WORDS_MAX;
	size += size > 0 ? VERSION : 0U;
	for (row = 0; row < brute->count[KX]; row++) {
		if (fits(brute, row, ciphers, macs, &gain) && gain > 0) {
			size += gain + (count == 1 ? VERSION : 0U);
			rows[count++] = row;
		}
	}
	if (size == 0 || size < brute->size)
		return;
	for (i = 0; i < count; i++)
		put_row(brute, rows[i], ciphers, macs, &set);
	if (size > brute->size || comes_first(&set, &brute->best)) {
		brute->size = size;
		brute->best = set;
	}
}

static inline void brute_search(struct brute *brute)
{
	unsigned ciphers, macs;

	for (ciphers = 1; ciphers < 1u << brute->count[CIPHER]; ciphers++)
		for (macs = 1; macs < 1u << brute->count[MAC]; macs++)
			brute_try(brute, ciphers, macs);
}

#endif
