/* SPDX-License-Identifier: MIT */
/* policy/reason_part: what reason.c and reason_key.c have from each other. */
#ifndef POLICY_REASON_PART_H
#define POLICY_REASON_PART_H

#include "policy/cure.h"
#include "policy/reason.h"
#include "policy/words.h"

#define PEER_MUST ": the peer must offer others"

/* reason.c */

/* "peer offers TLS 1.2 with …": the suites. */
void stls_write_offer(struct stls_words *words, const struct stls_case *facts);
/* The word of the ciphers that excludes it, for people; 0: there is none. */
int stls_find_word(const struct stls_case *facts,
		   const struct stls_suite *suite, char shown[32]);

/* reason_key.c */

/*
 * What keeps off the things that were listed, which are those of a setting, and
 * what would change it for the one that is the easiest to have.
 */
void stls_write_cure(struct stls_words *words, const struct stls_case *facts,
		     const struct stls_cure *cure, const char *setting,
		     const char *name);
void stls_write_add_key(struct stls_words *words, unsigned wanted);
void stls_write_lacks_usage(struct stls_words *words, const char *type,
			    const char *usage);

/* The sentences of STLS_STEP_KEY, of groups and of signatures. */
void stls_write_key(struct stls_words *words, const struct stls_case *facts,
		    const char *type, const char *other);
void stls_write_usage(struct stls_words *words, const struct stls_case *facts);
void stls_write_dss(struct stls_words *words, const struct stls_case *facts);
void stls_write_group(struct stls_words *words, const struct stls_case *facts);
void stls_write_sigalg(struct stls_words *words, const struct stls_case *facts);
void stls_write_signer(struct stls_words *words, const struct stls_case *facts);

#endif
