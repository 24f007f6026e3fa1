/* SPDX-License-Identifier: MIT */
/*
 * The cipher list and the list of TLS 1.3 suites: results, errors with their
 * positions, skipped parts, exclusion, and arbitrary bytes. Whether results
 * equal OpenSSL's in general is left to the differential tests.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../help/list_help.h"
#include "openssl/cipher_list.h"
#include "openssl/ciphersuite_list.h"
#include "../help/strings.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define LARGE	     65536

PARSER(stls_cipher_list, count)

static void join(char *text, size_t size, const uint8_t *rows, size_t count,
		 int iana)
{
	size_t i;

	text[0] = '\0';
	for (i = 0; i < count; i++) {
		const struct stls_suite *suite = stls_suite(rows[i]);
		size_t used = strlen(text);

		snprintf(text + used, size - used, "%s%s", i > 0 ? ":" : "",
			 iana ? suite->iana : suite->openssl);
	}
}

static void parse_names(const char *string, char *names, size_t size)
{
	struct stls_cipher_list list;
	struct stls_span where;

	assert_int_equal(
		stls_cipher_list_parse(&list, string, strlen(string), &where),
		0);
	join(names, size, list.suite, list.count, 0);
}

#define A256 "ECDHE-RSA-AES256-GCM-SHA384"
#define A128 "ECDHE-RSA-AES128-GCM-SHA256"

static const struct {
	const char *string;
	const char *names;
} results[] = {
	{ A128 ":" A256, A128 ":" A256 },
	{ A128 " " A256, A128 ":" A256 },
	{ A128 "," A256 ";", A128 ":" A256 },
	{ "::" A128, A128 },
	{ A128 ":" A256 ":" A128, A128 ":" A256 },
	{ A128 ":" A256 ":+" A128, A256 ":" A128 },
	{ A128 ":" A256 ":@STRENGTH", A256 ":" A128 },
	{ A128 ":" A256 "@STRENGTH", A256 ":" A128 },
	{ A128 ":" A256 ":-" A128, A256 },
	{ A128 ":" A256 ":-" A128 ":ECDHE-RSA-CHACHA20-POLY1305:" A128,
	  A256 ":ECDHE-RSA-CHACHA20-POLY1305:" A128 },
	{ "!" A128 ":" A256 ":" A128, A256 },
	{ A128 ":-ALL:" A256, A256 },
	{ "NO-SUCH-SUITE:" A128, A128 },
	{ "RC4+RSA:" A128, A128 },
	{ "AES128+AES256:" A128, A128 },
	{ "RC4+:" A128, A128 },
	{ "kRSA+AESGCM", "AES256-GCM-SHA384:AES128-GCM-SHA256" },
	{ "kRSA+AESGCM:+AES256", "AES128-GCM-SHA256:AES256-GCM-SHA384" },
	{ A128 "+AES256:" A256, A256 },
	{ "AES256-GCM-SHA384+kRSA+AESGCM", "AES256-GCM-SHA384" },
	{ "MD5", "NULL-MD5" },
	{ "AES+MD5:" A128, A128 },
	{ "ADH+CAMELLIA256", "ADH-CAMELLIA256-SHA256:ADH-CAMELLIA256-SHA" },
	{ "SUITEB128ONLY", "ECDHE-ECDSA-AES128-GCM-SHA256" },
	{ "SUITEB128C2", "ECDHE-ECDSA-AES256-GCM-SHA384" },
	{ "SUITEB128", "ECDHE-ECDSA-AES128-GCM-SHA256:"
		       "ECDHE-ECDSA-AES256-GCM-SHA384" },
	{ "SUITEB192:ALL!", "ECDHE-ECDSA-AES256-GCM-SHA384" },
	{ A128 ":SUITEB192", A128 },
};

static void test_results(void **state)
{
	char names[8192];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(results); i++) {
		parse_names(results[i].string, names, sizeof names);
		assert_string_equal(names, results[i].names);
		check_end(parse, results[i].string);
	}
}

/* Pairs of strings that mean the same. */
static const char *const same[][2] = {
	{ "DEFAULT", "ALL:!COMPLEMENTOFDEFAULT:!eNULL" },
	{ "DEFAULTECDHE", "DEFAULT:ECDHE" },
	{ "HIGH:DEFAULT", "HIGH" },
	{ "eNULL", "COMPLEMENTOFALL" },
	{ "NULL", "COMPLEMENTOFALL" },
	{ "kDHE", "DH" },
	{ "kEDH", "DH" },
	{ "kEECDH", "ECDH" },
	{ "EDH", "DH:!aNULL" },
	{ "DHE", "DH:!aNULL" },
	{ "EECDH", "ECDH:!aNULL" },
	{ "ADH", "DH+aNULL" },
	{ "RSA", "kRSA+aRSA" },
	{ "SHA", "SHA1" },
	{ "TLSv1", "TLSv1.0" },
	{ "ARIA", "ARIAGCM" },
	{ "PSK:!kECDHEPSK:!kDHEPSK:!kRSAPSK", "kPSK" },
	{ "AES128+AESGCM+ECDHE", "AESGCM+AES128+ECDHE" },
	/* A strength class after it cancels COMPLEMENTOFDEFAULT. */
	{ "COMPLEMENTOFDEFAULT+HIGH", "HIGH" },
	{ "COMPLEMENTOFDEFAULT+FIPS", "FIPS" },
};

