/* SPDX-License-Identifier: MIT */
/* edit: words of lists found, replaced and added, as in an editor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "reason/edit.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void test_find(void **state)
{
	static const struct {
		const char *list, *word;
		int at; /* -1: not a word of the list */
	} rows[] = {
		{ "a:b", "b", 2 },
		{ "ab:b", "b", 3 },
		{ "ba:b", "b", 3 },
		{ "ab", "b", -1 },
		{ "ab", "a", -1 },
		/* every letter and digit continues a word */
		{ "aA:Aa:a0:0a:a9:9a:aZ:Za:az:za:a", "a", 30 },
		{ "a-:a.:a=:a_:a+:-a:.a:=a:_a:a", "a", 27 },
		{ "!a:<a:>a:@a:a", "a", 12 },
		{ "x:a;", "a", 2 },
		{ "a b", "b", 2 },
		{ "a,b", "b", 2 },
		/* a word with an operator needs no separator before it */
		{ "ALL!a", "!a", 3 },
		{ "ALL!ab!a", "!a", 6 },
		{ "TLSv1.2:<=TLSv1", "TLSv1", -1 },
		{ "ALL:@SECLEVEL=1", "@SECLEVEL=1", 4 },
		{ "CHACHA20:20", "20", 9 },
		/* a value directly follows its = */
		{ "a=b", "a=", 0 },
		{ "xa=b", "a=", -1 },
		{ "", "a", -1 },
	};
	const char *at;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		print_message("%s in %s\n", rows[i].word, rows[i].list);
		at = stls_edit_find(rows[i].list, rows[i].list, rows[i].word);
		assert_int_equal(at ? at - rows[i].list : -1, rows[i].at);
	}
}

static void test_replace(void **state)
{
	static const struct {
		const char *list, *word, *with, *result;
	} rows[] = {
		{ "a:b:c", "b", "x", "a:x:c" },
		{ "a:b:b", "b", "xyz", "a:xyz:xyz" },
		{ "a:b", "c", "x", "a:b" },
		/* a superfluous separator is removed too */
		{ "a:b:c", "a", "", "b:c" },
		{ "a:b:c", "b", "", "a:c" },
		{ "a:b:c", "c", "", "a:b" },
		{ "a, b, c", "b", "", "a, c" },
		{ "a, b , ", "b", "", "a" },
		{ "b b b", "b", "", "" },
		{ "a/b:c", "b", "", "a/c" },
		{ "a=b", "a=", "", "b" },
		{ "a!b!c", "!b", "", "a!c" },
		{ "a!b:c", "!b", "", "a:c" },
		{ " :b:a", "b", "", " :a" },
		{ "", "b", "x", "" },
	};
	char *edited;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		print_message("%s in %s\n", rows[i].word, rows[i].list);
		edited = stls_edit_replace(rows[i].list, rows[i].word,
					   rows[i].with);
		assert_string_equal(edited, rows[i].result);
		free(edited);
	}
}

static void test_add(void **state)
{
	char *edited = stls_edit_add("a", ", ", "b");

	(void)state;
	assert_string_equal(edited, "a, b");
	free(edited);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_replace),
		cmocka_unit_test(test_add),
	};

	return cmocka_run_group_tests_name("edit", tests, NULL, NULL);
}
