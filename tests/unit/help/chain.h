/* SPDX-License-Identifier: MIT */
/* chain: certificates with any defect, in memory. Documented in chain.c. */
#ifndef CHAIN_H
#define CHAIN_H

#include <stddef.h>

#include <gnutls/x509.h>

#define CHAIN_NAMES 5

/* How to make a certificate; all zeros is a leaf without a name. */
struct chain_spec {
	const char *cn;
	/* "dns:", "ip:", "email:" or "uri:" and the name; '!' becomes a NUL */
	const char *san[CHAIN_NAMES];
	int version;	/* 0: 3; version 1 has no extensions, nor ids */
	int ca;		/* basicConstraints: CA:TRUE */
	int no_ca;	/* no basicConstraints */
	int path;	/* path length plus one; 0: no path length */
	unsigned usage; /* GNUTLS_KEY_...; 0: no keyUsage */
	const char *purpose[2];
	long from, until;	  /* days from now; both 0: -1 and 90 */
	int rsa_bits;		  /* 0: a key on `curve` */
	gnutls_ecc_curve_t curve; /* 0: P-256 */
	unsigned key;		  /* index of a key: equal numbers share one */
	gnutls_digest_algorithm_t hash;	  /* 0: SHA-256 */
	const char *critical;		  /* unknown critical extension */
	const char *permitted, *excluded; /* dNSName nameConstraints */
	int damaged;			  /* with a wrong signature */
	int no_ids; /* no key identifiers, subject's or issuer's */
	int staple; /* RFC 7633: status_request only */
};

struct chain_cert {
	gnutls_x509_crt_t crt;
	gnutls_x509_privkey_t key;
	gnutls_datum_t der;
};

/* Issued by `issuer`, or self-signed if it is NULL; free with chain_free(). */
struct chain_cert *chain_issue(const struct chain_spec *spec,
			       const struct chain_cert *issuer);
/* A PEM file with the certificate and its key, until the program ends. */
const char *chain_file(const struct chain_cert *cert);
void chain_free(struct chain_cert *cert);
/* To be called at the end; a cmocka teardown. */
int chain_end(void **state);

#endif
