/* SPDX-License-Identifier: MIT */
#ifndef UCSPI_RELAY_H
#define UCSPI_RELAY_H

#include <smtptls.h>

/*
 * Carry bytes between a connection under TLS on the socket `fd` and a program:
 * `*in` is written for it, `out` is what it writes. When the program has closed
 * that, or the connection is over, what is left is sent, as long as the client
 * takes some of it within 5 seconds. `*in` is closed, and -1, when the client
 * has said all.
 */
void relay(struct smtptls_conn *conn, int fd, int *in, int out);

#endif
