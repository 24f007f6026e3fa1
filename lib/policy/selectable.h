/* SPDX-License-Identifier: MIT */
/* policy/selectable: what only an exact choice needs. The manual is in selectable.c. */
#ifndef POLICY_SELECTABLE_H
#define POLICY_SELECTABLE_H

#include "policy/policy.h"

/* Note what keys the signature algorithms, as they were set, have TLS 1.3 for. */
void stls_selectable_sigalgs(struct smtptls_policy *policy,
			     const struct stls_sigalg_list *list);

/* Note versions and fields, before a priority string takes any away. */
void stls_selectable_prepare(struct smtptls_policy *policy,
			     const struct stls_abilities *abilities);

#endif
