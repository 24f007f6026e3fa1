/* SPDX-License-Identifier: MIT */
/*
 * dns, without libunbound: addresses come from the system's resolver, which
 * does not report DNSSEC; TLSA records and policies come from options.
 */
#include "dns.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct dns {
	int unused;
};

struct dns *dns_open(const struct options *options)
{
	struct dns *dns = calloc(1, sizeof(*dns));

	(void)options;
	if (!dns)
		fail("no memory");
	return dns;
}

void dns_close(struct dns *dns)
{
	free(dns);
}

/* options refuses domains in this build */
void dns_mx(struct dns *dns, struct destination *destination)
{
	(void)dns;
	destination->outbound.mx.status = SMTPTLS_DNS_FAILED;
}

static void add_address(struct host *host, const struct addrinfo *info)
{
	struct address *address = &host->addresses[host->address_count];
	struct smtptls_dns found = { SMTPTLS_DNS_INSECURE,
				     SMTPTLS_DNS_RECORDS };
	char name[48], port[8];

	if (getnameinfo(info->ai_addr, info->ai_addrlen, name, sizeof(name),
			port, sizeof(port),
			NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return;
	memcpy(&address->sockaddr, info->ai_addr, info->ai_addrlen);
	address->len = info->ai_addrlen;
	snprintf(address->text, sizeof(address->text),
		 info->ai_family == AF_INET6 ? "[%s]:%s" : "%s:%s", name, port);
	if (info->ai_family == AF_INET6)
		host->outbound.aaaa = found;
	else
		host->outbound.a = found;
	host->address_count++;
}

void dns_addresses(struct dns *dns, struct host *host, int port)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct smtptls_dns none = { SMTPTLS_DNS_INSECURE, SMTPTLS_DNS_NODATA };
	struct addrinfo *list, *info;
	char service[8];
	int ret;

	(void)dns;
	host->outbound.name = host->name;
	snprintf(service, sizeof(service), "%d", port);
	ret = getaddrinfo(host->name, service, &hints, &list);
	if (ret == EAI_AGAIN || ret == EAI_FAIL)
		return; /* all zeros: both look-ups have failed */
	host->outbound.a = host->outbound.aaaa = none;
	if (ret != 0)
		return;
	for (info = list; info && host->address_count < ADDRESSES_MAX;
	     info = info->ai_next)
		add_address(host, info);
	freeaddrinfo(list);
}

void dns_tlsa(struct dns *dns, struct host *host, int i, int port)
{
	(void)dns;
	(void)port;
	host->outbound.tlsa[i].dns.status = SMTPTLS_DNS_FAILED;
}

size_t dns_txt(struct dns *dns, const char *name, struct smtptls_dns *status,
	       char **text, size_t *len, size_t max)
{
	(void)dns;
	(void)name;
	(void)text;
	(void)len;
	(void)max;
	memset(status, 0, sizeof(*status));
	return 0;
}

int dns_first_address(struct dns *dns, const char *name, char text[64])
{
	(void)dns;
	(void)name;
	(void)text;
	return -1;
}
