/* SPDX-License-Identifier: MIT */
/* tls/single_credentials: manual in single_credentials.c. */
#ifndef TLS_SINGLE_CREDENTIALS_H
#define TLS_SINGLE_CREDENTIALS_H

#include <stddef.h>

#include <gnutls/gnutls.h>

#include "tls/external_key.h"

/* All zeros: no certificates. */
struct stls_single_credentials {
	/* NULL unless there are several; some of them may be NULL */
	gnutls_certificate_credentials_t *credentials;
	size_t count;
	gnutls_certificate_credentials_t none; /* without a certificate */
};

/*
 * Make one for each of the `count` certificates of `all`, if they are several,
 * whose keys may be `external`, with `dh` unless that is NULL; `tell` 1: with
 * the authorities that a client is told of. Returns 0 or GnuTLS's error;
 * stls_single_credentials_free() is due in either case.
 */
int stls_single_credentials_make(struct stls_single_credentials *single,
				 gnutls_certificate_credentials_t all,
				 size_t count,
				 const struct stls_external_keys *external,
				 gnutls_dh_params_t dh, int tell);
void stls_single_credentials_free(struct stls_single_credentials *single);

#endif
