/* SPDX-License-Identifier: MIT */
/*
 * every_answer: all statuses of all look-ups, with all settings.
 *
 * Every combination is defined; the result is that of the decision table, which
 * is implemented here a second time, independently; a failed or bogus answer
 * never lowers security below an insecure or negative one; and stricter
 * settings never lower it. The only host is the domain itself, so that every MX
 * answer fits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "help.h"

static const struct smtptls_dns answers[] = {
	FAILED,
	BOGUS,
	INSECURE(RECORDS),
	INSECURE(NODATA),
	INSECURE(NXDOMAIN),
	SECURE(RECORDS),
	SECURE(NODATA),
	SECURE(NXDOMAIN),
};

static const struct smtptls_tlsa usable[] = { PKIX111, EE311 };
static const struct smtptls_tlsa unusable[] = { PKIX111 };

static const struct smtptls_tlsa_set sets[] = {
	NO_SET(FAILED),
	NO_SET(BOGUS),
	SET(INSECURE(RECORDS), usable),
	SET(INSECURE(RECORDS), unusable),
	NO_SET(INSECURE(NODATA)),
	NO_SET(INSECURE(NXDOMAIN)),
	SET(SECURE(RECORDS), usable),
	SET(SECURE(RECORDS), unusable),
	NO_SET(SECURE(RECORDS)),
	NO_SET(SECURE(NODATA)),
	NO_SET(SECURE(NXDOMAIN)),
};

/* Sets at the second name; those at the first are more detailed. */
static const struct smtptls_tlsa_set second_sets[] = {
	NO_SET(FAILED), NO_SET(BOGUS), SET(SECURE(RECORDS), usable),
	NO_SET(SECURE(NODATA))
};

#define TARGET "host.example.com"

static const struct {
	const char *target;
	struct smtptls_dns cname;
} aliases[] = {
	{ NULL, FAILED },
	{ TARGET, FAILED },
	{ TARGET, BOGUS },
	{ TARGET, INSECURE(RECORDS) },
	{ TARGET, SECURE(RECORDS) },
};

static const struct smtptls_outbound plain = { .domain = "example.org",
					       .level = SMTPTLS_LEVEL_DANE };

static int is_lost(const struct smtptls_dns *dns)
{
	return dns->status == SMTPTLS_DNS_FAILED ||
	       dns->status == SMTPTLS_DNS_BOGUS;
}

static int has_records(const struct smtptls_dns *dns)
{
	return !is_lost(dns) && dns->answer == SMTPTLS_DNS_RECORDS;
}

/* How much is required of the host; skipping it is the strictest. */
enum { IN_CLEAR, ENCRYPTED, AUTHENTICATED, LEFT_OUT };

static int strength(const struct smtptls_plan *plan)
{
	if (plan->skip)
		return LEFT_OUT;
	switch (plan->level) {
	case SMTPTLS_LEVEL_MAY:
		return IN_CLEAR;
	case SMTPTLS_LEVEL_ENCRYPT:
		return ENCRYPTED;
	default:
		return AUTHENTICATED;
	}
}

static int strength_of(const struct smtptls_outbound *outbound,
		       const struct smtptls_outbound_host *host)
{
	struct smtptls_plan plan;

	assert_int_equal(help_plan(outbound, host, &plan), 0);
	return strength(&plan);
}

/* --- invariants of every plan and decision -------------------------------- */

