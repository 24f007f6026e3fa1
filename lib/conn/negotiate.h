/* SPDX-License-Identifier: MIT */
/* conn/negotiate: the library speaks. The manual is in negotiate.c. */
#ifndef CONN_NEGOTIATE_H
#define CONN_NEGOTIATE_H

#include "conn/state.h"

/*
 * Both are for a connection that negotiates. Go on with what was heard; 0, or
 * the error by which the connection has failed.
 */
int stls_negotiate(struct smtptls_conn *conn);
/* Fail by an error that no reply has shown; returns it. */
int stls_negotiate_fail(struct smtptls_conn *conn, int error);

#endif
