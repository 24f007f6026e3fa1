/* SPDX-License-Identifier: MIT */
/* x509/own_certificates: manual in own_certificates.c. */
#ifndef X509_OWN_CERTIFICATES_H
#define X509_OWN_CERTIFICATES_H

#include <stddef.h>
#include <time.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "base/bytes.h"
#include "x509/ocsp.h"

/* What is known of a certificate with the chain above it. */
struct stls_own_chain_facts {
	time_t from, until;	 /* the leaf's; -1: not known */
	int named;		 /* the leaf has a dNSName or an iPAddress */
	int for_clients;	 /* and its purpose is clientAuth alone */
	int key_bits;		 /* of security: of the weakest key */
	int signature_bits;	 /* and of the weakest signature */
	const char *broken_hash; /* of a signature, which clients refuse */
	char *missing; /* the leaf is alone, and this issuer is not known */
	int demands_status; /* the leaf is good with one alone (RFC 7633) */
};

/* One certificate, with its chain. */
struct stls_own_certificate {
	unsigned keys; /* enum smtptls_key and STLS_KEY_… */
	size_t name_count;
	char **name; /* in normal form */
	struct stls_own_chain_facts chain;
	struct stls_staple staple; /* by stls_own_staple() */
};

/* All zeros: no certificate. */
struct stls_own_certificates {
	unsigned keys;	   /* as above, of all together */
	unsigned rsa_bits; /* of the first that is RSA; 0: none is */
	size_t count;
	struct stls_own_certificate *cert;
};

/*
 * Read the certificates of `credentials` into `own`, which is all zeros; their
 * chains are read too, and their issuers looked for, unless `trust` is NULL.
 * Returns 0 or SMTPTLS_E_NOMEM; stls_own_certificates_free() is due in either
 * case.
 */
int stls_own_certificates_read(struct stls_own_certificates *own,
			       gnutls_certificate_credentials_t credentials,
			       gnutls_x509_trust_list_t trust);
void stls_own_certificates_free(struct stls_own_certificates *own);

/*
 * Whose certificates cover the name that a client asks for, in any spelling:
 * their types; 0 when none does.
 */
unsigned stls_own_certificates_named(const struct stls_own_certificates *own,
				     const struct stls_bytes *name);

/*
 * The first of them, or with a `name` of NULL of all, that has the key (one of
 * enum smtptls_key); -1: none.
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
