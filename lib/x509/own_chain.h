/* SPDX-License-Identifier: MIT */
/* x509/own_chain: a certificate's chain, from a file. Manual in own_chain.c. */
#ifndef X509_OWN_CHAIN_H
#define X509_OWN_CHAIN_H

#include <gnutls/x509.h>

/*
 * A leaf with what follows it. All zeros is an empty one; the certificates, in
 * chain and beyond, are this one's.
 */
struct stls_own_chain {
	gnutls_x509_crt_t *cert; /* `total` of them, those of the chain first */
	unsigned len;		 /* of the chain */
	unsigned total;
	int reordered; /* they stood in another order */
	gnutls_x509_privkey_t key;
};

/* Whose fault it is that there is no chain. */
enum stls_own_chain_fault {
	STLS_OWN_CHAIN_CERT = 1, /* the certificates cannot be read */
	STLS_OWN_CHAIN_KEY,	 /* nor can the key */
	STLS_OWN_CHAIN_MISMATCH	 /* the key belongs to none of them */
};

/*
 * Read certificates and a private key, which may be in the same PEM; an
 * encrypted key is GNUTLS_E_DECRYPTION_FAILED unless `passphrase`, else NULL,
 * opens it. Returns 0, or enum stls_own_chain_fault with GnuTLS's error in
 * *ret; stls_own_chain_free() is due in either case.
 */
int stls_own_chain_read(struct stls_own_chain *chain,
			const gnutls_datum_t *certs, const gnutls_datum_t *key,
			const char *passphrase, int *ret);
/* The same without the key: the leaf is the first certificate. */
int stls_own_chain_read_certs(struct stls_own_chain *chain,
			      const gnutls_datum_t *certs, int *ret);
void stls_own_chain_free(struct stls_own_chain *chain);

#endif
