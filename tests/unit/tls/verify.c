/* SPDX-License-Identifier: MIT */
/*
 * Which peers a connection accepts: client certificates by a server in each way
 * of verifying, server certificates and names by a client, and resumed
 * sessions, which must not bypass any of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <smtptls.h>
#include <smtptls/gnutls.h>

#include "../help/peer.h"
#include "../help/policy_help.h"

static const char *const versions[] = { PEER_TLS12, PEER_TLS13 };

static const char server_names[] =
	"mx.example.org *.example.net 192.0.2.1 2001:db8::1";

/* ---- clients, judged by a server ---- */

/* A revoked certificate, always the same. */
static const struct testcert *revoked(void)
{
	return testcert_client(peer_ca(), TESTCERT_ECDSA, "revoked");
}

static struct smtptls_conn *server(const char *crl, int mode)
{
	struct smtptls_config *config = policy_config(NULL);
	struct smtptls_conn *conn;

	add_server(config, TESTCERT_ECDSA, server_names);
	assert_int_equal(smtptls_config_set_ca_file(config, peer_ca()->file),
			 0);
	assert_int_equal(smtptls_config_set_crl_file(config, crl), 0);
	freeze(config);
	conn = peer_conn(config, SMTPTLS_SERVER);
	assert_int_equal(smtptls_conn_set_verify(conn, mode), 0);
	return conn;
}

struct shown {
	const char *what;
	const struct testcert *cert;
	int error;    /* 0: it is good */
	int alert[2]; /* under TLS 1.2 and 1.3 */
};

/* One handshake with a certificate, and its expected result. */
static void check_client(const struct shown *shown, const char *crl, int v,
			 int mode)
{
	struct smtptls_conn *conn = server(crl, mode);
	struct peer *client = peer_client(versions[v], shown->cert);
	int refused = mode == SMTPTLS_VERIFY_CA && shown->error;
	struct smtptls_info info;

	print_message("%s, TLS 1.%d, mode %d\n", shown->what, v + 2, mode);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	peer_run(client, conn);
	assert_int_equal(smtptls_conn_tls_enabled(conn), !refused);
	info = host_info(conn);
	if (mode == SMTPTLS_VERIFY_NONE) {
		assert_int_equal(info.peer_cert, 0);
		assert_int_equal(info.verify, 0);
	} else {
		assert_int_equal(info.peer_cert, shown->cert != NULL);
		assert_int_equal(info.verify, shown->error ? shown->error : 1);
	}
	if (refused) {
		assert_int_equal(smtptls_conn_state(conn), SMTPTLS_FAILED);
		assert_int_equal(host_read_byte(conn), shown->error);
		assert_int_equal(info.alert_sent, shown->alert[v]);
		assert_int_equal(client->alert, shown->alert[v]);
		assert_int_equal(smtptls_conn_poll(conn), 0);
	} else {
		assert_int_equal(smtptls_conn_state(conn), SMTPTLS_TLS);
		peer_say(client, "EHLO a\r\n");
		peer_run(client, conn);
		assert_true(host_reads(conn, "EHLO a\r\n"));
	}
	peer_free(client);
	smtptls_conn_free(conn);
}

