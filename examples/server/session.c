/* SPDX-License-Identifier: MIT */
/*
 * One SMTP session of smtptls-server: moves bytes between the socket, the
 * library's connection and the SMTP functions, when libevent says so.
 *
 * An event is served in this order: read once, serve as long as commands are
 * there and replies find room, send once. Nothing is read for a client that
 * does not take its replies, so what a session holds is bounded: by the library
 * in its buffers, here by the replies to one chunk of input.
 *
 * Each phase has one deadline. A command line, and a handshake, must be
 * complete by it; only message text moves it on by every piece that comes.
 *
 * It never blocks, but for the disk.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/event_struct.h>

#include "hello.h"
#include "log.h"
#include "session.h"

enum {
	COMMAND_CHUNK = 512, /* the replies to which fit into REPLIES_MAX */
	TEXT_CHUNK = 16384,  /* a TLS record */
	CLOSE_SECONDS = 5,   /* to take the last reply */
	LINGER_SECONDS = 1,  /* to see it before our reset of what is unread */
	LINGER_BYTES = 65536,
	TLS_CLAUSE_MAX = 112 /* of the Received line; names are short */
};

enum phase {
	GREETING,  /* due as soon as something can be said */
	HANDSHAKE, /* of STARTTLS */
	COMMAND,
	TEXT,
	CLOSING, /* the last words are on their way */
	LINGER	 /* and have been sent */
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
	int eof;	/* the client will say no more */
	int broken;	/* the socket has failed */
	int alive;	/* a command or text came: the deadline moves */
	size_t drained; /* while lingering */
	char *line;	/* the beginning of one, or NULL */
	size_t line_len;
	struct evbuffer *held; /* replies that found no room, or NULL */
	struct message *message;
	struct hello *hello; /* while it is recorded, else NULL */
	const char *outcome, *reason;
	struct smtp smtp;
	char address[ADDRESS_TEXT_MAX];
};

/* ------------------------------------------------------------------------ */
/* Replies and ends                                                          */

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void schedule(struct session *s, int64_t ms)
{
	struct timeval tv = { .tv_sec = (time_t)(ms / 1000),
			      .tv_usec = (suseconds_t)(ms % 1000 * 1000) };

	event_add(&s->timer, &tv);
}

/* Most deadlines are put off before they pass: so the timer is only brought
 * forward, and looks when it rings. */
static void set_deadline(struct session *s, int seconds)
{
	int64_t ms = (int64_t)seconds * 1000;

	s->deadline = now_ms() + ms;
	if (s->timer_due && s->timer_due <= s->deadline)
		return;
	s->timer_due = s->deadline;
	schedule(s, ms);
}

/* `reason` is one of enum smtptls_reason, or 0: the connection's, if any. */
static void begin_close(struct session *s, const char *outcome, int reason)
{
	if (s->phase >= CLOSING)
		return;
	s->phase = CLOSING;
	s->outcome = outcome;
	s->reason_id = (short)reason;
	s->reason = smtp_sentence(reason);
	set_deadline(s, CLOSE_SECONDS);
}

static void say(struct session *s, const char *text, size_t len)
{
	struct server *server = s->server;

	if (len > REPLIES_MAX - server->n_replies) {
		smtptls_conn_abort(s->conn, SMTPTLS_E_NOMEM);
		return;
	}
	memcpy(server->replies + server->n_replies, text, len);
	server->n_replies += len;
}

static void goodbye(struct session *s, const char *status, const char *why,
		    const char *outcome, int reason)
{
	struct smtp_reply reply;

	smtp_goodbye(&s->smtp, status, why, &reply);
	say(s, reply.text, reply.len);
	begin_close(s, outcome, reason);
	s->reason = why;
}

