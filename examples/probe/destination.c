/* SPDX-License-Identifier: MIT */
/*
 * destination: what a sender does with a domain, or with a configured host:
 * look-ups, a plan for each host, connections by the plan, and finally the
 * decision. Unlike a sender, it tries every host and every address.
 */
#include "destination.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sts.h"

static void decide(struct destination *destination)
{
	struct smtptls_plan plans[HOSTS_MAX];
	size_t i;

	for (i = 0; i < destination->host_count; i++)
		plans[i] = destination->hosts[i].plan;
	if (smtptls_outbound_decide(
		    &destination->outbound, sizeof(destination->outbound),
		    plans, sizeof(plans[0]), destination->host_count,
		    &destination->decision, sizeof(destination->decision)) < 0)
		fail("%s: not a host name", destination->name);
}

/* ---- TLSA records ---- */

/* Take the records of the command line instead of those in DNS. */
static void take_records(struct host *host, const struct options *options)
{
	struct smtptls_tlsa_set *set = &host->outbound.tlsa[0];
	size_t i;

	host->outbound.a.status = host->outbound.a.answer == SMTPTLS_DNS_RECORDS
					  ? SMTPTLS_DNS_SECURE
					  : host->outbound.a.status;
	host->outbound.aaaa.status =
		host->outbound.aaaa.answer == SMTPTLS_DNS_RECORDS
			? SMTPTLS_DNS_SECURE
			: host->outbound.aaaa.status;
	host->outbound.target = NULL;
	host->target[0] = '\0';
	host->records[0] = calloc(options->tlsa_count, sizeof(*set->record));
	if (!host->records[0])
		fail("no memory");
	for (i = 0; i < options->tlsa_count; i++) {
		unsigned char *data = malloc(options->tlsa[i].data_len + 1);

		if (!data)
			fail("no memory");
		memcpy(data, options->tlsa[i].data, options->tlsa[i].data_len);
		host->records[0][i] = options->tlsa[i];
		host->records[0][i].data = data;
	}
	set->dns.status = SMTPTLS_DNS_SECURE;
	set->dns.answer = SMTPTLS_DNS_RECORDS;
	set->record = host->records[0];
	set->count = options->tlsa_count;
	snprintf(host->base[0], sizeof(host->base[0]), "%.253s", host->name);
}

static void look_up_records(struct dns *dns, struct host *host,
			    const struct destination *destination)
{
	const char *base;
	int i;

	for (i = 0; i < 2; i++) {
		base = smtptls_outbound_base_domain(
			&destination->outbound, sizeof(destination->outbound),
			&host->outbound, sizeof(host->outbound), i);
		if (!base)
			return;
		snprintf(host->base[i], sizeof(host->base[i]), "%s", base);
		dns_tlsa(dns, host, i, destination->port);
	}
}

/* ---- hosts ---- */

/* With --connect, or an address as the host, no address is looked up. */
static void take_address(struct host *host, const struct options *options)
{
	struct smtptls_dns found = { SMTPTLS_DNS_INSECURE,
				     SMTPTLS_DNS_RECORDS };
	struct smtptls_dns none = { SMTPTLS_DNS_INSECURE, SMTPTLS_DNS_NODATA };
	int v6 = options->connect.sockaddr.ss_family == AF_INET6;

	host->addresses[0] = options->connect;
	host->address_count = 1;
	host->outbound.name = host->name[0] ? host->name : NULL;
	host->outbound.a = v6 ? none : found;
	host->outbound.aaaa = v6 ? found : none;
}

static void plan_host(struct dns *dns, struct host *host,
		      struct destination *destination,
		      const struct options *options)
{
	host->outbound.name = host->name;
	if (options->connect.len)
		take_address(host, options);
	else if (strcmp(host->name, ".") != 0)
		dns_addresses(dns, host, destination->port);
	if (options->tlsa_count > 0)
		take_records(host, options);
	else if (!options->connect.len)
		look_up_records(dns, host, destination);
	if (smtptls_outbound_plan(&destination->outbound,
				  sizeof(destination->outbound),
				  &host->outbound, sizeof(host->outbound),
				  &host->plan, sizeof(host->plan)) < 0)
		fail("%s: not a host name", host->name);
}

static int may_use(const struct host *host, const struct address *address)
{
	return address->sockaddr.ss_family == AF_INET6 ? host->plan.ipv6
						       : host->plan.ipv4;
}

/* Why no message would go to the host, or SMTPTLS_TRY. */
static int skip_of(const struct host *host)
{
	int skip = SMTPTLS_SKIP_CONNECTION;
	const struct attempt *attempt;
	size_t i;

	for (i = 0; i < host->attempt_count; i++) {
		attempt = &host->attempts[i];
		if (attempt->lacks_requiretls)
			skip = SMTPTLS_SKIP_NO_REQUIRETLS;
		else if (attempt->tls || attempt->clear ||
			 attempt->retry == SMTPTLS_RETRY_NEW_CONNECTION_CLEAR)
			return SMTPTLS_TRY;
		else if (attempt->report)
			skip = SMTPTLS_SKIP_TLS;
	}
	return skip;
}

static void examine_host(struct host *host, const struct examiner *examiner)
{
	struct attempt *attempt;
	size_t i;

	host->attempts = calloc(ADDRESSES_MAX, sizeof(*host->attempts));
	if (!host->attempts)
		fail("no memory");
	for (i = 0; i < host->address_count; i++) {
		if (!may_use(host, &host->addresses[i]))
			continue;
		attempt = &host->attempts[host->attempt_count++];
		attempt->address = host->addresses[i];
		examine(examiner, host, attempt);
	}
	host->plan.skip = skip_of(host);
}

static void configure(struct destination *destination,
		      const struct options *options)
{
	struct host *host = calloc(1, sizeof(*host));
	const char *name = options->starttls_name;

	if (!host)
		fail("no memory");
	/* an address given instead of a name is not a name */
	if (!name &&
	    !(options->connect.len &&
	      strncmp(options->connect.text + (options->connect.text[0] == '['),
		      options->name, strlen(options->name)) == 0))
		name = options->name;
	destination->hosts = host;
	destination->host_count = 1;
	destination->outbound.configured = 1;
	destination->outbound.domain = name;
	if (name)
		snprintf(host->name, sizeof(host->name), "%s", name);
}

void destination_probe(struct destination *destination,
		       const struct options *options,
		       const struct examiner *examiner)
{
	struct dns *dns = options->connect.len ? NULL : dns_open(options);
	size_t i;

	destination->name = options->name;
	destination->port = options->port;
	destination->outbound.level = options->level;
	destination->outbound.requiretls = options->requiretls;
	destination->outbound.tls_required_no = options->tls_required_no;
	/* as in Postfix; the judge mentions it */
	destination->outbound.insecure_mx_level = SMTPTLS_LEVEL_DANE;
	if (options->is_host) {
		configure(destination, options);
	} else {
		destination->outbound.domain = options->name;
		dns_mx(dns, destination);
		if (destination->canonical[0])
			destination->outbound.canonical =
				destination->canonical;
		sts_find(dns, options, destination);
	}
	decide(destination);
	if (!options->is_host &&
	    destination->decision.action != SMTPTLS_DELIVER)
		goto out;
	for (i = 0; i < destination->host_count; i++) {
		plan_host(dns, &destination->hosts[i], destination, options);
		if (!destination->hosts[i].plan.skip)
			examine_host(&destination->hosts[i], examiner);
	}
	decide(destination);
out:
	if (dns)
		dns_close(dns);
}
