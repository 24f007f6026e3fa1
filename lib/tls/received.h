/* SPDX-License-Identifier: MIT */
/* tls/received: the TLS part of a Received line. See received.c. */
#ifndef TLS_RECEIVED_H
#define TLS_RECEIVED_H

#include "tls/session.h"

/* More than any style takes. */
#define STLS_RECEIVED_TEXT 1024

/*
 * Write the TLS part of a Received line, in a style of enum smtptls_received,
 * for a server's session with TLS on; `info` is about that session. If memory
 * runs out, names from certificates are left empty.
 */
void stls_received_write(const struct stls_session *session,
			 const struct smtptls_info *info, int style,
			 char text[STLS_RECEIVED_TEXT]);

#endif
