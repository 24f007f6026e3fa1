/* SPDX-License-Identifier: MIT */
/* reason/diagnosis_sentence: see diagnosis_sentence.c. */
#ifndef REASON_DIAGNOSIS_SENTENCE_H
#define REASON_DIAGNOSIS_SENTENCE_H

#include "reason/obstacle.h"
#include "reason/phrase.h"
#include "reason/refusal_facts.h"

/* A sentence being written, and what it is made from. */
struct stls_writer {
	struct stls_phrase phrase;
	const struct stls_refusal *facts;
	const struct stls_diagnosis *diagnosis;
	const struct smtptls_advice *advice;
	unsigned shown; /* of a list; 0: the versions alone */
	int terse;
};

/* Write what conflicts, what would change it, and the side effects. */
void stls_write_diagnosis(struct stls_writer *writer);
/* Write the changes, their side effects, and `end`. */
void stls_write_changes(struct stls_writer *writer, const char *end);

#endif
