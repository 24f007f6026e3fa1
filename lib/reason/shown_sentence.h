/* SPDX-License-Identifier: MIT */
/* reason/shown_sentence: see shown_sentence.c. */
#ifndef REASON_SHOWN_SENTENCE_H
#define REASON_SHOWN_SENTENCE_H

#include <smtptls/policy.h>

#include "reason/phrase.h"
#include "x509/verdict.h"

/*
 * Append what may be wrong with the certificate that a peer was shown: first
 * the faults of shown->faults that are in `first`, then the others, as many as
 * 255 bytes hold; none of them is cut. Returns how many.
 */
int stls_phrase_shown(struct stls_phrase *phrase,
		      const struct stls_shown *shown, unsigned first);

/*
 * Find the changes that cure them, counting all faults. Returns how many, at
 * most SMTPTLS_CHANGES.
 */
int stls_shown_changes(const struct stls_shown *shown, unsigned first,
		       struct smtptls_change changes[SMTPTLS_CHANGES]);

#endif
