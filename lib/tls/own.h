/* SPDX-License-Identifier: MIT */
/* tls/own: what this side's certificates can do. The manual is in own.c. */
#ifndef TLS_OWN_H
#define TLS_OWN_H

#include <stddef.h>

#include <gnutls/gnutls.h>

#include "policy/client_hello.h"

struct stls_own_cert;

/* All zeros: no certificate. */
struct stls_own {
	unsigned keys; /* enum smtptls_key and STLS_KEY_IDLE, of all together */
	unsigned rsa_bits;
	size_t count;
	struct stls_own_cert *cert;
};

/*
 * Read the certificates of `credentials` into `own`, which is all zeros.
 * Returns 0 or SMTPTLS_E_NOMEM; stls_own_free() is due in either case.
 */
int stls_own_read(struct stls_own *own,
		  gnutls_certificate_credentials_t credentials);
void stls_own_free(struct stls_own *own);

/* The types of those with this name; 0 when none has it. */
unsigned stls_own_named(const struct stls_own *own,
			const struct stls_bytes *name);

/*
 * 1 when some certificate is good for this name, as clients see it: letters may
 * differ in case, and a wildcard stands for the first label.
 */
int stls_own_covers(const struct stls_own *own, const struct stls_bytes *name);

#endif
