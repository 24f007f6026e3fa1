/* SPDX-License-Identifier: MIT */
/* reason/diagnosis_sentence: manual in diagnosis_sentence.c. */
#ifndef REASON_DIAGNOSIS_SENTENCE_H
#define REASON_DIAGNOSIS_SENTENCE_H

#include "reason/obstacle.h"
#include "reason/phrase.h"
#include "reason/refusal_facts.h"

/* A sentence in the making, and what it is made from. */
struct stls_writer {
	struct stls_phrase phrase;
	const struct stls_refusal *facts;
	const struct stls_diagnosis *diagnosis;
	const struct smtptls_advice *advice;
	unsigned shown; /* of a list; 0: nothing but the versions */
	int terse;
};

/* What met what, what would change it, and whom that costs something. */
void stls_write_diagnosis(struct stls_writer *writer);
/* The changes, whom they cost something, and `end`. */
void stls_write_changes(struct stls_writer *writer, const char *end);

#endif
