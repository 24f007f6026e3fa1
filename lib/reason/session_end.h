/* SPDX-License-Identifier: MIT */
/* reason/session_end: how a session ended. Manual in session_end.c. */
#ifndef REASON_SESSION_END_H
#define REASON_SESSION_END_H

#include <stddef.h>

#include "x509/verdict.h"

/* Its number before it became a kind of ServerHello (RFC 8446 section 4). */
#define STLS_HELLO_RETRY_REQUEST 6

/* stls_reason_of_first(): more bytes are needed. */
#define STLS_FIRST_MORE (-1)

/*
 * What the first bytes are where TLS is to start, however they were cut: 0 for
 * TLS, else the reason that they are, of which `*len` bytes are enough; with
 * `last` no more will come.
 */
int stls_reason_of_first(const unsigned char *held, size_t n, int last,
			 size_t *len);

/* What is known at the end; what is not is 0, of messages and alerts -1. */
struct stls_end {
	int reason; /* enum smtptls_reason, from SMTPTLS_REASON_NO_TLS on */
	int server; /* this side's role */
	int spoken; /* SMTP was spoken in the clear before */
	int broken; /* the connection was cut off, not closed */
	int system_error; /* by this errno, or 0 */
	int begun;	  /* something of the peer's had come */
	int complete;	  /* the handshake was over */
	int last_in;	  /* the last handshake messages (RFC 8446 section 4) */
	int last_out;	  /* of either side */
	int alert;	  /* SMTPTLS_REASON_PEER_ALERT */
	/*
	 * Of BAD_RECORD, BAD_MESSAGE, BAD_SIGNATURE and FLOOD what the peer
	 * sent; of INTERNAL what went wrong; of what is not common its kind.
	 */
	const char *found;
	const unsigned char *sent; /* plaintext, where TLS was to start */
	size_t sent_len;
	const struct stls_verdict *verdict; /* of the peer's certificate */
};

/*
 * Write the sentence of end->reason, without a full stop; it ends with what
 * would help. It is cut where `size` > 0 ends.
 */
void stls_end_write(const struct stls_end *end, char *text, size_t size);

/* The same where this side's role says enough: it lives for ever. */
const char *stls_end_sentence(int reason, int server);

/*
 * Write a sentence on the errno of a system call that has failed on the
 * connection; `when` is an adverbial, as "before TLS".
 */
void stls_system_error_write(int number, const char *when, char *text,
			     size_t size);

#endif
