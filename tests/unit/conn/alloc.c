/* SPDX-License-Identifier: MIT */
/*
 * Running out of memory: each of the library's own allocations fails in turn,
 * through the whole life of a server and of a client. Whatever fails returns
 * SMTPTLS_E_NOMEM, nothing leaks, and no byte is delivered that should not be.
 *
 * GnuTLS's allocations do not count, nor do those of the peer, which uses
 * GnuTLS's allocator.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <smtptls.h>

#include "../help/no_memory.h"
#include "../help/peer.h"
#include "x509/digest.h"

/* ---- one life ---- */

/* 1 on success; otherwise memory has run out. */
static int well(ssize_t ret)
{
	if (ret < 0)
		assert_int_equal(ret, SMTPTLS_E_NOMEM);
	return ret >= 0;
}

static struct smtptls_config *configure(const struct testcert *const certs[],
					const char *crl)
{
	static const char secret[] = "0123456789abcdef0123456789abcdef";
	struct smtptls_config *config = (void *)secret;
	size_t i;

	if (!well(smtptls_config_new(&config)))
		return config;
	for (i = 0; certs[i]; i++) {
		if (!well(smtptls_config_add_cert_file(config, certs[i]->file,
						       certs[i]->file)))
			goto failed;
	}
	if (!well(smtptls_config_set_ca_file(config, peer_ca()->file)) ||
	    !well(smtptls_config_set_crl_file(config, crl)) ||
	    !well(smtptls_config_set_ticket_secret(config, secret, 32)) ||
	    !well(smtptls_config_freeze(config)))
		goto failed;
	return config;

failed:
	smtptls_config_unref(config);
	return NULL;
}

static int feed(struct smtptls_conn *conn, const char *text)
{
	unsigned char *ptr;
	size_t len = strlen(text);

	if (smtptls_conn_input(conn, &ptr) == 0)
		return well(smtptls_conn_error(conn, NULL));
	memcpy(ptr, text, len);
	return well(smtptls_conn_input_done(conn, len));
}

/* Read one line, or an error; every byte must be the mark. */
static int listen_for(struct smtptls_conn *conn, char mark)
{
	char data[64];
	ssize_t n, i;

	n = smtptls_conn_read(conn, data, sizeof(data));
	if (!well(n))
		return 0;
	for (i = 0; i < n; i++)
		assert_true(data[i] == mark || data[i] == '\n');
	return 1;
}

static int say(struct smtptls_conn *conn, size_t len)
{
	static const char block[60000];

	return well(smtptls_conn_write(conn, block, len));
}

static int run(struct peer *peer, struct smtptls_conn *conn)
{
	peer_run(peer, conn);
	return well(smtptls_conn_error(conn, NULL));
}

/* In pieces: some may have been handed out before the rest was written. */
static void drop_output(struct smtptls_conn *conn)
{
	const unsigned char *ptr;
	size_t n;

	while ((n = smtptls_conn_output(conn, &ptr)) > 0)
		assert_int_equal(smtptls_conn_output_done(conn, n), 0);
}

/* What both roles do under TLS; the last part of it is queries. */
static int talk(struct peer *peer, struct smtptls_conn *conn)
{
	struct smtptls_info info;
	const unsigned char *ptr;

	assert_int_equal(smtptls_conn_tls_enabled(conn), 1);
	if (peer->result == 0)
		peer_say(peer, "TTTT\n");
	if (!run(peer, conn) || !listen_for(conn, 'T'))
		return 0;
	/* output that grows while part of it is pinned */
	if (!say(conn, 5) || smtptls_conn_output(conn, &ptr) == 0 ||
	    !say(conn, 3000) || !say(conn, 60000))
		return 0;
	if (!well(smtptls_conn_info(conn, &info, sizeof(info))))
		return 0;
	assert_string_equal(info.protocol, "TLSv1.3");
	if (!well(smtptls_conn_close(conn)) || !run(peer, conn))
		return 0;
	assert_int_equal(peer->closed, 1);
	return 1;
}

static int serve(struct smtptls_conn *conn, struct peer *client)
{
	if (!say(conn, 8) || !feed(conn, "PPPP\nPPP\nPP\n") ||
	    !listen_for(conn, 'P') || !listen_for(conn, 'P') ||
	    !listen_for(conn, 'P'))
		return 0;
	drop_output(conn);
	if (!well(smtptls_conn_accept_starttls(conn, NULL, 0)))
		return 0;
	drop_output(conn);
	return run(client, conn) && talk(client, conn);
}

