/* SPDX-License-Identifier: MIT */
/*
 * pump: bytes between a connection and file descriptors, with a time limit.
 *
 * It includes only public headers: what it does, every host can do, and a host
 * with an event loop does it itself. A descriptor may block: it is polled
 * first, a socket is then written without waiting, and anything else by no
 * more than a pipe is sure to take.
 */
#include <smtptls/conn.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

static long long now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A call that was interrupted or would wait is no failure. */
static int passing(int error)
{
	return error == EINTR || error == EAGAIN || error == EWOULDBLOCK;
}

static int failed(struct smtptls_conn *conn, int error)
{
	(void)smtptls_conn_abort_errno(conn, error);
	errno = error;
	return SMTPTLS_E_IO;
}

static int move_in(struct smtptls_conn *conn, int fd)
{
	unsigned char *ptr;
	size_t room = smtptls_conn_input(conn, &ptr);
	ssize_t n;
	int error;

	if (room == 0)
		return 0;
	n = read(fd, ptr, room);
	error = errno;
	/* The connection's own errors are told by its ports. */
	(void)smtptls_conn_input_done(conn, n > 0 ? (size_t)n : 0);
	if (n == 0)
		(void)smtptls_conn_input_eof(conn);
	return n < 0 && !passing(error) ? failed(conn, error) : 0;
}

static int move_out(struct smtptls_conn *conn, int fd)
{
	const unsigned char *ptr;
	size_t len = smtptls_conn_output(conn, &ptr);
	ssize_t n;
	int error;

	if (len == 0)
		return 0;
	n = send(fd, ptr, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0 && errno == ENOTSOCK)
		n = write(fd, ptr, len < PIPE_BUF ? len : PIPE_BUF);
	error = errno;
	(void)smtptls_conn_output_done(conn, n > 0 ? (size_t)n : 0);
	return n < 0 && !passing(error) ? failed(conn, error) : 0;
}

/* Wait until a descriptor is ready; 0, or an error. */
static int wait_for(struct pollfd *fds, nfds_t count, long long deadline)
{
	long long left = -1;
	int ret;

	if (deadline >= 0) {
		left = deadline - now_ms();
		if (left < 0)
			left = 0;
	}
	ret = poll(fds, count, (int)left);
	if (ret == 0)
		return SMTPTLS_E_TIMEOUT;
	return ret < 0 && !passing(errno) ? SMTPTLS_E_IO : 0;
}

int smtptls_fd_pump(struct smtptls_conn *conn, int rfd, int wfd, int until,
		    int timeout_ms)
{
	long long deadline = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
	struct pollfd fds[2];
	int ports, ret;

	if (!conn || rfd < 0 || wfd < 0)
		return SMTPTLS_E_ARG;
	for (;;) {
		ports = smtptls_conn_poll(conn);
		if (ports & until)
			return ports;
		fds[0].fd = until && (ports & SMTPTLS_NET_IN) ? rfd : -1;
		fds[0].events = POLLIN;
		fds[1].fd = ports & SMTPTLS_NET_OUT ? wfd : -1;
		fds[1].events = POLLOUT;
		fds[0].revents = fds[1].revents = 0;
		if (fds[0].fd < 0 && fds[1].fd < 0)
			return ports;
		ret = wait_for(fds, 2, deadline);
		if (ret == SMTPTLS_E_IO)
			return failed(conn, errno);
		if (ret < 0)
			return ret;
		if (fds[1].revents)
			ret = move_out(conn, wfd);
		if (ret == 0 && fds[0].revents)
			ret = move_in(conn, rfd);
		if (ret < 0)
			return ret;
	}
}
