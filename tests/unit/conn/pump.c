/* SPDX-License-Identifier: MIT */
/*
 * The pump over socket pairs and pipes, blocking and not: what it waits for,
 * what it returns, and how it ends. No result depends on timing: a time limit
 * is 0, or long and never reached, or short where nothing can happen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include <smtptls.h>

#include "../help/peer.h"

#define LONG	 60000 /* milliseconds; never reached */
#define ROUNDS	 200000
#define TRANSFER (1024 * 1024)

static struct smtptls_config *config;

static int set_up(void **state)
{
	(void)state;
	config = peer_config(NULL, 1, 1);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	smtptls_config_unref(config);
	return 0;
}

static struct smtptls_conn *new_conn(int role)
{
	return peer_conn(smtptls_config_ref(config), role);
}

static void unblock(int fd)
{
	assert_int_equal(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK),
			 0);
}

static void open_pair(int fds[2], int nonblocking)
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	if (nonblocking) {
		unblock(fds[0]);
		unblock(fds[1]);
	}
}

static void close_pair(int fds[2])
{
	assert_int_equal(close(fds[0]), 0);
	assert_int_equal(close(fds[1]), 0);
}

static void test_arguments(void **state)
{
	struct smtptls_conn *conn = new_conn(SMTPTLS_SERVER);

	(void)state;
	assert_int_equal(smtptls_fd_pump(NULL, 0, 0, 0, 0), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_fd_pump(conn, -1, 0, 0, 0), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_fd_pump(conn, 0, -1, 0, 0), SMTPTLS_E_ARG);
	/* inetd passes descriptor 0 */
	assert_int_equal(smtptls_fd_pump(conn, 0, 0, SMTPTLS_APP_OUT, 0),
			 smtptls_conn_poll(conn));
	smtptls_conn_free(conn);
}

/* A line in, a line out, the end: with every kind of descriptor. */
static void dialogue(int rfd, int wfd, int far_rfd, int far_wfd)
{
	struct smtptls_conn *conn = new_conn(SMTPTLS_SERVER);
	char data[16];

	/* an open port is reported at once */
	assert_true(smtptls_fd_pump(conn, rfd, wfd, SMTPTLS_APP_OUT, 0) &
		    SMTPTLS_APP_OUT);
	/* nothing to flush, nothing to wait for */
	assert_int_equal(smtptls_fd_pump(conn, rfd, wfd, 0, LONG),
			 SMTPTLS_NET_IN | SMTPTLS_APP_OUT);
	assert_int_equal(smtptls_fd_pump(conn, rfd, wfd, SMTPTLS_APP_IN, 0),
			 SMTPTLS_E_TIMEOUT);
	assert_int_equal(smtptls_fd_pump(conn, rfd, wfd, SMTPTLS_APP_IN, 20),
			 SMTPTLS_E_TIMEOUT);
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_PLAIN);
	/* half a line opens no port; pending output is sent while it waits */
	assert_int_equal(smtptls_conn_write(conn, "220\r\n", 5), 5);
	assert_int_equal(write(far_wfd, "NO", 2), 2);
	assert_int_equal(smtptls_fd_pump(conn, rfd, wfd, SMTPTLS_APP_IN, 20),
			 SMTPTLS_E_TIMEOUT);
	assert_int_equal(read(far_rfd, data, sizeof(data)), 5);
	assert_int_equal(write(far_wfd, "OP\r\n", 4), 4);
	assert_true(smtptls_fd_pump(conn, rfd, wfd, SMTPTLS_APP_IN, LONG) &
		    SMTPTLS_APP_IN);
	assert_true(host_reads(conn, "NOOP\r\n"));
	assert_int_equal(smtptls_conn_write(conn, "250\r\n", 5), 5);
	assert_false(smtptls_fd_pump(conn, rfd, wfd, 0, -1) & SMTPTLS_NET_OUT);
	assert_int_equal(read(far_rfd, data, sizeof(data)), 5);
	assert_memory_equal(data, "250\r\n", 5);
	assert_int_equal(smtptls_conn_write(conn, "221\r\n", 5), 5);
	assert_int_equal(smtptls_conn_close(conn), 0);
	assert_int_equal(smtptls_fd_pump(conn, rfd, wfd, SMTPTLS_APP_IN, LONG),
			 0);
	assert_int_equal(read(far_rfd, data, sizeof(data)), 5);
	smtptls_conn_free(conn);
}

static void test_dialogues(void **state)
{
	int fds[2], back[2], nonblocking;

	(void)state;
	for (nonblocking = 0; nonblocking < 2; nonblocking++) {
		open_pair(fds, nonblocking);
		dialogue(fds[0], fds[0], fds[1], fds[1]);
		close_pair(fds);
		assert_int_equal(pipe(fds), 0);
		assert_int_equal(pipe(back), 0);
		if (nonblocking) {
			unblock(fds[0]);
			unblock(back[1]);
		}
		dialogue(fds[0], back[1], back[0], fds[1]);
		close_pair(fds);
		close_pair(back);
	}
}

