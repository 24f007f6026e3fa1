/* SPDX-License-Identifier: MIT */
/*
 * floor - a minimal STARTTLS server that uses GnuTLS directly, tuned by hand
 *
 * The library's cost is measured against this server: one thread, one epoll
 * loop, hard-coded replies, and no object between the socket and GnuTLS.
 * Credentials, priority and ticket key are made once; every connection borrows
 * the same three buffers during an event, so that an idle one only holds its
 * GnuTLS session; each event ends in at most one send.
 *
 *	floor --listen ADDR:PORT --cert FILE --key FILE
 *
 * prints "listening starttls ADDR:PORT" when it accepts, counts messages and
 * drops them, and ends at SIGTERM or SIGINT with the counts on stderr.
 *
 * It has no time limits, no limit on connections and no policy, it accepts
 * commands in any order, and it closes the connection of a client that lets
 * replies pile up: it is only for measurements on the loopback interface, never
 * for mail.
 */
#define _GNU_SOURCE 1 /* accept4 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <gnutls/gnutls.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef WITH_POLICY
#include <smtptls/gnutls.h>
#endif

enum {
	LINE_MAX_BYTES = 1000, /* RFC 5321 4.5.3.1, with some reserve */
	DOT_TAIL = 4,	       /* of CRLF.CRLF, all but the last byte */
	RECORD_BYTES = 16384,
	IN_BYTES = 65536,
	REPLY_BYTES = 65536,
	WIRE_BYTES = 131072,
	EVENTS = 64,
	BACKLOG = 1024
};

#define PRIORITY "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE"

static const char REPLY_BANNER[] = "220 floor.example ESMTP\r\n";
static const char REPLY_EHLO_PLAIN[] = "250-floor.example\r\n"
				       "250-PIPELINING\r\n"
				       "250-SIZE 52428800\r\n"
				       "250-8BITMIME\r\n"
				       "250-ENHANCEDSTATUSCODES\r\n"
				       "250 STARTTLS\r\n";
static const char REPLY_EHLO_TLS[] = "250-floor.example\r\n"
				     "250-PIPELINING\r\n"
				     "250-SIZE 52428800\r\n"
				     "250-8BITMIME\r\n"
				     "250 ENHANCEDSTATUSCODES\r\n";
static const char REPLY_READY[] = "220 2.0.0 Ready to start TLS\r\n";
static const char REPLY_OK[] = "250 2.0.0 OK\r\n";
static const char REPLY_DATA[] = "354 End data with <CR><LF>.<CR><LF>\r\n";
static const char REPLY_BYE[] = "221 2.0.0 Bye\r\n";
static const char REPLY_TLS_ON[] = "503 5.5.1 TLS is on\r\n";
static const char REPLY_UNKNOWN[] = "500 5.5.2 Unknown command\r\n";

enum stage { STAGE_PLAIN, STAGE_HANDSHAKE, STAGE_TLS };

struct conn {
	gnutls_session_t tls; /* NULL in plaintext */
	struct conn *next;
	struct conn **link;
	char *carry; /* an unfinished line or end of data, read so far */
	int fd;
	unsigned int carry_len;
	unsigned char stage;
	unsigned char in_data;
	unsigned char quit;
};

/* What an event borrows; nothing in it outlives the event. */
static struct {
	char in[LINE_MAX_BYTES + IN_BYTES];
	char plain[LINE_MAX_BYTES + RECORD_BYTES];
	char reply[REPLY_BYTES];
	char wire[WIRE_BYTES];
	size_t in_off, in_end, reply_len, wire_len;
} event;

static struct {
	gnutls_certificate_credentials_t cred;
	gnutls_priority_t priority;
	gnutls_datum_t ticket_key;
	struct conn *conns;
	int epoll, listener, signals;
	unsigned long sessions, messages;
} floor_server = { .epoll = -1, .listener = -1, .signals = -1 };

#ifdef WITH_POLICY
static struct smtptls_policy *policy;
#endif

