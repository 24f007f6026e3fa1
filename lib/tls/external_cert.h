/* SPDX-License-Identifier: MIT */
/* tls/external_cert: certificates with external keys. See external_cert.c. */
#ifndef TLS_EXTERNAL_CERT_H
#define TLS_EXTERNAL_CERT_H

#include "tls/source.h"

/*
 * Add a certificate whose private key is named by a URL. Returns 0, or an error
 * with a sentence, which leaves the configuration as it was.
 */
int stls_external_cert_add_token(struct smtptls_config *config,
				 const struct stls_source *cert,
				 const char *url);

#endif
