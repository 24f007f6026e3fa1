/* SPDX-License-Identifier: MIT */
/* x509/strength: OpenSSL's figures for certificates. Manual in strength.c. */
#ifndef X509_STRENGTH_H
#define X509_STRENGTH_H

#include <gnutls/x509.h>

/* The bits of security of a certificate's key. */
int stls_key_strength(gnutls_x509_crt_t crt);
/* The hash of the signature on it. */
gnutls_digest_algorithm_t stls_signature_hash(gnutls_x509_crt_t crt);
/* The bits of security of that signature. */
int stls_signature_strength(gnutls_x509_crt_t crt);

#endif
