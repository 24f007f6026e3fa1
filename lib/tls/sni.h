/* SPDX-License-Identifier: MIT */
/* tls/sni: a configuration by the client's name. The manual is in sni.c. */
#ifndef TLS_SNI_H
#define TLS_SNI_H

#include "tls/session.h"

/*
 * Let the host choose by the ClientHello in `body`, once a session, which
 * configuration is to serve it. Returns 0, or GnuTLS's error by which the
 * handshake shall fail.
 */
int stls_sni_choose(struct stls_session *session, const gnutls_datum_t *body);

#endif
