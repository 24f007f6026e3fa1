/* SPDX-License-Identifier: MIT */
/* tls/single_credentials: one certificate each. See single_credentials.c. */
#ifndef TLS_SINGLE_CREDENTIALS_H
#define TLS_SINGLE_CREDENTIALS_H

#include <stddef.h>

#include <gnutls/gnutls.h>

#include "tls/dh.h"
#include "tls/external_key.h"
#include "x509/own_certificates.h"

/* All zeros: no certificates. */
struct stls_single_credentials {
	/* NULL unless there are several; some of them may be NULL */
	gnutls_certificate_credentials_t *credentials;
	size_t count;
	gnutls_certificate_credentials_t none; /* without a certificate */
};

/*
 * Make credentials for each of the certificates of `all`, which are `own`, if
 * there are several; their keys may be `external`. They get parameters of `dh`,
 * and with `tell` the authorities whose names a client is sent. Returns 0 or a
 * GnuTLS error; call stls_single_credentials_free() in either case.
 */
int stls_single_credentials_make(struct stls_single_credentials *single,
				 gnutls_certificate_credentials_t all,
				 const struct stls_own_certificates *own,
				 const struct stls_external_keys *external,
				 struct stls_dh *dh, int tell);
void stls_single_credentials_free(struct stls_single_credentials *single);

#endif
