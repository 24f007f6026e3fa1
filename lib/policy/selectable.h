/* SPDX-License-Identifier: MIT */
/*
 * policy/selectable: what a server that chooses by the ClientHello needs. See
 * selectable.c.
 */
#ifndef POLICY_SELECTABLE_H
#define POLICY_SELECTABLE_H

#include "policy/policy.h"

/* Record the keys for which the signature algorithms, as set, allow TLS 1.3. */
void stls_selectable_sigalgs(struct smtptls_policy *policy,
			     const struct stls_sigalg_list *list);

/* Record versions and fields, before the priority string loses any. */
void stls_selectable_prepare(struct smtptls_policy *policy,
			     const struct stls_abilities *abilities);

#endif
