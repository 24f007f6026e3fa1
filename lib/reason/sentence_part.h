/* SPDX-License-Identifier: MIT */
/* reason/sentence_part: manual in sentence_part.c. */
#ifndef REASON_SENTENCE_PART_H
#define REASON_SENTENCE_PART_H

#include "reason/diagnosis.h"
#include "reason/phrase.h"
#include "reason/refusal.h"

#define PEER_MUST ": the peer must offer others"

/* "peer offers TLS 1.2 with …": the suites. */
void stls_write_offer(struct stls_phrase *phrase,
		      const struct stls_refusal *facts);
/* The word of the ciphers that excludes it, for people; 0: there is none. */
int stls_find_word(const struct stls_refusal *facts,
		   const struct stls_suite *suite, char shown[32]);
/*
 * What keeps off the things that were listed, which are those of a setting, and
 * what would change it for the one that is the easiest to have.
 */
void stls_write_change(struct stls_phrase *phrase,
		       const struct stls_refusal *facts,
		       const struct stls_diagnosis *diagnosis,
		       const char *setting, const char *name);
void stls_write_add_key(struct stls_phrase *phrase, unsigned wanted);
void stls_write_lacks_usage(struct stls_phrase *phrase, const char *type,
			    const char *usage);

#endif
