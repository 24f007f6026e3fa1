/* SPDX-License-Identifier: MIT */
/*
 * Handshake, read and write of hosts that block, over socket pairs.
 *
 * Where the other side must act at the same time, it is a separate process; a
 * time limit ends it, and the test waits for it. No result depends on timing: a
 * time limit is 0, or long and never reached, or short where nothing can
 * happen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include <smtptls.h>

#include "../help/peer.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define LONG	     60000 /* milliseconds; never reached */
#define SHORT	     20
#define ROUNDS	     200000
#define NAME	     "mx.example.org"

static struct smtptls_config *config;

static int set_up(void **state)
{
	(void)state;
	config = peer_config(NULL, 1, 1);
	return 0;
}

/* The process of the other side, 0 if there is none. */
static pid_t running;

static void kill_running(void)
{
	if (running) {
		(void)kill(running, SIGKILL);
		(void)waitpid(running, NULL, 0);
	}
	running = 0;
}

static int tear_down(void **state)
{
	(void)state;
	kill_running();
	smtptls_config_unref(config);
	return 0;
}

static struct smtptls_conn *new_conn(int role)
{
	return peer_conn(smtptls_config_ref(config), role);
}

static struct smtptls_conn *verifying_client(void)
{
	struct smtptls_conn *conn = new_conn(SMTPTLS_CLIENT);

	assert_int_equal(smtptls_conn_set_verify(conn, SMTPTLS_VERIFY_CA), 0);
	assert_int_equal(smtptls_conn_set_peer(conn, NAME), 0);
	return conn;
}

static void open_pair(int fds[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
}

static void close_pair(int fds[2])
{
	assert_int_equal(close(fds[0]), 0);
	assert_int_equal(close(fds[1]), 0);
}

/* ---- calls on one descriptor ---- */

static ssize_t get(struct smtptls_conn *conn, int fd, void *data, size_t len,
		   int limit)
{
	return smtptls_fd_read(conn, fd, fd, data, len, limit);
}

static ssize_t put(struct smtptls_conn *conn, int fd, const char *text,
		   int limit)
{
	return smtptls_fd_write(conn, fd, fd, text, strlen(text), limit);
}

static int start(struct smtptls_conn *conn, int fd, int limit)
{
	return smtptls_fd_start_tls(conn, fd, fd, limit);
}

static int nothing_is_held(struct smtptls_conn *conn)
{
	const unsigned char *ptr;

	return smtptls_conn_output(conn, &ptr) == 0;
}

/* An error that a call returned is the connection's error, with a sentence. */
static void assert_told(struct smtptls_conn *conn, int ret)
{
	const char *text;

	assert_true(ret < 0);
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_FAILED);
	assert_int_equal(smtptls_conn_error(conn, &text), ret);
	assert_string_not_equal(text, "");
}

/* ---- the other side, in a separate process ---- */

struct far {
	pid_t pid;
	int fd; /* this side's */
};

/* The process exits with status 0 if `work` returns 1. */
static struct far far_side(int work(int fd, const char *const *script),
			   const char *const *script)
{
	struct far far;
	int fds[2];

	kill_running(); /* left by a failed test */
	open_pair(fds);
	fflush(NULL);
	far.pid = fork();
	assert_true(far.pid >= 0);
	if (far.pid == 0) {
		(void)close(fds[0]);
		(void)alarm(2 * LONG / 1000);
		_exit(work(fds[1], script) ? 0 : 1);
	}
	running = far.pid;
	assert_int_equal(close(fds[1]), 0);
	far.fd = fds[0];
	return far;
}

static void far_ends(struct far *far)
{
	int status = -1;

	assert_int_equal(close(far->fd), 0);
	assert_int_equal(waitpid(far->pid, &status, 0), far->pid);
	running = 0;
	assert_int_equal(status, 0);
}

/* Read one line, byte by byte; 1 if it is this one. */
static int expect(struct smtptls_conn *conn, int fd, const char *line)
{
	size_t i;
	char c;

	for (i = 0; line[i]; i++) {
		if (get(conn, fd, &c, 1, LONG) != 1 || c != line[i])
			return 0;
	}
	return 1;
}

