/* SPDX-License-Identifier: MIT */
/*
 * own_certificates: what is read from certificates in GnuTLS's credentials: key
 * types by algorithm, curve and keyUsage, names in normal form, and the facts
 * about a chain.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <smtptls/policy.h>

#include "policy/key_type.h"
#include "x509/own_certificates.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SIGN	     GNUTLS_KEY_DIGITAL_SIGNATURE
#define ENCRYPT	     GNUTLS_KEY_KEY_ENCIPHERMENT
#define NO_USAGE     (~0U)

/* How to make a self-signed certificate. */
struct spec {
	gnutls_pk_algorithm_t pk;
	unsigned bits;
	unsigned usage;
	const char *cn;
	const char *san[4];
	const char *email;
	const char *purpose;
	gnutls_digest_algorithm_t hash;
};

static gnutls_x509_crt_t issue(const struct spec *spec,
			       gnutls_x509_privkey_t key,
			       gnutls_x509_crt_t issuer,
			       gnutls_x509_privkey_t issuer_key)
{
	const time_t now = time(NULL);
	gnutls_x509_crt_t crt;
	gnutls_datum_t der;
	size_t i;

	assert_int_equal(gnutls_x509_crt_init(&crt), 0);
	assert_int_equal(gnutls_x509_crt_set_version(crt, 3), 0);
	assert_int_equal(gnutls_x509_crt_set_serial(crt, "\1", 1), 0);
	assert_int_equal(gnutls_x509_crt_set_activation_time(crt, now - 60), 0);
	assert_int_equal(gnutls_x509_crt_set_expiration_time(crt, now + 60), 0);
	assert_int_equal(gnutls_x509_crt_set_key(crt, key), 0);
	if (spec->cn)
		assert_int_equal(gnutls_x509_crt_set_dn_by_oid(
					 crt, GNUTLS_OID_X520_COMMON_NAME, 0,
					 spec->cn, (unsigned)strlen(spec->cn)),
				 0);
	if (spec->email)
		assert_int_equal(gnutls_x509_crt_set_subject_alt_name(
					 crt, GNUTLS_SAN_RFC822NAME,
					 spec->email,
					 (unsigned)strlen(spec->email),
					 GNUTLS_FSAN_APPEND),
				 0);
	for (i = 0; i < COUNT(spec->san) && spec->san[i]; i++)
		assert_int_equal(gnutls_x509_crt_set_subject_alt_name(
					 crt, GNUTLS_SAN_DNSNAME, spec->san[i],
					 (unsigned)strlen(spec->san[i]),
					 GNUTLS_FSAN_APPEND),
				 0);
	if (spec->usage != NO_USAGE)
		assert_int_equal(
			gnutls_x509_crt_set_key_usage(crt, spec->usage), 0);
	if (spec->purpose)
		assert_int_equal(gnutls_x509_crt_set_key_purpose_oid(
					 crt, spec->purpose, 0),
				 0);
	assert_int_equal(
		gnutls_x509_crt_sign2(
			crt, issuer ? issuer : crt, issuer ? issuer_key : key,
			spec->hash ? spec->hash : GNUTLS_DIG_SHA256, 0),
		0);
	/* GnuTLS finds the issuers of parsed certificates only */
	assert_int_equal(
		gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der), 0);
	gnutls_x509_crt_deinit(crt);
	assert_int_equal(gnutls_x509_crt_init(&crt), 0);
	assert_int_equal(gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER),
			 0);
	gnutls_free(der.data);
	return crt;
}

static gnutls_x509_privkey_t make_key(const struct spec *spec)
{
	gnutls_x509_privkey_t key;

	assert_int_equal(gnutls_x509_privkey_init(&key), 0);
	assert_int_equal(
		gnutls_x509_privkey_generate(key, spec->pk, spec->bits, 0), 0);
	return key;
}

static const struct spec root_spec = { .pk = GNUTLS_PK_RSA,
				       .bits = 1024,
				       .usage = GNUTLS_KEY_KEY_CERT_SIGN,
				       .cn = "root" };

/*
 * Read a certificate that is self-signed or, with `root`, issued by the root,
 * which is sent in the chain, trusted or unknown.
 */
enum root { NO_ROOT, SENT, TRUSTED, UNKNOWN };

static struct stls_own_certificates read_spec(const struct spec *spec,
					      enum root root)
{
	struct stls_own_certificates own = { 0 };
	gnutls_certificate_credentials_t credentials;
	gnutls_x509_privkey_t key = make_key(spec), root_key;
	gnutls_x509_trust_list_t trust;
	gnutls_x509_crt_t crt[2];

