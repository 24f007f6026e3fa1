/* SPDX-License-Identifier: MIT */
/* tls/dh: parameters for DHE. See dh.c. */
#ifndef TLS_DH_H
#define TLS_DH_H

#include <gnutls/gnutls.h>

#include "policy/policy.h"

/* A configuration's parameters; all zeros at first. */
struct stls_dh {
	gnutls_dh_params_t params;
	unsigned bits; /* of the prime in the host's file, 0 if there is none */
	/* NULL unless the policy has suites without authentication. */
	gnutls_anon_server_credentials_t anonymous;
};

/*
 * Choose parameters for DHE, unless they come from a file, and make the
 * credentials for suites without authentication, if the policy has any.
 * `policy` is NULL if the priority is the host's; `rsa_bits` is the size of the
 * own RSA key. What an earlier call chose is freed. Returns 0 or a GnuTLS
 * error.
 */
int stls_dh_settle(struct stls_dh *dh, const struct smtptls_policy *policy,
		   unsigned rsa_bits);
/* Called once after that: have the configuration's credentials use them. */
void stls_dh_install(const struct stls_dh *dh,
		     gnutls_certificate_credentials_t credentials,
		     const struct smtptls_policy *policy);
/* Have credentials under a policy use these parameters; 0 or a GnuTLS error. */
int stls_dh_give(gnutls_dh_params_t params,
		 gnutls_certificate_credentials_t credentials);
/* Call this when no credentials use them any more. */
void stls_dh_free(struct stls_dh *dh);

#endif