/* An SMTP server using these same calls, which begins with STARTTLS. */
static int serve(int fd, const char *const *script)
{
	struct smtptls_conn *conn = new_conn(SMTPTLS_SERVER);
	int ok;

	(void)script;
	ok = put(conn, fd, "220 mx\r\n", LONG) == 8 &&
	     expect(conn, fd, "EHLO a\r\n") &&
	     put(conn, fd, "250-mx\r\n250 STARTTLS\r\n", LONG) == 22 &&
	     expect(conn, fd, "STARTTLS\r\n") &&
	     smtptls_conn_accept_starttls(conn, NULL, 0) == 220 &&
	     start(conn, fd, LONG) == 0 && nothing_is_held(conn) &&
	     expect(conn, fd, "EHLO a\r\n") &&
	     put(conn, fd, "250 mx\r\n", LONG) == 8 &&
	     expect(conn, fd, "QUIT\r\n") &&
	     put(conn, fd, "221 bye\r\n", LONG) == 9 &&
	     smtptls_conn_close(conn) == 0 &&
	     smtptls_fd_pump(conn, fd, fd, 0, LONG) == 0;
	smtptls_conn_free(conn);
	return ok;
}

/* Send the script's first line, and each further line after a line was read. */
static int recite(int fd, const char *const *script)
{
	char c;

	for (; *script; script++) {
		if (write(fd, *script, strlen(*script)) < 0)
			return 0;
		do {
			if (read(fd, &c, 1) != 1)
				return script[1] == NULL;
		} while (c != '\n');
	}
	return 1;
}

/* ---- both roles, from the greeting to QUIT ---- */

static void quit(struct smtptls_conn *conn, struct far *far)
{
	char c;

	assert_true(expect(conn, far->fd, "250 mx\r\n"));
	assert_int_equal(put(conn, far->fd, "QUIT\r\n", LONG), 6);
	assert_true(nothing_is_held(conn));
	assert_true(expect(conn, far->fd, "221 bye\r\n"));
	assert_int_equal(get(conn, far->fd, &c, 1, LONG), 0);
	assert_int_equal(get(conn, far->fd, &c, 1, LONG), 0);
	assert_int_equal(put(conn, far->fd, "x", LONG), SMTPTLS_E_STATE);
	assert_int_equal(start(conn, far->fd, LONG), SMTPTLS_E_STATE);
	far_ends(far);
	smtptls_conn_free(conn);
}

static void test_session(void **state)
{
	struct smtptls_conn *conn = verifying_client();
	struct far far = far_side(serve, NULL);

	(void)state;
	assert_int_equal(smtptls_conn_negotiate(conn, "a", 0), 0);
	assert_int_equal(start(conn, far.fd, LONG), 0);
	assert_int_equal(smtptls_conn_tls_enabled(conn), 1);
	assert_true(nothing_is_held(conn));
	/* TLS is already on */
	assert_int_equal(start(conn, far.fd, 0), 0);
	assert_int_equal(put(conn, far.fd, "EHLO a\r\n", LONG), 8);
	quit(conn, &far);
}

/* A write completes the negotiation, and a read the handshake. */
static void test_write_negotiates(void **state)
{
	struct smtptls_conn *conn = verifying_client();
	struct far far = far_side(serve, NULL);

	(void)state;
	assert_int_equal(smtptls_conn_negotiate(conn, "a", 0), 0);
	assert_int_equal(put(conn, far.fd, "EHLO a\r\n", LONG), 8);
	assert_int_equal(smtptls_conn_tls_enabled(conn), 1);
	quit(conn, &far);
}

/* A host that sends STARTTLS itself. */
static void test_own_starttls(void **state)
{
	struct smtptls_conn *conn = verifying_client();
	struct far far = far_side(serve, NULL);

	(void)state;
	assert_true(expect(conn, far.fd, "220 mx\r\n"));
	assert_int_equal(put(conn, far.fd, "EHLO a\r\n", LONG), 8);
	assert_true(expect(conn, far.fd, "250-mx\r\n250 STARTTLS\r\n"));
	assert_int_equal(put(conn, far.fd, "STARTTLS\r\n", LONG), 10);
	assert_true(expect(conn, far.fd, "220 2.0.0 Ready to start TLS\r\n"));
	assert_int_equal(start(conn, far.fd, LONG), 0);
	assert_int_equal(put(conn, far.fd, "EHLO a\r\n", LONG), 8);
	quit(conn, &far);
}

/* Implicit TLS: the server speaks first, and the client reads at once. */
static int serve_implicit(int fd, const char *const *script)
{
	struct smtptls_conn *conn = new_conn(SMTPTLS_SERVER);
	int ok = start(conn, fd, LONG) == 0 &&
		 put(conn, fd, "220 mx\r\n", LONG) == 8;
	char c;

	(void)script;
	ok = ok && get(conn, fd, &c, 1, LONG) == 0;
	smtptls_conn_free(conn);
	return ok;
}

