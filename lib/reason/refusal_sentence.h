/* SPDX-License-Identifier: MIT */
/* reason/refusal_sentence: see refusal_sentence.c. */
#ifndef REASON_REFUSAL_SENTENCE_H
#define REASON_REFUSAL_SENTENCE_H

#include "reason/obstacle.h"
#include "reason/refusal_facts.h"

/* Write advice->text from everything else that is known. */
void stls_refusal_write(const struct stls_refusal *refusal,
			const struct stls_diagnosis *diagnosis,
			struct smtptls_advice *advice);

#endif
