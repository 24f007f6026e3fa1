/* SPDX-License-Identifier: MIT */
/* conn/expected: what a host expects of its peer. Manual in expected.c. */
#ifndef CONN_EXPECTED_H
#define CONN_EXPECTED_H

#include "conn/state.h"

/*
 * A client has chosen how its server is verified, and either side has what its
 * choice needs; with `optional` TLS may be left out. Returns 0, or
 * SMTPTLS_E_CONFIG by which the connection has failed.
 */
int stls_expected_check(struct smtptls_conn *conn, int optional);

#endif
