/* SPDX-License-Identifier: MIT */
/* x509/verify: a peer's chain to a verdict. The manual is in verify.c. */
#ifndef X509_VERIFY_H
#define X509_VERIFY_H

#include <stddef.h>

#include <gnutls/x509.h>

#include "x509/verdict.h"

/* What is known of a peer, and what is asked of it. */
struct stls_peer {
	const gnutls_datum_t *chain; /* DER, the leaf first */
	unsigned count;
	gnutls_x509_trust_list_t trust;
	unsigned flags;	 /* GnuTLS's: the profile of a security level */
	int server;	 /* the peer is one: its purpose is serverAuth */
	int any_purpose; /* of a client serverAuth is accepted too */
	/* Hosts and addresses, of which one must be the certificate's. */
	const char *const *name;
	size_t name_count; /* 0: any will do */
	/* GNUTLS_CERT_… that something else than the chain has shown. */
	unsigned found;
};

/* Judge a peer: fills `verdict`, and returns verdict->error. */
int stls_verify(const struct stls_peer *peer, struct stls_verdict *verdict);

#endif
