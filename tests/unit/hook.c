/* SPDX-License-Identifier: MIT */
/*
 * The policy inside a server's handshake: each thing that GnuTLS does other
 * than OpenSSL, and that the hook makes up for, with OpenSSL's client.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "openssl_client.h"
#include "testcert.h"

#define CHACHA	  "ECDHE-RSA-CHACHA20-POLY1305"
#define AES128	  "ECDHE-RSA-AES128-GCM-SHA256"
#define EVERY	  "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3"
#define FALLBACK  86
#define HANDSHAKE 40

enum {
	CERT_NONE = 0,
	CERT_RSA = 1,
	CERT_ECDSA = 2,
	CERT_P384 = 4,
	CERT_SIGN_ONLY = 8
};

static const char secret[] = "a secret of thirty-two bytes, yes";

/* ---- certificates that testcert does not have ---- */

static char *text_of(BIO *bio)
{
	char *data, *copy;
	long len = BIO_get_mem_data(bio, &data);

	copy = strndup(data, (size_t)len);
	assert_non_null(copy);
	BIO_free(bio);
	return copy;
}

static void add_made(struct smtptls_config *config, int kind)
{
	EVP_PKEY *key =
		kind == CERT_P384 ? EVP_EC_gen("P-384") : EVP_RSA_gen(2048);
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);
	BIO *bio = BIO_new(BIO_s_mem());
	X509_EXTENSION *usage;
	char *cert_pem, *key_pem;

	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 7);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
				   (const unsigned char *)"mx.example.org", -1,
				   -1, 0);
	X509_set_issuer_name(cert, name);
	X509_set_pubkey(cert, key);
	usage = X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage,
				    "critical,digitalSignature");
	X509_add_ext(cert, usage, -1);
	X509_EXTENSION_free(usage);
	assert_true(X509_sign(cert, key, EVP_sha384()) > 0);
	PEM_write_bio_X509(bio, cert);
	cert_pem = text_of(bio);
	bio = BIO_new(BIO_s_mem());
	PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
	key_pem = text_of(bio);
	assert_int_equal(smtptls_config_add_cert_mem(config, cert_pem,
						     strlen(cert_pem), key_pem,
						     strlen(key_pem)),
			 0);
	free(cert_pem);
	free(key_pem);
	X509_free(cert);
	EVP_PKEY_free(key);
}

static void add_cert(struct smtptls_config *config, int algorithm,
		     const char *names)
{
	const struct testcert *cert =
		testcert_server(testcert_ca("test CA"), algorithm, names);

	assert_int_equal(
		smtptls_config_add_cert_file(config, cert->file, cert->file),
		0);
}

static struct smtptls_config *
make_unfrozen(const struct smtptls_policy_spec *spec, int certs)
{
	struct smtptls_config *config;
	struct smtptls_policy *policy;
	char error[256] = "";

	if (smtptls_policy_new(&policy, spec, sizeof(*spec), error,
			       sizeof(error)) < 0)
		fail_msg("%s", error);
	assert_int_equal(smtptls_config_new(&config), 0);
	assert_int_equal(smtptls_config_set_policy(config, policy), 0);
	smtptls_policy_unref(policy);
	assert_int_equal(smtptls_config_set_ticket_secret(config, secret,
							  sizeof(secret)),
			 0);
	if (certs & CERT_RSA)
		add_cert(config, TESTCERT_RSA, "mx.example.org");
	if (certs & CERT_ECDSA)
		add_cert(config, TESTCERT_ECDSA, "mx.example.org");
	if (certs & CERT_P384)
		add_made(config, CERT_P384);
	if (certs & CERT_SIGN_ONLY)
		add_made(config, CERT_SIGN_ONLY);
	return config;
}

static struct smtptls_config *make(const struct smtptls_policy_spec *spec,
				   int certs)
{
	struct smtptls_config *config = make_unfrozen(spec, certs);

	if (smtptls_config_freeze(config) < 0)
		fail_msg("%s", smtptls_config_error(config));
	return config;
}

