/* SPDX-License-Identifier: MIT */
/* x509/verify: judges a peer's chain. See verify.c. */
#ifndef X509_VERIFY_H
#define X509_VERIFY_H

#include <stddef.h>

#include <gnutls/x509.h>

#include "x509/chain.h"
#include "x509/pin.h"
#include "x509/verdict.h"

/* What is known of a peer, and what is required of it. */
struct stls_peer {
	const gnutls_datum_t *chain; /* DER, the leaf first */
	unsigned count;
	gnutls_x509_trust_list_t trust;
	unsigned flags;	 /* GnuTLS's: the profile of a security level */
	int server;	 /* the peer is a server: its purpose is serverAuth */
	int any_purpose; /* serverAuth is accepted for a client too */
	/* Hosts and addresses, one of which the certificate must have. */
	const char *const *name;
	size_t name_count; /* 0: any will do */
	int cn;		   /* the CN counts where there is no dNSName */
	/* The leaf must match one of these too, unless NULL or empty. */
	const struct stls_pins *pins;
	int bits; /* of security that a key must have; 0: any */
	/* GNUTLS_CERT_… found by other means than the chain. */
	unsigned found;
};

/* Judge a peer: fills `verdict`, and returns verdict->error. */
int stls_verify(const struct stls_peer *peer, struct stls_verdict *verdict);
/* The same, but only by the pins and the strength of the leaf's key. */
int stls_verify_pins(const struct stls_peer *peer,
		     struct stls_verdict *verdict);

/* ---- parts of it, for x509/dane ---- */

/* Initialize the verdict on a peer, before anything is found. */
void stls_verdict_begin(const struct stls_peer *peer,
			struct stls_verdict *verdict);
/* Set error and reason; returns `error`. */
int stls_decide(struct stls_verdict *verdict, int error, int reason);
/* Read the peer's chain; call stls_chain_close() in either case. */
int stls_chain_open(struct stls_chain *chain, const struct stls_peer *peer,
		    struct stls_verdict *verdict);
void stls_chain_close(struct stls_chain *chain);
/* Judge `chain`, up to an authority in peer->trust. */
int stls_verify_chain(const struct stls_peer *peer, struct stls_chain *chain,
		      struct stls_verdict *verdict);
/* Check an authority with `below` others below it: 0, or a reason. */
int stls_authority_fault(gnutls_x509_crt_t crt, int below);
/* Judge the leaf's names. */
int stls_verify_names(const struct stls_peer *peer, gnutls_x509_crt_t leaf,
		      struct stls_verdict *verdict);

#endif
