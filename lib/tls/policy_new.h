/* SPDX-License-Identifier: MIT */
/* tls/policy_new: a policy for the loaded GnuTLS. See policy_new.c. */
#ifndef TLS_POLICY_NEW_H
#define TLS_POLICY_NEW_H

#include <gnutls/gnutls.h>

#include "policy/policy.h"
#include "x509/digest.h"

/*
 * The verification flags for a peer's chain; 0 for NULL, where the host's
 * priority string decides.
 */
unsigned stls_policy_verify_flags(const struct smtptls_policy *policy);

/* The bits of security that the level requires of keys; 0 for NULL. */
int stls_policy_security_bits(const struct smtptls_policy *policy);

/*
 * A digest of all that a policy allows: two policies can differ although their
 * priority strings are the same, and tickets must not cross between them.
 */
void stls_policy_digest(const struct smtptls_policy *policy,
			unsigned char digest[STLS_SHA256_SIZE]);

#endif
