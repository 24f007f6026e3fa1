/* SPDX-License-Identifier: MIT */
/*
 * expected: what a host expects of its peer, over connections: pins and TLSA
 * records in both versions and roles, what each call refuses, what is missing,
 * and resumed sessions, which must not bypass any of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <smtptls.h>

#include "../help/peer.h"
#include "../help/policy_help.h"
#include "x509/der.h"
#include "x509/digest.h"

#define HOST "mx.example.org"

static const char *const versions[] = { PEER_TLS12, PEER_TLS13 };

/* The SHA-256 of a certificate, or of its key. */
struct digest {
	unsigned char byte[STLS_SHA256_SIZE];
};

static struct digest digest_of(const struct testcert *cert, int spki)
{
	gnutls_datum_t pem = { (unsigned char *)cert->cert,
			       (unsigned)strlen(cert->cert) };
	struct stls_der_parts parts;
	struct digest digest;
	gnutls_datum_t der;

	assert_int_equal(gnutls_pem_base64_decode2(NULL, &pem, &der), 0);
	assert_int_equal(stls_der_parts(der.data, der.size, &parts), 0);
	if (spki)
		stls_sha256(parts.spki.data, parts.spki.len, digest.byte);
	else
		stls_sha256(der.data, der.size, digest.byte);
	gnutls_free(der.data);
	return digest;
}

/* It is pinned, whatever else is wrong with it. */
static const struct testcert *bad_server(void)
{
	return testcert_leaf(testcert_ca("other CA"), TESTCERT_ECDSA,
			     "other.example.org", TESTCERT_CLIENT,
			     -TESTCERT_DAY, -TESTCERT_HOUR);
}

static struct smtptls_conn *client(int verify)
{
	struct smtptls_conn *conn =
		peer_conn(peer_config(NULL, 0, 1), SMTPTLS_CLIENT);

	assert_int_equal(smtptls_conn_set_verify(conn, verify), 0);
	return conn;
}

static void pin(struct smtptls_conn *conn, const struct testcert *cert,
		int kind)
{
	struct digest digest = digest_of(cert, kind == SMTPTLS_PIN_SPKI);

	assert_int_equal(smtptls_conn_add_pin(conn, kind, digest.byte,
					      sizeof(digest.byte)),
			 0);
}

static void add_tlsa(struct smtptls_conn *conn, int usage,
		     const struct testcert *cert)
{
	struct digest digest = digest_of(cert, 1);

	assert_int_equal(smtptls_conn_add_tlsa(conn, usage, 1, 1, digest.byte,
					       sizeof(digest.byte)),
			 0);
}

/* A client with a server: how it ends; the connection is freed. */
static struct smtptls_info meet(struct smtptls_conn *conn, const char *version,
				const struct testcert *cert, int error)
{
	struct peer *peer = peer_server(version, cert);
	struct smtptls_info info;

	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	peer_run(peer, conn);
	assert_int_equal(smtptls_conn_error(conn, NULL), error);
	assert_int_equal(smtptls_conn_tls_enabled(conn), error == 0);
	info = host_info(conn);
	assert_int_equal(peer->alert, error ? info.alert_sent : -1);
	peer_free(peer);
	return info;
}

static void test_pins(void **state)
{
	const struct testcert *bad = bad_server(), *ca = peer_ca();
	const struct testcert *good = testcert_server(ca, TESTCERT_ECDSA, HOST);
	struct smtptls_conn *conn;
	struct smtptls_info info;
	const char *text;
	size_t v;
	int kind;

	(void)state;
	for (v = 0; v < 2; v++) {
		for (kind = SMTPTLS_PIN_CERT; kind <= SMTPTLS_PIN_SPKI;
		     kind++) {
			conn = client(SMTPTLS_VERIFY_PIN);
			pin(conn, ca, kind);
			pin(conn, bad, kind);
			info = meet(conn, versions[v], bad, 0);
			assert_int_equal(info.verify, 1);
			smtptls_conn_free(conn);

			conn = client(SMTPTLS_VERIFY_PIN);
			pin(conn, bad, kind);
			info = meet(conn, versions[v], good,
				    SMTPTLS_E_CERT_PIN);
			assert_int_equal(info.reason, SMTPTLS_REASON_CERT_PIN);
			assert_int_equal(info.verify, SMTPTLS_E_CERT_PIN);
			assert_int_equal(info.stage,
					 SMTPTLS_STAGE_VERIFICATION);
			(void)smtptls_conn_error(conn, &text);
			assert_non_null(strstr(text, "matches a pin"));
			smtptls_conn_free(conn);
		}
	}
}

