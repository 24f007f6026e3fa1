/* SPDX-License-Identifier: MIT */
/*
 * channel_binding: both types, in both roles, against the values OpenSSL has
 * for the same session.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/x509.h>

#include <smtptls.h>

#include "../help/chain.h"
#include "../help/openssl_server.h"
#include "../help/openssl_wire.h"
#include "../help/peer.h"
#include "../help/policy_help.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define END_POINT    SMTPTLS_CB_TLS_SERVER_END_POINT
#define EXPORTER     SMTPTLS_CB_TLS_EXPORTER

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static const struct row {
	const char *what;
	gnutls_digest_algorithm_t hash; /* of the certificate's signature */
	ssize_t size;
	gnutls_ecc_curve_t curve;
	int rsa_bits;
} rows[] = {
	{ "SHA-256", GNUTLS_DIG_SHA256, 32, GNUTLS_ECC_CURVE_SECP256R1, 0 },
	{ "SHA-384", GNUTLS_DIG_SHA384, 48, GNUTLS_ECC_CURVE_SECP384R1, 0 },
	{ "SHA-512", GNUTLS_DIG_SHA512, 64, GNUTLS_ECC_CURVE_SECP521R1, 0 },
	{ "RSA, SHA-512", GNUTLS_DIG_SHA512, 64, 0, 2048 },
	{ "RSA, SHA-1", GNUTLS_DIG_SHA1, 32, 0, 2048 },
	{ "RSA, MD5", GNUTLS_DIG_MD5, 32, 0, 2048 },
	{ "Ed25519", GNUTLS_DIG_SHA512, SMTPTLS_E_UNSUPPORTED,
	  GNUTLS_ECC_CURVE_ED25519, 0 },
	{ "Ed448", GNUTLS_DIG_SHAKE_256, SMTPTLS_E_UNSUPPORTED,
	  GNUTLS_ECC_CURVE_ED448, 0 },
};

/* Self-signed; certificate and key in one file. */
static struct testcert make(const struct row *row)
{
	const struct chain_spec spec = { .cn = "mx.example.org",
					 .san = { "dns:mx.example.org" },
					 .curve = row->curve,
					 .rsa_bits = row->rsa_bits,
					 .hash = row->hash };
	struct chain_cert *made = chain_issue(&spec, NULL);
	struct testcert cert = { NULL, NULL, chain_file(made) };

	chain_free(made);
	return cert;
}

/* With a server certificate or none, and optionally a second one. */
static struct smtptls_config *config_of(const struct testcert *cert,
					const struct testcert *other)
{
	static const char secret[32] = "the same for all of these tests";
	struct smtptls_config *config;

	assert_int_equal(smtptls_config_new(&config), 0);
	assert_int_equal(smtptls_config_set_priority(config, "NORMAL"), 0);
	assert_int_equal(smtptls_config_set_ticket_secret(config, secret,
							  sizeof(secret)),
			 0);
	if (cert)
		assert_int_equal(smtptls_config_add_cert_file(
					 config, cert->file, cert->file),
				 0);
	if (other)
		assert_int_equal(smtptls_config_add_cert_file(
					 config, other->file, other->file),
				 0);
	assert_int_equal(smtptls_config_freeze(config), 0);
	return config;
}

/* ---- OpenSSL's ---- */

/* RFC 5929 section 4.1, or 0; computed as PostgreSQL does. */
static size_t hash_of(const X509 *x509, unsigned char *hash)
{
	const EVP_MD *digest;
	unsigned len;
	int nid;

	assert_int_equal(
		X509_get_signature_info((X509 *)x509, &nid, NULL, NULL, NULL),
		1);
	if (nid == NID_undef)
		return 0;
	digest = nid == NID_md5 || nid == NID_sha1 ? EVP_sha256()
						   : EVP_get_digestbynid(nid);
	assert_int_equal(X509_digest(x509, digest, hash, &len), 1);
	return len;
}

static void check_end_point(struct smtptls_conn *conn, const X509 *x509,
			    ssize_t size)
{
	unsigned char data[SMTPTLS_CHANNEL_BINDING_MAX] = { 0 };
	unsigned char wanted[EVP_MAX_MD_SIZE];

	assert_int_equal(hash_of(x509, wanted), size > 0 ? size : 0);
	assert_int_equal(smtptls_conn_channel_binding(conn, END_POINT, data,
						      sizeof(data)),
			 size);
	if (size > 0)
		assert_memory_equal(data, wanted, (size_t)size);
}

