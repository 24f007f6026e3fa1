/* SPDX-License-Identifier: MIT */
/* reason/ciphers_change: see ciphers_change.c. */
#ifndef REASON_CIPHERS_CHANGE_H
#define REASON_CIPHERS_CHANGE_H

#include "policy/policy.h"
#include "reason/change_list.h"
#include "reason/obstacle.h"

/*
 * Put the changes that give the ciphers the suite that is wanted and lower the
 * security level as far as needed. Returns 0 or SMTPTLS_E_NOMEM.
 */
int stls_change_ciphers(struct stls_change_list *list,
			const struct smtptls_policy *policy,
			const struct stls_diagnosis *diagnosis);

#endif
