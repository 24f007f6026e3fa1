/* SPDX-License-Identifier: MIT */
/*
 * fuzz_session: a client's session as bytes that were modified.
 *
 * The input is offered as it is, which is never accepted; then it describes
 * modifications of a session that a connection returned. Its first byte chooses
 * the TLS version; each three bytes that follow are a change; and there is a
 * size.
 *
 * What must hold: modified bytes are refused, and so never reach GnuTLS; with a
 * correct digest they are accepted, but a session that was bound to something
 * else is not offered. Unmodified bytes resume. What GnuTLS does with forged
 * data is not tested: session data are trusted like a key.
 */
#include <string.h>

#include <smtptls.h>

#include "../unit/help/peer.h"
#include "conn/state.h"
#include "fuzz.h"
#include "tls/session_bytes.h"
#include "x509/digest.h"

#define BOUND_AT 8
#define DATA_AT	 40

struct kept {
	unsigned char bytes[SMTPTLS_SESSION_MAX + 1];
	size_t len;
};

static struct smtptls_config *server_config, *client_config;

static struct smtptls_conn *connection(int tls13)
{
	struct smtptls_conn *conn;

	conn = peer_conn(smtptls_config_ref(client_config), SMTPTLS_CLIENT);
	CHECK(smtptls_conn_set_verify(conn, tls13 ? SMTPTLS_VERIFY_CA
						  : SMTPTLS_VERIFY_OPTIONAL) ==
	      0);
	CHECK(smtptls_conn_set_peer(conn, "mx.example.org") == 0);
	return conn;
}

/* The handshake, and a byte from the server; 1 if the session was resumed. */
static int meet(struct smtptls_conn *conn, struct kept *kept)
{
	struct smtptls_conn *server;
	int resumed;
	ssize_t n;

	server = peer_conn(smtptls_config_ref(server_config), SMTPTLS_SERVER);
	CHECK(smtptls_conn_start_tls(conn, 0) == 0);
	CHECK(smtptls_conn_start_tls(server, 0) == 0);
	host_join(conn, server);
	CHECK(smtptls_conn_write(server, "x", 1) == 1);
	host_join(conn, server);
	CHECK(host_reads(conn, "x"));
	resumed = host_info(conn).resumed;
	if (kept) {
		n = smtptls_conn_get_session(conn, kept->bytes,
					     SMTPTLS_SESSION_MAX);
		CHECK(n > DATA_AT + STLS_SHA512_SIZE);
		kept->len = (size_t)n;
	}
	smtptls_conn_free(server);
	return resumed;
}

static void begin(struct kept kept[2])
{
	int tls13;

	server_config = peer_config(NULL, 1, 0);
	client_config = peer_config(NULL, 0, 1);
	for (tls13 = 0; tls13 < 2; tls13++) {
		struct smtptls_conn *conn = connection(tls13);

		CHECK(!meet(conn, &kept[tls13]));
		smtptls_conn_free(conn);
	}
}

static void change(struct kept *kept, const uint8_t *edit)
{
	size_t at = ((size_t)edit[0] << 4 | edit[1] >> 4) % (kept->len + 1);

	switch (edit[1] % 4) {
	case 0: /* cut */
		kept->len = at;
		break;
	case 1: /* insert */
		if (kept->len == sizeof(kept->bytes))
			break;
		memmove(kept->bytes + at + 1, kept->bytes + at, kept->len - at);
		kept->bytes[at] = edit[2];
		kept->len++;
		break;
	case 2: /* remove */
		if (at == kept->len)
			break;
		memmove(kept->bytes + at, kept->bytes + at + 1,
			kept->len - at - 1);
		kept->len--;
		break;
	default:
		if (at < kept->len)
			kept->bytes[at] ^= edit[2];
		break;
	}
}

static int same(const struct kept *a, const struct kept *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

/* A complete session that was bound to something else. */
static void check_bound(const struct kept *kept, int tls13, unsigned at)
{
	struct smtptls_conn *conn = connection(tls13);
	struct kept other = *kept;
	size_t end = kept->len - STLS_SHA512_SIZE;
	gnutls_datum_t data;

	other.bytes[BOUND_AT + at % STLS_SHA256_SIZE] ^= 1;
	stls_sha512(other.bytes, end, other.bytes + end);
	CHECK(smtptls_conn_set_session(conn, kept->bytes, kept->len) == 0);
	CHECK(stls_session_bytes_open(conn->config, &conn->expected, &data));
	CHECK(data.size == kept->len - DATA_AT - STLS_SHA512_SIZE);
	CHECK(memcmp(data.data, kept->bytes + DATA_AT, data.size) == 0);
	CHECK(smtptls_conn_set_session(conn, other.bytes, other.len) == 0);
	CHECK(!stls_session_bytes_open(conn->config, &conn->expected, &data));
	smtptls_conn_free(conn);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct kept kept[2];
	struct smtptls_conn *conn;
	struct kept changed;
	int tls13, ret;
	size_t i;

	if (!server_config)
		begin(kept);
	if (size == 0)
		return 0;
	tls13 = data[0] % 2;
	conn = connection(tls13);
	CHECK(smtptls_conn_set_session(conn, data, size) == SMTPTLS_E_SYNTAX);
	changed = kept[tls13];
	for (i = 1; size - i >= 3; i += 3)
		change(&changed, data + i);
	ret = smtptls_conn_set_session(conn, changed.bytes, changed.len);
	CHECK(ret == (same(&changed, &kept[tls13]) ? 0 : SMTPTLS_E_SYNTAX));
	if (ret == 0)
		CHECK(meet(conn, NULL));
	smtptls_conn_free(conn);
	check_bound(&kept[tls13], tls13, data[0] / 2);
	return 0;
}
