/* SPDX-License-Identifier: MIT */
/*
 * Advice on certificates, this side's and the peer's: a GnuTLS client is
 * refused, or refuses and leaves; the changes are made exactly as the advice
 * says; and the same client is then accepted and heard.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../help/config_help.h"
#include "../help/peer.h"
#include "../help/policy_help.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define SENT	     "NOOP\r\n"

static const char *const versions[] = { PEER_TLS12, PEER_TLS13 };

/* A server as its administrator has set it up, and the client it meets. */
struct setup {
	const struct testcert *cert, *issuer; /* issuer: sent, or NULL */
	const struct testcert *more;	      /* an additional certificate */
	const struct testcert *ca[2];
	int verify, any_purpose;
	const struct testcert *shown;	/* by the client */
	const char *asked;		/* the name that the client asks for */
	const struct testcert *trusted; /* by the client; NULL: any */
};

static const struct testcert *authority(void)
{
	return testcert_ca("root");
}

static const struct testcert *sub(void)
{
	return testcert_intermediate(authority(), "sub");
}

static struct smtptls_conn *make_server(const struct setup *setup)
{
	struct smtptls_config *config = policy_config(NULL);
	struct smtptls_conn *conn;
	size_t i;
	const char *chain = testcert_join(
		setup->cert->cert, setup->issuer ? setup->issuer->cert : NULL);

	assert_int_equal(smtptls_config_add_cert_mem(
				 config, chain, strlen(chain), setup->cert->key,
				 strlen(setup->cert->key)),
			 0);
	if (setup->more)
		assert_int_equal(
			smtptls_config_add_cert_file(config, setup->more->file,
						     setup->more->file),
			0);
	for (i = 0; i < COUNT(setup->ca); i++) {
		if (setup->ca[i])
			assert_int_equal(smtptls_config_set_ca_file(
						 config, setup->ca[i]->file),
					 0);
	}
	if (setup->any_purpose)
		assert_int_equal(smtptls_config_set_client_purpose(
					 config, SMTPTLS_CLIENT_OR_SERVER_AUTH),
				 0);
	freeze(config);
	conn = peer_conn(config, SMTPTLS_SERVER);
	assert_int_equal(smtptls_conn_set_verify(conn, setup->verify), 0);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	return conn;
}

static struct peer *make_client(const struct setup *setup, const char *priority)
{
	struct peer *client = peer_client(priority, setup->shown);
	const gnutls_datum_t ca = {
		(unsigned char *)(setup->trusted ? setup->trusted->cert : ""),
		setup->trusted ? (unsigned)strlen(setup->trusted->cert) : 0
	};

	if (setup->asked)
		assert_int_equal(gnutls_server_name_set(
					 client->tls, GNUTLS_NAME_DNS,
					 setup->asked, strlen(setup->asked)),
				 0);
	if (setup->trusted)
		assert_int_equal(
			gnutls_certificate_set_x509_trust_mem(
				client->credentials, &ca, GNUTLS_X509_FMT_PEM),
			1);
	return client;
}

/* The client checks after its handshake, and leaves without an alert. */
static int is_content(const struct setup *setup, struct peer *client)
{
	unsigned status = 0;

	return client->result == 0 &&
	       (!setup->trusted ||
		(gnutls_certificate_verify_peers3(client->tls, setup->asked,
						  &status) == 0 &&
		 status == 0));
}

/* One session: 1 when the client was heard. */
static int meet(const struct setup *setup, const char *priority,
		struct smtptls_advice *advice)
{
	struct smtptls_conn *conn = make_server(setup);
	struct peer *client = make_client(setup, priority);
	const char *text;
	int heard = 0;

