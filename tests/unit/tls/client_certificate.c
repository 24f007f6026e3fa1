/* SPDX-License-Identifier: MIT */
/*
 * Which certificate a client shows: every request of a list with every order of
 * certificates of a list, with an OpenSSL server, which reports what it was
 * shown; and some with a GnuTLS server.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/ssl.h>

#include <smtptls.h>

#include "../help/chain.h"
#include "../help/openssl_server.h"
#include "../help/peer.h"
#include "../help/policy_help.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NONE	     (-1)

/* ---- certificates ---- */

enum { R1, R2, R3, I3, UNKNOWN, AUTHORITIES };
enum { P256_R1, RSA_R1, P256_R2, P384_I3, ED_R2, IDLE_R1, LEAVES };

static struct chain_cert *authority[AUTHORITIES];
static struct chain_cert *leaf[LEAVES];
/* The authorities that a leaf's chain leads to. */
static const unsigned leads_to[LEAVES] = {
	1 << R1, 1 << R1, 1 << R2, 1 << I3 | 1 << R3, 1 << R2, 1 << R1
};

static int set_up(void **state)
{
	static const char *const names[] = { "one", "two", "three",
					     "three and a half", "four" };
	static const struct chain_spec specs[LEAVES] = {
		{ .cn = "p256-r1", .key = 20 },
		{ .cn = "rsa-r1", .rsa_bits = 2048 },
		{ .cn = "p256-r2", .key = 21 },
		{ .cn = "p384-i3", .curve = GNUTLS_ECC_CURVE_SECP384R1 },
		{ .cn = "ed-r2", .curve = GNUTLS_ECC_CURVE_ED25519 },
		{ .cn = "idle-r1",
		  .rsa_bits = 2048,
		  .usage = GNUTLS_KEY_KEY_ENCIPHERMENT },
	};
	static const int issuer[LEAVES] = { R1, R1, R2, I3, R2, R1 };
	unsigned i;

	(void)state;
	for (i = 0; i < AUTHORITIES; i++)
		authority[i] = chain_issue(
			&(const struct chain_spec){
				.cn = names[i], .ca = 1, .key = i + 1 },
			i == I3 ? authority[R3] : NULL);
	for (i = 0; i < LEAVES; i++)
		leaf[i] = chain_issue(&specs[i], authority[issuer[i]]);
	return 0;
}

static int tear_down(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < AUTHORITIES; i++)
		chain_free(authority[i]);
	for (i = 0; i < LEAVES; i++)
		chain_free(leaf[i]);
	(void)chain_end(NULL);
	return 0;
}

static void add_leaf(struct smtptls_config *config, int i)
{
	gnutls_datum_t cert, issuer = { NULL, 0 }, key;
	char *chain;

	assert_int_equal(gnutls_x509_crt_export2(leaf[i]->crt,
						 GNUTLS_X509_FMT_PEM, &cert),
			 0);
	if (i == P384_I3)
		assert_int_equal(gnutls_x509_crt_export2(authority[I3]->crt,
							 GNUTLS_X509_FMT_PEM,
							 &issuer),
				 0);
	assert_int_equal(gnutls_x509_privkey_export2_pkcs8(
				 leaf[i]->key, GNUTLS_X509_FMT_PEM, NULL,
				 GNUTLS_PKCS_PLAIN, &key),
			 0);
	chain = test_malloc(cert.size + issuer.size + 1);
	(void)sprintf(chain, "%s%s", (const char *)cert.data,
		      issuer.data ? (const char *)issuer.data : "");
	if (smtptls_config_add_cert_mem(config, chain, strlen(chain), key.data,
					key.size) < 0)
		fail_msg("%d: %s", i, smtptls_config_error(config));
	test_free(chain);
	gnutls_free(cert.data);
	gnutls_free(issuer.data);
	gnutls_free(key.data);
}

/* With these leaves in this order, terminated by NONE. */
static struct smtptls_config *config_of(const int *leaves, const char *priority)
{
	static const struct smtptls_policy_spec all = {
		.protocols = "TLSv1.1 TLSv1.2 TLSv1.3",
		.ciphers = "DEFAULT:@SECLEVEL=0"
	};
	struct smtptls_config *config = policy_config(priority ? NULL : &all);

	if (priority)
		assert_int_equal(smtptls_config_set_priority(config, priority),
				 0);
	for (; *leaves != NONE; leaves++)
		add_leaf(config, *leaves);
	freeze(config);
	return config;
}

/* ---- OpenSSL's server ---- */

struct request {
	int version;
	unsigned authorities; /* one bit each; 0: none are named */
	const char *sigalgs;
};

static int take_any(int ok, X509_STORE_CTX *store)
{
	(void)ok;
	(void)store;
	return 1;
}

static void name_authority(SSL_CTX *ctx, const struct chain_cert *cert)
{
	const unsigned char *der = cert->der.data;
	X509 *x509 = d2i_X509(NULL, &der, (long)cert->der.size);

	assert_non_null(x509);
	assert_int_equal(SSL_CTX_add_client_CA(ctx, x509), 1);
	X509_free(x509);
}