/* At its end a connection has nothing left to send and only its error. */
static void end(struct smtptls_conn *conn)
{
	int error = smtptls_conn_error(conn, NULL);

	if (error) {
		assert_int_equal(smtptls_conn_state(conn), SMTPTLS_FAILED);
		while (listen_for(conn,
				  smtptls_conn_tls_enabled(conn) ? 'T' : 'P'))
			;
		drop_output(conn);
		assert_int_equal(smtptls_conn_poll(conn), 0);
	}
	smtptls_conn_free(conn);
}

static int server_life(const struct testcert *const certs[], const char *crl)
{
	struct smtptls_config *config = configure(certs, crl);
	struct smtptls_conn *conn = NULL;
	struct peer *client;
	int done = 0;

	if (!config)
		return 0;
	client = peer_client(PEER_TLS13, certs[1]);
	if (!well(smtptls_conn_new(&conn, config, SMTPTLS_SERVER)))
		goto out;
	assert_int_equal(smtptls_conn_set_verify(conn, SMTPTLS_VERIFY_OPTIONAL),
			 0);
	done = serve(conn, client);
	end(conn);
out:
	smtptls_config_unref(config);
	peer_free(client);
	return done;
}

/* From one life of a client to the next; the server's key changes each time. */
static unsigned char kept[SMTPTLS_SESSION_MAX];
static size_t kept_len;

static void keep(struct smtptls_conn *conn)
{
	ssize_t n = smtptls_conn_get_session(conn, kept, sizeof(kept));

	assert_true(n > 0);
	kept_len = (size_t)n;
}

static int offer(struct smtptls_conn *conn)
{
	return kept_len == 0 ||
	       well(smtptls_conn_set_session(conn, kept, kept_len));
}

static int client_life(const struct testcert *const certs[], const char *crl)
{
	static const struct testcert *const none[] = { NULL };
	struct smtptls_config *config = configure(none, crl);
	struct smtptls_conn *conn = NULL;
	struct peer *server;
	int done = 0;

	if (!config)
		return 0;
	server = peer_server(PEER_TLS13, certs[0]);
	if (!well(smtptls_conn_new(&conn, config, SMTPTLS_CLIENT)))
		goto out;
	assert_int_equal(smtptls_conn_set_verify(conn, SMTPTLS_VERIFY_CA), 0);
	done = well(smtptls_conn_set_peer(conn, "mx.example.org")) &&
	       offer(conn) && well(smtptls_conn_start_tls(conn, 0)) &&
	       run(server, conn) && talk(server, conn);
	if (done)
		keep(conn);
	end(conn);
out:
	smtptls_config_unref(config);
	peer_free(server);
	return done;
}

/* What a client expects of its server's certificate, and by which names. */
static int expect(struct smtptls_conn *conn, int verify,
		  const struct testcert *cert)
{
	gnutls_datum_t pem = { (unsigned char *)cert->cert,
			       (unsigned)strlen(cert->cert) };
	unsigned char digest[STLS_SHA256_SIZE];
	gnutls_datum_t der;
	int done;

	assert_int_equal(gnutls_pem_base64_decode2(NULL, &pem, &der), 0);
	stls_sha256(der.data, der.size, digest);
	assert_int_equal(smtptls_conn_set_verify(conn, verify), 0);
	done = well(smtptls_conn_add_name(conn, "a.example.org"));
	if (done && verify == SMTPTLS_VERIFY_PIN)
		done = well(smtptls_conn_add_pin(conn, SMTPTLS_PIN_CERT, digest,
						 sizeof(digest)));
	else if (done)
		done = well(smtptls_conn_add_tlsa(conn, 2, 0, 1, digest,
						  sizeof(digest))) &&
		       well(smtptls_conn_add_tlsa(conn, 3, 0, 0, der.data,
						  der.size));
	gnutls_free(der.data);
	return done;
}

static int expecting_life(int verify, const struct testcert *const certs[],
			  const char *crl)
{
	static const struct testcert *const none[] = { NULL };
	struct smtptls_config *config = configure(none, crl);
	struct smtptls_conn *conn = NULL;
	struct peer *server;
	int done = 0;

	if (!config)
		return 0;
	server = peer_server(PEER_TLS13, certs[0]);
	if (!well(smtptls_conn_new(&conn, config, SMTPTLS_CLIENT)))
		goto out;
	done = expect(conn, verify, certs[0]) &&
	       well(smtptls_conn_start_tls(conn, 0)) && run(server, conn) &&
	       talk(server, conn);
	end(conn);
out:
	smtptls_config_unref(config);
	peer_free(server);
	return done;
}

static int pin_life(const struct testcert *const certs[], const char *crl)
{
	return expecting_life(SMTPTLS_VERIFY_PIN, certs, crl);
}

