/* SPDX-License-Identifier: MIT */
/* conn/state: a connection and its transitions. See state.c. */
#ifndef CONN_STATE_H
#define CONN_STATE_H

#include <sys/types.h>

#include <smtptls/conn.h>

#include "base/buffer.h"
#include "smtp/dialogue.h"
#include "tls/config.h"
#include "tls/expected.h"
#include "tls/info.h"
#include "tls/session.h"

/* The library's plaintext dialogue; kept for later queries. */
struct stls_negotiation {
	struct stls_dialogue dialogue;
	char text[256]; /* the sentence for its error */
};

struct smtptls_conn {
	struct smtptls_config *config;
	struct stls_negotiation *negotiation; /* NULL: the host speaks */
	struct stls_session *session;	      /* NULL until TLS starts */
	struct stls_facts *facts;
	struct stls_expected expected;
	struct stls_buffer in;
	struct stls_buffer out;
	size_t room;   /* handed out by _input, 0 if none */
	size_t line;   /* plaintext up to the first LF, 0 if none */
	size_t looked; /* bytes already searched, without an LF */
	int role;
	int state;
	int error;
	const char *error_text;
	char *system_text; /* holds error_text if made without a session */
	int reason;	   /* enum smtptls_reason; a session's overrides it */
	unsigned eof : 1;  /* no more input from the network */
	unsigned eof_told : 1;	    /* the host has read the end */
	unsigned heard : 1;	    /* the peer has sent something */
	unsigned spoken : 1;	    /* plaintext was read or written */
	unsigned answered : 1;	    /* the host has sent the 220 to STARTTLS */
	unsigned verify_chosen : 1; /* the host has set expected.verify */
	unsigned tls_enabled : 1;
	unsigned peer_closed : 1; /* CLOSED by the peer's close_notify */
	unsigned readable : 1;	  /* FAILED: earlier input may be left */
	unsigned error_told : 1;  /* FAILED: the host has read the error */
};

/*
 * Fail a connection that has not failed yet; `text` must live as long as
 * `conn`. These return the error.
 */
int stls_conn_fail(struct smtptls_conn *conn, int error, const char *text);
int stls_conn_fail_nomem(struct smtptls_conn *conn);
int stls_conn_fail_injection(struct smtptls_conn *conn);
int stls_conn_fail_session(struct smtptls_conn *conn, int error);

/* Wipe and free the session to be offered to the server. */
void stls_conn_forget_offer(struct smtptls_conn *conn);

/* The error for any operation in a final state, or 0. */
static inline int stls_conn_final(const struct smtptls_conn *conn)
{
	if (conn->state == SMTPTLS_FAILED)
		return conn->error;
	return conn->state == SMTPTLS_CLOSED ? SMTPTLS_E_STATE : 0;
}

/* Whether the library is speaking for a client, in the clear. */
static inline int stls_conn_negotiating(const struct smtptls_conn *conn)
{
	return conn->state == SMTPTLS_PLAIN && conn->negotiation &&
	       !conn->negotiation->dialogue.ended;
}

/* Go from PLAIN to HANDSHAKE, where a client speaks first; 0, or an error. */
int stls_conn_start(struct smtptls_conn *conn);
/* Continue the handshake; 0, even if it is not over yet, or an error. */
int stls_conn_handshake(struct smtptls_conn *conn);

/*
 * Put data into the output, in the clear or under TLS, until it holds `limit`
 * bytes; returns how much was taken, or an error.
 */
ssize_t stls_conn_put(struct smtptls_conn *conn, const void *data, size_t len,
		      size_t limit);

#endif
