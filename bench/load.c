/* SPDX-License-Identifier: MIT */
/*
 * load - drives a STARTTLS server, and fails at the first wrong answer
 *
 *	load full       --port PORT --count N	N full handshakes
 *	load resumed    --port PORT --count N	one full, then N resumed
 *	load data       --port PORT --count N	one message of N MiB
 *	load idle-tls   --port PORT --count N	N held after EHLO in TLS
 *	load idle-plain --port PORT --count N	N held after EHLO
 *
 * A session, always with 127.0.0.1, is banner, EHLO, STARTTLS, handshake,
 * EHLO, MAIL, RCPT, DATA, a small message, QUIT; each reply is awaited and
 * checked before the next command, each turn goes out in one segment, and the
 * session must end in 221 and close_notify. The idle modes print "held N", wait
 * for a line or the end of standard input, and then QUIT on every connection,
 * so that one that was lost meanwhile is seen. --threads P runs P sessions at a
 * time.
 *
 * TLS 1.3 (1.2 by --tls12), X25519 and AES-256-GCM-SHA384 are all that is
 * offered and are checked after the handshake. The certificate is not: what is
 * measured is the server. The run ends in failure after 300 s, or when the
 * server is silent for 60 s.
 *
 * On success one line "MODE count=N bytes=B seconds=S" and status 0, bytes
 * being those of the messages; otherwise a sentence on stderr and status 1.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <getopt.h>
#include <gnutls/gnutls.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	MESSAGE_LINE = 78,
	RECORD_BYTES = 16384,
	/* The least common multiple: whole lines and whole records. */
	MESSAGE_BLOCK = 39 * RECORD_BYTES,
	OUT_BYTES = 65536,
	IN_BYTES = 16384,
	REPLY_BYTES = 2048,
	TLS_STEPS = 64,
	MAX_COUNT = 1000000,
	MAX_THREADS = 64,
	SILENCE_SECONDS = 60,
	RUN_SECONDS = 300
};

#define OFFER_TLS13                                                            \
	"NONE:+VERS-TLS1.3:+AES-256-GCM:+AEAD:+GROUP-X25519:+CTYPE-X509:"      \
	"+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-RSA-PSS-RSAE-SHA256"
#define OFFER_TLS12                                                            \
	"NONE:+VERS-TLS1.2:+AES-256-GCM:+AEAD:+ECDHE-ECDSA:+ECDHE-RSA:"        \
	"+GROUP-X25519:+CTYPE-X509:+SIGN-ECDSA-SHA256:+SIGN-RSA-SHA256:"       \
	"+COMP-NULL"

static const char SMALL_MESSAGE[] =
	"From: Sender <sender@example.org>\r\n"
	"To: Recipient <recipient@example.net>\r\n"
	"Subject: a small message\r\n"
	"Date: Thu, 01 Jan 2026 00:00:00 +0000\r\n"
	"\r\n"
	"It has a line or two of text, one of which starts with a dot:\r\n"
	".. and then it is over.\r\n"
	".\r\n";

struct client {
	gnutls_session_t tls; /* NULL in the clear */
	int fd;
	unsigned long number;
	size_t out_len, in_off, in_len, reply_len;
	char out[OUT_BYTES];
	char in[IN_BYTES];
	char reply[REPLY_BYTES];
};

struct mode {
	const char *name;
	int (*run)(void);
	int (*open)(struct client *);
};

static struct {
	unsigned long port, count, threads;
	gnutls_certificate_credentials_t cred;
	gnutls_priority_t priority;
	gnutls_datum_t ticket; /* data is NULL for full handshakes */
	gnutls_protocol_t version;
	const char *offer;
	atomic_ulong next;
	atomic_ulong bytes;
	atomic_int failed;
	const struct mode *mode;
} load = { .version = GNUTLS_TLS1_3, .offer = OFFER_TLS13, .threads = 1 };

/* One call a sentence, so that those of several threads do not mix. */
#define fail(c, format, ...)                                                   \
	(fprintf(stderr, "load: session %lu: " format "\n", (c)->number,       \
		 __VA_ARGS__),                                                 \
	 -1)

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

/* Collects, so that a turn is one segment whatever pieces it is made in. */
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
			/* EAGAIN is the socket's time limit, not a retry. */
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
	do /* Non-fatal: a ticket, which comes before what is awaited. */
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

/* The length of the reply in text; 0 when it is not complete. */
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

