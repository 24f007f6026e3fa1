/* SPDX-License-Identifier: MIT */
/*
 * outbound/dane: at which names to look up a host's TLSA records, and what the
 * answers mean (RFC 7672 sections 2.1 and 2.2).
 *
 * Only the host is considered here; plan.c decides first, by the MX set and the
 * local level, whether DANE applies at all. A failed or bogus answer never
 * counts as one without records.
 */
#include "outbound/dane.h"

#include <stddef.h>

static int is_answer(const struct smtptls_dns *dns)
{
	return dns->status == SMTPTLS_DNS_SECURE ||
	       dns->status == SMTPTLS_DNS_INSECURE;
}

/* One family suffices: both are in one zone, after the same CNAME chain. */
static int has_secure_address(const struct smtptls_outbound_host *host)
{
	return host->a.status == SMTPTLS_DNS_SECURE ||
	       host->aaaa.status == SMTPTLS_DNS_SECURE;
}

/* The i-th name at which the host's TLSA records may be, or NULL. */
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

/* Secure records, usable or not: no other name is looked up then. */
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

	/* it is not known whether the alias is signed: it may be */
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
