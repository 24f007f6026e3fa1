/* SPDX-License-Identifier: MIT */
#ifndef UCSPI_LISTEN_H
#define UCSPI_LISTEN_H

/*
 * Listen at "ADDRESS:PORT", with an IPv4 address, or an IPv6 address in
 * brackets; port 0 is any. Returns the socket, or -1 with `*why`.
 */
int listen_at(const char *where, const char **why);

/* Write the address at which a socket listens, in the same form. */
void listens_at(int fd, char *text, unsigned size);

/*
 * The inherited socket: systemd's (sd_listen_fds(3)), whose variables are
 * removed from the program's environment, else standard input. -1 with `*why`.
 */
int inherited_socket(const char **why);

/*
 * Replace standard error by /dev/null if it is the inherited socket, as under
 * inetd(8): messages would reach the client, between replies or TLS records. 0,
 * or -1.
 */
int part_stderr(void);

/* 1 if the socket listens. */
int is_listener(int fd);

/*
 * Put PROTO, TCPREMOTEIP and the other variables of tcpserver(1) into the
 * environment, only for a TCP socket. 0, or -1 without memory.
 */
int set_addresses(int fd);

#endif
