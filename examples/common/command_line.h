/* SPDX-License-Identifier: MIT */
/* The command line of all programs in examples/. */
#ifndef COMMAND_LINE_H
#define COMMAND_LINE_H

#include <getopt.h>

struct program {
	const char *name, *version;
	const char *help;
	const char *letters; /* for getopt(3); NULL: help and version only */
	int usage_status;    /* exit status if the command line is wrong */
	int local_status;    /* and if output cannot be written; 0 means 1 */
};

/*
 * Returns the `val` of the next option, with its value in optarg, or -1 at the
 * end, with optind at the first argument that is not an option. "help" ('h')
 * and "version" ('V') among `options` are handled here, and a wrong option is a
 * usage_error().
 */
int next_option(const struct program *program, int argc, char **argv,
		const struct option *options);

/* Print one line on stderr that refers to --help, and exit. */
__attribute__((format(printf, 2, 3))) _Noreturn void
usage_error(const struct program *program, const char *format, ...);

/* Returns the whole of `text` as a number from `min`, which is not negative, to
 * `max`; else a usage_error() that names `option`, like "-c" or "--timeout". */
long option_number(const struct program *program, const char *option,
		   const char *text, long min, long max);

/* Exit after printing what was asked for. */
_Noreturn void printed(const struct program *program);

#endif