static void check_exporter(struct smtptls_conn *conn, SSL *ssl)
{
	static const char label[] = "EXPORTER-Channel-Binding";
	unsigned char data[32] = { 0 }, wanted[32];

	assert_int_equal(SSL_export_keying_material(ssl, wanted, sizeof(wanted),
						    label, sizeof(label) - 1,
						    (const unsigned char *)"",
						    0, 1),
			 1);
	assert_int_equal(smtptls_conn_channel_binding(conn, EXPORTER, data,
						      sizeof(data)),
			 32);
	assert_memory_equal(data, wanted, sizeof(data));
}

static SSL *client_of(int version, long options, SSL_SESSION *session)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl;

	MUST(ctx);
	SSL_CTX_set_security_level(ctx, 0);
	MUST(SSL_CTX_set_min_proto_version(ctx, version));
	MUST(SSL_CTX_set_max_proto_version(ctx, version));
	SSL_CTX_set_options(ctx, (uint64_t)options);
	ssl = SSL_new(ctx);
	MUST(ssl);
	SSL_CTX_free(ctx);
	if (session)
		MUST(SSL_set_session(ssl, session));
	openssl_wire(ssl);
	SSL_set_connect_state(ssl);
	return ssl;
}

/* A server of the library after its handshake with `ssl`. */
static struct smtptls_conn *serve(struct smtptls_config *config, SSL *ssl)
{
	struct smtptls_conn *conn =
		peer_conn(smtptls_config_ref(config), SMTPTLS_SERVER);

	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	openssl_server_run(ssl, conn);
	assert_int_equal(smtptls_conn_tls_enabled(conn), 1);
	return conn;
}

/* ---- the same at both ends ---- */

static void test_server(void **state)
{
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct testcert cert = make(&rows[i]);
		struct smtptls_config *config = config_of(&cert, NULL);

		for (j = 0; j < COUNT(versions); j++) {
			SSL *ssl = client_of(versions[j], 0, NULL);
			struct smtptls_conn *conn = serve(config, ssl);

			print_message("%s\n", rows[i].what);
			check_end_point(conn, SSL_get0_peer_certificate(ssl),
					rows[i].size);
			check_exporter(conn, ssl);
			smtptls_conn_free(conn);
			SSL_free(ssl);
		}
		smtptls_config_unref(config);
	}
}

static void test_client(void **state)
{
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct testcert cert = make(&rows[i]);

		for (j = 0; j < COUNT(versions); j++) {
			SSL_CTX *ctx = openssl_server(versions[j], &cert);
			SSL *ssl = openssl_server_accept(ctx);
			struct smtptls_conn *conn = peer_conn(
				config_of(NULL, NULL), SMTPTLS_CLIENT);

			print_message("%s\n", rows[i].what);
			assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
			openssl_server_run(ssl, conn);
			assert_int_equal(smtptls_conn_tls_enabled(conn), 1);
			check_end_point(conn, SSL_get_certificate(ssl),
					rows[i].size);
			check_exporter(conn, ssl);
			smtptls_conn_free(conn);
			SSL_free(ssl);
			SSL_CTX_free(ctx);
		}
	}
}

/* ---- sessions without a binding ---- */

static void test_no_extended_master_secret(void **state)
{
	struct testcert cert = make(&rows[0]);
	struct smtptls_config *config = config_of(&cert, NULL);
	SSL *ssl = client_of(TLS1_2_VERSION, SSL_OP_NO_EXTENDED_MASTER_SECRET,
			     NULL);
	struct smtptls_conn *conn = serve(config, ssl);
	unsigned char data[SMTPTLS_CHANNEL_BINDING_MAX];

	(void)state;
	assert_int_equal(smtptls_conn_channel_binding(conn, EXPORTER, data,
						      sizeof(data)),
			 SMTPTLS_E_UNSUPPORTED);
	check_end_point(conn, SSL_get0_peer_certificate(ssl), 32);
	smtptls_conn_free(conn);
	SSL_free(ssl);
	smtptls_config_unref(config);
}

static SSL_SESSION *session_of(struct smtptls_config *config, int version)
{
	SSL *ssl = client_of(version, 0, NULL);
	struct smtptls_conn *conn = serve(config, ssl);
	SSL_SESSION *session;
	char byte;

	/* TLS 1.3 tickets come after the handshake. */
	(void)SSL_read(ssl, &byte, 1);
	session = SSL_get1_session(ssl);
	MUST(session);
	SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(ssl);
	smtptls_conn_free(conn);
	return session;
}

