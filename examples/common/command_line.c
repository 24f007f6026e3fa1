/* SPDX-License-Identifier: MIT */
/*
 * The command line of all programs in examples/: getopt_long() with -h and -V
 * for --help and --version.
 *
 * Option names cannot be abbreviated: a new option could change the meaning of
 * an abbreviation. An error is one line, whatever bytes the arguments contain.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command_line.h"

void usage_error(const struct program *program, const char *format, ...)
{
	char cause[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(cause, sizeof(cause), format, ap);
	va_end(ap);
	for (char *p = cause; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	fprintf(stderr, "%s: %s; try '%s --help'\n", program->name, cause,
		program->name);
	exit(program->usage_status);
}

long option_number(const struct program *program, const char *option,
		   const char *text, long min, long max)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno || value < min ||
	    value > max)
		usage_error(program, "%s %s: not a number from %ld to %ld",
			    option, text, min, max);
	return value;
}

_Noreturn void printed(const struct program *program)
{
	if (fflush(stdout) == 0)
		exit(EXIT_SUCCESS);
	fprintf(stderr, "%s: standard output: %s\n", program->name,
		strerror(errno));
	exit(program->local_status ? program->local_status : EXIT_FAILURE);
}

/* 1 if `word`, as in --name or --name=value, has an option's full name. */
static int is_known(const char *word, const struct option *options)
{
	size_t len = strcspn(word + 2, "=");

	for (; options->name; options++)
		if (strlen(options->name) == len &&
		    memcmp(options->name, word + 2, len) == 0)
			return 1;
	return 0;
}

int next_option(const struct program *program, int argc, char **argv,
		const struct option *options)
{
	int index = -1, before = optind;
	const char *word;
	int option, letter;

	opterr = 0;
	option = getopt_long(argc, argv,
			     program->letters ? program->letters : ":hV",
			     options, &index);
	if (option == -1)
		return option;
	word = argv[optind - 1];
	/* the value may be a separate word */
	if (index >= 0 && optarg == word)
		word = argv[optind - 2];
	/* optind stays within -xyz, and the value of a letter may be "--x" */
	letter = index < 0 && (optind == before || optarg == word ||
			       strncmp(word, "--", 2) != 0);
	if (letter) {
		if (option == '?' || option == ':')
			usage_error(program, "-%c: %s", optopt,
				    option == ':' ? "a value is missing"
						  : "no such option");
	} else if (!is_known(word, options)) {
		usage_error(program, "%s: no such option", word);
	} else if (option == '?' || option == ':') {
		usage_error(program, "%s: %s", word,
			    option == ':' ? "a value is missing"
					  : "takes no value");
	}
	if (option == 'h') {
		fputs(program->help, stdout);
		printed(program);
	}
	if (option == 'V') {
		printf("%s %s\n", program->name, program->version);
		printed(program);
	}
	return option;
}
