/* SPDX-License-Identifier: MIT */
/* reason/certificate_sentence: manual in certificate_sentence.c. */
#ifndef REASON_CERTIFICATE_SENTENCE_H
#define REASON_CERTIFICATE_SENTENCE_H

#include <stddef.h>

#include <smtptls/policy.h>

#include "reason/end_facts.h"

/* The sentence of a reason and this side's role; it lives for ever. */
const char *stls_certificate_sentence(int reason, int server);

/*
 * The same of end->reason, with what end->verdict has; it is cut where `size`
 * > 0 ends.
 */
void stls_certificate_write(const struct stls_end *end, char *text,
			    size_t size);

/* The settings of this side's by which it would be taken: how many changes. */
int stls_certificate_changes(const struct stls_end *end,
			     struct smtptls_change changes[SMTPTLS_CHANGES]);

#endif
