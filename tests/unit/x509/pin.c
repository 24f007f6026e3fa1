/* SPDX-License-Identifier: MIT */
/*
 * pin: digests of a certificate and its key, by SHA-256 and SHA-512, and the
 * parts of a certificate's bytes that they are made of.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gnutls/abstract.h>

#include <smtptls.h>

#include "../help/chain.h"
#include "x509/der.h"
#include "x509/verify.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct stls_bytes bytes_of(const struct chain_cert *cert)
{
	return (struct stls_bytes){ cert->der.data, cert->der.size };
}

/* The pin of this kind, and of `len` bytes, for a certificate. */
static void digest_of(const struct chain_cert *cert, int kind, size_t len,
		      unsigned char *digest)
{
	gnutls_datum_t der = cert->der, made = { NULL, 0 };
	gnutls_pubkey_t key;

	if (kind == SMTPTLS_PIN_SPKI) {
		assert_int_equal(gnutls_pubkey_init(&key), 0);
		assert_int_equal(gnutls_pubkey_import_x509(key, cert->crt, 0),
				 0);
		assert_int_equal(
			gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, &made),
			0);
		gnutls_pubkey_deinit(key);
		der = made;
	}
	if (len == STLS_SHA256_SIZE)
		stls_sha256(der.data, der.size, digest);
	else
		stls_sha512(der.data, der.size, digest);
	gnutls_free(made.data);
}

static void add(struct stls_pins *pins, const struct chain_cert *cert, int kind,
		size_t len)
{
	unsigned char digest[STLS_SHA512_SIZE];

	digest_of(cert, kind, len, digest);
	assert_int_equal(stls_pins_add(pins, kind, digest, len), 0);
}

static const struct chain_spec root_spec = { .cn = "root", .ca = 1, .key = 1 };
static const struct chain_spec leaf_spec = {
	.cn = "leaf", .from = -9, .until = -1, .key = 2
};
static const struct chain_spec rsa_spec = { .cn = "leaf", .rsa_bits = 2048 };
static const struct chain_spec weak_spec = { .cn = "weak", .rsa_bits = 1024 };

static void test_match(void **state)
{
	static const int kinds[] = { SMTPTLS_PIN_CERT, SMTPTLS_PIN_SPKI };
	static const size_t lens[] = { STLS_SHA256_SIZE, STLS_SHA512_SIZE };
	struct chain_cert *root = chain_issue(&root_spec, NULL);
	struct chain_cert *certs[] = { chain_issue(&leaf_spec, root),
				       chain_issue(&rsa_spec, root) };
	struct stls_bytes other, bytes;
	struct stls_pins pins = { .count = 0 };
	size_t c, k, l;

	(void)state;
	other = bytes_of(root);
	for (c = 0; c < COUNT(certs); c++) {
		bytes = bytes_of(certs[c]);
		assert_false(stls_pins_match(&pins, &bytes));
		for (k = 0; k < COUNT(kinds); k++) {
			for (l = 0; l < COUNT(lens); l++) {
				add(&pins, certs[c], kinds[k], lens[l]);
				assert_true(stls_pins_match(&pins, &bytes));
				assert_false(stls_pins_match(&pins, &other));
				/*
				 * nor does one kind's digest match as the other
				 * kind
				 */
				pins.pin[0].kind = kinds[!k];
				assert_false(stls_pins_match(&pins, &bytes));
				pins.pin[0].kind = kinds[k];
				pins.pin[0].digest[lens[l] - 1] ^= 1;
				assert_false(stls_pins_match(&pins, &bytes));
				stls_pins_free(&pins);
			}
		}
	}
	/* the second of two */
	bytes = bytes_of(certs[0]);
	add(&pins, root, SMTPTLS_PIN_SPKI, STLS_SHA256_SIZE);
	add(&pins, certs[0], SMTPTLS_PIN_SPKI, STLS_SHA512_SIZE);
	assert_true(stls_pins_match(&pins, &bytes));
	stls_pins_free(&pins);
	for (c = 0; c < COUNT(certs); c++)
		chain_free(certs[c]);
	chain_free(root);
}

static void test_add(void **state)
{
	struct stls_pins pins = { .count = 0 };
	unsigned char digest[STLS_SHA512_SIZE] = { 1 };
	size_t i;

	(void)state;
	for (i = 0; i <= sizeof(digest); i++) {
		if (i != 32 && i != 64)
			assert_int_equal(stls_pins_add(&pins, SMTPTLS_PIN_CERT,
						       digest, i),
					 SMTPTLS_E_SYNTAX);
	}
	for (i = 0; i < STLS_PINS_MAX; i++)
		assert_int_equal(
			stls_pins_add(&pins, SMTPTLS_PIN_CERT, digest, 32), 0);
	assert_int_equal(stls_pins_add(&pins, SMTPTLS_PIN_CERT, digest, 32),
			 SMTPTLS_E_LIMIT);
	assert_int_equal(pins.count, STLS_PINS_MAX);
	stls_pins_free(&pins);
	assert_int_equal(pins.count, 0);
}

