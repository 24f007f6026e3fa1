/* SPDX-License-Identifier: MIT */
/* conn: a connection. The manual is in conn.c. */
#ifndef CONN_CONN_H
#define CONN_CONN_H

#include <smtptls/conn.h>

#include "base/buffer.h"
#include "tls/config.h"
#include "tls/info.h"
#include "tls/session.h"

struct smtptls_conn {
	struct smtptls_config *config;
	struct stls_session *session; /* NULL until TLS starts */
	struct stls_facts *facts;
	char *peer; /* a client's name for the server */
	struct stls_buffer in;
	struct stls_buffer out;
	size_t room;   /* given out by _input, 0: none */
	size_t line;   /* in the clear: up to the first LF held, 0: none */
	size_t looked; /* so many bytes are known to have no LF */
	int role;
	int state;
	int verify_mode;
	int error;
	const char *error_text;
	char *system_text; /* that, where it had to be made without a session */
	int reason;	   /* enum smtptls_reason, without a session */
	unsigned eof : 1;  /* the network has no more */
	unsigned eof_told : 1; /* the host has read that */
	unsigned heard : 1;    /* the peer has sent something */
	unsigned spoken : 1;   /* plaintext was read or written */
	unsigned tls_enabled : 1;
	unsigned peer_closed : 1; /* CLOSED by the peer's close_notify */
	unsigned readable : 1;	  /* FAILED: older input may be left */
	unsigned error_told : 1;  /* FAILED: the host has read that */
};

#endif