static ssize_t pull(gnutls_transport_ptr_t ptr, void *data, size_t size)
{
	struct conn *c = ptr;
	size_t n = event.in_end - event.in_off;

	if (!n) {
		gnutls_transport_set_errno(c->tls, EAGAIN);
		return -1;
	}
	if (n > size)
		n = size;
	memcpy(data, event.in + event.in_off, n);
	event.in_off += n;
	return (ssize_t)n;
}

static ssize_t vec_push(gnutls_transport_ptr_t ptr, const giovec_t *iov,
			int count)
{
	struct conn *c = ptr;
	size_t start = event.wire_len;

	for (int i = 0; i < count; i++) {
		if (iov[i].iov_len > WIRE_BYTES - event.wire_len) {
			event.wire_len = start;
			gnutls_transport_set_errno(c->tls, ENOBUFS);
			return -1;
		}
		memcpy(event.wire + event.wire_len, iov[i].iov_base,
		       iov[i].iov_len);
		event.wire_len += iov[i].iov_len;
	}
	return (ssize_t)(event.wire_len - start);
}

static void conn_close(struct conn *c)
{
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	if (c->tls)
		gnutls_deinit(c->tls);
	close(c->fd);
	free(c->carry);
	free(c);
}

static int reply(const char *text, size_t len)
{
	if (len > REPLY_BYTES - event.reply_len)
		return -1;
	memcpy(event.reply + event.reply_len, text, len);
	event.reply_len += len;
	return 0;
}

#define REPLY(text) reply(text, sizeof(text) - 1)

#ifdef WITH_POLICY
static int on_message(gnutls_session_t tls, unsigned int type,
		      unsigned int when, unsigned int incoming,
		      const gnutls_datum_t *message)
{
	return smtptls_policy_on_hello(policy, tls, type, when, incoming,
				       message);
}
#endif

static int session_new(struct conn *c)
{
	int ret;

	ret = gnutls_init(&c->tls, GNUTLS_SERVER | GNUTLS_NONBLOCK |
					   GNUTLS_NO_SIGNAL |
					   GNUTLS_NO_AUTO_SEND_TICKET);
	if (ret < 0)
		return ret;
	gnutls_transport_set_ptr(c->tls, c);
	gnutls_transport_set_pull_function(c->tls, pull);
	gnutls_transport_set_vec_push_function(c->tls, vec_push);
	ret = gnutls_priority_set(c->tls, floor_server.priority);
	if (ret < 0)
		return ret;
	ret = gnutls_credentials_set(c->tls, GNUTLS_CRD_CERTIFICATE,
				     floor_server.cred);
	if (ret < 0)
		return ret;
#ifdef WITH_POLICY
	gnutls_handshake_set_hook_function(c->tls, GNUTLS_HANDSHAKE_ANY,
					   GNUTLS_HOOK_PRE, on_message);
#endif
	return gnutls_session_ticket_enable_server(c->tls,
						   &floor_server.ticket_key);
}

static int is_verb(const char *line, size_t len, const char *verb)
{
	return len >= 4 && !strncasecmp(line, verb, 4) &&
	       (len == 4 || line[4] == ' ' || line[4] == ':');
}

static int command(struct conn *c, const char *line, size_t len)
{
	if (is_verb(line, len, "MAIL") || is_verb(line, len, "RCPT") ||
	    is_verb(line, len, "RSET") || is_verb(line, len, "NOOP"))
		return REPLY(REPLY_OK);
	if (is_verb(line, len, "EHLO"))
		return c->tls ? REPLY(REPLY_EHLO_TLS) : REPLY(REPLY_EHLO_PLAIN);
	if (is_verb(line, len, "DATA")) {
		c->in_data = 1;
		return REPLY(REPLY_DATA);
	}
	if (is_verb(line, len, "QUIT")) {
		c->quit = 1;
		return REPLY(REPLY_BYE);
	}
	if (len == 8 && !strncasecmp(line, "STARTTLS", 8)) {
		if (c->tls)
			return REPLY(REPLY_TLS_ON);
		if (session_new(c) < 0)
			return -1;
		c->stage = STAGE_HANDSHAKE;
		return REPLY(REPLY_READY);
	}
	return REPLY(REPLY_UNKNOWN);
}

