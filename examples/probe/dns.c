/* SPDX-License-Identifier: MIT */
/*
 * dns: a probe's DNS queries, through common/resolver, which validates them.
 */
#include "dns.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/resolver.h"

struct dns {
	struct resolver *resolver;
};

struct dns *dns_open(const struct options *options)
{
	struct dns *dns = malloc(sizeof(*dns));
	const char *error;

	if (!dns)
		fail("no memory");
	dns->resolver = resolver_open(options->resolver, options->trust_anchor,
				      options->timeout_ms, &error);
	if (!dns->resolver)
		fail("%s%s%s", options->resolver ? options->resolver : "",
		     options->resolver ? ": " : "", error);
	if (error)
		fprintf(stderr, "smtptls-probe: %s\n", error);
	return dns;
}

void dns_close(struct dns *dns)
{
	resolver_close(dns->resolver);
	free(dns);
}

static struct answer ask(struct dns *dns, const char *name, int type)
{
	return resolver_ask(dns->resolver, name, type);
}

/* ---- MX ---- */

static int by_preference(const void *a, const void *b)
{
	const struct host *one = a, *other = b;

	return one->preference != other->preference
		       ? one->preference - other->preference
		       : strcmp(one->name, other->name);
}

static struct host *add_host(struct destination *destination)
{
	struct host *grown;

	grown = realloc(destination->hosts,
			(destination->host_count + 1) * sizeof(*grown));
	if (!grown)
		fail("no memory");
	destination->hosts = grown;
	grown += destination->host_count++;
	memset(grown, 0, sizeof(*grown));
	return grown;
}

void dns_mx(struct dns *dns, struct destination *destination)
{
	struct answer answer = ask(dns, destination->name, DNS_MX);
	const unsigned char *data;
	struct host *host;
	size_t len;
	int i;

	destination->outbound.mx = answer.dns;
	answer_canonical(&answer, destination->name, destination->canonical);
	for (i = 0; answer_data(&answer, i, &data, &len); i++) {
		host = add_host(destination);
		host->preference = len > 2 ? data[0] << 8 | data[1] : 0;
		if (len < 3 || wire_name(host->name, sizeof(host->name),
					 data + 2, len - 2) < 0)
			snprintf(host->name, sizeof(host->name), "?");
	}
	if (destination->host_count > 0)
		qsort(destination->hosts, destination->host_count,
		      sizeof(*destination->hosts), by_preference);
	if (destination->host_count > HOSTS_MAX) {
		destination->hosts_left_out =
			destination->host_count - HOSTS_MAX;
		destination->host_count = HOSTS_MAX;
	}
	if (answer.dns.status >= SMTPTLS_DNS_INSECURE &&
	    answer.dns.answer == SMTPTLS_DNS_NODATA) {
		host = add_host(destination);
		snprintf(host->name, sizeof(host->name), "%s",
			 destination->name);
	}
	answer_free(&answer);
}

/* ---- addresses ---- */

static void add_address(struct host *host, int family,
			const unsigned char *data, int port)
{
	struct address *address;
	struct sockaddr_in *v4;
	struct sockaddr_in6 *v6;
	char text[INET6_ADDRSTRLEN];

	if (host->address_count == ADDRESSES_MAX ||
	    !inet_ntop(family, data, text, sizeof(text)))
		return;
	address = &host->addresses[host->address_count++];
	if (family == AF_INET) {
		v4 = (struct sockaddr_in *)&address->sockaddr;
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		memcpy(&v4->sin_addr, data, 4);
		address->len = sizeof(*v4);
	} else {
		v6 = (struct sockaddr_in6 *)&address->sockaddr;
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		memcpy(&v6->sin6_addr, data, 16);
		address->len = sizeof(*v6);
	}
	snprintf(address->text, sizeof(address->text),
		 family == AF_INET ? "%s:%d" : "[%s]:%d", text, port);
}

