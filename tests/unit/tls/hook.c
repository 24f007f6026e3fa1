/* SPDX-License-Identifier: MIT */
/*
 * The policy inside a server's handshake: the order of suites, versions and
 * groups, where GnuTLS differs from OpenSSL and the hook makes up for it, with
 * OpenSSL's client.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../help/hook_help.h"

#define CHACHA	  "ECDHE-RSA-CHACHA20-POLY1305"
#define AES128	  "ECDHE-RSA-AES128-GCM-SHA256"
#define EVERY	  "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3"
#define FALLBACK  86
#define HANDSHAKE 40

/* ---- order ---- */

static void order(void **state)
{
	const char *ciphers = CHACHA ":AES128-GCM-SHA256:" AES128;
	struct client_result result;

	(void)state;
	/* No priority string can express these two. */
	result = meet(POLICY(.ciphers = ciphers), CERT_RSA,
		      CLIENT(.max = TLS1_2_VERSION,
			     .ciphers = AES128 ":AES128-GCM-SHA256"));
	assert_string_equal(result.cipher, "AES128-GCM-SHA256");
	result =
		meet(POLICY(.ciphers = ciphers, .flags = SMTPTLS_PREFER_CLIENT),
		     CERT_RSA,
		     CLIENT(.max = TLS1_2_VERSION,
			    .ciphers = AES128 ":AES128-GCM-SHA256"));
	assert_string_equal(result.cipher, AES128);
	/* Nor can a string with both RSA suites but only one of ECDHE. */
	result = meet(POLICY(.ciphers = "AES128-SHA:ECDHE-RSA-AES256-SHA"),
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
		"the ciphers");
}

static void chacha(void **state)
{
	const char *ciphers = AES128 ":" CHACHA;
	struct client_result result;

	(void)state;
	result = meet(
		POLICY(.ciphers = ciphers, .flags = SMTPTLS_PRIORITIZE_CHACHA),
		CERT_RSA,
		CLIENT(.max = TLS1_2_VERSION, .ciphers = CHACHA ":" AES128));
	assert_string_equal(result.cipher, CHACHA);
	result = meet(
		POLICY(.ciphers = ciphers, .flags = SMTPTLS_PRIORITIZE_CHACHA),
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
			POLICY(.ciphers = "ALL"), CERT_RSA,
			CLIENT(.max = TLS1_2_VERSION, .ciphers = suites[i]));
		assert_string_equal(result.cipher, suites[i]);
		assert_memory_equal(result.end, "DOWNGRD\1", 8);
	}
	result = meet(POLICY(.protocols = EVERY, .ciphers = "ALL:@SECLEVEL=0"),
		      CERT_RSA, CLIENT(.max = TLS1_1_VERSION));
	assert_int_equal(result.version, TLS1_1_VERSION);
	assert_memory_equal(result.end, "DOWNGRD\0", 8);
	/* Nothing better was possible: no downgrade sentinel. */
	result = meet(POLICY(.protocols = "TLSv1.2"), CERT_RSA,
		      CLIENT(.min = 0));
	assert_int_equal(result.version, TLS1_2_VERSION);
	assert_memory_not_equal(result.end, "DOWNGRD", 7);
}

static void fallback(void **state)
{
	struct client_result result;

	(void)state;
	result = meet(POLICY(.ciphers = "HIGH"), CERT_RSA,
		      CLIENT(.max = TLS1_2_VERSION, .fallback = 1));
	assert_false(result.ok);
	assert_int_equal(result.info.reason, SMTPTLS_REASON_FALLBACK);
	assert_int_equal(result.alert, FALLBACK);
	result = meet(POLICY(.protocols = "TLSv1.2"), CERT_RSA,
		      CLIENT(.max = TLS1_2_VERSION, .fallback = 1));
	assert_true(result.ok);
}

static void holes(void **state)
{
	struct client_result result;

	(void)state;
	result = meet(POLICY(.protocols = "TLSv1 TLSv1.2",
			     .ciphers = "ALL:@SECLEVEL=0"),
		      CERT_RSA, CLIENT(.max = TLS1_VERSION));
	assert_int_equal(result.version, TLS1_VERSION);
	/*
	 * OpenSSL's server would answer, and its client would refuse the
	 * answer.
	 */
	result = meet(POLICY(.protocols = "TLSv1 TLSv1.2",
			     .ciphers = "ALL:@SECLEVEL=0"),
		      CERT_RSA, CLIENT(.max = TLS1_1_VERSION));
	assert_false(result.ok);
	assert_int_equal(result.info.reason, SMTPTLS_REASON_VERSION);
	assert_string_equal(
		result.text,
		"peer offers up to TLS 1.1, but this side has TLS 1.0-1.2 "
		"without TLS 1.1: add TLSv1.1 to the protocols");
	result = meet(POLICY(.protocols = "TLSv1.1 TLSv1.3 TLSv1.2",
			     .ciphers = "ALL:@SECLEVEL=0"),
		      CERT_RSA, CLIENT(.max = TLS1_VERSION));
	assert_false(result.ok);
	assert_int_equal(result.info.reason, SMTPTLS_REASON_VERSION);
	assert_int_equal(result.alert, 70);
}

