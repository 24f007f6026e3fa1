/* SPDX-License-Identifier: MIT */
/* The suite table: its shape, its lookups, and the security levels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "openssl/suite_table.h"

static int bits(unsigned set)
{
	int count = 0;

	for (; set; set &= set - 1)
		count++;
	return count;
}

static void test_sections(void **state)
{
	int both = 0;
	size_t i;

	(void)state;
	for (i = 0; i < STLS_SUITES; i++) {
		const struct stls_suite *suite = stls_suite(i);

		both += suite->openssl[0] && suite->gnutls[0];
		assert_int_equal(suite->openssl[0] != 0,
				 i < STLS_SUITES_OPENSSL);
		assert_int_equal(suite->iana[0] != 0, i < STLS_SUITES_OPENSSL);
		assert_int_equal(suite->min_version != 0,
				 i < STLS_SUITES_OPENSSL);
		assert_int_equal(suite->gnutls[0] != 0,
				 suite->gnutls_min_version != 0);
		assert_int_equal(suite->min_version == STLS_TLS1_3,
				 i >= STLS_SUITES_LISTED &&
					 i < STLS_SUITES_OPENSSL);
		if (i >= STLS_SUITES_OPENSSL)
			assert_true(suite->gnutls[0]);
	}
	assert_int_equal(both, 144);
}

static void test_attributes_are_single_bits(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < STLS_SUITES_LISTED; i++) {
		const struct stls_suite *suite = stls_suite(i);

		assert_int_equal(bits(suite->kx), 1);
		assert_int_equal(bits(suite->au), 1);
		assert_int_equal(bits(suite->enc), 1);
		assert_int_equal(bits(suite->mac), 1);
		assert_int_equal(suite->strength_bits == 0,
				 suite->enc == STLS_ENC_NULL);
	}
}

/* The cipher list parser relies on it. */
static void test_attributes_identify_a_suite(void **state)
{
	size_t i;
	size_t j;

	(void)state;
	for (i = 0; i < STLS_SUITES_LISTED; i++) {
		for (j = 0; j < i; j++) {
			const struct stls_suite *a = stls_suite(i);
			const struct stls_suite *b = stls_suite(j);

			assert_false(a->kx == b->kx && a->au == b->au &&
				     a->enc == b->enc && a->mac == b->mac);
		}
	}
}

static void test_every_name_is_found(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < STLS_SUITES; i++) {
		const struct stls_suite *suite = stls_suite(i);
		int row = (int)i;

		assert_int_equal(stls_suite_by_code(suite->code), row);
		if (suite->openssl[0])
			assert_int_equal(
				stls_suite_by_openssl(suite->openssl,
						      strlen(suite->openssl)),
				row);
		if (suite->iana[0])
			assert_int_equal(
				stls_suite_by_iana(suite->iana,
						   strlen(suite->iana)),
				row);
		if (suite->gnutls[0])
			assert_int_equal(
				stls_suite_by_gnutls(suite->gnutls,
						     strlen(suite->gnutls)),
				row);
	}
}

static void test_other_names_are_not_found(void **state)
{
	static const char *const names[] = {
		"",	      "A",
		"AES128-SH",  "AES128-SHA2",
		"aes128-sha", "TLS_RSA_WITH_AES_128_CBC_SHA ",
		"zzz",	      "-",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		size_t length = strlen(names[i]);

		assert_int_equal(stls_suite_by_openssl(names[i], length), -1);
		assert_int_equal(stls_suite_by_iana(names[i], length), -1);
		assert_int_equal(stls_suite_by_gnutls(names[i], length), -1);
	}
	/* A name with a length ends there, not at a NUL. */
	assert_int_equal(stls_suite_by_openssl("AES128-SHA\0x", 12), -1);
	assert_int_equal(stls_suite_by_openssl("AES128-SHA\0", 11), -1);
	assert_true(stls_suite_by_openssl("AES128-SHA256", 10) >= 0);
	assert_int_equal(stls_suite_by_code(0x00ff), -1);
	assert_int_equal(stls_suite_by_code(0x1c02f), -1);
}

static void test_three_vocabularies(void **state)
{
	int row = stls_suite_by_code(0xc02f);
	const struct stls_suite *suite;

	(void)state;
	assert_true(row >= 0);
	suite = stls_suite((size_t)row);
	assert_string_equal(suite->openssl, "ECDHE-RSA-AES128-GCM-SHA256");
	assert_string_equal(suite->iana,
			    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
	assert_string_equal(suite->gnutls, "TLS_ECDHE_RSA_AES_128_GCM_SHA256");
	assert_string_equal(suite->gnutls_kx, "ECDHE-RSA");
	assert_string_equal(suite->gnutls_cipher, "AES-128-GCM");
	assert_string_equal(suite->gnutls_mac, "AEAD");
	assert_int_equal(suite->min_version, STLS_TLS1_2);
	assert_int_equal(suite->kx, STLS_KX_ECDHE);
	assert_int_equal(suite->au, STLS_AU_RSA);
	assert_int_equal(suite->enc, STLS_ENC_AES128GCM);
	assert_int_equal(suite->tags, STLS_TAG_HIGH | STLS_TAG_FIPS);
}

/*
 * The count of "openssl ciphers -s ALL:COMPLEMENTOFALL": everything but PSK and
 * SRP, and OpenSSL's three default suites of TLS 1.3.
 */
static void test_security_levels(void **state)
{
	static const int expected[] = { 92, 74, 74, 58, 25, 25 };
	int level;

	(void)state;
	for (level = 0; level <= 5; level++) {
		int count = 0;
		size_t i;

		for (i = 0; i < STLS_SUITES_OPENSSL; i++) {
			const struct stls_suite *suite = stls_suite(i);
			unsigned plain =
				STLS_KX_RSA | STLS_KX_DHE | STLS_KX_ECDHE;
			int used =
				suite->kx & plain || (suite->code >= 0x1301 &&
						      suite->code <= 0x1303);

			count += used && stls_suite_allowed(suite, level);
		}
		assert_int_equal(count, expected[level]);
	}
}

static void test_levels_out_of_range(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < STLS_SUITES_OPENSSL; i++) {
		const struct stls_suite *suite = stls_suite(i);

		assert_true(stls_suite_allowed(suite, -1));
		assert_int_equal(stls_suite_allowed(suite, 6),
				 stls_suite_allowed(suite, 5));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_attributes_are_single_bits),
		cmocka_unit_test(test_attributes_identify_a_suite),
		cmocka_unit_test(test_every_name_is_found),
		cmocka_unit_test(test_other_names_are_not_found),
		cmocka_unit_test(test_three_vocabularies),
		cmocka_unit_test(test_security_levels),
		cmocka_unit_test(test_levels_out_of_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
