/* SPDX-License-Identifier: MIT */
/*
 * What a connection reports about itself: versions, suites and groups by
 * everybody's names, the requested server name, the peer's certificate; and
 * nothing that a peer sends gets through unescaped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <gnutls/x509.h>

#include <smtptls.h>
#include <smtptls/gnutls.h>

#include "../help/peer.h"

#define TLS12 "NONE:+VERS-TLS1.2:+COMP-NULL:+SIGN-ALL:+CTYPE-X509"
#define TLS13                                                                  \
	"NONE:+VERS-TLS1.3:+COMP-NULL:+SIGN-ALL:+CTYPE-X509:+MAC-ALL:"         \
	"+ECDHE-RSA:+ECDHE-ECDSA:+DHE-RSA"

/* ---- suites ---- */

static const struct {
	const char *client;
	const char *protocol;
	const char *openssl;
	const char *iana;
	const char *gnutls;
	int bits;
	const char *group;
} suites[] = {
	{ TLS13 ":+AES-256-GCM:+GROUP-X25519", "TLSv1.3",
	  "TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384",
	  "TLS_AES_256_GCM_SHA384", 256, "X25519" },
	{ TLS13 ":+AES-128-GCM:+GROUP-SECP256R1", "TLSv1.3",
	  "TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256",
	  "TLS_AES_128_GCM_SHA256", 128, "SECP256R1" },
	{ TLS13 ":+CHACHA20-POLY1305:+GROUP-FFDHE2048", "TLSv1.3",
	  "TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256",
	  "TLS_CHACHA20_POLY1305_SHA256", 256, "FFDHE2048" },
	{ TLS12 ":+ECDHE-RSA:+AES-256-GCM:+MAC-ALL:+GROUP-X25519", "TLSv1.2",
	  "ECDHE-RSA-AES256-GCM-SHA384",
	  "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
	  "TLS_ECDHE_RSA_AES_256_GCM_SHA384", 256, "X25519" },
	{ TLS12 ":+ECDHE-ECDSA:+AES-128-GCM:+MAC-ALL:+GROUP-SECP256R1",
	  "TLSv1.2", "ECDHE-ECDSA-AES128-GCM-SHA256",
	  "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
	  "TLS_ECDHE_ECDSA_AES_128_GCM_SHA256", 128, "SECP256R1" },
	{ TLS12 ":+ECDHE-ECDSA:+CHACHA20-POLY1305:+MAC-ALL:+GROUP-X25519",
	  "TLSv1.2", "ECDHE-ECDSA-CHACHA20-POLY1305",
	  "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
	  "TLS_ECDHE_ECDSA_CHACHA20_POLY1305", 256, "X25519" },
	{ TLS12 ":+ECDHE-RSA:+AES-128-CBC:+SHA1:+GROUP-X25519", "TLSv1.2",
	  "ECDHE-RSA-AES128-SHA", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
	  "TLS_ECDHE_RSA_AES_128_CBC_SHA1", 128, "X25519" },
	{ TLS12 ":+DHE-RSA:+AES-128-GCM:+MAC-ALL:+GROUP-FFDHE2048", "TLSv1.2",
	  "DHE-RSA-AES128-GCM-SHA256", "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
	  "TLS_DHE_RSA_AES_128_GCM_SHA256", 128, "FFDHE2048" },
	{ TLS12 ":+RSA:+AES-256-GCM:+MAC-ALL", "TLSv1.2", "AES256-GCM-SHA384",
	  "TLS_RSA_WITH_AES_256_GCM_SHA384", "TLS_RSA_AES_256_GCM_SHA384", 256,
	  NULL },
	{ TLS12 ":+RSA:+AES-128-CBC:+SHA256", "TLSv1.2", "AES128-SHA256",
	  "TLS_RSA_WITH_AES_128_CBC_SHA256", "TLS_RSA_AES_128_CBC_SHA256", 128,
	  NULL },
};

static void test_suites(void **state)
{
	struct smtptls_conn *conn;
	struct smtptls_info info;
	struct peer *client;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		print_message("%s\n", suites[i].openssl);
		conn = peer_conn(peer_config("NORMAL:+SHA256", 1, 0),
				 SMTPTLS_SERVER);
		client = peer_client(suites[i].client, NULL);
		assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
		peer_run(client, conn);
		info = host_info(conn);
		assert_int_equal(info.tls_enabled, 1);
		assert_string_equal(info.protocol, suites[i].protocol);
		assert_string_equal(info.cipher_openssl, suites[i].openssl);
		assert_string_equal(info.cipher_iana, suites[i].iana);
		assert_string_equal(info.cipher_gnutls, suites[i].gnutls);
		assert_int_equal(info.cipher_bits, suites[i].bits);
		if (suites[i].group)
			assert_string_equal(info.group, suites[i].group);
		else
			assert_null(info.group);
		peer_free(client);
		smtptls_conn_free(conn);
	}
}