static void test_client_certificates(void **state)
{
	const struct testcert *ca = peer_ca(), *other = testcert_ca("other CA");
	const struct testcert *middle = testcert_intermediate(ca, "middle CA");
	const struct testcert *leaf =
		testcert_client(middle, TESTCERT_ECDSA, "client");
	const struct testcert chain = { testcert_join(leaf->cert, middle->cert),
					leaf->key, NULL };
	const long hour = TESTCERT_HOUR;
	const struct shown all[] = {
		{ "none",
		  NULL,
		  SMTPTLS_E_CERT_MISSING,
		  { GNUTLS_A_HANDSHAKE_FAILURE,
		    GNUTLS_A_CERTIFICATE_REQUIRED } },
		{ "good",
		  testcert_client(ca, TESTCERT_ECDSA, "client"),
		  0,
		  { 0, 0 } },
		{ "good RSA",
		  testcert_client(ca, TESTCERT_RSA, "client"),
		  0,
		  { 0, 0 } },
		{ "good chain", &chain, 0, { 0, 0 } },
		{ "chain without its middle",
		  leaf,
		  SMTPTLS_E_CERT_TRUST,
		  { GNUTLS_A_UNKNOWN_CA, GNUTLS_A_UNKNOWN_CA } },
		{ "expired",
		  testcert_leaf(ca, TESTCERT_ECDSA, "client", TESTCERT_CLIENT,
				-2 * hour, -hour),
		  SMTPTLS_E_CERT_TIME,
		  { GNUTLS_A_CERTIFICATE_EXPIRED,
		    GNUTLS_A_CERTIFICATE_EXPIRED } },
		{ "not yet valid",
		  testcert_leaf(ca, TESTCERT_ECDSA, "client", TESTCERT_CLIENT,
				hour, 2 * hour),
		  SMTPTLS_E_CERT_TIME,
		  { GNUTLS_A_CERTIFICATE_EXPIRED,
		    GNUTLS_A_CERTIFICATE_EXPIRED } },
		{ "of another authority",
		  testcert_client(other, TESTCERT_ECDSA, "client"),
		  SMTPTLS_E_CERT_TRUST,
		  { GNUTLS_A_UNKNOWN_CA, GNUTLS_A_UNKNOWN_CA } },
		{ "self-signed",
		  testcert_client(NULL, TESTCERT_ECDSA, "client"),
		  SMTPTLS_E_CERT_TRUST,
		  { GNUTLS_A_UNKNOWN_CA, GNUTLS_A_UNKNOWN_CA } },
		{ "a server's",
		  testcert_server(ca, TESTCERT_ECDSA, "client"),
		  SMTPTLS_E_CERT_PURPOSE,
		  { GNUTLS_A_UNSUPPORTED_CERTIFICATE,
		    GNUTLS_A_UNSUPPORTED_CERTIFICATE } },
		{ "revoked",
		  revoked(),
		  SMTPTLS_E_CERT_REVOKED,
		  { GNUTLS_A_CERTIFICATE_REVOKED,
		    GNUTLS_A_CERTIFICATE_REVOKED } },
	};
	const char *crl = testcert_file_text(testcert_crl(ca, revoked()));
	int mode, v;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (mode = SMTPTLS_VERIFY_NONE; mode <= SMTPTLS_VERIFY_CA;
		     mode++)
			for (v = 0; v < 2; v++)
				check_client(&all[i], crl, v, mode);
}

/* A server that accepts server certificates from its clients. */
static void test_client_purpose(void **state)
{
	static const struct {
		int purpose, error;
	} all[] = { { SMTPTLS_CLIENT_AUTH, SMTPTLS_E_CERT_PURPOSE },
		    { SMTPTLS_CLIENT_OR_SERVER_AUTH, 0 } };
	const struct testcert *cert =
		testcert_server(peer_ca(), TESTCERT_ECDSA, "client");
	struct smtptls_config *config;
	struct smtptls_conn *conn;
	struct peer *client;
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		config = policy_config(NULL);
		add_server(config, TESTCERT_ECDSA, server_names);
		assert_int_equal(
			smtptls_config_set_ca_file(config, peer_ca()->file), 0);
		assert_int_equal(smtptls_config_set_client_purpose(NULL, 0),
				 SMTPTLS_E_ARG);
		assert_int_equal(smtptls_config_set_client_purpose(config, -1),
				 SMTPTLS_E_ARG);
		assert_int_equal(smtptls_config_set_client_purpose(config, 2),
				 SMTPTLS_E_ARG);
		assert_int_equal(smtptls_config_set_client_purpose(
					 config, all[i / 2].purpose),
				 0);
		freeze(config);
		assert_int_equal(smtptls_config_set_client_purpose(
					 config, SMTPTLS_CLIENT_AUTH),
				 SMTPTLS_E_STATE);
		conn = peer_conn(config, SMTPTLS_SERVER);
		client = peer_client(versions[i % 2], cert);
		assert_int_equal(
			smtptls_conn_set_verify(conn, SMTPTLS_VERIFY_CA), 0);
		assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
		peer_run(client, conn);
		assert_int_equal(smtptls_conn_error(conn, NULL),
				 all[i / 2].error);
		assert_int_equal(smtptls_conn_tls_enabled(conn),
				 all[i / 2].error == 0);
		peer_free(client);
		smtptls_conn_free(conn);
	}
}

/*
 * Under TLS 1.3 a client has finished and can send data before it is judged;
 * none of that is delivered, and the client gets no ticket.
 */
