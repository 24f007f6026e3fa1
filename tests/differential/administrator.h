/* SPDX-License-Identifier: MIT */
/* administrator: random settings. Documented in administrator.c. */
#ifndef TESTS_DIFFERENTIAL_ADMINISTRATOR_H
#define TESTS_DIFFERENTIAL_ADMINISTRATOR_H

#include "generator.h"
#include "settings.h"

#define STRINGS_MAX 256

struct strings {
	char *string[STRINGS_MAX];
	size_t count;
};

/* Words that administrators write: the rows of tests/data/strings.tsv. */
struct words {
	struct strings ciphers, protocols, groups, sigalgs;
};

/* Ends the program with status 99 if a kind has no row. */
void words_read(struct words *words);
void words_free(struct words *words);

/* Writes all settings and key types; `wild`: most are unusual at once. */
void administrator_write(struct generator *g, const struct words *words,
			 int wild, struct settings *settings);
/* Prints them, a line for each that is set. */
void administrator_show(const struct settings *settings);

/* Prints what an administrator is told: the sentence and its changes. */
void administrator_told(int reason, const char *text,
			const struct smtptls_change *changes, int count);

static inline int one_in(struct generator *g, size_t n)
{
	return generator_below(g, n) == 0;
}

#endif
