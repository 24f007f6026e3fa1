/* SPDX-License-Identifier: MIT */
/* tls/session_failure: how a session fails. The manual is in session_failure.c. */
#ifndef TLS_SESSION_FAILURE_H
#define TLS_SESSION_FAILURE_H

#include "reason/session_end.h"
#include "tls/session.h"

/* Put a fatal alert out; there is only one (RFC 8446 section 6.2). */
void stls_session_alert(struct stls_session *session, int alert);

/* TLS is on, and the peer goes before it has said anything for the host. */
int stls_session_left(const struct stls_session *session);

/* These return `error`; the first reason and sentence stay. */
__attribute__((format(printf, 4, 5))) int
stls_session_failed(struct stls_session *session, int error, int reason,
		    const char *format, ...);
/* What was `found` is told as struct stls_end has it; or NULL. */
int stls_session_ended(struct stls_session *session, int error, int reason,
		       const char *found);
int stls_session_ended_by(struct stls_session *session, int error,
			  const struct stls_end *end);

/* The end by a GnuTLS error: alert, sentence, and the number, returned. */
int stls_session_gnutls_failed(struct stls_session *session, int error,
			       int in_handshake);

#endif
