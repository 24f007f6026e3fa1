/* SPDX-License-Identifier: MIT */
/* sts: a domain's MTA-STS policy. See sts.c. */
#ifndef PROBE_STS_H
#define PROBE_STS_H

#include "dns.h"

/* Fills destination->sts and the fields of the policy in ->outbound. */
void sts_find(struct dns *dns, const struct options *options,
	      struct destination *destination);

/*
 * Fetch https://mta-sts.DOMAIN/.well-known/mta-sts.txt from the IP address
 * `address`. Returns 0 with *text, which the caller frees; else enum
 * smtptls_sts_state with a sentence in `error`.
 */
int sts_fetch(const char *domain, const char *address, const char *ca_file,
	      int timeout_ms, char **text, size_t *len, char *error,
	      size_t error_size);

#endif
