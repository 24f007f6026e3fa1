/* SPDX-License-Identifier: MIT */
#ifndef SERVER_SESSION_H
#define SERVER_SESSION_H

#include <sys/socket.h>

#include <event2/event.h>

#include "maildir.h"
#include "options.h"
#include "smtp.h"

struct session;

enum { REPLIES_MAX = 32768 };

/* What all sessions of the process share. */
struct server {
	const struct options *options;
	struct smtp_settings smtp;
	struct event_base *base;
	struct event *log_due;	       /* timer to write collected lines */
	struct smtptls_reload *reload; /* the configuration of new sessions */
	struct maildir *maildir;       /* or NULL */
	struct hello_dir *hellos;      /* or NULL */
	size_t n_replies;	       /* bytes, for the current event */
	char replies[REPLIES_MAX];
	struct session *sessions;
	unsigned n_sessions;
	int draining;
};

/*
 * Serve an accepted connection; `fd` is non-blocking, and the session owns it.
 * The session may be over when the call returns.
 */
void session_start(struct server *server, evutil_socket_t fd,
		   const struct sockaddr *peer, int tls);

/* Close a connection beyond the limit, with a 421 unless TLS is implicit. */
void session_refuse(struct server *server, evutil_socket_t fd,
		    const struct sockaddr *peer, int tls);

/* Let sessions end at their next idle point; the last one ends the loop. */
void sessions_drain(struct server *server);

/* End the remaining sessions. */
void sessions_end(struct server *server);

#endif