/* Hand over what is held; 1 when nothing is, or it will not be taken. */
static int push_held(struct session *s)
{
	size_t len;
	ssize_t n;

	while (s->held && (len = evbuffer_get_length(s->held)) > 0) {
		n = smtptls_conn_write(s->conn, evbuffer_pullup(s->held, -1),
				       len);
		if (n == SMTPTLS_E_AGAIN)
			return 0;
		evbuffer_drain(s->held, n > 0 ? (size_t)n : len);
	}
	if (s->held)
		evbuffer_free(s->held);
	s->held = NULL;
	return 1;
}

/* Hand the replies to the library; what it does not take is held. */
static void push_replies(struct session *s)
{
	size_t len = s->server->n_replies;
	ssize_t n = 0;

	s->server->n_replies = 0;
	if (push_held(s) && len > 0)
		n = smtptls_conn_write(s->conn, s->server->replies, len);
	if (n < 0 ? n != SMTPTLS_E_AGAIN : (size_t)n == len)
		return;
	n = n < 0 ? 0 : n;
	if (!s->held)
		s->held = evbuffer_new();
	if (!s->held ||
	    evbuffer_add(s->held, s->server->replies + n, len - (size_t)n) < 0)
		smtptls_conn_abort(s->conn, SMTPTLS_E_NOMEM);
}

/* ------------------------------------------------------------------------ */
/* Input                                                                     */

static void begin_message(struct session *s)
{
	char peer[sizeof("IPv6:") + INET6_ADDRSTRLEN];
	char tls[TLS_CLAUSE_MAX], trace[SMTP_TRACE_MAX];
	int v6 = s->address[0] == '[';
	int len = (int)(strrchr(s->address, ':') - s->address);

	s->phase = TEXT;
	if (!s->server->maildir)
		return;
	s->message = message_begin(s->server->maildir);
	if (!s->message)
		goto fail;
	if (v6)
		snprintf(peer, sizeof(peer), "IPv6:%.*s", len - 2,
			 s->address + 1);
	else
		snprintf(peer, sizeof(peer), "%.*s", len, s->address);
	if (smtptls_format_received(s->conn, SMTPTLS_RECEIVED_RFC8314, tls,
				    sizeof(tls)) < 0)
		goto fail;
	size_t n = smtp_trace(&s->smtp, peer, tls, trace);
	if (n > 0 && message_write(s->message, trace, n) == 0)
		return;
fail:
	note("maildir: %s", strerror(errno));
	message_drop(s->message);
	s->message = NULL;
}

static void end_message(struct session *s)
{
	struct smtp_reply reply;
	int stored = !s->server->maildir;

	if (s->message) {
		stored = message_commit(s->message) == 0;
		s->message = NULL;
		if (!stored)
			note("maildir: %s", strerror(errno));
	}
	smtp_text_reply(&s->smtp, stored, &reply);
	say(s, reply.text, reply.len);
	s->phase = COMMAND;
}

static size_t take_text(struct session *s, char *data, size_t len)
{
	size_t kept;
	size_t n = smtp_text(&s->smtp, data, len, &kept);

	int wanted = smtp_text_wanted(&s->smtp);
	if (s->message &&
	    (!wanted || message_write(s->message, data, kept) < 0)) {
		if (wanted)
			note("maildir: %s", strerror(errno));
		message_drop(s->message);
		s->message = NULL;
	}
	if (smtp_text_ended(&s->smtp))
		end_message(s);
	s->alive = 1;
	return n;
}

static void start_tls(struct session *s, const char *args, size_t unread)
{
	int code = smtptls_conn_accept_starttls(s->conn, args, unread);

	if (code != 220)
		return;
	smtp_forget(&s->smtp);
	s->phase = HANDSHAKE;
	s->hello = hello_begin(s->server->hellos);
	set_deadline(s, s->server->options->handshake_timeout);
	s->alive = 0;
}