/* The message starts at the CRLF of the DATA line, so that an empty one ends
 * like any other; returns how much was consumed. */
static size_t message(struct conn *c, const char *text, size_t len)
{
	const char *dot = text, *end = text + len;

	while ((dot = memchr(dot, '.', (size_t)(end - dot)))) {
		if (dot - text >= 2 && end - dot >= 3 && dot[-2] == '\r' &&
		    dot[-1] == '\n' && dot[1] == '\r' && dot[2] == '\n') {
			c->in_data = 0;
			floor_server.messages++;
			return (size_t)(dot + 3 - text);
		}
		dot++;
	}
	return len > DOT_TAIL ? len - DOT_TAIL : 0;
}

/* Serves what is complete in text; the rest is carried to the next call. */
static int serve(struct conn *c, char *text, size_t len)
{
	size_t used = 0;

	while (used < len && !c->quit) {
		char *line = text + used, *lf;

		if (c->in_data) {
			used += message(c, line, len - used);
			if (c->in_data)
				break;
			if (REPLY(REPLY_OK))
				return -1;
			continue;
		}
		lf = memchr(line, '\n', len - used);
		if (!lf)
			break;
		if (lf == line || lf[-1] != '\r')
			return -1;
		if (command(c, line, (size_t)(lf - 1 - line)))
			return -1;
		used = (size_t)(lf + 1 - text);
		if (c->in_data)
			used -= 2;
		/* RFC 3207 4.2: nothing may follow STARTTLS. */
		if (c->stage == STAGE_HANDSHAKE)
			return used == len ? 0 : -1;
	}
	if (used == len || c->quit)
		return 0;
	if (len - used > LINE_MAX_BYTES)
		return -1;
	c->carry_len = (unsigned int)(len - used);
	c->carry = malloc(c->carry_len);
	if (!c->carry)
		return -1;
	memcpy(c->carry, text + used, c->carry_len);
	return 0;
}

/* Puts the carried bytes before the fresh ones, which start LINE_MAX_BYTES
 * into the buffer. */
static int serve_fresh(struct conn *c, char *buffer, size_t fresh)
{
	size_t held = c->carry_len;
	char *start = buffer + LINE_MAX_BYTES - held;

	if (held) {
		memcpy(start, c->carry, held);
		free(c->carry);
		c->carry = NULL;
		c->carry_len = 0;
	}
	return serve(c, start, held + fresh);
}

static int handshake(struct conn *c)
{
	int ret;

	do
		ret = gnutls_handshake(c->tls);
	while (ret < 0 && !gnutls_error_is_fatal(ret) &&
	       event.in_off < event.in_end);
	if (ret < 0) {
		if (!gnutls_error_is_fatal(ret))
			return 0;
		gnutls_alert_send_appropriate(c->tls, ret);
		return -1;
	}
#ifdef WITH_POLICY
	if (smtptls_policy_result(c->tls, ret, NULL) != 0)
		return -1;
#endif
	c->stage = STAGE_TLS;
	floor_server.sessions++;
	if (gnutls_protocol_get_version(c->tls) != GNUTLS_TLS1_3)
		return 0;
	return gnutls_session_ticket_send(c->tls, 1, 0) < 0 ? -1 : 0;
}

static int serve_plain(struct conn *c)
{
	if (serve_fresh(c, event.in, event.in_end - event.in_off))
		return -1;
	memcpy(event.wire, event.reply, event.reply_len);
	event.wire_len = event.reply_len;
	return 0;
}

static int send_replies(struct conn *c)
{
	size_t sent = 0;
	ssize_t n;

	while (sent < event.reply_len) {
		n = gnutls_record_send(c->tls, event.reply + sent,
				       event.reply_len - sent);
		if (n <= 0)
			return -1;
		sent += (size_t)n;
	}
	/* In the same segment as the 221: a client that closes at the 221
	 * would answer a later close_notify with a reset. */
	if (c->quit && gnutls_bye(c->tls, GNUTLS_SHUT_WR) < 0)
		return -1;
	return 0;
}

