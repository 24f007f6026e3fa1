/* SPDX-License-Identifier: MIT */
/* x509/chain: a peer's certificates. */
#ifndef X509_CHAIN_H
#define X509_CHAIN_H

#include <gnutls/x509.h>

/* GnuTLS's own limit: longer chains only cost time. */
#define STLS_CHAIN_MAX 16

struct stls_chain {
	gnutls_x509_crt_t crt[STLS_CHAIN_MAX];
	unsigned len;
};

#endif
