/* SPDX-License-Identifier: MIT */
/* dns: look-ups, with DNSSEC if built with libunbound. See dns.c. */
#ifndef PROBE_DNS_H
#define PROBE_DNS_H

#include "facts.h"
#include "options.h"

struct dns;

struct dns *dns_open(const struct options *options);
void dns_close(struct dns *dns);

/* Look up the MX records of destination->name, into its hosts, in order. */
void dns_mx(struct dns *dns, struct destination *destination);
/* Look up A, AAAA and, if the plan needs it, CNAME of a host. */
void dns_addresses(struct dns *dns, struct host *host, int port);
/* Look up the TLSA records at host->base[i], for port `port`. */
void dns_tlsa(struct dns *dns, struct host *host, int i, int port);
/*
 * Look up the TXT records at a name, at most `max`, each as one string for the
 * caller to free. Returns their number.
 */
size_t dns_txt(struct dns *dns, const char *name, struct smtptls_dns *status,
	       char **text, size_t *len, size_t max);
/* Look up the first address of a name, for another protocol; 0, or -1. */
int dns_first_address(struct dns *dns, const char *name, char text[64]);

#endif