static void test_read_carries_the_handshake(void **state)
{
	struct smtptls_conn *conn = verifying_client();
	struct far far = far_side(serve_implicit, NULL);
	char data[64];

	(void)state;
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	assert_true(expect(conn, far.fd, "220 mx\r\n"));
	assert_int_equal(smtptls_conn_close(conn), 0);
	assert_int_equal(smtptls_fd_pump(conn, far.fd, far.fd, 0, LONG), 0);
	/* the server's close_notify was answered with another */
	assert_true(read(far.fd, data, sizeof(data)) > 0);
	far_ends(&far);
	smtptls_conn_free(conn);
}

/* ---- the law: APP_OUT without an error means that everything was sent ---- */

static void test_app_out_means_sent(void **state)
{
	static const char *const versions[] = { PEER_TLS12, PEER_TLS13 };
	struct smtptls_conn *server, *client;
	int fds[2], ret = 0, i, both;
	size_t v;

	(void)state;
	for (v = 0; v < COUNT(versions) * 2; v++) {
		both = v % 2 ? SMTPTLS_APP_IN : 0;
		server = peer_conn(peer_config(versions[v / 2], 1, 0),
				   SMTPTLS_SERVER);
		client = peer_conn(peer_config(versions[v / 2], 0, 0),
				   SMTPTLS_CLIENT);
		open_pair(fds);
		assert_int_equal(smtptls_conn_start_tls(server, 0), 0);
		assert_int_equal(smtptls_conn_start_tls(client, 0), 0);
		for (i = 0; i < ROUNDS && !(ret > 0 && ret & SMTPTLS_APP_OUT);
		     i++) {
			(void)smtptls_fd_pump(server, fds[0], fds[0],
					      SMTPTLS_APP_OUT, 0);
			ret = smtptls_fd_pump(client, fds[1], fds[1],
					      SMTPTLS_APP_OUT | both, 0);
		}
		assert_int_equal(smtptls_conn_tls_enabled(client), 1);
		assert_true(nothing_is_held(client));
		/* so the server needs nothing more from it */
		assert_true(smtptls_fd_pump(server, fds[0], fds[0],
					    SMTPTLS_APP_OUT, LONG) &
			    SMTPTLS_APP_OUT);
		assert_int_equal(smtptls_conn_tls_enabled(server), 1);
		assert_true(nothing_is_held(server));
		close_pair(fds);
		smtptls_conn_free(server);
		smtptls_conn_free(client);
		ret = 0;
	}
}

/* Fill a socket until it takes no more. */
static void fill(struct smtptls_conn *conn, int fd)
{
	static char block[60000];
	int i, ret = 0;

	for (i = 0; i < ROUNDS && ret != SMTPTLS_E_TIMEOUT; i++) {
		assert_true(smtptls_conn_write(conn, block, sizeof(block)) > 0);
		ret = smtptls_fd_pump(conn, fd, fd, SMTPTLS_APP_OUT, 0);
		assert_true(ret == SMTPTLS_E_TIMEOUT || nothing_is_held(conn));
	}
	assert_int_equal(ret, SMTPTLS_E_TIMEOUT);
	assert_false(nothing_is_held(conn));
}

static void test_app_out_of_a_full_socket(void **state)
{
	struct smtptls_conn *conn = new_conn(SMTPTLS_SERVER);
	int fds[2], ret;

	(void)state;
	open_pair(fds);
	fill(conn, fds[0]);
	/* another open port is reported, and this one is not */
	assert_int_equal(write(fds[1], "NOOP\r\n", 6), 6);
	ret = smtptls_fd_pump(conn, fds[0], fds[0],
			      SMTPTLS_APP_IN | SMTPTLS_APP_OUT, LONG);
	assert_true(ret & SMTPTLS_APP_IN);
	assert_false(ret & SMTPTLS_APP_OUT);
	/* and a read does not wait for it, which would never end */
	assert_true(expect(conn, fds[0], "NOOP\r\n"));
	close_pair(fds);
	smtptls_conn_free(conn);
}

/* ---- reading ---- */