/* One handshake with a configuration of its own. */
static struct client_result meet(const struct smtptls_policy_spec *server,
				 int certs, const struct client_spec *client)
{
	struct smtptls_config *config = make(server, certs);
	struct client_result result;

	client_connect(config, client, &result);
	smtptls_config_unref(config);
	SSL_SESSION_free(result.session);
	result.session = NULL;
	return result;
}

#define SERVER(...) (&(const struct smtptls_policy_spec){ __VA_ARGS__ })
#define CLIENT(...) (&(const struct client_spec){ __VA_ARGS__ })

/* ---- order ---- */

static void order(void **state)
{
	const char *ciphers = CHACHA ":AES128-GCM-SHA256:" AES128;
	struct client_result result;

	(void)state;
	/* No priority string can say these two. */
	result = meet(SERVER(.ciphers = ciphers), CERT_RSA,
		      CLIENT(.max = TLS1_2_VERSION,
			     .ciphers = AES128 ":AES128-GCM-SHA256"));
	assert_string_equal(result.cipher, "AES128-GCM-SHA256");
	result =
		meet(SERVER(.ciphers = ciphers, .flags = SMTPTLS_PREFER_CLIENT),
		     CERT_RSA,
		     CLIENT(.max = TLS1_2_VERSION,
			    .ciphers = AES128 ":AES128-GCM-SHA256"));
	assert_string_equal(result.cipher, AES128);
	/* Nor a string with both suites of RSA but one of ECDHE. */
	result = meet(SERVER(.ciphers = "AES128-SHA:ECDHE-RSA-AES256-SHA"),
		      CERT_RSA,
		      CLIENT(.max = TLS1_2_VERSION,
			     .ciphers = "ECDHE-RSA-AES128-SHA:AES256-SHA"));
	assert_false(result.ok);
	assert_int_equal(result.info.reason, SMTPTLS_REASON_SUITES_EXCLUDED);
	assert_int_equal(result.info.alert_sent, HANDSHAKE);
	assert_int_equal(result.alert, HANDSHAKE);
	assert_int_equal(result.error, SMTPTLS_E_HANDSHAKE);
	assert_string_equal(
		result.text,
		"peer offers TLS 1.2 with ECDHE-RSA-AES128-SHA, AES256-SHA, "
		"which the ciphers do not name: add ECDHE-RSA-AES128-SHA to "
		"them");
}

static void chacha(void **state)
{
	const char *ciphers = AES128 ":" CHACHA;
	struct client_result result;

	(void)state;
	result = meet(
		SERVER(.ciphers = ciphers, .flags = SMTPTLS_PRIORITIZE_CHACHA),
		CERT_RSA,
		CLIENT(.max = TLS1_2_VERSION, .ciphers = CHACHA ":" AES128));
	assert_string_equal(result.cipher, CHACHA);
	result = meet(
		SERVER(.ciphers = ciphers, .flags = SMTPTLS_PRIORITIZE_CHACHA),
		CERT_RSA,
		CLIENT(.max = TLS1_2_VERSION, .ciphers = AES128 ":" CHACHA));
	assert_string_equal(result.cipher, AES128);
}

/* ---- versions ---- */

static void sentinel(void **state)
{
	static const char *const suites[] = {
		"AES128-SHA",
		"AES128-GCM-SHA256",
		"DHE-RSA-AES128-SHA",
		"ECDHE-RSA-AES256-SHA384",
		AES128,
	};
	struct client_result result;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		result = meet(
			SERVER(.ciphers = "ALL"), CERT_RSA,
			CLIENT(.max = TLS1_2_VERSION, .ciphers = suites[i]));
		assert_string_equal(result.cipher, suites[i]);
		assert_memory_equal(result.end, "DOWNGRD\1", 8);
	}
	result = meet(SERVER(.protocols = EVERY, .ciphers = "ALL:@SECLEVEL=0"),
		      CERT_RSA, CLIENT(.max = TLS1_1_VERSION));
	assert_int_equal(result.version, TLS1_1_VERSION);
	assert_memory_equal(result.end, "DOWNGRD\0", 8);
	/* Nothing better was to be had: no sentinel. */
	result = meet(SERVER(.protocols = "TLSv1.2"), CERT_RSA,
		      CLIENT(.min = 0));
	assert_int_equal(result.version, TLS1_2_VERSION);
	assert_memory_not_equal(result.end, "DOWNGRD", 7);
}

