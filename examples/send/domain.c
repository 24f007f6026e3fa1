/* SPDX-License-Identifier: MIT */
/*
 * domain: finds the hosts of a domain, and a plan for each: the look-ups of
 * smtptls_outbound(3), through common/resolver, which validates them. A host is
 * looked up when its turn comes. MTA-STS is left out, since it needs an HTTPS
 * client; smtptls-probe shows how it is done.
 */
#include "domain.h"

#ifdef HAVE_UNBOUND

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/resolver.h"

enum { PORT = 25, HOSTS = 32, ADDRESSES = 8, RECORDS = 32 };

struct host {
	char name[1024], target[SMTPTLS_NAME_SIZE];
	int preference;
	struct smtptls_outbound_host outbound;
	struct smtptls_tlsa records[2][RECORDS];
	struct answer tlsa[2]; /* these hold the records' data */
	struct smtptls_plan plan;
	struct sockaddr_storage sockaddr[ADDRESSES];
	struct addrinfo addresses[ADDRESSES];
	int address_count;
};

struct domain {
	struct resolver *resolver;
	struct smtptls_outbound outbound;
	char canonical[SMTPTLS_NAME_SIZE];
	struct host hosts[HOSTS];
	size_t count, next;
};

/* ---- the domain ---- */

/* Insert a host by its preference; beyond HOSTS, the last are left out. */
static void add_host(struct domain *domain, int preference,
		     const unsigned char *wire, size_t len)
{
	struct host *host = domain->hosts + domain->count;

	while (host > domain->hosts && host[-1].preference > preference)
		host--;
	if (host == domain->hosts + HOSTS)
		return;
	if (domain->count < HOSTS)
		domain->count++;
	memmove(host + 1, host,
		(size_t)(domain->hosts + domain->count - host - 1) *
			sizeof(*host));
	host->preference = preference;
	/* a malformed name is not a host name, and the plan says so */
	if (wire_name(host->name, sizeof(host->name), wire, len) < 0)
		snprintf(host->name, sizeof(host->name), "?");
}

static void ask_mx(struct domain *domain, const char *name)
{
	struct answer answer = resolver_ask(domain->resolver, name, DNS_MX);
	const unsigned char *data;
	size_t len;
	int i;

	domain->outbound.mx = answer.dns;
	answer_canonical(&answer, name, domain->canonical);
	if (domain->canonical[0])
		domain->outbound.canonical = domain->canonical;
	for (i = 0; answer_data(&answer, i, &data, &len); i++) {
		if (len > 2)
			add_host(domain, data[0] << 8 | data[1], data + 2,
				 len - 2);
	}
	/* the domain is its own host (RFC 5321 section 5.1) */
	if (answer.dns.status >= SMTPTLS_DNS_INSECURE &&
	    answer.dns.answer == SMTPTLS_DNS_NODATA)
		snprintf(domain->hosts[domain->count++].name, 1024, "%.253s",
			 name);
	answer_free(&answer);
}

struct domain *domain_open(const struct mail *mail, long long deadline,
			   const char **error)
{
	struct domain *domain = calloc(1, sizeof(*domain));
	struct smtptls_decision decision;

	*error = "no memory";
	if (!domain)
		return NULL;
	domain->resolver =
		resolver_open(mail->resolver, mail->trust_anchor, 10000, error);
	if (!domain->resolver) {
		free(domain);
		return NULL;
	}
	resolver_set_deadline(domain->resolver, deadline);
	domain->outbound.domain = mail->domain;
	domain->outbound.level = mail->level;
	ask_mx(domain, mail->domain);
	/* without plans, the MX look-up alone decides */
	if (smtptls_outbound_decide(&domain->outbound, sizeof(domain->outbound),
				    NULL, 0, 0, &decision,
				    sizeof(decision)) < 0) {
		*error = "not a host name";
		domain_close(domain);
		return NULL;
	}
	if (decision.action != SMTPTLS_DELIVER)
		domain->count = 0;
	return domain;
}

void domain_close(struct domain *domain)
{
	size_t i;

	for (i = 0; i < domain->next; i++) {
		answer_free(&domain->hosts[i].tlsa[0]);
		answer_free(&domain->hosts[i].tlsa[1]);
	}
	resolver_close(domain->resolver);
	free(domain);
}

/* ---- a host ---- */

static void add_address(struct host *host, int family,
			const unsigned char *data)
{
	struct sockaddr_storage *storage = host->sockaddr + host->address_count;
	struct sockaddr_in *v4 = (struct sockaddr_in *)storage;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)storage;
	struct addrinfo *address = host->addresses + host->address_count;

	if (host->address_count == ADDRESSES)
		return;
	storage->ss_family = (sa_family_t)family;
	if (family == AF_INET) {
		v4->sin_port = htons(PORT);
		memcpy(&v4->sin_addr, data, sizeof(v4->sin_addr));
	} else {
		v6->sin6_port = htons(PORT);
		memcpy(&v6->sin6_addr, data, sizeof(v6->sin6_addr));
	}
	address->ai_family = family;
	address->ai_addr = (struct sockaddr *)storage;
	address->ai_addrlen = family == AF_INET ? sizeof(*v4) : sizeof(*v6);
	if (host->address_count++ > 0)
		address[-1].ai_next = address;
}

