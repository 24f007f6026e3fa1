/* SPDX-License-Identifier: MIT */
/* digest: SHA-256 by FIPS 180's examples, HKDF by RFC 5869's test cases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "x509/digest.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static size_t from_hex(unsigned char *out, size_t size, const char *hex)
{
	size_t n = 0;
	unsigned byte;

	for (; *hex; hex += 2) {
		assert_true(n < size);
		assert_int_equal(sscanf(hex, "%2x", &byte), 1);
		out[n++] = (unsigned char)byte;
	}
	return n;
}

static void assert_sha256(const void *data, size_t len, const char *hex)
{
	unsigned char digest[STLS_SHA256_SIZE], wanted[STLS_SHA256_SIZE];

	assert_int_equal(from_hex(wanted, sizeof(wanted), hex), 32);
	stls_sha256(data, len, digest);
	assert_memory_equal(digest, wanted, sizeof(wanted));
}

static void test_sha256(void **state)
{
	char *million = malloc(1000000);

	(void)state;
	assert_sha256("", 0,
		      "e3b0c44298fc1c149afbf4c8996fb924"
		      "27ae41e4649b934ca495991b7852b855");
	assert_sha256("abc", 3,
		      "ba7816bf8f01cfea414140de5dae2223"
		      "b00361a396177a9cb410ff61f20015ad");
	assert_sha256("abcdbcdecdefdefgefghfghighijhijk"
		      "ijkljklmklmnlmnomnopnopq",
		      56,
		      "248d6a61d20638b8e5c026930c3e6039"
		      "a33ce45964ff2167f6ecedd419db06c1");
	assert_non_null(million);
	memset(million, 'a', 1000000);
	assert_sha256(million, 1000000,
		      "cdc76e5c9914fb9281a1c7e284d73e67"
		      "f1809a48a497200e046d39ccc7112cd0");
	free(million);
}

/* RFC 5869 appendix A, those with SHA-256. */
static const struct {
	const char *secret, *salt, *info, *key;
} hkdf_cases[] = {
	{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
	  "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
	  "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
	  "34007208d5b887185865" },
	{ "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	  "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
	  "404142434445464748494a4b4c4d4e4f",
	  "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
	  "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
	  "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
	  "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
	  "d0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeef"
	  "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
	  "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
	  "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
	  "cc30c58179ec3e87c14c01d5c1f3434f1d87" },
	{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
	  "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
	  "9d201395faa4b61a96c8" },
};

static void test_hkdf_of_rfc5869(void **state)
{
	unsigned char secret[128], salt[128], info[128], key[128], wanted[128];
	size_t i, secret_len, salt_len, info_len, len;

	(void)state;
	for (i = 0; i < COUNT(hkdf_cases); i++) {
		secret_len =
			from_hex(secret, sizeof(secret), hkdf_cases[i].secret);
		salt_len = from_hex(salt, sizeof(salt), hkdf_cases[i].salt);
		info_len = from_hex(info, sizeof(info), hkdf_cases[i].info);
		len = from_hex(wanted, sizeof(wanted), hkdf_cases[i].key);
		memset(key, 0xa5, sizeof(key));
		stls_hkdf(secret, secret_len, salt, salt_len, info, info_len,
			  key, len);
		assert_memory_equal(key, wanted, len);
		assert_int_equal(key[len], 0xa5);
	}
}

/* A shorter output is a prefix of a longer one, up to the longest. */
static void test_hkdf_lengths(void **state)
{
	static unsigned char longest[255 * STLS_SHA256_SIZE],
		key[255 * STLS_SHA256_SIZE + 1];
	size_t len;

	(void)state;
	stls_hkdf("secret", 6, "salt", 4, "info", 4, longest, sizeof(longest));
	for (len = 1; len <= sizeof(longest);
	     len = len < 100 ? len + 1 : len + 1001) {
		key[len] = 0xa5;
		stls_hkdf("secret", 6, "salt", 4, "info", 4, key, len);
		assert_memory_equal(key, longest, len);
		assert_int_equal(key[len], 0xa5);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sha256),
		cmocka_unit_test(test_hkdf_of_rfc5869),
		cmocka_unit_test(test_hkdf_lengths),
	};

	return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
