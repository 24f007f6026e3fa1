/* SPDX-License-Identifier: MIT */
/*
 * The shadow policy: it reports for a successful session whether and why it
 * would have failed under another policy, and it changes nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../help/openssl_client.h"
#include "../help/peer.h"
#include "../help/policy_help.h"
#include "../help/testcert.h"

#define AES128	   "ECDHE-RSA-AES128-GCM-SHA256"
#define AES256	   "ECDHE-RSA-AES256-GCM-SHA384"

#define TLS12(...) CLIENT(.max = TLS1_2_VERSION, __VA_ARGS__)

/* The linker puts it in place of strdup(), for the library and this test. */
char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
static int no_memory;

char *__wrap_strdup(const char *text)
{
	return no_memory ? NULL : __real_strdup(text);
}

static void set_shadow(struct smtptls_config *config,
		       const struct smtptls_policy_spec *spec)
{
	struct smtptls_policy *policy = new_policy(spec);

	assert_int_equal(smtptls_config_set_shadow_policy(config, policy), 0);
	smtptls_policy_unref(policy);
}

/* Without certificates; NULL: the default policy, or no shadow. */
static struct smtptls_config *
make_unfrozen(const struct smtptls_policy_spec *spec,
	      const struct smtptls_policy_spec *shadow)
{
	struct smtptls_config *config = policy_config(spec);

	if (shadow)
		set_shadow(config, shadow);
	return config;
}

/* With an RSA certificate. */
static struct smtptls_config *make(const struct smtptls_policy_spec *spec,
				   const struct smtptls_policy_spec *shadow)
{
	struct smtptls_config *config = make_unfrozen(spec, shadow);

	add_server(config, TESTCERT_RSA, "mx.example.org");
	/* without the warning about an unknown issuer */
	assert_int_equal(smtptls_config_set_ca_file(config, peer_ca()->file),
			 0);
	freeze(config);
	return config;
}

static struct client_result meet(const struct smtptls_policy_spec *spec,
				 const struct smtptls_policy_spec *shadow,
				 const struct client_spec *client)
{
	struct smtptls_config *config = make(spec, shadow);
	struct client_result result = client_dial(config, client);

	smtptls_config_unref(config);
	return result;
}

/* The session succeeded, and would have failed for this reason, if any. */
static void check(const struct client_result *result, int version, int reason,
		  const char *text)
{
	assert_true(result->ok);
	assert_int_equal(result->version, version);
	assert_int_equal(result->info.tls_enabled, 1);
	assert_int_equal(result->info.reason, SMTPTLS_REASON_NONE);
	assert_string_equal(result->text, "");
	assert_int_equal(result->info.shadow_reason, reason);
	if (text)
		assert_string_equal(result->shadow_text, text);
	else
		assert_string_not_equal(result->shadow_text, "");
}

/* ---- what it reports ---- */

static void tls12(void **state)
{
	struct client_result result;

	(void)state;
	result = meet(NULL, POLICY(.protocols = "TLSv1.3"), TLS12(.min = 0));
	check(&result, TLS1_2_VERSION, SMTPTLS_REASON_VERSION,
	      "peer offers up to TLS 1.2, but this side has TLS 1.3: add "
	      "TLSv1.2 to the protocols");
	result =
		meet(NULL, POLICY(.ciphers = AES256), TLS12(.ciphers = AES128));
	check(&result, TLS1_2_VERSION, SMTPTLS_REASON_SUITES_EXCLUDED,
	      "peer offers TLS 1.2 with " AES128 ", which the ciphers do not "
	      "name: add " AES128 " to the ciphers");
	result = meet(NULL, POLICY(.ciphers = "aECDSA"),
		      TLS12(.ciphers = "aRSA:aECDSA"));
	check(&result, TLS1_2_VERSION, SMTPTLS_REASON_NEEDS_ECDSA, NULL);
	result = meet(NULL, POLICY(.ciphers = AES256),
		      TLS12(.ciphers = AES128 ":" AES256));
	check(&result, TLS1_2_VERSION, SMTPTLS_REASON_NONE, "");
}

