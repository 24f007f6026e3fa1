/* SPDX-License-Identifier: MIT */
/* tls/dh: parameters for DHE. The manual is in dh.c. */
#ifndef TLS_DH_H
#define TLS_DH_H

#include <gnutls/gnutls.h>

#include "policy/policy.h"

/* A configuration's; all zeros at first. */
struct stls_dh {
	gnutls_dh_params_t params;
	unsigned bits; /* of the prime in the host's file; 0: there is none */
	/* NULL unless the policy has suites without authentication. */
	gnutls_anon_server_credentials_t anonymous;
};

/*
 * Choose parameters for DHE, unless a file has, and give suites without
 * authentication their credentials, if the policy has any; `policy` is NULL
 * where the priority is the host's, `rsa_bits` are the own RSA key's. What an
 * earlier call has chosen is gone. Returns 0 or GnuTLS's error.
 */
int stls_dh_settle(struct stls_dh *dh, const struct smtptls_policy *policy,
		   unsigned rsa_bits);
/* Then, once: let the configuration's credentials use them. */
void stls_dh_install(const struct stls_dh *dh,
		     gnutls_certificate_credentials_t credentials,
		     const struct smtptls_policy *policy);
/* Let credentials under a policy use these parameters; 0 or GnuTLS's error. */
int stls_dh_give(gnutls_dh_params_t params,
		 gnutls_certificate_credentials_t credentials);
/* Due when no credentials use it any more. */
void stls_dh_free(struct stls_dh *dh);

#endif
