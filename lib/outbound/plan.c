/* SPDX-License-Identifier: MIT */
/*
 * outbound/plan: what to do with a host, by what is known of it (RFC 7672
 * section 2.2, RFC 8461 section 5, RFC 8689 sections 4.2.1 and 5).
 *
 * The level begins at the local one and is only ever raised: by REQUIRETLS, by
 * MTA-STS, by DANE. A host is skipped, and nothing weaker is tried, if an
 * answer that matters failed or is bogus, or if a requirement cannot be met.
 * Only level MAY allows continuing in the clear, once all answers that could
 * have raised it are in.
 *
 * An attacker may have chosen the hosts of an insecure MX set. If so
 * configured, their TLSA records may raise a level without authentication, but
 * they never replace the names that MTA-STS or the local level CA demand.
 */
#include <smtptls/outbound.h>

#include <string.h>

#include "outbound/dane.h"
#include "outbound/input.h"
#include "outbound/name.h"
#include "outbound/skip.h"
#include "outbound/sts.h"

struct question {
	const struct smtptls_outbound *outbound;
	const struct smtptls_outbound_host *host;
	struct stls_sts sts;
	int trusted;   /* configured, or in a secure MX set */
	int set_aside; /* DANE and MTA-STS are, by TLS-Required: No */
};

static void skip(struct smtptls_plan *plan, int why, int requiretls)
{
	const struct stls_skip *reason = stls_skip(why, requiretls);
	const char *policy_type = plan->policy_type;

	memset(plan, 0, sizeof(*plan));
	plan->skip = why;
	plan->text = reason->text;
	plan->status = reason->status;
	plan->policy_type = policy_type;
	plan->result_type = stls_skip(why, 0)->result_type;
}

static struct question ask(const struct smtptls_outbound *outbound,
			   const struct smtptls_outbound_host *host)
{
	struct question q = { outbound, host, { 0, 0, NULL }, 0, 0 };

	q.trusted = outbound->configured ||
		    outbound->mx.status == SMTPTLS_DNS_SECURE;
	q.set_aside = outbound->tls_required_no && !outbound->requiretls;
	if (!q.set_aside && host->name)
		q.sts = stls_sts(outbound, host);
	return q;
}

/* --- may the host be tried at all ----------------------------------------- */

static int mx_allows(const struct smtptls_outbound *outbound)
{
	const struct smtptls_dns *mx = &outbound->mx;

	return outbound->configured || ((mx->status == SMTPTLS_DNS_SECURE ||
					 mx->status == SMTPTLS_DNS_INSECURE) &&
					mx->answer != SMTPTLS_DNS_NXDOMAIN);
}

static int is_root(const char *name)
{
	return name[0] == '\0' || strcmp(name, ".") == 0;
}

static int has_records(const struct smtptls_dns *dns)
{
	return (dns->status == SMTPTLS_DNS_SECURE ||
		dns->status == SMTPTLS_DNS_INSECURE) &&
	       dns->answer == SMTPTLS_DNS_RECORDS;
}

/* Why no address of the host is known; SMTPTLS_TRY: one is. */
static int address_skip(const struct smtptls_outbound_host *host)
{
	if (has_records(&host->a) || has_records(&host->aaaa))
		return SMTPTLS_TRY;
	if (host->a.status == SMTPTLS_DNS_BOGUS ||
	    host->aaaa.status == SMTPTLS_DNS_BOGUS)
		return SMTPTLS_SKIP_ADDRESS_BOGUS;
	if (host->a.status == SMTPTLS_DNS_FAILED ||
	    host->aaaa.status == SMTPTLS_DNS_FAILED)
		return SMTPTLS_SKIP_ADDRESS_FAILED;
	return SMTPTLS_SKIP_NO_ADDRESS;
}

static int host_skip(const struct smtptls_outbound *outbound,
		     const struct smtptls_outbound_host *host)
{
	if (!mx_allows(outbound))
		return SMTPTLS_SKIP_MX;
	if (host->name && is_root(host->name))
		return SMTPTLS_SKIP_NULL_MX;
	if (host->name && !stls_name_valid(host->name))
		return SMTPTLS_SKIP_NAME;
	return address_skip(host);
}

