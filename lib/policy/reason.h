/* SPDX-License-Identifier: MIT */
/* policy/reason: reasons as sentences. The manual is in reason.c. */
#ifndef POLICY_REASON_H
#define POLICY_REASON_H

#include <stddef.h>

#include "policy/selection.h"

/* What a sentence is made of; what is not known is NULL or 0. */
struct stls_case {
	const struct smtptls_policy *policy;
	const struct stls_client_hello *hello;
	unsigned keys; /* enum smtptls_key */
	const struct stls_choice *choice;
	const struct stls_suite *suite; /* SMTPTLS_REASON_OUTSIDE: which */
	int error;			/* SMTPTLS_REASON_BAD_HELLO: how */
};

/*
 * Write the sentence of choice->reason, without a full stop; it ends with what
 * would help. It is cut where `size` ends.
 */
void stls_reason_write(const struct stls_case *facts, char *text, size_t size);

#endif