static void test_same(void **state)
{
	char left[8192];
	char right[8192];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(same); i++) {
		parse_names(same[i][0], left, sizeof left);
		parse_names(same[i][1], right, sizeof right);
		assert_string_equal(left, right);
	}
	parse_names("HIGH+COMPLEMENTOFDEFAULT", left, sizeof left);
	parse_names("HIGH", right, sizeof right);
	assert_string_not_equal(left, right);
}

static void test_initial_order(void **state)
{
	struct stls_cipher_list list;
	uint8_t i;

	(void)state;
	assert_int_equal(stls_cipher_list_parse(&list, "ALL", 3, NULL), 0);
	for (i = 1; i < list.count; i++)
		assert_true(list.suite[i - 1] < list.suite[i]);
	assert_string_equal(stls_suite(list.suite[0])->openssl,
			    "ECDHE-ECDSA-AES256-GCM-SHA384");
}

static const struct list_error errors[] = {
	{ "", STLS_LIST_EMPTY, 0, 0 },
	{ ":", STLS_LIST_NO_SUITE, 0, 1 },
	{ "NO-SUCH-SUITE", STLS_LIST_NO_SUITE, 0, 13 },
	{ "MEDIUM", STLS_LIST_NO_SUITE, 0, 6 },
	{ "DTLSv1.2", STLS_LIST_NO_SUITE, 0, 8 },
	{ "ALL:!ALL", STLS_LIST_NO_SUITE, 0, 8 },
	{ "!ALL:ALL", STLS_LIST_NO_SUITE, 0, 8 },
	{ "TLS_RSA_WITH_AES_128_CBC_SHA", STLS_LIST_NO_SUITE, 0, 28 },
	{ "HIGH:+TLSv1_2", STLS_LIST_BAD_BYTE, 11, 1 },
	{ "ECDHE_RSA-AES256-SHA", STLS_LIST_BAD_BYTE, 5, 1 },
	{ "HIGH:!", STLS_LIST_EMPTY_WORD, 6, 0 },
	{ "HIGH:!:ALL", STLS_LIST_EMPTY_WORD, 6, 0 },
	{ "HIGH+", STLS_LIST_EMPTY_WORD, 5, 0 },
	{ "3DES+:HIGH", STLS_LIST_EMPTY_WORD, 5, 0 },
	{ "HIGH:!!MD5", STLS_LIST_BAD_BYTE, 6, 1 },
	{ "HIGH\tMD5", STLS_LIST_BAD_BYTE, 4, 1 },
	{ "HIGH:\xff", STLS_LIST_BAD_BYTE, 5, 1 },
	{ "HIGH:@", STLS_LIST_EMPTY_WORD, 6, 0 },
	{ "HIGH:@SECLEVEL=6", STLS_LIST_BAD_COMMAND, 6, 10 },
	{ "HIGH:@SECLEVEL=", STLS_LIST_BAD_COMMAND, 6, 9 },
	{ "HIGH:@SECLEVEL=22", STLS_LIST_BAD_COMMAND, 6, 11 },
	{ "HIGH:@SECLEVEL=/", STLS_LIST_BAD_COMMAND, 6, 9 },
	{ "HIGH:@STRENGTHS", STLS_LIST_BAD_COMMAND, 6, 9 },
	{ "HIGH:@strength", STLS_LIST_BAD_COMMAND, 6, 8 },
	{ "HIGH:@@STRENGTH", STLS_LIST_BAD_BYTE, 6, 1 },
};

