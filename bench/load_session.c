/* SPDX-License-Identifier: MIT */
/*
 * One session of the load, from its socket to its end; documented in load.c.
 * Anything unexpected is reported on stderr, and is an error.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "load_session.h"

enum { TLS_STEPS = 64, SILENCE_SECONDS = 60, NAME_MAX_BYTES = 64 };

struct target target = { .version = GNUTLS_TLS1_3 };

static int flush(struct client *c)
{
	size_t off = 0;
	ssize_t n;

	while (off < c->out_len) {
		n = send(c->fd, c->out + off, c->out_len - off, MSG_NOSIGNAL);
		if (n < 0)
			return -1;
		off += (size_t)n;
	}
	c->out_len = 0;
	return 0;
}

/* Collects output, so that each turn is one segment however it is written. */
static ssize_t push(gnutls_transport_ptr_t ptr, const void *data, size_t size)
{
	struct client *c = ptr;

	if (size > OUT_BYTES - c->out_len) {
		if (flush(c))
			return -1;
		if (size > OUT_BYTES)
			size = OUT_BYTES;
	}
	memcpy(c->out + c->out_len, data, size);
	c->out_len += size;
	return (ssize_t)size;
}

static ssize_t pull(gnutls_transport_ptr_t ptr, void *data, size_t size)
{
	struct client *c = ptr;
	size_t n = c->in_len - c->in_off;

	if (!n) {
		ssize_t got;

		if (flush(c))
			return -1;
		got = recv(c->fd, c->in, IN_BYTES, 0);
		if (got <= 0) {
			/* EAGAIN is the socket's timeout, not a retry. */
			if (got < 0 && errno == EAGAIN)
				errno = ETIMEDOUT;
			return got;
		}
		c->in_off = 0;
		c->in_len = n = (size_t)got;
	}
	if (n > size)
		n = size;
	memcpy(data, c->in + c->in_off, n);
	c->in_off += n;
	return (ssize_t)n;
}

static ssize_t receive(struct client *c, void *data, size_t size)
{
	ssize_t n;
	int step = 0;

	if (!c->tls)
		return pull(c, data, size);
	do /* Non-fatal: a ticket, which comes before the reply. */
		n = gnutls_record_recv(c->tls, data, size);
	while (n < 0 && !gnutls_error_is_fatal((int)n) && ++step < TLS_STEPS);
	return n;
}

static const char *error_text(const struct client *c, ssize_t n)
{
	if (n == 0)
		return "the server closed";
	return c->tls ? gnutls_strerror((int)n) : strerror(errno);
}

static int put(struct client *c, const char *text, size_t len)
{
	size_t off = 0;
	ssize_t n;

	while (off < len) {
		n = c->tls ? gnutls_record_send(c->tls, text + off, len - off)
			   : push(c, text + off, len - off);
		if (n <= 0)
			return fail(c, "sending: %s", error_text(c, n));
		off += (size_t)n;
	}
	return 0;
}

/* The length of the reply in text; 0 if it is incomplete. */
static size_t reply_end(const char *text, size_t len)
{
	const char *line = text, *lf;

	while ((lf = memchr(line, '\n', len - (size_t)(line - text)))) {
		if (lf - line >= 4 && line[3] != '-')
			return (size_t)(lf + 1 - text);
		line = lf + 1;
	}
	return 0;
}

/* Reads exactly one reply: bytes after it are an error, since nothing was
 * sent that they could answer. */
static int expect(struct client *c, const char *code, const char *after)
{
	size_t end;
	ssize_t n;

	c->reply_len = 0;
	do {
		if (c->reply_len == REPLY_BYTES)
			return fail(c, "after %s: an endless reply", after);
		n = receive(c, c->reply + c->reply_len,
			    REPLY_BYTES - c->reply_len);
		if (n <= 0)
			return fail(c, "after %s: %s instead of %s", after,
				    error_text(c, n), code);
		c->reply_len += (size_t)n;
		end = reply_end(c->reply, c->reply_len);
	} while (!end);
	if (end != c->reply_len)
		return fail(c, "after %s: bytes behind the reply", after);
	if (strncmp(c->reply, code, 3) != 0)
		return fail(c, "after %s: '%.*s' instead of %s", after,
			    (int)strcspn(c->reply, "\r\n"), c->reply, code);
	return 0;
}

static int say(struct client *c, const char *line, const char *code)
{
	char after[64];

	snprintf(after, sizeof(after), "%.*s", (int)strcspn(line, "\r"), line);
	return put(c, line, strlen(line)) ? -1 : expect(c, code, after);
}

