/* SPDX-License-Identifier: MIT */
/* reason/session_end_sentence: see session_end_sentence.c. */
#ifndef REASON_SESSION_END_SENTENCE_H
#define REASON_SESSION_END_SENTENCE_H

#include <stddef.h>

#include <smtptls/policy.h>

#include "reason/end_facts.h"

/* stls_reason_of_first(): more bytes are needed. */
#define STLS_FIRST_MORE (-1)

/*
 * Tell what the first bytes are where TLS is to start, however they were split:
 * 0 for TLS, else the reason that they are, or STLS_FIRST_MORE. `*len` bytes
 * suffice to tell. With `last`, no more will come.
 */
int stls_reason_of_first(const unsigned char *held, size_t n, int last,
			 size_t *len);

/*
 * Tell which version of a PROXY protocol header the bytes begin with: 1, 2, 0
 * if neither, or STLS_FIRST_MORE. The first `at` bytes of a version 2 header
 * have been seen before.
 */
int stls_proxy_header(const unsigned char *held, size_t n, size_t at);
/* The sentence for such a header; a static string. */
const char *stls_proxy_sentence(int version);

/*
 * Write the sentence for end->reason, without a full stop; it ends with what
 * would help. It is truncated to `size` > 0 bytes.
 */
void stls_end_write(const struct stls_end *end, char *text, size_t size);

/*
 * Find the changes that would help, all of them together, as far as they are
 * this side's or are known. Returns how many.
 */
int stls_end_changes(const struct stls_end *end,
		     struct smtptls_change changes[SMTPTLS_CHANGES]);

/* The sentence if this side's role says enough; a static string. */
const char *stls_end_sentence(int reason, int server);

#endif
