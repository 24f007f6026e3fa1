/* SPDX-License-Identifier: MIT */
/* sts: a domain's MTA-STS policy. The manual is in sts.c. */
#ifndef PROBE_STS_H
#define PROBE_STS_H

#include "dns.h"

/* Fills destination->sts and the fields of the policy in ->outbound. */
void sts_find(struct dns *dns, const struct options *options,
	      struct destination *destination);

/*
 * Fetch https://mta-sts.DOMAIN/.well-known/mta-sts.txt from `address`, or from
 * where the system finds it if that is NULL. Returns 0 with *text, which is to
 * be freed; else enum smtptls_sts_state and a sentence.
 */
int sts_fetch(const char *domain, const char *address, const char *ca_file,
	      int timeout_ms, char **text, size_t *len, char *error,
	      size_t error_size);

#endif
