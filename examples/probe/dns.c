/* SPDX-License-Identifier: MIT */
/*
 * dns: look-ups by libunbound, which validates them itself: what the resolver
 * says of its own validation is not believed. Each is given up when its time is
 * over, and has failed then.
 *
 * Names in answers are anybody's bytes: one that is no host name is shown
 * escaped, and is refused later.
 */
#include "dns.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unbound.h>

#include "clock.h"

enum { A = 1, CNAME = 5, MX = 15, TXT = 16, AAAA = 28, TLSA = 52, IN = 1 };

struct dns {
	struct ub_ctx *context;
	int timeout_ms;
};

static void must(int ret, const char *what)
{
	if (ret != 0)
		fail("%s: %s", what, ub_strerror(ret));
}

/* A key of the root that the system has, or NULL. */
static const char *system_anchor(void)
{
	static const char *const files[] = { "/usr/share/dns/root.key",
					     "/var/lib/unbound/root.key",
					     "/etc/unbound/root.key" };
	size_t i;
	FILE *file;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		file = fopen(files[i], "re");
		if (!file)
			continue;
		fclose(file);
		return files[i];
	}
	return NULL;
}

struct dns *dns_open(const struct options *options)
{
	struct dns *dns = malloc(sizeof(*dns));
	const char *anchor = options->trust_anchor;

	if (!dns || !(dns->context = ub_ctx_create()))
		fail("no memory");
	dns->timeout_ms = options->timeout_ms;
	/* names that its built-in zones answer may be real ones here */
	must(ub_ctx_set_option(dns->context, "unblock-lan-zones:", "yes"),
	     "libunbound");
	must(ub_ctx_set_option(dns->context, "insecure-lan-zones:", "no"),
	     "libunbound");
	/* the resolver may be this machine's */
	must(ub_ctx_set_option(dns->context, "do-not-query-localhost:", "no"),
	     "libunbound");
	if (options->resolver)
		must(ub_ctx_set_fwd(dns->context, options->resolver),
		     options->resolver);
	else
		must(ub_ctx_resolvconf(dns->context, NULL), "resolv.conf");
	if (!anchor)
		anchor = system_anchor();
	if (anchor)
		must(ub_ctx_add_ta_file(dns->context, anchor), anchor);
	else
		fputs("smtptls-probe: no trust anchor, so that every answer is "
		      "insecure: install dns-root-data, or give "
		      "--trust-anchor\n",
		      stderr);
	must(ub_ctx_async(dns->context, 1), "libunbound");
	must(ub_ctx_zone_remove(dns->context, "test."), "libunbound");
	return dns;
}

void dns_close(struct dns *dns)
{
	ub_ctx_delete(dns->context);
	free(dns);
}

/* ---- one question ---- */

struct answer {
	struct ub_result *result; /* to be freed, or NULL */
	int done;
	struct smtptls_dns dns;
};

static void answered(void *arg, int error, struct ub_result *result)
{
	struct answer *answer = arg;

	answer->done = 1;
	if (error)
		ub_resolve_free(result);
	else
		answer->result = result;
}

static struct smtptls_dns status_of(const struct ub_result *result)
{
	struct smtptls_dns dns = { SMTPTLS_DNS_FAILED, SMTPTLS_DNS_RECORDS };

	if (!result)
		return dns;
	if (result->bogus) {
		dns.status = SMTPTLS_DNS_BOGUS;
		return dns;
	}
	if (result->rcode != 0 && result->rcode != 3)
		return dns;
	dns.status = result->secure ? SMTPTLS_DNS_SECURE : SMTPTLS_DNS_INSECURE;
	dns.answer = result->nxdomain	? SMTPTLS_DNS_NXDOMAIN
		     : result->havedata ? SMTPTLS_DNS_RECORDS
					: SMTPTLS_DNS_NODATA;
	return dns;
}

static struct answer ask(struct dns *dns, const char *name, int type)
{
	struct pollfd wait = { ub_fd(dns->context), POLLIN, 0 };
	struct answer answer = { NULL, 0, { 0, 0 } };
	long end = clock_ms() + dns->timeout_ms, left;
	int id;

	if (ub_resolve_async(dns->context, name, type, IN, &answer, answered,
			     &id) == 0) {
		while (!answer.done && (left = end - clock_ms()) > 0) {
			if (poll(&wait, 1, (int)left) > 0 &&
			    ub_process(dns->context) != 0)
				break;
		}
		if (!answer.done)
			ub_cancel(dns->context, id);
	}
	answer.dns = status_of(answer.result);
	return answer;
}

static int is_usable(const struct answer *answer)
{
	return answer->dns.status >= SMTPTLS_DNS_INSECURE &&
	       answer->dns.answer == SMTPTLS_DNS_RECORDS;
}

/* The i-th record's data; 0 past the last. */
static int rdata(const struct answer *answer, int i, const unsigned char **data,
		 size_t *len)
{
	const struct ub_result *result = answer->result;

	if (!is_usable(answer) || !result->data[i])
		return 0;
	*data = (const unsigned char *)result->data[i];
	*len = (size_t)result->len[i];
	return 1;
}

