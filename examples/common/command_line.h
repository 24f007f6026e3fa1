/* SPDX-License-Identifier: MIT */
/* The command line as all programs of examples/ read it. */
#ifndef COMMAND_LINE_H
#define COMMAND_LINE_H

#include <getopt.h>

struct program {
	const char *name, *version;
	const char *help;
	const char *letters; /* as of getopt(3); NULL: those of help, version */
	int usage_status;    /* of a command line that is wrong */
	int local_status;    /* of output that cannot be written; 0: 1 */
};

/*
 * The `val` of the next option, its value in optarg; -1 at the end, optind
 * being the first argument that is no option. "help" ('h') and "version"
 * ('V') among `options` are answered here, and a wrong option is a
 * usage_error().
 */
int next_option(const struct program *program, int argc, char **argv,
		const struct option *options);

/* One line on stderr that names --help, and the end of the program. */
__attribute__((format(printf, 2, 3))) _Noreturn void
usage_error(const struct program *program, const char *format, ...);

/* The whole of `text` as a number from `min`, which is not negative, to `max`;
 * else a usage_error() that names `option`, as "-c" or "--timeout". */
long option_number(const struct program *program, const char *option,
		   const char *text, long min, long max);

/* What was asked for is printed: the end of the program. */
_Noreturn void printed(const struct program *program);

#endif
