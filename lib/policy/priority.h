/* SPDX-License-Identifier: MIT */
/* policy/priority: a policy as a GnuTLS string. See priority.c. */
#ifndef POLICY_PRIORITY_H
#define POLICY_PRIORITY_H

#include "policy/policy.h"

/*
 * Find the best set of the policy's suites that a priority string can express,
 * mark the others as lost, and write the string. The policy already has its
 * versions, suites, groups and signature algorithms. Returns 0,
 * SMTPTLS_E_NOMEM, SMTPTLS_E_LIMIT if the string is too long, or
 * SMTPTLS_E_UNSUPPORTED if nothing is left.
 */
int stls_priority_make(struct smtptls_policy *policy,
		       const struct stls_abilities *abilities);

#endif
