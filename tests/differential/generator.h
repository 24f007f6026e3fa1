/* SPDX-License-Identifier: MIT */
/*
 * A reproducible source of random strings for the differential tests: the
 * same seed gives the same strings on every machine.
 */
#ifndef TESTS_DIFFERENTIAL_GENERATOR_H
#define TESTS_DIFFERENTIAL_GENERATOR_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct generator {
	uint64_t state;
	char text[4096];
	size_t length;
};

/* splitmix64 */
static inline uint64_t generator_next(struct generator *g)
{
	uint64_t z = g->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static inline size_t generator_below(struct generator *g, size_t limit)
{
	return (size_t)(generator_next(g) % limit);
}

static inline void generator_byte(struct generator *g, char byte)
{
	if (g->length + 1 < sizeof g->text)
		g->text[g->length++] = byte;
	g->text[g->length] = '\0';
}

static inline void generator_word(struct generator *g, const char *word)
{
	while (*word)
		generator_byte(g, *word++);
}

/* Any byte but NUL: OpenSSL reads C strings. */
static inline char generator_any_byte(struct generator *g)
{
	return (char)(1 + generator_below(g, 255));
}

/* Damages the string: a byte inserted, changed or removed somewhere. */
static inline void generator_spoil(struct generator *g)
{
	size_t at = generator_below(g, g->length + 1);

	switch (generator_below(g, 3)) {
	case 0:
		if (g->length + 2 > sizeof g->text)
			break;
		memmove(g->text + at + 1, g->text + at, g->length + 1 - at);
		g->text[at] = generator_any_byte(g);
		g->length++;
		break;
	case 1:
		if (at < g->length)
			g->text[at] = generator_any_byte(g);
		break;
	default:
		if (at == g->length)
			break;
		memmove(g->text + at, g->text + at + 1, g->length - at);
		g->length--;
	}
}

#endif
