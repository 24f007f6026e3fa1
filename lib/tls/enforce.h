/* SPDX-License-Identifier: MIT */
/* tls/enforce: a policy meets GnuTLS. The manual is in enforce.c. */
#ifndef TLS_ENFORCE_H
#define TLS_ENFORCE_H

#include <gnutls/gnutls.h>

#include "policy/policy.h"

/*
 * Judge this side's certificates, and Diffie-Hellman parameters of `dh_bits` or
 * none with 0, by the policy's security level. Returns 0, SMTPTLS_E_NOMEM or
 * SMTPTLS_E_CONFIG.
 */
int stls_enforce_own(const struct smtptls_policy *policy,
		     gnutls_certificate_credentials_t credentials,
		     unsigned dh_bits, const struct stls_sentence *error);

/*
 * The verification flags by which a peer's chain is judged; none for NULL, when
 * the host's priority string says it.
 */
unsigned stls_enforce_peer(const struct smtptls_policy *policy);

#endif
