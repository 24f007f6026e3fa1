/* SPDX-License-Identifier: MIT */
/*
 * key_type: which RSA keys are too short for which PSS algorithms (RFC 8017
 * section 9.1.1, with a salt as long as the hash), and the curves of ECDSA
 * keys.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <smtptls/policy.h>

#include "policy/key_type.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_short_keys(void **state)
{
	static const struct {
		unsigned bits, sha256, sha384, sha512;
	} all[] = {
		{ 512, 1, 1, 1 },  { 521, 1, 1, 1 },  { 522, 0, 1, 1 },
		{ 777, 0, 1, 1 },  { 778, 0, 0, 1 },  { 1024, 0, 0, 1 },
		{ 1033, 0, 0, 1 }, { 1034, 0, 0, 0 }, { 2048, 0, 0, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(all); i++) {
		unsigned keys = stls_short_key(all[i].bits);

		assert_int_equal(keys & 0xff, 0);
		assert_int_equal(stls_keys_too_short(keys, 0x0804),
				 all[i].sha256);
		assert_int_equal(stls_keys_too_short(keys, 0x0805),
				 all[i].sha384);
		assert_int_equal(stls_keys_too_short(keys, 0x0806),
				 all[i].sha512);
		assert_int_equal(stls_keys_too_short(keys, 0x0809),
				 all[i].sha256);
		assert_int_equal(stls_keys_too_short(keys, 0x080a),
				 all[i].sha384);
		assert_int_equal(stls_keys_too_short(keys, 0x080b),
				 all[i].sha512);
		assert_int_equal(stls_keys_too_short(keys, 0x0401), 0);
		assert_int_equal(stls_keys_too_short(keys, 0x0403), 0);
	}
}

static void test_curves(void **state)
{
	(void)state;
	assert_int_equal(stls_curve_of_key(SMTPTLS_KEY_ECDSA_P256), 23);
	assert_int_equal(stls_curve_of_key(SMTPTLS_KEY_ECDSA_P384), 24);
	assert_int_equal(stls_curve_of_key(SMTPTLS_KEY_ECDSA_P521), 25);
	assert_int_equal(stls_curve_of_key(SMTPTLS_KEY_ED25519), 0);
	assert_int_equal(stls_curve_of_key(SMTPTLS_KEY_RSA_SIGN), 0);
	assert_int_equal(stls_curve_of_key(0), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_short_keys),
		cmocka_unit_test(test_curves),
	};

	return cmocka_run_group_tests_name("key_type", tests, NULL, NULL);
}
