/* SPDX-License-Identifier: MIT */
/* reason/certificate_sentence: manual in certificate_sentence.c. */
#ifndef REASON_CERTIFICATE_SENTENCE_H
#define REASON_CERTIFICATE_SENTENCE_H

#include <stddef.h>

#include "x509/verdict.h"

/* The sentence of a reason and this side's role; it lives for ever. */
const char *stls_certificate_sentence(int reason, int server);

/*
 * The same, with the names that a verdict has, or NULL; it is cut where `size`
 * > 0 ends.
 */
void stls_certificate_write(const struct stls_verdict *verdict, int reason,
			    int server, char *text, size_t size);

#endif