static void test_old_versions(void **state)
{
	static const char priority[] = "NORMAL:-VERS-ALL:+VERS-TLS1.0";
	static const char newer[] = "NORMAL:-VERS-ALL:+VERS-TLS1.1";
	static const char both[] = "NORMAL:-VERS-ALL:+VERS-TLS1.1:+VERS-TLS1.0";
	const char *clients[] = { priority, newer };
	const char *names[] = { "TLSv1", "TLSv1.1" };
	struct smtptls_conn *conn;
	struct peer *client;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		conn = peer_conn(peer_config(both, 1, 0), SMTPTLS_SERVER);
		client = peer_client(clients[i], NULL);
		assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
		peer_run(client, conn);
		assert_string_equal(host_info(conn).protocol, names[i]);
		peer_free(client);
		smtptls_conn_free(conn);
		/* not before the connection is told to */
		conn = peer_conn(peer_config(NULL, 1, 0), SMTPTLS_SERVER);
		client = peer_client(clients[i], NULL);
		assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
		peer_run(client, conn);
		assert_int_equal(smtptls_conn_error(conn, NULL),
				 SMTPTLS_E_HANDSHAKE);
		assert_int_equal(client->alert, GNUTLS_A_PROTOCOL_VERSION);
		peer_free(client);
		smtptls_conn_free(conn);
	}
}

/* ---- before the handshake, and halfway ---- */

static void assert_nothing_known(const struct smtptls_info *info)
{
	static const unsigned char zeros[32];

	assert_int_equal(info->tls_enabled, 0);
	assert_null(info->protocol);
	assert_null(info->cipher_openssl);
	assert_null(info->cipher_iana);
	assert_null(info->cipher_gnutls);
	assert_int_equal(info->cipher_bits, 0);
	assert_null(info->group);
	assert_null(info->peer_subject);
	assert_memory_equal(info->peer_cert_sha256, zeros, 32);
	assert_memory_equal(info->peer_spki_sha256, zeros, 32);
	assert_int_equal(info->peer_cert, 0);
	assert_int_equal(info->resumed, 0);
	assert_int_equal(info->verify, 0);
	assert_int_equal(info->alert_received, -1);
	assert_int_equal(info->alert_sent, -1);
	assert_int_equal(info->reason, 0);
}

static void test_before_tls(void **state)
{
	struct smtptls_conn *conn =
		peer_conn(peer_config(NULL, 1, 0), SMTPTLS_SERVER);
	struct peer *client = peer_client(PEER_TLS13, NULL);
	struct smtptls_info info = host_info(conn);

	(void)state;
	assert_nothing_known(&info);
	assert_null(info.sni);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	info = host_info(conn);
	assert_nothing_known(&info);
	assert_null(info.sni);
	/* halfway, only the name has been sent */
	assert_int_equal(gnutls_server_name_set(client->tls, GNUTLS_NAME_DNS,
						"a.example.org", 13),
			 0);
	peer_step(client);
	peer_send(client, conn, (size_t)-1);
	info = host_info(conn);
	assert_nothing_known(&info);
	assert_string_equal(info.sni, "a.example.org");
	peer_run(client, conn);
	assert_string_equal(host_info(conn).sni, "a.example.org");
	assert_string_equal(host_info(conn).protocol, "TLSv1.3");
	/* the strings stay valid */
	info = host_info(conn);
	assert_ptr_equal(info.sni, host_info(conn).sni);
	peer_free(client);
	smtptls_conn_free(conn);
}

static void test_sizes(void **state)
{
	struct peer *client;
	struct smtptls_conn *conn = peer_established(PEER_TLS13, &client);
	struct {
		struct smtptls_info info;
		unsigned char more[64];
	} large;
	const size_t old = offsetof(struct smtptls_info, cipher_bits);
	unsigned char *bytes = (unsigned char *)&large;
	size_t i;

	(void)state;
	assert_int_equal(smtptls_conn_info(conn, NULL, sizeof(large.info)),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_info(conn, &large.info, 0),
			 SMTPTLS_E_ARG);
	/* a program built against an older header */
	memset(&large, 0xa5, sizeof(large));
	assert_int_equal(smtptls_conn_info(conn, &large.info, old), 0);
	assert_int_equal(large.info.tls_enabled, 1);
	assert_string_equal(large.info.protocol, "TLSv1.3");
	for (i = old; i < sizeof(large); i++)
		assert_int_equal(bytes[i], 0xa5);
	/* and one built against a newer header */
	memset(&large, 0xa5, sizeof(large));
	assert_int_equal(smtptls_conn_info(conn, &large.info, sizeof(large)),
			 0);
	assert_string_equal(large.info.protocol, "TLSv1.3");
	for (i = 0; i < sizeof(large.more); i++)
		assert_int_equal(large.more[i], 0);
	peer_free(client);
	smtptls_conn_free(conn);
}

