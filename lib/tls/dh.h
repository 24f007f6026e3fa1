/* SPDX-License-Identifier: MIT */
/* tls/dh: parameters for DHE. See dh.c. */
#ifndef TLS_DH_H
#define TLS_DH_H

#include <gnutls/gnutls.h>

#include "policy/policy.h"

/* The groups of RFC 7919 that are used, from 2048 to 8192 bits. */
#define STLS_DH_FIELDS 3

/* A configuration's parameters; all zeros at first. */
struct stls_dh {
	const struct smtptls_policy *policy; /* NULL: the host's priority */
	gnutls_dh_params_t params;	     /* the file's, or one of `field` */
	unsigned bits; /* of the prime in the host's file, 0 if there is none */
	gnutls_dh_params_t field[STLS_DH_FIELDS]; /* NULL until needed */
	/* NULL unless the policy has suites without authentication. */
	gnutls_anon_server_credentials_t anonymous;
};

/*
 * Choose parameters for DHE, unless they come from a file, and make the
 * credentials for suites without authentication, if the policy has any.
 * `policy` is NULL if the priority is the host's; `rsa_bits` is the size of the
 * first own RSA key. What an earlier call chose is freed. Returns 0 or a GnuTLS
 * error.
 */
int stls_dh_settle(struct stls_dh *dh, const struct smtptls_policy *policy,
		   unsigned rsa_bits);
/* Called once after that: have the configuration's credentials use them. */
void stls_dh_install(const struct stls_dh *dh,
		     gnutls_certificate_credentials_t credentials);
/*
 * Have credentials with one certificate use the parameters for its key, of
 * `rsa_bits` bits, or 0 if it is no RSA key; 0 or a GnuTLS error.
 */
int stls_dh_give(struct stls_dh *dh, unsigned rsa_bits,
		 gnutls_certificate_credentials_t credentials);
/* Call this when no credentials use them any more. */
void stls_dh_free(struct stls_dh *dh);

#endif
