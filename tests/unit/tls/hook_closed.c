/* SPDX-License-Identifier: MIT */
/*
 * Failing closed: a hello in SSLv2's format, a host that removes the hook or
 * the priorities, malformed hellos, more choices than the number of priorities
 * kept. None results in a session that violates the policy.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <smtptls/gnutls.h>

#include "../help/hello.h"
#include "../help/hook_help.h"
#include "../help/testcert.h"

static struct smtptls_conn *start(const struct smtptls_policy_spec *spec)
{
	struct smtptls_config *config = hook_config(spec, CERT_RSA);
	struct smtptls_conn *conn;

	assert_int_equal(smtptls_conn_new(&conn, config, SMTPTLS_SERVER), 0);
	smtptls_config_unref(config);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	return conn;
}

/* ---- bytes ---- */

static void feed(struct smtptls_conn *conn, const void *data, size_t len)
{
	unsigned char *room;
	size_t n = smtptls_conn_input(conn, &room);

	assert_true(n >= len);
	memcpy(room, data, len);
	(void)smtptls_conn_input_done(conn, len);
}

/* The connection fails for this reason and sends this alert. */
static void check_refused(struct smtptls_conn *conn, int reason, int alert,
			  const char *sentence)
{
	struct smtptls_info info;
	const unsigned char *out;
	const char *text;
	size_t n;

	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_FAILED);
	assert_int_equal(smtptls_conn_error(conn, &text), SMTPTLS_E_HANDSHAKE);
	if (sentence)
		assert_string_equal(text, sentence);
	assert_int_equal(smtptls_conn_info(conn, &info, sizeof(info)), 0);
	assert_int_equal(info.reason, reason);
	assert_int_equal(info.alert_sent, alert);
	n = smtptls_conn_output(conn, &out);
	assert_int_equal(n, 7);
	assert_int_equal(out[0], 21);
	assert_int_equal(out[5], 2);
	assert_int_equal(out[6], alert);
	smtptls_conn_free(conn);
}

static void ssl2_hello(void **state)
{
	static const unsigned char hello[] = {
		0x80, 0x1c, 1, 3, 1, 0, 3, 0, 0, 0, 16, 0, 0, 0x2f, 1,
		2,    3,    4, 5, 6, 7, 8, 9, 1, 2, 3,	4, 5, 6,    7,
	};
	struct smtptls_conn *conn = start(POLICY(.ciphers = "HIGH"));

	(void)state;
	feed(conn, hello, sizeof(hello));
	check_refused(conn, SMTPTLS_REASON_SSL2_HELLO, 10, NULL);
}

static const struct hello_spec plain = {
	.suites = (const unsigned[]){ 0xc02f, 0 },
	.groups = (const unsigned[]){ 23, 0 },
	.sigalgs = (const unsigned[]){ 0x0401, 0 },
};

static void malformed(void **state)
{
	struct smtptls_conn *conn = start(POLICY(.ciphers = "HIGH"));
	struct hello hello;

	(void)state;
	hello_record(&hello, &plain);
	/* The list of groups is longer than its extension. */
	hello.bytes[9 + 34 + 1 + 4 + 2 + 2 + 5] = 200;
	feed(conn, hello.bytes, hello.len);
	check_refused(conn, SMTPTLS_REASON_BAD_HELLO, 50,
		      "peer's ClientHello has inconsistent lengths in "
		      "supported_groups: the peer must be fixed");
}

/* The same extension twice; GnuTLS itself would use the last one. */
static void duplicate(void **state)
{
	struct smtptls_conn *conn = start(POLICY(.ciphers = "HIGH"));
	struct hello hello;
	size_t list;

	(void)state;
	hello_record(&hello, &plain);
	list = 9 + 34 + 1 + 4 + 2 + 2;
	hello_list(&hello, 10, 2, (const unsigned[]){ 24, 0 });
	hello_close(&hello, list, 2);
	hello_close(&hello, 9, 3);
	hello_close(&hello, 5, 2);
	feed(conn, hello.bytes, hello.len);
	check_refused(conn, SMTPTLS_REASON_BAD_HELLO, 47,
		      "peer's ClientHello has supported_groups twice: the peer "
		      "must be fixed");
}

static void plaintext(void **state)
{
	struct smtptls_conn *conn = start(POLICY(.ciphers = "HIGH"));

	(void)state;
	feed(conn, "EHLO mx.example.org\r\n", 21);
	check_refused(conn, SMTPTLS_REASON_SMTP_IN_CLEAR, 10, NULL);
	conn = start(POLICY(.ciphers = "HIGH"));
	feed(conn, "GET / HTTP/1.1\r\n", 16);
	check_refused(conn, SMTPTLS_REASON_HTTP, 10, NULL);
	conn = start(POLICY(.ciphers = "HIGH"));
	feed(conn, "hello?\r\n", 8);
	check_refused(conn, SMTPTLS_REASON_NO_TLS, 10, NULL);
}

/* ---- hosts ---- */

