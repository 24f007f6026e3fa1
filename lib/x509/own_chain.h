/* SPDX-License-Identifier: MIT */
/* x509/own_chain: a certificate's chain from a file. See own_chain.c. */
#ifndef X509_OWN_CHAIN_H
#define X509_OWN_CHAIN_H

#include <gnutls/x509.h>

/*
 * A leaf and the certificates that follow it; it owns all `total` of them. All
 * zeros is an empty chain.
 */
struct stls_own_chain {
	gnutls_x509_crt_t *cert; /* `total` of them, the chain first */
	unsigned len;		 /* of the chain */
	unsigned total;
	int reordered; /* the file has them in another order */
	gnutls_x509_privkey_t key;
};

/* Why there is no chain. */
enum stls_own_chain_fault {
	STLS_OWN_CHAIN_CERT = 1, /* the certificates cannot be read */
	STLS_OWN_CHAIN_KEY,	 /* the key cannot be read */
	STLS_OWN_CHAIN_MISMATCH	 /* the key belongs to none of them */
};

/*
 * Read certificates and a private key, which may be in the same PEM. An
 * encrypted key fails with GNUTLS_E_DECRYPTION_FAILED unless `passphrase`,
 * which may be NULL, decrypts it. Returns 0, or enum stls_own_chain_fault with
 * GnuTLS's error, if any, in *ret; call stls_own_chain_free() in either case.
 */
int stls_own_chain_read(struct stls_own_chain *chain,
			const gnutls_datum_t *certs, const gnutls_datum_t *key,
			const char *passphrase, int *ret);
/* The same without the key: the leaf is the first certificate. */
int stls_own_chain_read_certs(struct stls_own_chain *chain,
			      const gnutls_datum_t *certs, int *ret);
void stls_own_chain_free(struct stls_own_chain *chain);

#endif
