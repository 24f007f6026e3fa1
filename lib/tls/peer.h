/* SPDX-License-Identifier: MIT */
/* tls/peer: judges a session's peer. See peer.c. */
#ifndef TLS_PEER_H
#define TLS_PEER_H

#include <gnutls/gnutls.h>

#include "tls/config.h"
#include "tls/expected.h"
#include "x509/verdict.h"

/*
 * Judge the peer's certificate after the handshake, full or resumed, by what is
 * expected of it; `role` is this side's. Returns verdict->error.
 */
int stls_peer_verify(gnutls_session_t tls, const struct smtptls_config *config,
		     int role, const struct stls_expected *expected,
		     struct stls_verdict *verdict);

/* The alert that tells the peer why this side ends the connection. */
int stls_peer_alert(gnutls_session_t tls, int error, int reason);

#endif
