/* SPDX-License-Identifier: MIT */
/* reason/refusal: why a peer is refused. See refusal.c. */
#ifndef REASON_REFUSAL_H
#define REASON_REFUSAL_H

#include "reason/refusal_facts.h"

/*
 * Find the reason, the changes and the sentence; all zeros if there is a
 * choice. Returns 0, or SMTPTLS_E_NOMEM, and then the sentence has no changes.
 */
int stls_refusal_advise(const struct stls_refusal *refusal,
			struct smtptls_advice *advice);

#endif
