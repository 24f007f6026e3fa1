/* SPDX-License-Identifier: MIT */
/* reason/change: a diagnosis as changes of settings. Manual in change.c. */
#ifndef REASON_CHANGE_H
#define REASON_CHANGE_H

#include "policy/policy.h"
#include "reason/obstacle.h"

/*
 * The changes that let the peer in, up to SMTPTLS_CHANGES of them, in the order
 * of the settings' numbers: how many, or SMTPTLS_E_NOMEM. Without a policy it is
 * a certificate alone.
 */
int stls_find_changes(const struct smtptls_policy *policy,
		      const struct stls_diagnosis *diagnosis,
		      struct smtptls_change changes[SMTPTLS_CHANGES]);

/* A certificate that is added has to have this name too. */
void stls_change_name(struct smtptls_change *change, const char *name);

/* A certificate's type: "ECDSA P-256". */
const char *stls_key_name(unsigned key);

#endif