/* A prefix of a certificate has a key only if it holds the key completely. */
static void test_parts(void **state)
{
	struct chain_cert *cert = chain_issue(&leaf_spec, NULL);
	struct stls_der_parts parts;
	unsigned char *copy;
	size_t len, i;

	(void)state;
	assert_int_equal(stls_der_parts(cert->der.data, cert->der.size, &parts),
			 0);
	assert_ptr_equal(parts.tbs.data, cert->der.data + 4);
	assert_true(parts.spki.data > parts.tbs.data);
	assert_true(parts.spki.data + parts.spki.len <
		    parts.tbs.data + parts.tbs.len);
	for (len = 0; len < cert->der.size; len++) {
		copy = malloc(len + 1);
		assert_non_null(copy);
		memcpy(copy, cert->der.data, len);
		assert_int_equal(stls_der_parts(copy, len, &parts), -1);
		free(copy);
	}
	/* a length of many bytes, and of none */
	for (i = 0x80; i <= 0xff; i++) {
		unsigned char der[] = { 0x30, (unsigned char)i, 1, 1, 1 };

		assert_int_equal(stls_der_parts(der, sizeof(der), &parts), -1);
	}
	chain_free(cert);
}

static int judge(struct chain_cert *const *cert, unsigned count, int bits,
		 const struct stls_pins *pins)
{
	gnutls_datum_t chain[2];
	const struct stls_peer peer = { .chain = chain,
					.count = count,
					.server = 1,
					.pins = pins,
					.bits = bits };
	struct stls_verdict verdict;
	unsigned i;
	int ret;

	for (i = 0; i < count; i++)
		chain[i] = cert[i]->der;
	ret = stls_verify_pins(&peer, &verdict);
	assert_int_equal(verdict.error, ret);
	assert_int_equal(verdict.reason == 0, ret == 0);
	return ret;
}

/* For a pinned leaf, only the strength of its key counts. */
static void test_verdict(void **state)
{
	struct chain_cert *root = chain_issue(&root_spec, NULL);
	struct chain_cert *leaf = chain_issue(&leaf_spec, root);
	struct chain_cert *weak = chain_issue(&weak_spec, root);
	struct chain_cert *chain[] = { leaf, root };
	struct stls_pins pins = { .count = 0 };

	(void)state;
	assert_int_equal(judge(chain, 0, 112, &pins), SMTPTLS_E_CERT_MISSING);
	assert_int_equal(judge(chain, 2, 112, &pins), SMTPTLS_E_CERT_PIN);
	/* an authority's pin matches no leaf */
	add(&pins, root, SMTPTLS_PIN_SPKI, STLS_SHA256_SIZE);
	add(&pins, root, SMTPTLS_PIN_CERT, STLS_SHA256_SIZE);
	assert_int_equal(judge(chain, 2, 112, &pins), SMTPTLS_E_CERT_PIN);
	add(&pins, leaf, SMTPTLS_PIN_SPKI, STLS_SHA256_SIZE);
	assert_int_equal(judge(chain, 2, 112, &pins), 0);
	assert_int_equal(judge(chain, 1, 128, &pins), 0);
	assert_int_equal(judge(chain, 1, 192, &pins), SMTPTLS_E_CERT_WEAK);
	/* the other certificates sent do not matter */
	root->der.data[5] ^= 0x55;
	assert_int_equal(judge(chain, 2, 112, &pins), 0);
	chain[0] = weak;
	assert_int_equal(judge(chain, 1, 112, &pins), SMTPTLS_E_CERT_PIN);
	add(&pins, weak, SMTPTLS_PIN_CERT, STLS_SHA512_SIZE);
	assert_int_equal(judge(chain, 1, 112, &pins), SMTPTLS_E_CERT_WEAK);
	assert_int_equal(judge(chain, 1, 80, &pins), 0);
	assert_int_equal(judge(chain, 1, 0, &pins), 0);
	stls_pins_free(&pins);
	chain_free(weak);
	chain_free(leaf);
	chain_free(root);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_verdict),
	};

	return cmocka_run_group_tests_name("pin", tests, NULL, chain_end);
}
