/* SPDX-License-Identifier: MIT */
/*
 * selection/common_suites: suites common to a client and a policy, in order.
 * See common_suites.c.
 */
#ifndef SELECTION_COMMON_SUITES_H
#define SELECTION_COMMON_SUITES_H

#include "selection/client_hello.h"
#include "policy/policy.h"

/* 1 if the client's order counts. */
int stls_client_order(const struct smtptls_policy *policy);

/*
 * Write the rows of the version's suites that the client offers and the policy
 * allows, in order of preference. Returns how many.
 */
unsigned stls_common_suites(const struct smtptls_policy *policy,
			    const struct stls_client_hello *hello,
			    uint16_t version, uint8_t rows[STLS_POLICY_SUITES]);

#endif
