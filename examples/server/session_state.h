/* SPDX-License-Identifier: MIT */
/* One session's state, and what session.c and serve.c call in each other. */
#ifndef SERVER_SESSION_STATE_H
#define SERVER_SESSION_STATE_H

#include <stdint.h>

#include <event2/event_struct.h>

#include "hello.h"
#include "log.h"
#include "session.h"

enum phase {
	GREETING,  /* to be sent once the connection takes output */
	HANDSHAKE, /* of STARTTLS */
	COMMAND,
	TEXT,
	CLOSING, /* the last output is being sent */
	LINGER	 /* it has been sent */
};

struct session {
	struct server *server;
	struct session *next, **link;
	struct smtptls_conn *conn;
	struct event io, timer;
	int64_t deadline, timer_due; /* in ms; 0: the timer is not set */
	evutil_socket_t fd;
	short wanted;
	short reason_id; /* enum smtptls_reason; 0: the connection's, if any */
	enum phase phase;
	int eof;	/* the client will send no more */
	int broken;	/* the socket has failed */
	int emptied;	/* the last read left nothing in the socket */
	int alive;	/* a command or text came: the deadline moves */
	size_t drained; /* bytes discarded while lingering */
	char *line;	/* an incomplete one, or NULL */
	size_t line_len;
	struct evbuffer *held; /* replies the library did not take, or NULL */
	struct message *message;
	struct hello *hello; /* while it is recorded, else NULL */
	const char *outcome, *reason;
	struct smtp smtp;
	char address[ADDRESS_TEXT_MAX];
};

/* ---- serve.c ---- */

/* Serve the available input while there is room for replies; 1 if it can
 * continue once these have been sent. */
int session_serve(struct session *s);

/* `reason` is one of enum smtptls_reason, or 0: the connection's, if any. */
void session_begin_close(struct session *s, const char *outcome, int reason);

/* The same, with a last reply. */
void session_goodbye(struct session *s, const char *status, const char *why,
		     const char *outcome, int reason);

/* ---- session.c ---- */

/* The phase must be over in this many seconds. */
void session_deadline(struct session *s, int seconds);

#endif
