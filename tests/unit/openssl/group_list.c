/* SPDX-License-Identifier: MIT */
/* The list of key exchange groups. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../help/list_help.h"
#include "openssl/group_list.h"
#include "../help/strings.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define LARGE	     65536

PARSER(stls_group_list, count)

/*
 * Results are written in the list's own syntax: IANA's names, ? and * where the
 * flags are set, and / where a tuple begins.
 */
#define DEFAULT_GROUPS                                                         \
	"?*X25519MLKEM768/?*x25519:?secp256r1/"                                \
	"?x448:?secp384r1:?secp521r1/?ffdhe2048:?ffdhe3072"

static const struct {
	const char *string;
	const char *groups;
} results[] = {
	/* rows of tests/data/strings.tsv */
	{ "secp256r1:secp384r1:secp521r1", "secp256r1:secp384r1:secp521r1" },
	{ "X25519:secp256r1:secp384r1", "x25519:secp256r1:secp384r1" },
	{ "?X25519MLKEM768:DEFAULT",
	  "?X25519MLKEM768/?*x25519:?secp256r1/?x448:?secp384r1:?secp521r1/"
	  "?ffdhe2048:?ffdhe3072" },
	{ "secp384r1", "secp384r1" },
	{ "X25519MLKEM768, X25519, prime256v1",
	  "X25519MLKEM768:x25519:secp256r1" },
	{ "X448 X25519 secp384r1 prime256v1 secp521r1",
	  "x448:x25519:secp384r1:secp256r1:secp521r1" },
	{ "P-521:P-384:P-256", "secp521r1:secp384r1:secp256r1" },
	{ "auto", DEFAULT_GROUPS },
	{ "secp384r1:prime256v1", "secp384r1:secp256r1" },
	/* others */
	{ " auto\n", DEFAULT_GROUPS },
	{ "DEFAULT", DEFAULT_GROUPS },
	{ "?DEFAULT", DEFAULT_GROUPS },
	{ "?*X25519MLKEM768 / ?*X25519:?secp256r1 / "
	  "?X448:?secp384r1:?secp521r1 / ?ffdhe2048:?ffdhe3072",
	  DEFAULT_GROUPS },
	{ "ffdhe2048:ffdhe3072:ffdhe4096:ffdhe6144:ffdhe8192",
	  "ffdhe2048:ffdhe3072:ffdhe4096:ffdhe6144:ffdhe8192" },
	{ "SecP256r1MLKEM768:SecP384r1MLKEM1024",
	  "SecP256r1MLKEM768:SecP384r1MLKEM1024" },
	{ "brainpoolP256r1:secp256k1:K-163",
	  "brainpoolP256r1:secp256k1:sect163k1" },
	{ " P-256 , P-384 : P-521 ", "secp256r1:secp384r1:secp521r1" },
	{ "?no-such:P-256", "secp256r1" },
	{ "?*P-256:*?P-384", "?*secp256r1:?*secp384r1" },
	{ "P-256:P-384:-P-256", "secp384r1" },
	{ "P-256:-P-256:P-384:P-256", "secp384r1:secp256r1" },
	{ "P-256:-P-384", "secp256r1" },
	{ "P-256:-?no-such", "secp256r1" },
	{ "P-256/P-384:-P-384/P-521", "secp256r1/secp521r1" },
	{ "P-256/P-384:-P-384:X448", "secp256r1/x448" },
	{ "DEFAULT:-X25519MLKEM768:-ffdhe2048:-ffdhe3072",
	  "?*x25519:?secp256r1/?x448:?secp384r1:?secp521r1" },
	{ "ffdhe8192:DEFAULT", "ffdhe8192:" DEFAULT_GROUPS },
	{ "DEFAULT:ffdhe8192", DEFAULT_GROUPS ":ffdhe8192" },
	/* A group named again after DEFAULT stays, but is not optional. */
	{ "DEFAULT:X448", "?*X25519MLKEM768/?*x25519:?secp256r1/"
			  "x448:?secp384r1:?secp521r1/?ffdhe2048:?ffdhe3072" },
	/* A key share is kept, and can be requested. */
	{ "DEFAULT:X25519:*P-384",
	  "?*X25519MLKEM768/*x25519:?secp256r1/"
	  "?x448:*secp384r1:?secp521r1/?ffdhe2048:?ffdhe3072" },
};

static void write_groups(const struct stls_group_list *list, char *text,
			 size_t size)
{
	unsigned tuple = 0;
	uint8_t i;

	text[0] = '\0';
	for (i = 0; i < list->count; i++) {
		const struct stls_group_choice *choice = &list->choice[i];
		size_t used = strlen(text);
		const char *mark = choice->tuple != tuple ? "/" : ":";

		assert_true(choice->tuple == tuple ||
			    choice->tuple == tuple + 1);
		tuple = choice->tuple;
		snprintf(text + used, size - used, "%s%s%s%s",
			 i > 0 ? mark : "", choice->optional ? "?" : "",
			 choice->key_share ? "*" : "",
			 stls_group(choice->group)->name);
	}
}

