/* SPDX-License-Identifier: MIT */
/*
 * A client's session as bytes: saved from one connection, offered on another.
 * What it is bound to, what is refused, that the certificate is verified again,
 * and that GnuTLS is asked for a session only when there is one.
 *
 * The linker replaces two of GnuTLS's functions by functions of this file.
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
#include "x509/digest.h"

#define HOST	 "mx.example.org"
#define BOUND_AT 8
#define DATA_AT	 40

/* ---- GnuTLS, observed ---- */

int __real_gnutls_session_get_data2(gnutls_session_t tls, gnutls_datum_t *data);
int __wrap_gnutls_session_get_data2(gnutls_session_t tls, gnutls_datum_t *data);
int __real_gnutls_session_get_id2(gnutls_session_t tls, gnutls_datum_t *id);
int __wrap_gnutls_session_get_id2(gnutls_session_t tls, gnutls_datum_t *id);

static int asked;     /* number of calls */
static int answer;    /* returned instead of GnuTLS's, unless 0 */
static size_t padded; /* length of the data, unless 0 */
static int no_id;

int __wrap_gnutls_session_get_data2(gnutls_session_t tls, gnutls_datum_t *data)
{
	asked++;
	if (answer)
		return answer;
	if (!padded)
		return __real_gnutls_session_get_data2(tls, data);
	data->data = gnutls_calloc(1, padded);
	assert_non_null(data->data);
	data->size = (unsigned)padded;
	return 0;
}

int __wrap_gnutls_session_get_id2(gnutls_session_t tls, gnutls_datum_t *id)
{
	int ret = __real_gnutls_session_get_id2(tls, id);

	if (no_id)
		id->size = 0;
	return ret;
}

/* ---- connections ---- */

struct kept {
	unsigned char bytes[SMTPTLS_SESSION_MAX];
	size_t len;
};

static const struct smtptls_policy_spec tls12 = { .protocols = "TLSv1.2" };
static const struct smtptls_policy_spec tls13 = { .protocols = "TLSv1.3" };
static const struct smtptls_policy_spec *const versions[] = { &tls12, &tls13 };

/* All of them share tickets. */
static struct smtptls_config *server_config(const struct testcert *cert)
{
	struct smtptls_config *config = policy_config(NULL);

	assert_int_equal(
		smtptls_config_add_cert_file(config, cert->file, cert->file),
		0);
	freeze(config);
	return config;
}

static const struct testcert *good_cert(void)
{
	static const struct testcert *cert;

	if (!cert)
		cert = testcert_server(peer_ca(), TESTCERT_ECDSA, HOST);
	return cert;
}

static struct smtptls_config *
client_config(const struct smtptls_policy_spec *spec)
{
	struct smtptls_config *config = policy_config(spec);

	assert_int_equal(smtptls_config_set_ca_file(config, peer_ca()->file),
			 0);
	return config;
}

/* A client that becomes the only owner of its configuration. */
static struct smtptls_conn *client(struct smtptls_config *config, int verify)
{
	struct smtptls_conn *conn;

	freeze(config);
	conn = peer_conn(config, SMTPTLS_CLIENT);
	assert_int_equal(smtptls_conn_set_verify(conn, verify), 0);
	assert_int_equal(smtptls_conn_set_peer(conn, HOST), 0);
	return conn;
}

/* The same, without a choice of verification. */
static struct smtptls_conn *unchosen(struct smtptls_config *config)
{
	struct smtptls_conn *conn;

	freeze(config);
	assert_int_equal(smtptls_conn_new(&conn, config, SMTPTLS_CLIENT), 0);
	smtptls_config_unref(config);
	return conn;
}

static struct smtptls_conn *usual(const struct smtptls_policy_spec *spec)
{
	return client(client_config(spec), SMTPTLS_VERIFY_CA);
}

static void offer(struct smtptls_conn *conn, const struct kept *kept)
{
	assert_int_equal(smtptls_conn_set_session(conn, kept->bytes, kept->len),
			 0);
}

