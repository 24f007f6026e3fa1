/* SPDX-License-Identifier: MIT */
/*
 * The dialogue of an smtptls-server session: lines and message text go from the
 * library's connection to the SMTP functions, and replies back.
 *
 * Nothing is read for a client that does not take its replies, so a session's
 * memory is bounded: by the library's buffers, and here by the replies to one
 * chunk of input. No socket is used here. Only the disk can block it.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>

#include "session_state.h"

enum {
	COMMAND_CHUNK = 512, /* its replies fit into REPLIES_MAX */
	TEXT_CHUNK = 16384,  /* a TLS record */
	CLOSE_SECONDS = 5,   /* for the client to take the last reply */
	TLS_CLAUSE_MAX = 112 /* of the Received line; names are short */
};

/* ------------------------------------------------------------------------ */
/* Replies and closing                                                       */

void session_begin_close(struct session *s, const char *outcome, int reason)
{
	if (s->phase >= CLOSING)
		return;
	s->phase = CLOSING;
	s->outcome = outcome;
	s->reason_id = (short)reason;
	s->reason = smtp_sentence(reason);
	session_deadline(s, CLOSE_SECONDS);
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

void session_goodbye(struct session *s, const char *status, const char *why,
		     const char *outcome, int reason)
{
	struct smtp_reply reply;

	smtp_goodbye(&s->smtp, status, why, &reply);
	say(s, reply.text, reply.len);
	session_begin_close(s, outcome, reason);
	s->reason = why;
}

/* Hand held replies to the library; 1 when none is held any more. */
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

/* Hand the replies to the library, and hold those that it does not take. */
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
	session_deadline(s, s->server->options->handshake_timeout);
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
		session_begin_close(s, "quit", 0);
		break;
	case SMTP_NEXT_REFUSE:
		session_begin_close(s, "refused", reply.reason);
		break;
	}
}

/* Keep the beginning of a line, or complete it; 0 if it is too long. */
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
		session_begin_close(s, "refused", SMTPTLS_REASON_LINE_TOO_LONG);
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

/* Do what is due before the next read; 0 if nothing is to be read now. */
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
		session_goodbye(s, "4.3.2", "Server is shutting down",
				"shutdown", SMTPTLS_REASON_ENDED_HERE);
	push_replies(s);
	if (s->phase == CLOSING && !s->held)
		smtptls_conn_close(s->conn);
	return s->phase < CLOSING && !s->held &&
	       smtptls_conn_poll(s->conn) & SMTPTLS_APP_OUT;
}

int session_serve(struct session *s)
{
	char chunk[TEXT_CHUNK];

	while (advance(s)) {
		ssize_t n = smtptls_conn_read(s->conn, chunk,
					      s->phase == TEXT ? TEXT_CHUNK
							       : COMMAND_CHUNK);
		if (n < 0)
			return 0;
		if (n == 0)
			session_begin_close(s, "closed",
					    s->phase == TEXT
						    ? SMTPTLS_REASON_TRUNCATED
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
	return 1;
}
