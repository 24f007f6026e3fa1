/* SPDX-License-Identifier: MIT */
/* reason/refusal_facts: what is known of a refused hello. */
#ifndef REASON_REFUSAL_FACTS_H
#define REASON_REFUSAL_FACTS_H

#include "selection/selection.h"

/* Unknown facts are NULL or 0. */
struct stls_refusal {
	int reason; /* enum smtptls_reason; 0: by choice->step */
	const struct smtptls_policy *policy;
	const struct stls_client_hello *hello;
	unsigned keys; /* as for stls_select() */
	const struct stls_choice *choice;
	const struct stls_suite *suite; /* SMTPTLS_REASON_OUTSIDE: agreed on */
	int error;			/* the parser's, if it failed */
	const char *name; /* SMTPTLS_REASON_SNI: the name, if valid */
};

/* What is wrong with the hello (enum stls_hello_error), or 0. */
static inline int stls_refusal_hello_error(const struct stls_refusal *refusal)
{
	return refusal->error < 0 || !refusal->choice ? refusal->error
						      : refusal->choice->error;
}

#endif
