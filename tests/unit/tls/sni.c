/* SPDX-License-Identifier: MIT */
/*
 * Names that clients request of a server, and that its certificates have or
 * lack: the note in the default mode, and the refusal in strict mode.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gnutls/x509.h>

#include <smtptls/gnutls.h>

#include "../help/peer.h"
#include "../help/policy_help.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char *const versions[] = { PEER_TLS12, PEER_TLS13 };

/* Certificates for two names, and for a wildcard. */
static struct smtptls_config *config_of(int strict, const char *priority)
{
	static const char *const names[] = { "mx.example.org MAIL.example.org",
					     "*.example.net" };
	struct smtptls_config *config = policy_config(NULL);
	size_t i;

	for (i = 0; i < COUNT(names); i++)
		add_server(config, TESTCERT_ECDSA, names[i]);
	if (priority)
		assert_int_equal(smtptls_config_set_priority(config, priority),
				 0);
	assert_int_equal(smtptls_config_set_strict_sni(config, strict), 0);
	freeze(config);
	return config;
}

static struct smtptls_conn *start(int strict, const char *priority)
{
	struct smtptls_conn *conn =
		peer_conn(config_of(strict, priority), SMTPTLS_SERVER);

	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	return conn;
}

static void name_server(struct peer *peer, const char *name)
{
	assert_int_equal(gnutls_server_name_set(peer->tls, GNUTLS_NAME_DNS,
						name, strlen(name)),
			 0);
}

static struct peer *client(const char *priority, const char *name)
{
	struct peer *peer = peer_client(priority, NULL);

	if (name)
		name_server(peer, name);
	return peer;
}

static const struct {
	const char *name;
	int covered;
} names[] = {
	{ NULL, 1 },
	{ "mx.example.org", 1 },
	{ "MX.Example.ORG", 1 },
	{ "mail.example.org", 1 },
	{ "a.example.net", 1 },
	{ "A.EXAMPLE.net", 1 },
	{ "a-b.example.net", 1 },
	{ "mx.example.org.", 1 },
	{ "a.example.net.", 1 },
	{ "example.net", 0 },
	{ "a.b.example.net", 0 },
	{ "aexample.net", 0 },
	{ "a.example.netx", 0 },
	{ "example.org", 0 },
	{ "mx.example.or", 0 },
	{ "mx.example.orgg", 0 },
	{ "m", 0 },
};

/* With a policy, and with a priority string alone. */
static void strict(void **state)
{
	static const char *const priorities[] = { NULL, "NORMAL" };
	struct smtptls_conn *conn;
	struct smtptls_info info;
	char sentence[256];
	struct peer *peer;
	const char *text;
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(names); i++) {
		for (j = 0; j < 4; j++) {
			conn = start(1, priorities[j / 2]);
			peer = client(versions[j % 2], names[i].name);
			peer_run(peer, conn);
			info = host_info(conn);
			assert_int_equal(info.tls_enabled, names[i].covered);
			(void)smtptls_conn_error(conn, &text);
			snprintf(sentence, sizeof(sentence),
				 "no certificate has the name \"%s\" that the "
				 "peer asked for: add an ECDSA P-256 "
				 "certificate for it, or turn off strict SNI",
				 names[i].name ? names[i].name : "");
			assert_string_equal(text,
					    names[i].covered ? "" : sentence);
			assert_int_equal(info.reason,
					 names[i].covered ? 0
							  : SMTPTLS_REASON_SNI);
			assert_int_equal(info.alert_sent,
					 names[i].covered
						 ? -1
						 : GNUTLS_A_UNRECOGNIZED_NAME);
			assert_int_equal(peer->alert, info.alert_sent);
			peer_free(peer);
			smtptls_conn_free(conn);
		}
	}
}

/* A hello that no name would help is refused first, as without a name. */
static void hopeless(void **state)
{
	struct smtptls_conn *conn = start(1, NULL);
	struct peer *peer = client("NORMAL:-VERS-ALL:+VERS-TLS1.2:"
				   "%FALLBACK_SCSV",
				   "stranger.example");

	(void)state;
	peer_run(peer, conn);
	assert_int_equal(host_info(conn).reason, SMTPTLS_REASON_FALLBACK);
	assert_int_equal(peer->alert, GNUTLS_A_INAPPROPRIATE_FALLBACK);
	peer_free(peer);
	smtptls_conn_free(conn);
}