static int dane_life(const struct testcert *const certs[], const char *crl)
{
	return expecting_life(SMTPTLS_VERIFY_DANE, certs, crl);
}

/* A connection that is set up from a plan. */
static int plan_life(const struct testcert *const certs[], const char *crl)
{
	static const struct testcert *const none[] = { NULL };
	static const unsigned char digest[32];
	static const struct smtptls_tlsa record = { 2, 0, 1, digest, 32 };
	const struct smtptls_plan plan = { .level = SMTPTLS_LEVEL_DANE,
					   .sni = "mx.example.org",
					   .name_count = 2,
					   .name = { "mx.example.org",
						     "example.org" },
					   .tlsa = &record,
					   .tlsa_count = 1 };
	struct smtptls_config *config = configure(none, crl);
	struct smtptls_conn *conn = NULL;
	int done = 0;

	(void)certs;
	if (!config)
		return 0;
	if (!well(smtptls_conn_new(&conn, config, SMTPTLS_CLIENT)))
		goto out;
	done = well(smtptls_outbound_apply(conn, &plan, sizeof(plan)));
	/* without memory the connection has failed, and stays failed */
	if (!done)
		assert_int_equal(smtptls_conn_start_tls(conn, 0),
				 SMTPTLS_E_NOMEM);
	end(conn);
out:
	smtptls_config_unref(config);
	return done;
}

/* A plaintext reply, to what was sent before. */
static int hear(struct smtptls_conn *conn, const char *reply)
{
	drop_output(conn);
	return feed(conn, reply);
}

/* From the greeting on; the plaintext dialogue is the test's own. */
static int negotiating_life(const struct testcert *const certs[],
			    const char *crl)
{
	static const struct testcert *const none[] = { NULL };
	struct smtptls_config *config = configure(none, crl);
	struct smtptls_conn *conn = NULL;
	struct peer *server;
	int done = 0;

	if (!config)
		return 0;
	server = peer_server(PEER_TLS13, certs[0]);
	if (!well(smtptls_conn_new(&conn, config, SMTPTLS_CLIENT)))
		goto out;
	assert_int_equal(smtptls_conn_set_verify(conn, SMTPTLS_VERIFY_CA), 0);
	done = well(smtptls_conn_set_peer(conn, "mx.example.org")) &&
	       well(smtptls_conn_negotiate(conn, "a", 0)) &&
	       hear(conn, "220 x\r\n") &&
	       hear(conn, "250-x\r\n250 STARTTLS\r\n") &&
	       hear(conn, "220 x\r\n") && run(server, conn) &&
	       talk(server, conn);
	end(conn);
out:
	smtptls_config_unref(config);
	peer_free(server);
	return done;
}

/* ---- each allocation in turn ---- */

static void each_fails(int life(const struct testcert *const certs[],
				const char *crl),
		       int least)
{
	const struct testcert *certs[] = {
		testcert_server(peer_ca(), TESTCERT_ECDSA, "mx.example.org"),
		/* an expired certificate, which causes a warning */
		testcert_leaf(peer_ca(), TESTCERT_RSA, "mx.example.org", NULL,
			      -2 * TESTCERT_HOUR, -TESTCERT_HOUR),
		NULL
	};
	const char *crl = testcert_file_text(testcert_crl(peer_ca(), NULL));
	int n, done = 0;

	/* without a failure it works */
	assert_int_equal(life(certs, crl), 1);
	for (n = 0; !done; n++) {
		assert_true(n < 1000);
		allocations_failed = 0;
		allocations_left = n;
		done = life(certs, crl);
		allocations_left = -1;
		/*
		 * a failure is never ignored, and none is reported without a
		 * cause
		 */
		assert_int_equal(done, allocations_failed == 0);
	}
	print_message("%d allocations\n", n - 1);
	assert_true(n > least);
}

static void test_server(void **state)
{
	(void)state;
	each_fails(server_life, 15);
}

static void test_client(void **state)
{
	(void)state;
	each_fails(client_life, 8);
}

static void test_negotiating_client(void **state)
{
	(void)state;
	each_fails(negotiating_life, 9);
}

static void test_expecting_client(void **state)
{
	(void)state;
	each_fails(pin_life, 9);
	each_fails(dane_life, 9);
	each_fails(plan_life, 7);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_server),
		cmocka_unit_test(test_client),
		cmocka_unit_test(test_negotiating_client),
		cmocka_unit_test(test_expecting_client),
	};

	return cmocka_run_group_tests_name("alloc", tests, NULL, NULL);
}
