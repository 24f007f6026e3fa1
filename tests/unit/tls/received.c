/* SPDX-License-Identifier: MIT */
/*
 * What a Received line says about TLS. The wording is that of the programs' own
 * sources: smtpd.c and tls_misc.c of Postfix, received_header_text of Exim.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <smtptls.h>

#include "../help/peer.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define TLS13                                                                  \
	"NONE:+VERS-TLS1.3:+COMP-NULL:+CTYPE-X509:+MAC-ALL:+ECDHE-RSA:"        \
	"+ECDHE-ECDSA:+DHE-RSA"
#define TLS12                                                                  \
	"NONE:+VERS-TLS1.2:+COMP-NULL:+SIGN-ALL:+CTYPE-X509:+MAC-ALL:"         \
	"+ECDHE-RSA:+DHE-RSA"

static const struct {
	const char *client;
	const char *rfc8314;
	const char *postfix;
	const char *exim;
} sessions[] = {
	{ TLS13 ":+AES-256-GCM:+GROUP-X25519:+SIGN-ECDSA-SECP256R1-SHA256",
	  "tls TLS_AES_256_GCM_SHA384 group x25519",
	  "(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) "
	  "key-exchange X25519 server-signature ECDSA (prime256v1) "
	  "server-digest SHA256)",
	  "(TLS1.3) tls TLS_AES_256_GCM_SHA384" },
	{ TLS13 ":+AES-128-GCM:+GROUP-SECP256R1:+SIGN-RSA-PSS-RSAE-SHA384",
	  "tls TLS_AES_128_GCM_SHA256 group secp256r1",
	  "(using TLSv1.3 with cipher TLS_AES_128_GCM_SHA256 (128/128 bits) "
	  "key-exchange ECDHE (prime256v1) server-signature RSA-PSS (2048 "
	  "bits) server-digest SHA384)",
	  "(TLS1.3) tls TLS_AES_128_GCM_SHA256" },
	{ TLS13 ":+CHACHA20-POLY1305:+GROUP-SECP384R1"
		":+SIGN-RSA-PSS-RSAE-SHA256",
	  "tls TLS_CHACHA20_POLY1305_SHA256 group secp384r1",
	  "(using TLSv1.3 with cipher TLS_CHACHA20_POLY1305_SHA256 (256/256 "
	  "bits) key-exchange ECDHE (secp384r1) server-signature RSA-PSS "
	  "(2048 bits) server-digest SHA256)",
	  "(TLS1.3) tls TLS_CHACHA20_POLY1305_SHA256" },
	{ TLS13 ":+AES-256-GCM:+GROUP-FFDHE3072:+SIGN-ECDSA-SECP256R1-SHA256",
	  "tls TLS_AES_256_GCM_SHA384 group ffdhe3072",
	  "(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) "
	  "key-exchange DHE (3072 bits) server-signature ECDSA (prime256v1) "
	  "server-digest SHA256)",
	  "(TLS1.3) tls TLS_AES_256_GCM_SHA384" },
	{ TLS12 ":+AES-256-GCM:+GROUP-X25519",
	  "tls TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 group x25519",
	  "(using TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 "
	  "bits))",
	  "(TLS1.2) tls TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" },
	{ TLS12 ":+AES-128-CBC:+RSA:-ECDHE-RSA:-DHE-RSA",
	  "tls TLS_RSA_WITH_AES_128_CBC_SHA",
	  "(using TLSv1.2 with cipher AES128-SHA (128/128 bits))",
	  "(TLS1.2) tls TLS_RSA_WITH_AES_128_CBC_SHA" },
};

static struct smtptls_conn *server(int verify)
{
	struct smtptls_conn *conn =
		peer_conn(peer_config("NORMAL", 1, 1), SMTPTLS_SERVER);

	assert_int_equal(smtptls_conn_set_verify(conn, verify), 0);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	return conn;
}

static void assert_received(struct smtptls_conn *conn, int style,
			    const char *expected)
{
	char text[1024];

	assert_int_equal(
		smtptls_format_received(conn, style, text, sizeof(text)),
		strlen(expected));
	assert_string_equal(text, expected);
}

static void wordings(void **state)
{
	struct smtptls_conn *conn;
	struct peer *peer;
	char text[1024];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(sessions); i++) {
		conn = server(SMTPTLS_VERIFY_NONE);
		peer = peer_client(sessions[i].client, NULL);
		assert_received(conn, SMTPTLS_RECEIVED_RFC8314, "");
		peer_run(peer, conn);
		assert_int_equal(smtptls_conn_tls_enabled(conn), 1);
		assert_received(conn, SMTPTLS_RECEIVED_RFC8314,
				sessions[i].rfc8314);
		assert_received(conn, SMTPTLS_RECEIVED_EXIM, sessions[i].exim);
		(void)snprintf(text, sizeof(text),
			       "%s (No client certificate requested)",
			       sessions[i].postfix);
		assert_received(conn, SMTPTLS_RECEIVED_POSTFIX, text);
		/* and after the close */
		assert_int_equal(smtptls_conn_close(conn), 0);
		assert_received(conn, SMTPTLS_RECEIVED_POSTFIX, text);
		peer_free(peer);
		smtptls_conn_free(conn);
	}
}