static void test_read_times_out(void **state)
{
	struct smtptls_conn *conn = new_conn(SMTPTLS_SERVER);
	const char *text;
	char data[16];
	int fds[2], limit;

	(void)state;
	open_pair(fds);
	assert_int_equal(smtptls_conn_write(conn, "220\r\n", 5), 5);
	for (limit = 0; limit <= SHORT; limit += SHORT) {
		assert_int_equal(get(conn, fds[0], data, 16, limit),
				 SMTPTLS_E_TIMEOUT);
		/* unchanged, except for the sentence */
		assert_int_equal(smtptls_conn_state(conn), SMTPTLS_PLAIN);
		assert_int_equal(smtptls_conn_error(conn, &text), 0);
		assert_string_equal(text, "peer was silent for too long");
	}
	/* pending output was sent all the same */
	assert_int_equal(read(fds[1], data, 16), 5);
	assert_int_equal(write(fds[1], "NO", 2), 2);
	assert_int_equal(get(conn, fds[0], data, 16, SHORT), SMTPTLS_E_TIMEOUT);
	assert_int_equal(write(fds[1], "OP\r\n", 4), 4);
	assert_int_equal(get(conn, fds[0], data, 16, LONG), 6);
	assert_int_equal(smtptls_conn_error(conn, &text), 0);
	assert_string_equal(text, "");
	fill(conn, fds[0]);
	assert_int_equal(get(conn, fds[0], data, 16, 0), SMTPTLS_E_TIMEOUT);
	assert_int_equal(smtptls_conn_error(conn, &text), 0);
	assert_string_equal(text, "peer read nothing for too long");
	close_pair(fds);
	smtptls_conn_free(conn);
}

static void test_read_to_the_end(void **state)
{
	struct smtptls_conn *conn = new_conn(SMTPTLS_SERVER);
	char data[16];
	int fds[2];

	(void)state;
	open_pair(fds);
	assert_int_equal(write(fds[1], "QUIT\r\n", 6), 6);
	assert_int_equal(shutdown(fds[1], SHUT_WR), 0);
	assert_int_equal(get(conn, fds[0], data, 16, LONG), 6);
	assert_int_equal(get(conn, fds[0], data, 16, LONG), 0);
	assert_int_equal(get(conn, fds[0], data, 16, -1), 0);
	assert_int_equal(smtptls_conn_close(conn), 0);
	assert_int_equal(get(conn, fds[0], data, 16, LONG), SMTPTLS_E_STATE);
	close_pair(fds);
	smtptls_conn_free(conn);
}

/* ---- writing ---- */

static void test_write_times_out(void **state)
{
	static const char block[4 * 1024 * 1024];
	struct smtptls_conn *conn = new_conn(SMTPTLS_SERVER);
	char data[16];
	int fds[2];

	(void)state;
	open_pair(fds);
	/* it reads in the meantime, so that the peer does not stall */
	assert_int_equal(write(fds[1], "NOOP\r\n", 6), 6);
	assert_int_equal(smtptls_fd_write(conn, fds[0], fds[0], block,
					  sizeof(block), SHORT),
			 SMTPTLS_E_TIMEOUT);
	assert_told(conn, SMTPTLS_E_TIMEOUT);
	/* what came before can still be read; then the error */
	assert_int_equal(smtptls_conn_read(conn, data, 16), 6);
	assert_int_equal(get(conn, fds[0], data, 16, LONG), SMTPTLS_E_TIMEOUT);
	assert_int_equal(put(conn, fds[0], "x", LONG), SMTPTLS_E_TIMEOUT);
	assert_int_equal(start(conn, fds[0], LONG), SMTPTLS_E_TIMEOUT);
	close_pair(fds);
	smtptls_conn_free(conn);
}

/* Without waiting, a partial write is not a timeout. */
static void test_write_without_waiting(void **state)
{
	struct smtptls_conn *conn = new_conn(SMTPTLS_SERVER);
	char data[16];
	int fds[2];

	(void)state;
	open_pair(fds);
	assert_int_equal(put(conn, fds[0], "220 x\r\n", 0), 7);
	assert_int_equal(smtptls_conn_write(conn, "250\r\n", 5), 5);
	assert_int_equal(put(conn, fds[0], "", 0), 0);
	assert_true(nothing_is_held(conn));
	assert_int_equal(read(fds[1], data, 16), 12);
	close_pair(fds);
	smtptls_conn_free(conn);
}

static int take_all(int fd, const char *const *script)
{
	char data[4096];
	ssize_t n;
	size_t all = 0;

	(void)script;
	while ((n = read(fd, data, sizeof(data))) > 0)
		all += (size_t)n;
	return n == 0 && all == 4 * 1024 * 1024;
}