static int serve_tls(struct conn *c)
{
	ssize_t n;

	while (!c->quit) {
		n = gnutls_record_recv(c->tls, event.plain + LINE_MAX_BYTES,
				       RECORD_BYTES);
		if (n > 0) {
			if (serve_fresh(c, event.plain, (size_t)n))
				return -1;
			continue;
		}
		if (n == 0) {
			c->quit = 1;
			break;
		}
		if (gnutls_error_is_fatal((int)n) || n == GNUTLS_E_REHANDSHAKE)
			return -1;
		/* Also returned for a record without data, as a KeyUpdate. */
		if (event.in_off == event.in_end)
			break;
	}
	return send_replies(c);
}

/* If a socket does not accept a few kilobytes, the peer does not read. */
static int flush(const struct conn *c)
{
	ssize_t n = 0;

	if (event.wire_len)
		n = send(c->fd, event.wire, event.wire_len, MSG_NOSIGNAL);
	return n == (ssize_t)event.wire_len ? 0 : -1;
}

static void conn_event(struct conn *c)
{
	ssize_t n = recv(c->fd, event.in + LINE_MAX_BYTES, IN_BYTES, 0);
	int ret = 0;

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		conn_close(c);
		return;
	}
	event.in_off = LINE_MAX_BYTES;
	event.in_end = LINE_MAX_BYTES + (size_t)n;
	event.reply_len = 0;
	event.wire_len = 0;
	if (c->stage == STAGE_PLAIN)
		ret = serve_plain(c);
	else if (c->stage == STAGE_HANDSHAKE)
		ret = handshake(c);
	if (!ret && c->stage == STAGE_TLS)
		ret = serve_tls(c);
	if (flush(c) || ret || c->quit)
		conn_close(c);
}

static int conn_accept(void)
{
	struct epoll_event ev = { .events = EPOLLIN };
	struct conn *c;
	int fd;

	fd = accept4(floor_server.listener, NULL, NULL,
		     SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return errno == EAGAIN || errno == ECONNABORTED ? 0 : -1;
	c = calloc(1, sizeof(*c));
	if (!c) {
		close(fd);
		return -1;
	}
	c->fd = fd;
	c->link = &floor_server.conns;
	c->next = floor_server.conns;
	if (c->next)
		c->next->link = &c->next;
	floor_server.conns = c;
	ev.data.ptr = c;
	if (epoll_ctl(floor_server.epoll, EPOLL_CTL_ADD, fd, &ev) ||
	    send(fd, REPLY_BANNER, sizeof(REPLY_BANNER) - 1, MSG_NOSIGNAL) !=
		    sizeof(REPLY_BANNER) - 1)
		conn_close(c);
	return 0;
}

static int run(void)
{
	struct epoll_event ev[EVENTS];
	int n;

	for (;;) {
		n = epoll_wait(floor_server.epoll, ev, EVENTS, -1);
		if (n < 0 && errno != EINTR) {
			perror("floor: epoll_wait");
			return -1;
		}
		for (int i = 0; i < n; i++) {
			if (ev[i].data.ptr == &floor_server.signals)
				return 0;
			if (ev[i].data.ptr != &floor_server.listener) {
				conn_event(ev[i].data.ptr);
			} else if (conn_accept()) {
				perror("floor: accept");
				return -1;
			}
		}
	}
}

static int open_tls(const char *cert, const char *key)
{
	int ret;

	ret = gnutls_certificate_allocate_credentials(&floor_server.cred);
	if (ret < 0)
		goto out;
	ret = gnutls_certificate_set_x509_key_file(floor_server.cred, cert, key,
						   GNUTLS_X509_FMT_PEM);
	if (ret < 0)
		goto out;
	ret = gnutls_priority_init(&floor_server.priority, PRIORITY, NULL);
	if (ret < 0)
		goto out;
	ret = gnutls_session_ticket_key_generate(&floor_server.ticket_key);
#ifdef WITH_POLICY
	if (ret == 0 && smtptls_policy_new(&policy, NULL, 0, NULL, 0) < 0)
		ret = GNUTLS_E_MEMORY_ERROR;
#endif
out:
	if (ret < 0)
		fprintf(stderr,
			"floor: TLS cannot be set up with %s and %s: "
			"%s\n",
			cert, key, gnutls_strerror(ret));
	return ret < 0 ? -1 : 0;
}

static int parse_address(const char *text, struct sockaddr_in *addr)
{
	const char *colon = strrchr(text, ':');
	char host[INET_ADDRSTRLEN], *end;
	unsigned long port;

	if (!colon || (size_t)(colon - text) >= sizeof(host))
		return -1;
	memcpy(host, text, (size_t)(colon - text));
	host[colon - text] = '\0';
	port = strtoul(colon + 1, &end, 10);
	if (end == colon + 1 || *end || port > USHRT_MAX)
		return -1;
	addr->sin_family = AF_INET;
	addr->sin_port = htons((in_port_t)port);
	return inet_pton(AF_INET, host, &addr->sin_addr) == 1 ? 0 : -1;
}

static int watch_new(int fd, void *ptr)
{
	struct epoll_event ev = { .events = EPOLLIN, .data = { .ptr = ptr } };

	return epoll_ctl(floor_server.epoll, EPOLL_CTL_ADD, fd, &ev);
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -1;
	floor_server.signals = signalfd(-1, &set, SFD_CLOEXEC);
	return floor_server.signals < 0 ? -1 : 0;
}

static int open_sockets(const char *listen_on)
{
	struct sockaddr_in addr = { 0 };
	socklen_t len = sizeof(addr);
	char host[INET_ADDRSTRLEN];
	const int on = 1;
	int fd;

	if (parse_address(listen_on, &addr)) {
		fprintf(stderr, "floor: %s is not ADDR:PORT\n", listen_on);
		return -1;
	}
	floor_server.epoll = epoll_create1(EPOLL_CLOEXEC);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	floor_server.listener = fd;
	/* On Linux, accepted sockets inherit TCP_NODELAY: one call less. */
	if (floor_server.epoll < 0 || fd < 0 || open_signals() ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)&addr, len) || listen(fd, BACKLOG) ||
	    getsockname(fd, (struct sockaddr *)&addr, &len) ||
	    watch_new(fd, &floor_server.listener) ||
	    watch_new(floor_server.signals, &floor_server.signals)) {
		fprintf(stderr, "floor: %s: %s\n", listen_on, strerror(errno));
		return -1;
	}
	inet_ntop(AF_INET, &addr.sin_addr, host, sizeof(host));
	printf("listening starttls %s:%u\n", host, ntohs(addr.sin_port));
	return fflush(stdout) ? -1 : 0;
}

