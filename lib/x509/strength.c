/* SPDX-License-Identifier: MIT */
/*
 * x509/strength: OpenSSL's figures for the strength of a certificate's key and
 * of the signature on it, in bits of security. Nothing here can fail: unknown
 * algorithms have 0 bits.
 */
#include "x509/strength.h"

#include <gnutls/crypto.h>

#include "policy/security_level.h"

int stls_key_strength(gnutls_x509_crt_t crt)
{
	unsigned bits = 0;
	int algorithm = gnutls_x509_crt_get_pk_algorithm(crt, &bits);

	switch (algorithm) {
	case GNUTLS_PK_RSA:
	case GNUTLS_PK_RSA_PSS:
		return stls_rsa_bits(bits);
	case GNUTLS_PK_DSA:
		return stls_modulus_bits(bits);
	case GNUTLS_PK_EDDSA_ED448:
		return 224;
	default:
		/* Elliptic curves; P-521 counts as 256. */
		return bits >= 512 ? 256 : (int)bits / 2;
	}
}

gnutls_digest_algorithm_t stls_signature_hash(gnutls_x509_crt_t crt)
{
	int algorithm = gnutls_x509_crt_get_signature_algorithm(crt);

	return algorithm < 0 ? GNUTLS_DIG_NULL
			     : gnutls_sign_get_hash_algorithm(
				       (gnutls_sign_algorithm_t)algorithm);
}

int stls_signature_strength(gnutls_x509_crt_t crt)
{
	gnutls_digest_algorithm_t hash = stls_signature_hash(crt);

	switch (hash) {
	case GNUTLS_DIG_NULL:
		return 0;
	case GNUTLS_DIG_SHA1:
		return 64;
	case GNUTLS_DIG_UNKNOWN:
		/* GnuTLS knows no hash for this algorithm. */
		return stls_key_strength(crt);
	default:
		return (int)gnutls_hash_get_len(hash) * 4;
	}
}
