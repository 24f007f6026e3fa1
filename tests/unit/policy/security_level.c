/* SPDX-License-Identifier: MIT */
/*
 * How strong algorithms and keys are and must be. The figures are OpenSSL
 * 3.0's: those of the groups from its default provider, those of the keys from
 * RSA_security_bits() and BN_security_bits() over all lengths.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "openssl/group_list.h"
#include "openssl/sigalg_list.h"
#include "policy/security_level.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void test_levels(void **state)
{
	static const int bits[] = { 0, 80, 112, 128, 192, 256 };
	int level;

	(void)state;
	for (level = 0; level <= 5; level++)
		assert_int_equal(stls_security_bits(level), bits[level]);
}

static void test_groups(void **state)
{
	static const struct {
		const char *name;
		int bits;
	} groups[] = { { "secp192r1", 80 },
		       { "secp224r1", 112 },
		       { "secp256r1", 128 },
		       { "secp384r1", 192 },
		       { "secp521r1", 256 },
		       { "x25519", 128 },
		       { "x448", 224 },
		       { "ffdhe2048", 112 },
		       { "ffdhe3072", 128 },
		       { "ffdhe4096", 128 },
		       { "ffdhe6144", 128 },
		       { "ffdhe8192", 192 },
		       { "SecP256r1MLKEM768", 192 },
		       { "X25519MLKEM768", 192 },
		       { "SecP384r1MLKEM1024", 256 } };
	size_t i, row, known = 0;

	(void)state;
	for (row = 0; row < STLS_GROUPS; row++) {
		const struct stls_group *group = stls_group(row);

		for (i = 0; i < COUNT(groups); i++) {
			if (strcmp(groups[i].name, group->name) != 0)
				continue;
			assert_int_equal(stls_group_bits(group->code),
					 groups[i].bits);
			known++;
		}
		/* Every group that GnuTLS may have is in the table above. */
		if (group->gnutls[0])
			known--;
	}
	assert_int_equal(known, 0);
}

static void test_sigalgs(void **state)
{
	size_t row;

	(void)state;
	for (row = 0; row < STLS_SIGALGS; row++) {
		const char *name = stls_sigalg(row)->name;
		int bits = stls_sigalg_bits(stls_sigalg(row)->code);

		if (strstr(name, "sha1"))
			assert_int_equal(bits, 64);
		else if (strstr(name, "sha224"))
			assert_int_equal(bits, 112);
		else if (strstr(name, "sha256") || strcmp(name, "ed25519") == 0)
			assert_int_equal(bits, 128);
		else if (strstr(name, "sha384"))
			assert_int_equal(bits, 192);
		else if (strcmp(name, "ed448") == 0)
			assert_int_equal(bits, 224);
		else
			assert_int_equal(bits, 256);
	}
}

static void test_keys(void **state)
{
	static const struct {
		unsigned length;
		int rsa;
		int modulus;
	} keys[] = {
		{ 512, 0, 0 },	     { 919, 0, 0 },	  { 920, 80, 0 },
		{ 1023, 80, 0 },     { 1024, 80, 80 },	  { 1962, 80, 80 },
		{ 1963, 112, 80 },   { 2047, 112, 80 },	  { 2048, 112, 112 },
		{ 2670, 112, 112 },  { 2671, 128, 112 },  { 3072, 128, 128 },
		{ 4096, 128, 128 },  { 6946, 128, 128 },  { 6947, 192, 128 },
		{ 7680, 192, 192 },  { 13913, 192, 192 }, { 13914, 256, 192 },
		{ 15360, 256, 256 }, { 0, 0, 0 },	  { 65536, 256, 256 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(keys); i++) {
		assert_int_equal(stls_rsa_bits(keys[i].length), keys[i].rsa);
		assert_int_equal(stls_modulus_bits(keys[i].length),
				 keys[i].modulus);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_sigalgs),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