static void test_write_much(void **state)
{
	static const char block[4 * 1024 * 1024];
	struct smtptls_conn *conn = new_conn(SMTPTLS_SERVER);
	struct far far = far_side(take_all, NULL);

	(void)state;
	assert_int_equal(smtptls_fd_write(conn, far.fd, far.fd, block,
					  sizeof(block), -1),
			 sizeof(block));
	far_ends(&far);
	smtptls_conn_free(conn);
}

/* ---- errors ---- */

static void test_arguments(void **state)
{
	struct smtptls_conn *conn = new_conn(SMTPTLS_SERVER);
	char c = 'x';

	(void)state;
	assert_int_equal(smtptls_fd_start_tls(NULL, 0, 0, 0), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_fd_start_tls(conn, -1, 0, 0), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_fd_start_tls(conn, 0, -1, 0), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_fd_read(NULL, 0, 0, &c, 1, 0), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_fd_read(conn, -1, 0, &c, 1, 0), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_fd_read(conn, 0, -1, &c, 1, 0), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_fd_read(conn, 0, 0, NULL, 1, 0),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_fd_read(conn, 0, 0, &c, 0, 0), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_fd_write(NULL, 0, 0, &c, 1, 0), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_fd_write(conn, -1, 0, &c, 1, 0),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_fd_write(conn, 0, -1, &c, 1, 0),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_fd_write(conn, 0, 0, NULL, 1, 0),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_timed_out(NULL), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_PLAIN);
	/* a server that has sent its greeting cannot start implicit TLS */
	assert_int_equal(smtptls_conn_write(conn, "220\r\n", 5), 5);
	assert_int_equal(smtptls_fd_start_tls(conn, 0, 0, 0), SMTPTLS_E_STATE);
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_PLAIN);
	smtptls_conn_free(conn);
}

static void test_start_tls_without_settings(void **state)
{
	struct smtptls_conn *conn;
	int fds[2];

	(void)state;
	open_pair(fds);
	conn = peer_conn(peer_config(NULL, 0, 0), SMTPTLS_SERVER);
	assert_int_equal(start(conn, fds[0], LONG), SMTPTLS_E_CONFIG);
	assert_told(conn, SMTPTLS_E_CONFIG);
	smtptls_conn_free(conn);
	assert_int_equal(smtptls_conn_new(&conn, config, SMTPTLS_CLIENT), 0);
	assert_int_equal(start(conn, fds[0], LONG), SMTPTLS_E_CONFIG);
	assert_told(conn, SMTPTLS_E_CONFIG);
	smtptls_conn_free(conn);
	/* nothing was sent */
	assert_int_equal(close(fds[0]), 0);
	assert_int_equal(read(fds[1], &conn, 1), 0);
	assert_int_equal(close(fds[1]), 0);
}

/* A stall, garbage, end of input and a broken descriptor, in the handshake. */
static void test_start_tls_fails(void **state)
{
	static const int errors[] = { SMTPTLS_E_TIMEOUT, SMTPTLS_E_HANDSHAKE,
				      SMTPTLS_E_TRUNCATED, SMTPTLS_E_IO };
	struct smtptls_conn *conn;
	unsigned char data[8];
	struct pollfd hears;
	int fds[2];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(errors); i++) {
		conn = new_conn(SMTPTLS_SERVER);
		open_pair(fds);
		if (i == 1)
			assert_int_equal(write(fds[1], "EHLO a\r\n", 8), 8);
		else if (i == 2)
			assert_int_equal(shutdown(fds[1], SHUT_WR), 0);
		else if (i == 3)
			close_pair(fds);
		errno = 0;
		assert_int_equal(start(conn, fds[0], i == 0 ? SHORT : LONG),
				 errors[i]);
		if (i == 3)
			assert_int_equal(errno, EBADF);
		assert_told(conn, errors[i]);
		assert_int_equal(get(conn, fds[0], data, 1, LONG), errors[i]);
		/* the alert has been sent */
		hears = (struct pollfd){ .fd = fds[1], .events = POLLIN };
		if (i < 2) {
			assert_int_equal(poll(&hears, 1, 0), 1);
			assert_int_equal(read(fds[1], data, 8), 7);
			assert_int_equal(data[0], 21);
		}
		if (i < 3)
			close_pair(fds);
		smtptls_conn_free(conn);
	}
}

