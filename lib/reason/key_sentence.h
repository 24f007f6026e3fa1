/* SPDX-License-Identifier: MIT */
/* reason/key_sentence: manual in key_sentence.c. */
#ifndef REASON_KEY_SENTENCE_H
#define REASON_KEY_SENTENCE_H

#include "reason/sentence_part.h"

/* The sentences of STLS_STEP_DSS and of all that come behind it. */
void stls_write_key(struct stls_phrase *phrase,
		    const struct stls_refusal *facts, const char *type,
		    const char *other);
void stls_write_usage(struct stls_phrase *phrase,
		      const struct stls_refusal *facts);
void stls_write_dss(struct stls_phrase *phrase,
		    const struct stls_refusal *facts);
void stls_write_group(struct stls_phrase *phrase,
		      const struct stls_refusal *facts);
void stls_write_sigalg(struct stls_phrase *phrase,
		       const struct stls_refusal *facts);
void stls_write_signer(struct stls_phrase *phrase,
		       const struct stls_refusal *facts);

#endif
