/* SPDX-License-Identifier: MIT */
/*
 * status: facts about a session that only GnuTLS knows, and that the verdict on
 * the peer takes into account: an OCSP status that the server sends or must
 * send, and the profile of a priority string of the host's. OpenSSL makes the
 * responses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <smtptls.h>

#include "../help/ocsp_response.h"
#include "../help/peer.h"
#include "../help/policy_help.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define HOST	     "mx.example.org"

enum response { NONE, GOOD, REVOKED, OF_ANOTHER, STALE };

static const struct chain_spec root = {
	.cn = "root", .ca = 1, .usage = GNUTLS_KEY_KEY_CERT_SIGN, .key = 1
};

static const struct row {
	const char *what;
	int staple; /* must-staple */
	enum response response;
	const char *priority; /* of the client; NULL: it has a policy */
	int error, reason, alert;
} rows[] = {
	{ .what = "nothing" },
	{ .what = "good", .response = GOOD },
	{ .what = "good, as demanded", .staple = 1, .response = GOOD },
	{ .what = "nothing, but demanded",
	  .staple = 1,
	  .error = SMTPTLS_E_CERT_TRUST,
	  .reason = SMTPTLS_REASON_CERT_STATUS,
	  .alert = GNUTLS_A_BAD_CERTIFICATE },
	{ .what = "too old",
	  .response = STALE,
	  .error = SMTPTLS_E_CERT_TRUST,
	  .reason = SMTPTLS_REASON_CERT_STATUS,
	  .alert = 113 },
	{ .what = "too old, though demanded",
	  .staple = 1,
	  .response = STALE,
	  .error = SMTPTLS_E_CERT_TRUST,
	  .reason = SMTPTLS_REASON_CERT_STATUS,
	  .alert = 113 },
	{ .what = "revoked",
	  .response = REVOKED,
	  .error = SMTPTLS_E_CERT_REVOKED,
	  .reason = SMTPTLS_REASON_CERT_REVOKED },
	{ .what = "another's",
	  .response = OF_ANOTHER,
	  .error = SMTPTLS_E_CERT_TRUST,
	  .reason = SMTPTLS_REASON_CERT_STATUS,
	  .alert = 113 },
	{ .what = "nothing, by priority", .priority = "NORMAL" },
	{ .what = "revoked, by priority",
	  .response = REVOKED,
	  .priority = "NORMAL",
	  .error = SMTPTLS_E_CERT_REVOKED,
	  .reason = SMTPTLS_REASON_CERT_REVOKED },
	{ .what = "weak by the priority's profile",
	  .priority = "NORMAL:%PROFILE_ULTRA",
	  .error = SMTPTLS_E_CERT_WEAK,
	  .reason = SMTPTLS_REASON_CERT_WEAK },
};

/* The server's response; GnuTLS would check it if it were loaded. */
static int give(gnutls_session_t tls, void *arg, gnutls_datum_t *copy)
{
	const gnutls_datum_t *response = arg;

	(void)tls;
	copy->data = gnutls_malloc(response->size);
	if (!copy->data)
		return GNUTLS_E_MEMORY_ERROR;
	memcpy(copy->data, response->data, response->size);
	copy->size = response->size;
	return 0;
}

typedef struct peer *peer_maker(const char *priority,
				const struct testcert *cert);

static struct peer *peer_of(peer_maker *make, const char *priority,
			    const struct chain_cert *leaf)
{
	gnutls_datum_t cert, key;
	struct testcert pem = { NULL, NULL, NULL };
	struct peer *peer;

	assert_int_equal(
		gnutls_x509_crt_export2(leaf->crt, GNUTLS_X509_FMT_PEM, &cert),
		0);
	assert_int_equal(gnutls_x509_privkey_export2(leaf->key,
						     GNUTLS_X509_FMT_PEM, &key),
			 0);
	pem.cert = (const char *)cert.data;
	pem.key = (const char *)key.data;
	peer = make(priority, &pem);
	gnutls_free(cert.data);
	gnutls_free(key.data);
	return peer;
}

