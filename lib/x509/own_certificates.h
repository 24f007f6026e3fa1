/* SPDX-License-Identifier: MIT */
/* x509/own_certificates: see own_certificates.c. */
#ifndef X509_OWN_CERTIFICATES_H
#define X509_OWN_CERTIFICATES_H

#include <stddef.h>
#include <time.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "base/bytes.h"
#include "x509/ocsp.h"

/* What is known of a certificate and the chain above it. */
struct stls_own_chain_facts {
	time_t from, until; /* the leaf's validity; -1: unknown */
	int named;	    /* the leaf has a dNSName or an iPAddress */
	int for_clients;    /* the leaf is for clientAuth, not serverAuth */
	int key_bits;	    /* bits of security of the weakest key */
	int signature_bits; /* and of the weakest signature */
	const char *broken_hash; /* of a signature, refused by clients */
	char *missing;	    /* the issuer that a lone leaf lacks, or NULL */
	int demands_status; /* the leaf must have a stapled status (RFC 7633) */
};

/* One certificate, with its chain. */
struct stls_own_certificate {
	unsigned keys;	   /* enum smtptls_key and STLS_KEY_… */
	unsigned rsa_bits; /* of its key; 0 if that is no RSA key */
	size_t name_count;
	char **name; /* in normal form */
	struct stls_own_chain_facts chain;
	struct stls_staple staple; /* set by stls_own_staple() */
};

/* All zeros: no certificate. */
struct stls_own_certificates {
	unsigned keys;	   /* as above, of all certificates */
	unsigned rsa_bits; /* of the first RSA key; 0 if there is none */
	size_t count;
	struct stls_own_certificate *cert;
};

/*
 * Read the certificates of `credentials` into `own`, which is all zeros; their
 * chains are read too, and their issuers looked for, unless `trust` is NULL.
 * Returns 0 or SMTPTLS_E_NOMEM; call stls_own_certificates_free() in either
 * case.
 */
int stls_own_certificates_read(struct stls_own_certificates *own,
			       gnutls_certificate_credentials_t credentials,
			       gnutls_x509_trust_list_t trust);
void stls_own_certificates_free(struct stls_own_certificates *own);

/*
 * The key types of the certificates that cover the name a client asks for, in
 * any spelling; 0 if none does.
 */
unsigned stls_own_certificates_named(const struct stls_own_certificates *own,
				     const struct stls_bytes *name);

/*
 * The index of the first certificate that has the key (one of enum smtptls_key)
 * and covers `name`, unless that is NULL; -1 if none does.
 */
int stls_own_certificates_find(const struct stls_own_certificates *own,
			       const struct stls_bytes *name, unsigned key);

/* 1 when this certificate covers the name, in any spelling. */
int stls_own_certificate_covers(const struct stls_own_certificate *cert,
				const struct stls_bytes *name);
/* 1 when some certificate covers this name, whatever its type. */
int stls_own_certificates_cover(const struct stls_own_certificates *own,
				const struct stls_bytes *name);

#endif