/* A resumed TLS 1.2 session has no group: no key was exchanged. */
static int check_session(const struct client *c)
{
	const int resumed = gnutls_session_is_resumed(c->tls) != 0;
	const int ticket = target.ticket.data != NULL;
	char *what;
	int ret;

	if (gnutls_protocol_get_version(c->tls) == target.version &&
	    gnutls_cipher_get(c->tls) == GNUTLS_CIPHER_AES_256_GCM &&
	    (gnutls_group_get(c->tls) == GNUTLS_GROUP_X25519 ||
	     (target.version == GNUTLS_TLS1_2 && ticket)) &&
	    resumed == ticket)
		return 0;
	what = gnutls_session_get_desc(c->tls);
	ret = fail(c, "unasked for: %s, %s", what ? what : "a session",
		   resumed ? "resumed" : "not resumed");
	gnutls_free(what);
	return ret;
}

static int ask_for_name(struct client *c)
{
	char name[NAME_MAX_BYTES];
	int len = snprintf(name, sizeof(name), "n%lu.example",
			   c->number % target.names);

	return gnutls_server_name_set(c->tls, GNUTLS_NAME_DNS, name,
				      (size_t)len);
}

static int handshake(struct client *c)
{
	gnutls_session_t tls;
	int ret, step = 0;

	ret = gnutls_init(&tls, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL);
	if (ret < 0)
		return fail(c, "gnutls_init: %s", gnutls_strerror(ret));
	c->tls = tls;
	gnutls_transport_set_ptr(tls, c);
	gnutls_transport_set_pull_function(tls, pull);
	gnutls_transport_set_push_function(tls, push);
	gnutls_handshake_set_timeout(tls, 0);
	ret = gnutls_priority_set(tls, target.priority);
	if (!ret)
		ret = gnutls_credentials_set(tls, GNUTLS_CRD_CERTIFICATE,
					     target.cred);
	if (!ret && target.names)
		ret = ask_for_name(c);
	if (!ret && target.ticket.data)
		ret = gnutls_session_set_data(tls, target.ticket.data,
					      target.ticket.size);
	if (ret < 0)
		return fail(c, "setting up TLS: %s", gnutls_strerror(ret));
	do
		ret = gnutls_handshake(tls);
	while (ret < 0 && !gnutls_error_is_fatal(ret) && ++step < TLS_STEPS);
	if (ret < 0)
		return fail(c, "handshake: %s", gnutls_strerror(ret));
	return check_session(c);
}

int open_plain(struct client *c)
{
	const struct timeval limit = { .tv_sec = SILENCE_SECONDS };
	const struct sockaddr_in server = {
		.sin_family = AF_INET,
		.sin_port = htons((in_port_t)target.port),
		.sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) },
	};
	const int on = 1;

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 ||
	    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) ||
	    setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) ||
	    setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) ||
	    connect(c->fd, (const struct sockaddr *)&server, sizeof(server)))
		return fail(c, "connecting: %s", strerror(errno));
	if (expect(c, "220", "connecting"))
		return -1;
	return say(c, "EHLO client.example\r\n", "250");
}

int open_tls(struct client *c)
{
	if (open_plain(c) || say(c, "STARTTLS\r\n", "220") || handshake(c))
		return -1;
	return say(c, "EHLO client.example\r\n", "250");
}

/* Sends only the beginning of a ClientHello. */
int open_stalled(struct client *c)
{
	static const char part[] =
		"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";

	if (open_plain(c) || say(c, "STARTTLS\r\n", "220") ||
	    put(c, part, sizeof(part) - 1))
		return -1;
	return flush(c) ? fail(c, "sending: %s", strerror(errno)) : 0;
}

int send_message(struct client *c, const char *block, size_t len,
		 unsigned long times, int ended)
{
	if (say(c, "MAIL FROM:<sender@example.org>\r\n", "250") ||
	    say(c, "RCPT TO:<recipient@example.net>\r\n", "250") ||
	    say(c, "DATA\r\n", "354"))
		return -1;
	for (unsigned long i = 0; i < times; i++)
		if (put(c, block, len))
			return -1;
	if (!ended && put(c, ".\r\n", 3))
		return -1;
	return expect(c, "250", "the message");
}

int quit(struct client *c)
{
	char byte;
	ssize_t n;

	if (say(c, "QUIT\r\n", "221"))
		return -1;
	n = receive(c, &byte, 1);
	if (n > 0)
		return fail(c, "%s", "bytes behind the 221");
	/* Under TLS 0 means close_notify: its absence is another error. */
	return n ? fail(c, "after the 221: %s", error_text(c, n)) : 0;
}

struct client *client_new(unsigned long number)
{
	struct client *c = calloc(1, sizeof(*c));

	if (c) {
		c->fd = -1;
		c->number = number;
	} else {
		fprintf(stderr, "load: out of memory\n");
	}
	return c;
}

void client_free(struct client *c)
{
	if (!c)
		return;
	if (c->tls)
		gnutls_deinit(c->tls);
	if (c->fd >= 0)
		close(c->fd);
	free(c);
}
