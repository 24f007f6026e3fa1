/* SPDX-License-Identifier: MIT */
/* The list of protocol versions, in its four grammars. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../help/list_help.h"
#include "openssl/protocol_list.h"
#include "../help/strings.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define LARGE	     65536

#define S2	     STLS_PROTOCOL_SSL2
#define S3	     STLS_PROTOCOL_SSL3
#define T10	     STLS_PROTOCOL_TLS1_0
#define T11	     STLS_PROTOCOL_TLS1_1
#define T12	     STLS_PROTOCOL_TLS1_2
#define T13	     STLS_PROTOCOL_TLS1_3
#define TLS	     STLS_PROTOCOL_TLS

#define IO	     STLS_GRAMMAR_IO_SOCKET_SSL
#define POSTFIX	     STLS_GRAMMAR_POSTFIX
#define OPENSSL	     STLS_GRAMMAR_OPENSSL
#define EXIM	     STLS_GRAMMAR_EXIM

PARSER(stls_protocol_list, enabled)

static const struct {
	const char *string;
	unsigned enabled;
	unsigned asked;
	unsigned grammars;
} results[] = {
	/* rows of tests/data/strings.tsv */
	{ "TLSv1.2", T12, 0, POSTFIX | OPENSSL },
	{ "TLSv1.3", T13, 0, POSTFIX | OPENSSL },
	{ ">=TLSv1", TLS, 0, POSTFIX },
	{ ">=TLSv1, <=0305", TLS, 0, POSTFIX },
	{ "<=0399", TLS, 0, POSTFIX },
	{ "<=03af", TLS, 0, POSTFIX },
	{ "<=03AF", TLS, 0, POSTFIX },
	{ "TLSv1.2:,TLSv1.3", T12 | T13, 0, POSTFIX },
	{ "+PRIORITIZE_CHACHA +NO_TLSV1", TLS & ~T10, 0, EXIM },
	{ ">=TLSv1.2, <=TLSv1.3", T12 | T13, 0, POSTFIX },
	{ ">=0x0303", T12 | T13, 0, POSTFIX },
	{ "!SSLv2, !SSLv3", TLS, 0, POSTFIX },
	{ "!SSLv2, !SSLv3, !TLSv1.1", T10 | T12 | T13, 0, POSTFIX },
	{ "!SSLv2 !SSLv3", TLS, 0, POSTFIX },
	{ "!SSLv3 !TLSv1 !TLSv1.1", T12 | T13, 0, POSTFIX },
	{ "TLSv1", T10, 0, IO | POSTFIX | OPENSSL },
	{ "SSLv3, TLSv1", T10, S3, POSTFIX | OPENSSL },
	{ ">=TLSv1.3", T13, 0, POSTFIX },
	{ "!SSLv2,!SSLv3,!TLSv1,!TLSv1.1", T12 | T13, 0, POSTFIX },
	{ "All -SSLv2 -SSLv3", TLS, 0, OPENSSL },
	{ "+no_sslv2 +no_sslv3 +no_tlsv1 +no_tlsv1_1", T12 | T13, 0, EXIM },
	{ "+no_sslv2 +no_sslv3 +single_dh_use +no_tlsv1_3", T10 | T11 | T12, 0,
	  EXIM },
	{ "SSLv23:!SSLv2:!SSLv3", TLS, 0, IO },
	{ "TLSv1_1", T11, 0, IO },
	{ "TLSv1_3", T13, 0, IO },
	{ "SSLv23:!TLSv1_3:!SSLv3", T10 | T11 | T12, 0, IO },
	{ "SSLv23:!TLSv1_2:!TLSv1_1:!TLSv1:!SSLv3:!SSLv2", T13, 0, IO },
	/* IO::Socket::SSL */
	{ "SSLv23", TLS, 0, IO },
	{ "SSLv2/3", TLS, 0, IO },
	{ "sslV23:!tlsV1", T11 | T12 | T13, 0, IO },
	{ "SSLv23 : !SSLv2 : !SSLv3 : !TLSv1", T11 | T12 | T13, 0, IO },
	{ " SSLv23:!TLSv11:!TLSv12\n", T10 | T13, 0, IO },
	{ "SSLv23:", TLS, 0, IO },
	{ "TLSv12", T12, 0, IO },
	{ "TLSv1_2:TLSv1_2", T12, 0, IO },
	{ "TLSv1:TLSv1", T10, 0, IO | POSTFIX },
	{ "!SSLv2:!SSLv3", TLS, 0, IO | POSTFIX },
	{ "!TLSv1", T11 | T12 | T13, 0, IO | POSTFIX },
	{ "TLSv1:!SSLv2", T10, 0, IO | POSTFIX },
	/* Postfix */
	{ "TLSv1.1:TLSv1.2", T11 | T12, 0, POSTFIX },
	{ "TLSv1.3,TLSv1.2", T12 | T13, 0, POSTFIX | OPENSSL },
	{ "tlsv1.2,!tlsv1.1", T12, 0, POSTFIX },
	{ "!SSLv2::!SSLv3,", TLS, 0, POSTFIX },
	{ ">=TLSv1 !TLSv1.1", T10 | T12 | T13, 0, POSTFIX },
	{ ">=TLSv1.2 TLSv1.1 TLSv1.3", T13, 0, POSTFIX },
	{ "<=TLSv1.1", T10 | T11, 0, POSTFIX },
	{ "<=301", T10, 0, POSTFIX },
	{ ">=0X302", T11 | T12 | T13, 0, POSTFIX },
	{ ">=SSLv3", TLS, S3, POSTFIX },
	{ ">=0 <=ffff", TLS, S2 | S3, POSTFIX },
	{ ">=TLSv1.1:<=TLSv1.2", T11 | T12, 0, POSTFIX },
	{ ">=TLSv1.2 >=TLSv1", T12 | T13, 0, POSTFIX },
	/* OpenSSL and nginx */
	{ "TLSv1.2 TLSv1.3", T12 | T13, 0, POSTFIX | OPENSSL },
	{ "TLSv1 TLSv1.1 TLSv1.2", T10 | T11 | T12, 0, POSTFIX | OPENSSL },
	{ "TLSv1.0", T10, 0, POSTFIX | OPENSSL },
	{ "ALL", TLS, 0, OPENSSL },
	{ "ALL,-TLSv1.1", T10 | T12 | T13, 0, OPENSSL },
	{ "ALL, -SSLv3, -TLSv1", T11 | T12 | T13, 0, OPENSSL },
	{ "-TLSv1.1", T10 | T12 | T13, 0, OPENSSL },
	{ "-ALL,TLSv1.2,TLSv1.3", T12 | T13, 0, OPENSSL },
	{ "-ALL +TLSv1.2", T12, 0, OPENSSL },
	{ "ALL -TLSv1.3 +TLSv1.3", TLS, 0, OPENSSL },
	{ "+TLSv1.2", T12, 0, OPENSSL },
	{ "TLSv1.2 TLSv1.3 -TLSv1.2", T13, 0, OPENSSL },
	/* Exim */
	{ "+no_tlsv1_2", T10 | T11 | T13, 0, EXIM },
	{ "+cipher_server_preference +no_compression +no_ticket +no_tlsv1 "
	  "+prioritize_chacha +single_ecdh_use",
	  T11 | T12 | T13, 0, EXIM },
};