/* With authorities, the pin is an additional requirement. */
static void test_pins_and_authorities(void **state)
{
	const struct testcert *bad = bad_server();
	const struct testcert *good =
		testcert_server(peer_ca(), TESTCERT_ECDSA, HOST);
	struct smtptls_conn *conn;

	(void)state;
	conn = client(SMTPTLS_VERIFY_CA);
	assert_int_equal(smtptls_conn_set_peer(conn, HOST), 0);
	pin(conn, bad, SMTPTLS_PIN_CERT);
	pin(conn, good, SMTPTLS_PIN_SPKI);
	(void)meet(conn, PEER_TLS13, good, 0);
	smtptls_conn_free(conn);
	conn = client(SMTPTLS_VERIFY_CA);
	assert_int_equal(smtptls_conn_set_peer(conn, HOST), 0);
	pin(conn, bad, SMTPTLS_PIN_CERT);
	(void)meet(conn, PEER_TLS13, good, SMTPTLS_E_CERT_PIN);
	smtptls_conn_free(conn);
	/* the pin alone is not enough */
	conn = client(SMTPTLS_VERIFY_CA);
	assert_int_equal(smtptls_conn_set_peer(conn, HOST), 0);
	pin(conn, bad, SMTPTLS_PIN_CERT);
	(void)meet(conn, PEER_TLS13, bad, SMTPTLS_E_CERT_TRUST);
	smtptls_conn_free(conn);
}

static void test_names(void **state)
{
	const struct testcert *cert =
		testcert_server(peer_ca(), TESTCERT_ECDSA, HOST);
	struct smtptls_conn *conn = client(SMTPTLS_VERIFY_CA);
	int i;

	(void)state;
	assert_int_equal(smtptls_conn_set_peer(conn, "a.example.org"), 0);
	assert_int_equal(smtptls_conn_add_name(conn, "192.0.2.1"), 0);
	assert_int_equal(smtptls_conn_add_name(conn, "MX.example.org."), 0);
	(void)meet(conn, PEER_TLS13, cert, 0);
	assert_string_equal(host_info(conn).sni, "a.example.org");
	smtptls_conn_free(conn);
	conn = client(SMTPTLS_VERIFY_CA);
	for (i = 0; i < 16; i++)
		assert_int_equal(smtptls_conn_add_name(conn, "b.example.org"),
				 0);
	assert_int_equal(smtptls_conn_add_name(conn, HOST), SMTPTLS_E_LIMIT);
	(void)meet(conn, PEER_TLS13, cert, SMTPTLS_E_CERT_NAME);
	assert_null(host_info(conn).sni);
	smtptls_conn_free(conn);
}

