/* SPDX-License-Identifier: MIT */
/* reason/refusal_sentence: manual in refusal_sentence.c. */
#ifndef REASON_REFUSAL_SENTENCE_H
#define REASON_REFUSAL_SENTENCE_H

#include <stddef.h>

#include "reason/refusal.h"

/*
 * Write the sentence of refusal->reason, without a full stop; it ends with what
 * would help. It is cut where `size` ends.
 */
void stls_refusal_write(const struct stls_refusal *refusal, char *text,
			size_t size);

#endif