static int do_nothing(gnutls_session_t tls, unsigned type, unsigned when,
		      unsigned incoming, const gnutls_datum_t *message)
{
	(void)tls;
	(void)type;
	(void)when;
	(void)incoming;
	(void)message;
	return 0;
}

/* Even with a suite that the policy allows. */
static void hook_replaced(void **state)
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	struct client_result result;
	struct smtptls_conn *conn;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		conn = start(POLICY(.ciphers = "HIGH"));
		gnutls_handshake_set_hook_function(smtptls_conn_gnutls(conn),
						   GNUTLS_HANDSHAKE_ANY,
						   GNUTLS_HOOK_PRE, do_nothing);
		client_meet(conn, CLIENT(.max = versions[i]), &result);
		assert_false(result.ok);
		assert_int_equal(result.error, SMTPTLS_E_HANDSHAKE);
		assert_int_equal(result.info.reason, SMTPTLS_REASON_UNJUDGED);
		assert_int_equal(result.info.tls_enabled, 0);
		assert_string_equal(
			result.text,
			"the hello was never judged by the policy: the host "
			"has replaced the session's handshake hook");
		SSL_SESSION_free(result.session);
	}
}

/* Without the hook, the priorities are still never wider than the policy. */
static void hook_removed(void **state)
{
	struct client_result result;
	struct smtptls_conn *conn;

	(void)state;
	conn = start(POLICY(.protocols = "TLSv1.2",
			    .ciphers = "ECDHE-RSA-AES128-GCM-SHA256"));
	gnutls_handshake_set_hook_function(smtptls_conn_gnutls(conn),
					   GNUTLS_HANDSHAKE_ANY,
					   GNUTLS_HOOK_PRE, NULL);
	client_meet(conn, CLIENT(.ciphers = "AES128-SHA"), &result);
	assert_false(result.ok);
	assert_int_equal(result.error, SMTPTLS_E_HANDSHAKE);
}

static int widen(gnutls_session_t tls)
{
	return gnutls_priority_set_direct(
		tls, "NORMAL:-KX-ALL:+RSA:+ECDHE-RSA:-CIPHER-ALL:+AES-128-CBC",
		NULL);
}

static void priorities_replaced(void **state)
{
	struct client_result result;
	struct smtptls_conn *conn;

	(void)state;
	conn = start(POLICY(.protocols = "TLSv1.2",
			    .ciphers = "ECDHE-RSA-AES128-GCM-SHA256"));
	gnutls_handshake_set_post_client_hello_function(
		smtptls_conn_gnutls(conn), widen);
	client_meet(conn,
		    CLIENT(.ciphers = "ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA"),
		    &result);
	assert_false(result.ok);
	assert_int_equal(result.info.reason, SMTPTLS_REASON_OUTSIDE);
	assert_int_equal(result.error, SMTPTLS_E_HANDSHAKE);
	SSL_SESSION_free(result.session);
}

static int other_group(gnutls_session_t tls)
{
	return gnutls_priority_set_direct(
		tls, "NORMAL:-GROUP-ALL:+GROUP-SECP521R1", NULL);
}

static void group_replaced(void **state)
{
	struct client_result result;
	struct smtptls_conn *conn;

	(void)state;
	conn = start(POLICY(.protocols = "TLSv1.2", .groups = "X25519",
			    .ciphers = "ECDHE-RSA-AES256-GCM-SHA384"));
	gnutls_handshake_set_post_client_hello_function(
		smtptls_conn_gnutls(conn), other_group);
	client_meet(conn, CLIENT(.groups = "X25519:P-521"), &result);
	assert_false(result.ok);
	assert_int_equal(result.info.reason, SMTPTLS_REASON_OUTSIDE);
	SSL_SESSION_free(result.session);
}

/* ---- many ---- */

static void check_choice(struct smtptls_config *config, const char *cipher,
			 const char *group, int version)
{
	struct client_result result = client_dial(
		config,
		CLIENT(.ciphers = version == TLS1_2_VERSION ? cipher : NULL,
		       .ciphersuites =
			       version == TLS1_3_VERSION ? cipher : NULL,
		       .groups = group, .min = version, .max = version));

	if (!result.ok)
		fail_msg("%s %s: %s", cipher, group, result.text);
	assert_string_equal(result.cipher, cipher);
	assert_int_equal(result.version, version);
}

/* A scanner: more choices than are kept; a sanitizer finds no leak. */
static void many_choices(void **state)
{
	static const char *const groups[] = { "X25519", "P-256", "P-384",
					      "P-521", "X448" };
	const struct smtptls_policy_spec *spec =
		POLICY(.ciphers = "kECDHE+aRSA:!eNULL",
		       .ciphersuites =
			       "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:"
			       "TLS_CHACHA20_POLY1305_SHA256:"
			       "TLS_AES_128_CCM_SHA256");
	struct smtptls_config *config = hook_config(spec, CERT_RSA);
	const struct smtptls_policy_suite *suite;
	struct smtptls_policy *policy = new_policy(spec);
	size_t i, j, served = 0;

	(void)state;
	for (i = 0; (suite = smtptls_policy_suite(policy, i)); i++) {
		if (suite->lost != SMTPTLS_KEPT &&
		    suite->lost != SMTPTLS_LOST_PRODUCT)
			continue;
		for (j = 0; j < 5; j++) {
			check_choice(config, suite->openssl, groups[j],
				     strcmp(suite->protocol, "TLSv1.3") == 0
					     ? TLS1_3_VERSION
					     : TLS1_2_VERSION);
			served++;
		}
	}
	assert_true(served > 64);
	smtptls_policy_unref(policy);
	smtptls_config_unref(config);
}