static void test_dane(void **state)
{
	static const unsigned char digest[32] = { 1 };
	const struct testcert *bad = bad_server(), *ca = peer_ca();
	const struct testcert *good = testcert_server(ca, TESTCERT_ECDSA, HOST);
	const struct testcert chain = { testcert_join(good->cert, ca->cert),
					good->key, NULL };
	struct smtptls_conn *conn;
	struct smtptls_info info;
	size_t v;

	(void)state;
	for (v = 0; v < 2; v++) {
		/* DANE-EE, with an unusable record before it */
		conn = client(SMTPTLS_VERIFY_DANE);
		assert_int_equal(
			smtptls_conn_add_tlsa(conn, 1, 1, 1, digest, 32), 0);
		add_tlsa(conn, 3, bad);
		info = meet(conn, versions[v], bad, 0);
		assert_int_equal(info.verify, 1);
		assert_int_equal(info.tlsa_unusable, 1);
		assert_int_equal(info.tlsa_record, 2);
		assert_int_equal(info.tlsa_depth, 0);
		assert_int_equal(info.tlsa_weak_key, 0);
		smtptls_conn_free(conn);

		conn = client(SMTPTLS_VERIFY_DANE);
		add_tlsa(conn, 3, bad);
		info = meet(conn, versions[v], good, SMTPTLS_E_CERT_TLSA);
		assert_int_equal(info.reason, SMTPTLS_REASON_CERT_TLSA);
		assert_int_equal(info.tlsa_record, 0);
		assert_string_equal(info.report, "validation-failure");
		smtptls_conn_free(conn);

		/* DANE-TA: by a name other than the first */
		conn = client(SMTPTLS_VERIFY_DANE);
		assert_int_equal(smtptls_conn_set_peer(conn, "a.example.org"),
				 0);
		assert_int_equal(smtptls_conn_add_name(conn, HOST), 0);
		add_tlsa(conn, 2, ca);
		info = meet(conn, versions[v], &chain, 0);
		assert_int_equal(info.tlsa_record, 1);
		assert_int_equal(info.tlsa_depth, 1);
		smtptls_conn_free(conn);

		conn = client(SMTPTLS_VERIFY_DANE);
		assert_int_equal(smtptls_conn_set_peer(conn, "a.example.org"),
				 0);
		add_tlsa(conn, 2, ca);
		info = meet(conn, versions[v], &chain, SMTPTLS_E_CERT_NAME);
		assert_int_equal(info.tlsa_record, 1);
		smtptls_conn_free(conn);

		/* RFC 7672 section 2.2: none usable, so encryption only */
		conn = client(SMTPTLS_VERIFY_DANE);
		assert_int_equal(
			smtptls_conn_add_tlsa(conn, 3, 1, 1, digest, 31), 0);
		assert_int_equal(smtptls_conn_add_tlsa(conn, 3, 1, 1, NULL, 0),
				 0);
		info = meet(conn, versions[v], bad, 0);
		assert_int_equal(info.verify, 0);
		assert_int_equal(info.tlsa_unusable, 2);
		smtptls_conn_free(conn);
	}
}

/* A choice that lacks something sends nothing. */
static void test_missing(void **state)
{
	static const struct {
		int verify, tlsa;
		const char *text;
	} rows[] = {
		{ SMTPTLS_VERIFY_PIN, 0,
		  "SMTPTLS_VERIFY_PIN needs a pin of the peer's certificate "
		  "or key: call smtptls_conn_add_pin()" },
		{ SMTPTLS_VERIFY_DANE, 0,
		  "SMTPTLS_VERIFY_DANE needs the server's TLSA records: call "
		  "smtptls_conn_add_tlsa()" },
		{ SMTPTLS_VERIFY_DANE, 1,
		  "a TLSA record of usage DANE-TA needs the server's name: "
		  "call smtptls_conn_set_peer()" },
	};
	struct smtptls_conn *conn;
	const char *text;
	size_t i;

	(void)state;
	for (i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		conn = client(rows[i / 2].verify);
		if (rows[i / 2].tlsa)
			add_tlsa(conn, 2, peer_ca());
		assert_int_equal(i % 2 ? smtptls_conn_start_tls(conn, 0)
				       : smtptls_conn_negotiate(conn, "me", 0),
				 SMTPTLS_E_CONFIG);
		assert_int_equal(smtptls_conn_error(conn, &text),
				 SMTPTLS_E_CONFIG);
		assert_string_equal(text, rows[i / 2].text);
		assert_int_equal(host_info(conn).reason, SMTPTLS_REASON_CONFIG);
		assert_true(host_said(conn, ""));
		assert_int_equal(smtptls_conn_add_tlsa(conn, 3, 1, 1, "", 0),
				 SMTPTLS_E_CONFIG);
		smtptls_conn_free(conn);
	}
	/* nor can either be combined with optional TLS */
	conn = client(SMTPTLS_VERIFY_PIN);
	pin(conn, peer_ca(), SMTPTLS_PIN_CERT);
	assert_int_equal(
		smtptls_conn_negotiate(conn, "me", SMTPTLS_TLS_OPTIONAL),
		SMTPTLS_E_CONFIG);
	smtptls_conn_free(conn);
	conn = client(SMTPTLS_VERIFY_DANE);
	add_tlsa(conn, 3, peer_ca());
	assert_int_equal(
		smtptls_conn_negotiate(conn, "me", SMTPTLS_TLS_OPTIONAL),
		SMTPTLS_E_CONFIG);
	smtptls_conn_free(conn);
}

