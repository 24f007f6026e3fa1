/* SPDX-License-Identifier: MIT */
/* reason/certificate_sentence: see certificate_sentence.c. */
#ifndef REASON_CERTIFICATE_SENTENCE_H
#define REASON_CERTIFICATE_SENTENCE_H

#include <stddef.h>

#include <smtptls/policy.h>

#include "reason/end_facts.h"

/* The sentence for a reason and this side's role; a static string. */
const char *stls_certificate_sentence(int reason, int server);

/*
 * Write the sentence for end->reason, with what end->verdict knows; it is
 * truncated to `size` > 0 bytes.
 */
void stls_certificate_write(const struct stls_end *end, char *text,
			    size_t size);

/*
 * Find the changes of this side's settings that would make it accept the
 * certificate. Returns how many.
 */
int stls_certificate_changes(const struct stls_end *end,
			     struct smtptls_change changes[SMTPTLS_CHANGES]);

#endif