static void test_results(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(results); i++) {
		struct stls_protocol_list list;
		struct stls_span where;

		assert_int_equal(stls_protocol_list_parse(
					 &list, results[i].string,
					 strlen(results[i].string), &where),
				 0);
		assert_int_equal(list.enabled, results[i].enabled);
		assert_int_equal(list.asked, results[i].asked);
		assert_int_equal(list.grammars, results[i].grammars);
		check_end(parse, results[i].string);
	}
}

static const struct list_error errors[] = {
	/* the row of tests/data/strings.tsv that cannot work */
	{ "SSLv3", STLS_LIST_ONLY_SSL, 0, 5 },
	{ "", STLS_LIST_EMPTY, 0, 0 },
	{ " : , ", STLS_LIST_EMPTY, 0, 5 },
	{ "SSLv2, SSLv3", STLS_LIST_ONLY_SSL, 0, 12 },
	{ "SSLv23:!TLSv1:!TLSv1_1:!TLSv1_2:!TLSv1_3", STLS_LIST_ONLY_SSL, 0,
	  40 },
	{ "-ALL", STLS_LIST_NO_VERSION, 0, 4 },
	{ ">=0305", STLS_LIST_NO_VERSION, 0, 6 },
	{ ">=TLSv1.3 <=TLSv1.2", STLS_LIST_NO_VERSION, 0, 19 },
	{ "TLSv1.2 !TLSv1.2", STLS_LIST_NO_VERSION, 0, 16 },
	{ "TLSv1.2 -TLSv1.2", STLS_LIST_NO_VERSION, 0, 16 },
	{ "TLSv1.4", STLS_LIST_UNKNOWN_WORD, 0, 7 },
	/* a name of maximum length, and a longer one */
	{ "abcdefghijklmnopqrstuvwxyz012345", STLS_LIST_UNKNOWN_WORD, 0, 32 },
	{ "abcdefghijklmnopqrstuvwxyz0123456", STLS_LIST_UNKNOWN_WORD, 0, 33 },
	{ "TLSv1.2 TLS", STLS_LIST_UNKNOWN_WORD, 8, 3 },
	{ "SSLv23:!TLSv1.2;", STLS_LIST_UNKNOWN_WORD, 7, 9 },
	{ "!!SSLv3", STLS_LIST_UNKNOWN_WORD, 0, 7 },
	{ ">TLSv1", STLS_LIST_UNKNOWN_WORD, 0, 6 },
	{ ">=TLSv9", STLS_LIST_UNKNOWN_WORD, 0, 7 },
	{ ">=0x", STLS_LIST_UNKNOWN_WORD, 0, 4 },
	{ ">=00303", STLS_LIST_UNKNOWN_WORD, 0, 7 },
	{ "0x0303", STLS_LIST_UNKNOWN_WORD, 0, 6 },
	{ "+no_tlsv1.2", STLS_LIST_UNKNOWN_WORD, 0, 11 },
	{ "DTLSv1", STLS_LIST_UNKNOWN_WORD, 0, 6 },
	{ "TLSv1.2 !", STLS_LIST_EMPTY_WORD, 9, 0 },
	{ ">= TLSv1", STLS_LIST_EMPTY_WORD, 2, 0 },
	{ "ALL -", STLS_LIST_EMPTY_WORD, 5, 0 },
	/* two versions for IO::Socket::SSL */
	{ "TLSv1_1:TLSv1_2", STLS_LIST_TWO_VERSIONS, 8, 7 },
	{ "SSLv23:TLSv1_2", STLS_LIST_TWO_VERSIONS, 7, 7 },
	/* two possible readings */
	{ "SSLv3:TLSv1", STLS_LIST_UNCLEAR, 6, 5 },
	{ "ALL TLSv1.2", STLS_LIST_UNCLEAR, 4, 7 },
	{ "-SSLv3,TLSv1.2", STLS_LIST_UNCLEAR, 7, 7 },
	{ "ALL -TLSv1 TLSv1.2", STLS_LIST_UNCLEAR, 11, 7 },
	/* mixed grammars */
	{ "ALL !TLSv1", STLS_LIST_MIXED_GRAMMARS, 4, 6 },
	{ "!SSLv3 -TLSv1", STLS_LIST_MIXED_GRAMMARS, 7, 6 },
	{ "SSLv23, !SSLv3", STLS_LIST_MIXED_GRAMMARS, 8, 6 },
	{ "SSLv23 !SSLv3", STLS_LIST_MIXED_GRAMMARS, 7, 6 },
	{ "SSLv23:!TLSv1.2", STLS_LIST_MIXED_GRAMMARS, 7, 8 },
	{ "SSLv23:-SSLv3", STLS_LIST_MIXED_GRAMMARS, 7, 6 },
	{ "ALL:-SSLv3", STLS_LIST_MIXED_GRAMMARS, 4, 6 },
	{ ":SSLv23", STLS_LIST_MIXED_GRAMMARS, 1, 6 },
	{ "SSLv23::", STLS_LIST_MIXED_GRAMMARS, 6, 2 },
	{ "TLSv1_1, TLSv1_2", STLS_LIST_MIXED_GRAMMARS, 9, 7 },
	{ ">=TLSv1 ALL", STLS_LIST_MIXED_GRAMMARS, 8, 3 },
	{ ">=ALL", STLS_LIST_MIXED_GRAMMARS, 0, 5 },
	{ "-no_sslv3", STLS_LIST_MIXED_GRAMMARS, 0, 9 },
	{ "+no_sslv3 -TLSv1", STLS_LIST_MIXED_GRAMMARS, 10, 6 },
	{ "+no_sslv3:+no_tlsv1", STLS_LIST_MIXED_GRAMMARS, 10, 9 },
	{ "no_sslv3", STLS_LIST_MIXED_GRAMMARS, 0, 8 },
};

