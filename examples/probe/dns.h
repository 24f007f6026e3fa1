/* SPDX-License-Identifier: MIT */
/* dns: look-ups, with DNSSEC where libunbound is there. Manual in dns.c. */
#ifndef PROBE_DNS_H
#define PROBE_DNS_H

#include "facts.h"
#include "options.h"

struct dns;

struct dns *dns_open(const struct options *options);
void dns_close(struct dns *dns);

/* The MX records of destination->name, into its hosts, in order. */
void dns_mx(struct dns *dns, struct destination *destination);
/* A, AAAA and, where that is asked for, CNAME of a host. */
void dns_addresses(struct dns *dns, struct host *host, int port);
/* The records at host->base[i], for port `port`. */
void dns_tlsa(struct dns *dns, struct host *host, int i, int port);
/*
 * The TXT records at a name, each as one string that is to be freed, `max` of
 * them at most; returns how many.
 */
size_t dns_txt(struct dns *dns, const char *name, struct smtptls_dns *status,
	       char **text, size_t *len, size_t max);
/* The first address of a name, for another protocol; 0 when there is one. */
int dns_first_address(struct dns *dns, const char *name, char text[64]);

#endif
