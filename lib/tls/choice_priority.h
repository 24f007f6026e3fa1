/* SPDX-License-Identifier: MIT */
/* tls/choice_priority: a choice as GnuTLS priorities. See the .c file. */
#ifndef TLS_CHOICE_PRIORITY_H
#define TLS_CHOICE_PRIORITY_H

#include <gnutls/gnutls.h>

#include "selection/selection.h"

/* Give a policy places for its priorities; 0 or SMTPTLS_E_NOMEM. */
int stls_choice_priority_prepare(struct smtptls_policy *policy);

/*
 * Let a session negotiate nothing but a choice, which must be one of the
 * policy's. `key` (enum smtptls_key) is the certificate's; under TLS 1.3, 0
 * leaves it to GnuTLS. Returns 0 or a GnuTLS error.
 */
int stls_choice_priority_set(const struct smtptls_policy *policy,
			     gnutls_session_t tls,
			     const struct stls_choice *choice, unsigned key);

#endif
