/* SPDX-License-Identifier: MIT */
/*
 * replay - feed recorded inputs to a fuzz target
 *
 * Stands in for libFuzzer where it is not available: each argument is a file,
 * or a directory whose files are fed in the order of their names to
 * LLVMFuzzerTestOneInput(). Without arguments the program fuzz_NAME feeds
 * $top_srcdir/tests/fuzz/corpus/NAME. It prints how many inputs there were.
 *
 * An unreadable input, or an empty corpus, is an error: a test that ran nothing
 * has not passed.
 */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

static unsigned long inputs;

static void fail(const char *path)
{
	fprintf(stderr, "replay: %s: %s\n", path, strerror(errno));
	exit(1);
}

static void feed_file(const char *path, size_t size)
{
	/* of its exact size, so that a sanitizer detects a read past the end */
	uint8_t *data = malloc(size ? size : 1);
	FILE *file = fopen(path, "rb");

	if (!file || !data)
		fail(path);
	if (fread(data, 1, size, file) != size)
		fail(path);
	fclose(file);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	inputs++;
}

static int is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void feed(const char *path)
{
	struct dirent **names;
	struct stat status;
	char *inner;
	int i, n;

	if (stat(path, &status) < 0)
		fail(path);
	if (!S_ISDIR(status.st_mode)) {
		feed_file(path, (size_t)status.st_size);
		return;
	}
	n = scandir(path, &names, is_shown, alphasort);
	if (n < 0)
		fail(path);
	for (i = 0; i < n; i++) {
		if (asprintf(&inner, "%s/%s", path, names[i]->d_name) < 0)
			fail(path);
		feed(inner);
		free(inner);
		free(names[i]);
	}
	free(names);
}

static void feed_own_corpus(const char *program)
{
	const char *top = getenv("top_srcdir"), *name = program, *next;
	char *path;

	while ((next = strstr(name, "fuzz_")))
		name = next + strlen("fuzz_");
	if (asprintf(&path, "%s/tests/fuzz/corpus/%s", top ? top : ".", name) <
	    0)
		fail(name);
	feed(path);
	free(path);
}

int main(int argc, char **argv)
{
	int i;

	if (argc < 2)
		feed_own_corpus(argv[0]);
	for (i = 1; i < argc; i++)
		feed(argv[i]);
	printf("%lu inputs\n", inputs);
	if (inputs == 0)
		fprintf(stderr, "replay: no inputs\n");
	return inputs == 0;
}
