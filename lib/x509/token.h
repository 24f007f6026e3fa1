/* SPDX-License-Identifier: MIT */
/* x509/token: keys and certificates by PKCS#11 URLs. See token.c. */
#ifndef X509_TOKEN_H
#define X509_TOKEN_H

#include <stddef.h>

#include <gnutls/abstract.h>
#include <gnutls/x509.h>

#include "base/buffer.h"

/* How to ask for a token's PIN; if `ask` is NULL, as its URL says. */
struct stls_token_pin {
	gnutls_pin_callback_t ask;
	void *arg;
};

/* 1 for a PKCS#11 URL (RFC 7512), 0 for the name of a file. */
int stls_is_token_url(const char *name);

/* A URL without its query and the PIN that may be in it, cut to `size`. */
void stls_token_url_show(const char *url, char *shown, size_t size);

/*
 * Append the certificate of a URL, and its issuers in the same token, to `pem`.
 * Returns 0 or GnuTLS's error.
 */
int stls_token_certificates(const char *url, const struct stls_token_pin *pin,
			    struct stls_buffer *pem);

/* Open a private key. Returns 0, or GnuTLS's error with *key NULL. */
int stls_token_key(gnutls_privkey_t *key, const char *url,
		   const struct stls_token_pin *pin);

#endif
