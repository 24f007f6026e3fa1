/* SPDX-License-Identifier: MIT */
/* tls/abilities: what the loaded GnuTLS can do. See abilities.c. */
#ifndef TLS_ABILITIES_H
#define TLS_ABILITIES_H

#include "policy/policy.h"

/* Ask the loaded GnuTLS; 0, or SMTPTLS_E_NOMEM. */
int stls_abilities_ask(struct stls_abilities *abilities);

/* 1 if the system's policy, or the build of GnuTLS, disables anything. */
int stls_abilities_restricted(const struct stls_abilities *abilities);

/*
 * Check with GnuTLS itself that a policy's string enables only the policy's
 * suites. Returns 0, SMTPTLS_E_NOMEM, or SMTPTLS_E_UNSUPPORTED.
 */
int stls_abilities_check(const struct smtptls_policy *policy,
			 const struct stls_sentence *error);

#endif