static void test_refused_calls(void **state)
{
	static const unsigned char digest[64] = { 1 };
	static const int without[] = { SMTPTLS_VERIFY_NONE,
				       SMTPTLS_VERIFY_OPTIONAL,
				       SMTPTLS_VERIFY_DANE };
	struct smtptls_conn *conn =
		peer_conn(peer_config(NULL, 0, 1), SMTPTLS_CLIENT);
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_int_equal(smtptls_conn_set_verify(conn, without[i]), 0);
		assert_int_equal(smtptls_conn_add_pin(conn, SMTPTLS_PIN_CERT,
						      digest, 32),
				 SMTPTLS_E_STATE);
	}
	assert_int_equal(smtptls_conn_add_tlsa(NULL, 3, 1, 1, digest, 32),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_add_tlsa(conn, 256, 1, 1, digest, 32),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_add_tlsa(conn, 3, -1, 1, digest, 32),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_add_tlsa(conn, 3, 1, 256, digest, 32),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_add_tlsa(conn, 3, 1, 1, NULL, 1),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_add_tlsa(conn, 3, 1, 0, digest, 65533),
			 SMTPTLS_E_ARG);
	/* records that another way of verifying would ignore */
	assert_int_equal(smtptls_conn_add_tlsa(conn, 255, 255, 255, digest, 3),
			 0);
	assert_int_equal(smtptls_conn_set_verify(conn, SMTPTLS_VERIFY_NONE),
			 SMTPTLS_E_STATE);
	assert_int_equal(smtptls_conn_set_verify(conn, SMTPTLS_VERIFY_DANE), 0);
	for (i = 1; i < 64; i++)
		assert_int_equal(
			smtptls_conn_add_tlsa(conn, 3, 1, 1, digest, 32), 0);
	assert_int_equal(smtptls_conn_add_tlsa(conn, 3, 1, 1, digest, 32),
			 SMTPTLS_E_LIMIT);
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_FAILED);
	smtptls_conn_free(conn);

	conn = client(SMTPTLS_VERIFY_PIN);
	assert_int_equal(smtptls_conn_add_tlsa(conn, 3, 1, 1, digest, 32),
			 SMTPTLS_E_STATE);
	assert_int_equal(
		smtptls_conn_add_pin(NULL, SMTPTLS_PIN_CERT, digest, 32),
		SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_add_pin(conn, 0, digest, 32),
			 SMTPTLS_E_ARG);
	assert_int_equal(
		smtptls_conn_add_pin(conn, SMTPTLS_PIN_SPKI + 1, digest, 32),
		SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_add_pin(conn, SMTPTLS_PIN_CERT, NULL, 32),
			 SMTPTLS_E_ARG);
	assert_int_equal(
		smtptls_conn_add_pin(conn, SMTPTLS_PIN_CERT, digest, 20),
		SMTPTLS_E_SYNTAX);
	for (i = 0; i < 16; i++)
		assert_int_equal(smtptls_conn_add_pin(conn, SMTPTLS_PIN_CERT,
						      digest, 64),
				 0);
	assert_int_equal(
		smtptls_conn_add_pin(conn, SMTPTLS_PIN_CERT, digest, 64),
		SMTPTLS_E_LIMIT);
	for (i = 0; i < 3; i++)
		assert_int_equal(smtptls_conn_set_verify(conn, without[i]),
				 SMTPTLS_E_STATE);
	assert_int_equal(smtptls_conn_set_verify(conn, SMTPTLS_VERIFY_CA), 0);
	assert_int_equal(smtptls_conn_add_name(NULL, HOST), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_add_name(conn, NULL), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_add_name(conn, "a b"), SMTPTLS_E_SYNTAX);
	assert_int_equal(smtptls_conn_set_peer(conn, HOST), 0);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	assert_int_equal(smtptls_conn_add_name(conn, HOST), SMTPTLS_E_STATE);
	assert_int_equal(
		smtptls_conn_add_pin(conn, SMTPTLS_PIN_CERT, digest, 32),
		SMTPTLS_E_STATE);
	smtptls_conn_free(conn);
}

/* ---- servers ---- */

static struct smtptls_conn *server(int verify)
{
	static const char secret[] = "0123456789abcdef0123456789abcdef";
	struct smtptls_config *config = policy_config(NULL);
	struct smtptls_conn *conn;

