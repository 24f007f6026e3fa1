/* SPDX-License-Identifier: MIT */
/* tls/channel_binding: for a session. See channel_binding.c. */
#ifndef TLS_CHANNEL_BINDING_H
#define TLS_CHANNEL_BINDING_H

#include "tls/session.h"
#include "x509/end_point.h"

/*
 * Get a channel binding of the given type (enum smtptls_channel_binding) from a
 * session whose handshake is over. Returns the number of bytes,
 * SMTPTLS_E_UNSUPPORTED if the session has none, or SMTPTLS_E_NOMEM.
 */
int stls_channel_binding(const struct stls_session *session, int type,
			 unsigned char data[STLS_END_POINT_MAX]);

#endif
