/* SPDX-License-Identifier: MIT */
/*
 * Carries plaintext to and from a program, and TLS to and from the network. One
 * piece of at most a TLS record is held for each direction; nothing more is
 * read until it is gone. Time limits are up to the program, which ends an idle
 * session. Then, or when the client ends it, the client must take the rest in
 * time.
 */
#include "relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RECORD = 16384, FLUSH_MS = 5000 };

struct piece {
	size_t start, end;
	char data[RECORD];
};

static void unblock(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static int is_hard(ssize_t n)
{
	return n < 0 && errno != EAGAIN && errno != EINTR;
}

/* ---- the program's side ---- */

static void close_in(int *in)
{
	if (*in >= 0)
		close(*in);
	*in = -1;
}

/* From the client to the program, as far as the program takes it. */
static void feed(struct smtptls_conn *conn, struct piece *piece, int *in)
{
	ssize_t n;

	if (piece->start == piece->end &&
	    smtptls_conn_poll(conn) & SMTPTLS_APP_IN) {
		n = smtptls_conn_read(conn, piece->data, sizeof(piece->data));
		piece->start = 0;
		piece->end = n > 0 ? (size_t)n : 0;
		if (n <= 0 && n != SMTPTLS_E_AGAIN)
			close_in(in);
	}
	if (piece->start == piece->end)
		return;
	n = *in < 0 ? -1
		    : write(*in, piece->data + piece->start,
			    piece->end - piece->start);
	if (n > 0)
		piece->start += (size_t)n;
	if (*in < 0 || is_hard(n)) {
		/* It reads no more, but may still write. */
		piece->start = piece->end;
		close_in(in);
	}
}

/* From the program to the client, as far as there is room; 0 if the program has
 * written everything, or the connection has failed. */
static int drain(struct smtptls_conn *conn, struct piece *piece, int out)
{
	ssize_t n;

	if (piece->start == piece->end) {
		n = read(out, piece->data, sizeof(piece->data));
		if (n == 0 || is_hard(n))
			return 0;
		piece->start = 0;
		piece->end = n > 0 ? (size_t)n : 0;
	}
	if (piece->start == piece->end)
		return 1;
	n = smtptls_conn_write(conn, piece->data + piece->start,
			       piece->end - piece->start);
	if (n > 0)
		piece->start += (size_t)n;
	return n > 0 || n == SMTPTLS_E_AGAIN;
}

/* ---- the network's side ---- */

static void receive(struct smtptls_conn *conn, int fd)
{
	unsigned char *room;
	size_t size = smtptls_conn_input(conn, &room);
	ssize_t n = size ? recv(fd, room, size, 0) : -1;

	if (size == 0)
		return;
	if (n > 0)
		smtptls_conn_input_done(conn, (size_t)n);
	else if (n == 0)
		smtptls_conn_input_eof(conn);
	else if (is_hard(n))
		smtptls_conn_abort_errno(conn, errno);
}

static int transmit(struct smtptls_conn *conn, int fd)
{
	const unsigned char *data;
	size_t len = smtptls_conn_output(conn, &data);
	ssize_t n = len ? send(fd, data, len, MSG_NOSIGNAL) : 0;

	if (n > 0)
		smtptls_conn_output_done(conn, (size_t)n);
	if (!is_hard(n))
		return 0;
	smtptls_conn_abort_errno(conn, errno);
	return -1;
}

static short net_events(int ports)
{
	return (short)((ports & SMTPTLS_NET_IN ? POLLIN : 0) |
		       (ports & SMTPTLS_NET_OUT ? POLLOUT : 0));
}

/* ---- both ---- */

/* Send pending output, as long as the client takes some of it; 0 or -1. */
static int flush(struct smtptls_conn *conn, int fd)
{
	while (smtptls_conn_poll(conn) & SMTPTLS_NET_OUT) {
		struct pollfd client = { fd, POLLOUT, 0 };
		int n = poll(&client, 1, FLUSH_MS);

		if (n == 0)
			(void)smtptls_conn_timed_out(conn);
		if (n == 0 || is_hard(n) || transmit(conn, fd) < 0)
			return -1;
	}
	return 0;
}

/* The program has written everything; some may still be in the pipe. */
static void say_rest(struct smtptls_conn *conn, int fd, struct piece *said,
		     int out)
{
	do
		if (flush(conn, fd) < 0)
			return;
	while (drain(conn, said, out));
	smtptls_conn_close(conn);
	(void)flush(conn, fd);
}

void relay(struct smtptls_conn *conn, int fd, int *in, int out)
{
	struct piece heard = { 0, 0, "" }, said = { 0, 0, "" };

	unblock(fd);
	unblock(*in);
	unblock(out);
	for (;;) {
		feed(conn, &heard, in);
		if (transmit(conn, fd) < 0)
			return;
		int ports = smtptls_conn_poll(conn);
		int open = smtptls_conn_state(conn) == SMTPTLS_TLS;
		if (!open && !(ports & SMTPTLS_APP_IN)) {
			(void)flush(conn, fd);
			return;
		}
		int held = heard.start < heard.end;
		int room = ports & SMTPTLS_APP_OUT;
		int left = room && said.start < said.end;
		/* Do not wait for data that is already here. */
		int ready = left || (!held && ports & SMTPTLS_APP_IN);
		short net = net_events(ports);
		/*
		 * poll() reports the end of a stream unasked, and every time:
		 * so watch the program at all times, but the client only while
		 * bytes can move.
		 */
		struct pollfd fds[] = {
			{ net ? fd : -1, net, 0 },
			{ open ? out : -1, room ? POLLIN : 0, 0 },
			{ held ? *in : -1, POLLOUT, 0 },
		};
		if (poll(fds, 3, ready ? 0 : -1) < 0 && errno != EINTR)
			return;
		if (fds[1].revents & POLLHUP ||
		    ((left || fds[1].revents) && !drain(conn, &said, out))) {
			say_rest(conn, fd, &said, out);
			return;
		}
		if (fds[0].revents & (POLLIN | POLLHUP | POLLERR))
			receive(conn, fd);
	}
}