static void tls13(void **state)
{
	struct client_result result;

	(void)state;
	result = meet(NULL, POLICY(.protocols = "TLSv1.3"), CLIENT(.min = 0));
	check(&result, TLS1_3_VERSION, SMTPTLS_REASON_NONE, "");
	result = meet(NULL, POLICY(.protocols = "TLSv1.2"),
		      CLIENT(.min = TLS1_3_VERSION));
	check(&result, TLS1_3_VERSION, SMTPTLS_REASON_VERSION, NULL);
	result = meet(NULL, POLICY(.ciphersuites = "TLS_AES_256_GCM_SHA384"),
		      CLIENT(.ciphersuites = "TLS_AES_128_GCM_SHA256"));
	check(&result, TLS1_3_VERSION, SMTPTLS_REASON_SUITES_EXCLUDED, NULL);
	result = meet(NULL, POLICY(.sigalgs = "RSA-PSS+SHA512"),
		      CLIENT(.sigalgs = "RSA-PSS+SHA256"));
	check(&result, TLS1_3_VERSION, SMTPTLS_REASON_SIGALG, NULL);
}

/* The hook sees two hellos; the second has only the requested share. */
static void retry(void **state)
{
	const struct smtptls_policy_spec *spec = POLICY(.groups = "P-384");
	const struct client_spec *client = CLIENT(.groups = "X25519:P-384");
	struct client_result result;

	(void)state;
	result = meet(spec, POLICY(.groups = "X25519"), client);
	check(&result, TLS1_3_VERSION, SMTPTLS_REASON_NONE, "");
	assert_string_equal(result.group, "P-384");
	result = meet(spec, POLICY(.groups = "X448:P-256"), client);
	check(&result, TLS1_3_VERSION, SMTPTLS_REASON_GROUP, NULL);
	assert_string_equal(result.group, "P-384");
}

/* Each hello is judged, and tickets do not depend on the shadow. */
static void resumed(int max, int version)
{
	struct smtptls_config *without = make(NULL, NULL);
	struct smtptls_config *with =
		make(NULL, POLICY(.groups = "X448", .ciphers = "ECDHE"));
	struct client_result first, second;

	client_connect(without, CLIENT(.max = max, .groups = "X25519"), &first);
	check(&first, version, SMTPTLS_REASON_NONE, "");
	assert_non_null(first.session);
	second = client_dial(with, CLIENT(.max = max, .groups = "X25519",
					  .session = first.session));
	assert_true(second.resumed);
	check(&second, version, SMTPTLS_REASON_GROUP, NULL);
	SSL_SESSION_free(first.session);
	smtptls_config_unref(with);
	smtptls_config_unref(without);
}

static void resumption(void **state)
{
	(void)state;
	resumed(TLS1_2_VERSION, TLS1_2_VERSION);
	resumed(0, TLS1_3_VERSION);
}

/* No policy is in force, and what the priority string allows stays allowed. */
static void raw_priority(void **state)
{
	struct smtptls_config *config =
		make_unfrozen(NULL, POLICY(.protocols = "TLSv1.3"));
	struct client_result result;

	(void)state;
	add_server(config, TESTCERT_RSA, "mx.example.org");
	assert_int_equal(
		smtptls_config_set_priority(config, "NORMAL:-VERS-TLS1.0:+RSA"),
		0);
	freeze(config);
	result = client_dial(config, CLIENT(.max = TLS1_1_VERSION));
	check(&result, TLS1_1_VERSION, SMTPTLS_REASON_VERSION, NULL);
	result = client_dial(config, TLS12(.ciphers = "AES128-GCM-SHA256"));
	check(&result, TLS1_2_VERSION, SMTPTLS_REASON_VERSION, NULL);
	assert_string_equal(result.cipher, "AES128-GCM-SHA256");
	result = client_dial(config, CLIENT(.groups = "X25519"));
	check(&result, TLS1_3_VERSION, SMTPTLS_REASON_NONE, "");
	/* What GnuTLS itself refuses has a reason, and no shadow verdict. */
	result = client_dial(config, CLIENT(.max = TLS1_VERSION));
	assert_false(result.ok);
	assert_int_equal(result.info.reason, SMTPTLS_REASON_VERSION);
	assert_int_equal(result.info.shadow_reason, SMTPTLS_REASON_NONE);
	smtptls_config_unref(config);
}