/* ---- a server's Diffie-Hellman parameters ---- */

/* OpenSSL's server with RFC 5114's 1024 bits or RFC 7919's 2048. */
static SSL *weak_server(int bits)
{
	const struct testcert *cert = testcert_server(
		testcert_ca("test CA"), TESTCERT_RSA, "mx.example.org");
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, "DHX", NULL);
	EVP_PKEY *params = NULL;
	SSL *ssl;

	assert_non_null(ctx);
	SSL_CTX_set_security_level(ctx, 0);
	assert_int_equal(
		SSL_CTX_use_certificate_file(ctx, cert->file, SSL_FILETYPE_PEM),
		1);
	assert_int_equal(
		SSL_CTX_use_PrivateKey_file(ctx, cert->file, SSL_FILETYPE_PEM),
		1);
	assert_int_equal(EVP_PKEY_paramgen_init(maker), 1);
	assert_int_equal(
		EVP_PKEY_CTX_set_dhx_rfc5114(maker, bits == 1024 ? 1 : 2), 1);
	assert_int_equal(EVP_PKEY_paramgen(maker, &params), 1);
	EVP_PKEY_CTX_free(maker);
	assert_int_equal(SSL_CTX_set0_tmp_dh_pkey(ctx, params), 1);
	ssl = SSL_new(ctx);
	assert_non_null(ssl);
	SSL_CTX_free(ctx);
	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_accept_state(ssl);
	return ssl;
}

/* Move bytes both ways, longer than any handshake takes. */
static void run_with(SSL *ssl, struct smtptls_conn *conn)
{
	const unsigned char *out;
	char *data;
	size_t n;
	long len;
	int turns;

	for (turns = 0; turns < 8; turns++) {
		n = smtptls_conn_output(conn, &out);
		if (n > 0)
			assert_int_equal(
				BIO_write(SSL_get_rbio(ssl), out, (int)n), n);
		assert_int_equal(smtptls_conn_output_done(conn, n), 0);
		(void)SSL_do_handshake(ssl);
		len = BIO_get_mem_data(SSL_get_wbio(ssl), &data);
		if (len > 0 && smtptls_conn_state(conn) == SMTPTLS_HANDSHAKE)
			feed(conn, data, (size_t)len);
		(void)BIO_reset(SSL_get_wbio(ssl));
	}
}

/* A client's security level applies to them too. */
static void dh_parameters(void **state)
{
	static const struct {
		const char *ciphers;
		int bits, refused;
	} rows[] = {
		{ "kEDH", 1024, 1 },
		{ "kEDH", 2048, 0 },
		{ "kEDH:@SECLEVEL=1", 1024, 0 },
	};
	struct smtptls_config *config;
	struct smtptls_conn *conn;
	struct smtptls_info info;
	const char *text;
	size_t i;
	SSL *ssl;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		config = hook_config(POLICY(.protocols = "TLSv1.2",
					    .ciphers = rows[i].ciphers,
					    .groups = "ffdhe3072"),
				     CERT_RSA);
		assert_int_equal(
			smtptls_conn_new(&conn, config, SMTPTLS_CLIENT), 0);
		smtptls_config_unref(config);
		assert_int_equal(
			smtptls_conn_set_verify(conn, SMTPTLS_VERIFY_NONE), 0);
		assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
		ssl = weak_server(rows[i].bits);
		run_with(ssl, conn);
		assert_int_equal(smtptls_conn_tls_enabled(conn),
				 !rows[i].refused);
		(void)smtptls_conn_error(conn, &text);
		assert_string_equal(
			text, rows[i].refused
				      ? "peer's Diffie-Hellman parameters are "
					"too small for this side: generate "
					"larger ones there, or disable DHE"
				      : "");
		assert_int_equal(smtptls_conn_info(conn, &info, sizeof(info)),
				 0);
		assert_int_equal(info.reason,
				 rows[i].refused ? SMTPTLS_REASON_DH_PARAMETERS
						 : 0);
		assert_int_equal(info.alert_sent, rows[i].refused ? 71 : -1);
		SSL_free(ssl);
		smtptls_conn_free(conn);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ssl2_hello),
		cmocka_unit_test(malformed),
		cmocka_unit_test(duplicate),
		cmocka_unit_test(plaintext),
		cmocka_unit_test(hook_replaced),
		cmocka_unit_test(hook_removed),
		cmocka_unit_test(priorities_replaced),
		cmocka_unit_test(group_replaced),
		cmocka_unit_test(many_choices),
		cmocka_unit_test(dh_parameters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