static void close_all(void)
{
	while (floor_server.conns)
		conn_close(floor_server.conns);
	if (floor_server.listener >= 0)
		close(floor_server.listener);
	if (floor_server.signals >= 0)
		close(floor_server.signals);
	if (floor_server.epoll >= 0)
		close(floor_server.epoll);
#ifdef WITH_POLICY
	smtptls_policy_unref(policy);
#endif
	gnutls_free(floor_server.ticket_key.data);
	if (floor_server.priority)
		gnutls_priority_deinit(floor_server.priority);
	if (floor_server.cred)
		gnutls_certificate_free_credentials(floor_server.cred);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "listen", required_argument, NULL, 'l' },
		{ "cert", required_argument, NULL, 'c' },
		{ "key", required_argument, NULL, 'k' },
		{ NULL, 0, NULL, 0 }
	};
	const char *listen_on = NULL, *cert = NULL, *key = NULL;
	int opt, ret;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 'l')
			listen_on = optarg;
		else if (opt == 'c')
			cert = optarg;
		else if (opt == 'k')
			key = optarg;
		else
			return 2;
	}
	if (!listen_on || !cert || !key || optind != argc) {
		fprintf(stderr, "usage: floor --listen ADDR:PORT --cert FILE "
				"--key FILE\n");
		return 2;
	}
	ret = open_tls(cert, key);
	if (!ret)
		ret = open_sockets(listen_on);
	if (!ret)
		ret = run();
	if (!ret)
		fprintf(stderr, "floor: %lu sessions, %lu messages\n",
			floor_server.sessions, floor_server.messages);
	close_all();
	return ret ? 1 : 0;
}