static struct smtptls_dns look_up(struct dns *dns, struct host *host, int type,
				  int port)
{
	struct answer answer = ask(dns, host->name, type);
	int family = type == DNS_A ? AF_INET : AF_INET6, i;
	size_t size = type == DNS_A ? 4 : 16, len;
	char target[SMTPTLS_NAME_SIZE];
	const unsigned char *data;

	for (i = 0; answer_data(&answer, i, &data, &len); i++) {
		if (len == size)
			add_address(host, family, data, port);
	}
	answer_canonical(&answer, host->name, target);
	if (target[0])
		memcpy(host->target, target, sizeof(target));
	answer_free(&answer);
	return answer.dns;
}

void dns_addresses(struct dns *dns, struct host *host, int port)
{
	struct answer answer;

	host->outbound.name = host->name;
	host->outbound.a = look_up(dns, host, DNS_A, port);
	host->outbound.aaaa = look_up(dns, host, DNS_AAAA, port);
	if (!host->target[0])
		return;
	host->outbound.target = host->target;
	if (host->outbound.a.status == SMTPTLS_DNS_SECURE ||
	    host->outbound.aaaa.status == SMTPTLS_DNS_SECURE)
		return;
	answer = ask(dns, host->name, DNS_CNAME);
	host->outbound.cname = answer.dns;
	answer_free(&answer);
}

/* ---- TLSA, TXT ---- */

void dns_tlsa(struct dns *dns, struct host *host, int i, int port)
{
	struct smtptls_tlsa_set *set = &host->outbound.tlsa[i];
	struct smtptls_tlsa *records;
	char name[SMTPTLS_NAME_SIZE + 32];
	const unsigned char *data;
	struct answer answer;
	unsigned char *copy;
	size_t len;
	int n;

	snprintf(name, sizeof(name), "_%d._tcp.%s", port, host->base[i]);
	answer = ask(dns, name, DNS_TLSA);
	records = calloc(RECORDS_MAX, sizeof(*records));
	if (!records)
		fail("no memory");
	for (n = 0; answer_data(&answer, n, &data, &len); n++) {
		if (set->count == RECORDS_MAX)
			break;
		copy = malloc(len + 1);
		if (!copy)
			fail("no memory");
		memcpy(copy, data, len);
		if (smtptls_tlsa_read(&records[set->count], copy, len) < 0) {
			free(copy);
			continue;
		}
		/* the data is freed later, so it must start the block */
		memmove(copy, copy + 3, len - 3);
		records[set->count++].data = copy;
	}
	set->dns = answer.dns;
	set->record = host->records[i] = records;
	answer_free(&answer);
}

/* The character-strings of a record, joined. */
static char *join_strings(const unsigned char *data, size_t len, size_t *used)
{
	char *text = malloc(len + 1);
	size_t part;

	if (!text)
		fail("no memory");
	for (*used = 0; len > 0; len -= part + 1, data += part + 1) {
		part = data[0] < len ? data[0] : len - 1;
		memcpy(text + *used, data + 1, part);
		*used += part;
	}
	text[*used] = '\0';
	return text;
}

size_t dns_txt(struct dns *dns, const char *name, struct smtptls_dns *status,
	       char **text, size_t *len, size_t max)
{
	struct answer answer = ask(dns, name, DNS_TXT);
	const unsigned char *data;
	size_t count = 0, size;

	*status = answer.dns;
	while (count < max && answer_data(&answer, (int)count, &data, &size)) {
		text[count] = join_strings(data, size, &len[count]);
		count++;
	}
	answer_free(&answer);
	return count;
}

int dns_first_address(struct dns *dns, const char *name, char text[64])
{
	static const int types[] = { DNS_A, DNS_AAAA };
	const unsigned char *data;
	struct answer answer;
	int ret = -1, i;
	size_t len;

	for (i = 0; ret < 0 && i < 2; i++) {
		answer = ask(dns, name, types[i]);
		if (answer_data(&answer, 0, &data, &len) &&
		    len == (i == 0 ? 4U : 16U) &&
		    inet_ntop(i == 0 ? AF_INET : AF_INET6, data, text, 64))
			ret = 0;
		answer_free(&answer);
	}
	return ret;
}