	peer_run(client, conn);
	if (smtptls_conn_tls_enabled(conn) && is_content(setup, client)) {
		peer_say(client, SENT);
		peer_run(client, conn);
		heard = host_reads(conn, SENT);
	} else {
		(void)smtptls_conn_input_eof(conn);
		assert_true(host_read_byte(conn) < 0);
	}
	assert_int_equal(smtptls_conn_advice(conn, advice, sizeof(*advice)), 0);
	(void)smtptls_conn_error(conn, &text);
	assert_string_equal(advice->text, text);
	assert_int_equal(advice->reason, host_info(conn).reason);
	assert_int_equal(heard, advice->reason == 0);
	smtptls_conn_free(conn);
	peer_free(client);
	return heard;
}

/* Make a change exactly as it says; an authority is found by its name. */
static void follow(struct setup *setup, const struct smtptls_change *change,
		   const struct testcert *issuer)
{
	const struct testcert *named =
		strcmp(change->word, "CN=sub") == 0	? sub()
		: strcmp(change->word, "CN=other") == 0 ? testcert_ca("other")
		: change->word[0] == '\0'		? issuer
							: NULL;

	switch (change->setting) {
	case SMTPTLS_SETTING_CA:
		assert_int_equal(change->action, SMTPTLS_CHANGE_ADD);
		assert_non_null(named);
		setup->ca[1] = named;
		break;
	case SMTPTLS_SETTING_CHAIN:
		assert_int_equal(change->action, SMTPTLS_CHANGE_ADD);
		assert_non_null(named);
		setup->issuer = named;
		break;
	case SMTPTLS_SETTING_CLIENT_PURPOSE:
		assert_int_equal(change->action, SMTPTLS_CHANGE_SET);
		assert_string_equal(change->with, "any");
		setup->any_purpose = 1;
		break;
	case SMTPTLS_SETTING_CERTIFICATE:
		assert_string_equal(change->word, "ECDSA P-256");
		if (change->action == SMTPTLS_CHANGE_ADD) {
			setup->more = testcert_server(
				authority(), TESTCERT_ECDSA, change->with);
			break;
		}
		assert_int_equal(change->action, SMTPTLS_CHANGE_REPLACE);
		if (strcmp(change->with, "serverAuth") != 0 &&
		    strcmp(change->with, "notBefore") != 0)
			assert_string_equal(change->with, "notAfter");
		setup->cert = testcert_server(authority(), TESTCERT_ECDSA,
					      "mx.example.org");
		break;
	default:
		fail_msg("setting %d", change->setting);
	}
}