/* Reads exactly one reply: bytes behind it are an error, since nothing that
 * would be answered was sent. */
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
	const int ticket = load.ticket.data != NULL;
	char *what;
	int ret;

	if (gnutls_protocol_get_version(c->tls) == load.version &&
	    gnutls_cipher_get(c->tls) == GNUTLS_CIPHER_AES_256_GCM &&
	    (gnutls_group_get(c->tls) == GNUTLS_GROUP_X25519 ||
	     (load.version == GNUTLS_TLS1_2 && ticket)) &&
	    resumed == ticket)
		return 0;
	what = gnutls_session_get_desc(c->tls);
	ret = fail(c, "unasked for: %s, %s", what ? what : "a session",
		   resumed ? "resumed" : "not resumed");
	gnutls_free(what);
	return ret;
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
	ret = gnutls_priority_set(tls, load.priority);
	if (!ret)
		ret = gnutls_credentials_set(tls, GNUTLS_CRD_CERTIFICATE,
					     load.cred);
	if (!ret && load.ticket.data)
		ret = gnutls_session_set_data(tls, load.ticket.data,
					      load.ticket.size);
	if (ret < 0)
		return fail(c, "setting up TLS: %s", gnutls_strerror(ret));
	do
		ret = gnutls_handshake(tls);
	while (ret < 0 && !gnutls_error_is_fatal(ret) && ++step < TLS_STEPS);
	if (ret < 0)
		return fail(c, "handshake: %s", gnutls_strerror(ret));
	return check_session(c);
}

