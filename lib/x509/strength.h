/* SPDX-License-Identifier: MIT */
/* x509/strength: OpenSSL's figures for certificates. See strength.c. */
#ifndef X509_STRENGTH_H
#define X509_STRENGTH_H

#include <gnutls/x509.h>

/* The bits of security of a certificate's key. */
int stls_key_strength(gnutls_x509_crt_t crt);
/* The hash of the signature on it; GNUTLS_DIG_UNKNOWN for EdDSA, too. */
gnutls_digest_algorithm_t stls_signature_hash(gnutls_x509_crt_t crt);
/* The name of that hash, or of the algorithm that has none; NULL: unknown. */
const char *stls_signature_name(gnutls_x509_crt_t crt);
/* The bits of security of that signature. */
int stls_signature_strength(gnutls_x509_crt_t crt);

#endif