/* ---- the peer ---- */

static void digests(const struct testcert *cert, unsigned char whole[32],
		    unsigned char key[32])
{
	gnutls_datum_t pem = { (unsigned char *)(size_t)cert->cert,
			       (unsigned)strlen(cert->cert) };
	gnutls_x509_crt_t crt;
	size_t size = 32;

	assert_int_equal(gnutls_x509_crt_init(&crt), 0);
	assert_int_equal(gnutls_x509_crt_import(crt, &pem, GNUTLS_X509_FMT_PEM),
			 0);
	assert_int_equal(gnutls_x509_crt_get_fingerprint(crt, GNUTLS_DIG_SHA256,
							 whole, &size),
			 0);
	size = 32;
	assert_int_equal(gnutls_x509_crt_get_key_id(
				 crt, GNUTLS_KEYID_USE_SHA256, key, &size),
			 0);
	gnutls_x509_crt_deinit(crt);
}

static struct smtptls_conn *asking(const struct testcert *cert,
				   struct peer **client)
{
	struct smtptls_conn *conn =
		peer_conn(peer_config(NULL, 1, 1), SMTPTLS_SERVER);

	assert_int_equal(smtptls_conn_set_verify(conn, SMTPTLS_VERIFY_OPTIONAL),
			 0);
	*client = peer_client(PEER_TLS13, cert);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	peer_run(*client, conn);
	assert_int_equal(smtptls_conn_tls_enabled(conn), 1);
	return conn;
}

static void test_peer_certificate(void **state)
{
	unsigned char whole[32], key[32];
	struct smtptls_conn *conn;
	struct smtptls_info info;
	struct peer *client;
	int algorithm;

	(void)state;
	for (algorithm = 0; algorithm < 2; algorithm++) {
		const struct testcert *cert = testcert_client(
			peer_ca(), algorithm, "client.example.org");

		digests(cert, whole, key);
		conn = asking(cert, &client);
		info = host_info(conn);
		assert_int_equal(info.peer_cert, 1);
		assert_int_equal(info.verify, 1);
		assert_string_equal(info.peer_subject, "CN=client.example.org");
		assert_memory_equal(info.peer_cert_sha256, whole, 32);
		assert_memory_equal(info.peer_spki_sha256, key, 32);
		peer_free(client);
		smtptls_conn_free(conn);
	}
}

static void assert_printable(const char *text)
{
	for (; *text; text++)
		assert_in_range(*text, ' ', '~');
}

/* A certificate with a subject and no alternative name; `pem` holds it. */
static struct testcert named(const char *subject, gnutls_datum_t *pem)
{
	const struct testcert *other =
		testcert_client(peer_ca(), TESTCERT_ECDSA, "client");
	gnutls_datum_t key_pem = { (unsigned char *)(size_t)other->key,
				   (unsigned)strlen(other->key) };
	struct testcert cert = { NULL, other->key, NULL };
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;

	assert_int_equal(gnutls_x509_privkey_init(&key), 0);
	assert_int_equal(
		gnutls_x509_privkey_import(key, &key_pem, GNUTLS_X509_FMT_PEM),
		0);
	assert_int_equal(gnutls_x509_crt_init(&crt), 0);
	assert_int_equal(gnutls_x509_crt_set_version(crt, 3), 0);
	assert_int_equal(gnutls_x509_crt_set_serial(crt, "\1", 1), 0);
	assert_int_equal(gnutls_x509_crt_set_activation_time(crt, 0), 0);
	assert_int_equal(gnutls_x509_crt_set_expiration_time(crt, 1), 0);
	assert_int_equal(gnutls_x509_crt_set_dn_by_oid(
				 crt, GNUTLS_OID_X520_COMMON_NAME, 0, subject,
				 (unsigned)strlen(subject)),
			 0);
	assert_int_equal(gnutls_x509_crt_set_key(crt, key), 0);
	assert_int_equal(
		gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0), 0);
	assert_int_equal(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, pem),
			 0);
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
	cert.cert = (const char *)pem->data;
	return cert;
}

