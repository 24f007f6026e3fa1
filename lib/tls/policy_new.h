/* SPDX-License-Identifier: MIT */
/* tls/policy_new: a policy for the loaded GnuTLS. Manual in policy_new.c. */
#ifndef TLS_POLICY_NEW_H
#define TLS_POLICY_NEW_H

#include <gnutls/gnutls.h>

#include "policy/policy.h"
#include "x509/digest.h"

/*
 * The verification flags by which a peer's chain is judged; none for NULL, when
 * the host's priority string says it.
 */
unsigned stls_policy_verify_flags(const struct smtptls_policy *policy);

/* The bits of security that its level asks of keys; 0 for NULL. */
int stls_policy_security_bits(const struct smtptls_policy *policy);

/*
 * A digest of all that a policy allows: two policies can have the same priority
 * string and yet differ, and tickets must not cross them.
 */
void stls_policy_digest(const struct smtptls_policy *policy,
			unsigned char digest[STLS_SHA256_SIZE]);

#endif