static void test_negotiations_end(void **state)
{
	static const char *const rows[][4] = {
		{ "220 x\r\n", "250 x\r\n", NULL, NULL },
		{ "220 x\r\n", "250-x\r\n250 STARTTLS\r\n", "454 x\r\n", NULL },
		{ "554 x\r\n", NULL, NULL, NULL },
	};
	static const int errors[] = { SMTPTLS_E_NOT_OFFERED, SMTPTLS_E_REFUSED,
				      SMTPTLS_E_SMTP_REPLY };
	struct smtptls_conn *conn;
	struct far far;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		conn = verifying_client();
		far = far_side(recite, rows[i]);
		assert_int_equal(smtptls_conn_negotiate(conn, "a", 0), 0);
		assert_int_equal(start(conn, far.fd, LONG), errors[i]);
		assert_told(conn, errors[i]);
		far_ends(&far);
		smtptls_conn_free(conn);

		conn = new_conn(SMTPTLS_CLIENT);
		far = far_side(recite, rows[i]);
		assert_int_equal(
			smtptls_conn_negotiate(conn, "a", SMTPTLS_TLS_OPTIONAL),
			0);
		if (i < 2) {
			assert_int_equal(start(conn, far.fd, LONG), 1);
			/* nor does it start TLS on a second call */
			assert_int_equal(start(conn, far.fd, 0), 1);
			assert_int_equal(smtptls_conn_state(conn),
					 SMTPTLS_PLAIN);
			assert_int_equal(put(conn, far.fd, "EHLO a\r\n", LONG),
					 8);
		} else {
			assert_int_equal(put(conn, far.fd, "EHLO a\r\n", LONG),
					 errors[i]);
			assert_told(conn, errors[i]);
		}
		far_ends(&far);
		smtptls_conn_free(conn);
	}
}

/* The peer is gone: its last words can be read, and there is no SIGPIPE. */
static void test_nobody_listens(void **state)
{
	struct smtptls_conn *conn = new_conn(SMTPTLS_CLIENT);
	char data[16];
	int fds[2];

	(void)state;
	open_pair(fds);
	assert_int_equal(write(fds[1], "421 x\r\n", 7), 7);
	assert_int_equal(close(fds[1]), 0);
	assert_int_equal(
		smtptls_fd_pump(conn, fds[0], fds[0], SMTPTLS_APP_IN, LONG) &
			SMTPTLS_APP_IN,
		SMTPTLS_APP_IN);
	errno = 0;
	assert_int_equal(put(conn, fds[0], "x", LONG), SMTPTLS_E_IO);
	assert_int_equal(errno, EPIPE);
	assert_told(conn, SMTPTLS_E_IO);
	assert_int_equal(get(conn, fds[0], data, 16, LONG), 7);
	/* The connection had failed before: a system call adds nothing. */
	assert_int_equal(get(conn, fds[0], data, 16, LONG), SMTPTLS_E_IO);
	assert_int_equal(errno, EPIPE);
	assert_int_equal(close(fds[0]), 0);
	smtptls_conn_free(conn);

	/* Pending output is sent first, which can fail as well. */
	conn = new_conn(SMTPTLS_CLIENT);
	open_pair(fds);
	assert_int_equal(close(fds[1]), 0);
	assert_int_equal(smtptls_conn_write(conn, "x", 1), 1);
	errno = 0;
	assert_int_equal(get(conn, fds[0], data, 16, LONG), SMTPTLS_E_IO);
	assert_int_equal(errno, EPIPE);
	assert_int_equal(close(fds[0]), 0);
	smtptls_conn_free(conn);

	conn = new_conn(SMTPTLS_CLIENT);
	errno = 0;
	assert_int_equal(get(conn, fds[0], data, 16, LONG), SMTPTLS_E_IO);
	assert_int_equal(errno, EBADF);
	assert_told(conn, SMTPTLS_E_IO);
	smtptls_conn_free(conn);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_session),
		cmocka_unit_test(test_write_negotiates),
		cmocka_unit_test(test_own_starttls),
		cmocka_unit_test(test_read_carries_the_handshake),
		cmocka_unit_test(test_app_out_means_sent),
		cmocka_unit_test(test_app_out_of_a_full_socket),
		cmocka_unit_test(test_read_times_out),
		cmocka_unit_test(test_read_to_the_end),
		cmocka_unit_test(test_write_times_out),
		cmocka_unit_test(test_write_without_waiting),
		cmocka_unit_test(test_write_much),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_start_tls_without_settings),
		cmocka_unit_test(test_start_tls_fails),
		cmocka_unit_test(test_negotiations_end),
		cmocka_unit_test(test_nobody_listens),
	};

	return cmocka_run_group_tests_name("fd_calls", tests, set_up,
					   tear_down);
}