static void command(struct session *s, char *line, size_t len, size_t unread)
{
	struct smtp_reply reply;

	s->alive = 1;
	s->smtp.tls_enabled = smtptls_conn_tls_enabled(s->conn);
	s->smtp.can_starttls = smtptls_conn_can_starttls(s->conn);
	enum smtp_next next = smtp_line(&s->smtp, line, len, &reply);
	say(s, reply.text, reply.len);
	switch (next) {
	case SMTP_NEXT_COMMAND:
		break;
	case SMTP_NEXT_TEXT:
		begin_message(s);
		break;
	case SMTP_NEXT_STARTTLS:
		start_tls(s, reply.args, unread);
		break;
	case SMTP_NEXT_QUIT:
		begin_close(s, "quit", 0);
		break;
	case SMTP_NEXT_REFUSE:
		begin_close(s, "refused", reply.reason);
		break;
	}
}

/* Keep the beginning of a line, or complete it: 0 when it is too long. */
static int keep(struct session *s, const char *data, size_t len)
{
	if (len > SMTP_LINE_MAX || s->line_len > SMTP_LINE_MAX - len)
		return 0;
	if (!s->line)
		s->line = malloc(SMTP_LINE_MAX);
	if (!s->line)
		return 0;
	memcpy(s->line + s->line_len, data, len);
	s->line_len += len;
	return 1;
}

static size_t take_line(struct session *s, char *data, size_t len)
{
	static const char too_long[] = "500 5.5.2 Line too long\r\n";
	char *lf = memchr(data, '\n', len);
	size_t n = lf ? (size_t)(lf - data) + 1 : len;

	if ((s->line || !lf || n > SMTP_LINE_MAX) && !keep(s, data, n)) {
		say(s, too_long, strlen(too_long));
		begin_close(s, "refused", SMTPTLS_REASON_LINE_TOO_LONG);
	} else if (lf) {
		if (s->line)
			command(s, s->line, s->line_len, len - n);
		else
			command(s, data, n, len - n);
		free(s->line);
		s->line = NULL;
		s->line_len = 0;
	}
	return n;
}

/* What is due before anything is read; 0 when nothing is to be read now. */
static int advance(struct session *s)
{
	struct smtp_reply reply;

	if (s->phase == GREETING || s->phase == HANDSHAKE) {
		if (!(smtptls_conn_poll(s->conn) & SMTPTLS_APP_OUT))
			return 0;
		if (s->phase == GREETING) {
			smtp_greeting(&s->smtp, &reply);
			say(s, reply.text, reply.len);
		}
		hello_end(s->hello, s->server->hellos, s->conn, s->address);
		s->hello = NULL;
		s->phase = COMMAND;
		s->alive = 1;
	}
	if (s->phase == COMMAND && s->server->draining)
		goodbye(s, "4.3.2", "Server is shutting down", "shutdown",
			SMTPTLS_REASON_ENDED_HERE);
	push_replies(s);
	if (s->phase == CLOSING && !s->held)
		smtptls_conn_close(s->conn);
	return s->phase < CLOSING && !s->held &&
	       smtptls_conn_poll(s->conn) & SMTPTLS_APP_OUT;
}

/* Serve what is there, as long as its replies find room. */
static void serve(struct session *s)
{
	char chunk[TEXT_CHUNK];

	while (advance(s)) {
		ssize_t n = smtptls_conn_read(s->conn, chunk,
					      s->phase == TEXT ? TEXT_CHUNK
							       : COMMAND_CHUNK);
		if (n < 0)
			return;
		if (n == 0)
			begin_close(s, "closed",
				    s->phase == TEXT ? SMTPTLS_REASON_TRUNCATED
						     : 0);
		for (size_t used = 0; used < (size_t)n;) {
			size_t len = (size_t)n - used;
			if (s->phase == TEXT)
				used += take_text(s, chunk + used, len);
			else if (s->phase == COMMAND)
				used += take_line(s, chunk + used, len);
			else
				break;
		}
	}
}

/* ------------------------------------------------------------------------ */
/* Events                                                                    */