static void fallback(void **state)
{
	struct client_result result;

	(void)state;
	result = meet(SERVER(.ciphers = "HIGH"), CERT_RSA,
		      CLIENT(.max = TLS1_2_VERSION, .fallback = 1));
	assert_false(result.ok);
	assert_int_equal(result.info.reason, SMTPTLS_REASON_FALLBACK);
	assert_int_equal(result.alert, FALLBACK);
	result = meet(SERVER(.protocols = "TLSv1.2"), CERT_RSA,
		      CLIENT(.max = TLS1_2_VERSION, .fallback = 1));
	assert_true(result.ok);
}

static void holes(void **state)
{
	struct client_result result;

	(void)state;
	result = meet(SERVER(.protocols = "TLSv1 TLSv1.2",
			     .ciphers = "ALL:@SECLEVEL=0"),
		      CERT_RSA, CLIENT(.max = TLS1_VERSION));
	assert_int_equal(result.version, TLS1_VERSION);
	/* OpenSSL's server would answer, and its client refuse the answer. */
	result = meet(SERVER(.protocols = "TLSv1 TLSv1.2",
			     .ciphers = "ALL:@SECLEVEL=0"),
		      CERT_RSA, CLIENT(.max = TLS1_1_VERSION));
	assert_false(result.ok);
	assert_int_equal(result.info.reason, SMTPTLS_REASON_VERSION);
	assert_string_equal(result.text,
			    "peer offers up to TLS 1.1, this side has TLS "
			    "1.0-1.2 without TLS 1.1: add TLSv1.1 to the "
			    "protocols, or take the older ones away");
	result = meet(SERVER(.protocols = "TLSv1.1 TLSv1.3 TLSv1.2",
			     .ciphers = "ALL:@SECLEVEL=0"),
		      CERT_RSA, CLIENT(.max = TLS1_VERSION));
	assert_false(result.ok);
	assert_int_equal(result.info.reason, SMTPTLS_REASON_VERSION);
	assert_int_equal(result.alert, 70);
}

/* A P-384 certificate, and no signature algorithm for it in TLS 1.3. */
static void curve_without_tls13(void **state)
{
	struct client_result result;

	(void)state;
	result = meet(SERVER(.sigalgs = "ECDSA+SHA256"), CERT_P384,
		      CLIENT(.min = 0));
	assert_true(result.ok);
	assert_int_equal(result.version, TLS1_2_VERSION);
	assert_memory_not_equal(result.end, "DOWNGRD", 7);
}

/* ---- resumption ---- */

static void resume(int max, int version)
{
	struct smtptls_config *config =
		make(SERVER(.ciphers = "HIGH"), CERT_RSA);
	struct smtptls_config *other =
		make(SERVER(.ciphers = "HIGH:+" AES128), CERT_RSA);
	struct client_result first, second;

	client_connect(config, CLIENT(.max = max), &first);
	assert_true(first.ok);
	assert_int_equal(first.version, version);
	assert_non_null(first.session);
	client_connect(config, CLIENT(.max = max, .session = first.session),
		       &second);
	assert_true(second.ok);
	assert_true(second.resumed);
	assert_true(second.info.resumed);
	assert_string_equal(second.cipher, first.cipher);
	SSL_SESSION_free(second.session);
	/* The same suites in another order are other settings. */
	client_connect(other, CLIENT(.max = max, .session = first.session),
		       &second);
	assert_true(second.ok);
	assert_false(second.resumed);
	SSL_SESSION_free(second.session);
	SSL_SESSION_free(first.session);
	smtptls_config_unref(other);
	smtptls_config_unref(config);
}

static void resume_tls12(void **state)
{
	(void)state;
	resume(TLS1_2_VERSION, TLS1_2_VERSION);
}

