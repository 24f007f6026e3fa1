/* SPDX-License-Identifier: MIT */
/*
 * load - drives a STARTTLS server, and fails at the first wrong answer
 *
 *	load full       --port PORT --count N	N full handshakes
 *	load resumed    --port PORT --count N	one full, then N resumed
 *	load data       --port PORT --count N	one message of N MiB
 *	load idle-tls   --port PORT --count N	N held after EHLO in TLS
 *	load idle-plain --port PORT --count N	N held after EHLO
 *	load stalled    --port PORT --count N	N held within a ClientHello
 *	load brief      --port PORT --count N	as full, but without a message
 *
 * A session, always with 127.0.0.1, is banner, EHLO, STARTTLS, handshake, EHLO,
 * MAIL, RCPT, DATA, a small message, QUIT; each reply is awaited and checked
 * before the next command, each turn goes out in one segment, and the session
 * must end in 221 and close_notify. The idle modes print "held N", wait for a
 * line or the end of standard input, and then QUIT on every connection, so that
 * one lost in the meantime is noticed; stalled ones only close. --threads P
 * runs P sessions at a time. With --names M the sessions request the server
 * names "nN.example" in turn, N from 0 to M - 1, repeatedly.
 *
 * Only TLS 1.3 (1.2 with --tls12), X25519 and AES-256-GCM-SHA384 are offered,
 * and they are checked after the handshake. The certificate is not verified,
 * since only the server is measured. The run fails after 300 s, or when the
 * server is silent for 60 s.
 *
 * On success one line "MODE count=N bytes=B seconds=S p50_us=T p99_us=T" and
 * status 0; B counts the bytes of the messages, T is the duration of a session,
 * including the connect (0 if none is timed); otherwise a sentence on stderr
 * and status 1.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "load_session.h"

enum {
	MESSAGE_LINE = 78,
	RECORD_BYTES = 16384,
	/* The least common multiple: whole lines and whole records. */
	MESSAGE_BLOCK = 39 * RECORD_BYTES,
	MAX_COUNT = 1000000,
	MAX_THREADS = 64,
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

struct mode {
	const char *name;
	int (*run)(void);
	int (*open)(struct client *);
	int message; /* in each session */
};

static struct {
	unsigned long count, threads;
	const char *offer;
	unsigned *microseconds; /* of each session */
	atomic_ulong next;
	atomic_ulong bytes;
	atomic_int failed;
	const struct mode *mode;
} load = { .offer = OFFER_TLS13, .threads = 1 };

static int small_session(unsigned long number)
{
	struct client *c = client_new(number);
	int ret = -1;

	if (c && !open_tls(c) &&
	    (!load.mode->message ||
	     !send_message(c, SMALL_MESSAGE, sizeof(SMALL_MESSAGE) - 1, 1, 1)))
		ret = quit(c);
	if (!ret && load.mode->message)
		atomic_fetch_add(&load.bytes, sizeof(SMALL_MESSAGE) - 1);
	client_free(c);
	return ret;
}

static double seconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) +
	       (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static void *worker(void *arg)
{
	struct timespec start;
	unsigned long number;

	while (!atomic_load(&load.failed)) {
		number = atomic_fetch_add(&load.next, 1);
		if (number >= load.count)
			break;
		clock_gettime(CLOCK_MONOTONIC, &start);
		if (small_session(number))
			atomic_store(&load.failed, 1);
		load.microseconds[number] =
			(unsigned)(seconds_since(&start) * 1e6);
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
		ret = gnutls_session_get_data2(c->tls, &target.ticket);
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
			  (size + MESSAGE_BLOCK - 1) / MESSAGE_BLOCK, 0)) {
		atomic_fetch_add(&load.bytes, (size + MESSAGE_BLOCK - 1) /
						      MESSAGE_BLOCK *
						      MESSAGE_BLOCK);
		ret = quit(c);
	}
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
		if (load.mode->open != open_stalled)
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

static const struct mode modes[] = {
	{ "full", run_full, open_tls, 1 },
	{ "resumed", run_resumed, open_tls, 1 },
	{ "brief", run_full, open_tls, 0 },
	{ "data", run_data, open_tls, 1 },
	{ "idle-tls", run_idle, open_tls, 0 },
	{ "idle-plain", run_idle, open_plain, 0 },
	{ "stalled", run_idle, open_stalled, 0 },
};

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
		{ "names", required_argument, NULL, 's' },
		{ "tls12", no_argument, NULL, '2' },
		{ NULL, 0, NULL, 0 }
	};
	int opt, ret = 0;

	while (!ret && (opt = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (opt == 'p')
			ret = parse_number(optarg, USHRT_MAX, &target.port);
		else if (opt == 'n')
			ret = parse_number(optarg, MAX_COUNT, &load.count);
		else if (opt == 't')
			ret = parse_number(optarg, MAX_THREADS, &load.threads);
		else if (opt == 's')
			ret = parse_number(optarg, MAX_COUNT, &target.names);
		else if (opt == '2')
			target.version = GNUTLS_TLS1_2,
			load.offer = OFFER_TLS12;
		else
			ret = -1;
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		if (optind < argc && !strcmp(argv[optind], modes[i].name))
			load.mode = &modes[i];
	if (ret || !load.count || !target.port || !load.mode)
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

static int compare(const void *a, const void *b)
{
	unsigned one = *(const unsigned *)a, other = *(const unsigned *)b;

	return (one > other) - (one < other);
}

static void report(double seconds)
{
	qsort(load.microseconds, load.count, sizeof(*load.microseconds),
	      compare);
	printf("%s count=%lu bytes=%lu seconds=%.3f p50_us=%u p99_us=%u\n",
	       load.mode->name, load.count, atomic_load(&load.bytes), seconds,
	       load.microseconds[load.count / 2],
	       load.microseconds[load.count * 99 / 100]);
}

int main(int argc, char **argv)
{
	struct timespec start;
	int ret;

	signal(SIGALRM, on_alarm);
	if (parse_options(argc, argv)) {
		fprintf(stderr, "usage: load full|resumed|brief|data|"
				"idle-tls|idle-plain|stalled --port PORT "
				"--count N [--threads P] [--names M] "
				"[--tls12]\n");
		return 2;
	}
	load.microseconds = calloc(load.count, sizeof(*load.microseconds));
	if (!load.microseconds) {
		fprintf(stderr, "load: out of memory\n");
		return 1;
	}
	alarm(RUN_SECONDS);
	ret = gnutls_certificate_allocate_credentials(&target.cred);
	if (!ret)
		ret = gnutls_priority_init(&target.priority, load.offer, NULL);
	if (ret < 0) {
		fprintf(stderr, "load: GnuTLS: %s\n", gnutls_strerror(ret));
		goto out;
	}
	clock_gettime(CLOCK_MONOTONIC, &start);
	ret = load.mode->run();
	if (!ret)
		report(seconds_since(&start));
out:
	free(load.microseconds);
	gnutls_free(target.ticket.data);
	if (target.priority)
		gnutls_priority_deinit(target.priority);
	if (target.cred)
		gnutls_certificate_free_credentials(target.cred);
	return ret ? 1 : 0;
}
