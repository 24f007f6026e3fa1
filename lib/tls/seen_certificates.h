/* SPDX-License-Identifier: MIT */
/* tls/seen_certificates: what was read before. See seen_certificates.c. */
#ifndef TLS_SEEN_CERTIFICATES_H
#define TLS_SEEN_CERTIFICATES_H

#include <gnutls/gnutls.h>

#include "policy/policy.h"
#include "x509/own_certificates.h"

/* Make room in a new policy; 0 or SMTPTLS_E_NOMEM. */
int stls_seen_prepare(struct smtptls_policy *policy);

/*
 * What an earlier session with the policy has read from the certificates of
 * these credentials, or NULL. It lives as long as the policy.
 */
const struct stls_own_certificates *
stls_seen_find(const struct smtptls_policy *policy,
	       gnutls_certificate_credentials_t credentials);

/*
 * Keep what was read from them, and leave `own` empty. Returns what is kept, or
 * NULL with `own` unchanged if there is no room or no memory.
 */
const struct stls_own_certificates *
stls_seen_keep(const struct smtptls_policy *policy,
	       gnutls_certificate_credentials_t credentials,
	       struct stls_own_certificates *own);

#endif