static void resume_tls13(void **state)
{
	(void)state;
	resume(0, TLS1_3_VERSION);
}

/* The ticket's suite counts, although the client prefers another now. */
static void resume_another_suite(void **state)
{
	struct smtptls_config *config =
		make(SERVER(.flags = SMTPTLS_PREFER_CLIENT), CERT_RSA);
	struct client_result first, second;

	(void)state;
	client_connect(config, CLIENT(.max = TLS1_2_VERSION, .ciphers = AES128),
		       &first);
	assert_string_equal(first.cipher, AES128);
	client_connect(config,
		       CLIENT(.max = TLS1_2_VERSION,
			      .ciphers = CHACHA ":" AES128,
			      .session = first.session),
		       &second);
	assert_true(second.ok);
	assert_true(second.resumed);
	assert_string_equal(second.cipher, AES128);
	SSL_SESSION_free(first.session);
	SSL_SESSION_free(second.session);
	smtptls_config_unref(config);
}

/* Under TLS 1.3 a ticket brings a hash: a full handshake, not an alert. */
static void ticket_hash(void **state)
{
	static const char *const suites[] = { "TLS_AES_256_GCM_SHA384",
					      "TLS_AES_128_GCM_SHA256" };
	struct smtptls_config *config =
		make(SERVER(.ciphers = "HIGH"), CERT_RSA);
	struct client_result first, second;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		client_connect(config, CLIENT(.ciphersuites = suites[i]),
			       &first);
		assert_string_equal(first.cipher, suites[i]);
		client_connect(config,
			       CLIENT(.ciphersuites = suites[!i],
				      .session = first.session),
			       &second);
		assert_true(second.ok);
		assert_false(second.resumed);
		assert_string_equal(second.cipher, suites[!i]);
		SSL_SESSION_free(first.session);
		SSL_SESSION_free(second.session);
	}
	/* Another suite of the same hash may resume. */
	client_connect(config, CLIENT(.ciphersuites = suites[1]), &first);
	client_connect(config,
		       CLIENT(.ciphersuites = "TLS_CHACHA20_POLY1305_SHA256",
			      .session = first.session),
		       &second);
	assert_true(second.ok);
	assert_true(second.resumed);
	SSL_SESSION_free(first.session);
	SSL_SESSION_free(second.session);
	smtptls_config_unref(config);
}

/* ---- groups ---- */

static void retry(void **state)
{
	struct client_result result;

	(void)state;
	result = meet(SERVER(.groups = "P-256:P-384"), CERT_RSA,
		      CLIENT(.groups = "X25519:P-384:P-256"));
	assert_true(result.ok);
	assert_int_equal(result.version, TLS1_3_VERSION);
	assert_string_equal(result.group, "P-256");
	/* Two certificates, and a retry as well. */
	result = meet(SERVER(.groups = "P-384",
			     .sigalgs = "ECDSA+SHA256:rsa_pss_rsae_sha256"),
		      CERT_RSA | CERT_ECDSA, CLIENT(.groups = "X25519:P-384"));
	assert_true(result.ok);
	assert_string_equal(result.group, "P-384");
	assert_string_equal(result.key, "EC");
}

/* The client's share counts, not the server's order. */
static void no_needless_retry(void **state)
{
	struct client_result result;

	(void)state;
	result = meet(SERVER(.groups = "P-384:X25519"), CERT_RSA,
		      CLIENT(.groups = "X25519:P-384"));
	assert_true(result.ok);
	assert_string_equal(result.group, "X25519");
	result = meet(SERVER(.groups = "P-384:X25519"), CERT_RSA,
		      CLIENT(.groups = "X25519:P-384", .max = TLS1_2_VERSION));
	assert_string_equal(result.group, "P-384");
	result = meet(SERVER(.groups = "X448"), CERT_RSA,
		      CLIENT(.groups = "P-256"));
	assert_false(result.ok);
	assert_int_equal(result.info.reason, SMTPTLS_REASON_GROUP);
}