/* The same for a hello whose version is SSLv3. */
static void too_old(void **state)
{
	enum { VERSION = 5 + 4 }; /* after the headers */
	struct smtptls_conn *conn = start(1, NULL);
	struct peer *peer =
		client("NORMAL:-VERS-ALL:+VERS-TLS1.2", "stranger.example");
	unsigned char hello[1024];
	size_t len;

	(void)state;
	peer_step(peer);
	len = peer_queue_len(&peer->out);
	assert_in_range(len, VERSION + 2, sizeof(hello));
	memcpy(hello, peer_queue_data(&peer->out), len);
	assert_memory_equal(hello + VERSION, "\x03\x03", 2);
	hello[VERSION + 1] = 0;
	host_feed(conn, hello, len);
	assert_int_equal(host_info(conn).reason, SMTPTLS_REASON_SSL3_HELLO);
	assert_int_equal(host_info(conn).alert_sent, GNUTLS_A_PROTOCOL_VERSION);
	peer_free(peer);
	smtptls_conn_free(conn);
}

static void noted(void **state)
{
	struct smtptls_conn *conn;
	struct smtptls_info info;
	struct peer *peer;
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(names); i++) {
		for (j = 0; j < 4; j++) {
			conn = start(0, j / 2 ? "NORMAL" : NULL);
			peer = client(versions[j % 2], names[i].name);
			peer_run(peer, conn);
			info = host_info(conn);
			assert_int_equal(info.tls_enabled, 1);
			assert_int_equal(info.reason, 0);
			assert_int_equal(info.sni_unmatched, !names[i].covered);
			peer_free(peer);
			smtptls_conn_free(conn);
		}
	}
}

/*
 * Of several certificates of one type, the one with the requested name is
 * shown, whatever its spelling: in another case, with a trailing dot, by
 * wildcard.
 */
static void shown(void **state)
{
	static const struct {
		const char *asked,
			*cert; /* the first name in the certificate */
	} rows[] = {
		{ "mx.example.org", "mx.example.org" },
		{ "mail.example.org", "mx.example.org" },
		{ "a.example.net", "*.example.net" },
		{ "A.Example.NET", "*.example.net" },
		{ "a.example.net.", "*.example.net" },
		{ "MX2.example.org", "MX2.example.org" },
		{ "mx2.example.org", "MX2.example.org" },
		{ "mx2.example.org.", "MX2.example.org" },
		/* the first one, if nothing else decides */
		{ "other.example.org", "mx.example.org" },
		{ NULL, "mx.example.org" },
	};
	const gnutls_datum_t *der;
	char cn[64];
	size_t i, size;

	(void)state;
	for (i = 0; i < COUNT(rows) * 2; i++) {
		struct smtptls_config *config = policy_config(NULL);
		struct smtptls_conn *conn;
		struct peer *peer;
		gnutls_x509_crt_t crt;
		unsigned count;

		add_server(config, TESTCERT_ECDSA,
			   "mx.example.org MAIL.example.org");
		add_server(config, TESTCERT_ECDSA, "*.example.net");
		add_server(config, TESTCERT_ECDSA, "MX2.example.org");
		assert_int_equal(
			smtptls_config_set_ca_file(config, peer_ca()->file), 0);
		freeze(config);
		conn = peer_conn(config, SMTPTLS_SERVER);
		/* and clients are still verified by the same authorities */
		assert_int_equal(
			smtptls_conn_set_verify(conn, SMTPTLS_VERIFY_CA), 0);
		assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
		peer = peer_client(
			versions[i % 2],
			testcert_client(peer_ca(), TESTCERT_ECDSA, "client"));
		if (rows[i / 2].asked)
			name_server(peer, rows[i / 2].asked);
		peer_run(peer, conn);
		assert_int_equal(smtptls_conn_tls_enabled(conn), 1);
		der = gnutls_certificate_get_peers(peer->tls, &count);
		assert_non_null(der);
		assert_int_equal(gnutls_x509_crt_init(&crt), 0);
		assert_int_equal(
			gnutls_x509_crt_import(crt, der, GNUTLS_X509_FMT_DER),
			0);
		size = sizeof(cn);
		assert_int_equal(gnutls_x509_crt_get_dn_by_oid(
					 crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0,
					 cn, &size),
				 0);
		assert_string_equal(cn, rows[i / 2].cert);
		gnutls_x509_crt_deinit(crt);
		peer_free(peer);
		smtptls_conn_free(conn);
	}
}