	assert_int_equal(gnutls_certificate_allocate_credentials(&credentials),
			 0);
	assert_int_equal(gnutls_x509_trust_list_init(&trust, 0), 0);
	root_key = make_key(&root_spec);
	crt[1] = issue(&root_spec, root_key, NULL, NULL);
	crt[0] = issue(spec, key, root ? crt[1] : NULL, root_key);
	if (root == TRUSTED)
		assert_int_equal(
			gnutls_x509_trust_list_add_cas(trust, &crt[1], 1, 0),
			1);
	assert_true(gnutls_certificate_set_x509_key(
			    credentials, crt, root == SENT ? 2 : 1, key) >= 0);
	assert_int_equal(stls_own_certificates_read(&own, credentials, trust),
			 0);
	assert_int_equal(own.count, 1);
	assert_int_equal(own.keys, own.cert[0].keys);
	gnutls_x509_trust_list_deinit(trust, 0);
	gnutls_certificate_free_credentials(credentials);
	gnutls_x509_crt_deinit(crt[0]);
	gnutls_x509_crt_deinit(crt[1]);
	gnutls_x509_privkey_deinit(key);
	gnutls_x509_privkey_deinit(root_key);
	return own;
}

#define CURVE(name) GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_##name)

#define IDLE(keys)  ((unsigned)(keys) << STLS_KEYS_IDLE_SHIFT)

static void test_keys(void **state)
{
	static const struct {
		gnutls_pk_algorithm_t pk;
		unsigned bits, usage, keys, rsa_bits;
	} all[] = {
		{ GNUTLS_PK_RSA, 1024, NO_USAGE,
		  SMTPTLS_KEY_RSA_SIGN | SMTPTLS_KEY_RSA_ENCRYPT, 1024 },
		{ GNUTLS_PK_RSA, 1024, SIGN,
		  SMTPTLS_KEY_RSA_SIGN | IDLE(SMTPTLS_KEY_RSA_ENCRYPT), 1024 },
		{ GNUTLS_PK_RSA, 1024, ENCRYPT,
		  SMTPTLS_KEY_RSA_ENCRYPT | IDLE(SMTPTLS_KEY_RSA_SIGN), 1024 },
		{ GNUTLS_PK_RSA, 1024, SIGN | ENCRYPT,
		  SMTPTLS_KEY_RSA_SIGN | SMTPTLS_KEY_RSA_ENCRYPT, 1024 },
		{ GNUTLS_PK_RSA, 1024, GNUTLS_KEY_DATA_ENCIPHERMENT,
		  IDLE(SMTPTLS_KEY_RSA_SIGN | SMTPTLS_KEY_RSA_ENCRYPT), 1024 },
		{ GNUTLS_PK_RSA_PSS, 1024, NO_USAGE, SMTPTLS_KEY_RSA_PSS,
		  1024 },
		{ GNUTLS_PK_RSA_PSS, 1024, ENCRYPT, IDLE(SMTPTLS_KEY_RSA_PSS),
		  1024 },
		{ GNUTLS_PK_ECDSA, CURVE(SECP256R1), SIGN,
		  SMTPTLS_KEY_ECDSA_P256, 0 },
		{ GNUTLS_PK_ECDSA, CURVE(SECP384R1), NO_USAGE,
		  SMTPTLS_KEY_ECDSA_P384, 0 },
		{ GNUTLS_PK_ECDSA, CURVE(SECP521R1), SIGN,
		  SMTPTLS_KEY_ECDSA_P521, 0 },
		/* neither TLS 1.3 nor any policy has an algorithm for it */
		{ GNUTLS_PK_ECDSA, CURVE(SECP224R1), SIGN, 0, 0 },
		{ GNUTLS_PK_ECDSA, CURVE(SECP256R1), ENCRYPT,
		  IDLE(SMTPTLS_KEY_ECDSA_P256), 0 },
		{ GNUTLS_PK_EDDSA_ED25519, CURVE(ED25519), SIGN,
		  SMTPTLS_KEY_ED25519, 0 },
		{ GNUTLS_PK_EDDSA_ED448, CURVE(ED448), SIGN, SMTPTLS_KEY_ED448,
		  0 },
		{ GNUTLS_PK_EDDSA_ED448, CURVE(ED448), ENCRYPT,
		  IDLE(SMTPTLS_KEY_ED448), 0 },
	};
	struct stls_own_certificates own;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(all); i++) {
		const struct spec spec = { .pk = all[i].pk,
					   .bits = all[i].bits,
					   .usage = all[i].usage,
					   .cn = "a.example.org" };

		print_message("%zu\n", i);
		own = read_spec(&spec, UNKNOWN);
		assert_int_equal(own.keys & (STLS_KEY_SHORT_512 - 1),
				 all[i].keys);
		/* all RSA keys here have 1024 bits */
		assert_int_equal(
			own.keys & ~(STLS_KEY_SHORT_512 - 1),
			all[i].keys & STLS_KEYS_RSA ? STLS_KEY_SHORT_512 : 0);
		assert_int_equal(own.rsa_bits, all[i].rsa_bits);
		stls_own_certificates_free(&own);
	}
}

#define ECDSA                                                                  \
	.pk = GNUTLS_PK_ECDSA, .bits = CURVE(SECP256R1), .usage = SIGN,        \
	.cn = "cn.example.org"