static void test_nothing_before_the_verdict(void **state)
{
	struct smtptls_conn *conn =
		peer_conn(peer_config(NULL, 1, 1), SMTPTLS_SERVER);
	struct peer *client = peer_client(PEER_TLS13, NULL);

	(void)state;
	assert_int_equal(smtptls_conn_set_verify(conn, SMTPTLS_VERIFY_CA), 0);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	peer_step(client);
	peer_send(client, conn, (size_t)-1);
	peer_receive(client, conn, (size_t)-1);
	peer_step(client);
	assert_int_equal(client->result, 0);
	peer_say(client, "EHLO a\r\n");
	peer_run(client, conn);
	assert_int_equal(host_read_byte(conn), SMTPTLS_E_CERT_MISSING);
	assert_int_equal(smtptls_conn_tls_enabled(conn), 0);
	assert_false(gnutls_session_get_flags(client->tls) &
		     GNUTLS_SFLAGS_SESSION_TICKET);
	peer_free(client);
	smtptls_conn_free(conn);
}

/* ---- servers, judged by a client ---- */

static struct smtptls_conn *client_of(const char *name, int mode)
{
	struct smtptls_conn *conn =
		peer_conn(peer_config(NULL, 0, 1), SMTPTLS_CLIENT);

	assert_int_equal(smtptls_conn_set_verify(conn, mode), 0);
	if (name)
		assert_int_equal(smtptls_conn_set_peer(conn, name), 0);
	return conn;
}

/* The verdict of a client that requires verification on a server. */
static int judge(const struct testcert *cert, const char *name, int v)
{
	struct smtptls_conn *conn = client_of(name, SMTPTLS_VERIFY_CA);
	struct peer *peer = peer_server(versions[v], cert);
	int error;

	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	peer_run(peer, conn);
	error = smtptls_conn_error(conn, NULL);
	assert_int_equal(smtptls_conn_tls_enabled(conn), error == 0);
	assert_int_equal(host_info(conn).verify, error ? error : 1);
	if (error) {
		assert_int_equal(host_read_byte(conn), error);
		assert_int_equal(peer->alert, host_info(conn).alert_sent);
	} else {
		peer_say(peer, "220 mx\r\n");
		peer_run(peer, conn);
		assert_true(host_reads(conn, "220 mx\r\n"));
		assert_int_equal(smtptls_conn_write(conn, "EHLO a\r\n", 8), 8);
		assert_int_equal(smtptls_conn_close(conn), 0);
		peer_run(peer, conn);
		assert_true(peer_queue_is(&peer->heard, "EHLO a\r\n"));
		assert_int_equal(peer->closed, 1);
	}
	peer_free(peer);
	smtptls_conn_free(conn);
	return error;
}

static void test_server_names(void **state)
{
	static const struct {
		const char *name;
		int error;
	} names[] = {
		{ "mx.example.org", 0 },
		{ "MX.Example.ORG", 0 },
		{ "mx.example.org.", 0 },
		{ "a.example.net", 0 },
		{ "192.0.2.1", 0 },
		{ "2001:db8::1", 0 },
		{ "2001:DB8:0::0:1", 0 },
		{ "mx2.example.org", SMTPTLS_E_CERT_NAME },
		{ "example.org", SMTPTLS_E_CERT_NAME },
		{ "example.net", SMTPTLS_E_CERT_NAME },
		{ "a.b.example.net", SMTPTLS_E_CERT_NAME },
		{ "192.0.2.2", SMTPTLS_E_CERT_NAME },
		{ "2001:db8::2", SMTPTLS_E_CERT_NAME },
	};
	const struct testcert *cert =
		testcert_server(peer_ca(), TESTCERT_ECDSA, server_names);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		print_message("%s\n", names[i].name);
		assert_int_equal(judge(cert, names[i].name, 0), names[i].error);
		assert_int_equal(judge(cert, names[i].name, 1), names[i].error);
	}
}