/* The handshake with a server of `config`, and a line from the server. */
static struct smtptls_conn *meet(struct smtptls_conn *conn,
				 struct smtptls_config *config, int error)
{
	struct smtptls_conn *server;

	server = peer_conn(smtptls_config_ref(config), SMTPTLS_SERVER);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	assert_int_equal(smtptls_conn_start_tls(server, 0), 0);
	host_join(conn, server);
	assert_int_equal(smtptls_conn_error(conn, NULL), error);
	if (!error)
		assert_int_equal(smtptls_conn_write(server, "220 x\r\n", 7), 7);
	host_join(conn, server);
	return server;
}

static void keep(struct smtptls_conn *conn, struct kept *kept)
{
	ssize_t n = smtptls_conn_get_session(conn, kept->bytes,
					     sizeof(kept->bytes));

	assert_true(n > DATA_AT + STLS_SHA512_SIZE);
	kept->len = (size_t)n;
}

/* A whole life: 1 if it was resumed. */
static int life(struct smtptls_conn *conn, struct smtptls_config *config,
		const struct kept *offered, struct kept *kept)
{
	struct smtptls_conn *server;
	int resumed;

	if (offered)
		offer(conn, offered);
	server = meet(conn, config, 0);
	assert_true(host_reads(conn, "220 x\r\n"));
	resumed = host_info(conn).resumed;
	assert_int_equal(resumed, host_info(server).resumed);
	if (kept)
		keep(conn, kept);
	smtptls_conn_free(server);
	smtptls_conn_free(conn);
	return resumed;
}

/* Recompute the digest of the whole after a change. */
static void seal(struct kept *kept)
{
	size_t end = kept->len - STLS_SHA512_SIZE;

	stls_sha512(kept->bytes, end, kept->bytes + end);
}

/* ---- tests ---- */

static void test_resumes(void **state)
{
	struct smtptls_config *config = server_config(good_cert());
	struct kept first, second;
	size_t v;

	(void)state;
	for (v = 0; v < 2; v++) {
		assert_false(life(usual(versions[v]), config, NULL, &first));
		assert_true(life(usual(versions[v]), config, &first, &second));
		assert_true(life(usual(versions[v]), config, &second, NULL));
	}
	/* under TLS 1.3 each connection yields another */
	assert_true(first.len != second.len ||
		    memcmp(first.bytes, second.bytes, first.len) != 0);
	smtptls_config_unref(config);
}

/* When there is a session, and that GnuTLS is not asked earlier. */
static void test_when(void **state)
{
	struct smtptls_config *config = server_config(good_cert());
	struct smtptls_conn *conn = usual(&tls13), *server;
	struct kept kept;
	ssize_t n;

	(void)state;
	asked = 0;
	assert_int_equal(smtptls_conn_get_session(conn, NULL, 0),
			 SMTPTLS_E_STATE);
	server = meet(conn, config, 0);
	assert_int_equal(smtptls_conn_tls_enabled(conn), 1);
	assert_int_equal(smtptls_conn_get_session(conn, NULL, 0),
			 SMTPTLS_E_AGAIN);
	assert_int_equal(
		smtptls_conn_get_session(conn, kept.bytes, sizeof(kept.bytes)),
		SMTPTLS_E_AGAIN);
	assert_int_equal(asked, 0);
	assert_true(host_reads(conn, "220 x\r\n"));
	n = smtptls_conn_get_session(conn, NULL, 0);
	assert_true(n > 0);
	assert_int_equal(asked, 1);
	/* a buffer that is too small stays unchanged */
	memset(kept.bytes, 'x', sizeof(kept.bytes));
	assert_int_equal(
		smtptls_conn_get_session(conn, kept.bytes, (size_t)n - 1),
		SMTPTLS_E_LIMIT);
	assert_int_equal(smtptls_conn_get_session(conn, kept.bytes, 0),
			 SMTPTLS_E_LIMIT);
	assert_int_equal(kept.bytes[0], 'x');
	assert_int_equal(smtptls_conn_get_session(conn, kept.bytes, (size_t)n),
			 n);
	assert_int_equal(kept.bytes[n], 'x');
	/* also after either side has closed it in order */
	assert_int_equal(smtptls_conn_close(conn), 0);
	assert_int_equal(smtptls_conn_get_session(conn, NULL, 0), n);
	smtptls_conn_free(conn);
	smtptls_conn_free(server);

	/* before TLS 1.3, right away */
	conn = usual(&tls12);
	server = meet(conn, config, 0);
	assert_true(smtptls_conn_get_session(conn, NULL, 0) > 0);
	/* not after a failure */
	assert_int_equal(smtptls_conn_abort(conn, SMTPTLS_E_TIMEOUT), 0);
	assert_int_equal(smtptls_conn_get_session(conn, NULL, 0),
			 SMTPTLS_E_TIMEOUT);
	smtptls_conn_free(conn);
	smtptls_conn_free(server);
	smtptls_config_unref(config);
}