/* --- the level ------------------------------------------------------------ */

/* The level without DANE, and why. */
struct floor {
	int level; /* MAY, ENCRYPT, CA or PIN */
	int skip;  /* why the host is not tried at it, or SMTPTLS_TRY */
	const char *text;
};

static struct floor local_floor(const struct smtptls_outbound *outbound)
{
	struct floor floor = { SMTPTLS_LEVEL_MAY, SMTPTLS_TRY,
			       "TLS is used where the host offers it" };

	switch (outbound->level) {
	case SMTPTLS_LEVEL_ENCRYPT:
		floor.level = SMTPTLS_LEVEL_ENCRYPT;
		floor.text = "encryption is required here";
		break;
	case SMTPTLS_LEVEL_DANE_ONLY:
		floor.skip = SMTPTLS_SKIP_NO_TLSA;
		break;
	case SMTPTLS_LEVEL_CA:
		floor.level = SMTPTLS_LEVEL_CA;
		floor.text = "authentication is required here";
		break;
	case SMTPTLS_LEVEL_PIN:
		floor.level = SMTPTLS_LEVEL_PIN;
		floor.text = "a known certificate is required here";
		break;
	default:
		break;
	}
	return floor;
}

static int is_authenticated(int level)
{
	return level != SMTPTLS_LEVEL_MAY && level != SMTPTLS_LEVEL_ENCRYPT;
}

static void raise_to_ca(struct floor *floor, const char *text)
{
	if (is_authenticated(floor->level))
		return;
	floor->level = SMTPTLS_LEVEL_CA;
	floor->text = text;
}

/* Whether the domain's current MTA-STS policy could not be determined. */
static int is_sts_lost(const struct question *q)
{
	int state = q->outbound->sts_state;

	return state == SMTPTLS_STS_FETCH_ERROR ||
	       state == SMTPTLS_STS_WEBPKI_INVALID ||
	       state == SMTPTLS_STS_LOOKUP_FAILED;
}

static struct floor get_floor(const struct question *q)
{
	struct floor floor = local_floor(q->outbound);

	if (q->sts.mode == SMTPTLS_STS_ENFORCE) {
		raise_to_ca(&floor, "the domain's MTA-STS policy is enforced");
		if (!q->sts.listed && floor.skip == SMTPTLS_TRY)
			floor.skip = q->outbound->requiretls && is_sts_lost(q)
					     ? SMTPTLS_SKIP_STS_FAILED
					     : SMTPTLS_SKIP_STS;
	}
	if (q->outbound->requiretls) {
		raise_to_ca(&floor, "the message has REQUIRETLS");
		/* a pin does not authenticate a name */
		if (floor.level == SMTPTLS_LEVEL_PIN && floor.skip == 0)
			floor.skip = SMTPTLS_SKIP_REQUIRETLS;
	}
	return floor;
}

/*
 * REQUIRETLS needs a host that the MX set or a policy vouches for. Returns why
 * this is not one, or 0.
 */
static int requiretls_skip(const struct question *q)
{
	if (!q->outbound->requiretls || q->trusted || q->sts.listed)
		return SMTPTLS_TRY;
	return is_sts_lost(q) ? SMTPTLS_SKIP_STS_FAILED
			      : SMTPTLS_SKIP_REQUIRETLS;
}

/* Whether TLSA records are used for this host, if there are any. */
static int uses_dane(const struct question *q, const struct floor *floor)
{
	const struct smtptls_outbound *outbound = q->outbound;
	int level = outbound->level, insecure = outbound->insecure_mx_level;

	if (!q->host->name || level == SMTPTLS_LEVEL_PIN || outbound->peer_name)
		return 0;
	if (q->set_aside && level != SMTPTLS_LEVEL_DANE_ONLY)
		return 0;
	if (level == SMTPTLS_LEVEL_MAY && !outbound->requiretls)
		return 0;
	if (q->trusted)
		return 1;
	return (insecure == SMTPTLS_LEVEL_ENCRYPT ||
		insecure == SMTPTLS_LEVEL_DANE) &&
	       level != SMTPTLS_LEVEL_DANE_ONLY &&
	       !is_authenticated(floor->level);
}

/* --- names ---------------------------------------------------------------- */

