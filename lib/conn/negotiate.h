/* SPDX-License-Identifier: MIT */
/* conn/negotiate: the library speaks for a client. See negotiate.c. */
#ifndef CONN_NEGOTIATE_H
#define CONN_NEGOTIATE_H

#include "conn/state.h"

/*
 * Both are for a connection that is negotiating. Process the input held;
 * returns 0, or the error by which the connection has failed.
 */
int stls_negotiate(struct smtptls_conn *conn);
/* Fail with an error that does not come from a reply; returns it. */
int stls_negotiate_fail(struct smtptls_conn *conn, int error);

#endif