static struct smtptls_dns ask_addresses(struct domain *domain,
					struct host *host, int type)
{
	struct answer answer = resolver_ask(domain->resolver, host->name, type);
	size_t size = type == DNS_A ? 4 : 16, len;
	char target[SMTPTLS_NAME_SIZE];
	const unsigned char *data;
	int i;

	for (i = 0; answer_data(&answer, i, &data, &len); i++) {
		if (len == size)
			add_address(host, type == DNS_A ? AF_INET : AF_INET6,
				    data);
	}
	answer_canonical(&answer, host->name, target);
	if (target[0]) {
		memcpy(host->target, target, sizeof(target));
		host->outbound.target = host->target;
	}
	answer_free(&answer);
	return answer.dns;
}

static void ask_cname(struct domain *domain, struct host *host)
{
	struct answer answer;

	if (!host->outbound.target ||
	    host->outbound.a.status == SMTPTLS_DNS_SECURE ||
	    host->outbound.aaaa.status == SMTPTLS_DNS_SECURE)
		return;
	answer = resolver_ask(domain->resolver, host->name, DNS_CNAME);
	host->outbound.cname = answer.dns;
	answer_free(&answer);
}

static void ask_tlsa(struct domain *domain, struct host *host, int i,
		     const char *base)
{
	struct smtptls_tlsa_set *set = &host->outbound.tlsa[i];
	char name[SMTPTLS_NAME_SIZE + 16];
	const unsigned char *data;
	size_t len;
	int n;

	snprintf(name, sizeof(name), "_%d._tcp.%.253s", PORT, base);
	host->tlsa[i] = resolver_ask(domain->resolver, name, DNS_TLSA);
	set->dns = host->tlsa[i].dns;
	set->record = host->records[i];
	for (n = 0; set->count < RECORDS &&
		    answer_data(&host->tlsa[i], n, &data, &len);
	     n++) {
		if (smtptls_tlsa_read(&host->records[i][set->count], data,
				      len) == 0)
			set->count++;
	}
}

/* The list of addresses, without a family that the plan does not trust. */
static const struct addrinfo *allowed(struct host *host)
{
	struct addrinfo *first = NULL, **last = &first;
	int i;

	for (i = 0; i < host->address_count; i++) {
		if (!(host->addresses[i].ai_family == AF_INET
			      ? host->plan.ipv4
			      : host->plan.ipv6))
			continue;
		*last = &host->addresses[i];
		last = &host->addresses[i].ai_next;
	}
	*last = NULL;
	return first;
}

static void plan_host(struct domain *domain, struct host *host)
{
	const char *base;
	int i;

	host->outbound.name = host->name;
	host->outbound.a = ask_addresses(domain, host, DNS_A);
	host->outbound.aaaa = ask_addresses(domain, host, DNS_AAAA);
	ask_cname(domain, host);
	for (i = 0; i < 2; i++) {
		base = smtptls_outbound_base_domain(
			&domain->outbound, sizeof(domain->outbound),
			&host->outbound, sizeof(host->outbound), i);
		if (!base)
			break;
		ask_tlsa(domain, host, i, base);
	}
	/* an error leaves a plan that skips the host */
	(void)smtptls_outbound_plan(&domain->outbound, sizeof(domain->outbound),
				    &host->outbound, sizeof(host->outbound),
				    &host->plan, sizeof(host->plan));
}

int domain_next(struct domain *domain, struct mx *mx)
{
	struct host *host;

	while (domain->next < domain->count) {
		host = &domain->hosts[domain->next++];
		plan_host(domain, host);
		if (host->plan.skip)
			continue;
		mx->name = host->name;
		mx->plan = &host->plan;
		mx->addresses = allowed(host);
		return 1;
	}
	return 0;
}

void domain_failed(struct domain *domain, int skip)
{
	domain->hosts[domain->next - 1].plan.skip = skip;
}

struct smtptls_decision domain_decide(const struct domain *domain)
{
	struct smtptls_decision decision;
	struct smtptls_plan plans[HOSTS];
	size_t i;

	for (i = 0; i < domain->next; i++)
		plans[i] = domain->hosts[i].plan;
	(void)smtptls_outbound_decide(
		&domain->outbound, sizeof(domain->outbound), plans,
		sizeof(plans[0]), domain->next, &decision, sizeof(decision));
	return decision;
}

#else

/* the command line refuses --domain in this build */

struct domain *domain_open(const struct mail *mail, long long deadline,
			   const char **error)
{
	(void)mail;
	(void)deadline;
	*error = "built without libunbound";
	return NULL;
}

void domain_close(struct domain *domain)
{
	(void)domain;
}

int domain_next(struct domain *domain, struct mx *mx)
{
	(void)domain;
	(void)mx;
	return 0;
}

void domain_failed(struct domain *domain, int skip)
{
	(void)domain;
	(void)skip;
}

struct smtptls_decision domain_decide(const struct domain *domain)
{
	struct smtptls_decision decision = { .action = SMTPTLS_DEFER };

	(void)domain;
	return decision;
}

#endif