static void add_name(struct smtptls_plan *plan, const char *name)
{
	char normal[SMTPTLS_NAME_SIZE];
	int i;

	if (!name)
		return;
	stls_name_normal(normal, name);
	for (i = 0; i < plan->name_count; i++) {
		if (strcmp(plan->name[i], normal) == 0)
			return;
	}
	memcpy(plan->name[plan->name_count++], normal, strlen(normal) + 1);
}

/* RFC 7672 section 3.2.2: only names that DNSSEC or the sender vouches for. */
static void add_dane_names(struct smtptls_plan *plan, const struct question *q,
			   const char *base)
{
	const struct smtptls_outbound *outbound = q->outbound;

	add_name(plan, base);
	add_name(plan, outbound->domain);
	if (q->trusted && !outbound->configured)
		add_name(plan, outbound->canonical);
	if (q->trusted)
		add_name(plan, q->host->name);
}

/* A name from an insecure MX answer proves nothing unless a policy lists it. */
static void add_ca_names(struct smtptls_plan *plan, const struct question *q)
{
	if (q->outbound->peer_name) {
		add_name(plan, q->outbound->peer_name);
		return;
	}
	if (q->sts.mode != SMTPTLS_STS_ENFORCE)
		add_name(plan, q->outbound->domain);
	if (q->trusted || q->sts.listed)
		add_name(plan, q->host->name);
}

static void set_names(struct smtptls_plan *plan, const struct question *q,
		      const char *base)
{
	const char *sni = q->host->name ? q->host->name : q->outbound->domain;

	switch (plan->level) {
	case SMTPTLS_LEVEL_DANE:
		add_dane_names(plan, q, base);
		sni = base;
		break;
	case SMTPTLS_LEVEL_CA:
		add_ca_names(plan, q);
		if (q->outbound->peer_name)
			sni = q->outbound->peer_name;
		break;
	case SMTPTLS_LEVEL_PIN:
		break;
	default:
		/* what a policy in testing mode would require */
		if (q->sts.listed)
			add_name(plan, q->host->name);
		break;
	}
	if (sni)
		stls_name_normal(plan->sni, sni);
}

/* --- the plan ------------------------------------------------------------- */

static void set_level(struct smtptls_plan *plan, int level, const char *text)
{
	plan->level = level;
	plan->text = text;
}

/* Apply the level without DANE. Returns why to skip the host, or 0. */
static int apply_floor(struct smtptls_plan *plan, const struct question *q,
		       const struct floor *floor)
{
	if (floor->skip == SMTPTLS_SKIP_STS ||
	    floor->skip == SMTPTLS_SKIP_STS_FAILED)
		plan->policy_type = "sts";
	if (floor->skip)
		return floor->skip;
	set_level(plan, floor->level, floor->text);
	plan->sts_mode = q->sts.mode;
	if (plan->sts_mode)
		plan->policy_type = "sts";
	if (plan->sts_mode && !q->sts.listed)
		plan->result_type = "validation-failure";
	else if (q->sts.result_type) {
		plan->policy_type = "sts";
		plan->result_type = q->sts.result_type;
	}
	return 0;
}

/* There are TLSA records, at least one of them usable. */
static void apply_usable(struct smtptls_plan *plan, const struct question *q)
{
	if (q->trusted ||
	    q->outbound->insecure_mx_level == SMTPTLS_LEVEL_DANE) {
		set_level(plan, SMTPTLS_LEVEL_DANE,
			  "the host is authenticated by its TLSA records");
		return;
	}
	set_level(plan, SMTPTLS_LEVEL_ENCRYPT,
		  "the host has TLSA records, but its MX record is insecure");
}

static int apply_unusable(struct smtptls_plan *plan, const struct question *q,
			  const struct floor *floor)
{
	int why = apply_floor(plan, q, floor);

	if (why)
		return why;
	if (plan->level == SMTPTLS_LEVEL_MAY)
		set_level(plan, SMTPTLS_LEVEL_ENCRYPT,
			  "the host has TLSA records, but none is usable");
	plan->policy_type = "tlsa";
	plan->result_type = "tlsa-invalid";
	return 0;
}