static void check_plan(const struct smtptls_outbound *outbound,
		       const struct smtptls_plan *plan)
{
	assert_non_null(plan->text);
	assert_non_null(plan->policy_type);
	assert_in_range(plan->skip, SMTPTLS_TRY, SMTPTLS_SKIP_REQUIRETLS);
	assert_true(plan->skip != SMTPTLS_SKIP_UNKNOWN);
	assert_int_equal(plan->skip != SMTPTLS_TRY, plan->status != NULL);
	assert_in_range(plan->name_count, 0, SMTPTLS_PLAN_NAMES);
	assert_int_equal(plan->clear, plan->level == SMTPTLS_LEVEL_MAY);
	if (plan->skip)
		return;
	assert_true(plan->ipv4 || plan->ipv6);
	assert_true(plan->level == SMTPTLS_LEVEL_MAY ||
		    plan->level == SMTPTLS_LEVEL_ENCRYPT ||
		    plan->level == SMTPTLS_LEVEL_DANE ||
		    plan->level == SMTPTLS_LEVEL_CA ||
		    plan->level == SMTPTLS_LEVEL_PIN);
	if (plan->level == SMTPTLS_LEVEL_DANE) {
		assert_true(plan->tlsa_count > 0);
		assert_string_equal(plan->sni, plan->name[0]);
	}
	if (plan->level == SMTPTLS_LEVEL_CA)
		assert_true(plan->name_count > 0);
	if (outbound->requiretls) {
		assert_true(plan->requiretls);
		assert_int_equal(strength(plan), AUTHENTICATED);
		assert_true(plan->level != SMTPTLS_LEVEL_PIN);
	}
}

/* Whether the MTA-STS policy, or its existence, is unknown for now. */
static int is_sts_lost(const struct smtptls_outbound *outbound)
{
	return outbound->sts_state == SMTPTLS_STS_FETCH_ERROR ||
	       outbound->sts_state == SMTPTLS_STS_WEBPKI_INVALID ||
	       outbound->sts_state == SMTPTLS_STS_LOOKUP_FAILED;
}

/* A bounce requires that every look-up that led to it was answered. */
static void check_decision(const struct smtptls_outbound *outbound,
			   const struct smtptls_outbound_host *host,
			   const struct smtptls_plan *plan)
{
	struct smtptls_decision decision;
	int mx_lost = !outbound->configured && is_lost(&outbound->mx);
	int gone = !outbound->configured && !mx_lost &&
		   outbound->mx.answer == SMTPTLS_DNS_NXDOMAIN;

	assert_int_equal(help_decide(outbound, plan, 1, &decision), 0);
	assert_int_equal(decision.action == SMTPTLS_DELIVER, !plan->skip);
	assert_int_equal(decision.status == NULL, !plan->skip);
	assert_non_null(decision.text);
	if (decision.status)
		assert_int_equal(decision.status[0],
				 decision.action == SMTPTLS_DEFER ? '4' : '5');
	if (decision.action != SMTPTLS_BOUNCE || gone)
		return;
	assert_false(mx_lost);
	assert_true(has_records(&host->a) || has_records(&host->aaaa) ||
		    (!is_lost(&host->a) && !is_lost(&host->aaaa)));
	assert_true(plan->skip != SMTPTLS_SKIP_TLSA_FAILED &&
		    plan->skip != SMTPTLS_SKIP_TLSA_BOGUS);
	if (!is_sts_lost(outbound))
		return;
	/* at level pin no MTA-STS policy satisfies REQUIRETLS */
	assert_true(plan->skip != SMTPTLS_SKIP_STS &&
		    (plan->skip != SMTPTLS_SKIP_REQUIRETLS ||
		     outbound->level == SMTPTLS_LEVEL_PIN));
}

/* --- the table, implemented a second time --------------------------------- */

/* The result of the answer at one name; -1: look at the next name. */
static int by_set(const struct smtptls_tlsa_set *set)
{
	if (is_lost(&set->dns))
		return LEFT_OUT;
	if (set->dns.status == SMTPTLS_DNS_INSECURE ||
	    set->dns.answer != SMTPTLS_DNS_RECORDS)
		return -1;
	return set->record == usable ? AUTHENTICATED : ENCRYPTED;
}

static int by_tlsa(const struct smtptls_outbound_host *host)
{
	int secure = host->a.status == SMTPTLS_DNS_SECURE ||
		     host->aaaa.status == SMTPTLS_DNS_SECURE;
	int found;

	if (!secure && host->target && is_lost(&host->cname))
		return LEFT_OUT;
	if (!secure &&
	    (!host->target || host->cname.status == SMTPTLS_DNS_INSECURE))
		return IN_CLEAR;
	found = by_set(&host->tlsa[0]);
	if (found < 0 && secure && host->target)
		found = by_set(&host->tlsa[1]);
	return found < 0 ? IN_CLEAR : found;
}

