/* SPDX-License-Identifier: MIT */
/* administrator: settings at random. The manual is in administrator.c. */
#ifndef TESTS_DIFFERENTIAL_ADMINISTRATOR_H
#define TESTS_DIFFERENTIAL_ADMINISTRATOR_H

#include "generator.h"
#include "settings.h"

#define STRINGS_MAX 256

struct strings {
	char *string[STRINGS_MAX];
	size_t count;
};

/* What administrators have written: the rows of tests/data/strings.tsv. */
struct words {
	struct strings ciphers, protocols, groups, sigalgs;
};

/* Ends the program with status 99 where a kind has no row. */
void words_read(struct words *words);
void words_free(struct words *words);

/* All settings and types of keys; `wild`: most of them are strange at once. */
void administrator_write(struct generator *g, const struct words *words,
			 int wild, struct settings *settings);
/* They are printed, a line for each that is set. */
void administrator_show(const struct settings *settings);

/* What an administrator is told is printed: the sentence and its changes. */
void administrator_told(int reason, const char *text,
			const struct smtptls_change *changes, int count);

static inline int one_in(struct generator *g, size_t n)
{
	return generator_below(g, n) == 0;
}

#endif
