/* SPDX-License-Identifier: MIT */
/* wire: a connection and its socket, with time limits. See wire.c. */
#ifndef PROBE_WIRE_H
#define PROBE_WIRE_H

#include "facts.h"

struct wire {
	int fd;
	struct smtptls_conn *conn;
	int timeout_ms;
	char heard[8192]; /* plaintext input, as far as there is room */
	size_t heard_len;
	long handshake_at;	  /* clock_ms() at its start; 0: not yet */
	struct smtptls_ehlo ehlo; /* the reply to wire_command() */
	char offers[8192];
};

/* Connect; 0, or an errno. */
int wire_connect(struct wire *wire, const struct address *address,
		 int timeout_ms);
/*
 * Move bytes until one of the ports `until` is open, or the connection is over;
 * the time limit makes it fail.
 */
void wire_run(struct wire *wire, int until);
/* Send a line and read the reply, escaped; 0, or -1 without a full reply. */
int wire_command(struct wire *wire, const char *line, char *reply, size_t size);
/* Close the connection properly, and free it. */
void wire_close(struct wire *wire);

/*
 * Get the i-th of the plaintext replies: its first line, and the others as a
 * list with commas. 0, or -1 if there is none.
 */
int wire_reply(const char *heard, size_t len, int i, char *first,
	       size_t first_size, char *others, size_t others_size);

#endif
