/* SPDX-License-Identifier: MIT */
/*
 * conn/pump: moves bytes between a connection and file descriptors, with a time
 * limit; on top of that, a handshake, read and write for hosts that block.
 *
 * It includes only public headers: any host can do what it does, and a host
 * with an event loop does so itself. A descriptor may block: it is polled
 * first; then a socket is written without waiting, and anything else with no
 * more than a pipe is sure to take.
 *
 * SMTPTLS_APP_OUT counts as open only when all output has been sent, so a call
 * that reports it has sent everything. Otherwise a host that goes on to wait in
 * its own select(2) would wait for the answer to something still held here.
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

/* An interrupted call, or one that would block, is not a failure. */
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
	/* The connection's ports report its own errors. */
	(void)smtptls_conn_input_done(conn, n > 0 ? (size_t)n : 0);
	if (n == 0)
		(void)smtptls_conn_input_eof(conn);
	return n < 0 && !passing(error) ? failed(conn, error) : 0;
}

/* Called only with output pending, when poll() has reported the descriptor. */
static int move_out(struct smtptls_conn *conn, int fd)
{
	const unsigned char *ptr;
	size_t len = smtptls_conn_output(conn, &ptr);
	ssize_t n;
	int error;

	n = send(fd, ptr, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0 && errno == ENOTSOCK)
		n = write(fd, ptr, len < PIPE_BUF ? len : PIPE_BUF);
	error = errno;
	(void)smtptls_conn_output_done(conn, n > 0 ? (size_t)n : 0);
	return n < 0 && !passing(error) ? failed(conn, error) : 0;
}

/* When a timeout ends, and the time left until then; -1 is no limit. */
static long long deadline_of(int timeout_ms)
{
	return timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
}

static int left_of(long long deadline)
{
	long long left = deadline < 0 ? -1 : deadline - now_ms();

	return left < 0 && deadline >= 0 ? 0 : (int)left;
}

/* Wait until a descriptor is ready; 0, or an error. */
static int wait_for(struct pollfd *fds, nfds_t count, long long deadline)
{
	int ret = poll(fds, count, left_of(deadline));

	if (ret == 0)
		return SMTPTLS_E_TIMEOUT;
	return ret < 0 && !passing(errno) ? SMTPTLS_E_IO : 0;
}