/* 1 if the certificate is for this name, by both functions. */
static int named(const struct stls_own_certificates *own, const char *name)
{
	const struct stls_bytes bytes = { (const unsigned char *)name,
					  strlen(name) };
	int covered = stls_own_certificates_cover(own, &bytes);

	assert_int_equal(stls_own_certificates_named(own, &bytes),
			 covered ? SMTPTLS_KEY_ECDSA_P256 : 0);
	return covered;
}

static void test_names(void **state)
{
	const struct spec spec = { ECDSA,
				   .san = { "MX.example.org", "*.Example.net",
					    "*.org", "m*.example.com" } };
	const struct spec email = { ECDSA, .email = "a@example.org" };
	const struct spec bare = { ECDSA, .san = { "*" } };
	struct stls_own_certificates own = read_spec(&spec, NO_ROOT);

	(void)state;
	assert_int_equal(own.cert[0].chain.named, 1);
	assert_int_equal(own.cert[0].name_count, 2);
	assert_true(named(&own, "mx.example.org"));
	assert_true(named(&own, "mx.EXAMPLE.org."));
	assert_true(named(&own, "a.example.net"));
	assert_true(named(&own, "A.EXAMPLE.NET."));
	assert_false(named(&own, "example.net"));
	assert_false(named(&own, "a.b.example.net"));
	assert_false(named(&own, "aexample.net"));
	assert_false(named(&own, "example.org"));
	assert_false(named(&own, "mx.example.com"));
	assert_false(named(&own, "cn.example.org"));
	assert_false(named(&own, "*.example.net"));
	assert_false(named(&own, ""));
	stls_own_certificates_free(&own);
	/* for clients that still accept it */
	own = read_spec(&email, NO_ROOT);
	assert_int_equal(own.cert[0].chain.named, 0);
	assert_true(named(&own, "CN.example.org"));
	assert_false(named(&own, "a@example.org"));
	stls_own_certificates_free(&own);
	own = read_spec(&bare, NO_ROOT);
	assert_int_equal(own.cert[0].chain.named, 1);
	assert_false(named(&own, "mx.example.org"));
	assert_false(named(&own, "localhost"));
	stls_own_certificates_free(&own);
}

static void test_chain(void **state)
{
	const struct spec spec = { ECDSA, .san = { "mx.example.org" } };
	const struct spec sha1 = { ECDSA, .hash = GNUTLS_DIG_SHA1 };
	const struct stls_own_chain_facts *facts;
	struct stls_own_certificates own = read_spec(&spec, NO_ROOT);
	const time_t now = time(NULL);

	(void)state;
	facts = &own.cert[0].chain;
	assert_in_range(facts->from, now - 120, now);
	assert_in_range(facts->until, now, now + 60);
	assert_int_equal(facts->key_bits, 128);
	assert_int_equal(facts->signature_bits, 128);
	assert_null(facts->broken_hash);
	assert_null(facts->missing);
	stls_own_certificates_free(&own);
	/* the weakest key counts */
	own = read_spec(&spec, SENT);
	assert_int_equal(own.cert[0].chain.key_bits, 80);
	assert_int_equal(own.cert[0].chain.signature_bits, 80);
	assert_null(own.cert[0].chain.missing);
	stls_own_certificates_free(&own);
	own = read_spec(&spec, TRUSTED);
	assert_int_equal(own.cert[0].chain.key_bits, 128);
	assert_null(own.cert[0].chain.missing);
	stls_own_certificates_free(&own);
	own = read_spec(&spec, UNKNOWN);
	assert_string_equal(own.cert[0].chain.missing, "CN=root");
	stls_own_certificates_free(&own);
	/* nobody relies on a self-signature */
	own = read_spec(&sha1, NO_ROOT);
	assert_int_equal(own.cert[0].chain.signature_bits, 128);
	assert_null(own.cert[0].chain.broken_hash);
	stls_own_certificates_free(&own);
	own = read_spec(&sha1, UNKNOWN);
	assert_int_equal(own.cert[0].chain.signature_bits, 64);
	assert_string_equal(own.cert[0].chain.broken_hash, "SHA-1");
	stls_own_certificates_free(&own);
}

static void test_purpose(void **state)
{
	const struct spec server = { ECDSA,
				     .purpose = GNUTLS_KP_TLS_WWW_SERVER };
	const struct spec client = { ECDSA,
				     .purpose = GNUTLS_KP_TLS_WWW_CLIENT };
	const struct spec any = { ECDSA, .purpose = GNUTLS_KP_ANY };
	const struct spec mail = { ECDSA,
				   .purpose = GNUTLS_KP_EMAIL_PROTECTION };
	const struct spec none = { ECDSA };
	const struct {
		const struct spec *spec;
		int for_clients;
	} all[] = { { &server, 0 },
		    { &client, 1 },
		    { &any, 0 },
		    { &mail, 0 },
		    { &none, 0 } };
	struct stls_own_certificates own;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(all); i++) {
		own = read_spec(all[i].spec, NO_ROOT);
		assert_int_equal(own.cert[0].chain.for_clients,
				 all[i].for_clients);
		stls_own_certificates_free(&own);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_purpose),
	};

	return cmocka_run_group_tests_name("own_certificates", tests, NULL,
					   NULL);
}
