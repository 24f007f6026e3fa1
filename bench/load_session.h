/* SPDX-License-Identifier: MIT */
/* One session of the load. */
#ifndef BENCH_LOAD_SESSION_H
#define BENCH_LOAD_SESSION_H

#include <stddef.h>
#include <stdio.h>

#include <gnutls/gnutls.h>

enum { OUT_BYTES = 65536, IN_BYTES = 16384, REPLY_BYTES = 2048 };

/* Settings that all sessions share. */
struct target {
	unsigned long port;
	unsigned long names; /* number of names requested in turn; 0: none */
	gnutls_certificate_credentials_t cred;
	gnutls_priority_t priority;
	gnutls_datum_t ticket; /* data is NULL for full handshakes */
	gnutls_protocol_t version;
};

extern struct target target;

struct client {
	gnutls_session_t tls; /* NULL in plaintext */
	int fd;
	unsigned long number;
	size_t out_len, in_off, in_len, reply_len;
	char out[OUT_BYTES];
	char in[IN_BYTES];
	char reply[REPLY_BYTES];
};

/* One call for each sentence, so that several threads do not mix theirs. */
#define fail(c, format, ...)                                                   \
	(fprintf(stderr, "load: session %lu: " format "\n", (c)->number,       \
		 __VA_ARGS__),                                                 \
	 -1)

struct client *client_new(unsigned long number);
void client_free(struct client *c);

/*
 * Up to the plaintext reply to EHLO; up to the one under TLS; into the
 * handshake.
 */
int open_plain(struct client *c);
int open_tls(struct client *c);
int open_stalled(struct client *c);

/* MAIL, RCPT, and DATA with a block this many times; `ended`: with the dot. */
int send_message(struct client *c, const char *block, size_t len,
		 unsigned long times, int ended);

/* QUIT, up to the end of the connection. */
int quit(struct client *c);

#endif
