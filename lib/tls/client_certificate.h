/* SPDX-License-Identifier: MIT */
/* tls/client_certificate: which one to show. See client_certificate.c. */
#ifndef TLS_CLIENT_CERTIFICATE_H
#define TLS_CLIENT_CERTIFICATE_H

#include <gnutls/gnutls.h>

#include "tls/config.h"

/*
 * For the hook of a client whose session has `config->single.none` so far, with
 * GNUTLS_HANDSHAKE_CERTIFICATE_REQUEST and GNUTLS_HOOK_PRE: have GnuTLS show
 * the certificate that fits. Returns 0 or a GnuTLS error.
 */
int stls_client_certificate_choose(gnutls_session_t tls,
				   const struct smtptls_config *config,
				   const gnutls_datum_t *body);

#endif
