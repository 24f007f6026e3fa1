/* SPDX-License-Identifier: MIT */
/*
 * The command line of the comparison programs: how many, from which seed, the
 * file of strings, and at most one further number and one further flag.
 */
#ifndef TESTS_DIFFERENTIAL_OPTIONS_H
#define TESTS_DIFFERENTIAL_OPTIONS_H

#include <stdlib.h>
#include <string.h>

struct options {
	unsigned long count, seed, number;
	int flag;
	const char *path;
	const char *number_name, *flag_name; /* "--only", or NULL */
};

/* 0, or -1 if the arguments are wrong; options not given stay unchanged. */
static inline int options_parse(struct options *options, int argc, char **argv)
{
	int a;

	for (a = 1; a < argc; a++) {
		const char *arg = argv[a];
		unsigned long *number = NULL;

		if (strcmp(arg, "--count") == 0)
			number = &options->count;
		else if (strcmp(arg, "--seed") == 0)
			number = &options->seed;
		else if (options->number_name &&
			 strcmp(arg, options->number_name) == 0)
			number = &options->number;
		else if (options->flag_name &&
			 strcmp(arg, options->flag_name) == 0)
			options->flag = 1;
		else if (arg[0] == '-' || options->path)
			return -1;
		else
			options->path = arg;
		if (number && ++a == argc)
			return -1;
		if (number)
			*number = strtoul(argv[a], NULL, 10);
	}
	return 0;
}

#endif