static SSL *asking_server(const struct request *request)
{
	static const struct testcert *cert;
	SSL_CTX *ctx;
	SSL *ssl;
	int i;

	if (!cert)
		cert = testcert_server(peer_ca(), TESTCERT_RSA,
				       "mx.example.org");
	ctx = openssl_server(request->version, cert);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, take_any);
	for (i = 0; i < AUTHORITIES; i++) {
		if (request->authorities >> i & 1)
			name_authority(ctx, authority[i]);
	}
	if (request->sigalgs)
		assert_int_equal(
			SSL_CTX_set1_client_sigalgs_list(ctx, request->sigalgs),
			1);
	ssl = openssl_server_accept(ctx);
	SSL_CTX_free(ctx);
	return ssl;
}

/* What the server was shown: a leaf, or NONE. */
static int shown(SSL *ssl)
{
	X509 *cert = SSL_get0_peer_certificate(ssl);
	unsigned char *der = NULL;
	int len, i;

	if (!cert)
		return NONE;
	len = i2d_X509(cert, &der);
	for (i = 0; i < LEAVES; i++) {
		if (leaf[i]->der.size == (unsigned)len &&
		    memcmp(leaf[i]->der.data, der, (size_t)len) == 0)
			break;
	}
	OPENSSL_free(der);
	assert_true(i < LEAVES);
	return i;
}

static int ask(struct smtptls_config *config, const struct request *request)
{
	struct smtptls_conn *conn =
		peer_conn(smtptls_config_ref(config), SMTPTLS_CLIENT);
	SSL *ssl = asking_server(request);
	const char *text;
	int found;

	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	openssl_server_run(ssl, conn);
	if (smtptls_conn_error(conn, &text) < 0)
		fail_msg("%x %s %x: %s", request->version,
			 request->sigalgs ? request->sigalgs : "any",
			 request->authorities, text);
	assert_true(SSL_is_init_finished(ssl));
	found = shown(ssl);
	SSL_free(ssl);
	smtptls_conn_free(conn);
	return found;
}

/* ---- every request with every order ---- */

/* The leaves whose keys can sign with these algorithms. */
struct algorithms {
	const char *list;
	unsigned tls12, tls13;
};

#define P256 (1U << P256_R1 | 1U << P256_R2)
#define P384 (1U << P384_I3)
#define RSA  (1U << RSA_R1)
#define ED   (1U << ED_R2)

static const struct algorithms algorithms[] = {
	{ NULL, P256 | P384 | RSA | ED, P256 | P384 | RSA | ED },
	{ "RSA-PSS+SHA256", RSA, RSA },
	{ "ECDSA+SHA256", P256 | P384, P256 },
	{ "ECDSA+SHA384", P256 | P384, P384 },
	{ "ECDSA+SHA384:RSA-PSS+SHA512", P256 | P384 | RSA, P384 | RSA },
	{ "ed25519", ED, ED },
	{ "ed448", 0, 0 },
};

static const unsigned names[] = {
	0,
	1U << R1,
	1U << R2,
	1U << R3,
	1U << I3,
	1U << UNKNOWN,
	1U << UNKNOWN | 1U << R2,
	1U << R1 | 1U << R3,
};

static int expected(const int *leaves, unsigned signers, unsigned authorities)
{
	for (; *leaves != NONE; leaves++) {
		if (signers >> *leaves & 1 &&
		    (authorities == 0 || leads_to[*leaves] & authorities))
			return *leaves;
	}
	return NONE;
}

static void ask_all(const int *leaves, const char *priority)
{
	struct smtptls_config *config = config_of(leaves, priority);
	struct request request;
	size_t a, n;
	int tls13;

	for (a = 0; a < COUNT(algorithms); a++) {
		request.sigalgs = algorithms[a].list;
		for (n = 0; n < COUNT(names) * 2; n++) {
			tls13 = n % 2;
			request.authorities = names[n / 2];
			request.version =
				tls13 ? TLS1_3_VERSION : TLS1_2_VERSION;
			assert_int_equal(ask(config, &request),
					 expected(leaves,
						  tls13 ? algorithms[a].tls13
							: algorithms[a].tls12,
						  request.authorities));
		}
	}
	smtptls_config_unref(config);
}

static void test_several(void **state)
{
	int order[LEAVES + 1], first, i;

	(void)state;
	for (first = 0; first < LEAVES; first += peer_slow() ? LEAVES : 1) {
		for (i = 0; i < LEAVES; i++)
			order[i] = (first + i) % LEAVES;
		order[LEAVES] = NONE;
		ask_all(order, NULL);
	}
}

static void test_one(void **state)
{
	int one[] = { 0, NONE };

	(void)state;
	for (one[0] = 0; one[0] < LEAVES; one[0]++)
		ask_all(one, NULL);
}

