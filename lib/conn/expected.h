/* SPDX-License-Identifier: MIT */
/* conn/expected: what a host expects of its peer. See expected.c. */
#ifndef CONN_EXPECTED_H
#define CONN_EXPECTED_H

#include "conn/state.h"

/*
 * Check that a client has chosen how its server is verified, and that either
 * side has all that its choice needs; `optional` means that TLS may be left
 * out. Returns 0, or SMTPTLS_E_CONFIG after failing the connection.
 */
int stls_expected_check(struct smtptls_conn *conn, int optional);

#endif
