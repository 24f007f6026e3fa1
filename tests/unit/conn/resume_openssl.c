/* SPDX-License-Identifier: MIT */
/*
 * A client's sessions with an OpenSSL server: by ticket and by session id, and
 * what the client gets where the server issues neither.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <smtptls.h>

#include "../help/openssl_server.h"
#include "../help/peer.h"

struct kept {
	unsigned char bytes[SMTPTLS_SESSION_MAX];
	ssize_t len; /* or an error */
};

static struct smtptls_config *config;

static int set_up(void **state)
{
	(void)state;
	config = peer_config(NULL, 0, 1);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	smtptls_config_unref(config);
	return 0;
}

static SSL_CTX *server(int version)
{
	static const struct testcert *cert;

	if (!cert)
		cert = testcert_server(peer_ca(), TESTCERT_ECDSA,
				       "mx.example.org");
	return openssl_server(version, cert);
}

/* One connection, which may offer a session, and saves one: 1 if resumed. */
static int life(SSL_CTX *ctx, struct kept *kept, int offers)
{
	struct smtptls_conn *conn =
		peer_conn(smtptls_config_ref(config), SMTPTLS_CLIENT);
	SSL *ssl = openssl_server_accept(ctx);
	int resumed;

	assert_int_equal(smtptls_conn_set_verify(conn, SMTPTLS_VERIFY_CA), 0);
	assert_int_equal(smtptls_conn_set_peer(conn, "mx.example.org"), 0);
	if (offers)
		assert_int_equal(smtptls_conn_set_session(conn, kept->bytes,
							  (size_t)kept->len),
				 0);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	openssl_server_run(ssl, conn);
	assert_int_equal(smtptls_conn_error(conn, NULL), 0);
	assert_int_equal(SSL_write(ssl, "hi", 2), 2);
	openssl_server_run(ssl, conn);
	assert_true(host_reads(conn, "hi"));
	resumed = host_info(conn).resumed;
	assert_int_equal(host_info(conn).verify, 1);
	assert_int_equal(SSL_session_reused(ssl), resumed);
	kept->len = smtptls_conn_get_session(conn, kept->bytes,
					     sizeof(kept->bytes));
	/* otherwise OpenSSL would drop the session */
	(void)SSL_shutdown(ssl);
	SSL_free(ssl);
	smtptls_conn_free(conn);
	return resumed;
}

static void three_times(SSL_CTX *ctx)
{
	struct kept kept;

	assert_false(life(ctx, &kept, 0));
	assert_true(kept.len > 0);
	assert_true(life(ctx, &kept, 1));
	assert_true(kept.len > 0);
	assert_true(life(ctx, &kept, 1));
	SSL_CTX_free(ctx);
}

static void test_tickets(void **state)
{
	(void)state;
	three_times(server(TLS1_2_VERSION));
	three_times(server(TLS1_3_VERSION));
}

/* The server stores the session; its TLS 1.3 ticket is only a reference. */
static void test_stateful(void **state)
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	SSL_CTX *ctx;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		ctx = server(versions[i]);
		SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
		three_times(ctx);
	}
}

static void test_nothing_to_keep(void **state)
{
	SSL_CTX *ctx = server(TLS1_2_VERSION);
	struct kept kept;

	(void)state;
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	assert_false(life(ctx, &kept, 0));
	assert_int_equal(kept.len, SMTPTLS_E_UNSUPPORTED);
	SSL_CTX_free(ctx);

	ctx = server(TLS1_3_VERSION);
	assert_int_equal(SSL_CTX_set_num_tickets(ctx, 0), 1);
	assert_false(life(ctx, &kept, 0));
	assert_int_equal(kept.len, SMTPTLS_E_AGAIN);
	SSL_CTX_free(ctx);
}

/* A server that has lost its keys makes a full handshake. */
static void test_forgotten(void **state)
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	struct kept kept;
	SSL_CTX *ctx;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		ctx = server(versions[i]);
		assert_false(life(ctx, &kept, 0));
		SSL_CTX_free(ctx);
		ctx = server(versions[i]);
		assert_false(life(ctx, &kept, 1));
		assert_true(life(ctx, &kept, 1));
		SSL_CTX_free(ctx);
		/* nor does a server of another version resume */
		ctx = server(versions[!i]);
		assert_false(life(ctx, &kept, 1));
		SSL_CTX_free(ctx);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tickets),
		cmocka_unit_test(test_stateful),
		cmocka_unit_test(test_nothing_to_keep),
		cmocka_unit_test(test_forgotten),
	};

	return cmocka_run_group_tests_name("resume_openssl", tests, set_up,
					   tear_down);
}
