/* SPDX-License-Identifier: MIT */
/* x509/certificate: one certificate. */
#ifndef X509_CERTIFICATE_H
#define X509_CERTIFICATE_H

#include <gnutls/x509.h>

/* Read it from DER: 0 and `*crt`, for the caller to free, or GnuTLS's error. */
int stls_certificate_open(gnutls_x509_crt_t *crt, const gnutls_datum_t *der);

#endif