/* The certificate with the requested name is preferred; any other may serve. */
static void names(void **state)
{
	struct smtptls_config *config = make_unfrozen(
		POLICY(.ciphers = "HIGH"), POLICY(.ciphers = "ECDHE+aECDSA"));
	struct client_result result;

	(void)state;
	add_server(config, TESTCERT_RSA, "rsa.example.org");
	add_server(config, TESTCERT_ECDSA, "ecdsa.example.org");
	freeze(config);
	result = client_dial(config, TLS12(.sni = "rsa.example.org",
					   .ciphers = "aRSA:aECDSA"));
	check(&result, TLS1_2_VERSION, SMTPTLS_REASON_NONE, "");
	assert_string_equal(result.key, "RSA");
	result = client_dial(
		config, TLS12(.sni = "rsa.example.org", .ciphers = "aRSA"));
	check(&result, TLS1_2_VERSION, SMTPTLS_REASON_SUITES_EXCLUDED, NULL);
	smtptls_config_unref(config);
}

static void memory(void **state)
{
	struct smtptls_config *config =
		make(NULL, POLICY(.protocols = "TLSv1.3"));
	struct client_result result;

	(void)state;
	no_memory = 1;
	result = client_dial(config, TLS12(.min = 0));
	no_memory = 0;
	check(&result, TLS1_2_VERSION, SMTPTLS_REASON_VERSION, "");
	smtptls_config_unref(config);
}

/* ---- what it does not change ---- */

static void no_shadow(void **state)
{
	struct smtptls_config *config =
		make_unfrozen(NULL, POLICY(.protocols = "TLSv1.3"));
	struct client_result result;

	(void)state;
	result = meet(NULL, NULL, TLS12(.min = 0));
	check(&result, TLS1_2_VERSION, SMTPTLS_REASON_NONE, "");
	assert_int_equal(smtptls_config_set_shadow_policy(config, NULL), 0);
	add_server(config, TESTCERT_RSA, "mx.example.org");
	freeze(config);
	result = client_dial(config, TLS12(.min = 0));
	check(&result, TLS1_2_VERSION, SMTPTLS_REASON_NONE, "");
	smtptls_config_unref(config);
}

static void same_choice(void **state)
{
	const struct smtptls_policy_spec *spec =
		POLICY(.ciphers = "aECDSA:aRSA", .groups = "P-384:X25519");
	const struct smtptls_policy_spec *shadow =
		POLICY(.ciphers = "aRSA+CHACHA20:aECDSA", .groups = "X25519",
		       .flags = SMTPTLS_PREFER_CLIENT,
		       .sigalgs = "rsa_pss_rsae_sha512:ECDSA+SHA256");
	const struct client_spec clients[] = {
		{ .max = TLS1_2_VERSION },
		{ .max = TLS1_2_VERSION, .ciphers = AES128 ":" AES256 },
		{ .max = TLS1_2_VERSION, .groups = "P-256:P-384" },
		{ .groups = "X25519:P-384" },
		{ .groups = "P-256:P-384" },
		{ .sigalgs = "rsa_pss_rsae_sha256:ECDSA+SHA256" },
		{ .ciphersuites = "TLS_CHACHA20_POLY1305_SHA256" },
	};
	struct smtptls_config *configs[] = { make_unfrozen(spec, NULL),
					     make_unfrozen(spec, shadow) };
	struct client_result results[2];
	size_t i, j;

	(void)state;
	for (j = 0; j < 2; j++) {
		add_server(configs[j], TESTCERT_RSA, "mx.example.org");
		add_server(configs[j], TESTCERT_ECDSA, "mx.example.org");
		freeze(configs[j]);
	}
	for (i = 0; i < sizeof(clients) / sizeof(clients[0]); i++) {
		for (j = 0; j < 2; j++)
			results[j] = client_dial(configs[j], &clients[i]);
		assert_true(results[0].ok && results[1].ok);
		assert_int_equal(results[0].version, results[1].version);
		assert_string_equal(results[0].cipher, results[1].cipher);
		assert_string_equal(results[0].group, results[1].group);
		assert_string_equal(results[0].key, results[1].key);
	}
	for (j = 0; j < 2; j++)
		smtptls_config_unref(configs[j]);
}

/* A failed session has only its own reason. */
static void failing(void **state)
{
	struct client_result result, alone;

	(void)state;
	alone = meet(POLICY(.protocols = "TLSv1.3"), NULL, TLS12(.min = 0));
	result = meet(POLICY(.protocols = "TLSv1.3"),
		      POLICY(.ciphers = "aECDSA"), TLS12(.min = 0));
	assert_false(result.ok);
	assert_int_equal(result.info.reason, SMTPTLS_REASON_VERSION);
	assert_int_equal(result.alert, alone.alert);
	assert_string_equal(result.text, alone.text);
	assert_int_equal(result.info.shadow_reason, SMTPTLS_REASON_NONE);
	assert_string_equal(result.shadow_text, "");
}

