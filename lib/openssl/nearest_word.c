/* SPDX-License-Identifier: MIT */
/*
 * openssl/nearest_word: the known word that a misspelled word was meant to be.
 *
 * The distance is the number of letters that are missing, superfluous, wrong,
 * or swapped with a neighbour (optimal string alignment), ignoring case. A word
 * shorter than 5 bytes may differ in case only, a longer one by 1, one of 16
 * bytes or more by 2: short words of these languages are too similar, and DES
 * is not a misspelling of DSS. If two words are equally near, neither counts.
 *
 * To bound the work, words of STLS_WORD_MAX bytes or more match nothing.
 */
#include "openssl/nearest_word.h"

#include <stdint.h>
#include <string.h>

#include "base/ascii.h"

#define LENGTH_ONE 5
#define LENGTH_TWO 16

static unsigned allowed(size_t length)
{
	if (length >= STLS_WORD_MAX)
		return 0;
	return length < LENGTH_ONE ? 0 : length < LENGTH_TWO ? 1 : 2;
}

void stls_nearest_begin(struct stls_nearest *nearest, const char *word,
			size_t length)
{
	memset(nearest, 0, sizeof(*nearest));
	nearest->word = word;
	nearest->length = length;
	nearest->distance = allowed(length) + 1;
}

static uint8_t least(uint8_t a, uint8_t b)
{
	return a < b ? a : b;
}

static int same(char a, char b)
{
	return stls_ascii_equal(&a, &b, 1);
}

/*
 * The distance between two words shorter than STLS_WORD_MAX, if it is less than
 * `limit`; otherwise any number not less than `limit`. Each letter of `a` has a
 * row, computed from the two rows before it.
 */
static unsigned distance(const char *a, size_t a_length, const char *b,
			 size_t b_length, unsigned limit)
{
	uint8_t row[3][STLS_WORD_MAX];
	size_t i, j;

	for (j = 0; j <= b_length; j++)
		row[0][j] = (uint8_t)j;
	for (i = 1; i <= a_length; i++) {
		uint8_t *here = row[i % 3];
		const uint8_t *before = row[(i - 1) % 3];
		const uint8_t *second = row[(i + 1) % 3];
		uint8_t nearest = (uint8_t)i;

		here[0] = (uint8_t)i;
		for (j = 1; j <= b_length; j++) {
			int differ = !same(a[i - 1], b[j - 1]);

			here[j] = least((uint8_t)(before[j] + 1),
					(uint8_t)(here[j - 1] + 1));
			here[j] = least(here[j],
					(uint8_t)(before[j - 1] + differ));
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) &&
			    same(a[i - 2], b[j - 1]))
				here[j] = least(here[j],
						(uint8_t)(second[j - 2] + 1));
			nearest = least(nearest, here[j]);
		}
		if (nearest >= limit)
			return limit;
	}
	return row[a_length % 3][b_length];
}

void stls_nearest_try(struct stls_nearest *nearest, const char *known,
		      const char *with)
{
	size_t length = strlen(known);
	size_t longer = length > nearest->length ? length - nearest->length
						 : nearest->length - length;
	unsigned here;

	if (length == 0 || length >= STLS_WORD_MAX ||
	    nearest->length >= STLS_WORD_MAX || longer > nearest->distance)
		return;
	here = distance(nearest->word, nearest->length, known, length,
			nearest->distance + 1);
	if (here > nearest->distance || here > allowed(nearest->length))
		return;
	if (here == nearest->distance) {
		nearest->ambiguous |= strcmp(nearest->with, with) != 0;
		return;
	}
	nearest->distance = here;
	nearest->ambiguous = 0;
	strcpy(nearest->with, with);
}

int stls_nearest_found(const struct stls_nearest *nearest)
{
	return nearest->with[0] && !nearest->ambiguous;
}
