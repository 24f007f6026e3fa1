/* SPDX-License-Identifier: MIT */
/* x509/signer: a private key that is elsewhere. The manual is in signer.c. */
#ifndef X509_SIGNER_H
#define X509_SIGNER_H

#include <gnutls/abstract.h>
#include <gnutls/x509.h>

/* GnuTLS passes these on; it has none of its own in this range. */
#define STLS_SIGNER_SILENT (GNUTLS_E_APPLICATION_ERROR_MAX - 1)
#define STLS_SIGNER_WRONG  (GNUTLS_E_APPLICATION_ERROR_MAX - 2)

/* The host's function that signs, see smtptls_config_add_cert_signer(). */
struct stls_signer {
	int (*sign)(unsigned scheme, const void *data, size_t len,
		    void *signature, size_t size, void *arg);
	void *arg;
};

/*
 * Make a key of a signer, whose certificate is `leaf`. Signing with it fails
 * with STLS_SIGNER_SILENT without an answer, and with STLS_SIGNER_WRONG when it
 * is no signature by the certificate's key. Returns 0 or GnuTLS's error.
 */
int stls_signer_key(gnutls_privkey_t *key, const struct stls_signer *signer,
		    gnutls_x509_crt_t leaf);

/*
 * Try a key that is elsewhere: it must sign as a certificate's is asked to, RSA
 * in both ways. Returns 0, STLS_SIGNER_WRONG when it is another key, or the
 * error of signing.
 */
int stls_key_try(gnutls_privkey_t key, gnutls_x509_crt_t leaf);

#endif
