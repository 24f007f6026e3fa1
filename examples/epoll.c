/* SPDX-License-Identifier: MIT */
/*
 * epoll: STARTTLS in a server that never blocks.
 *
 *   epoll CERT KEY
 *
 * listens on 127.0.0.1, prints the port, and serves all clients from one loop.
 * The library does no I/O: receive() and transmit() carry its bytes, and
 * smtptls_conn_poll() says what to wait for and when a connection is over.
 *
 * It knows EHLO, STARTTLS and QUIT. It lacks the limits on time and connections
 * that a server needs; see smtptls-server for a complete one.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <smtptls.h>

struct client {
	struct smtptls_conn *conn;
	int fd;
	const char *reply; /* what is left to send of it */
	int leaving;	   /* close after the reply */
	size_t len;
	char line[SMTPTLS_COMMAND_MAX + 1];
};

/* The reply to the line; the library itself answers STARTTLS. */
static const char *answer(struct client *c)
{
	struct smtptls_command command;

	if (smtptls_command_parse(c->line, c->len, &command) < 0) {
		c->leaving = 1;
		return "500 5.5.2 Not a valid line\r\n";
	}
	if (smtptls_command_is(&command, "QUIT")) {
		c->leaving = 1;
		return "221 2.0.0 Bye\r\n";
	}
	if (smtptls_command_is(&command, "EHLO"))
		return smtptls_conn_can_starttls(c->conn)
			       ? "250-localhost\r\n250 STARTTLS\r\n"
			       : "250 localhost\r\n";
	if (!smtptls_command_is(&command, "STARTTLS"))
		return "502 5.5.1 Not implemented\r\n";

	smtptls_conn_accept_starttls(c->conn, command.args, 0);
	/* After a 220, a mail server forgets the EHLO name and the envelope. */
	return "";
}

/* Read one byte, and answer the line if it ends one; 0 if there is no byte. */
static int hear(struct client *c)
{
	ssize_t n = smtptls_conn_read(c->conn, c->line + c->len, 1);

	if (n == 0 || c->len == SMTPTLS_COMMAND_MAX)
		c->leaving = 1;
	else if (n == 1 && c->line[c->len++] == '\n') {
		c->line[c->len] = '\0';
		c->reply = answer(c);
		c->len = 0;
	}
	return n >= 0;
}

/* Do everything that needs no network I/O. */
static void serve(struct client *c)
{
	while (smtptls_conn_poll(c->conn) & SMTPTLS_APP_OUT) {
		size_t len = strlen(c->reply);
		if (len > 0) {
			ssize_t n = smtptls_conn_write(c->conn, c->reply, len);
			c->reply += n > 0 ? n : 0;
		} else if (c->leaving) {
			smtptls_conn_close(c->conn);
		} else if (!hear(c)) {
			break;
		}
	}
}

static int passing(void)
{
	return errno == EAGAIN || errno == EINTR;
}

/* Read once; 0, or -1 when the socket has failed. */
static int receive(struct client *c)
{
	unsigned char *ptr;
	size_t room = smtptls_conn_input(c->conn, &ptr);

	if (room == 0)
		return 0;
	ssize_t n = recv(c->fd, ptr, room, 0);
	if (n > 0)
		smtptls_conn_input_done(c->conn, (size_t)n);
	else if (n == 0)
		smtptls_conn_input_eof(c->conn);
	return n < 0 && !passing() ? -1 : 0;
}

/* Write once; the number of bytes sent, or -1. */
static ssize_t transmit(struct client *c)
{
	const unsigned char *ptr;
	size_t len = smtptls_conn_output(c->conn, &ptr);

	if (len == 0)
		return 0;
	ssize_t n = send(c->fd, ptr, len, MSG_NOSIGNAL);
	if (n > 0)
		smtptls_conn_output_done(c->conn, (size_t)n);
	return n < 0 && passing() ? 0 : n;
}

/* Handle an event: read, serve, send, and wait for what the ports say. */
static void on_event(int epoll, struct client *c)
{
	struct epoll_event event = { .data.ptr = c };
	ssize_t sent = receive(c);

	/* Sending makes room for replies that had to wait. */
	while (sent >= 0) {
		serve(c);
		sent = transmit(c);
		if (sent == 0)
			break;
	}
	int ports = smtptls_conn_poll(c->conn);
	if (ports & SMTPTLS_NET_IN)
		event.events |= EPOLLIN;
	if (ports & SMTPTLS_NET_OUT)
		event.events |= EPOLLOUT;
	if (sent >= 0 && event.events) {
		epoll_ctl(epoll, EPOLL_CTL_MOD, c->fd, &event);
		return;
	}
	close(c->fd);
	smtptls_conn_free(c->conn);
	free(c);
}

static void on_accept(int epoll, int fd, struct smtptls_config *config)
{
	struct client *c = calloc(1, sizeof(*c));
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };

	if (!c || smtptls_conn_new(&c->conn, config, SMTPTLS_SERVER) < 0 ||
	    fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
		close(fd);
		smtptls_conn_free(c ? c->conn : NULL);
		free(c);
		return;
	}
	c->fd = fd;
	c->reply = "220 localhost ESMTP\r\n";
	on_event(epoll, c);
}

static int listen_on_loopback(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) < 0 ||
	    listen(fd, SOMAXCONN) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) < 0)
		return -1;
	printf("listening starttls 127.0.0.1:%d\n", ntohs(address.sin_port));
	fflush(stdout);
	return fd;
}

int main(int argc, char **argv)
{
	struct smtptls_config *config = NULL;
	struct epoll_event event = { .events = EPOLLIN };

	if (argc != 3) {
		fprintf(stderr, "usage: epoll CERT KEY\n");
		return 2;
	}
	if (smtptls_config_new(&config) < 0 ||
	    smtptls_config_add_cert_file(config, argv[1], argv[2]) < 0 ||
	    smtptls_config_freeze(config) < 0) {
		fprintf(stderr, "epoll: %s\n",
			config ? smtptls_config_error(config) : "no memory");
		return 1;
	}
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	int listener = listen_on_loopback();
	if (listener < 0 ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) < 0) {
		perror("epoll");
		return 1;
	}
	for (;;) {
		int n = epoll_wait(epoll, &event, 1, -1);
		if (n == 1 && event.data.ptr)
			on_event(epoll, event.data.ptr);
		else if (n == 1)
			on_accept(epoll, accept(listener, NULL, NULL), config);
		else if (errno != EINTR)
			return 1;
	}
}
