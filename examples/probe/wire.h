/* SPDX-License-Identifier: MIT */
/* wire: a connection and its socket, with time limits. Manual in wire.c. */
#ifndef PROBE_WIRE_H
#define PROBE_WIRE_H

#include "facts.h"

struct wire {
	int fd;
	struct smtptls_conn *conn;
	int timeout_ms;
	char heard[8192]; /* in the clear, as far as there is room */
	size_t heard_len;
	long handshake_at;	  /* clock_ms() when it began; 0: not yet */
	struct smtptls_ehlo ehlo; /* the reply to wire_command() */
	char offers[8192];
};

/* Connect: 0, or an errno. */
int wire_connect(struct wire *wire, const struct address *address,
		 int timeout_ms);
/*
 * Move bytes until one of the ports `until` is open, or the connection has
 * failed, which it does at the time limit.
 */
void wire_run(struct wire *wire, int until);
/* Say a line, and hear the reply, escaped; 0, or -1 without a whole reply. */
int wire_command(struct wire *wire, const char *line, char *reply, size_t size);
/* End the connection in order, and free it. */
void wire_close(struct wire *wire);

/*
 * The i-th reply of those that were heard in the clear: its first line, and the
 * others as a list with commas. 0, or -1 when there is none.
 */
int wire_reply(const char *heard, size_t len, int i, char *first,
	       size_t first_size, char *others, size_t others_size);

#endif