/* Which of several certificates a resumed session used is not known. */
static void test_resumed(void **state)
{
	struct testcert cert = make(&rows[0]), other = make(&rows[3]);
	unsigned char data[SMTPTLS_CHANNEL_BINDING_MAX];
	size_t i;
	int several;

	(void)state;
	for (i = 0; i < 2 * COUNT(versions); i++) {
		struct smtptls_config *config;
		SSL_SESSION *session;
		struct smtptls_conn *conn;
		SSL *ssl;

		several = i >= COUNT(versions);
		config = config_of(&cert, several ? &other : NULL);
		session = session_of(config, versions[i % COUNT(versions)]);
		ssl = client_of(versions[i % COUNT(versions)], 0, session);
		conn = serve(config, ssl);
		assert_int_equal(SSL_session_reused(ssl), 1);
		check_exporter(conn, ssl);
		if (several)
			assert_int_equal(
				smtptls_conn_channel_binding(
					conn, END_POINT, data, sizeof(data)),
				SMTPTLS_E_UNSUPPORTED);
		else
			check_end_point(conn, SSL_SESSION_get0_peer(session),
					32);
		smtptls_conn_free(conn);
		SSL_free(ssl);
		SSL_SESSION_free(session);
		smtptls_config_unref(config);
	}
}

/* No certificate was shown. */
static void test_anonymous(void **state)
{
	const struct smtptls_policy_spec spec = {
		.ciphers = "AECDH-AES128-SHA:@SECLEVEL=0"
	};
	struct testcert cert = make(&rows[0]);
	unsigned char data[SMTPTLS_CHANNEL_BINDING_MAX];
	gnutls_anon_client_credentials_t anonymous;
	struct peer *client = peer_client(
		"NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ANON-ECDH", NULL);
	struct smtptls_config *config = policy_config(&spec);
	struct smtptls_conn *conn;

	(void)state;
	assert_int_equal(
		smtptls_config_add_cert_file(config, cert.file, cert.file), 0);
	assert_int_equal(smtptls_config_freeze(config), 0);
	assert_int_equal(gnutls_anon_allocate_client_credentials(&anonymous),
			 0);
	assert_int_equal(
		gnutls_credentials_set(client->tls, GNUTLS_CRD_ANON, anonymous),
		0);
	conn = peer_conn(config, SMTPTLS_SERVER);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	peer_run(client, conn);
	assert_int_equal(client->result, 0);
	assert_int_equal(smtptls_conn_channel_binding(conn, END_POINT, data,
						      sizeof(data)),
			 SMTPTLS_E_UNSUPPORTED);
	assert_int_equal(smtptls_conn_channel_binding(conn, EXPORTER, data,
						      sizeof(data)),
			 32);
	smtptls_conn_free(conn);
	peer_free(client);
	gnutls_anon_free_client_credentials(anonymous);
}

/* ---- calls ---- */

static void test_calls(void **state)
{
	unsigned char data[32] = { 0 }, zeros[32] = { 0 };
	struct peer *client;
	struct smtptls_conn *conn =
		peer_conn(peer_config(NULL, 1, 0), SMTPTLS_SERVER);

	(void)state;
	assert_int_equal(smtptls_conn_channel_binding(conn, EXPORTER, data, 32),
			 SMTPTLS_E_STATE);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	assert_int_equal(smtptls_conn_channel_binding(conn, EXPORTER, data, 32),
			 SMTPTLS_E_STATE);
	smtptls_conn_free(conn);
	conn = peer_established(PEER_TLS13, &client);
	assert_int_equal(smtptls_conn_channel_binding(NULL, EXPORTER, data, 32),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_channel_binding(conn, EXPORTER, NULL, 32),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_channel_binding(conn, -1, data, 32),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_channel_binding(conn, 2, data, 32),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_channel_binding(conn, EXPORTER, data, 31),
			 SMTPTLS_E_LIMIT);
	assert_memory_equal(data, zeros, sizeof(data));
	assert_int_equal(smtptls_conn_close(conn), 0);
	peer_run(client, conn);
	assert_int_equal(smtptls_conn_channel_binding(conn, EXPORTER, data, 32),
			 32);
	smtptls_conn_free(conn);
	peer_free(client);
	conn = peer_established(PEER_TLS13, &client);
	assert_int_equal(smtptls_conn_abort(conn, SMTPTLS_E_TIMEOUT), 0);
	assert_int_equal(smtptls_conn_channel_binding(conn, EXPORTER, data, 32),
			 SMTPTLS_E_TIMEOUT);
	smtptls_conn_free(conn);
	peer_free(client);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_server),
		cmocka_unit_test(test_client),
		cmocka_unit_test(test_no_extended_master_secret),
		cmocka_unit_test(test_resumed),
		cmocka_unit_test(test_anonymous),
		cmocka_unit_test(test_calls),
	};

	return cmocka_run_group_tests_name("channel_binding", tests, NULL,
					   chain_end);
}