static void test_errors(void **state)
{
	(void)state;
	check_errors(parse, errors, COUNT(errors));
}

static void test_nul(void **state)
{
	(void)state;
	check_nul(parse, "SUITEB128");
}

/* Every byte that may occur in a word. */
static void test_unknown(void **state)
{
	(void)state;
	check_one_skip(parse, "HIGH:azAZ09-.=", STLS_SKIP_UNKNOWN, 5, 9);
}

static void test_security_level(void **state)
{
	static const struct {
		const char *string;
		int level;
	} rows[] = {
		{ "HIGH", -1 },
		{ "HIGH@SECLEVEL=1", 1 },
		{ "DEFAULT@SECLEVEL=0", 0 },
		{ "@SECLEVEL=5:HIGH:@SECLEVEL=3", 3 },
		{ "HIGH:@SECLEVEL=2!MD5", 2 },
		{ "HIGH:SECLEVEL=2", -1 },
		{ "HIGH:!SECLEVEL=2", -1 },
		{ "SUITEB128@SECLEVEL=1", -1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct stls_cipher_list list;

		assert_int_equal(stls_cipher_list_parse(&list, rows[i].string,
							strlen(rows[i].string),
							NULL),
				 0);
		assert_int_equal(list.security_level, rows[i].level);
	}
}

static void test_suiteb(void **state)
{
	static const struct {
		const char *string;
		enum stls_suiteb suiteb;
	} rows[] = {
		{ "HIGH", STLS_SUITEB_NONE },
		{ "SUITEB128ONLY", STLS_SUITEB_128_ONLY },
		{ "SUITEB128C2", STLS_SUITEB_128 },
		{ "SUITEB128", STLS_SUITEB_128 },
		{ "SUITEB192", STLS_SUITEB_192 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct stls_cipher_list list;
		const struct stls_suite *suite;

		assert_int_equal(stls_cipher_list_parse(&list, rows[i].string,
							strlen(rows[i].string),
							NULL),
				 0);
		assert_int_equal(list.suiteb, rows[i].suiteb);
		suite = stls_suite((size_t)stls_suite_by_code(0xc02c));
		assert_true(stls_cipher_list_allows(&list, suite, 4));
		assert_int_equal(stls_cipher_list_allows(&list, suite, 5),
				 i == 0);
	}
}

static void check_skip(const struct stls_skips *skips, size_t i,
		       enum stls_skip_reason reason, size_t position,
		       size_t length)
{
	assert_true(i < skips->count);
	assert_int_equal(skips->skip[i].reason, reason);
	assert_int_equal(skips->skip[i].where.position, position);
	assert_int_equal(skips->skip[i].where.length, length);
}

static void test_skips(void **state)
{
	struct stls_cipher_list list;
	const char *string = "HIGH:MEDIUM:!RC4@STRENGTH:AES+RC4+RSA:+AES128+"
			     "AES256+MD5:@STRENGTH+x";

	(void)state;
	assert_int_equal(
		stls_cipher_list_parse(&list, string, strlen(string), NULL), 0);
	assert_int_equal(list.skips.count, 4);
	check_skip(&list.skips, 0, STLS_SKIP_UNKNOWN, 13, 3);
	check_skip(&list.skips, 1, STLS_SKIP_UNKNOWN, 30, 3);
	check_skip(&list.skips, 2, STLS_SKIP_CONTRADICTION, 39, 13);
	check_skip(&list.skips, 3, STLS_SKIP_REST, 66, 2);
	string = "SUITEB128:ALL";
	assert_int_equal(
		stls_cipher_list_parse(&list, string, strlen(string), NULL), 0);
	assert_int_equal(list.skips.count, 1);
	check_skip(&list.skips, 0, STLS_SKIP_REST, 9, 4);
}

static const struct {
	const char *string; /* a row of kind "exclude", or one more */
	const char *list;   /* a cipher list that ends the same way */
} excludes[] = {
	{ "MD5, DES", ":!MD5:!DES" },
	{ "AES256-SHA, DES-CBC3-MD5", ":!AES256-SHA:!DES-CBC3-MD5" },
	{ "aNULL, LOW, EXP, MEDIUM, ADH, AECDH, MD5, DSS, ECDSA, CAMELLIA128, "
	  "3DES, CAMELLIA256, RSA+AES, eNULL",
	  ":!aNULL:!LOW:!EXP:!MEDIUM:!ADH:!AECDH:!MD5:!DSS:!ECDSA:"
	  "!CAMELLIA128:!3DES:!CAMELLIA256:!RSA+AES:!eNULL" },
	{ "EXP, MEDIUM, LOW, DES, 3DES, SSLv2",
	  ":!EXP:!MEDIUM:!LOW:!DES:!3DES:!SSLv2" },
	{ " \taNULL:eNULL\n", ":!aNULL:!eNULL" },
	{ "RC4\tMD5", ":!MD5" },
	{ "AES128+AES256 MD5", ":!MD5" },
};

static void test_exclude(void **state)
{
	static const char base[] = "ALL:COMPLEMENTOFALL";
	char string[512];
	char expected[8192];
	char names[8192];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(excludes); i++) {
		struct stls_cipher_list list;

		assert_int_equal(
			stls_cipher_list_parse(&list, base, strlen(base), NULL),
			0);
		assert_int_equal(stls_cipher_list_exclude(
					 &list, excludes[i].string,
					 strlen(excludes[i].string), NULL),
				 0);
		join(names, sizeof names, list.suite, list.count, 0);
		snprintf(string, sizeof string, "%s%s", base, excludes[i].list);
		parse_names(string, expected, sizeof expected);
		assert_string_equal(names, expected);
	}
}

static void check_exclude_row(const char *string)
{
	size_t i;

	for (i = 0; i < COUNT(excludes); i++)
		if (strcmp(excludes[i].string, string) == 0)
			return;
	fail_msg("no meaning for the exclude row %s", string);
}

static void test_exclude_rows(void **state)
{
	(void)state;
	assert_int_equal(strings_each("exclude", check_exclude_row), 4);
}

static void test_exclude_errors(void **state)
{
	static const struct {
		const char *string;
		int error;
		size_t position;
	} rows[] = {
		{ "", STLS_LIST_EMPTY, 0 },
		{ "MD5, !aNULL", STLS_LIST_NOT_EXCLUDABLE, 5 },
		{ "-MD5", STLS_LIST_NOT_EXCLUDABLE, 0 },
		{ "MD5 @STRENGTH", STLS_LIST_NOT_EXCLUDABLE, 4 },
		{ "MD5;ALL", STLS_LIST_BAD_BYTE, 3 },
		{ "RC4;ALL", STLS_LIST_BAD_BYTE, 3 },
		{ "MD5@STRENGTH", STLS_LIST_BAD_BYTE, 3 },
		{ "AES+", STLS_LIST_EMPTY_WORD, 4 },
		{ "AES_128", STLS_LIST_BAD_BYTE, 3 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct stls_cipher_list list;
		struct stls_span where = { 99, 99 };
		uint8_t count;

		assert_int_equal(stls_cipher_list_parse(&list, "ALL", 3, NULL),
				 0);
		count = list.count;
		assert_int_equal(stls_cipher_list_exclude(
					 &list, rows[i].string,
					 strlen(rows[i].string), &where),
				 rows[i].error);
		assert_int_equal(where.position, rows[i].position);
		assert_int_equal(list.count, count);
	}
}

/* Repeat a pattern up to 64 KiB, and parse that. */
static int parse_large(const char *pattern, struct stls_cipher_list *list)
{
	size_t length = strlen(pattern);
	char *string = malloc(LARGE);
	struct stls_span where = { 0, 0 };
	size_t i;
	int error;

	assert_non_null(string);
	for (i = 0; i < LARGE; i++)
		string[i] = pattern[i % length];
	error = stls_cipher_list_parse(list, string, LARGE, &where);
	assert_true(where.position <= LARGE);
	assert_true(where.length <= LARGE - where.position);
	free(string);
	return error;
}

static void test_large(void **state)
{
	struct stls_cipher_list list;

	(void)state;
	assert_int_equal(parse_large("DH:", &list), 0);
	assert_int_equal(parse_large("ALL:-ALL:", &list), 0);
	assert_int_equal(parse_large("ALL:@STRENGTH:", &list), 0);
	assert_int_equal(parse_large("AES+", &list), STLS_LIST_EMPTY_WORD);
	assert_int_equal(parse_large("x", &list), STLS_LIST_NO_SUITE);
	assert_int_equal(parse_large(":", &list), STLS_LIST_NO_SUITE);
	assert_int_equal(parse_large("x:", &list), STLS_LIST_NO_SUITE);
	assert_int_equal(list.skips.count, LARGE / 2);
	assert_int_equal(list.skips.skip[STLS_SKIPS_MAX - 1].where.position,
			 2 * (STLS_SKIPS_MAX - 1));
}

static const struct {
	const char *string;
	const char *names;
	size_t skips;
} suites13[] = {
	{ "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
	  "TLS_CHACHA20_POLY1305_SHA256",
	  "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
	  "TLS_CHACHA20_POLY1305_SHA256",
	  0 },
	{ "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:"
	  "TLS_AES_128_GCM_SHA256",
	  "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:"
	  "TLS_AES_128_GCM_SHA256",
	  0 },
	{ "TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384", 0 },
	{ "TLS_AES_128_CCM_SHA256:TLS_AES_256_GCM_SHA384:"
	  "TLS_AES_128_GCM_SHA256",
	  "TLS_AES_128_CCM_SHA256:TLS_AES_256_GCM_SHA384:"
	  "TLS_AES_128_GCM_SHA256",
	  0 },
	{ "", "", 0 },
	{ " TLS_AES_128_CCM_8_SHA256\t:", "TLS_AES_128_CCM_8_SHA256", 0 },
	{ "NO:TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384", 1 },
	{ "TLS_AES_256_GCM_SHA384:TLS_AES_256_GCM_SHA384",
	  "TLS_AES_256_GCM_SHA384", 0 },
	{ "TLS_RSA_WITH_AES_128_CBC_SHA:TLS_AES_256_GCM_SHA384",
	  "TLS_AES_256_GCM_SHA384", 1 },
};

static void test_suites13(void **state)
{
	char names[512];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(suites13); i++) {
		struct stls_ciphersuite_list list;

		assert_int_equal(stls_ciphersuite_list_parse(
					 &list, suites13[i].string,
					 strlen(suites13[i].string), NULL),
				 0);
		join(names, sizeof names, list.suite, list.count, 1);
		assert_string_equal(names, suites13[i].names);
		assert_int_equal(list.skips.count, suites13[i].skips);
	}
}

static void check_suites13_row(const char *string)
{
	size_t i;

	for (i = 0; i < COUNT(suites13); i++)
		if (strcmp(suites13[i].string, string) == 0)
			return;
	fail_msg("no meaning for the suites13 row %s", string);
}

static void test_suites13_rows(void **state)
{
	(void)state;
	assert_int_equal(strings_each("suites13", check_suites13_row), 4);
}

static void test_suites13_errors(void **state)
{
	static const char *const none[] = {
		" ",
		":",
		"NO",
		"tls_aes_256_gcm_sha384",
		"TLS_AES_256_GCM_SHA384,TLS_AES_128_GCM_SHA256",
		"TLS_RSA_WITH_AES_128_CBC_SHA",
		"AES128-SHA",
	};
	struct stls_ciphersuite_list list;
	struct stls_span where;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(none); i++) {
		assert_int_equal(stls_ciphersuite_list_parse(&list, none[i],
							     strlen(none[i]),
							     &where),
				 STLS_LIST_NO_SUITE);
		assert_int_equal(where.position, 0);
		assert_int_equal(where.length, strlen(none[i]));
	}
	assert_int_equal(stls_ciphersuite_list_parse(&list, "a:\0", 3, &where),
			 STLS_LIST_NUL);
	assert_int_equal(where.position, 2);
	assert_int_equal(
		stls_ciphersuite_list_parse(&list,
					    "TLS_RSA_WITH_AES_128_CBC_SHA:"
					    "TLS_AES_256_GCM_SHA384",
					    51, &where),
		0);
	assert_int_equal(list.skips.skip[0].reason, STLS_SKIP_NOT_TLS13);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_initial_order),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_security_level),
		cmocka_unit_test(test_suiteb),
		cmocka_unit_test(test_skips),
		cmocka_unit_test(test_exclude),
		cmocka_unit_test(test_exclude_rows),
		cmocka_unit_test(test_exclude_errors),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_suites13),
		cmocka_unit_test(test_suites13_rows),
		cmocka_unit_test(test_suites13_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
