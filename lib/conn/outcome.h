/* SPDX-License-Identifier: MIT */
/* conn/outcome: what an end means to its host. See outcome.c. */
#ifndef CONN_OUTCOME_H
#define CONN_OUTCOME_H

#include "conn/state.h"

/* Fill the fields of `info` that depend on how far the connection has come. */
void stls_outcome(const struct smtptls_conn *conn, struct smtptls_info *info);

#endif
