/* SPDX-License-Identifier: MIT */
/*
 * wire: a connection of the library and its socket.
 *
 * Plaintext input is kept as well, only to be shown in the report: the library
 * does not hand out anything that it read before TLS.
 */
#include "wire.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"

int wire_connect(struct wire *wire, const struct address *address,
		 int timeout_ms)
{
	struct pollfd wait = { .events = POLLOUT };
	socklen_t len = sizeof(int);
	int error = 0;

	memset(wire, 0, sizeof(*wire));
	wire->timeout_ms = timeout_ms;
	wire->fd = socket(address->sockaddr.ss_family,
			  SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (wire->fd < 0)
		return errno;
	if (connect(wire->fd, (const struct sockaddr *)&address->sockaddr,
		    address->len) == 0)
		return 0;
	if (errno == EINPROGRESS) {
		wait.fd = wire->fd;
		if (poll(&wait, 1, timeout_ms) <= 0)
			error = ETIMEDOUT;
		else if (getsockopt(wire->fd, SOL_SOCKET, SO_ERROR, &error,
				    &len) == 0 &&
			 error == 0)
			return 0;
	} else {
		error = errno;
	}
	close(wire->fd);
	wire->fd = -1;
	return error ? error : EIO;
}

static void hear(struct wire *wire, const unsigned char *data, size_t len)
{
	size_t room = sizeof(wire->heard) - wire->heard_len;

	if (len > room)
		len = room;
	memcpy(wire->heard + wire->heard_len, data, len);
	wire->heard_len += len;
}

static void take(struct wire *wire)
{
	int plain = smtptls_conn_state(wire->conn) == SMTPTLS_PLAIN;
	unsigned char *ptr;
	size_t room = smtptls_conn_input(wire->conn, &ptr);
	ssize_t n;

	if (room == 0)
		return;
	n = recv(wire->fd, ptr, room, 0);
	if (n > 0) {
		if (plain)
			hear(wire, ptr, (size_t)n);
		(void)smtptls_conn_input_done(wire->conn, (size_t)n);
		return;
	}
	(void)smtptls_conn_input_done(wire->conn, 0);
	if (n == 0)
		(void)smtptls_conn_input_eof(wire->conn);
	else if (errno != EAGAIN && errno != EINTR)
		(void)smtptls_conn_abort_errno(wire->conn, errno);
}

/* Send; 0, or -1 if nothing can be sent any more. */
static int give(struct wire *wire)
{
	const unsigned char *ptr;
	size_t len = smtptls_conn_output(wire->conn, &ptr);
	ssize_t n = send(wire->fd, ptr, len, MSG_NOSIGNAL);

	(void)smtptls_conn_output_done(wire->conn, n > 0 ? (size_t)n : 0);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		(void)smtptls_conn_abort_errno(wire->conn, errno);
		return -1;
	}
	return 0;
}

static int is_over(const struct wire *wire)
{
	int state = smtptls_conn_state(wire->conn);

	return state == SMTPTLS_FAILED || state == SMTPTLS_CLOSED;
}

/* Wait for the ports, and move their bytes; 0, or -1 on timeout or error. */
static int move(struct wire *wire, int ports, long end)
{
	struct pollfd wait = { wire->fd, 0, 0 };
	long left = end - clock_ms();

	if (ports & SMTPTLS_NET_IN)
		wait.events |= POLLIN;
	if (ports & SMTPTLS_NET_OUT)
		wait.events |= POLLOUT;
	if (left <= 0 || poll(&wait, 1, (int)left) == 0)
		return -1;
	if ((ports & SMTPTLS_NET_OUT) &&
	    (wait.revents & (POLLOUT | POLLERR | POLLHUP)) && give(wire) < 0)
		return -1;
	if ((ports & SMTPTLS_NET_IN) &&
	    (wait.revents & (POLLIN | POLLERR | POLLHUP)))
		take(wire);
	return 0;
}

static void run_until(struct wire *wire, int until, long end)
{
	int ports;

	while (!is_over(wire) &&
	       !((ports = smtptls_conn_poll(wire->conn)) & until)) {
		if (move(wire, ports, end) < 0 && !is_over(wire))
			(void)smtptls_conn_abort(wire->conn, SMTPTLS_E_TIMEOUT);
		if (wire->handshake_at == 0 &&
		    smtptls_conn_state(wire->conn) == SMTPTLS_HANDSHAKE) {
			wire->handshake_at = clock_ms();
			end = wire->handshake_at + wire->timeout_ms;
		}
	}
	/* send an alert, as far as possible */
	end = clock_ms() + 1000;
	while (is_over(wire) &&
	       (ports = smtptls_conn_poll(wire->conn) & SMTPTLS_NET_OUT)) {
		if (move(wire, ports, end) < 0)
			break;
	}
}

void wire_run(struct wire *wire, int until)
{
	run_until(wire, until, clock_ms() + wire->timeout_ms);
}

/* ---- replies ---- */

static size_t line_length(const char *text, size_t len)
{
	const char *end = memchr(text, '\n', len);

	return end ? (size_t)(end - text) + 1 : 0;
}

static void append(char *list, size_t size, const struct smtptls_reply *reply)
{
	size_t used = strlen(list);

	if (used > 0 && used + 2 < size)
		used += (size_t)snprintf(list + used, size - used, ", ");
	escape(list + used, size - used, reply->text, reply->text_len);
}

int wire_reply(const char *heard, size_t len, int i, char *first,
	       size_t first_size, char *others, size_t others_size)
{
	struct smtptls_reply reply;
	int lines = 0;
	size_t n;

	first[0] = others[0] = '\0';
	for (; (n = line_length(heard, len)) > 0; heard += n, len -= n) {
		if (smtptls_reply_parse(heard, n, &reply) < 0)
			return -1;
		if (i == 0 && lines == 0)
			escape(first, first_size, heard, n - 2);
		else if (i == 0)
			append(others, others_size, &reply);
		lines++;
		if (!reply.last)
			continue;
		if (i == 0)
			return 0;
		lines = 0;
		i--;
	}
	return -1;
}

int wire_command(struct wire *wire, const char *line, char *reply, size_t size)
{
	char heard[8192], first[512];
	/* one limit for the whole reply, which may come byte by byte */
	long end = clock_ms() + wire->timeout_ms;
	size_t len = 0, at = 0, n = strlen(line);
	struct smtptls_reply part;
	ssize_t ret;

	smtptls_ehlo_init(&wire->ehlo, wire->offers, sizeof(wire->offers));
	if (smtptls_conn_write(wire->conn, line, n) != (ssize_t)n)
		return -1;
	while (len < sizeof(heard)) {
		run_until(wire, SMTPTLS_APP_IN, end);
		ret = smtptls_conn_read(wire->conn, heard + len,
					sizeof(heard) - len);
		if (ret == SMTPTLS_E_AGAIN)
			continue;
		if (ret <= 0)
			return -1;
		len += (size_t)ret;
		while ((n = line_length(heard + at, len - at)) > 0) {
			if (smtptls_reply_parse(heard + at, n, &part) < 0)
				return -1;
			(void)smtptls_ehlo_add(&wire->ehlo, heard + at, n);
			at += n;
			if (part.last)
				return wire_reply(heard, at, 0, first,
						  sizeof(first), reply, size);
		}
	}
	return -1;
}

void wire_close(struct wire *wire)
{
	if (wire->conn && smtptls_conn_close(wire->conn) == 0)
		wire_run(wire, 0);
	smtptls_conn_free(wire->conn);
	wire->conn = NULL;
	if (wire->fd >= 0)
		close(wire->fd);
	wire->fd = -1;
}