static void test_end_of_input(void **state)
{
	struct smtptls_conn *conn = new_conn(SMTPTLS_SERVER);
	char data[16];
	int fds[2];

	(void)state;
	open_pair(fds, 0);
	assert_int_equal(write(fds[1], "NOOP\r\nQU", 8), 8);
	assert_int_equal(shutdown(fds[1], SHUT_WR), 0);
	assert_true(
		smtptls_fd_pump(conn, fds[0], fds[0], SMTPTLS_APP_IN, LONG) &
		SMTPTLS_APP_IN);
	assert_true(host_reads(conn, "NOOP\r\n"));
	assert_true(
		smtptls_fd_pump(conn, fds[0], fds[0], SMTPTLS_APP_IN, LONG) &
		SMTPTLS_APP_IN);
	assert_true(host_reads(conn, "QU"));
	assert_int_equal(host_read_byte(conn), 0);
	/* now there is nothing it could wait for */
	assert_int_equal(
		smtptls_fd_pump(conn, fds[0], fds[0], SMTPTLS_APP_IN, -1),
		SMTPTLS_APP_OUT);
	/* a half-closed peer still reads */
	assert_int_equal(smtptls_conn_write(conn, "421\r\n", 5), 5);
	assert_int_equal(smtptls_fd_pump(conn, fds[0], fds[0], 0, LONG),
			 SMTPTLS_APP_OUT);
	assert_int_equal(read(fds[1], data, sizeof(data)), 5);
	close_pair(fds);
	smtptls_conn_free(conn);
}

/* The peer is gone: an error, and no signal on a socket. */
static void test_nobody_listens(void **state)
{
	struct smtptls_conn *conn = new_conn(SMTPTLS_SERVER);
	const char *text;
	void (*old)(int);
	int fds[2], back[2];

	(void)state;
	open_pair(fds, 0);
	assert_int_equal(close(fds[1]), 0);
	assert_int_equal(smtptls_conn_write(conn, "220\r\n", 5), 5);
	errno = 0;
	assert_int_equal(smtptls_fd_pump(conn, fds[0], fds[0], 0, LONG),
			 SMTPTLS_E_IO);
	assert_int_equal(errno, EPIPE);
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_FAILED);
	assert_int_equal(smtptls_conn_error(conn, &text), SMTPTLS_E_IO);
	assert_non_null(strstr(text, "peer had closed the connection (EPIPE)"));
	assert_int_equal(close(fds[0]), 0);
	smtptls_conn_free(conn);

	conn = new_conn(SMTPTLS_SERVER);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(pipe(back), 0);
	assert_int_equal(close(back[0]), 0);
	old = signal(SIGPIPE, SIG_IGN);
	assert_int_equal(smtptls_conn_write(conn, "220\r\n", 5), 5);
	errno = 0;
	assert_int_equal(smtptls_fd_pump(conn, fds[0], back[1], 0, LONG),
			 SMTPTLS_E_IO);
	assert_int_equal(errno, EPIPE);
	(void)signal(SIGPIPE, old);
	assert_int_equal(close(back[1]), 0);
	close_pair(fds);
	smtptls_conn_free(conn);
}

static void test_bad_descriptor(void **state)
{
	struct smtptls_conn *conn = new_conn(SMTPTLS_SERVER);
	const char *text;
	int fds[2];

	(void)state;
	open_pair(fds, 0);
	close_pair(fds);
	errno = 0;
	assert_int_equal(
		smtptls_fd_pump(conn, fds[0], fds[0], SMTPTLS_APP_IN, LONG),
		SMTPTLS_E_IO);
	assert_int_equal(errno, EBADF);
	assert_int_equal(smtptls_conn_error(conn, &text), SMTPTLS_E_IO);
	assert_non_null(strstr(text, "(EBADF)"));
	smtptls_conn_free(conn);
}

/* The peer reads nothing: the time limit passes, and the connection goes on. */
static void test_full_socket(void **state)
{
	static char block[60000];
	struct smtptls_conn *conn = new_conn(SMTPTLS_SERVER);
	int fds[2], nonblocking, i, ret = 0;
	size_t written, taken;
	ssize_t n;

	(void)state;
	for (nonblocking = 0; nonblocking < 2; nonblocking++) {
		open_pair(fds, nonblocking);
		unblock(fds[1]);
		written = taken = 0;
		for (i = 0; i < ROUNDS && ret != SMTPTLS_E_TIMEOUT; i++) {
			n = smtptls_conn_write(conn, block, sizeof(block));
			assert_true(n > 0);
			written += (size_t)n;
			ret = smtptls_fd_pump(conn, fds[0], fds[0], 0, 20);
		}
		assert_int_equal(ret, SMTPTLS_E_TIMEOUT);
		assert_int_equal(smtptls_conn_state(conn), SMTPTLS_PLAIN);
		for (i = 0; i < ROUNDS && taken < written; i++) {
			n = read(fds[1], block, sizeof(block));
			taken += n > 0 ? (size_t)n : 0;
			ret = smtptls_fd_pump(conn, fds[0], fds[0], 0, 0);
		}
		assert_int_equal(taken, written);
		assert_false(ret & SMTPTLS_NET_OUT);
		close_pair(fds);
	}
	smtptls_conn_free(conn);
}

