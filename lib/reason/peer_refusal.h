/* SPDX-License-Identifier: MIT */
/* reason/peer_refusal: manual in peer_refusal.c. */
#ifndef REASON_PEER_REFUSAL_H
#define REASON_PEER_REFUSAL_H

#include <smtptls/policy.h>

#include "reason/end_facts.h"
#include "reason/phrase.h"

/* Write the sentence of SMTPTLS_REASON_PEER_ALERT. */
void stls_alert_write(const struct stls_end *end, char *text, size_t size);
/* The same of SMTPTLS_REASON_LEFT_AFTER_HANDSHAKE, with an alert or without. */
void stls_left_write(const struct stls_end *end, char *text, size_t size);
/* The same of a server's SMTPTLS_REASON_DH_PARAMETERS: end->dh_bits. */
void stls_dh_refusal_write(const struct stls_end *end, char *text, size_t size);
/*
 * Say that one leaves so that refuses the certificate, and what is wrong with
 * that: 1, or 0 with nothing added where nothing can be seen.
 */
int stls_phrase_refusal(struct stls_phrase *phrase, const struct stls_end *end);

/* What is to be changed of the certificate that was shown: how many changes. */
int stls_refusal_changes(const struct stls_end *end,
			 struct smtptls_change changes[SMTPTLS_CHANGES]);
/* Say whom such a one may not trust: 1, or 0 where that is not known. */
int stls_phrase_distrust(struct stls_phrase *phrase,
			 const struct stls_end *end);
/* The parameters to set. */
int stls_dh_changes(const struct stls_end *end,
		    struct smtptls_change changes[SMTPTLS_CHANGES]);

#endif