/* A server without tickets: resumed by session id. */
static gnutls_datum_t stored, stored_id;

static int store(void *arg, gnutls_datum_t key, gnutls_datum_t data)
{
	(void)arg;
	gnutls_free(stored.data);
	gnutls_free(stored_id.data);
	stored.data = gnutls_malloc(data.size);
	stored_id.data = gnutls_malloc(key.size);
	assert_non_null(stored.data);
	assert_non_null(stored_id.data);
	memcpy(stored.data, data.data, stored.size = data.size);
	memcpy(stored_id.data, key.data, stored_id.size = key.size);
	return 0;
}

static gnutls_datum_t retrieve(void *arg, gnutls_datum_t key)
{
	gnutls_datum_t copy = { NULL, 0 };

	(void)arg;
	if (key.size != stored_id.size ||
	    memcmp(key.data, stored_id.data, key.size) != 0)
		return copy;
	copy.data = gnutls_malloc(stored.size);
	assert_non_null(copy.data);
	memcpy(copy.data, stored.data, copy.size = stored.size);
	return copy;
}

static int id_life(const struct kept *offered, struct kept *kept)
{
	struct smtptls_config *config = policy_config(NULL);
	struct smtptls_conn *conn;
	struct peer *server = peer_server(PEER_TLS12, good_cert());
	int resumed;

	assert_int_equal(smtptls_config_set_ca_file(config, peer_ca()->file),
			 0);
	assert_int_equal(smtptls_config_set_priority(
				 config, "NORMAL:-VERS-ALL:+VERS-TLS1.2:"
					 "%NO_TICKETS"),
			 0);
	conn = client(config, SMTPTLS_VERIFY_CA);
	gnutls_db_set_store_function(server->tls, store);
	gnutls_db_set_retrieve_function(server->tls, retrieve);
	if (offered)
		offer(conn, offered);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	peer_run(server, conn);
	assert_int_equal(smtptls_conn_error(conn, NULL), 0);
	assert_int_equal(gnutls_session_get_flags(server->tls) &
				 GNUTLS_SFLAGS_SESSION_TICKET,
			 0);
	resumed = host_info(conn).resumed;
	keep(conn, kept);
	no_id = 1;
	assert_int_equal(smtptls_conn_get_session(conn, NULL, 0),
			 SMTPTLS_E_UNSUPPORTED);
	no_id = 0;
	smtptls_conn_free(conn);
	peer_free(server);
	return resumed;
}

static void test_session_id(void **state)
{
	struct kept kept;

	(void)state;
	assert_false(id_life(NULL, &kept));
	assert_true(id_life(&kept, &kept));
	assert_true(id_life(&kept, &kept));
	gnutls_free(stored.data);
	gnutls_free(stored_id.data);
}

/* ---- what it is bound to ---- */

static const unsigned char pin_a[32] = { 'a' };
static unsigned char pin_of_good[32];

