/* SPDX-License-Identifier: MIT */
/* x509/end_point: a certificate as a channel binding. See the .c. */
#ifndef X509_END_POINT_H
#define X509_END_POINT_H

#include <gnutls/gnutls.h>

/* The size of the longest digest. */
#define STLS_END_POINT_MAX 64

/*
 * Hash a server's certificate, in DER, for tls-server-end-point (RFC 5929
 * section 4.1). Returns the number of bytes, SMTPTLS_E_UNSUPPORTED if its
 * signature has no hash function, or an unknown one, or SMTPTLS_E_NOMEM.
 */
int stls_end_point(const gnutls_datum_t *der,
		   unsigned char hash[STLS_END_POINT_MAX]);

#endif
