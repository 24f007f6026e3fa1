/* SPDX-License-Identifier: MIT */
/* tls/one_suite: a choice as GnuTLS priorities. Manual in one_suite.c. */
#ifndef TLS_ONE_SUITE_H
#define TLS_ONE_SUITE_H

#include <gnutls/gnutls.h>

#include "policy/selection.h"

/* Give a policy the place for its priorities; 0 or SMTPTLS_E_NOMEM. */
int stls_one_suite_prepare(struct smtptls_policy *policy);

/*
 * Let a session negotiate nothing but a choice, which must be the policy's.
 * `key` (enum smtptls_key) is the certificate's; with 0 under TLS 1.3 it is
 * left to GnuTLS. Returns 0 or GnuTLS's error.
 */
int stls_one_suite_set(const struct smtptls_policy *policy,
		       gnutls_session_t tls, const struct stls_choice *choice,
		       unsigned key);

#endif
