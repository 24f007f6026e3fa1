/* SPDX-License-Identifier: MIT */
/* The list of signature algorithms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../help/list_help.h"
#include "openssl/sigalg_list.h"
#include "../help/strings.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

PARSER(stls_sigalg_list, count)

static const struct {
	const char *string;
	unsigned code[16];
} results[] = {
	{ "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:ed448:RSA-PSS+SHA256:"
	  "RSA-PSS+SHA384:RSA-PSS+SHA512:RSA+SHA256:RSA+SHA384:RSA+SHA512",
	  { 0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806,
	    0x0401, 0x0501, 0x0601 } },
	{ "ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256:rsa_pkcs1_sha256",
	  { 0x0403, 0x0804, 0x0401 } },
	{ "PSS+SHA256", { 0x0804 } },
	{ "rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512",
	  { 0x0809, 0x080a, 0x080b } },
	{ "SHA256+RSA", { 0x0401 } },
	{ "RSA+sha1:rsa_pkcs1_sha224", { 0x0201, 0x0301 } },
	{ "ECDSA+SHA1:ECDSA+SHA224", { 0x0203, 0x0303 } },
	{ "DSA+SHA1:DSA+SHA224:DSA+SHA256:DSA+SHA384:DSA+SHA512",
	  { 0x0202, 0x0302, 0x0402, 0x0502, 0x0602 } },
	{ " ed25519\t: ed448 ", { 0x0807, 0x0808 } },
	{ "?mldsa65:?ed25519", { 0x0807 } },
};

static void test_results(void **state)
{
	size_t i;
	size_t j;

	(void)state;
	for (i = 0; i < COUNT(results); i++) {
		struct stls_sigalg_list list;

		assert_int_equal(
			stls_sigalg_list_parse(&list, results[i].string,
					       strlen(results[i].string), NULL),
			0);
		for (j = 0; j < list.count; j++)
			assert_int_equal(stls_sigalg(list.sigalg[j])->code,
					 results[i].code[j]);
		assert_int_equal(results[i].code[j], 0);
		check_end(parse, results[i].string);
	}
}

static void check_row(const char *string)
{
	size_t i;

	for (i = 0; i < COUNT(results); i++)
		if (strcmp(results[i].string, string) == 0)
			return;
	fail_msg("no meaning for the sigalgs row %s", string);
}

static void test_rows(void **state)
{
	(void)state;
	assert_int_equal(strings_each("sigalgs", check_row), 2);
}

static void test_errors(void **state)
{
	static const struct list_error rows[] = {
		{ "", STLS_LIST_EMPTY, 0, 0 },
		{ " ", STLS_LIST_EMPTY_WORD, 1, 0 },
		{ "ed25519:", STLS_LIST_EMPTY_WORD, 8, 0 },
		{ "ed25519::ed448", STLS_LIST_EMPTY_WORD, 8, 0 },
		{ ":ed25519", STLS_LIST_EMPTY_WORD, 0, 0 },
		{ "ed25519:?", STLS_LIST_EMPTY_WORD, 9, 0 },
		{ "Ed25519", STLS_LIST_UNKNOWN_WORD, 0, 7 },
		{ "ed25519: RSA+MD5 ", STLS_LIST_UNKNOWN_WORD, 9, 7 },
		{ "RSA", STLS_LIST_UNKNOWN_WORD, 0, 3 },
		{ "SHA256", STLS_LIST_UNKNOWN_WORD, 0, 6 },
		{ "RSA+", STLS_LIST_UNKNOWN_WORD, 0, 4 },
		{ "+SHA256", STLS_LIST_UNKNOWN_WORD, 0, 7 },
		{ "RSA+PSS", STLS_LIST_UNKNOWN_WORD, 0, 7 },
		{ "SHA256+SHA256", STLS_LIST_UNKNOWN_WORD, 0, 13 },
		{ "RSA+SHA256+SHA1", STLS_LIST_UNKNOWN_WORD, 0, 15 },
		{ "PSS+SHA1", STLS_LIST_UNKNOWN_WORD, 0, 8 },
		{ "ecdsa_sha1", STLS_LIST_UNKNOWN_WORD, 0, 10 },
		{ "dsa_sha256", STLS_LIST_UNKNOWN_WORD, 0, 10 },
		{ "ed25519,ed448", STLS_LIST_UNKNOWN_WORD, 0, 13 },
		{ "RSA+SHA256:rsa_pkcs1_sha256", STLS_LIST_DUPLICATE, 11, 16 },
		{ "?mldsa65", STLS_LIST_NO_SIGALG, 0, 8 },
	};

	(void)state;
	check_errors(parse, rows, COUNT(rows));
}

static void test_skips_and_nul(void **state)
{
	(void)state;
	check_one_skip(parse, "ed25519:?mldsa65", STLS_SKIP_UNKNOWN, 9, 7);
	check_nul(parse, "ed25519");
}

/* GnuTLS has a separate word for every scheme. */
static void test_gnutls_words(void **state)
{
	size_t i;
	size_t j;

	(void)state;
	for (i = 0; i < STLS_SIGALGS; i++) {
		const struct stls_sigalg *sigalg = stls_sigalg(i);

		assert_int_equal(strncmp(sigalg->gnutls, "SIGN-", 5), 0);
		for (j = 0; j < i; j++) {
			assert_string_not_equal(sigalg->gnutls,
						stls_sigalg(j)->gnutls);
			assert_int_not_equal(sigalg->code,
					     stls_sigalg(j)->code);
		}
	}
	assert_null(stls_sigalg_name(STLS_SIGALGS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_skips_and_nul),
		cmocka_unit_test(test_gnutls_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
