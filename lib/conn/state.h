/* SPDX-License-Identifier: MIT */
/*
 * conn/state: a connection, and from one state of it to the next. The manual is
 * in state.c.
 */
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

/* The library's part in the clear; it stays, for what is asked of it later. */
struct stls_negotiation {
	struct stls_dialogue dialogue;
	char text[256]; /* of its error */
};

struct smtptls_conn {
	struct smtptls_config *config;
	struct stls_negotiation *negotiation; /* NULL: the host speaks */
	struct stls_session *session;	      /* NULL until TLS starts */
	struct stls_facts *facts;
	struct stls_expected expected;
	struct stls_buffer in;
	struct stls_buffer out;
	size_t room;   /* given out by _input, 0: none */
	size_t line;   /* in the clear: up to the first LF held, 0: none */
	size_t looked; /* so many bytes are known to have no LF */
	int role;
	int state;
	int error;
	const char *error_text;
	char *system_text; /* that, where it had to be made without a session */
	int reason;	   /* enum smtptls_reason; a session's own goes first */
	unsigned eof : 1;  /* the network has no more */
	unsigned eof_told : 1;	    /* the host has read that */
	unsigned heard : 1;	    /* the peer has sent something */
	unsigned spoken : 1;	    /* plaintext was read or written */
	unsigned answered : 1;	    /* by the host: the 220 to STARTTLS */
	unsigned verify_chosen : 1; /* expected.verify is the host's */
	unsigned tls_enabled : 1;
	unsigned peer_closed : 1; /* CLOSED by the peer's close_notify */
	unsigned readable : 1;	  /* FAILED: older input may be left */
	unsigned error_told : 1;  /* FAILED: the host has read that */
};

/*
 * Fail the connection, which has not failed before; `text` lives as long as
 * `conn`. They return the error.
 */
int stls_conn_fail(struct smtptls_conn *conn, int error, const char *text);
int stls_conn_fail_nomem(struct smtptls_conn *conn);
int stls_conn_fail_injection(struct smtptls_conn *conn);
int stls_conn_fail_session(struct smtptls_conn *conn, int error);

/* Wipe the session that is offered to the server. */
void stls_conn_forget_offer(struct smtptls_conn *conn);

/* A final state's objection to any work, or 0. */
static inline int stls_conn_final(const struct smtptls_conn *conn)
{
	if (conn->state == SMTPTLS_FAILED)
		return conn->error;
	return conn->state == SMTPTLS_CLOSED ? SMTPTLS_E_STATE : 0;
}

/* The library speaks for a client, in the clear. */
static inline int stls_conn_negotiating(const struct smtptls_conn *conn)
{
	return conn->state == SMTPTLS_PLAIN && conn->negotiation &&
	       !conn->negotiation->dialogue.ended;
}

/* From PLAIN to HANDSHAKE, where a client speaks first; 0, or an error. */
int stls_conn_start(struct smtptls_conn *conn);
/* Go on with the handshake; 0, though it may not be over, or an error. */
int stls_conn_handshake(struct smtptls_conn *conn);

/* Say something, in the clear or under TLS, until `limit` bytes wait. */
ssize_t stls_conn_put(struct smtptls_conn *conn, const void *data, size_t len,
		      size_t limit);

#endif
