/* SPDX-License-Identifier: MIT */
/*
 * x509/end_point: a server's certificate as a channel binding.
 *
 * tls-server-end-point is the certificate's hash, by the hash function of its
 * own signature, or by SHA-256 if that is MD5 or SHA-1 (RFC 5929 section 4.1).
 * It is undefined for Ed25519 and Ed448, which have no separate hash function.
 * Programs on OpenSSL then have no binding; GnuTLS would use SHA-512 for
 * Ed25519. No binding is better than one on which two peers disagree.
 */
#include "x509/end_point.h"

#include <gnutls/crypto.h>
#include <gnutls/x509.h>

#include <smtptls/error.h>

#include "x509/certificate.h"
#include "x509/strength.h"

static gnutls_digest_algorithm_t function_of(gnutls_x509_crt_t crt)
{
	gnutls_digest_algorithm_t hash = stls_signature_hash(crt);

	return hash == GNUTLS_DIG_MD5 || hash == GNUTLS_DIG_SHA1
		       ? GNUTLS_DIG_SHA256
		       : hash;
}

int stls_end_point(const gnutls_datum_t *der,
		   unsigned char hash[STLS_END_POINT_MAX])
{
	gnutls_digest_algorithm_t function;
	gnutls_x509_crt_t crt;
	unsigned len;
	int ret;

	ret = stls_certificate_open(&crt, der);
	if (ret < 0)
		return ret == GNUTLS_E_MEMORY_ERROR ? SMTPTLS_E_NOMEM
						    : SMTPTLS_E_UNSUPPORTED;
	function = function_of(crt);
	gnutls_x509_crt_deinit(crt);
	len = gnutls_hash_get_len(function);
	if (len == 0 || len > STLS_END_POINT_MAX)
		return SMTPTLS_E_UNSUPPORTED;
	return gnutls_hash_fast(function, der->data, der->size, hash) < 0
		       ? SMTPTLS_E_UNSUPPORTED
		       : (int)len;
}