static void session_free(struct session *s)
{
	struct server *server = s->server;

	hello_end(s->hello, server->hellos, s->conn, s->address);
	/* It has left by itself, but for this it need not have. */
	if (!s->reason_id && s->smtp.wanted_tls &&
	    !smtptls_conn_tls_enabled(s->conn) &&
	    smtptls_conn_state(s->conn) == SMTPTLS_CLOSED) {
		s->reason_id = SMTPTLS_REASON_TLS_REQUIRED;
		s->reason = smtp_sentence(s->reason_id);
	}
	if (server->options->log_changes)
		log_changes(s->address, s->conn);
	log_session(s->address, s->conn, s->smtp.messages, s->outcome,
		    s->reason, s->reason_id);
	message_drop(s->message);
	event_del(&s->io);
	event_del(&s->timer);
	evutil_closesocket(s->fd);
	smtptls_conn_free(s->conn);
	if (s->held)
		evbuffer_free(s->held);
	free(s->line);
	*s->link = s->next;
	if (s->next)
		s->next->link = s->link;
	free(s);
	if (--server->n_sessions == 0 && server->draining)
		event_base_loopbreak(server->base);
}

static void receive(struct session *s)
{
	unsigned char *p;
	size_t room = smtptls_conn_input(s->conn, &p);

	if (room == 0)
		return;
	ssize_t n = recv(s->fd, p, room, 0);
	if (n > 0) {
		hello_take(s->hello, p, (size_t)n);
		smtptls_conn_input_done(s->conn, (size_t)n);
	} else if (n == 0) {
		s->eof = 1;
		smtptls_conn_input_eof(s->conn);
	} else if (errno != EAGAIN && errno != EINTR) {
		s->broken = 1;
		smtptls_conn_abort_errno(s->conn, errno);
	}
}

/* One send; 1 when it has made room. */
static int transmit(struct session *s)
{
	const unsigned char *p;
	size_t len = smtptls_conn_output(s->conn, &p);

	if (len == 0)
		return 0;
	ssize_t n = send(s->fd, p, len, MSG_NOSIGNAL);
	if (n > 0)
		smtptls_conn_output_done(s->conn, (size_t)n);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		s->broken = 1;
		smtptls_conn_abort_errno(s->conn, errno);
	}
	return n > 0;
}

static void on_io(evutil_socket_t fd, short what, void *arg);

static void wait_for(struct session *s, short wanted)
{
	if (wanted == s->wanted)
		return;
	if (s->wanted)
		event_del(&s->io);
	event_assign(&s->io, s->server->base, s->fd,
		     (short)(wanted | EV_PERSIST), on_io, s);
	if (wanted)
		event_add(&s->io, NULL);
	s->wanted = wanted;
}

/*
 * The client has taken leave, and nothing that it said is left in the socket:
 * closing this now resets nothing that it has not read.
 */
static int has_left(const struct session *s)
{
	int unread = 1;

	return s->outcome && strcmp(s->outcome, "quit") == 0 &&
	       ioctl(s->fd, FIONREAD, &unread) == 0 && unread == 0;
}

/* After whatever has happened: serve, send, and wait for what is next; the
 * session may be gone afterwards. */
static void settle(struct session *s)
{
	do
		serve(s);
	while (transmit(s));

	int state = smtptls_conn_state(s->conn);
	int ports = smtptls_conn_poll(s->conn);
	if (state == SMTPTLS_FAILED)
		begin_close(s, NULL, 0);
	if (s->broken)
		goto over;
	if ((state == SMTPTLS_FAILED || state == SMTPTLS_CLOSED) &&
	    !(ports & SMTPTLS_NET_OUT)) {
		if (s->eof || has_left(s) || shutdown(s->fd, SHUT_WR) < 0)
			goto over;
		s->phase = LINGER;
		set_deadline(s, LINGER_SECONDS);
		wait_for(s, EV_READ);
		return;
	}
	if (s->alive && s->phase < CLOSING)
		set_deadline(s, s->server->options->idle_timeout);
	s->alive = 0;
	wait_for(s, (short)((ports & SMTPTLS_NET_IN ? EV_READ : 0) |
			    (ports & SMTPTLS_NET_OUT ? EV_WRITE : 0)));
	return;
over:
	session_free(s);
}