/* ---- groups ---- */

static void retry(void **state)
{
	struct client_result result;

	(void)state;
	result = meet(POLICY(.groups = "P-256:P-384"), CERT_RSA,
		      CLIENT(.groups = "X25519:P-384:P-256"));
	assert_true(result.ok);
	assert_int_equal(result.version, TLS1_3_VERSION);
	assert_string_equal(result.group, "P-256");
	/* Two certificates, and a retry as well. */
	result = meet(POLICY(.groups = "P-384",
			     .sigalgs = "ECDSA+SHA256:rsa_pss_rsae_sha256"),
		      CERT_RSA | CERT_ECDSA, CLIENT(.groups = "X25519:P-384"));
	assert_true(result.ok);
	assert_string_equal(result.group, "P-384");
	assert_string_equal(result.key, "EC");
}

/* The client's share takes precedence over the server's order. */
static void no_needless_retry(void **state)
{
	struct client_result result;

	(void)state;
	result = meet(POLICY(.groups = "P-384:X25519"), CERT_RSA,
		      CLIENT(.groups = "X25519:P-384"));
	assert_true(result.ok);
	assert_string_equal(result.group, "X25519");
	result = meet(POLICY(.groups = "P-384:X25519"), CERT_RSA,
		      CLIENT(.groups = "X25519:P-384", .max = TLS1_2_VERSION));
	assert_string_equal(result.group, "P-384");
	result = meet(POLICY(.groups = "X448"), CERT_RSA,
		      CLIENT(.groups = "P-256"));
	assert_false(result.ok);
	assert_int_equal(result.info.reason, SMTPTLS_REASON_GROUP);
}

static void finite_fields(void **state)
{
	struct client_result result;

	(void)state;
	/* The client names none. */
	result = meet(POLICY(.ciphers = "kEDH"), CERT_RSA,
		      CLIENT(.max = TLS1_2_VERSION, .groups = "X25519",
			     .ciphers = "kEDH:kECDHE"));
	assert_true(result.ok);
	assert_string_equal(result.group, "DH 2048");
	/* It names one that is not among the server's groups. */
	result = meet(POLICY(.ciphers = "kEDH", .groups = "X25519"), CERT_RSA,
		      CLIENT(.groups = "X25519:ffdhe3072", .ciphers = "kEDH",
			     .max = TLS1_2_VERSION));
	assert_true(result.ok);
	assert_true(strncmp(result.cipher, "DHE-RSA-", 8) == 0);
	/* And TLS 1.3 stays in the priorities even without a curve. */
	result =
		meet(POLICY(.ciphers = "kEDH", .groups = "ffdhe2048"), CERT_RSA,
		     CLIENT(.ciphers = "kEDH", .max = TLS1_2_VERSION));
	assert_true(result.ok);
	assert_memory_equal(result.end, "DOWNGRD\1", 8);
	result = meet(POLICY(.groups = "ffdhe2048"), CERT_RSA,
		      CLIENT(.groups = "ffdhe2048"));
	assert_true(result.ok);
	assert_string_equal(result.group, "DH 2048");
}

static void suiteb_groups(void **state)
{
	struct client_result result;

	(void)state;
	result = meet(POLICY(.ciphers = "SUITEB128", .protocols = "TLSv1.2"),
		      CERT_ECDSA, CLIENT(.groups = "P-384:P-256"));
	assert_string_equal(result.cipher, "ECDHE-ECDSA-AES128-GCM-SHA256");
	assert_string_equal(result.group, "P-256");
	result = meet(POLICY(.ciphers = "SUITEB128", .protocols = "TLSv1.2"),
		      CERT_P384,
		      CLIENT(.groups = "P-256:P-384",
			     .ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384"));
	assert_string_equal(result.group, "P-384");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order),
		cmocka_unit_test(chacha),
		cmocka_unit_test(sentinel),
		cmocka_unit_test(fallback),
		cmocka_unit_test(holes),
		cmocka_unit_test(retry),
		cmocka_unit_test(no_needless_retry),
		cmocka_unit_test(finite_fields),
		cmocka_unit_test(suiteb_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