static void finite_fields(void **state)
{
	struct client_result result;

	(void)state;
	/* The client names none. */
	result = meet(SERVER(.ciphers = "kEDH"), CERT_RSA,
		      CLIENT(.max = TLS1_2_VERSION, .groups = "X25519",
			     .ciphers = "kEDH:kECDHE"));
	assert_true(result.ok);
	assert_string_equal(result.group, "DH 2048");
	/* It names one that the server's groups do not have. */
	result = meet(SERVER(.ciphers = "kEDH", .groups = "X25519"), CERT_RSA,
		      CLIENT(.groups = "X25519:ffdhe3072", .ciphers = "kEDH",
			     .max = TLS1_2_VERSION));
	assert_true(result.ok);
	assert_true(strncmp(result.cipher, "DHE-RSA-", 8) == 0);
	/* And TLS 1.3 stays in the priorities without a curve. */
	result =
		meet(SERVER(.ciphers = "kEDH", .groups = "ffdhe2048"), CERT_RSA,
		     CLIENT(.ciphers = "kEDH", .max = TLS1_2_VERSION));
	assert_true(result.ok);
	assert_memory_equal(result.end, "DOWNGRD\1", 8);
	result = meet(SERVER(.groups = "ffdhe2048"), CERT_RSA,
		      CLIENT(.groups = "ffdhe2048"));
	assert_true(result.ok);
	assert_string_equal(result.group, "DH 2048");
}