static void test_server_certificates(void **state)
{
	const struct testcert *ca = peer_ca(), *other = testcert_ca("other CA");
	const char *name = "mx.example.org";
	int v;

	(void)state;
	for (v = 0; v < 2; v++) {
		assert_int_equal(
			judge(testcert_server(ca, TESTCERT_RSA, name), name, v),
			0);
		assert_int_equal(
			judge(testcert_server(other, TESTCERT_ECDSA, name),
			      name, v),
			SMTPTLS_E_CERT_TRUST);
		assert_int_equal(
			judge(testcert_leaf(ca, TESTCERT_ECDSA, name,
					    TESTCERT_SERVER, -TESTCERT_DAY,
					    -TESTCERT_HOUR),
			      name, v),
			SMTPTLS_E_CERT_TIME);
		assert_int_equal(
			judge(testcert_client(ca, TESTCERT_ECDSA, name), name,
			      v),
			SMTPTLS_E_CERT_PURPOSE);
	}
}

/* A client that requires verification must name its server. */
static void test_verification_needs_a_name(void **state)
{
	struct smtptls_conn *conn = client_of(NULL, SMTPTLS_VERIFY_CA);
	const char *text;

	(void)state;
	assert_int_equal(smtptls_conn_start_tls(conn, 0), SMTPTLS_E_CONFIG);
	assert_int_equal(smtptls_conn_error(conn, &text), SMTPTLS_E_CONFIG);
	assert_string_equal(text, "SMTPTLS_VERIFY_CA needs the server's name: "
				  "call smtptls_conn_set_peer()");
	assert_true(host_said(conn, ""));
	smtptls_conn_free(conn);
	conn = client_of(NULL, SMTPTLS_VERIFY_CA);
	assert_int_equal(smtptls_conn_set_peer(conn, "mx.example.org"), 0);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	smtptls_conn_free(conn);
}

/* A client that does not require it goes on with any server. */
static void test_server_not_required(void **state)
{
	const struct testcert *cert = testcert_server(
		testcert_ca("other CA"), TESTCERT_ECDSA, "mx.example.org");
	struct smtptls_conn *conn;
	struct peer *peer;
	int mode;

	(void)state;
	for (mode = SMTPTLS_VERIFY_NONE; mode < SMTPTLS_VERIFY_CA; mode++) {
		conn = client_of("mx2.example.org", mode);
		peer = peer_server(PEER_TLS13, cert);
		assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
		peer_run(peer, conn);
		assert_int_equal(smtptls_conn_tls_enabled(conn), 1);
		assert_int_equal(
			host_info(conn).verify,
			mode == SMTPTLS_VERIFY_NONE ? 0 : SMTPTLS_E_CERT_TRUST);
		peer_free(peer);
		smtptls_conn_free(conn);
	}
}

/* The library on both sides. */
static void test_client_and_server(void **state)
{
	struct smtptls_conn *server_conn =
		peer_conn(peer_config(NULL, 1, 0), SMTPTLS_SERVER);
	struct smtptls_conn *conn =
		client_of("mx.example.org", SMTPTLS_VERIFY_CA);

	(void)state;
	assert_int_equal(smtptls_conn_write(conn, "STARTTLS\r\n", 10), 10);
	host_join(conn, server_conn);
	assert_true(host_reads(server_conn, "STARTTLS\r\n"));
	assert_int_equal(smtptls_conn_accept_starttls(server_conn, NULL, 0),
			 220);
	host_join(conn, server_conn);
	assert_true(host_reads(conn, "220 2.0.0 Ready to start TLS\r\n"));
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	host_join(conn, server_conn);
	assert_int_equal(smtptls_conn_tls_enabled(conn), 1);
	assert_int_equal(smtptls_conn_tls_enabled(server_conn), 1);
	assert_string_equal(host_info(server_conn).sni, "mx.example.org");
	assert_int_equal(smtptls_conn_write(conn, "QUIT\r\n", 6), 6);
	host_join(conn, server_conn);
	assert_true(host_reads(server_conn, "QUIT\r\n"));
	assert_int_equal(smtptls_conn_write(server_conn, "221\r\n", 5), 5);
	assert_int_equal(smtptls_conn_close(server_conn), 0);
	host_join(conn, server_conn);
	assert_true(host_reads(conn, "221\r\n"));
	assert_int_equal(host_read_byte(conn), 0);
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_CLOSED);
	smtptls_conn_free(server_conn);
	smtptls_conn_free(conn);
}

