/* SPDX-License-Identifier: MIT */
/*
 * The rows of tests/data/strings.tsv, for tests that give each row of a kind
 * its meaning and fail if the file has one that they do not know.
 */
#ifndef TESTS_UNIT_STRINGS_H
#define TESTS_UNIT_STRINGS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The path of the file; the string is valid until the next call. */
static inline const char *strings_path(void)
{
	static char path[4096];
	const char *top = getenv("srcdir");

	snprintf(path, sizeof path, "%s/tests/data/strings.tsv",
		 top ? top : ".");
	return path;
}

/* Calls `check` with the string of every row of a kind; returns how many. */
static inline size_t strings_each(const char *kind,
				  void (*check)(const char *string))
{
	char line[8192];
	size_t rows = 0;
	FILE *file;

	file = fopen(strings_path(), "r");
	if (!file) {
		perror(strings_path());
		return 0;
	}
	while (fgets(line, sizeof line, file)) {
		size_t length = strlen(kind);

		if (strncmp(line, kind, length) != 0 || line[length] != '\t')
			continue;
		line[length + 1 + strcspn(line + length + 1, "\t\n")] = '\0';
		check(line + length + 1);
		rows++;
	}
	fclose(file);
	return rows;
}

#endif
