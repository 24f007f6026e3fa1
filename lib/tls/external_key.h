/* SPDX-License-Identifier: MIT */
/* tls/external_key: keys in a token or behind a signer. See external_key.c. */
#ifndef TLS_EXTERNAL_KEY_H
#define TLS_EXTERNAL_KEY_H

#include <stddef.h>

#include "x509/own_certificates.h"
#include "x509/own_chain.h"
#include "x509/signer.h"
#include "x509/token.h"

struct stls_external_key {
	unsigned index; /* of its certificate in the credentials */
	struct stls_signer signer;
	char *url; /* a token's, or NULL: the key is the signer's */
	struct stls_token_pin pin;
};

/* A configuration's external keys; all zeros: none. */
struct stls_external_keys {
	struct stls_external_key *key;
	size_t count;
};

/* Make room for one more, which the next stls_external_keys_add() fills. */
int stls_external_keys_reserve(struct stls_external_keys *keys);
void stls_external_keys_add(struct stls_external_keys *keys,
			    const struct stls_external_key *key);
void stls_external_keys_free(struct stls_external_keys *keys);

/* The external key of a certificate, or NULL. */
const struct stls_external_key *
stls_external_keys_find(const struct stls_external_keys *keys, unsigned index);

/* Open the key for a leaf certificate; 0 or a GnuTLS error. */
int stls_external_key_open(const struct stls_external_key *external,
			   gnutls_x509_crt_t leaf, gnutls_privkey_t *key);

/*
 * Give credentials a chain and its key, which they own if this succeeds; 0 or a
 * GnuTLS error.
 */
int stls_external_key_give(const struct stls_external_key *external,
			   gnutls_certificate_credentials_t credentials,
			   gnutls_x509_crt_t *chain, unsigned len,
			   gnutls_privkey_t key);

/* A signer cannot decrypt: take that out of what the certificates can do. */
void stls_external_keys_limit(const struct stls_external_keys *keys,
			      struct stls_own_certificates *own);

#endif