static void followed(void **state)
{
	const struct testcert *root = authority(),
			      *other = testcert_ca("other");
	const char *host = "mx.example.org";
	const struct testcert *good =
		testcert_server(root, TESTCERT_ECDSA, host);
	const struct {
		struct setup setup;
		int reason[2]; /* under TLS 1.2 and 1.3 */
		int changes;
	} cases[] = {
		/* what the client objects to in the server */
		{ { .cert = testcert_server(sub(), TESTCERT_ECDSA, host),
		    .asked = host,
		    .trusted = root },
		  { SMTPTLS_REASON_LEFT_AFTER_HANDSHAKE,
		    SMTPTLS_REASON_LEFT_AFTER_HANDSHAKE },
		  1 },
		{ { .cert = good,
		    .ca = { root },
		    .asked = "b.example.org",
		    .trusted = root },
		  { SMTPTLS_REASON_LEFT_AFTER_HANDSHAKE,
		    SMTPTLS_REASON_LEFT_AFTER_HANDSHAKE },
		  1 },
		{ { .cert = testcert_leaf(root, TESTCERT_ECDSA, host, NULL,
					  -TESTCERT_DAY, -TESTCERT_HOUR),
		    .ca = { root },
		    .asked = host,
		    .trusted = root },
		  { SMTPTLS_REASON_LEFT_AFTER_HANDSHAKE,
		    SMTPTLS_REASON_LEFT_AFTER_HANDSHAKE },
		  1 },
		{ { .cert = testcert_leaf(root, TESTCERT_ECDSA, host, NULL,
					  TESTCERT_DAY, 2 * TESTCERT_DAY),
		    .ca = { root },
		    .asked = host,
		    .trusted = root },
		  { SMTPTLS_REASON_LEFT_AFTER_HANDSHAKE,
		    SMTPTLS_REASON_LEFT_AFTER_HANDSHAKE },
		  1 },
		/* what the server objects to in the client */
		{ { .cert = good,
		    .ca = { root },
		    .verify = SMTPTLS_VERIFY_CA,
		    .shown = testcert_client(other, TESTCERT_ECDSA, "c") },
		  { SMTPTLS_REASON_CERT_TRUST, SMTPTLS_REASON_CERT_TRUST },
		  1 },
		{ { .cert = good,
		    .ca = { root },
		    .verify = SMTPTLS_VERIFY_CA,
		    .shown = testcert_client(sub(), TESTCERT_ECDSA, "c") },
		  { SMTPTLS_REASON_CERT_TRUST, SMTPTLS_REASON_CERT_TRUST },
		  1 },
		{ { .cert = good,
		    .ca = { root },
		    .verify = SMTPTLS_VERIFY_CA,
		    .shown = testcert_server(root, TESTCERT_ECDSA, "c") },
		  { SMTPTLS_REASON_CERT_PURPOSE, SMTPTLS_REASON_CERT_PURPOSE },
		  1 },
	};
	struct smtptls_advice advice;
	struct setup setup;
	size_t i;
	int v, j;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		for (v = 0; v < 2; v++) {
			setup = cases[i].setup;
			assert_false(meet(&setup, versions[v], &advice));
			assert_int_equal(advice.reason, cases[i].reason[v]);
			if (advice.change_count != cases[i].changes)
				fail_msg("case %zu: %s", i, advice.text);
			for (j = 0; j < advice.change_count; j++)
				follow(&setup, &advice.changes[j], other);
			if (!meet(&setup, versions[v], &advice))
				fail_msg("case %zu, again: %s", i, advice.text);
			assert_int_equal(advice.change_count, 0);
		}
	}
}

/* A close in order is not an error, and its sentence stays. */
static void left_in_order(void **state)
{
	static const char sentence[] =
		"peer left after the handshake without a command "
		"(close_notify), as peers that reject a certificate do: the "
		"ECDSA P-256 certificate was sent without its issuer \"CN=test "
		"CA\": add that after it or, if a root, have the peer trust it";
	struct smtptls_advice advice;
	struct smtptls_conn *conn;
	struct peer *client;
	const char *text;
	int v;

	(void)state;
	for (v = 0; v < 2; v++) {
		conn = peer_established(versions[v], &client);
		assert_int_equal(gnutls_bye(client->tls, GNUTLS_SHUT_WR), 0);
		peer_run(client, conn);
		assert_int_equal(host_read_byte(conn), 0);
		assert_int_equal(smtptls_conn_state(conn), SMTPTLS_CLOSED);
		assert_int_equal(smtptls_conn_input_eof(conn), 0);
		assert_int_equal(smtptls_conn_error(conn, &text), 0);
		assert_string_equal(text, sentence);
		assert_int_equal(host_info(conn).reason,
				 SMTPTLS_REASON_LEFT_AFTER_HANDSHAKE);
		assert_int_equal(host_info(conn).tls_enabled, 1);
		assert_int_equal(
			smtptls_conn_advice(conn, &advice, sizeof(advice)), 0);
		assert_string_equal(advice.text, sentence);
		assert_int_equal(advice.change_count, 1);
		smtptls_conn_free(conn);
		peer_free(client);
		/* after a command there is no advice */
		conn = peer_established(versions[v], &client);
		peer_say(client, SENT);
		peer_run(client, conn);
		assert_true(host_reads(conn, SENT));
		assert_int_equal(gnutls_bye(client->tls, GNUTLS_SHUT_WR), 0);
		peer_run(client, conn);
		assert_int_equal(host_read_byte(conn), 0);
		assert_int_equal(smtptls_conn_error(conn, &text), 0);
		assert_string_equal(text, "");
		assert_int_equal(host_info(conn).reason, 0);
		smtptls_conn_free(conn);
		peer_free(client);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(followed),
		cmocka_unit_test(left_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