static void test_errors(void **state)
{
	(void)state;
	check_errors(parse, errors, COUNT(errors));
}

static void check_row(const char *string)
{
	size_t i;

	for (i = 0; i < COUNT(results); i++)
		if (strcmp(results[i].string, string) == 0)
			return;
	for (i = 0; i < COUNT(errors); i++)
		if (strcmp(errors[i].string, string) == 0)
			return;
	fail_msg("no meaning for the proto row %s", string);
}

static void test_rows(void **state)
{
	(void)state;
	assert_int_equal(strings_each("proto", check_row), 23);
}

static void test_skips_and_nul(void **state)
{
	(void)state;
	check_one_skip(parse, "+no_sslv3 +single_dh_use",
		       STLS_SKIP_NOT_A_VERSION, 10, 14);
	check_nul(parse, "TLSv1.2");
}

/* Every error has a sentence of its own. */
static void test_sentences(void **state)
{
	int left;
	int right;

	(void)state;
	for (left = STLS_LIST_NOT_EXCLUDABLE; left < 0; left++)
		for (right = left + 1; right <= 0; right++)
			assert_string_not_equal(stls_list_error_text(left),
						stls_list_error_text(right));
}

static void test_large(void **state)
{
	static const char pattern[] = "!SSLv2, ";
	char *string = malloc(LARGE);
	struct stls_protocol_list list;
	size_t i;

	(void)state;
	assert_non_null(string);
	for (i = 0; i < LARGE; i++)
		string[i] = pattern[i % (sizeof pattern - 1)];
	assert_int_equal(stls_protocol_list_parse(&list, string, LARGE, NULL),
			 0);
	assert_int_equal(list.enabled, TLS);
	memset(string, 'x', LARGE);
	assert_int_equal(stls_protocol_list_parse(&list, string, LARGE, NULL),
			 STLS_LIST_UNKNOWN_WORD);
	free(string);
}

/* A bound has an effect; none of these is skipped. */
static void test_bounds_are_kept(void **state)
{
	static const char *const strings[] = { ">=TLSv1.2", "<=TLSv1.2",
					       ">=TLSv1.1 <=TLSv1.2" };
	struct stls_protocol_list list;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		assert_int_equal(stls_protocol_list_parse(&list, strings[i],
							  strlen(strings[i]),
							  NULL),
				 0);
		assert_int_equal(list.skips.count, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_bounds_are_kept),
		cmocka_unit_test(test_skips_and_nul),
		cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