static void add_pin(struct smtptls_conn *conn, const unsigned char *digest,
		    int kind)
{
	assert_int_equal(smtptls_conn_add_pin(conn, kind, digest, 32), 0);
}

static void add_tlsa(struct smtptls_conn *conn, int usage, int matching,
		     const unsigned char *digest, size_t len)
{
	assert_int_equal(
		smtptls_conn_add_tlsa(conn, usage, 1, matching, digest, len),
		0);
}

static struct smtptls_config *with_certificate(const struct testcert *cert)
{
	struct smtptls_config *config = client_config(&tls13);

	assert_int_equal(
		smtptls_config_add_cert_file(config, cert->file, cert->file),
		0);
	return config;
}

static const struct testcert *own_cert(size_t i)
{
	static const struct testcert *cert[2];

	if (!cert[i])
		cert[i] =
			testcert_client(peer_ca(), TESTCERT_ECDSA,
					i ? "b.example.org" : "a.example.org");
	return cert[i];
}

/* The usual client with one difference; 15 variants. */
enum { VARIANTS = 15 };

static struct smtptls_conn *variant(int i)
{
	static const struct smtptls_policy_spec other = {
		.protocols = "TLSv1.3", .groups = "P-256:X25519"
	};
	struct smtptls_config *config = client_config(i == 1 ? &other : &tls13);
	const struct testcert *more = testcert_ca("another CA");
	unsigned char none[64] = { 0 };
	static const char *crl;
	struct smtptls_conn *conn;
	int verify = SMTPTLS_VERIFY_CA;

	if (!crl)
		crl = testcert_file_text(testcert_crl(peer_ca(), NULL));
	if (i == 2)
		assert_int_equal(smtptls_config_set_ca_file(config, more->file),
				 0);
	if (i == 3)
		assert_int_equal(smtptls_config_set_crl_file(config, crl), 0);
	if (i == 4 || i == 5) {
		smtptls_config_unref(config);
		config = with_certificate(own_cert((size_t)i - 4));
	}
	if (i == 6)
		verify = SMTPTLS_VERIFY_OPTIONAL;
	if (i == 7)
		verify = SMTPTLS_VERIFY_NONE;
	if (i >= 12)
		verify = SMTPTLS_VERIFY_DANE;
	conn = client(config, verify);
	if (i == 8)
		assert_int_equal(smtptls_conn_add_name(conn, "b.example.org"),
				 0);
	if (i == 9 || i == 10)
		add_pin(conn, pin_of_good, SMTPTLS_PIN_SPKI);
	if (i == 10)
		add_pin(conn, pin_a, SMTPTLS_PIN_SPKI);
	if (i == 11) {
		add_pin(conn, pin_of_good, SMTPTLS_PIN_SPKI);
		add_pin(conn, pin_a, SMTPTLS_PIN_CERT);
	}
	if (i >= 12)
		add_tlsa(conn, 3, 1, pin_of_good, 32);
	if (i == 13)
		add_tlsa(conn, 3, 1, pin_a, 32);
	if (i == 14)
		add_tlsa(conn, 2, 2, none, 64);
	return conn;
}

static void test_bound(void **state)
{
	struct smtptls_config *config = server_config(good_cert());
	struct smtptls_conn *conn = usual(&tls13), *server;
	struct kept kept;
	int i, j;

	(void)state;
	server = meet(conn, config, 0);
	memcpy(pin_of_good, host_info(conn).peer_spki_sha256,
	       sizeof(pin_of_good));
	smtptls_conn_free(server);
	smtptls_conn_free(conn);
	for (i = 0; i < VARIANTS; i++) {
		assert_false(life(variant(i), config, NULL, &kept));
		for (j = 0; j < VARIANTS; j++)
			assert_int_equal(life(variant(j), config, &kept, NULL),
					 i == j);
	}
	smtptls_config_unref(config);
}