/* A name in wire format as text, whatever bytes are in it; 0, or -1. */
static int wire_name(char *text, size_t size, const unsigned char *wire,
		     size_t len)
{
	size_t used = 0, label;

	if (len == 1 && wire[0] == 0) {
		snprintf(text, size, ".");
		return 0;
	}
	text[0] = '\0';
	while (len > 0 && wire[0] > 0) {
		label = wire[0];
		if (label > 63 || label + 1 > len)
			return -1;
		if (used > 0 && used < size - 1)
			text[used++] = '.';
		escape(text + used, size - used, wire + 1, label);
		used += strlen(text + used);
		wire += label + 1;
		len -= label + 1;
	}
	return len == 1 ? 0 : -1;
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

	if (destination->host_count == HOSTS_MAX) {
		destination->hosts_left_out++;
		return NULL;
	}
	grown = realloc(destination->hosts,
			(destination->host_count + 1) * sizeof(*grown));
	if (!grown)
		fail("no memory");
	destination->hosts = grown;
	grown += destination->host_count++;
	memset(grown, 0, sizeof(*grown));
	return grown;
}

static void take_canonical(char *text, const struct answer *answer)
{
	const char *name = answer->result ? answer->result->canonname : NULL;
	size_t len = name ? strlen(name) : 0;

	if (len == 0 || len >= SMTPTLS_NAME_SIZE)
		return;
	memcpy(text, name, len + 1);
	if (len > 1 && text[len - 1] == '.')
		text[len - 1] = '\0';
}

void dns_mx(struct dns *dns, struct destination *destination)
{
	struct answer answer = ask(dns, destination->name, MX);
	const unsigned char *data;
	struct host *host;
	size_t len;
	int i;

	destination->outbound.mx = answer.dns;
	take_canonical(destination->canonical, &answer);
	if (strcmp(destination->canonical, destination->name) == 0)
		destination->canonical[0] = '\0';
	for (i = 0; rdata(&answer, i, &data, &len); i++) {
		host = add_host(destination);
		if (!host)
			continue;
		host->preference = len > 2 ? data[0] << 8 | data[1] : 0;
		if (len < 3 || wire_name(host->name, sizeof(host->name),
					 data + 2, len - 2) < 0)
			snprintf(host->name, sizeof(host->name), "?");
	}
	if (destination->host_count > 0)
		qsort(destination->hosts, destination->host_count,
		      sizeof(*destination->hosts), by_preference);
	if (answer.dns.status >= SMTPTLS_DNS_INSECURE &&
	    answer.dns.answer == SMTPTLS_DNS_NODATA) {
		host = add_host(destination);
		snprintf(host->name, sizeof(host->name), "%s",
			 destination->name);
	}
	ub_resolve_free(answer.result);
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
	int family = type == A ? AF_INET : AF_INET6, i;
	size_t size = type == A ? 4 : 16, len;
	const unsigned char *data;

	for (i = 0; rdata(&answer, i, &data, &len); i++) {
		if (len == size)
			add_address(host, family, data, port);
	}
	take_canonical(host->target, &answer);
	ub_resolve_free(answer.result);
	return answer.dns;
}

static int same_name(const char *a, const char *b)
{
	size_t len = strlen(a), other = strlen(b);

	len -= len > 0 && a[len - 1] == '.';
	other -= other > 0 && b[other - 1] == '.';
	return len == other && strncasecmp(a, b, len) == 0;
}

void dns_addresses(struct dns *dns, struct host *host, int port)
{
	struct answer answer;

	host->outbound.name = host->name;
	host->outbound.a = look_up(dns, host, A, port);
	host->outbound.aaaa = look_up(dns, host, AAAA, port);
	if (!host->target[0] || same_name(host->target, host->name)) {
		host->target[0] = '\0';
		return;
	}
	host->outbound.target = host->target;
	if (host->outbound.a.status == SMTPTLS_DNS_SECURE ||
	    host->outbound.aaaa.status == SMTPTLS_DNS_SECURE)
		return;
	answer = ask(dns, host->name, CNAME);
	host->outbound.cname = answer.dns;
	ub_resolve_free(answer.result);
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
	answer = ask(dns, name, TLSA);
	records = calloc(RECORDS_MAX, sizeof(*records));
	if (!records)
		fail("no memory");
	for (n = 0; rdata(&answer, n, &data, &len); n++) {
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
		/* what is freed later begins where the data begins */
		memmove(copy, copy + 3, len - 3);
		records[set->count++].data = copy;
	}
	set->dns = answer.dns;
	set->record = host->records[i] = records;
	ub_resolve_free(answer.result);
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
	struct answer answer = ask(dns, name, TXT);
	const unsigned char *data;
	size_t count = 0, size;

	*status = answer.dns;
	while (count < max && rdata(&answer, (int)count, &data, &size)) {
		text[count] = join_strings(data, size, &len[count]);
		count++;
	}
	ub_resolve_free(answer.result);
	return count;
}

int dns_first_address(struct dns *dns, const char *name, char text[64])
{
	static const int types[] = { A, AAAA };
	const unsigned char *data;
	struct answer answer;
	int ret = -1, i;
	size_t len;

	for (i = 0; ret < 0 && i < 2; i++) {
		answer = ask(dns, name, types[i]);
		if (rdata(&answer, 0, &data, &len) &&
		    len == (i == 0 ? 4U : 16U) &&
		    inet_ntop(i == 0 ? AF_INET : AF_INET6, data, text, 64))
			ret = 0;
		ub_resolve_free(answer.result);
	}
	return ret;
}