/* A connection that trusts only this authority. */
static struct smtptls_conn *conn_of(struct smtptls_config *config, int role,
				    const struct chain_cert *ca)
{
	struct smtptls_conn *conn;
	gnutls_datum_t pem;

	assert_int_equal(
		gnutls_x509_crt_export2(ca->crt, GNUTLS_X509_FMT_PEM, &pem), 0);
	assert_int_equal(smtptls_config_set_ca_file(
				 config, testcert_file(pem.data, pem.size)),
			 0);
	gnutls_free(pem.data);
	freeze(config);
	conn = peer_conn(config, role);
	assert_int_equal(smtptls_conn_set_verify(conn, SMTPTLS_VERIFY_CA), 0);
	return conn;
}

static struct smtptls_conn *client_of(const struct chain_cert *ca,
				      const char *priority)
{
	struct smtptls_config *config;
	struct smtptls_conn *conn;

	if (priority) {
		assert_int_equal(smtptls_config_new(&config), 0);
		assert_int_equal(smtptls_config_set_priority(config, priority),
				 0);
	} else {
		config = policy_config(NULL);
	}
	conn = conn_of(config, SMTPTLS_CLIENT, ca);
	assert_int_equal(smtptls_conn_set_peer(conn, HOST), 0);
	return conn;
}

static void check_row(const struct row *row, const char *version)
{
	const struct chain_spec spec = { .cn = HOST,
					 .san = { "dns:" HOST },
					 .staple = row->staple,
					 .key = 2 };
	struct chain_cert *ca = chain_issue(&root, NULL);
	struct chain_cert *leaf = chain_issue(&spec, ca);
	struct chain_cert *other = chain_issue(&spec, ca);
	struct smtptls_conn *conn = client_of(ca, row->priority);
	struct peer *peer = peer_of(peer_server, version, leaf);
	struct ocsp_spec said = { .issuer = ca };
	gnutls_datum_t response = { NULL, 0 };

	print_message("%s, %s\n", row->what, version);
	if (row->response != NONE) {
		said.leaf = row->response == OF_ANOTHER ? other : leaf;
		if (row->response == REVOKED)
			said.status = V_OCSP_CERTSTATUS_REVOKED;
		if (row->response == STALE)
			said.from = -7200, said.until = -3600;
		response = ocsp_respond(&said);
		gnutls_certificate_set_ocsp_status_request_function(
			peer->credentials, give, &response);
	}
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	peer_run(peer, conn);
	assert_int_equal(smtptls_conn_error(conn, NULL), row->error);
	assert_int_equal(host_info(conn).reason, row->reason);
	if (row->alert)
		assert_int_equal(peer->alert, row->alert);
	assert_int_equal(smtptls_conn_tls_enabled(conn), row->error == 0);
	peer_free(peer);
	free(response.data);
	smtptls_conn_free(conn);
	chain_free(other);
	chain_free(leaf);
	chain_free(ca);
}

static void test_rows(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		check_row(&rows[i], PEER_TLS12);
		check_row(&rows[i], PEER_TLS13);
	}
}

/* A client sends no status. */
static void test_client(void **state)
{
	const struct chain_spec spec = { .cn = "client",
					 .staple = 1,
					 .key = 2 };
	struct chain_cert *ca = chain_issue(&root, NULL);
	struct chain_cert *leaf = chain_issue(&spec, ca);
	struct smtptls_config *config = policy_config(NULL);
	struct smtptls_conn *conn;
	struct peer *peer = peer_of(peer_client, PEER_TLS13, leaf);

	(void)state;
	add_server(config, TESTCERT_ECDSA, HOST);
	conn = conn_of(config, SMTPTLS_SERVER, ca);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	peer_run(peer, conn);
	assert_int_equal(host_info(conn).verify, 1);
	peer_free(peer);
	smtptls_conn_free(conn);
	chain_free(leaf);
	chain_free(ca);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_client),
	};

	return cmocka_run_group_tests_name("status", tests, NULL, chain_end);
}