/* A failed connection is not an error of the pump, and its alert is sent. */
static void test_failed_connection(void **state)
{
	struct smtptls_conn *conn = new_conn(SMTPTLS_SERVER);
	unsigned char data[64];
	int fds[2];

	(void)state;
	open_pair(fds, 0);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	assert_int_equal(write(fds[1], "EHLO a\r\n", 8), 8);
	assert_true(
		smtptls_fd_pump(conn, fds[0], fds[0], SMTPTLS_APP_IN, LONG) &
		SMTPTLS_APP_IN);
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_FAILED);
	assert_int_equal(host_read_byte(conn), SMTPTLS_E_HANDSHAKE);
	assert_int_equal(smtptls_fd_pump(conn, fds[0], fds[0], 0, LONG), 0);
	assert_int_equal(read(fds[1], data, sizeof(data)), 7);
	assert_int_equal(data[0], 21);
	close_pair(fds);
	smtptls_conn_free(conn);
}

/* Two connections in one thread, each served for as long as it can. */
static void pump_both(struct smtptls_conn *a, struct smtptls_conn *b,
		      int fds[2])
{
	int ret = smtptls_fd_pump(a, fds[0], fds[0], SMTPTLS_APP_IN, 0);

	assert_true(ret >= 0 || ret == SMTPTLS_E_TIMEOUT);
	ret = smtptls_fd_pump(b, fds[1], fds[1], SMTPTLS_APP_IN, 0);
	assert_true(ret >= 0 || ret == SMTPTLS_E_TIMEOUT);
}

/* Write as much of a pattern as possible; read and compare what there is. */
static void exchange(struct smtptls_conn *conn, size_t *sent, size_t *received)
{
	static char block[TRANSFER];
	char data[4096];
	ssize_t n, i;

	if (block[1] == 0) {
		for (i = 0; i < TRANSFER; i++)
			block[i] = (char)(i % 251);
	}
	n = smtptls_conn_write(conn, block + *sent, TRANSFER - *sent);
	assert_true(n >= 0 || n == SMTPTLS_E_AGAIN);
	*sent += n > 0 ? (size_t)n : 0;
	while ((n = smtptls_conn_read(conn, data, sizeof(data))) > 0) {
		assert_memory_equal(data, block + *received, (size_t)n);
		*received += (size_t)n;
	}
	assert_int_equal(n, SMTPTLS_E_AGAIN);
}

static void test_large_transfers(void **state)
{
	struct smtptls_conn *server, *client;
	size_t sent[2], received[2];
	int fds[2], nonblocking, i;

	(void)state;
	for (nonblocking = 0; nonblocking < 2; nonblocking++) {
		open_pair(fds, nonblocking);
		server = new_conn(SMTPTLS_SERVER);
		client = new_conn(SMTPTLS_CLIENT);
		assert_int_equal(smtptls_conn_start_tls(server, 0), 0);
		assert_int_equal(smtptls_conn_start_tls(client, 0), 0);
		for (i = 0; i < ROUNDS && !(smtptls_conn_tls_enabled(server) &&
					    smtptls_conn_tls_enabled(client));
		     i++)
			pump_both(server, client, fds);
		assert_int_equal(smtptls_conn_tls_enabled(server), 1);
		assert_int_equal(smtptls_conn_tls_enabled(client), 1);
		memset(sent, 0, sizeof(sent));
		memset(received, 0, sizeof(received));
		for (i = 0; i < ROUNDS &&
			    received[0] + received[1] < (size_t)2 * TRANSFER;
		     i++) {
			exchange(server, &sent[0], &received[0]);
			exchange(client, &sent[1], &received[1]);
			pump_both(server, client, fds);
		}
		assert_int_equal(received[0], TRANSFER);
		assert_int_equal(received[1], TRANSFER);
		assert_int_equal(smtptls_conn_close(client), 0);
		assert_int_equal(
			smtptls_fd_pump(client, fds[1], fds[1], 0, LONG), 0);
		assert_true(smtptls_fd_pump(server, fds[0], fds[0],
					    SMTPTLS_APP_IN, LONG) &
			    SMTPTLS_APP_IN);
		assert_int_equal(host_read_byte(server), 0);
		close_pair(fds);
		smtptls_conn_free(server);
		smtptls_conn_free(client);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_dialogues),
		cmocka_unit_test(test_end_of_input),
		cmocka_unit_test(test_nobody_listens),
		cmocka_unit_test(test_bad_descriptor),
		cmocka_unit_test(test_full_socket),
		cmocka_unit_test(test_failed_connection),
		cmocka_unit_test(test_large_transfers),
	};

	return cmocka_run_group_tests_name("pump", tests, set_up, tear_down);
}