static void linger(struct session *s)
{
	char waste[4096];
	ssize_t n = recv(s->fd, waste, sizeof(waste), 0);

	if (n > 0)
		s->drained += (size_t)n;
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR) ||
	    s->drained > LINGER_BYTES)
		session_free(s);
}

static void on_io(evutil_socket_t fd, short what, void *arg)
{
	struct session *s = arg;

	(void)fd;
	if (s->phase == LINGER) {
		linger(s);
		return;
	}
	if (what & EV_READ)
		receive(s);
	settle(s);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct session *s = arg;
	int64_t left = s->deadline - now_ms();

	(void)fd;
	(void)what;
	s->timer_due = left > 0 ? s->deadline : 0;
	if (left > 0) {
		schedule(s, left);
		return;
	}
	if (s->phase >= CLOSING) {
		session_free(s);
		return;
	}
	if (s->phase == COMMAND || s->phase == TEXT)
		goodbye(s, "4.4.2", "Idle for too long", "timeout",
			SMTPTLS_REASON_TIMEOUT);
	else
		smtptls_conn_abort_timeout(s->conn,
					   1000U * (unsigned)s->server->options
							   ->handshake_timeout);
	begin_close(s, "timeout", 0);
	settle(s);
}

void session_start(struct server *server, evutil_socket_t fd,
		   const struct sockaddr *peer, int tls)
{
	struct session *s = calloc(1, sizeof(*s));
	int ret = s ? smtptls_conn_new(&s->conn,
				       smtptls_reload_config(server->reload),
				       SMTPTLS_SERVER)
		    : SMTPTLS_E_NOMEM;

	if (ret == 0)
		ret = smtptls_conn_set_verify(s->conn, server->options->verify);
	if (ret == 0 && tls)
		ret = smtptls_conn_start_tls(s->conn, 0);
	if (ret < 0) {
		note("new connection: %s", smtptls_strerror(ret));
		if (s)
			smtptls_conn_free(s->conn);
		free(s);
		evutil_closesocket(fd);
		return;
	}
	s->server = server;
	s->hello = tls ? hello_begin(server->hellos) : NULL;
	s->fd = fd;
	s->link = &server->sessions;
	s->next = server->sessions;
	if (s->next)
		s->next->link = &s->next;
	server->sessions = s;
	server->n_sessions++;
	smtp_init(&s->smtp, &server->smtp);
	address_text(peer, s->address);
	evtimer_assign(&s->timer, server->base, on_deadline, s);
	event_assign(&s->io, server->base, fd, EV_READ, on_io, s);
	set_deadline(s, server->options->handshake_timeout);
	settle(s);
}

void session_refuse(struct server *server, evutil_socket_t fd,
		    const struct sockaddr *peer, int tls)
{
	struct smtp smtp = { .settings = &server->smtp };
	struct smtp_reply reply;
	char text[ADDRESS_TEXT_MAX];

	smtp_goodbye(&smtp, "4.3.2", "Too many connections", &reply);
	if (!tls && send(fd, reply.text, reply.len, MSG_NOSIGNAL) > 0)
		shutdown(fd, SHUT_WR);
	evutil_closesocket(fd);
	address_text(peer, text);
	note("%s: too many connections", text);
}

void sessions_drain(struct server *server)
{
	struct session *next;

	server->draining = 1;
	for (struct session *s = server->sessions; s; s = next) {
		next = s->next;
		if (s->phase < CLOSING)
			settle(s);
	}
}

void sessions_end(struct server *server)
{
	while (server->sessions) {
		struct session *s = server->sessions;
		begin_close(s, "shutdown", SMTPTLS_REASON_ENDED_HERE);
		session_free(s);
	}
}
