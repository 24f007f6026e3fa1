/* SPDX-License-Identifier: MIT */
/*
 * Listening sockets, those inherited from systemd and inetd, and the variables
 * that tell the program the addresses. Names are never looked up.
 */
#include "listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BACKLOG = 128, SYSTEMD_FIRST = 3 };

static struct addrinfo *numeric(const char *where, const char **why)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST |
						    AI_NUMERICSERV | AI_PASSIVE,
					.ai_socktype = SOCK_STREAM };
	const char *colon = strrchr(where, ':');
	struct addrinfo *found;
	char host[NI_MAXHOST];
	size_t len = colon ? (size_t)(colon - where) : 0;
	int bracket = where[0] == '[' && len > 1 && where[len - 1] == ']';

	*why = "not an address and a port, as 127.0.0.1:25 or [::1]:25";
	if (!colon || len >= sizeof(host) ||
	    (!bracket && memchr(where, ':', len)))
		return NULL;
	len -= bracket ? 2 : 0;
	memcpy(host, where + bracket, len);
	host[len] = '\0';
	if (len == 0 || !colon[1] ||
	    getaddrinfo(host, colon + 1, &hints, &found) != 0)
		return NULL;
	return found;
}

int listen_at(const char *where, const char **why)
{
	struct addrinfo *address = numeric(where, why);
	int on = 1, fd;

	if (!address)
		return -1;
	fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 &&
	    (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	     bind(fd, address->ai_addr, address->ai_addrlen) < 0 ||
	     listen(fd, BACKLOG) < 0)) {
		int number = errno;
		close(fd);
		errno = number;
		fd = -1;
	}
	*why = strerror(errno);
	freeaddrinfo(address);
	return fd;
}

/* 1 if systemd has passed sockets to this process. */
static int by_systemd(void)
{
	const char *pid = getenv("LISTEN_PID");

	return pid && getenv("LISTEN_FDS") &&
	       strtol(pid, NULL, 10) == (long)getpid();
}

int inherited_socket(const char **why)
{
	int fd = STDIN_FILENO, own;

	if (by_systemd()) {
		*why = "only one socket is served";
		if (strtol(getenv("LISTEN_FDS"), NULL, 10) != 1)
			return -1;
		fd = SYSTEMD_FIRST;
	}
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	/* Descriptors 0 and 1 are the program's. */
	own = fcntl(fd, F_DUPFD_CLOEXEC, SYSTEMD_FIRST);
	*why = strerror(errno);
	if (fd == SYSTEMD_FIRST)
		close(fd);
	return own;
}

int part_stderr(void)
{
	int fd = by_systemd() ? SYSTEMD_FIRST : STDIN_FILENO, null, ret;
	struct stat inherited, said;

	if (fstat(fd, &inherited) < 0 || fstat(STDERR_FILENO, &said) < 0 ||
	    !S_ISSOCK(said.st_mode) || said.st_dev != inherited.st_dev ||
	    said.st_ino != inherited.st_ino)
		return 0;
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (null < 0)
		return -1;
	ret = dup2(null, STDERR_FILENO);
	close(null);
	return ret < 0 ? -1 : 0;
}

int is_listener(int fd)
{
	int on = 0;
	socklen_t len = sizeof(on);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) == 0 && on;
}

/* ---- addresses ---- */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* Turn an IPv4-mapped IPv6 address into the IPv4 address. */
static void unmap(union address *address)
{
	struct in6_addr *in6 = &address->v6.sin6_addr;
	struct sockaddr_in v4 = { .sin_family = AF_INET };

	if (address->any.sa_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(in6))
		return;
	v4.sin_port = address->v6.sin6_port;
	memcpy(&v4.sin_addr, in6->s6_addr + 12, sizeof(v4.sin_addr));
	address->v4 = v4;
}

/* Write an address as text; returns its family, or 0. */
static int shown(union address *address, char *host, char *port)
{
	socklen_t len;

	unmap(address);
	len = address->any.sa_family == AF_INET6 ? sizeof(address->v6)
						 : sizeof(address->v4);
	if ((address->any.sa_family != AF_INET &&
	     address->any.sa_family != AF_INET6) ||
	    getnameinfo(&address->any, len, host, NI_MAXHOST, port, NI_MAXSERV,
			NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return 0;
	return address->any.sa_family;
}

void listens_at(int fd, char *text, unsigned size)
{
	union address address;
	socklen_t len = sizeof(address);
	char host[NI_MAXHOST], port[NI_MAXSERV];
	int family = 0;

	if (getsockname(fd, &address.any, &len) == 0)
		family = shown(&address, host, port);
	if (family == 0)
		snprintf(text, size, "-");
	else
		snprintf(text, size, family == AF_INET6 ? "[%s]:%s" : "%s:%s",
			 host, port);
}

static int set(const char *proto, const char *side, const char *what,
	       const char *value)
{
	char name[32];

	snprintf(name, sizeof(name), "%s%s%s", proto, side, what);
	return setenv(name, value, 1);
}

static int set_side(int fd, const char *side, int remote)
{
	union address address;
	socklen_t len = sizeof(address);
	char host[NI_MAXHOST], port[NI_MAXSERV];
	int family, ret;

	if ((remote ? getpeername : getsockname)(fd, &address.any, &len) < 0)
		return 0;
	family = shown(&address, host, port);
	if (family == 0)
		return 0;
	ret = set("TCP", side, "IP", host) | set("TCP", side, "PORT", port) |
	      setenv("PROTO", family == AF_INET6 ? "TCP6" : "TCP", 1);
	if (family == AF_INET6)
		ret |= set("TCP6", side, "IP", host) |
		       set("TCP6", side, "PORT", port);
	return ret;
}

int set_addresses(int fd)
{
	return set_side(fd, "LOCAL", 0) | set_side(fd, "REMOTE", 1);
}