/* At level dane, without MTA-STS. */
static int by_table(const struct smtptls_outbound *outbound,
		    const struct smtptls_outbound_host *host)
{
	const struct smtptls_dns *mx = &outbound->mx;

	if (!outbound->configured &&
	    (is_lost(mx) || mx->answer == SMTPTLS_DNS_NXDOMAIN))
		return LEFT_OUT;
	if (!has_records(&host->a) && !has_records(&host->aaaa))
		return LEFT_OUT;
	if (!outbound->configured && mx->status == SMTPTLS_DNS_INSECURE &&
	    outbound->insecure_mx_level != SMTPTLS_LEVEL_DANE)
		return IN_CLEAR;
	return by_tlsa(host);
}

/* --- failed or bogus answers ---------------------------------------------- */

/* The look-ups of one case, replaced one by one. */
#define LOOKUPS 6

static struct smtptls_dns *lookup(struct smtptls_outbound *outbound,
				  struct smtptls_outbound_host *host, int i)
{
	switch (i) {
	case 0:
		return &outbound->mx;
	case 1:
		return &host->a;
	case 2:
		return &host->aaaa;
	case 3:
		return &host->cname;
	case 4:
		return &host->tlsa[0].dns;
	default:
		return &host->tlsa[1].dns;
	}
}

/* With an insecure answer instead, no more would have been required. */
static void check_never_softer(const struct smtptls_outbound *outbound,
			       const struct smtptls_outbound_host *host,
			       int with)
{
	struct smtptls_outbound other = *outbound;
	struct smtptls_outbound_host other_host = *host;
	struct smtptls_dns *dns, was;
	int i;
	size_t k;

	for (i = 0; i < LOOKUPS; i++) {
		dns = lookup(&other, &other_host, i);
		was = *dns;
		if (!is_lost(dns))
			continue;
		for (k = 2; k < 5; k++) {
			*dns = answers[k];
			/* the absence of addresses requires nothing */
			if ((i == 1 || i == 2) && !has_records(&host->a) &&
			    !has_records(&host->aaaa))
				continue;
			assert_true(strength_of(&other, &other_host) <= with);
		}
		/* for TLSA, nor with a secure denial instead */
		for (k = 6; i >= 4 && k < COUNT(answers); k++) {
			*dns = answers[k];
			assert_true(strength_of(&other, &other_host) <= with);
		}
		*dns = was;
	}
}

/* An answer that need not be looked up has no effect, whatever it is. */
static void check_asked(const struct smtptls_outbound *outbound,
			const struct smtptls_outbound_host *host,
			const struct smtptls_plan *plan)
{
	struct smtptls_outbound_host other = *host;
	struct smtptls_plan again;
	int i;

	for (i = 0; i < 2; i++) {
		if (help_base(outbound, host, i)) {
			assert_true(!is_lost(&host->tlsa[i].dns) || plan->skip);
			continue;
		}
		other.tlsa[i] = sets[0];
		assert_int_equal(help_plan(outbound, &other, &again), 0);
		assert_int_equal(again.skip, plan->skip);
		assert_int_equal(again.level, plan->level);
		other.tlsa[i] = host->tlsa[i];
	}
}

static void check_answers(const struct smtptls_outbound *outbound,
			  const struct smtptls_outbound_host *host)
{
	struct smtptls_plan plan;

	assert_int_equal(help_plan(outbound, host, &plan), 0);
	check_plan(outbound, &plan);
	check_decision(outbound, host, &plan);
	check_asked(outbound, host, &plan);
	check_never_softer(outbound, host, strength(&plan));
	assert_int_equal(strength(&plan), by_table(outbound, host));
}

static void each_tlsa(const struct smtptls_outbound *outbound,
		      struct smtptls_outbound_host *host)
{
	size_t alias, first, second;

	for (alias = 0; alias < COUNT(aliases); alias++) {
		host->target = aliases[alias].target;
		host->cname = aliases[alias].cname;
		for (first = 0; first < COUNT(sets); first++) {
			host->tlsa[0] = sets[first];
			for (second = 0; second < COUNT(second_sets);
			     second++) {
				host->tlsa[1] = second_sets[second];
				check_answers(outbound, host);
			}
		}
	}
}