	add_server(config, TESTCERT_ECDSA, HOST);
	assert_int_equal(smtptls_config_set_ca_file(config, peer_ca()->file),
			 0);
	assert_int_equal(smtptls_config_set_ticket_secret(config, secret, 32),
			 0);
	freeze(config);
	conn = peer_conn(config, SMTPTLS_SERVER);
	assert_int_equal(smtptls_conn_set_verify(conn, verify), 0);
	return conn;
}

/*
 * A client with this certificate, and the ticket in *session unless that is
 * NULL; it is replaced by a new one. Returns 1 if the session was resumed.
 */
static int dial(struct smtptls_conn *conn, const char *version,
		const struct testcert *cert, gnutls_datum_t *session, int error)
{
	struct peer *peer = peer_client(version, cert);
	int resumed;

	if (session->data)
		assert_int_equal(gnutls_session_set_data(peer->tls,
							 session->data,
							 session->size),
				 0);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	peer_run(peer, conn);
	assert_int_equal(smtptls_conn_error(conn, NULL), error);
	assert_int_equal(smtptls_conn_tls_enabled(conn), error == 0);
	resumed = host_info(conn).resumed;
	gnutls_free(session->data);
	session->data = NULL;
	if (error == 0)
		assert_int_equal(gnutls_session_get_data2(peer->tls, session),
				 0);
	peer_free(peer);
	smtptls_conn_free(conn);
	return resumed;
}

static void test_server(void **state)
{
	const struct testcert *cert =
		testcert_client(NULL, TESTCERT_ECDSA, "client");
	const struct testcert *other =
		testcert_client(NULL, TESTCERT_ECDSA, "other");
	gnutls_datum_t session = { NULL, 0 };
	struct smtptls_conn *conn;
	size_t v;

	(void)state;
	for (v = 0; v < 2; v++) {
		conn = server(SMTPTLS_VERIFY_PIN);
		pin(conn, cert, SMTPTLS_PIN_SPKI);
		assert_false(dial(conn, versions[v], cert, &session, 0));
		/* the same pin: resumed; another: no ticket bypasses it */
		conn = server(SMTPTLS_VERIFY_PIN);
		pin(conn, cert, SMTPTLS_PIN_SPKI);
		assert_true(dial(conn, versions[v], cert, &session, 0));
		conn = server(SMTPTLS_VERIFY_PIN);
		pin(conn, other, SMTPTLS_PIN_SPKI);
		(void)dial(conn, versions[v], cert, &session,
			   SMTPTLS_E_CERT_PIN);
		/* nor is a ticket of a less strict server accepted */
		conn = server(SMTPTLS_VERIFY_OPTIONAL);
		assert_false(dial(conn, versions[v], cert, &session, 0));
		conn = server(SMTPTLS_VERIFY_PIN);
		pin(conn, cert, SMTPTLS_PIN_SPKI);
		assert_false(dial(conn, versions[v], cert, &session, 0));
		gnutls_free(session.data);
		session.data = NULL;
		conn = server(SMTPTLS_VERIFY_PIN);
		pin(conn, cert, SMTPTLS_PIN_SPKI);
		(void)dial(conn, versions[v], NULL, &session,
			   SMTPTLS_E_CERT_MISSING);
	}
	conn = server(SMTPTLS_VERIFY_PIN);
	assert_int_equal(smtptls_conn_accept_starttls(conn, NULL, 0),
			 SMTPTLS_E_CONFIG);
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_FAILED);
	assert_true(host_said(conn, ""));
	smtptls_conn_free(conn);
	conn = server(SMTPTLS_VERIFY_PIN);
	assert_int_equal(smtptls_conn_accept_starttls(conn, "x", 0), 501);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), SMTPTLS_E_STATE);
	assert_int_equal(smtptls_conn_set_verify(conn, SMTPTLS_VERIFY_DANE),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_add_name(conn, HOST), SMTPTLS_E_ARG);
	smtptls_conn_free(conn);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pins),
		cmocka_unit_test(test_pins_and_authorities),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_dane),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_refused_calls),
		cmocka_unit_test(test_server),
	};

	return cmocka_run_group_tests_name("expected", tests, NULL, NULL);
}
