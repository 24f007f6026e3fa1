/* SPDX-License-Identifier: MIT */
/* reason/peer_refusal: see peer_refusal.c. */
#ifndef REASON_PEER_REFUSAL_H
#define REASON_PEER_REFUSAL_H

#include <smtptls/policy.h>

#include "reason/end_facts.h"
#include "reason/phrase.h"

/* Write the sentence for SMTPTLS_REASON_PEER_ALERT. */
void stls_alert_write(const struct stls_end *end, char *text, size_t size);
/* The same for SMTPTLS_REASON_LEFT_AFTER_HANDSHAKE, alert or not. */
void stls_left_write(const struct stls_end *end, char *text, size_t size);
/* The same for a server's SMTPTLS_REASON_DH_PARAMETERS: end->dh_bits. */
void stls_dh_refusal_write(const struct stls_end *end, char *text, size_t size);
/*
 * Add that peers which refuse a certificate leave like this, and what is wrong
 * with the certificate: 1, or 0 with nothing added if no fault can be seen.
 */
int stls_phrase_refusal(struct stls_phrase *phrase, const struct stls_end *end);

/* Find the changes to the certificate that was shown. Returns how many. */
int stls_refusal_changes(const struct stls_end *end,
			 struct smtptls_change changes[SMTPTLS_CHANGES]);
/* Add which authority the peer may not trust: 1, or 0 if it is not known. */
int stls_phrase_distrust(struct stls_phrase *phrase,
			 const struct stls_end *end);
/* Find the change to larger DHE parameters. Returns how many changes. */
int stls_dh_changes(const struct stls_end *end,
		    struct smtptls_change changes[SMTPTLS_CHANGES]);

#endif
