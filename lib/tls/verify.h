/* SPDX-License-Identifier: MIT */
/* tls/verify: the one place where a peer's certificate is judged. */
#ifndef TLS_VERIFY_H
#define TLS_VERIFY_H

#include <gnutls/gnutls.h>

/*
 * Judge the peer's certificate after the handshake, full or resumed: chain,
 * dates, purpose and, unless `name` is NULL, the name or address; `role` is this
 * side's. Returns 0, SMTPTLS_E_NOMEM or SMTPTLS_E_CERT_….
 */
int stls_verify_peer(gnutls_session_t tls, int role, const char *name);

/* The alert that tells the peer why this side ends the connection. */
int stls_verify_alert(int error, gnutls_protocol_t version);

#endif