/* A server under another name is another server. */
static void test_other_peer(void **state)
{
	const struct testcert *cert = testcert_server(peer_ca(), TESTCERT_ECDSA,
						      HOST " b.example.org");
	struct smtptls_config *config = server_config(cert);
	struct smtptls_conn *conn = usual(&tls13);
	struct kept kept;

	(void)state;
	assert_false(life(usual(&tls13), config, NULL, &kept));
	assert_int_equal(smtptls_conn_set_peer(conn, "b.example.org"), 0);
	assert_false(life(conn, config, &kept, NULL));
	smtptls_config_unref(config);
}

/* A name that a plan only sends as SNI is not one that was verified. */
static void test_plan(void **state)
{
	struct smtptls_config *config = server_config(good_cert());
	const struct smtptls_plan plan = { .level = SMTPTLS_LEVEL_CA,
					   .sni = HOST,
					   .name_count = 1,
					   .name = { HOST } };
	struct smtptls_conn *conn[3];
	struct kept kept;
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		conn[i] = usual(&tls13);
		if (i == 0) {
			assert_int_equal(smtptls_conn_add_name(conn[i], HOST),
					 0);
			continue;
		}
		smtptls_conn_free(conn[i]);
		conn[i] = unchosen(client_config(&tls13));
		assert_int_equal(
			smtptls_outbound_apply(conn[i], &plan, sizeof(plan)),
			0);
	}
	assert_false(life(conn[0], config, NULL, &kept));
	assert_false(life(conn[1], config, &kept, &kept));
	assert_true(life(conn[2], config, &kept, NULL));
	smtptls_config_unref(config);
}

/* Sets match in any order. */
static void test_sets(void **state)
{
	struct smtptls_config *config = server_config(good_cert());
	struct smtptls_conn *conn[2];
	struct kept kept;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		conn[i] = usual(&tls13);
		assert_int_equal(
			smtptls_conn_add_name(conn[i], i ? "c.test" : "b.test"),
			0);
		assert_int_equal(
			smtptls_conn_add_name(conn[i], i ? "b.test" : "c.test"),
			0);
		add_pin(conn[i], i ? pin_of_good : pin_a, SMTPTLS_PIN_SPKI);
		add_pin(conn[i], i ? pin_a : pin_of_good, SMTPTLS_PIN_SPKI);
	}
	assert_false(life(conn[0], config, NULL, &kept));
	assert_true(life(conn[1], config, &kept, NULL));
	for (i = 0; i < 2; i++) {
		conn[i] = client(client_config(&tls13), SMTPTLS_VERIFY_DANE);
		add_tlsa(conn[i], 3, 1, i ? pin_of_good : pin_a, 32);
		add_tlsa(conn[i], 3, 1, i ? pin_a : pin_of_good, 32);
	}
	assert_false(life(conn[0], config, NULL, &kept));
	assert_true(life(conn[1], config, &kept, NULL));
	smtptls_config_unref(config);
}

/* ---- verification ---- */

/*
 * A certificate that was never verified, in a session that claims to have been
 * saved under verification: it is judged again, and refused.
 */
