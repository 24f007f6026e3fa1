/* SPDX-License-Identifier: MIT */
/* tls/channel_binding: a session's. The manual is in channel_binding.c. */
#ifndef TLS_CHANNEL_BINDING_H
#define TLS_CHANNEL_BINDING_H

#include "tls/session.h"
#include "x509/end_point.h"

/*
 * The channel binding of a type of enum smtptls_channel_binding, of a session
 * whose handshake is over. Returns the number of bytes, SMTPTLS_E_UNSUPPORTED
 * when the session has none, or SMTPTLS_E_NOMEM.
 */
int stls_channel_binding(const struct stls_session *session, int type,
			 unsigned char data[STLS_END_POINT_MAX]);

#endif