/* Without a policy, GnuTLS's priorities say which signatures are allowed. */
static void test_priority(void **state)
{
	static const int some[] = { ED_R2, P384_I3, RSA_R1, NONE };
	static const int ecdsa[] = { P256_R1, NONE };
	static const int two[] = { P256_R1, RSA_R1, NONE };
	const struct request request = { TLS1_2_VERSION, 0, NULL };
	const struct request tls13 = { TLS1_3_VERSION, 0, NULL };
	struct smtptls_config *config;

	(void)state;
	ask_all(some, "NORMAL");
	/* ECDSA signatures are not allowed */
	config = config_of(ecdsa, "NORMAL:-SIGN-ALL:+SIGN-RSA-PSS-RSAE-SHA256");
	assert_int_equal(ask(config, &request), NONE);
	smtptls_config_unref(config);
	/* ECDSA is allowed in one version; GnuTLS has two words for it */
	config = config_of(two, "NORMAL:-SIGN-ALL:+SIGN-RSA-PSS-RSAE-SHA256:"
				"+SIGN-ECDSA-SHA256");
	assert_int_equal(ask(config, &request), P256_R1);
	assert_int_equal(ask(config, &tls13), RSA_R1);
	smtptls_config_unref(config);
	config = config_of(two, "NORMAL:-SIGN-ALL:+SIGN-RSA-PSS-RSAE-SHA256:"
				"+SIGN-ECDSA-SECP256R1-SHA256");
	assert_int_equal(ask(config, &request), RSA_R1);
	assert_int_equal(ask(config, &tls13), P256_R1);
	smtptls_config_unref(config);
}

/* Before TLS 1.2 there are certificate types, and no algorithms. */
static void test_tls11(void **state)
{
	static const int all[] = { ED_R2, P384_I3, RSA_R1, P256_R2, NONE };
	static const int ed[] = { ED_R2, NONE };
	struct request request = { TLS1_1_VERSION, 0, NULL };
	struct smtptls_config *config = config_of(all, NULL);

	(void)state;
	assert_int_equal(ask(config, &request), P384_I3);
	request.authorities = 1U << R1;
	assert_int_equal(ask(config, &request), RSA_R1);
	request.authorities = 1U << R2;
	assert_int_equal(ask(config, &request), P256_R2);
	smtptls_config_unref(config);
	config = config_of(ed, NULL);
	request.authorities = 0;
	assert_int_equal(ask(config, &request), NONE);
	smtptls_config_unref(config);
}

/* ---- GnuTLS's server ---- */

static int ask_gnutls(struct smtptls_config *config, const char *version,
		      int trusted)
{
	struct smtptls_conn *conn =
		peer_conn(smtptls_config_ref(config), SMTPTLS_CLIENT);
	struct peer *server =
		peer_server(version, testcert_server(peer_ca(), TESTCERT_ECDSA,
						     "mx.example.org"));
	const gnutls_datum_t *chain;
	unsigned count;
	int i = NONE;

	if (trusted != NONE)
		assert_int_equal(gnutls_certificate_set_x509_trust(
					 server->credentials,
					 &authority[trusted]->crt, 1),
				 1);
	gnutls_certificate_server_set_request(server->tls, GNUTLS_CERT_REQUEST);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	peer_run(server, conn);
	assert_int_equal(smtptls_conn_error(conn, NULL), 0);
	assert_int_equal(server->result, 0);
	chain = gnutls_certificate_get_peers(server->tls, &count);
	for (i = chain ? 0 : LEAVES; i < LEAVES; i++) {
		if (chain[0].size == leaf[i]->der.size &&
		    memcmp(chain[0].data, leaf[i]->der.data, chain[0].size) ==
			    0)
			break;
	}
	peer_free(server);
	smtptls_conn_free(conn);
	return i == LEAVES ? NONE : i;
}

static void test_gnutls(void **state)
{
	static const char *const versions[] = { PEER_TLS12, PEER_TLS13 };
	static const int all[] = { P256_R1, RSA_R1, P256_R2, P384_I3, NONE };
	static const int one[] = { P256_R1, NONE };
	struct smtptls_config *several = config_of(all, NULL),
			      *single = config_of(one, NULL);
	size_t v;

	(void)state;
	for (v = 0; v < 2; v++) {
		assert_int_equal(ask_gnutls(several, versions[v], NONE),
				 P256_R1);
		assert_int_equal(ask_gnutls(several, versions[v], R2), P256_R2);
		assert_int_equal(ask_gnutls(several, versions[v], R3), P384_I3);
		assert_int_equal(ask_gnutls(several, versions[v], UNKNOWN),
				 NONE);
		assert_int_equal(ask_gnutls(single, versions[v], R1), P256_R1);
		assert_int_equal(ask_gnutls(single, versions[v], R2), NONE);
	}
	smtptls_config_unref(several);
	smtptls_config_unref(single);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_several),	 cmocka_unit_test(test_one),
		cmocka_unit_test(test_priority), cmocka_unit_test(test_tls11),
		cmocka_unit_test(test_gnutls),
	};

	return cmocka_run_group_tests_name("client_certificate", tests, set_up,
					   tear_down);
}