static void test_verified_again(void **state)
{
	const struct testcert *bad =
		testcert_server(testcert_ca("other CA"), TESTCERT_ECDSA, HOST);
	struct smtptls_config *config = server_config(bad),
			      *honest = server_config(good_cert());
	struct smtptls_conn *conn, *server;
	struct smtptls_info info;
	struct kept forged, kept;
	size_t v;

	(void)state;
	for (v = 0; v < 2; v++) {
		conn = client(client_config(versions[v]),
			      SMTPTLS_VERIFY_OPTIONAL);
		assert_false(life(conn, config, NULL, &forged));
		/* reported again */
		conn = client(client_config(versions[v]),
			      SMTPTLS_VERIFY_OPTIONAL);
		offer(conn, &forged);
		server = meet(conn, config, 0);
		info = host_info(conn);
		assert_int_equal(info.resumed, 1);
		assert_int_equal(info.verify, SMTPTLS_E_CERT_TRUST);
		smtptls_conn_free(server);
		smtptls_conn_free(conn);
		/* and refused where it is required */
		assert_false(life(usual(versions[v]), honest, NULL, &kept));
		memcpy(forged.bytes + BOUND_AT, kept.bytes + BOUND_AT,
		       STLS_SHA256_SIZE);
		seal(&forged);
		conn = usual(versions[v]);
		offer(conn, &forged);
		server = meet(conn, config, SMTPTLS_E_CERT_TRUST);
		info = host_info(conn);
		assert_int_equal(info.resumed, 1);
		assert_int_equal(info.tls_enabled, 0);
		assert_int_equal(info.reason, SMTPTLS_REASON_CERT_TRUST);
		assert_int_equal(smtptls_conn_get_session(conn, NULL, 0),
				 SMTPTLS_E_CERT_TRUST);
		smtptls_conn_free(server);
		smtptls_conn_free(conn);
	}
	smtptls_config_unref(config);
	smtptls_config_unref(honest);
}

/* ---- what is refused ---- */

static int try(const void *bytes, size_t len)
{
	struct smtptls_conn *conn = usual(&tls13);
	int ret = smtptls_conn_set_session(conn, bytes, len);

	smtptls_conn_free(conn);
	return ret;
}

static void test_malformed(void **state)
{
	struct smtptls_config *config = server_config(good_cert());
	struct smtptls_conn *conn = usual(&tls13);
	struct kept kept, damaged;
	size_t i;

	(void)state;
	assert_false(life(usual(&tls13), config, NULL, &kept));
	assert_int_equal(try(kept.bytes, kept.len), 0);
	for (i = 0; i < kept.len; i++) {
		assert_int_equal(smtptls_conn_set_session(conn, kept.bytes, i),
				 SMTPTLS_E_SYNTAX);
		memcpy(damaged.bytes, kept.bytes, kept.len);
		damaged.bytes[i] ^= (unsigned char)(1 << i % 8);
		assert_int_equal(
			smtptls_conn_set_session(conn, damaged.bytes, kept.len),
			SMTPTLS_E_SYNTAX);
	}
	smtptls_conn_free(conn);
	/* with a byte appended */
	assert_int_equal(try(kept.bytes, kept.len + 1), SMTPTLS_E_SYNTAX);
	/* other formats, although complete */
	for (i = 0; i < BOUND_AT; i++) {
		damaged = kept;
		damaged.bytes[i]++;
		seal(&damaged);
		assert_int_equal(try(damaged.bytes, damaged.len),
				 SMTPTLS_E_SYNTAX);
	}
	/* one byte, and none of GnuTLS's data */
	damaged = kept;
	damaged.len = DATA_AT + STLS_SHA512_SIZE;
	seal(&damaged);
	assert_int_equal(try(damaged.bytes, damaged.len), SMTPTLS_E_SYNTAX);
	damaged.len++;
	seal(&damaged);
	assert_int_equal(try(damaged.bytes, damaged.len), 0);
	smtptls_config_unref(config);
}

