/* SPDX-License-Identifier: MIT */
/* tls/received: TLS in a Received line. The manual is in received.c. */
#ifndef TLS_RECEIVED_H
#define TLS_RECEIVED_H

#include "tls/session.h"

/* More than any of the styles takes. */
#define STLS_RECEIVED_TEXT 1024

/*
 * What a Received line says, in a style of enum smtptls_received, of a server's
 * session in which TLS is on, and of which `info` was asked. Memory that runs
 * out leaves names of certificates empty.
 */
void stls_received_write(const struct stls_session *session,
			 const struct smtptls_info *info, int style,
			 char text[STLS_RECEIVED_TEXT]);

#endif