static void each_address(const struct smtptls_outbound *outbound)
{
	struct smtptls_outbound_host host = { .name = "example.org" };
	size_t a, aaaa;

	for (a = 0; a < COUNT(answers); a++) {
		host.a = answers[a];
		for (aaaa = 0; aaaa < COUNT(answers); aaaa++) {
			host.aaaa = answers[aaaa];
			each_tlsa(outbound, &host);
		}
	}
}

/* MX x A x AAAA x CNAME x TLSA x TLSA at the second name. */
static void test_answers(void **state)
{
	struct smtptls_outbound outbound = plain;
	size_t mx;

	(void)state;
	for (mx = 0; mx < COUNT(answers); mx++) {
		outbound.mx = answers[mx];
		each_address(&outbound);
	}
	outbound.configured = 1;
	outbound.mx = answers[0];
	each_address(&outbound);
	outbound.configured = 0;
	outbound.mx = answers[2];
	outbound.insecure_mx_level = SMTPTLS_LEVEL_DANE;
	each_address(&outbound);
}

/* --- settings ------------------------------------------------------------- */

#define ENFORCE	     STS_TEXT("enforce", "example.org")
#define ENFORCE_ELSE STS_TEXT("enforce", "example.com")
#define TESTING	     STS_TEXT("testing", "example.org")

static const struct smtptls_outbound policies[] = {
	{ .sts_state = SMTPTLS_STS_NO_POLICY },
	{ STS(FETCHED, 0, ENFORCE) },
	{ STS(CACHED, 1, ENFORCE_ELSE) },
	{ STS(FETCHED, 0, TESTING) },
	{ STS(FETCHED, 0, "<html>") },
	{ .sts_state = SMTPTLS_STS_FETCH_ERROR },
	{ STS(WEBPKI_INVALID, 86401, ENFORCE) },
	{ STS(FETCH_ERROR, 1, ENFORCE_ELSE) },
	{ .sts_state = SMTPTLS_STS_LOOKUP_FAILED },
	{ STS(LOOKUP_FAILED, 1, ENFORCE) },
	{ STS(LOOKUP_FAILED, 1, ENFORCE_ELSE) },
};

static void set_policy(struct smtptls_outbound *outbound, size_t i)
{
	outbound->sts_text = policies[i].sts_text;
	outbound->sts_len = policies[i].sts_len;
	outbound->sts_state = policies[i].sts_state;
	outbound->sts_age = policies[i].sts_age;
}

/*
 * Stricter settings than these never lower security. A host that was skipped
 * may become usable by an additional requirement, but then authenticated.
 */
static void check_more(const struct smtptls_outbound *outbound,
		       const struct smtptls_outbound_host *host, int with)
{
	static const int higher[] = {
		[SMTPTLS_LEVEL_MAY] = SMTPTLS_LEVEL_DANE,
		[SMTPTLS_LEVEL_DANE] = SMTPTLS_LEVEL_ENCRYPT,
		[SMTPTLS_LEVEL_ENCRYPT] = SMTPTLS_LEVEL_CA,
		[SMTPTLS_LEVEL_DANE_ONLY] = SMTPTLS_LEVEL_DANE_ONLY,
		[SMTPTLS_LEVEL_CA] = SMTPTLS_LEVEL_CA,
		[SMTPTLS_LEVEL_PIN] = SMTPTLS_LEVEL_PIN,
	};
	struct smtptls_outbound more = *outbound;

	with = with < AUTHENTICATED ? with : AUTHENTICATED;
	more.level = higher[outbound->level];
	assert_true(strength_of(&more, host) >= with);
	if (outbound->level <= SMTPTLS_LEVEL_ENCRYPT) {
		more.level = SMTPTLS_LEVEL_DANE_ONLY;
		assert_true(strength_of(&more, host) >= with);
	}
	more = *outbound;
	more.requiretls = 1;
	assert_true(strength_of(&more, host) >= with);
	more = *outbound;
	more.tls_required_no = 0;
	assert_true(strength_of(&more, host) >= with);
	more = *outbound;
	if (outbound->insecure_mx_level == 0)
		more.insecure_mx_level = SMTPTLS_LEVEL_ENCRYPT;
	else
		more.insecure_mx_level = SMTPTLS_LEVEL_DANE;
	assert_true(strength_of(&more, host) >= with);
	/* with REQUIRETLS, a policy can also make a host acceptable */
	if (outbound->sts_state == SMTPTLS_STS_NO_POLICY &&
	    !outbound->requiretls) {
		more = *outbound;
		set_policy(&more, 1);
		assert_true(strength_of(&more, host) >= with);
		set_policy(&more, 2);
		/* a policy does not change anything where DANE applies */
		assert_true(strength_of(&more, host) >= with);
	}
}

