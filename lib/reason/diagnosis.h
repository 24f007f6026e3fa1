/* SPDX-License-Identifier: MIT */
/* reason/diagnosis: what would end a refusal. See diagnosis.c. */
#ifndef REASON_DIAGNOSIS_H
#define REASON_DIAGNOSIS_H

#include "reason/obstacle.h"
#include "selection/selection.h"

/*
 * Find what would let this peer in. The selection has found no choice with the
 * same arguments, and the hello is well-formed.
 */
void stls_diagnose(const struct smtptls_policy *policy,
		   const struct stls_client_hello *hello, unsigned keys,
		   struct stls_diagnosis *diagnosis);

#endif
