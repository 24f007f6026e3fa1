/* SPDX-License-Identifier: MIT */
/*
 * The I/O of one smtptls-server session: when libevent reports an event, bytes
 * move between the socket and the library's connection. The dialogue is in
 * serve.c.
 *
 * An event is served in this order: read once, serve while there are commands
 * and room for replies, send once.
 *
 * Each phase has one deadline. A command line, and a handshake, must be
 * complete by then; only message text extends it with every piece that arrives.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <event2/buffer.h>

#include "session_state.h"

enum {
	LINGER_SECONDS =
		1, /* to read a reply before unread input causes a reset */
	LINGER_BYTES = 65536,
	LOG_DELAY_USEC = 20000
};

/* ------------------------------------------------------------------------ */
/* Deadlines                                                                 */

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

/* Most deadlines are extended before they pass. So the timer is never put off:
 * when it fires, it checks how much time is left. */
void session_deadline(struct session *s, int seconds)
{
	int64_t ms = (int64_t)seconds * 1000;

	s->deadline = now_ms() + ms;
	if (s->timer_due && s->timer_due <= s->deadline)
		return;
	s->timer_due = s->deadline;
	schedule(s, ms);
}

/* ------------------------------------------------------------------------ */
/* Events                                                                    */

static void log_end(const struct session *s)
{
	const struct timeval delay = { .tv_usec = LOG_DELAY_USEC };
	struct server *server = s->server;

	if (server->options->log_changes)
		log_changes(s->address, s->conn);
	log_session(s->address, s->conn, s->smtp.messages, s->outcome,
		    s->reason, s->reason_id);
	if (!event_pending(server->log_due, EV_TIMEOUT, NULL))
		event_add(server->log_due, &delay);
}

static void session_free(struct session *s)
{
	struct server *server = s->server;

	hello_end(s->hello, server->hellos, s->conn, s->address);
	/* It left by itself, but it had been told that TLS is required. */
	if (!s->reason_id && s->smtp.wanted_tls &&
	    !smtptls_conn_tls_enabled(s->conn) &&
	    smtptls_conn_state(s->conn) == SMTPTLS_CLOSED) {
		s->reason_id = SMTPTLS_REASON_TLS_REQUIRED;
		s->reason = smtp_sentence(s->reason_id);
	}
	log_end(s);
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
	s->emptied = n >= 0 && (size_t)n < room;
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

/* Send once; 1 if this made room. */
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
 * The client has sent QUIT, and left no unread input in the socket: closing it
 * sends no reset, which could destroy replies that the client has not read. A
 * client that sends more after QUIT does so at its own risk.
 */
static int has_left(const struct session *s)
{
	return s->outcome && strcmp(s->outcome, "quit") == 0 && s->emptied;
}

/* After any event: serve, send, and wait for the next one; the session may be
 * gone afterwards. */
static void settle(struct session *s)
{
	int more;

	do
		more = session_serve(s);
	while (transmit(s) && more);

	int state = smtptls_conn_state(s->conn);
	int ports = smtptls_conn_poll(s->conn);
	if (state == SMTPTLS_FAILED)
		session_begin_close(s, NULL, 0);
	if (s->broken)
		goto over;
	if ((state == SMTPTLS_FAILED || state == SMTPTLS_CLOSED) &&
	    !(ports & SMTPTLS_NET_OUT)) {
		if (s->eof || has_left(s) || shutdown(s->fd, SHUT_WR) < 0)
			goto over;
		s->phase = LINGER;
		session_deadline(s, LINGER_SECONDS);
		wait_for(s, EV_READ);
		return;
	}
	if (s->alive && s->phase < CLOSING)
		session_deadline(s, s->server->options->idle_timeout);
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
		session_goodbye(s, "4.4.2", "Idle for too long", "timeout",
				SMTPTLS_REASON_TIMEOUT);
	else
		smtptls_conn_abort_timeout(s->conn,
					   1000U * (unsigned)s->server->options
							   ->handshake_timeout);
	session_begin_close(s, "timeout", 0);
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
	session_deadline(s, server->options->handshake_timeout);
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
		session_begin_close(s, "shutdown", SMTPTLS_REASON_ENDED_HERE);
		session_free(s);
	}
}