/* The local level is a minimum, and so is an enforced policy. */
static void check_floor(const struct smtptls_outbound *outbound,
			const struct smtptls_plan *plan)
{
	int enforce = outbound->sts_text == policies[1].sts_text ||
		      outbound->sts_text == policies[2].sts_text;

	switch (outbound->level) {
	case SMTPTLS_LEVEL_ENCRYPT:
		assert_true(strength(plan) >= ENCRYPTED);
		break;
	case SMTPTLS_LEVEL_DANE_ONLY:
		assert_true(plan->skip || plan->level == SMTPTLS_LEVEL_DANE);
		break;
	case SMTPTLS_LEVEL_CA:
		assert_true(plan->skip || plan->level == SMTPTLS_LEVEL_CA ||
			    plan->level == SMTPTLS_LEVEL_DANE);
		break;
	case SMTPTLS_LEVEL_PIN:
		assert_true(plan->skip || plan->level == SMTPTLS_LEVEL_PIN);
		break;
	default:
		break;
	}
	if (enforce && outbound->sts_age <= 86400 &&
	    (!outbound->tls_required_no || outbound->requiretls))
		assert_true(strength(plan) >= AUTHENTICATED);
}

static void check_settings(const struct smtptls_outbound *outbound,
			   const struct smtptls_outbound_host *host)
{
	struct smtptls_plan plan;

	assert_int_equal(help_plan(outbound, host, &plan), 0);
	check_plan(outbound, &plan);
	check_decision(outbound, host, &plan);
	check_asked(outbound, host, &plan);
	check_never_softer(outbound, host, strength(&plan));
	check_more(outbound, host, strength(&plan));
	check_floor(outbound, &plan);
}

static void each_answer(const struct smtptls_outbound *settings)
{
	static const size_t some[] = { 0, 1, 2, 5 };
	struct smtptls_outbound outbound = *settings;
	struct smtptls_outbound_host host = { .name = "example.org" };
	size_t mx, a, alias, set;

	for (mx = 0; mx < 4; mx++) {
		outbound.mx = answers[some[mx]];
		outbound.configured = mx == 0;
		for (a = 0; a < COUNT(some); a++) {
			host.a = answers[some[a]];
			host.aaaa = answers[2];
			for (set = 0; set < COUNT(sets); set++) {
				/* both names of an alias, and only one */
				alias = a == 2 && set % 2 ? set % 5 : 0;
				host.target = aliases[alias].target;
				host.cname = aliases[alias].cname;
				host.tlsa[0] = sets[set];
				check_settings(&outbound, &host);
			}
		}
	}
}

static void each_message(struct smtptls_outbound *outbound)
{
	int message;
	size_t i;

	for (message = 0; message < 4; message++) {
		outbound->requiretls = message & 1;
		outbound->tls_required_no = message >> 1;
		for (i = 0; i < COUNT(policies); i++) {
			set_policy(outbound, i);
			each_answer(outbound);
		}
	}
}

/* Level x insecure MX x REQUIRETLS x TLS-Required x MTA-STS x answers. */
static void test_settings(void **state)
{
	static const int insecure[] = { 0, SMTPTLS_LEVEL_ENCRYPT,
					SMTPTLS_LEVEL_DANE };
	struct smtptls_outbound outbound = plain;
	size_t i;

	(void)state;
	for (outbound.level = SMTPTLS_LEVEL_MAY;
	     outbound.level <= SMTPTLS_LEVEL_PIN; outbound.level++) {
		for (i = 0; i < COUNT(insecure); i++) {
			outbound.insecure_mx_level = insecure[i];
			each_message(&outbound);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_settings),
	};

	return cmocka_run_group_tests_name("every_answer", tests, NULL, NULL);
}
