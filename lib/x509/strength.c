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

static gnutls_sign_algorithm_t signature_algorithm(gnutls_x509_crt_t crt)
{
	int algorithm = gnutls_x509_crt_get_signature_algorithm(crt);

	return algorithm < 0 ? GNUTLS_SIGN_UNKNOWN
			     : (gnutls_sign_algorithm_t)algorithm;
}

gnutls_digest_algorithm_t stls_signature_hash(gnutls_x509_crt_t crt)
{
	gnutls_sign_algorithm_t algorithm = signature_algorithm(crt);

	/* GnuTLS names the hash that EdDSA has built in. */
	return algorithm == GNUTLS_SIGN_EDDSA_ED25519 ||
			       algorithm == GNUTLS_SIGN_EDDSA_ED448
		       ? GNUTLS_DIG_UNKNOWN
		       : gnutls_sign_get_hash_algorithm(algorithm);
}

const char *stls_signature_name(gnutls_x509_crt_t crt)
{
	const char *hash = gnutls_digest_get_name(stls_signature_hash(crt));

	return hash ? hash : gnutls_sign_get_name(signature_algorithm(crt));
}

int stls_signature_strength(gnutls_x509_crt_t crt)
{
	gnutls_digest_algorithm_t hash;

	switch (signature_algorithm(crt)) {
	case GNUTLS_SIGN_EDDSA_ED25519:
		return 128;
	case GNUTLS_SIGN_EDDSA_ED448:
		return 224;
	default:
		break;
	}
	hash = stls_signature_hash(crt);
	return hash == GNUTLS_DIG_SHA1 ? 64
				       : (int)gnutls_hash_get_len(hash) * 4;
}
