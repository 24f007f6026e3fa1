/* SPDX-License-Identifier: MIT */
/* selection/common_suites: in order. The manual is in common_suites.c. */
#ifndef SELECTION_COMMON_SUITES_H
#define SELECTION_COMMON_SUITES_H

#include "selection/client_hello.h"
#include "policy/policy.h"

/* 1 when the client's order counts. */
int stls_client_order(const struct smtptls_policy *policy);

/*
 * The rows of the suites of a version that the client offers and the policy
 * allows, the preferred one first; returns how many.
 */
unsigned stls_common_suites(const struct smtptls_policy *policy,
			    const struct stls_client_hello *hello,
			    uint16_t version, uint8_t rows[STLS_POLICY_SUITES]);

#endif
