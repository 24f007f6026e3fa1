/* SPDX-License-Identifier: MIT */
/* tls/client_certificate: manual in client_certificate.c. */
#ifndef TLS_CLIENT_CERTIFICATE_H
#define TLS_CLIENT_CERTIFICATE_H

#include <gnutls/gnutls.h>

#include "tls/config.h"

/*
 * In the hook of a client that has shown `config->single.none` until then, for
 * GNUTLS_HANDSHAKE_CERTIFICATE_REQUEST and GNUTLS_HOOK_PRE: let GnuTLS show the
 * certificate that fits. Returns 0 or GnuTLS's error.
 */
int stls_client_certificate_choose(gnutls_session_t tls,
				   const struct smtptls_config *config,
				   const gnutls_datum_t *body);

#endif
