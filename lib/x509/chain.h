/* SPDX-License-Identifier: MIT */
/* x509/chain: a peer's certificates, and what is asked of them. */
#ifndef X509_CHAIN_H
#define X509_CHAIN_H

#include <gnutls/x509.h>

/* As GnuTLS's own: what is longer only costs time. */
#define STLS_CHAIN_MAX 16

struct stls_chain {
	gnutls_x509_crt_t crt[STLS_CHAIN_MAX];
	unsigned len;
};

#endif
