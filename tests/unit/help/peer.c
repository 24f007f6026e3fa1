/* SPDX-License-Identifier: MIT */
/*
 * peer: the other side of a struct smtptls_conn, in plain GnuTLS and in memory.
 *
 * A peer is a GnuTLS session over two byte queues. It does nothing by itself: a
 * test moves bytes between it and a connection in pieces of its own choice and
 * lets the peer process them. What goes wrong on the peer's side is recorded in
 * struct peer for the test; what must not go wrong ends the program.
 *
 * A client sends its certificate whatever authorities the server names. Memory
 * comes from GnuTLS's allocator, so that a test that makes the library's
 * allocations fail does not affect the peer.
 */
#include "peer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* No test needs this many moves; an endless loop would. */
#define MOVES_MAX 2000000

#define MUST(condition)                                                        \
	do {                                                                   \
		if (!(condition))                                              \
			broken(#condition, __FILE__, __LINE__);                \
	} while (0)

__attribute__((noreturn)) static void broken(const char *what, const char *file,
					     int line)
{
	fprintf(stderr, "%s:%d: %s does not hold\n", file, line, what);
	abort();
}

/* ---- queues ---- */

void peer_queue_add(struct peer_queue *queue, const void *data, size_t len)
{
	if (len == 0)
		return;
	if (queue->size - queue->end < len) {
		size_t size = (queue->end + len) * 2;
		unsigned char *grown = gnutls_realloc(queue->data, size);

		MUST(grown);
		queue->data = grown;
		queue->size = size;
	}
	memcpy(queue->data + queue->end, data, len);
	queue->end += len;
}

size_t peer_queue_len(const struct peer_queue *queue)
{
	return queue->end - queue->start;
}

const unsigned char *peer_queue_data(const struct peer_queue *queue)
{
	return queue->data ? queue->data + queue->start : NULL;
}

void peer_queue_drop(struct peer_queue *queue, size_t n)
{
	MUST(n <= peer_queue_len(queue));
	queue->start += n;
	if (queue->start == queue->end)
		queue->start = queue->end = 0;
}

void peer_queue_free(struct peer_queue *queue)
{
	gnutls_free(queue->data);
	memset(queue, 0, sizeof(*queue));
}

int peer_queue_is(const struct peer_queue *queue, const char *text)
{
	size_t len = peer_queue_len(queue);

	return len == strlen(text) &&
	       (len == 0 || memcmp(peer_queue_data(queue), text, len) == 0);
}

/* ---- transport ---- */

static ssize_t pull(gnutls_transport_ptr_t ptr, void *data, size_t len)
{
	struct peer *peer = ptr;
	size_t n = peer_queue_len(&peer->in);

	if (n == 0) {
		if (peer->ended)
			return 0;
		gnutls_transport_set_errno(peer->tls, EAGAIN);
		return -1;
	}
	if (n > len)
		n = len;
	memcpy(data, peer_queue_data(&peer->in), n);
	peer_queue_drop(&peer->in, n);
	return (ssize_t)n;
}

static ssize_t push(gnutls_transport_ptr_t ptr, const void *data, size_t len)
{
	struct peer *peer = ptr;

	peer_queue_add(&peer->out, data, len);
	return (ssize_t)len;
}

/* ---- life ---- */

static struct peer *peer_new(unsigned flags, const char *priority,
			     const struct testcert *cert)
{
	struct peer *peer = gnutls_calloc(1, sizeof(*peer));
	gnutls_datum_t pem[2];

	MUST(peer);
	peer->result = GNUTLS_E_AGAIN;
	peer->alert = -1;
	MUST(gnutls_certificate_allocate_credentials(&peer->credentials) == 0);
	if (cert) {
		pem[0].data = (unsigned char *)(size_t)cert->cert;
		pem[0].size = (unsigned)strlen(cert->cert);
		pem[1].data = (unsigned char *)(size_t)cert->key;
		pem[1].size = (unsigned)strlen(cert->key);
		MUST(gnutls_certificate_set_x509_key_mem(
			     peer->credentials, &pem[0], &pem[1],
			     GNUTLS_X509_FMT_PEM) == 0);
	}
	MUST(gnutls_init(&peer->tls, flags | GNUTLS_NONBLOCK) == 0);
	MUST(gnutls_priority_set_direct(peer->tls, priority, NULL) == 0);
	MUST(gnutls_credentials_set(peer->tls, GNUTLS_CRD_CERTIFICATE,
				    peer->credentials) == 0);
	gnutls_transport_set_ptr(peer->tls, peer);
	gnutls_transport_set_pull_function(peer->tls, pull);
	gnutls_transport_set_push_function(peer->tls, push);
	return peer;
}

struct peer *peer_client(const char *priority, const struct testcert *cert)
{
	return peer_new(GNUTLS_CLIENT | GNUTLS_FORCE_CLIENT_CERT, priority,
			cert);
}

struct peer *peer_server(const char *priority, const struct testcert *cert)
{
	struct peer *peer = peer_new(GNUTLS_SERVER, priority, cert);

	MUST(gnutls_certificate_set_known_dh_params(
		     peer->credentials, GNUTLS_SEC_PARAM_MEDIUM) == 0);
	MUST(gnutls_session_ticket_key_generate(&peer->ticket_key) == 0);
	MUST(gnutls_session_ticket_enable_server(peer->tls,
						 &peer->ticket_key) == 0);
	return peer;
}

void peer_free(struct peer *peer)
{
	if (!peer)
		return;
	gnutls_deinit(peer->tls);
	gnutls_certificate_free_credentials(peer->credentials);
	gnutls_free(peer->ticket_key.data);
	peer_queue_free(&peer->in);
	peer_queue_free(&peer->out);
	peer_queue_free(&peer->heard);
	gnutls_free(peer);
}

/* ---- TLS ---- */

static void note_alert(struct peer *peer, int ret)
{
	if (ret == GNUTLS_E_WARNING_ALERT_RECEIVED ||
	    ret == GNUTLS_E_FATAL_ALERT_RECEIVED)
		peer->alert = (int)gnutls_alert_get(peer->tls);
}

static void hear(struct peer *peer)
{
	char data[4096];
	ssize_t n;

	while (!peer->error && !peer->closed) {
		n = gnutls_record_recv(peer->tls, data, sizeof(data));
		note_alert(peer, (int)n);
		if (n > 0)
			peer_queue_add(&peer->heard, data, (size_t)n);
		else if (n == 0)
			peer->closed = 1;
		else if (n == GNUTLS_E_AGAIN && peer_queue_len(&peer->in) == 0)
			return;
		else if (gnutls_error_is_fatal((int)n))
			peer->error = (int)n;
	}
}

void peer_step(struct peer *peer)
{
	size_t in, out;

	while (peer->result != 0 && !gnutls_error_is_fatal(peer->result)) {
		in = peer_queue_len(&peer->in);
		out = peer_queue_len(&peer->out);
		peer->result = gnutls_handshake(peer->tls);
		note_alert(peer, peer->result);
		if (peer->result == GNUTLS_E_AGAIN &&
		    in == peer_queue_len(&peer->in) &&
		    out == peer_queue_len(&peer->out))
			return;
	}
	if (peer->result == 0)
		hear(peer);
}

void peer_say_bytes(struct peer *peer, const void *data, size_t len)
{
	size_t sent = 0;
	ssize_t n;

	while (sent < len) {
		n = gnutls_record_send(peer->tls, (const char *)data + sent,
				       len - sent);
		MUST(n > 0);
		sent += (size_t)n;
	}
}

void peer_say(struct peer *peer, const char *text)
{
	peer_say_bytes(peer, text, strlen(text));
}

void peer_inject(struct peer *peer, const void *data, size_t len)
{
	peer_queue_add(&peer->out, data, len);
}

/* ---- moving ---- */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t peer_send(struct peer *peer, struct smtptls_conn *conn, size_t max)
{
	unsigned char *ptr;
	size_t n = least(peer_queue_len(&peer->out), max);

	if (n == 0)
		return 0;
	n = least(n, smtptls_conn_input(conn, &ptr));
	if (n == 0)
		return 0;
	memcpy(ptr, peer_queue_data(&peer->out), n);
	peer_queue_drop(&peer->out, n);
	(void)smtptls_conn_input_done(conn, n);
	return n;
}

size_t peer_receive(struct peer *peer, struct smtptls_conn *conn, size_t max)
{
	const unsigned char *ptr;
	size_t n = least(smtptls_conn_output(conn, &ptr), max);

	if (n > 0)
		peer_queue_add(&peer->in, ptr, n);
	MUST(smtptls_conn_output_done(conn, n) == 0);
	return n;
}

void peer_run_cut(struct peer *peer, struct smtptls_conn *conn, peer_cut *cut,
		  void *arg)
{
	size_t moved, left;
	long moves;

	for (moves = 0; moves < MOVES_MAX; moves++) {
		peer_step(peer);
		left = peer_queue_len(&peer->out);
		moved = left ? peer_send(peer, conn, cut(arg, left)) : 0;
		moved += peer_receive(peer, conn, (size_t)-1);
		if (moved == 0)
			return;
	}
	broken("a run ends", __FILE__, __LINE__);
}

static size_t whole(void *arg, size_t left)
{
	(void)arg;
	return left;
}

void peer_run(struct peer *peer, struct smtptls_conn *conn)
{
	peer_run_cut(peer, conn, whole, NULL);
}

/* ---- the host's side ---- */

void host_feed(struct smtptls_conn *conn, const void *data, size_t len)
{
	const char *next = data;
	unsigned char *ptr;
	size_t n;

	while (len > 0) {
		n = least(len, smtptls_conn_input(conn, &ptr));
		MUST(n > 0);
		memcpy(ptr, next, n);
		(void)smtptls_conn_input_done(conn, n);
		next += n;
		len -= n;
	}
}

ssize_t host_read(struct smtptls_conn *conn, struct peer_queue *heard,
		  size_t size)
{
	char data[4096];
	ssize_t n;

	MUST(size <= sizeof(data));
	while ((n = smtptls_conn_read(conn, data, size)) > 0)
		peer_queue_add(heard, data, (size_t)n);
	return n;
}

int host_reads(struct smtptls_conn *conn, const char *text)
{
	char data[256];
	ssize_t n = smtptls_conn_read(conn, data, sizeof(data));

	return n > 0 && (size_t)n == strlen(text) &&
	       memcmp(data, text, (size_t)n) == 0;
}

ssize_t host_read_byte(struct smtptls_conn *conn)
{
	char byte;

	return smtptls_conn_read(conn, &byte, 1);
}

struct smtptls_info host_info(struct smtptls_conn *conn)
{
	struct smtptls_info info;

	MUST(smtptls_conn_info(conn, &info, sizeof(info)) == 0);
	return info;
}

static size_t carry(struct smtptls_conn *from, struct smtptls_conn *to)
{
	const unsigned char *out;
	unsigned char *in;
	size_t n = least(smtptls_conn_output(from, &out),
			 smtptls_conn_input(to, &in));

	if (n > 0)
		memcpy(in, out, n);
	(void)smtptls_conn_input_done(to, n);
	MUST(smtptls_conn_output_done(from, n) == 0);
	return n;
}

void host_join(struct smtptls_conn *a, struct smtptls_conn *b)
{
	long moves = 0;

	while (carry(a, b) + carry(b, a) > 0)
		MUST(moves++ < MOVES_MAX);
}

int host_said(struct smtptls_conn *conn, const char *text)
{
	const unsigned char *ptr;
	size_t n = smtptls_conn_output(conn, &ptr);
	int same = n == strlen(text) && (n == 0 || memcmp(ptr, text, n) == 0);

	MUST(smtptls_conn_output_done(conn, n) == 0);
	return same;
}

/* ---- configurations ---- */

const struct testcert *peer_ca(void)
{
	static const struct testcert *ca;

	if (!ca)
		ca = testcert_ca("test CA");
	return ca;
}

struct smtptls_config *peer_config(const char *priority, int with_cert,
				   int with_ca)
{
	static const struct testcert *ecdsa, *rsa;
	struct smtptls_config *config;

	if (with_cert && !ecdsa) {
		ecdsa = testcert_server(peer_ca(), TESTCERT_ECDSA,
					"mx.example.org");
		rsa = testcert_server(peer_ca(), TESTCERT_RSA,
				      "mx.example.org");
	}
	MUST(smtptls_config_new(&config) == 0);
	if (with_cert) {
		MUST(smtptls_config_add_cert_file(config, ecdsa->file,
						  ecdsa->file) == 0);
		MUST(smtptls_config_add_cert_file(config, rsa->file,
						  rsa->file) == 0);
	}
	if (with_ca)
		MUST(smtptls_config_set_ca_file(config, peer_ca()->file) == 0);
	if (priority)
		MUST(smtptls_config_set_priority(config, priority) == 0);
	MUST(smtptls_config_freeze(config) == 0);
	return config;
}

struct smtptls_conn *peer_conn(struct smtptls_config *config, int role)
{
	struct smtptls_conn *conn;

	MUST(smtptls_conn_new(&conn, config, role) == 0);
	if (role == SMTPTLS_CLIENT)
		MUST(smtptls_conn_set_verify(conn, SMTPTLS_VERIFY_NONE) == 0);
	smtptls_config_unref(config);
	return conn;
}

struct smtptls_conn *peer_established(const char *priority,
				      struct peer **client)
{
	struct smtptls_conn *conn =
		peer_conn(peer_config(NULL, 1, 0), SMTPTLS_SERVER);

	*client = peer_client(priority, NULL);
	MUST(smtptls_conn_start_tls(conn, 0) == 0);
	peer_run(*client, conn);
	MUST((*client)->result == 0);
	MUST(smtptls_conn_state(conn) == SMTPTLS_TLS);
	return conn;
}

int peer_slow(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return preload && strstr(preload, "vgpreload");
}