/* Find the level; returns why to skip the host, or 0. */
static int apply(struct smtptls_plan *plan, const struct question *q,
		 const struct stls_dane_result *dane, const struct floor *floor)
{
	if (dane->dane != STLS_DANE_NONE || floor->skip == SMTPTLS_SKIP_NO_TLSA)
		plan->policy_type = "tlsa";
	switch (dane->dane) {
	case STLS_DANE_FAILED:
		return SMTPTLS_SKIP_TLSA_FAILED;
	case STLS_DANE_BOGUS:
		return SMTPTLS_SKIP_TLSA_BOGUS;
	case STLS_DANE_USABLE:
		apply_usable(plan, q);
		return 0;
	case STLS_DANE_UNUSABLE:
		return apply_unusable(plan, q, floor);
	case STLS_DANE_NONE:
		break;
	}
	return apply_floor(plan, q, floor);
}

static int fill(struct smtptls_plan *plan, const struct question *q)
{
	struct stls_dane_result dane = { STLS_DANE_NONE, NULL, NULL };
	struct floor floor = get_floor(q);
	int why = requiretls_skip(q);

	if (why)
		return why;
	if (uses_dane(q, &floor))
		dane = stls_dane_result(q->host);
	why = apply(plan, q, &dane, &floor);
	if (why)
		return why;
	if (dane.set) {
		plan->tlsa = dane.set->record;
		plan->tlsa_count = dane.set->count;
	}
	plan->ipv4 = has_records(&q->host->a);
	plan->ipv6 = has_records(&q->host->aaaa);
	plan->clear = plan->level == SMTPTLS_LEVEL_MAY;
	plan->requiretls = q->outbound->requiretls != 0;
	plan->authenticated = is_authenticated(floor.level) ||
			      floor.skip == SMTPTLS_SKIP_NO_TLSA;
	set_names(plan, q, dane.base);
	if (plan->level == SMTPTLS_LEVEL_CA && plan->name_count == 0)
		return SMTPTLS_SKIP_NO_NAME;
	return SMTPTLS_TRY;
}

static void plan_host(struct smtptls_plan *plan,
		      const struct smtptls_outbound *outbound,
		      const struct smtptls_outbound_host *host)
{
	struct question q;
	int why = host_skip(outbound, host);

	if (!why) {
		q = ask(outbound, host);
		plan->skip = SMTPTLS_TRY;
		plan->status = NULL;
		why = fill(plan, &q);
	}
	if (why)
		skip(plan, why, outbound->requiretls);
	if (why == SMTPTLS_SKIP_MX && outbound->mx.status == SMTPTLS_DNS_BOGUS)
		plan->result_type = "dnssec-invalid";
}

int smtptls_outbound_plan(const struct smtptls_outbound *outbound, size_t size,
			  const struct smtptls_outbound_host *host,
			  size_t host_size, struct smtptls_plan *plan,
			  size_t plan_size)
{
	struct smtptls_outbound domain;
	struct smtptls_outbound_host full;
	struct smtptls_plan answer = { .policy_type = "no-policy-found" };
	int ret;

	if (!plan || plan_size == 0)
		return SMTPTLS_E_ARG;
	skip(&answer, SMTPTLS_SKIP_UNKNOWN, 0);
	ret = stls_outbound_read(&domain, outbound, size);
	if (ret == 0)
		ret = stls_outbound_read_host(&full, host, host_size, &domain);
	if (ret == 0)
		plan_host(&answer, &domain, &full);
	stls_outbound_write(plan, plan_size, &answer, sizeof(answer));
	return ret;
}

const char *smtptls_outbound_base_domain(
	const struct smtptls_outbound *outbound, size_t size,
	const struct smtptls_outbound_host *host, size_t host_size, int i)
{
	struct smtptls_outbound domain;
	struct smtptls_outbound_host full;
	struct question q;
	struct floor floor;

	if (stls_outbound_read(&domain, outbound, size) < 0 ||
	    stls_outbound_read_host(&full, host, host_size, &domain) < 0 ||
	    host_skip(&domain, &full))
		return NULL;
	q = ask(&domain, &full);
	floor = get_floor(&q);
	if (requiretls_skip(&q) || !uses_dane(&q, &floor))
		return NULL;
	return stls_dane_base(&full, i);
}
