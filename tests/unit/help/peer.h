/* SPDX-License-Identifier: MIT */
/*
 * peer: the other side of a struct smtptls_conn, in plain GnuTLS and in memory.
 * Documented in peer.c.
 */
#ifndef PEER_H
#define PEER_H

#include <stddef.h>

#include <gnutls/gnutls.h>

#include <smtptls.h>

#include "testcert.h"

#define PEER_TLS12 "NORMAL:-VERS-ALL:+VERS-TLS1.2"
#define PEER_TLS13 "NORMAL:-VERS-ALL:+VERS-TLS1.3"

/* All zeros is an empty queue. */
struct peer_queue {
	unsigned char *data;
	size_t start;
	size_t end;
	size_t size;
};

void peer_queue_add(struct peer_queue *queue, const void *data, size_t len);
size_t peer_queue_len(const struct peer_queue *queue);
const unsigned char *peer_queue_data(const struct peer_queue *queue);
void peer_queue_drop(struct peer_queue *queue, size_t n);
void peer_queue_free(struct peer_queue *queue);
/* 1 if it holds exactly this string. */
int peer_queue_is(const struct peer_queue *queue, const char *text);

struct peer {
	gnutls_session_t tls;
	gnutls_certificate_credentials_t credentials;
	gnutls_datum_t ticket_key;
	struct peer_queue in;	 /* from the connection, not processed yet */
	struct peer_queue out;	 /* for the connection */
	struct peer_queue heard; /* plaintext received under TLS */
	int ended;		 /* `in` will get no more bytes */
	int result; /* of the handshake: AGAIN, 0, or GnuTLS's error */
	int error;  /* after the handshake: 0, or GnuTLS's error */
	int closed; /* a close_notify was received */
	int alert;  /* the last one received, or -1 */
};

/* A client or server; `cert` may be NULL for a client. */
struct peer *peer_client(const char *priority, const struct testcert *cert);
struct peer *peer_server(const char *priority, const struct testcert *cert);
void peer_free(struct peer *peer);

/* Continue the handshake or, after it, read what there is. */
void peer_step(struct peer *peer);
/* Send a text under TLS. */
void peer_say(struct peer *peer, const char *text);
void peer_say_bytes(struct peer *peer, const void *data, size_t len);
/* Put bytes on the wire as they are. */
void peer_inject(struct peer *peer, const void *data, size_t len);

/* Move at most `max` bytes, from the peer or to it; returns how many. */
size_t peer_send(struct peer *peer, struct smtptls_conn *conn, size_t max);
size_t peer_receive(struct peer *peer, struct smtptls_conn *conn, size_t max);

/* How long the next piece of `left` bytes is. */
typedef size_t peer_cut(void *arg, size_t left);
/* Move bytes both ways and let the peer work until nothing moves any more. */
void peer_run(struct peer *peer, struct smtptls_conn *conn);
void peer_run_cut(struct peer *peer, struct smtptls_conn *conn, peer_cut *cut,
		  void *arg);

/* ---- the host's side ---- */

/* Feed the connection plaintext bytes; it must accept all of them. */
void host_feed(struct smtptls_conn *conn, const void *data, size_t len);
/* Read until there is no more, `size` bytes each; returns the last result. */
ssize_t host_read(struct smtptls_conn *conn, struct peer_queue *heard,
		  size_t size);
/* One read of at most 256 bytes: 1 if it yields exactly this text. */
int host_reads(struct smtptls_conn *conn, const char *text);
/* The result of a read of one byte. */
ssize_t host_read_byte(struct smtptls_conn *conn);
struct smtptls_info host_info(struct smtptls_conn *conn);
/* Take the pending output: 1 if it is exactly this text. */
int host_said(struct smtptls_conn *conn, const char *text);
/* Move bytes between two connections until nothing moves any more. */
void host_join(struct smtptls_conn *a, struct smtptls_conn *b);

/*
 * A frozen configuration for one connection or many: ECDSA and RSA for
 * "mx.example.org" when `with_cert`, the authority "test CA" when `with_ca`,
 * `priority` unless it is NULL.
 */
struct smtptls_config *peer_config(const char *priority, int with_cert,
				   int with_ca);
/* "test CA", by which peer_config()'s certificates are signed. */
const struct testcert *peer_ca(void);
/*
 * A connection that becomes the only owner of its configuration. A client
 * accepts any certificate.
 */
struct smtptls_conn *peer_conn(struct smtptls_config *config, int role);
/* A server and its client after the handshake; ends the program otherwise. */
struct smtptls_conn *peer_established(const char *priority,
				      struct peer **client);

/* 1 under valgrind, where a test may make fewer rounds. */
int peer_slow(void);

#endif
