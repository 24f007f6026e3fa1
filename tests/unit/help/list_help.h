/* SPDX-License-Identifier: MIT */
/* list_help: checks that the tests of every kind of list share, with cmocka. */
#ifndef LIST_HELP_H
#define LIST_HELP_H

#include <stdlib.h>
#include <string.h>

#include "openssl/list.h"

struct parsed {
	int error;
	struct stls_span where;
	size_t left; /* contents of the list; 0 after an error */
	struct stls_skips skips;
};

/* A function that parses a `struct KIND`, whose contents are `member`. */
#define PARSER(kind, member)                                                   \
	static struct parsed parse(const char *string, size_t length)          \
	{                                                                      \
		struct parsed parsed = { .where = { 99, 99 } };                \
		struct kind list;                                              \
                                                                               \
		parsed.error =                                                 \
			kind##_parse(&list, string, length, &parsed.where);    \
		parsed.left = list.member;                                     \
		parsed.skips = list.skips;                                     \
		return parsed;                                                 \
	}

typedef struct parsed list_parser(const char *string, size_t length);

static inline void check_same(const struct parsed *a, const struct parsed *b)
{
	assert_int_equal(a->error, b->error);
	assert_int_equal(a->where.position, b->where.position);
	assert_int_equal(a->where.length, b->where.length);
	assert_int_equal(a->left, b->left);
	assert_int_equal(a->skips.count, b->skips.count);
}

/* Bytes after the end of a string, as in a longer one, are not read. */
static inline void check_end(list_parser *parser, const char *string)
{
	static const char behind[] = " :,;/?*+-=!@x0";
	struct parsed parsed = parser(string, strlen(string)), longer;
	size_t length = strlen(string), i;
	char *copy = malloc(length + 2);

	assert_non_null(copy);
	memcpy(copy, string, length);
	for (i = 0; behind[i]; i++) {
		memset(copy + length, behind[i], 2);
		longer = parser(copy, length);
		check_same(&parsed, &longer);
	}
	free(copy);
}

struct list_error {
	const char *string;
	int error;
	size_t position;
	size_t length;
};

static inline void check_errors(list_parser *parser,
				const struct list_error *rows, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		struct parsed parsed =
			parser(rows[i].string, strlen(rows[i].string));

		assert_int_equal(parsed.error, rows[i].error);
		assert_int_equal(parsed.where.position, rows[i].position);
		assert_int_equal(parsed.where.length, rows[i].length);
		assert_int_equal(parsed.left, 0);
		assert_true(strlen(stls_list_error_text(parsed.error)) > 5);
		check_end(parser, rows[i].string);
	}
}

/* Exactly one part has no effect. */
static inline void check_one_skip(list_parser *parser, const char *string,
				  enum stls_skip_reason reason, size_t position,
				  size_t length)
{
	struct parsed parsed = parser(string, strlen(string));

	assert_int_equal(parsed.error, 0);
	assert_int_equal(parsed.skips.count, 1);
	assert_int_equal(parsed.skips.skip[0].reason, reason);
	assert_int_equal(parsed.skips.skip[0].where.position, position);
	assert_int_equal(parsed.skips.skip[0].where.length, length);
}

/* A NUL after this word does not end the string. */
static inline void check_nul(list_parser *parser, const char *word)
{
	char string[64] = "";
	size_t length = strlen(word);
	struct parsed parsed;

	assert_true(length + 3 < sizeof(string));
	memcpy(string, word, length);
	memcpy(string + length + 1, ":x", 2);
	parsed = parser(string, length + 3);
	assert_int_equal(parsed.error, STLS_LIST_NUL);
	assert_int_equal(parsed.where.position, length);
	assert_int_equal(parsed.where.length, 1);
	assert_int_equal(parsed.left, 0);
}

#endif
