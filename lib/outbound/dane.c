/* SPDX-License-Identifier: MIT */
/*
 * outbound/dane: at which names a host's TLSA records are asked for, and what
 * the answers come to (RFC 7672 sections 2.1 and 2.2).
 *
 * The host alone is looked at here; whether DANE has a say at all, by the MX
 * set and the local level, is asked before. An answer that failed or is bogus
 * never counts as one without records.
 */
#include "outbound/dane.h"

#include <stddef.h>

static int is_answer(const struct smtptls_dns *dns)
{
	return dns->status == SMTPTLS_DNS_SECURE ||
	       dns->status == SMTPTLS_DNS_INSECURE;
}

/* One family suffices; it is of the same zone, or the same chain to one. */
static int has_secure_address(const struct smtptls_outbound_host *host)
{
	return host->a.status == SMTPTLS_DNS_SECURE ||
	       host->aaaa.status == SMTPTLS_DNS_SECURE;
}

/* The names of a host that TLSA records may be at, in order. */
static const char *candidate(const struct smtptls_outbound_host *host, int i)
{
	if (has_secure_address(host)) {
		if (!host->target)
			return i == 0 ? host->name : NULL;
		return i == 0 ? host->target : i == 1 ? host->name : NULL;
	}
	/* the alias is signed, its target is not (section 2.2.2) */
	if (host->target && host->cname.status == SMTPTLS_DNS_SECURE)
		return i == 0 ? host->name : NULL;
	return NULL;
}

/* Secure records, whatever they are: no other name is asked for then. */
static int has_records(const struct smtptls_dns *dns)
{
	return dns->status == SMTPTLS_DNS_SECURE &&
	       dns->answer == SMTPTLS_DNS_RECORDS;
}

const char *stls_dane_base(const struct smtptls_outbound_host *host, int i)
{
	const struct smtptls_dns *first = &host->tlsa[0].dns;

	if (i == 1 && (!is_answer(first) || has_records(first)))
		return NULL;
	return candidate(host, i);
}

static enum stls_dane judge(const struct smtptls_tlsa_set *set)
{
	size_t i;

	if (set->dns.status == SMTPTLS_DNS_BOGUS)
		return STLS_DANE_BOGUS;
	if (!is_answer(&set->dns))
		return STLS_DANE_FAILED;
	if (!has_records(&set->dns))
		return STLS_DANE_NONE;
	for (i = 0; i < set->count; i++) {
		if (smtptls_tlsa_usable(&set->record[i], NULL))
			return STLS_DANE_USABLE;
	}
	return STLS_DANE_UNUSABLE;
}

struct stls_dane_result
stls_dane_result(const struct smtptls_outbound_host *host)
{
	struct stls_dane_result result = { STLS_DANE_NONE, NULL, NULL };
	const char *base;
	int i;

	/* nobody knows whether the alias is signed: it may be */
	if (host->target && !has_secure_address(host) &&
	    !is_answer(&host->cname)) {
		result.dane = host->cname.status == SMTPTLS_DNS_BOGUS
				      ? STLS_DANE_BOGUS
				      : STLS_DANE_FAILED;
		return result;
	}
	for (i = 0; (base = stls_dane_base(host, i)) != NULL; i++) {
		result.dane = judge(&host->tlsa[i]);
		if (result.dane != STLS_DANE_NONE) {
			result.base = base;
			result.set = &host->tlsa[i];
			break;
		}
	}
	return result;
}
