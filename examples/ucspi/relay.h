/* SPDX-License-Identifier: MIT */
#ifndef UCSPI_RELAY_H
#define UCSPI_RELAY_H

#include <smtptls.h>

/*
 * Carry bytes between a connection under TLS on the socket `fd` and a program:
 * `*in` is its input, `out` its output. When the program has closed its output,
 * or the connection is over, the rest is sent, as long as the client takes some
 * of it within every 5 seconds. When the client has sent everything, `*in` is
 * closed and becomes -1.
 */
void relay(struct smtptls_conn *conn, int fd, int *in, int out);

#endif