/* A client that gets more than the 220 in plaintext does not go on. */
static void test_client_injection(void **state)
{
	struct smtptls_conn *conn =
		client_of("mx.example.org", SMTPTLS_VERIFY_CA);

	(void)state;
	host_feed(conn, "220 go\r\n250 EVIL\r\n", 19);
	assert_true(host_reads(conn, "220 go\r\n"));
	assert_int_equal(smtptls_conn_start_tls(conn, 0), SMTPTLS_E_INJECTION);
	assert_int_equal(host_read_byte(conn), SMTPTLS_E_INJECTION);
	assert_int_equal(smtptls_conn_poll(conn), 0);
	smtptls_conn_free(conn);
}

/* ---- resumption ---- */

struct shared {
	const char *secret;
	const char *priority;
	int mode;
};

static struct smtptls_conn *shared_server(const struct shared *shared)
{
	struct smtptls_config *config = policy_config(NULL);
	struct smtptls_conn *conn;

	add_server(config, TESTCERT_ECDSA, "mx.example.org");
	assert_int_equal(smtptls_config_set_ca_file(config, peer_ca()->file),
			 0);
	if (shared->priority)
		assert_int_equal(
			smtptls_config_set_priority(config, shared->priority),
			0);
	assert_int_equal(
		smtptls_config_set_ticket_secret(config, shared->secret, 32),
		0);
	freeze(config);
	conn = peer_conn(config, SMTPTLS_SERVER);
	assert_int_equal(smtptls_conn_set_verify(conn, shared->mode), 0);
	return conn;
}

/* Resume a session on another server; 1 if it was resumed. */
static int resumes(const char *version, const struct shared *first,
		   const struct shared *second)
{
	const struct testcert *cert =
		testcert_client(peer_ca(), TESTCERT_ECDSA, "client");
	struct smtptls_conn *conn = shared_server(first);
	struct peer *client = peer_client(version, cert);
	gnutls_datum_t session;
	int resumed;

	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	peer_run(client, conn);
	assert_int_equal(host_info(conn).resumed, 0);
	assert_int_equal(smtptls_conn_tls_enabled(conn), 1);
	assert_int_equal(gnutls_session_get_data2(client->tls, &session), 0);
	peer_free(client);
	smtptls_conn_free(conn);

	conn = shared_server(second);
	client = peer_client(version, cert);
	assert_int_equal(gnutls_session_set_data(client->tls, session.data,
						 session.size),
			 0);
	gnutls_free(session.data);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	peer_run(client, conn);
	assert_int_equal(smtptls_conn_tls_enabled(conn), 1);
	resumed = gnutls_session_is_resumed(client->tls);
	assert_int_equal(host_info(conn).resumed, resumed);
	/* a resumed client is verified like any other */
	assert_int_equal(host_info(conn).verify,
			 second->mode == SMTPTLS_VERIFY_NONE ? 0 : 1);
	peer_free(client);
	smtptls_conn_free(conn);
	return resumed;
}

static void test_resumption(void **state)
{
	static const char a[] = "0123456789abcdef0123456789abcdef";
	static const char b[] = "0123456789abcdef0123456789abcdeX";
	static const char other[] = "NORMAL:-AES-128-CBC";
	const struct shared none = { a, NULL, SMTPTLS_VERIFY_NONE };
	const struct shared optional = { a, NULL, SMTPTLS_VERIFY_OPTIONAL };
	const struct shared required = { a, NULL, SMTPTLS_VERIFY_CA };
	const struct shared secret = { b, NULL, SMTPTLS_VERIFY_NONE };
	const struct shared settings = { a, other, SMTPTLS_VERIFY_NONE };
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_true(resumes(versions[i], &none, &none));
		assert_true(resumes(versions[i], &optional, &optional));
		assert_true(resumes(versions[i], &required, &required));
		assert_false(resumes(versions[i], &none, &required));
		assert_false(resumes(versions[i], &optional, &required));
		assert_false(resumes(versions[i], &required, &none));
		assert_false(resumes(versions[i], &none, &secret));
		assert_false(resumes(versions[i], &none, &settings));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_client_certificates),
		cmocka_unit_test(test_client_purpose),
		cmocka_unit_test(test_nothing_before_the_verdict),
		cmocka_unit_test(test_server_names),
		cmocka_unit_test(test_server_certificates),
		cmocka_unit_test(test_verification_needs_a_name),
		cmocka_unit_test(test_server_not_required),
		cmocka_unit_test(test_client_and_server),
		cmocka_unit_test(test_client_injection),
		cmocka_unit_test(test_resumption),
	};

	return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
