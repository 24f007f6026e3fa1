/* SPDX-License-Identifier: MIT */
#ifndef UCSPI_LISTEN_H
#define UCSPI_LISTEN_H

/*
 * Listen at "ADDRESS:PORT", of IPv4 or, in brackets, of IPv6; port 0 is any. The
 * socket, or -1 with `*why`.
 */
int listen_at(const char *where, const char **why);

/* Write where a socket listens, in that form. */
void listens_at(int fd, char *text, unsigned size);

/*
 * The socket that was handed over: that of systemd (sd_listen_fds(3)), which the
 * program is not to take for its own, else standard input. -1 with `*why`.
 */
int inherited_socket(const char **why);

/*
 * Standard error becomes /dev/null when it is that socket, as inetd(8) has it:
 * what is said there would be read by the client, between its replies or its
 * records of TLS. 0, or -1.
 */
int part_stderr(void);

/* Is it a socket from which clients are accepted? */
int is_listener(int fd);

/*
 * Put PROTO, TCPREMOTEIP and the other variables of tcpserver(1) into the
 * environment: of a socket of TCP alone. 0, or -1 when there is no memory.
 */
int set_addresses(int fd);

#endif
