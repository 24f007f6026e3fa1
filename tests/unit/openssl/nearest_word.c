/* SPDX-License-Identifier: MIT */
/* The nearest known word: how far a misspelling may be from it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "openssl/nearest_word.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static int is_near(const char *word, const char *known)
{
	struct stls_nearest nearest;

	stls_nearest_begin(&nearest, word, strlen(word));
	stls_nearest_try(&nearest, known, "with");
	if (stls_nearest_found(&nearest))
		assert_string_equal(nearest.with, "with");
	return stls_nearest_found(&nearest);
}

static void test_distance(void **state)
{
	static const struct {
		const char *word, *known;
		int near;
	} all[] = {
		/* different only in case */
		{ "high", "HIGH", 1 },
		{ "DES", "DSS", 0 },
		{ "HIGX", "HIGH", 0 },
		/* 5 bytes and more: one letter wrong, missing or superfluous */
		{ "abcdx", "abcde", 1 },
		{ "xbcde", "abcde", 1 },
		{ "abcdef", "abcde", 1 },
		{ "bcdef", "abcdef", 1 },
		{ "abcde", "abcdef", 1 },
		{ "abde", "abcde", 0 },
		/* or two letters transposed */
		{ "abced", "abcde", 1 },
		{ "bacde", "abcde", 1 },
		{ "ABCED", "abcde", 1 },
		{ "abedc", "abcde", 0 },
		{ "abcxx", "abcde", 0 },
		{ "abcdefghijklmxx", "abcdefghijklmno", 0 },
		/* 16 bytes and more: two such mistakes */
		{ "abcdefghijklmnxx", "abcdefghijklmnop", 1 },
		{ "bacdefghijklmnpo", "abcdefghijklmnop", 1 },
		{ "abcdefghijklmnopqr", "abcdefghijklmnop", 1 },
		{ "abcdefghijklmnopqrs", "abcdefghijklmnop", 0 },
		{ "abcdefghijklmxxx", "abcdefghijklmnop", 0 },
		{ "xxxdefghijklmnop", "abcdefghijklmnop", 0 },
		/* 55 bytes at most */
		{ "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrx",
		  "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrs",
		  1 },
		{ "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrst",
		  "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrs",
		  0 },
		{ "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrs",
		  "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrst",
		  0 },
		{ "", "", 0 },
		{ "abcde", "", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(all); i++) {
		print_message("%s %s\n", all[i].word, all[i].known);
		assert_int_equal(is_near(all[i].word, all[i].known),
				 all[i].near);
	}
}

static void test_choice(void **state)
{
	struct stls_nearest nearest;

	(void)state;
	stls_nearest_begin(&nearest, "AES178", 6);
	assert_false(stls_nearest_found(&nearest));
	stls_nearest_try(&nearest, "AES128", "AES128");
	assert_true(stls_nearest_found(&nearest));
	/* another word that is as near, and then a nearer one */
	stls_nearest_try(&nearest, "AES168", "AES168");
	assert_false(stls_nearest_found(&nearest));
	stls_nearest_try(&nearest, "aes178", "nearer");
	assert_true(stls_nearest_found(&nearest));
	assert_string_equal(nearest.with, "nearer");
	/* a word that is farther away does not count, nor does a second name */
	stls_nearest_try(&nearest, "AES128", "AES128");
	stls_nearest_try(&nearest, "AEs178", "nearer");
	assert_true(stls_nearest_found(&nearest));
	assert_string_equal(nearest.with, "nearer");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_distance),
		cmocka_unit_test(test_choice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