static void suiteb_groups(void **state)
{
	struct client_result result;

	(void)state;
	result = meet(SERVER(.ciphers = "SUITEB128", .protocols = "TLSv1.2"),
		      CERT_ECDSA, CLIENT(.groups = "P-384:P-256"));
	assert_string_equal(result.cipher, "ECDHE-ECDSA-AES128-GCM-SHA256");
	assert_string_equal(result.group, "P-256");
	result = meet(SERVER(.ciphers = "SUITEB128", .protocols = "TLSv1.2"),
		      CERT_P384,
		      CLIENT(.groups = "P-256:P-384",
			     .ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384"));
	assert_string_equal(result.group, "P-384");
}

/* An ECDSA certificate whose curve is not among the groups. */
static void curve_of_certificate(void **state)
{
	struct client_result result;

	(void)state;
	result = meet(SERVER(.groups = "X25519"), CERT_P384,
		      CLIENT(.max = TLS1_2_VERSION));
	assert_true(result.ok);
	assert_string_equal(result.group, "X25519");
	result = meet(SERVER(.groups = "P-521:X25519"), CERT_P384,
		      CLIENT(.max = TLS1_2_VERSION, .groups = "P-384:X25519"));
	assert_true(result.ok);
	assert_string_equal(result.group, "X25519");
}

/* ---- certificates ---- */

static void two_certificates(void **state)
{
	static const char ecdsa_first[] = "ECDSA+SHA256:rsa_pss_rsae_sha256";
	static const char rsa_first[] = "rsa_pss_rsae_sha256:ECDSA+SHA256";
	struct client_result result;

	(void)state;
	/* RSA is loaded first. */
	result = meet(SERVER(.sigalgs = ecdsa_first), CERT_RSA | CERT_ECDSA,
		      CLIENT(.min = TLS1_3_VERSION));
	assert_string_equal(result.key, "EC");
	result = meet(SERVER(.sigalgs = rsa_first), CERT_RSA | CERT_ECDSA,
		      CLIENT(.min = TLS1_3_VERSION));
	assert_string_equal(result.key, "RSA");
	result = meet(
		SERVER(.sigalgs = rsa_first, .flags = SMTPTLS_PREFER_CLIENT),
		CERT_RSA | CERT_ECDSA,
		CLIENT(.min = TLS1_3_VERSION, .sigalgs = ecdsa_first));
	assert_string_equal(result.key, "EC");
	result = meet(SERVER(.ciphers = "aRSA:aECDSA"), CERT_RSA | CERT_ECDSA,
		      CLIENT(.max = TLS1_2_VERSION));
	assert_string_equal(result.key, "RSA");
	result = meet(SERVER(.ciphers = "aECDSA:aRSA"), CERT_RSA | CERT_ECDSA,
		      CLIENT(.max = TLS1_2_VERSION));
	assert_string_equal(result.key, "EC");
}

static void names(void **state)
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	static const struct {
		const char *sni, *key;
	} rows[] = {
		{ "rsa.example.org", "RSA" },
		{ "ecdsa.example.org", "EC" },
		{ "other.example.org", "EC" }, /* as the policy prefers */
		{ NULL, "EC" },
	};
	struct smtptls_config *config = make_unfrozen(
		SERVER(.ciphers = "aECDSA:aRSA",
		       .sigalgs = "ECDSA+SHA256:rsa_pss_rsae_sha256"),
		CERT_NONE);
	struct client_result result;
	size_t i, j;

	(void)state;
	add_cert(config, TESTCERT_RSA, "rsa.example.org");
	add_cert(config, TESTCERT_ECDSA, "ecdsa.example.org");
	assert_int_equal(smtptls_config_freeze(config), 0);
	for (i = 0; i < 4; i++) {
		for (j = 0; j < 2; j++) {
			client_connect(
				config,
				CLIENT(.sni = rows[i].sni, .max = versions[j]),
				&result);
			assert_true(result.ok);
			assert_string_equal(result.key, rows[i].key);
			SSL_SESSION_free(result.session);
		}
	}
	/* The name's certificate cannot serve: any other may. */
	client_connect(config,
		       CLIENT(.sni = "rsa.example.org", .ciphers = "aECDSA",
			      .max = TLS1_2_VERSION),
		       &result);
	assert_true(result.ok);
	assert_string_equal(result.key, "EC");
	SSL_SESSION_free(result.session);
	smtptls_config_unref(config);
}

static void key_usage(void **state)
{
	struct client_result result;

	(void)state;
	result = meet(SERVER(.ciphers = "kRSA:kECDHE"), CERT_RSA,
		      CLIENT(.max = TLS1_2_VERSION));
	assert_string_equal(result.group, "");
	result = meet(SERVER(.ciphers = "kRSA:kECDHE"), CERT_SIGN_ONLY,
		      CLIENT(.max = TLS1_2_VERSION));
	assert_true(result.ok);
	assert_string_not_equal(result.group, "");
	result = meet(SERVER(.ciphers = "kRSA"), CERT_SIGN_ONLY,
		      CLIENT(.max = TLS1_2_VERSION));
	assert_false(result.ok);
	assert_int_equal(result.info.reason, SMTPTLS_REASON_KEY_USAGE);
}

static void anonymous(void **state)
{
	struct client_result result;

	(void)state;
	result = meet(SERVER(.ciphers = "aNULL:HIGH:@SECLEVEL=0"), CERT_RSA,
		      CLIENT(.max = TLS1_2_VERSION, .ciphers = "AECDH"));
	assert_true(result.ok);
	assert_string_equal(result.key, "");
	result = meet(SERVER(.ciphers = "aNULL:HIGH:@SECLEVEL=0"), CERT_RSA,
		      CLIENT(.max = TLS1_2_VERSION, .ciphers = "ADH"));
	assert_true(result.ok);
	assert_string_equal(result.key, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order),
		cmocka_unit_test(chacha),
		cmocka_unit_test(sentinel),
		cmocka_unit_test(fallback),
		cmocka_unit_test(holes),
		cmocka_unit_test(curve_without_tls13),
		cmocka_unit_test(resume_tls12),
		cmocka_unit_test(resume_tls13),
		cmocka_unit_test(resume_another_suite),
		cmocka_unit_test(ticket_hash),
		cmocka_unit_test(retry),
		cmocka_unit_test(no_needless_retry),
		cmocka_unit_test(finite_fields),
		cmocka_unit_test(suiteb_groups),
		cmocka_unit_test(curve_of_certificate),
		cmocka_unit_test(two_certificates),
		cmocka_unit_test(names),
		cmocka_unit_test(key_usage),
		cmocka_unit_test(anonymous),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
