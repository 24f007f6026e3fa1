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
	struct event *log_due;	       /* a timer, by which lines are written */
	struct smtptls_reload *reload; /* the configuration of new sessions */
	struct maildir *maildir;       /* or NULL */
	struct hello_dir *hellos;      /* or NULL */
	size_t n_replies; /* bytes, of the event that is being served */
	char replies[REPLIES_MAX];
	struct session *sessions;
	unsigned n_sessions;
	int draining;
};

/*
 * Serve a connection that was accepted; `fd` is non-blocking and becomes the
 * session's. It may be over when the call returns.
 */
void session_start(struct server *server, evutil_socket_t fd,
		   const struct sockaddr *peer, int tls);

/* Close a connection that is one too many, with 421 where it is in the clear. */
void session_refuse(struct server *server, evutil_socket_t fd,
		    const struct sockaddr *peer, int tls);

/* Let all sessions end at their next idle point; then the loop is left. */
void sessions_drain(struct server *server);

/* End those that are left. */
void sessions_end(struct server *server);

#endif