int smtptls_fd_pump(struct smtptls_conn *conn, int rfd, int wfd, int until,
		    int timeout_ms)
{
	long long deadline = deadline_of(timeout_ms);
	struct pollfd fds[2];
	int ports, ret;

	if (!conn || rfd < 0 || wfd < 0)
		return SMTPTLS_E_ARG;
	for (;;) {
		ports = smtptls_conn_poll(conn);
		if (until & ports & SMTPTLS_APP_OUT && ports & SMTPTLS_NET_OUT)
			ports &= ~SMTPTLS_APP_OUT;
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

/* ---- for hosts that block ---- */

/*
 * Send what can be sent without waiting, such as an alert; this changes no
 * result. Returns the errno by which the connection failed in doing so, or 0.
 */
static int flush_now(struct smtptls_conn *conn, int rfd, int wfd)
{
	int saved = errno, cause = 0;

	if (smtptls_conn_poll(conn) & SMTPTLS_NET_OUT &&
	    smtptls_fd_pump(conn, rfd, wfd, 0, 0) == SMTPTLS_E_IO)
		cause = errno;
	errno = saved;
	return cause;
}

/*
 * After a call that failed: a timeout ends the connection, and a failed
 * connection sends its alert. Returns `error`.
 */
static int broken(struct smtptls_conn *conn, int rfd, int wfd, int error,
		  int timeout_ms)
{
	if (error == SMTPTLS_E_TIMEOUT)
		(void)smtptls_conn_abort_timeout(conn, (unsigned)timeout_ms);
	if (smtptls_conn_state(conn) == SMTPTLS_FAILED)
		(void)flush_now(conn, rfd, wfd);
	return error;
}

/*
 * Run until the negotiation and the handshake are over and no output is
 * pending. Returns 0, or an error; the connection's own error takes precedence.
 */
static int settle(struct smtptls_conn *conn, int rfd, int wfd,
		  long long deadline, int timeout_ms)
{
	int ret, error;

	if (smtptls_conn_state(conn) == SMTPTLS_CLOSED)
		return SMTPTLS_E_STATE;
	/* If it has failed already, do not wait for the rest to be sent. */
	error = smtptls_conn_error(conn, NULL);
	if (error < 0)
		return broken(conn, rfd, wfd, error, timeout_ms);
	ret = smtptls_fd_pump(conn, rfd, wfd, SMTPTLS_APP_OUT,
			      left_of(deadline));
	error = smtptls_conn_error(conn, NULL);
	if (error < 0)
		return broken(conn, rfd, wfd, error, timeout_ms);
	if (ret < 0)
		return broken(conn, rfd, wfd, ret, timeout_ms);
	return 0;
}

int smtptls_fd_start_tls(struct smtptls_conn *conn, int rfd, int wfd,
			 int timeout_ms)
{
	long long deadline = deadline_of(timeout_ms);
	struct smtptls_info info;
	int ret;

	if (!conn || rfd < 0 || wfd < 0)
		return SMTPTLS_E_ARG;
	if (smtptls_conn_state(conn) == SMTPTLS_PLAIN) {
		ret = smtptls_conn_info(conn, &info, sizeof(info));
		/* unless the library negotiates, or ended in the clear */
		if (ret == 0 && info.stage == SMTPTLS_STAGE_NONE &&
		    info.reason == SMTPTLS_REASON_NONE)
			ret = smtptls_conn_start_tls(conn, 0);
		if (ret < 0)
			return broken(conn, rfd, wfd, ret, timeout_ms);
	}
	ret = settle(conn, rfd, wfd, deadline, timeout_ms);
	if (ret < 0)
		return ret;
	return smtptls_conn_tls_enabled(conn) ? 0 : 1;
}

ssize_t smtptls_fd_read(struct smtptls_conn *conn, int rfd, int wfd, void *data,
			size_t len, int timeout_ms)
{
	long long deadline = deadline_of(timeout_ms);
	int ret, cause = 0;
	ssize_t n;

	if (!conn || rfd < 0 || wfd < 0 || !data || len == 0)
		return SMTPTLS_E_ARG;
	for (;;) {
		int broke = flush_now(conn, rfd, wfd);

		n = smtptls_conn_read(conn, data, len);
		cause = broke ? broke : cause;
		if (n != SMTPTLS_E_AGAIN)
			break;
		ret = smtptls_fd_pump(conn, rfd, wfd, SMTPTLS_APP_IN,
				      left_of(deadline));
		cause = errno;
		if (ret == SMTPTLS_E_TIMEOUT) {
			(void)smtptls_conn_timed_out(conn);
			return ret;
		}
	}
	(void)flush_now(conn, rfd, wfd);
	if (n == SMTPTLS_E_IO && cause != 0)
		errno = cause;
	return n;
}

ssize_t smtptls_fd_write(struct smtptls_conn *conn, int rfd, int wfd,
			 const void *data, size_t len, int timeout_ms)
{
	long long deadline = deadline_of(timeout_ms);
	size_t done = 0;
	ssize_t n;
	int ret;

	if (!conn || rfd < 0 || wfd < 0 || !data)
		return SMTPTLS_E_ARG;
	for (;;) {
		ret = settle(conn, rfd, wfd, deadline, timeout_ms);
		if (ret < 0)
			return ret;
		if (done == len)
			return (ssize_t)len;
		n = smtptls_conn_write(conn, (const char *)data + done,
				       len - done);
		if (n < 0)
			return broken(conn, rfd, wfd, (int)n, timeout_ms);
		done += (size_t)n;
	}
}