/* A ticket does not bypass it. */
static void resumed(void **state)
{
	struct smtptls_config *config;
	struct smtptls_conn *conn;
	struct peer *peer;
	gnutls_datum_t session;
	size_t v;
	int i;

	(void)state;
	for (v = 0; v < 2; v++) {
		config = config_of(1, NULL);
		conn = peer_conn(smtptls_config_ref(config), SMTPTLS_SERVER);
		assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
		peer = client(versions[v], "mx.example.org");
		peer_run(peer, conn);
		assert_int_equal(gnutls_session_get_data2(peer->tls, &session),
				 0);
		peer_free(peer);
		smtptls_conn_free(conn);
		for (i = 0; i < 2; i++) {
			conn = peer_conn(smtptls_config_ref(config),
					 SMTPTLS_SERVER);
			assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
			peer = client(versions[v], i ? "other.example.org"
						     : "mx.example.org");
			assert_int_equal(gnutls_session_set_data(peer->tls,
								 session.data,
								 session.size),
					 0);
			peer_run(peer, conn);
			assert_int_equal(smtptls_conn_tls_enabled(conn), !i);
			assert_int_equal(host_info(conn).resumed, !i);
			assert_int_equal(host_info(conn).reason,
					 i ? SMTPTLS_REASON_SNI : 0);
			peer_free(peer);
			smtptls_conn_free(conn);
		}
		gnutls_free(session.data);
		smtptls_config_unref(config);
	}
}

/* A host that removes the hook gets no session, as with a policy. */
static void hook_removed(void **state)
{
	struct smtptls_conn *conn = start(1, "NORMAL");
	struct peer *peer = client(PEER_TLS13, "other.example.org");

	(void)state;
	gnutls_handshake_set_hook_function(smtptls_conn_gnutls(conn),
					   GNUTLS_HANDSHAKE_ANY,
					   GNUTLS_HOOK_PRE, NULL);
	peer_run(peer, conn);
	assert_int_equal(smtptls_conn_tls_enabled(conn), 0);
	assert_int_equal(host_info(conn).reason, SMTPTLS_REASON_UNJUDGED);
	peer_free(peer);
	smtptls_conn_free(conn);
}

/* A message that clients never send fails without a policy too. */
static void server_hello(void **state)
{
	static const char hello[] = "\x16\3\3\0\x2a\2\0\0\x26\3\3"
				    "randomrandomrandomrandomrandom12"
				    "\0\xc0\x2f\0";
	struct smtptls_conn *conn = start(1, "NORMAL");

	(void)state;
	host_feed(conn, hello, sizeof(hello) - 1);
	assert_int_equal(smtptls_conn_error(conn, NULL), SMTPTLS_E_HANDSHAKE);
	smtptls_conn_free(conn);
}

/* It only affects servers, not a client of the same configuration. */
static void clients(void **state)
{
	struct smtptls_conn *conn =
		peer_conn(config_of(1, "NORMAL"), SMTPTLS_CLIENT);
	struct peer *peer = peer_server(
		PEER_TLS13,
		testcert_server(peer_ca(), TESTCERT_ECDSA, "mx.example.org"));

	(void)state;
	assert_int_equal(smtptls_conn_set_peer(conn, "other.example.org"), 0);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	peer_run(peer, conn);
	assert_int_equal(smtptls_conn_tls_enabled(conn), 1);
	assert_int_equal(host_info(conn).sni_unmatched, 0);
	peer_free(peer);
	smtptls_conn_free(conn);
}

static void refused(void **state)
{
	struct smtptls_config *config = config_of(0, NULL);

	(void)state;
	assert_int_equal(smtptls_config_set_strict_sni(NULL, 1), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_config_set_strict_sni(config, 1),
			 SMTPTLS_E_STATE);
	smtptls_config_unref(config);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(strict),	cmocka_unit_test(hopeless),
		cmocka_unit_test(too_old),	cmocka_unit_test(shown),
		cmocka_unit_test(noted),	cmocka_unit_test(resumed),
		cmocka_unit_test(hook_removed), cmocka_unit_test(server_hello),
		cmocka_unit_test(clients),	cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests_name("sni", tests, NULL, NULL);
}
