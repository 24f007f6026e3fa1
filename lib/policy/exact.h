/* SPDX-License-Identifier: MIT */
/* policy/exact: what only an exact choice needs. The manual is in exact.c. */
#ifndef POLICY_EXACT_H
#define POLICY_EXACT_H

#include "policy/policy.h"

/* Note what keys the signature algorithms, as they were set, have TLS 1.3 for. */
void stls_exact_sigalgs(struct smtptls_policy *policy,
			const struct stls_sigalg_list *list);

/* Note versions and fields, before a priority string takes any away. */
void stls_exact_prepare(struct smtptls_policy *policy,
			const struct stls_abilities *abilities);

#endif
