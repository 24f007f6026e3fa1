/* SPDX-License-Identifier: MIT */
/* tls/seen_certificates: manual in seen_certificates.c. */
#ifndef TLS_SEEN_CERTIFICATES_H
#define TLS_SEEN_CERTIFICATES_H

#include <gnutls/gnutls.h>

#include "policy/policy.h"
#include "x509/own_certificates.h"

/* Room in a new policy; 0 or SMTPTLS_E_NOMEM. */
int stls_seen_prepare(struct smtptls_policy *policy);

/*
 * What the certificates of a host's credentials say, which a session with the
 * policy has read before, or NULL. It lives as long as the policy.
 */
const struct stls_own_certificates *
stls_seen_find(const struct smtptls_policy *policy,
	       gnutls_certificate_credentials_t credentials);

/*
 * Keep what was read of them, and leave `own` empty; NULL when there is no room,
 * and `own` is as it was.
 */
const struct stls_own_certificates *
stls_seen_keep(const struct smtptls_policy *policy,
	       gnutls_certificate_credentials_t credentials,
	       struct stls_own_certificates *own);

#endif