static void test_results(void **state)
{
	char text[512];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(results); i++) {
		struct stls_group_list list;
		struct stls_span where;

		assert_int_equal(stls_group_list_parse(
					 &list, results[i].string,
					 strlen(results[i].string), &where),
				 0);
		write_groups(&list, text, sizeof text);
		assert_string_equal(text, results[i].groups);
		check_end(parse, results[i].string);
	}
}

static void check_row(const char *string)
{
	size_t i;

	for (i = 0; i < COUNT(results); i++)
		if (strcmp(results[i].string, string) == 0)
			return;
	fail_msg("no meaning for the groups row %s", string);
}

static void test_rows(void **state)
{
	(void)state;
	assert_int_equal(strings_each("groups", check_row), 9);
}

static void test_errors(void **state)
{
	static const struct list_error rows[] = {
		{ "", STLS_LIST_EMPTY, 0, 0 },
		{ " ", STLS_LIST_EMPTY_WORD, 1, 0 },
		{ ":", STLS_LIST_EMPTY_WORD, 0, 0 },
		{ "P-256:", STLS_LIST_EMPTY_WORD, 6, 0 },
		{ "P-256::P-384", STLS_LIST_EMPTY_WORD, 6, 0 },
		{ "P-256 , , P-384", STLS_LIST_EMPTY_WORD, 8, 0 },
		{ "P-256//P-384", STLS_LIST_EMPTY_WORD, 6, 0 },
		{ "/P-256", STLS_LIST_EMPTY_WORD, 0, 0 },
		{ "P-256:?", STLS_LIST_EMPTY_WORD, 7, 0 },
		{ "P-256:? P-384", STLS_LIST_EMPTY_WORD, 7, 0 },
		{ "p-256", STLS_LIST_UNKNOWN_WORD, 0, 5 },
		{ "P-256:no-such", STLS_LIST_UNKNOWN_WORD, 6, 7 },
		{ "P-256:*no-such", STLS_LIST_UNKNOWN_WORD, 7, 7 },
		{ "P-256:-no-such", STLS_LIST_UNKNOWN_WORD, 7, 7 },
		{ "P-256;P-384", STLS_LIST_UNKNOWN_WORD, 0, 11 },
		{ "auto:P-256", STLS_LIST_UNKNOWN_WORD, 0, 4 },
		{ "-DEFAULT", STLS_LIST_UNKNOWN_WORD, 1, 7 },
		{ "*DEFAULT", STLS_LIST_UNKNOWN_WORD, 1, 7 },
		{ "default", STLS_LIST_UNKNOWN_WORD, 0, 7 },
		{ "P-256:X448:prime256v1", STLS_LIST_DUPLICATE, 11, 10 },
		{ "P-256:?P-256", STLS_LIST_DUPLICATE, 7, 5 },
		{ "DEFAULT:X448:X448", STLS_LIST_DUPLICATE, 13, 4 },
		{ "?no-such", STLS_LIST_NO_GROUP, 0, 8 },
		{ "P-256:-P-256", STLS_LIST_NO_GROUP, 0, 12 },
	};

	(void)state;
	check_errors(parse, rows, COUNT(rows));
}

static void test_skips_and_nul(void **state)
{
	(void)state;
	check_one_skip(parse, "X25519:?*later", STLS_SKIP_UNKNOWN, 9, 5);
	check_nul(parse, "X25519");
}

/* Long strings cannot exceed the limits on tuples and names. */
static void test_large(void **state)
{
	static const char pattern[] = "X448/-X448:?zzz:";
	char *string = malloc(LARGE);
	struct stls_group_list list;
	size_t length = LARGE - LARGE % (sizeof pattern - 1);
	size_t i;

	(void)state;
	assert_non_null(string);
	for (i = 0; i < length; i++)
		string[i] = pattern[i % (sizeof pattern - 1)];
	memcpy(string + length - 5, "P-256", 5);
	assert_int_equal(stls_group_list_parse(&list, string, length, NULL), 0);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.choice[0].tuple, 0);
	assert_int_equal(stls_group(list.choice[0].group)->code, 23);
	assert_true(list.skips.count > STLS_SKIPS_MAX);
	free(string);
}

static void test_table(void **state)
{
	int i;
	int j;

	(void)state;
	for (i = 0; i < STLS_GROUPS; i++) {
		const struct stls_group *group = stls_group((size_t)i);

		assert_int_equal(stls_group_by_code(group->code), i);
		assert_true(group->gnutls[0] == '\0' ||
			    strncmp(group->gnutls, "GROUP-", 6) == 0);
		for (j = 0; j < i; j++)
			assert_string_not_equal(group->name,
						stls_group((size_t)j)->name);
	}
	assert_int_equal(stls_group_by_code(0), -1);
	assert_int_equal(stls_group_by_code(0x10017), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_skips_and_nul),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