/* So has one that failed after its handshake was over. */
static void failing_verification(void **state)
{
	struct smtptls_config *config =
		make_unfrozen(NULL, POLICY(.protocols = "TLSv1.3"));
	struct client_result result;
	struct smtptls_conn *conn;

	(void)state;
	add_server(config, TESTCERT_RSA, "mx.example.org");
	assert_int_equal(smtptls_config_set_ca_file(
				 config, testcert_ca("test CA")->file),
			 0);
	freeze(config);
	assert_int_equal(smtptls_conn_new(&conn, config, SMTPTLS_SERVER), 0);
	assert_int_equal(smtptls_conn_set_verify(conn, SMTPTLS_VERIFY_CA), 0);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	client_meet(conn, TLS12(.min = 0), &result);
	SSL_SESSION_free(result.session);
	assert_false(result.ok);
	assert_int_equal(result.info.reason, SMTPTLS_REASON_CERT_MISSING);
	assert_int_equal(result.info.shadow_reason, SMTPTLS_REASON_NONE);
	assert_string_equal(result.shadow_text, "");
	smtptls_config_unref(config);
}

static void client_role(void **state)
{
	struct smtptls_config *config =
		make_unfrozen(NULL, POLICY(.protocols = "TLSv1.3"));
	struct smtptls_conn *client, *server;

	(void)state;
	freeze(config);
	client = peer_conn(config, SMTPTLS_CLIENT);
	server = peer_conn(peer_config(PEER_TLS12, 1, 0), SMTPTLS_SERVER);
	assert_int_equal(smtptls_conn_start_tls(client, 0), 0);
	assert_int_equal(smtptls_conn_start_tls(server, 0), 0);
	host_join(client, server);
	assert_int_equal(smtptls_conn_tls_enabled(client), 1);
	assert_string_equal(host_info(client).protocol, "TLSv1.2");
	assert_int_equal(host_info(client).shadow_reason, 0);
	assert_null(host_info(client).shadow_text);
	smtptls_conn_free(client);
	smtptls_conn_free(server);
}

/* ---- the setter, and freezing ---- */

static void setter(void **state)
{
	struct smtptls_config *config = make_unfrozen(NULL, NULL);
	struct smtptls_policy *policy =
		new_policy(POLICY(.flags = SMTPTLS_LIST_ONLY));

	(void)state;
	assert_int_equal(smtptls_config_set_shadow_policy(NULL, policy),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_config_set_shadow_policy(config, policy),
			 SMTPTLS_E_ARG);
	smtptls_policy_unref(policy);
	/* When it is set again, the previous one is released. */
	set_shadow(config, POLICY(.protocols = "TLSv1.2"));
	set_shadow(config, POLICY(.protocols = "TLSv1.3"));
	freeze(config);
	assert_int_equal(smtptls_config_set_shadow_policy(config, NULL),
			 SMTPTLS_E_STATE);
	smtptls_config_unref(config);
}

/* A certificate with which the server would not even start. */
static void weak_certificate(void **state)
{
	struct smtptls_config *config =
		make(NULL, POLICY(.ciphers = "HIGH:@SECLEVEL=4"));
	const char *warning = smtptls_config_warning(config, 0);

	(void)state;
	assert_non_null(warning);
	assert_ptr_equal(strstr(warning, "shadow policy: "), warning);
	assert_non_null(strstr(warning, "security level 4"));
	assert_null(smtptls_config_warning(config, 1));
	assert_string_equal(smtptls_config_error(config), "");
	smtptls_config_unref(config);
	config = make(NULL, POLICY(.protocols = "TLSv1.3"));
	assert_null(smtptls_config_warning(config, 0));
	smtptls_config_unref(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tls12),
		cmocka_unit_test(tls13),
		cmocka_unit_test(retry),
		cmocka_unit_test(resumption),
		cmocka_unit_test(raw_priority),
		cmocka_unit_test(names),
		cmocka_unit_test(memory),
		cmocka_unit_test(no_shadow),
		cmocka_unit_test(same_choice),
		cmocka_unit_test(failing),
		cmocka_unit_test(failing_verification),
		cmocka_unit_test(client_role),
		cmocka_unit_test(setter),
		cmocka_unit_test(weak_certificate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