/* Sizes at the limit, of both parts. */
static void test_limits(void **state)
{
	static const size_t around = DATA_AT + STLS_SHA512_SIZE;
	struct smtptls_config *config = server_config(good_cert());
	struct smtptls_conn *conn = usual(&tls12), *server;
	unsigned char *bytes = test_malloc(SMTPTLS_SESSION_MAX + 1);
	ssize_t n;

	(void)state;
	server = meet(conn, config, 0);
	padded = SMTPTLS_SESSION_MAX - around + 1;
	assert_int_equal(
		smtptls_conn_get_session(conn, bytes, SMTPTLS_SESSION_MAX + 1),
		SMTPTLS_E_UNSUPPORTED);
	padded--;
	n = smtptls_conn_get_session(conn, bytes, SMTPTLS_SESSION_MAX);
	assert_int_equal(n, SMTPTLS_SESSION_MAX);
	padded = 0;
	assert_int_equal(try(bytes, SMTPTLS_SESSION_MAX), 0);
	bytes[SMTPTLS_SESSION_MAX] = 0;
	stls_sha512(bytes, SMTPTLS_SESSION_MAX + 1 - STLS_SHA512_SIZE,
		    bytes + SMTPTLS_SESSION_MAX + 1 - STLS_SHA512_SIZE);
	assert_int_equal(try(bytes, SMTPTLS_SESSION_MAX + 1), SMTPTLS_E_SYNTAX);
	test_free(bytes);

	answer = GNUTLS_E_MEMORY_ERROR;
	assert_int_equal(smtptls_conn_get_session(conn, NULL, 0),
			 SMTPTLS_E_NOMEM);
	answer = GNUTLS_E_INVALID_SESSION;
	assert_int_equal(smtptls_conn_get_session(conn, NULL, 0),
			 SMTPTLS_E_UNSUPPORTED);
	answer = 0;
	assert_int_equal(smtptls_conn_error(conn, NULL), 0);
	smtptls_conn_free(server);
	smtptls_conn_free(conn);
	smtptls_config_unref(config);
}

/*
 * What GnuTLS does not accept, such as another version's data: a full
 * handshake.
 */
static void test_not_gnutls(void **state)
{
	struct smtptls_config *config = server_config(good_cert());
	struct kept kept;
	size_t v;

	(void)state;
	for (v = 0; v < 2; v++) {
		assert_false(life(usual(versions[v]), config, NULL, &kept));
		kept.bytes[DATA_AT + 3]++;
		seal(&kept);
		assert_false(life(usual(versions[v]), config, &kept, NULL));
	}
	smtptls_config_unref(config);
}

static void test_calls(void **state)
{
	struct smtptls_config *config = server_config(good_cert());
	struct smtptls_conn *conn = usual(&tls13), *server;
	struct kept first, kept;

	(void)state;
	assert_false(life(usual(&tls13), config, NULL, &first));
	assert_false(life(usual(&tls13), config, NULL, &kept));
	assert_int_equal(smtptls_conn_set_session(NULL, kept.bytes, kept.len),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_set_session(conn, NULL, 0),
			 SMTPTLS_E_ARG);
	assert_int_equal(
		smtptls_conn_get_session(NULL, kept.bytes, sizeof(kept.bytes)),
		SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_get_session(conn, NULL, 1),
			 SMTPTLS_E_ARG);
	/* the last one counts, and a refused one leaves it in place */
	offer(conn, &first);
	offer(conn, &kept);
	assert_int_equal(smtptls_conn_set_session(conn, kept.bytes, 3),
			 SMTPTLS_E_SYNTAX);
	server = meet(conn, config, 0);
	assert_int_equal(host_info(conn).resumed, 1);
	assert_int_equal(smtptls_conn_set_session(conn, kept.bytes, kept.len),
			 SMTPTLS_E_STATE);
	assert_int_equal(smtptls_conn_set_session(server, kept.bytes, kept.len),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_get_session(server, kept.bytes,
						  sizeof(kept.bytes)),
			 SMTPTLS_E_ARG);
	smtptls_conn_free(server);
	smtptls_conn_free(conn);

	conn = usual(&tls13);
	assert_int_equal(smtptls_conn_negotiate(conn, "a", 0), 0);
	assert_int_equal(smtptls_conn_set_session(conn, kept.bytes, kept.len),
			 SMTPTLS_E_STATE);
	smtptls_conn_free(conn);
	/* offered, and never used */
	conn = usual(&tls13);
	offer(conn, &kept);
	smtptls_conn_free(conn);
	smtptls_config_unref(config);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resumes),
		cmocka_unit_test(test_when),
		cmocka_unit_test(test_session_id),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_other_peer),
		cmocka_unit_test(test_plan),
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_verified_again),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_not_gnutls),
		cmocka_unit_test(test_calls),
	};

	return cmocka_run_group_tests_name("resume", tests, NULL, NULL);
}
