/* SPDX-License-Identifier: MIT */
/* conn/outcome: what an end means to its host. The manual is in outcome.c. */
#ifndef CONN_OUTCOME_H
#define CONN_OUTCOME_H

#include "conn/state.h"

/* Fill what of `info` depends on where the connection stands or has ended. */
void stls_outcome(const struct smtptls_conn *conn, struct smtptls_info *info);

#endif