static int open_plain(struct client *c)
{
	const struct timeval limit = { .tv_sec = SILENCE_SECONDS };
	const struct sockaddr_in server = {
		.sin_family = AF_INET,
		.sin_port = htons((in_port_t)load.port),
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

static int open_tls(struct client *c)
{
	if (open_plain(c) || say(c, "STARTTLS\r\n", "220") || handshake(c))
		return -1;
	return say(c, "EHLO client.example\r\n", "250");
}

static int send_message(struct client *c, const char *block, size_t len,
			unsigned long times)
{
	if (say(c, "MAIL FROM:<sender@example.org>\r\n", "250") ||
	    say(c, "RCPT TO:<recipient@example.net>\r\n", "250") ||
	    say(c, "DATA\r\n", "354"))
		return -1;
	for (unsigned long i = 0; i < times; i++)
		if (put(c, block, len))
			return -1;
	if (block != SMALL_MESSAGE && put(c, ".\r\n", 3))
		return -1;
	atomic_fetch_add(&load.bytes, len * times);
	return expect(c, "250", "the message");
}

static int quit(struct client *c)
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

static struct client *client_new(unsigned long number)
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

static void client_free(struct client *c)
{
	if (!c)
		return;
	if (c->tls)
		gnutls_deinit(c->tls);
	if (c->fd >= 0)
		close(c->fd);
	free(c);
}

static int small_session(unsigned long number)
{
	struct client *c = client_new(number);
	int ret = -1;

	if (c && !open_tls(c) &&
	    !send_message(c, SMALL_MESSAGE, sizeof(SMALL_MESSAGE) - 1, 1))
		ret = quit(c);
	client_free(c);
	return ret;
}

static void *worker(void *arg)
{
	unsigned long number;

	while (!atomic_load(&load.failed)) {
		number = atomic_fetch_add(&load.next, 1);
		if (number >= load.count)
			break;
		if (small_session(number))
			atomic_store(&load.failed, 1);
	}
	return arg;
}

static int run_full(void)
{
	pthread_t threads[MAX_THREADS];
	unsigned long n = 0;
	int ret = 0;

	while (n < load.threads && !ret) {
		ret = pthread_create(&threads[n], NULL, worker, NULL);
		n += !ret;
	}
	if (ret)
		fprintf(stderr, "load: thread: %s\n", strerror(ret));
	while (n)
		pthread_join(threads[--n], NULL);
	return ret || atomic_load(&load.failed) ? -1 : 0;
}

static int run_resumed(void)
{
	struct client *c = client_new(0);
	int ret = -1;

	/* The reply to EHLO has come, and so has the ticket before it. */
	if (c && !open_tls(c)) {
		ret = gnutls_session_get_data2(c->tls, &load.ticket);
		if (ret < 0)
			ret = fail(c, "no ticket: %s", gnutls_strerror(ret));
		else
			ret = quit(c);
	}
	client_free(c);
	return ret ? -1 : run_full();
}

static int run_data(void)
{
	const unsigned long size = load.count << 20;
	struct client *c = client_new(0);
	char *block = malloc(MESSAGE_BLOCK);
	int ret = -1;

	if (!c || !block)
		goto out;
	for (size_t i = 0; i < MESSAGE_BLOCK; i++)
		block[i] = (char)('A' + i % 26);
	for (size_t i = MESSAGE_LINE; i <= MESSAGE_BLOCK; i += MESSAGE_LINE)
		memcpy(block + i - 2, "\r\n", 2);
	if (!open_tls(c) &&
	    !send_message(c, block, MESSAGE_BLOCK,
			  (size + MESSAGE_BLOCK - 1) / MESSAGE_BLOCK))
		ret = quit(c);
out:
	free(block);
	client_free(c);
	return ret;
}

static int hold(struct client **held)
{
	int byte, ret = 0;

	for (unsigned long i = 0; i < load.count; i++) {
		held[i] = client_new(i);
		if (!held[i] || load.mode->open(held[i]))
			return -1;
	}
	printf("held %lu\n", load.count);
	fflush(stdout);
	do
		byte = getchar();
	while (byte != EOF && byte != '\n');
	for (unsigned long i = 0; i < load.count && !ret; i++)
		ret = quit(held[i]);
	return ret;
}

static int run_idle(void)
{
	struct client **held = calloc(load.count, sizeof(struct client *));
	struct rlimit files;
	int ret = -1;

	if (held && !getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		if (!setrlimit(RLIMIT_NOFILE, &files))
			ret = hold(held);
	}
	for (unsigned long i = 0; held && i < load.count; i++)
		client_free(held[i]);
	free(held);
	return ret;
}

static const struct mode modes[] = { { "full", run_full, open_tls },
				     { "resumed", run_resumed, open_tls },
				     { "data", run_data, open_tls },
				     { "idle-tls", run_idle, open_tls },
				     { "idle-plain", run_idle, open_plain } };

static int parse_number(const char *text, unsigned long max,
			unsigned long *number)
{
	char *end;

	*number = strtoul(text, &end, 10);
	return end != text && !*end && *number > 0 && *number <= max ? 0 : -1;
}

static int parse_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "port", required_argument, NULL, 'p' },
		{ "count", required_argument, NULL, 'n' },
		{ "threads", required_argument, NULL, 't' },
		{ "tls12", no_argument, NULL, '2' },
		{ NULL, 0, NULL, 0 }
	};
	int opt, ret = 0;

	while (!ret && (opt = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (opt == 'p')
			ret = parse_number(optarg, USHRT_MAX, &load.port);
		else if (opt == 'n')
			ret = parse_number(optarg, MAX_COUNT, &load.count);
		else if (opt == 't')
			ret = parse_number(optarg, MAX_THREADS, &load.threads);
		else if (opt == '2')
			load.version = GNUTLS_TLS1_2, load.offer = OFFER_TLS12;
		else
			ret = -1;
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		if (optind < argc && !strcmp(argv[optind], modes[i].name))
			load.mode = &modes[i];
	if (ret || !load.count || !load.port || !load.mode)
		return -1;
	return optind + 1 == argc ? 0 : -1;
}

static void on_alarm(int number)
{
	static const char text[] = "load: the time limit is over\n";

	(void)number;
	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(1);
}

int main(int argc, char **argv)
{
	struct timespec start, end;
	int ret;

	signal(SIGALRM, on_alarm);
	if (parse_options(argc, argv)) {
		fprintf(stderr, "usage: load full|resumed|data|idle-tls|"
				"idle-plain --port PORT --count N "
				"[--threads P] [--tls12]\n");
		return 2;
	}
	alarm(RUN_SECONDS);
	ret = gnutls_certificate_allocate_credentials(&load.cred);
	if (!ret)
		ret = gnutls_priority_init(&load.priority, load.offer, NULL);
	if (ret < 0) {
		fprintf(stderr, "load: GnuTLS: %s\n", gnutls_strerror(ret));
		goto out;
	}
	clock_gettime(CLOCK_MONOTONIC, &start);
	ret = load.mode->run();
	clock_gettime(CLOCK_MONOTONIC, &end);
	if (!ret)
		printf("%s count=%lu bytes=%lu seconds=%.3f\n", argv[optind],
		       load.count, atomic_load(&load.bytes),
		       (double)(end.tv_sec - start.tv_sec) +
			       (double)(end.tv_nsec - start.tv_nsec) / 1e9);
out:
	gnutls_free(load.ticket.data);
	if (load.priority)
		gnutls_priority_deinit(load.priority);
	if (load.cred)
		gnutls_certificate_free_credentials(load.cred);
	return ret ? 1 : 0;
}
