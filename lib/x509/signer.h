/* SPDX-License-Identifier: MIT */
/* x509/signer: a private key held elsewhere. See signer.c. */
#ifndef X509_SIGNER_H
#define X509_SIGNER_H

#include <gnutls/abstract.h>
#include <gnutls/x509.h>

/* GnuTLS passes these errors on; none of its own is in this range. */
#define STLS_SIGNER_SILENT (GNUTLS_E_APPLICATION_ERROR_MAX - 1)
#define STLS_SIGNER_WRONG  (GNUTLS_E_APPLICATION_ERROR_MAX - 2)

/* The host's signing function, see smtptls_config_add_cert_signer(). */
struct stls_signer {
	int (*sign)(unsigned scheme, const void *data, size_t len,
		    void *signature, size_t size, void *arg);
	void *arg;
};

/*
 * Make a key of a signer, whose certificate is `leaf`. Signing with it fails
 * with STLS_SIGNER_SILENT if there is no answer, and with STLS_SIGNER_WRONG if
 * the answer is not a signature by the certificate's key. Returns 0 or GnuTLS's
 * error.
 */
int stls_signer_key(gnutls_privkey_t *key, const struct stls_signer *signer,
		    gnutls_x509_crt_t leaf);

/*
 * Try a key held elsewhere: it must make the signatures that TLS needs from the
 * certificate's key, for RSA both PKCS #1 v1.5 and PSS. Returns 0,
 * STLS_SIGNER_WRONG if it is another key, or the error of signing.
 */
int stls_key_try(gnutls_privkey_t key, gnutls_x509_crt_t leaf);

#endif