static void test_hostile_subject(void **state)
{
	static const char *const names[] = {
		"evil\x1b[2J", "a\r\nb", "\"a\\,b+c", "k\xc3\xa4se", "\x7f",
	};
	struct smtptls_conn *conn;
	struct smtptls_info info;
	struct testcert cert;
	gnutls_datum_t pem;
	struct peer *client;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		cert = named(names[i], &pem);
		conn = asking(&cert, &client);
		gnutls_free(pem.data);
		info = host_info(conn);
		assert_int_equal(info.peer_cert, 1);
		assert_non_null(info.peer_subject);
		assert_printable(info.peer_subject);
		if (i == 0)
			assert_string_equal(info.peer_subject,
					    "CN=evil\\x1b[2J");
		peer_free(client);
		smtptls_conn_free(conn);
	}
}

/* Names that no GnuTLS client would send, patched into its ClientHello. */
static void test_hostile_names(void **state)
{
	static const char *const names[] = {
		"../../passwd",
		"\x1b[2J\x1b[2J....",
		"a\r\nb\r\nc\r\nd\r\n",
		"a\\b\\c\\d\\e\\ff",
		"\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf7\xf6..",
		"$(reboot);:|",
		"%n%n%n%n%n%n",
	};
	static const char innocent[] = "abcdefghijkl";
	struct smtptls_conn *conn;
	struct smtptls_info info;
	struct peer *client;
	unsigned char *place;
	const char *text;
	size_t i;

	(void)state;
	for (i = 0; i <= sizeof(names) / sizeof(names[0]); i++) {
		conn = peer_conn(peer_config(NULL, 1, 0), SMTPTLS_SERVER);
		client = peer_client(PEER_TLS13, NULL);
		assert_int_equal(
			gnutls_server_name_set(client->tls, GNUTLS_NAME_DNS,
					       innocent, sizeof(innocent) - 1),
			0);
		assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
		peer_step(client);
		place = memmem(client->out.data, client->out.end, innocent,
			       sizeof(innocent) - 1);
		assert_non_null(place);
		if (i < sizeof(names) / sizeof(names[0])) {
			assert_int_equal(strlen(names[i]),
					 sizeof(innocent) - 1);
			memcpy(place, names[i], sizeof(innocent) - 1);
		} else {
			place[5] = '\0';
		}
		peer_run(client, conn);
		info = host_info(conn);
		if (info.sni)
			assert_printable(info.sni);
		(void)smtptls_conn_error(conn, &text);
		assert_printable(text);
		/* the client's transcript no longer matches */
		assert_int_equal(info.tls_enabled, 0);
		peer_free(client);
		smtptls_conn_free(conn);
	}
}

static void test_client(void **state)
{
	const struct testcert *cert =
		testcert_server(peer_ca(), TESTCERT_RSA, "mx.example.org");
	struct smtptls_conn *conn =
		peer_conn(peer_config(NULL, 0, 1), SMTPTLS_CLIENT);
	struct peer *server = peer_server(PEER_TLS12, cert);
	unsigned char whole[32], key[32];
	struct smtptls_info info;
	char name[256];
	size_t len = sizeof(name);
	unsigned type;

	(void)state;
	digests(cert, whole, key);
	assert_int_equal(smtptls_conn_set_peer(conn, "mx.example.org."), 0);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	peer_run(server, conn);
	info = host_info(conn);
	assert_int_equal(info.tls_enabled, 1);
	assert_string_equal(info.protocol, "TLSv1.2");
	assert_string_equal(info.sni, "mx.example.org");
	assert_string_equal(info.peer_subject, "CN=mx.example.org");
	assert_memory_equal(info.peer_cert_sha256, whole, 32);
	assert_memory_equal(info.peer_spki_sha256, key, 32);
	assert_int_equal(info.verify, 0);
	assert_int_equal(
		gnutls_server_name_get(server->tls, name, &len, &type, 0), 0);
	assert_string_equal(name, "mx.example.org");
	peer_free(server);
	smtptls_conn_free(conn);

	/* an address is not a name, RFC 6066 section 3 */
	conn = peer_conn(peer_config(NULL, 0, 1), SMTPTLS_CLIENT);
	server = peer_server(PEER_TLS12, cert);
	assert_int_equal(smtptls_conn_set_peer(conn, "192.0.2.1"), 0);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	peer_run(server, conn);
	assert_int_equal(host_info(conn).tls_enabled, 1);
	len = sizeof(name);
	assert_int_equal(
		gnutls_server_name_get(server->tls, name, &len, &type, 0),
		GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE);
	assert_null(host_info(conn).sni);
	peer_free(server);
	smtptls_conn_free(conn);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_suites),
		cmocka_unit_test(test_old_versions),
		cmocka_unit_test(test_before_tls),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_peer_certificate),
		cmocka_unit_test(test_hostile_subject),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_client),
	};

	return cmocka_run_group_tests_name("info", tests, NULL, NULL);
}
