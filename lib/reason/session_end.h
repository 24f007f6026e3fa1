/* SPDX-License-Identifier: MIT */
/* reason/session_end: how a session ended. Manual in session_end.c. */
#ifndef REASON_SESSION_END_H
#define REASON_SESSION_END_H

#include <stddef.h>

#include <smtptls/policy.h>

#include "reason/end_facts.h"

/* stls_reason_of_first(): more bytes are needed. */
#define STLS_FIRST_MORE (-1)

/*
 * What the first bytes are where TLS is to start, however they were cut: 0 for
 * TLS, else the reason that they are, of which `*len` bytes are enough; with
 * `last` no more will come.
 */
int stls_reason_of_first(const unsigned char *held, size_t n, int last,
			 size_t *len);

/*
 * Which version of the PROXY protocol's header this begins with, 1 or 2; 0: it
 * is none; STLS_FIRST_MORE: more bytes are needed. Of the second version `at`
 * bytes have been seen before.
 */
int stls_proxy_header(const unsigned char *held, size_t n, size_t at);
/* Its sentence; it lives for ever. */
const char *stls_proxy_sentence(int version);

/*
 * Write the sentence of end->reason, without a full stop; it ends with what
 * would help. It is cut where `size` > 0 ends.
 */
void stls_end_write(const struct stls_end *end, char *text, size_t size);

/*
 * The changes that would help, all together, as far as they are this side's, or
 * are known: how many.
 */
int stls_end_changes(const struct stls_end *end,
		     struct smtptls_change changes[SMTPTLS_CHANGES]);

/* The sentence where this side's role says enough: it lives for ever. */
const char *stls_end_sentence(int reason, int server);

#endif