/* A client with this certificate; `expected` is the end of the text. */
static void with_client(const struct testcert *cert, int verify,
			const char *signature, const char *expected)
{
	struct smtptls_conn *conn = server(verify);
	struct peer *peer = peer_client(sessions[0].client, cert);
	char text[1024];

	peer_run(peer, conn);
	assert_int_equal(smtptls_conn_tls_enabled(conn), 1);
	(void)snprintf(text, sizeof(text), "%.*s%s) %s",
		       (int)strlen(sessions[0].postfix) - 1,
		       sessions[0].postfix, signature, expected);
	assert_received(conn, SMTPTLS_RECEIVED_POSTFIX, text);
	peer_free(peer);
	smtptls_conn_free(conn);
}

static void client_certificates(void **state)
{
	static const char signature[] =
		" client-signature ECDSA (prime256v1) client-digest SHA256";
	const struct testcert *other = testcert_ca("Other (CA) \\ )(");

	(void)state;
	with_client(NULL, SMTPTLS_VERIFY_OPTIONAL, "",
		    "(Client did not present a certificate)");
	with_client(testcert_client(peer_ca(), TESTCERT_ECDSA,
				    "client.example.net"),
		    SMTPTLS_VERIFY_CA, signature,
		    "(Client CN \"client.example.net\", Issuer \"test CA\" "
		    "(verified OK))");
	/* neither a quote nor a parenthesis may end the comment */
	with_client(
		testcert_client(other, TESTCERT_ECDSA, "a\"(b))(c\xc3\xa4\\"),
		SMTPTLS_VERIFY_OPTIONAL, signature,
		"(Client CN \"a\"(b)??c???\", Issuer \"Other (CA) ? ??\" "
		"(not verified))");
}

/* Two sessions; the second resumes the first. */
static void resume(const struct testcert *cert, int verify,
		   const char *expected)
{
	struct smtptls_config *config = peer_config("NORMAL", 1, 1);
	struct smtptls_conn *conn;
	gnutls_datum_t session;
	struct peer *peer;

	conn = peer_conn(smtptls_config_ref(config), SMTPTLS_SERVER);
	assert_int_equal(smtptls_conn_set_verify(conn, verify), 0);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	peer = peer_client(sessions[0].client, cert);
	peer_run(peer, conn);
	assert_int_equal(gnutls_session_get_data2(peer->tls, &session), 0);
	peer_free(peer);
	smtptls_conn_free(conn);
	conn = peer_conn(config, SMTPTLS_SERVER);
	assert_int_equal(smtptls_conn_set_verify(conn, verify), 0);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	peer = peer_client(sessions[0].client, cert);
	assert_int_equal(
		gnutls_session_set_data(peer->tls, session.data, session.size),
		0);
	peer_run(peer, conn);
	assert_int_equal(host_info(conn).resumed, 1);
	assert_received(conn, SMTPTLS_RECEIVED_POSTFIX, expected);
	gnutls_free(session.data);
	peer_free(peer);
	smtptls_conn_free(conn);
}

/* A resumed session has no signature, and the first session's certificate. */
static void resumed(void **state)
{
	(void)state;
	resume(NULL, SMTPTLS_VERIFY_NONE,
	       "(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 "
	       "bits) key-exchange X25519) (No client certificate requested)");
	resume(testcert_client(peer_ca(), TESTCERT_ECDSA, "client.example.net"),
	       SMTPTLS_VERIFY_CA,
	       "(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 "
	       "bits) key-exchange X25519) (Client CN \"client.example.net\", "
	       "Issuer \"test CA\" (verified OK))");
}

static void refused(void **state)
{
	struct smtptls_conn *conn = server(SMTPTLS_VERIFY_NONE), *client;
	struct peer *peer = peer_client(sessions[0].client, NULL);
	size_t len = strlen(sessions[0].exim), size;
	char text[64];

	(void)state;
	assert_int_equal(smtptls_format_received(conn, 0, text, 0),
			 SMTPTLS_E_LIMIT);
	peer_run(peer, conn);
	for (size = 0; size <= len + 1; size++) {
		memset(text, 'x', sizeof(text));
		assert_int_equal(smtptls_format_received(conn,
							 SMTPTLS_RECEIVED_EXIM,
							 text, size),
				 size > len ? (int)len : SMTPTLS_E_LIMIT);
		assert_string_equal(size > 0 ? text : "",
				    size > len ? sessions[0].exim : "");
		assert_int_equal(text[size], 'x');
	}
	assert_int_equal(smtptls_format_received(NULL, 0, text, sizeof(text)),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_format_received(conn, 0, NULL, 64),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_format_received(conn, -1, text, sizeof(text)),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_format_received(conn, 3, text, sizeof(text)),
			 SMTPTLS_E_ARG);
	client = peer_conn(peer_config(NULL, 0, 0), SMTPTLS_CLIENT);
	assert_int_equal(smtptls_format_received(client, 0, text, sizeof(text)),
			 SMTPTLS_E_ARG);
	smtptls_conn_free(client);
	peer_free(peer);
	smtptls_conn_free(conn);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(wordings),
		cmocka_unit_test(client_certificates),
		cmocka_unit_test(resumed),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests_name("received", tests, NULL, NULL);
}
