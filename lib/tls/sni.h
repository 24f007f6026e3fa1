/* SPDX-License-Identifier: MIT */
/* tls/sni: a configuration chosen by the client's name. See sni.c. */
#ifndef TLS_SNI_H
#define TLS_SNI_H

#include "tls/session.h"

/*
 * Let the host choose, once in a session, which configuration is to serve the
 * ClientHello in `body`. Returns 0, or the GnuTLS error with which the
 * handshake must fail.
 */
int stls_sni_choose(struct stls_session *session, const gnutls_datum_t *body);

#endif
