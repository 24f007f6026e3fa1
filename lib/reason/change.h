/* SPDX-License-Identifier: MIT */
/* reason/change: a diagnosis as changes of settings. See change.c. */
#ifndef REASON_CHANGE_H
#define REASON_CHANGE_H

#include "policy/policy.h"
#include "reason/obstacle.h"

/*
 * Find the changes that let the peer in, SMTPTLS_CHANGES at most, in the order
 * of the settings' numbers, but with the security level after the ciphers.
 * Returns how many, or SMTPTLS_E_NOMEM. Without a policy, only certificates are
 * changed.
 */
int stls_find_changes(const struct smtptls_policy *policy,
		      const struct stls_diagnosis *diagnosis,
		      struct smtptls_change changes[SMTPTLS_CHANGES]);

/* Require this name too of a certificate that is to be added. */
void stls_change_name(struct smtptls_change *change, const char *name);

/* The name of a certificate's type: "ECDSA P-256". */
const char *stls_key_name(unsigned key);

#endif
