/* SPDX-License-Identifier: MIT */
/*
 * key_usage: an OpenSSL server that signs with a certificate whose keyUsage is
 * keyEncipherment alone. GnuTLS ends such a handshake before it asks the
 * library, so no way of verifying accepts the certificate. What the failure
 * means for the host differs where no certificate is required.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <gnutls/crypto.h>

#include <smtptls.h>

#include "../help/chain.h"
#include "../help/openssl_server.h"
#include "../help/openssl_wire.h"
#include "../help/peer.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define OPTIONAL     SMTPTLS_TLS_OPTIONAL
#define UNTRUSTED    "certificate-not-trusted"

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static struct smtptls_config *config;
static struct testcert cert;
static unsigned char digest[32]; /* SHA-256 of the certificate */

static int set_up(void **state)
{
	static const struct chain_spec spec = {
		.cn = "mx.example.org",
		.san = { "dns:mx.example.org" },
		.usage = GNUTLS_KEY_KEY_ENCIPHERMENT,
		.rsa_bits = 2048,
	};
	struct chain_cert *made = chain_issue(&spec, NULL);

	(void)state;
	config = peer_config(NULL, 0, 1);
	MUST(gnutls_hash_fast(GNUTLS_DIG_SHA256, made->der.data, made->der.size,
			      digest) == 0);
	cert.file = chain_file(made);
	chain_free(made);
	return 0;
}

static int tear_down(void **state)
{
	smtptls_config_unref(config);
	return chain_end(state);
}

/* A client of that server, whose other requirements the server meets. */
static struct smtptls_conn *client(int verify, int flags)
{
	struct smtptls_conn *conn;

	assert_int_equal(smtptls_conn_new(&conn, config, SMTPTLS_CLIENT), 0);
	assert_int_equal(smtptls_conn_set_verify(conn, verify), 0);
	assert_int_equal(smtptls_conn_set_peer(conn, "mx.example.org"), 0);
	if (verify == SMTPTLS_VERIFY_PIN)
		assert_int_equal(smtptls_conn_add_pin(conn, SMTPTLS_PIN_CERT,
						      digest, sizeof(digest)),
				 0);
	if (verify == SMTPTLS_VERIFY_DANE)
		assert_int_equal(smtptls_conn_add_tlsa(conn, 3, 0, 1, digest,
						       sizeof(digest)),
				 0);
	assert_int_equal(smtptls_conn_negotiate(conn, "a.example", flags), 0);
	return conn;
}

/* The server's reply; what the client sent before does not matter here. */
static void hear(struct smtptls_conn *conn, const char *text)
{
	const unsigned char *ptr;
	size_t n = smtptls_conn_output(conn, &ptr);

	assert_int_equal(smtptls_conn_output_done(conn, n), 0);
	host_feed(conn, text, strlen(text));
}

static struct smtptls_info meet(int version, int verify, int flags)
{
	struct smtptls_conn *conn = client(verify, flags);
	SSL_CTX *ctx = openssl_server(version, &cert);
	SSL *ssl = openssl_server_accept(ctx);
	struct smtptls_info info;

	hear(conn, "220 mx.example.org ESMTP\r\n");
	hear(conn, "250-mx.example.org\r\n250 STARTTLS\r\n");
	hear(conn, "220 go\r\n");
	openssl_server_run(ssl, conn);
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_FAILED);
	assert_int_equal(smtptls_conn_error(conn, NULL),
			 SMTPTLS_E_CERT_PURPOSE);
	info = host_info(conn);
	smtptls_conn_free(conn);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	return info;
}

/* RFC 7435: a client that requires no certificate is not stopped by one. */
static void test_outcome(void **state)
{
	static const struct {
		const char *what;
		int verify, flags;
		const char *report;
		int retry;
	} rows[] = {
		{ "none, or in the clear", SMTPTLS_VERIFY_NONE, OPTIONAL,
		  "validation-failure", SMTPTLS_RETRY_NEW_CONNECTION_CLEAR },
		{ "optional, or in the clear", SMTPTLS_VERIFY_OPTIONAL,
		  OPTIONAL, "validation-failure",
		  SMTPTLS_RETRY_NEW_CONNECTION_CLEAR },
		{ "none", SMTPTLS_VERIFY_NONE, 0, "validation-failure",
		  SMTPTLS_RETRY_LATER_TLS },
		{ "optional", SMTPTLS_VERIFY_OPTIONAL, 0, "validation-failure",
		  SMTPTLS_RETRY_LATER_TLS },
		{ "authorities", SMTPTLS_VERIFY_CA, 0, UNTRUSTED,
		  SMTPTLS_RETRY_NEVER },
		{ "its pin", SMTPTLS_VERIFY_PIN, 0, UNTRUSTED,
		  SMTPTLS_RETRY_NEVER },
		{ "its DANE-EE record", SMTPTLS_VERIFY_DANE, 0, UNTRUSTED,
		  SMTPTLS_RETRY_NEVER },
	};
	struct smtptls_info info;
	size_t i, v;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		print_message("%s\n", rows[i].what);
		for (v = 0; v < COUNT(versions); v++) {
			info = meet(versions[v], rows[i].verify, rows[i].flags);
			assert_int_equal(info.stage, SMTPTLS_STAGE_HANDSHAKE);
			assert_int_equal(info.reason,
					 SMTPTLS_REASON_CERT_KEY_USAGE);
			assert_string_equal(info.report, rows[i].report);
			assert_string_equal(info.status, "4.7.5");
			assert_int_equal(info.retry, rows[i].retry);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outcome),
	};

	return cmocka_run_group_tests_name("key_usage", tests, set_up,
					   tear_down);
}
