/* SPDX-License-Identifier: MIT */
/*
 * Which of a server's certificates the hook chooses, and what that means for
 * suites and groups, with OpenSSL's client.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../help/hook_help.h"
#include "../help/testcert.h"

static void two_certificates(void **state)
{
	static const char ecdsa_first[] = "ECDSA+SHA256:rsa_pss_rsae_sha256";
	static const char rsa_first[] = "rsa_pss_rsae_sha256:ECDSA+SHA256";
	struct client_result result;

	(void)state;
	/* RSA is loaded first. */
	result = meet(POLICY(.sigalgs = ecdsa_first), CERT_RSA | CERT_ECDSA,
		      CLIENT(.min = TLS1_3_VERSION));
	assert_string_equal(result.key, "EC");
	result = meet(POLICY(.sigalgs = rsa_first), CERT_RSA | CERT_ECDSA,
		      CLIENT(.min = TLS1_3_VERSION));
	assert_string_equal(result.key, "RSA");
	result = meet(
		POLICY(.sigalgs = rsa_first, .flags = SMTPTLS_PREFER_CLIENT),
		CERT_RSA | CERT_ECDSA,
		CLIENT(.min = TLS1_3_VERSION, .sigalgs = ecdsa_first));
	assert_string_equal(result.key, "EC");
	result = meet(POLICY(.ciphers = "aRSA:aECDSA"), CERT_RSA | CERT_ECDSA,
		      CLIENT(.max = TLS1_2_VERSION));
	assert_string_equal(result.key, "RSA");
	result = meet(POLICY(.ciphers = "aECDSA:aRSA"), CERT_RSA | CERT_ECDSA,
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
		{ "other.example.org", "EC" }, /* the policy's preference */
		{ NULL, "EC" },
	};
	struct smtptls_config *config = policy_config(
		POLICY(.ciphers = "aECDSA:aRSA",
		       .sigalgs = "ECDSA+SHA256:rsa_pss_rsae_sha256"));
	struct client_result result;
	size_t i, j;

	(void)state;
	add_server(config, TESTCERT_RSA, "rsa.example.org");
	add_server(config, TESTCERT_ECDSA, "ecdsa.example.org");
	freeze(config);
	for (i = 0; i < 4; i++) {
		for (j = 0; j < 2; j++) {
			result =
				client_dial(config, CLIENT(.sni = rows[i].sni,
							   .max = versions[j]));
			assert_true(result.ok);
			assert_string_equal(result.key, rows[i].key);
		}
	}
	/* The certificate with the name cannot serve: any other may. */
	result = client_dial(config, CLIENT(.sni = "rsa.example.org",
					    .ciphers = "aECDSA",
					    .max = TLS1_2_VERSION));
	assert_true(result.ok);
	assert_string_equal(result.key, "EC");
	smtptls_config_unref(config);
}

/* Among certificates with one key type, the one with the requested name. */
static void names_of_one_key(void **state)
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	static const struct {
		const char *sni, *name;
	} rows[] = {
		{ "a.example.org", "a.example.org" },
		{ "b.example.org", "b.example.org" },
		{ "c.example.org", "c.example.org" },
		{ "other.example.org", "a.example.org" }, /* the first */
		{ NULL, "a.example.org" },
	};
	struct smtptls_config *config = policy_config(POLICY(0));
	struct client_result result;
	size_t i, j;

	(void)state;
	add_server(config, TESTCERT_ECDSA, "a.example.org");
	add_server(config, TESTCERT_ECDSA, "b.example.org");
	add_server(config, TESTCERT_ECDSA, "c.example.org");
	freeze(config);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (j = 0; j < 2; j++) {
			result =
				client_dial(config, CLIENT(.sni = rows[i].sni,
							   .max = versions[j]));
			assert_true(result.ok);
			assert_string_equal(result.name, rows[i].name);
		}
	}
	smtptls_config_unref(config);
}

static void key_usage(void **state)
{
	struct client_result result;

	(void)state;
	result = meet(POLICY(.ciphers = "kRSA:kECDHE"), CERT_RSA,
		      CLIENT(.max = TLS1_2_VERSION));
	assert_string_equal(result.group, "");
	result = meet(POLICY(.ciphers = "kRSA:kECDHE"), CERT_SIGN_ONLY,
		      CLIENT(.max = TLS1_2_VERSION));
	assert_true(result.ok);
	assert_string_not_equal(result.group, "");
	result = meet(POLICY(.ciphers = "kRSA"), CERT_SIGN_ONLY,
		      CLIENT(.max = TLS1_2_VERSION));
	assert_false(result.ok);
	assert_int_equal(result.info.reason, SMTPTLS_REASON_KEY_USAGE);
}

static void anonymous(void **state)
{
	struct client_result result;

	(void)state;
	result = meet(POLICY(.ciphers = "aNULL:HIGH:@SECLEVEL=0"), CERT_RSA,
		      CLIENT(.max = TLS1_2_VERSION, .ciphers = "AECDH"));
	assert_true(result.ok);
	assert_string_equal(result.key, "");
	result = meet(POLICY(.ciphers = "aNULL:HIGH:@SECLEVEL=0"), CERT_RSA,
		      CLIENT(.max = TLS1_2_VERSION, .ciphers = "ADH"));
	assert_true(result.ok);
	assert_string_equal(result.key, "");
}

/* An ECDSA certificate on a curve that is not among the groups. */
static void curve_of_certificate(void **state)
{
	struct client_result result;

	(void)state;
	result = meet(POLICY(.groups = "X25519"), CERT_P384,
		      CLIENT(.max = TLS1_2_VERSION));
	assert_true(result.ok);
	assert_string_equal(result.group, "X25519");
	result = meet(POLICY(.groups = "P-521:X25519"), CERT_P384,
		      CLIENT(.max = TLS1_2_VERSION, .groups = "P-384:X25519"));
	assert_true(result.ok);
	assert_string_equal(result.group, "X25519");
	/*
	 * Of the two curves, the client supports only that of the second
	 * certificate.
	 */
	result = meet(POLICY(0), CERT_ECDSA | CERT_P384,
		      CLIENT(.max = TLS1_2_VERSION, .groups = "P-384:X25519"));
	assert_true(result.ok);
	result = meet(POLICY(0), CERT_ECDSA | CERT_P384,
		      CLIENT(.max = TLS1_2_VERSION, .groups = "P-256:X25519"));
	assert_true(result.ok);
}

/* A P-384 certificate, and no signature algorithm for it in TLS 1.3. */
static void curve_without_tls13(void **state)
{
	struct client_result result;

	(void)state;
	result = meet(POLICY(.sigalgs = "ECDSA+SHA256"), CERT_P384,
		      CLIENT(.min = 0));
	assert_true(result.ok);
	assert_int_equal(result.version, TLS1_2_VERSION);
	assert_memory_not_equal(result.end, "DOWNGRD", 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_certificates),
		cmocka_unit_test(names),
		cmocka_unit_test(names_of_one_key),
		cmocka_unit_test(key_usage),
		cmocka_unit_test(anonymous),
		cmocka_unit_test(curve_of_certificate),
		cmocka_unit_test(curve_without_tls13),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
