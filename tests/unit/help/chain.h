/* SPDX-License-Identifier: MIT */
/*
 * chain: certificates with every fault, in memory. The manual is in chain.c.
 */
#ifndef CHAIN_H
#define CHAIN_H

#include <stddef.h>

#include <gnutls/x509.h>

#define CHAIN_NAMES 5

/* What a certificate is made with; all zeros is a leaf without a name. */
struct chain_spec {
	const char *cn;
	/* "dns:", "ip:", "email:" or "uri:" and the name; a '!' becomes a NUL */
	const char *san[CHAIN_NAMES];
	int version;	/* 0: 3; the first has no extensions, nor ids */
	int ca;		/* basicConstraints: CA:TRUE */
	int no_ca;	/* without basicConstraints */
	int path;	/* with a length of this less one; 0: without */
	unsigned usage; /* GNUTLS_KEY_…; 0: none is said */
	const char *purpose[2];
	long from, until;	  /* days from now; both 0: -1 and 90 */
	int rsa_bits;		  /* 0: a key of `curve` */
	gnutls_ecc_curve_t curve; /* 0: P-256 */
	unsigned key; /* which of these keys: equal numbers share one */
	gnutls_digest_algorithm_t hash;	  /* 0: SHA-256 */
	const char *critical;		  /* an extension that nobody knows */
	const char *permitted, *excluded; /* dNSName that may follow below */
	int damaged;			  /* its signature is wrong */
	int no_ids; /* of keys, the issuer's and its own */
	int staple; /* RFC 7633: with a status alone */
};

struct chain_cert {
	gnutls_x509_crt_t crt;
	gnutls_x509_privkey_t key;
	gnutls_datum_t der;
};

/* Issued by `issuer`, or by itself if that is NULL; chain_free() is due. */
struct chain_cert *chain_issue(const struct chain_spec *spec,
			       const struct chain_cert *issuer);
void chain_free(struct chain_cert *cert);
/* Also due, at the end; as cmocka calls it. */
int chain_end(void **state);

#endif
