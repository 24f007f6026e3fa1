/* SPDX-License-Identifier: MIT */
/* tls/enforce: a policy meets GnuTLS. The manual is in enforce.c. */
#ifndef TLS_ENFORCE_H
#define TLS_ENFORCE_H

#include <gnutls/gnutls.h>

#include "policy/policy.h"
#include "tls/config.h"
#include "tls/digest.h"

/*
 * Judge this side's certificates and Diffie-Hellman parameters by a policy's
 * security level. Returns 0, SMTPTLS_E_NOMEM or SMTPTLS_E_CONFIG.
 */
int stls_enforce_own(const struct smtptls_config *config,
		     const struct smtptls_policy *policy,
		     const struct stls_sentence *error);

/*
 * The verification flags by which a peer's chain is judged; none for NULL, when
 * the host's priority string says it.
 */
unsigned stls_enforce_peer(const struct smtptls_policy *policy);

/*
 * A digest of all that a policy allows: two policies can have the same priority
 * string and yet differ, and tickets must not cross them.
 */
void stls_enforce_digest(const struct smtptls_policy *policy,
			 unsigned char digest[STLS_SHA256_SIZE]);

#endif
