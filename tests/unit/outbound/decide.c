/* SPDX-License-Identifier: MIT */
/* decide: from the MX look-up and several hosts to the fate of a message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "help.h"

#define HOSTS 4

static const struct {
	const char *row;
	struct smtptls_dns mx;
	int configured;
	const char *action;
} mx_rows[] = {
	{ "secure, records", SECURE(RECORDS), 0, "deliver" },
	{ "secure, NODATA", SECURE(NODATA), 0, "deliver" },
	{ "secure, NXDOMAIN", SECURE(NXDOMAIN), 0, "bounce 5.1.2" },
	{ "insecure, records", INSECURE(RECORDS), 0, "deliver" },
	{ "insecure, NODATA", INSECURE(NODATA), 0, "deliver" },
	{ "insecure, NXDOMAIN", INSECURE(NXDOMAIN), 0, "bounce 5.1.2" },
	{ "bogus", BOGUS, 0, "defer 4.4.3" },
	{ "failed", FAILED, 0, "defer 4.4.3" },
	{ "configured, failed", FAILED, 1, "deliver" },
	{ "configured, bogus", BOGUS, 1, "deliver" },
	{ "configured, NXDOMAIN", SECURE(NXDOMAIN), 1, "deliver" },
};

/* Before any host was looked up. */
static void test_mx(void **state)
{
	struct smtptls_outbound outbound = { .domain = "example.org",
					     .level = SMTPTLS_LEVEL_DANE };
	struct smtptls_decision decision;
	char words[64];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(mx_rows); i++) {
		outbound.mx = mx_rows[i].mx;
		outbound.configured = mx_rows[i].configured;
		assert_int_equal(help_decide(&outbound, NULL, 0, &decision), 0);
		help_action(&decision, words, sizeof(words));
		if (strcmp(words, mx_rows[i].action) != 0)
			fail_msg("%s: %s", mx_rows[i].row, words);
		assert_non_null(decision.text);
		assert_string_equal(decision.policy_type, "no-policy-found");
		assert_int_equal(decision.host, 0);
		assert_int_equal(decision.result_type != NULL,
				 mx_rows[i].mx.status == SMTPTLS_DNS_BOGUS &&
					 !mx_rows[i].configured);
	}
}

#define T(name) SMTPTLS_SKIP_##name

static const struct {
	const char *row;
	int skip[HOSTS]; /* of each host */
	int requiretls;
	const char *action;
	size_t host; /* the deciding one */
} host_rows[] = {
	{ "one to try", { SMTPTLS_TRY }, 0, "deliver", 0 },
	{ "the last to try",
	  { T(TLSA_BOGUS), T(NO_ADDRESS), T(STS), SMTPTLS_TRY },
	  0,
	  "deliver",
	  3 },
	{ "Stalwart 2328: one of two is bogus",
	  { T(TLSA_BOGUS), SMTPTLS_TRY },
	  0,
	  "deliver",
	  1 },
	{ "all bogus", { T(TLSA_BOGUS) }, 0, "defer 4.4.3", 0 },
	{ "no address", { T(NO_ADDRESS) }, 0, "bounce 5.4.4", 0 },
	{ "no name", { T(NAME) }, 0, "bounce 5.4.4", 0 },
	{ "null MX", { T(NULL_MX) }, 0, "bounce 5.1.10", 0 },
	{ "null MX beside a host without address",
	  { T(NULL_MX), T(NO_ADDRESS) },
	  0,
	  "bounce 5.4.4",
	  1 },
	{ "null MX beside a host",
	  { T(NULL_MX), SMTPTLS_TRY },
	  0,
	  "deliver",
	  1 },
	{ "one without address, one that failed",
	  { T(NO_ADDRESS), T(ADDRESS_FAILED) },
	  0,
	  "defer 4.4.3",
	  1 },
	{ "one that failed, one without address",
	  { T(ADDRESS_FAILED), T(NO_ADDRESS) },
	  0,
	  "defer 4.4.3",
	  0 },
	{ "one without address, one bogus",
	  { T(NO_ADDRESS), T(ADDRESS_BOGUS) },
	  0,
	  "defer 4.4.3",
	  1 },
	{ "one without address, one against policy",
	  { T(NO_ADDRESS), T(STS) },
	  0,
	  "defer 4.7.5",
	  1 },
	{ "the first of equals",
	  { T(STS), T(NO_TLSA), T(TLS) },
	  0,
	  "defer 4.7.5",
	  0 },
	{ "a look-up before a policy",
	  { T(STS), T(TLSA_FAILED) },
	  0,
	  "defer 4.4.3",
	  1 },
	{ "no name to look for", { T(NO_NAME) }, 0, "defer 4.3.5", 0 },
	{ "no connection", { T(CONNECTION) }, 0, "defer 4.4.1", 0 },
	{ "M-CLI-01, M-CLI-04: STARTTLS stripped",
	  { T(TLS) },
	  0,
	  "defer 4.7.5",
	  0 },
	{ "unknown", { T(UNKNOWN) }, 0, "defer 4.3.5", 0 },
	{ "MX", { T(MX) }, 0, "defer 4.4.3", 0 },
	{ "M-CLI-06: REQUIRETLS not offered",
	  { T(NO_REQUIRETLS) },
	  1,
	  "bounce 5.7.30",
	  0 },
	{ "M-CLI-06: REQUIRETLS, no host vouched for",
	  { T(REQUIRETLS) },
	  1,
	  "bounce 5.7.10",
	  0 },
	{ "M-CLI-06: REQUIRETLS, TLS failed",
	  { T(TLS) },
	  1,
	  "bounce 5.7.10",
	  0 },
	{ "REQUIRETLS, against a policy", { T(STS) }, 1, "bounce 5.7.10", 0 },
	{ "REQUIRETLS, no records", { T(NO_TLSA) }, 1, "bounce 5.7.10", 0 },
	{ "REQUIRETLS, not offered, TLS failed",
	  { T(TLS), T(NO_REQUIRETLS) },
	  1,
	  "bounce 5.7.30",
	  1 },
	{ "REQUIRETLS, no address, TLS failed",
	  { T(NO_ADDRESS), T(TLS) },
	  1,
	  "bounce 5.7.10",
	  1 },
	{ "REQUIRETLS, a failed look-up defers",
	  { T(NO_REQUIRETLS), T(TLSA_FAILED) },
	  1,
	  "defer 4.4.3",
	  1 },
	{ "REQUIRETLS, a policy that could not be fetched defers",
	  { T(NO_REQUIRETLS), T(STS_FAILED) },
	  1,
	  "defer 4.4.3",
	  1 },
	{ "REQUIRETLS, no connection to one",
	  { T(NO_REQUIRETLS), T(CONNECTION) },
	  1,
	  "defer 4.4.1",
	  1 },
};

static void test_hosts(void **state)
{
	struct smtptls_outbound outbound = { .domain = "example.org",
					     .level = SMTPTLS_LEVEL_DANE,
					     .mx = SECURE(RECORDS) };
	struct smtptls_plan plans[HOSTS];
	struct smtptls_decision decision;
	char words[64];
	size_t i, k, n;

	(void)state;
	for (i = 0; i < COUNT(host_rows); i++) {
		memset(plans, 0, sizeof(plans));
		for (k = n = 0; k < HOSTS; k++) {
			plans[k].skip = host_rows[i].skip[k];
			plans[k].policy_type =
				k == host_rows[i].host ? "tlsa" : "another";
			if (plans[k].skip || k == 0)
				n = k + 1;
		}
		/* a trailing host to try is 0, like hosts not given */
		if (host_rows[i].host >= n)
			n = host_rows[i].host + 1;
		outbound.requiretls = host_rows[i].requiretls;
		assert_int_equal(help_decide(&outbound, plans, n, &decision),
				 0);
		help_action(&decision, words, sizeof(words));
		if (strcmp(words, host_rows[i].action) != 0 ||
		    decision.host != host_rows[i].host)
			fail_msg("%s: %s by %zu", host_rows[i].row, words,
				 decision.host);
		assert_non_null(decision.text);
		assert_string_equal(decision.policy_type, "tlsa");
	}
}

/* postfix-mta-sts-resolver 113: fetch again before a cached policy decides */
static void test_refetch(void **state)
{
	static const struct {
		int sts_state;
		int skip;
		int sts_mode;
		int refetch;
	} rows[] = {
		{ SMTPTLS_STS_CACHED, T(STS), 0, 1 },
		{ SMTPTLS_STS_CACHED, T(TLS), SMTPTLS_STS_ENFORCE, 1 },
		{ SMTPTLS_STS_CACHED, T(REQUIRETLS), 0, 1 },
		{ SMTPTLS_STS_CACHED, T(TLS), SMTPTLS_STS_TESTING, 0 },
		{ SMTPTLS_STS_CACHED, T(TLS), 0, 0 },
		{ SMTPTLS_STS_CACHED, T(CONNECTION), SMTPTLS_STS_ENFORCE, 0 },
		{ SMTPTLS_STS_CACHED, T(TLSA_BOGUS), 0, 0 },
		{ SMTPTLS_STS_CACHED, SMTPTLS_TRY, SMTPTLS_STS_ENFORCE, 0 },
		{ SMTPTLS_STS_FETCHED, T(STS), 0, 0 },
		{ SMTPTLS_STS_FETCH_ERROR, T(STS), 0, 0 },
		{ SMTPTLS_STS_FETCHED, T(TLS), SMTPTLS_STS_ENFORCE, 0 },
	};
	struct smtptls_outbound outbound = { .domain = "example.org",
					     .level = SMTPTLS_LEVEL_DANE,
					     .mx = SECURE(RECORDS) };
	struct smtptls_plan plans[2];
	struct smtptls_decision decision;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		memset(plans, 0, sizeof(plans));
		outbound.sts_state = rows[i].sts_state;
		plans[0].skip = rows[i].skip;
		plans[0].sts_mode = rows[i].sts_mode;
		plans[1].skip = T(NO_ADDRESS);
		assert_int_equal(help_decide(&outbound, plans, 2, &decision),
				 0);
		assert_int_equal(decision.refetch, rows[i].refetch);
		/* no verdict as long as a host is left to try */
		plans[1].skip = SMTPTLS_TRY;
		assert_int_equal(help_decide(&outbound, plans, 2, &decision),
				 0);
		assert_int_equal(decision.action, SMTPTLS_DELIVER);
		assert_int_equal(decision.refetch, 0);
	}
}

/*
 * KumoMTA 484, 557: two domains share an MX host; what one of them publishes
 * applies to that domain only.
 */
static void test_domain_and_host(void **state)
{
	static const struct smtptls_outbound_host host = {
		.name = "mx.example.net", .a = INSECURE(RECORDS)
	};
	struct smtptls_outbound one = {
		.domain = "example.org",
		.level = SMTPTLS_LEVEL_DANE,
		.mx = INSECURE(RECORDS),
		STS(FETCHED, 0, STS_TEXT("enforce", "other.example.net"))
	};
	struct smtptls_outbound other = {
		.domain = "example.com",
		.level = SMTPTLS_LEVEL_DANE,
		.mx = INSECURE(RECORDS),
		STS(FETCHED, 0, STS_TEXT("enforce", "mx.example.net"))
	};
	struct smtptls_plan plan;

	(void)state;
	assert_int_equal(help_plan(&one, &host, &plan), 0);
	assert_int_equal(plan.skip, SMTPTLS_SKIP_STS);
	assert_int_equal(help_plan(&other, &host, &plan), 0);
	assert_int_equal(plan.skip, SMTPTLS_TRY);
	assert_int_equal(plan.level, SMTPTLS_LEVEL_CA);
	other.sts_text = NULL;
	other.sts_state = SMTPTLS_STS_NO_POLICY;
	assert_int_equal(help_plan(&other, &host, &plan), 0);
	assert_int_equal(plan.level, SMTPTLS_LEVEL_MAY);
}

static void assert_unknown(const struct smtptls_decision *decision)
{
	assert_int_equal(decision->action, SMTPTLS_DEFER);
	assert_non_null(decision->status);
	assert_non_null(decision->text);
	assert_non_null(decision->policy_type);
}

static void test_wrong_arguments(void **state)
{
	struct smtptls_outbound outbound = { .domain = "example.org",
					     .level = SMTPTLS_LEVEL_DANE,
					     .mx = SECURE(RECORDS) };
	struct smtptls_plan plans[2] = { { .skip = 0 } };
	struct smtptls_decision decision;

	(void)state;
	assert_int_equal(help_decide(&outbound, plans, 1, NULL), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_outbound_decide(&outbound, sizeof(outbound),
						 plans, sizeof(*plans), 1,
						 &decision, 0),
			 SMTPTLS_E_ARG);
	memset(&decision, '#', sizeof(decision));
	assert_int_equal(help_decide(NULL, plans, 1, &decision), SMTPTLS_E_ARG);
	assert_unknown(&decision);
	memset(&decision, '#', sizeof(decision));
	assert_int_equal(help_decide(&outbound, NULL, 1, &decision),
			 SMTPTLS_E_ARG);
	assert_unknown(&decision);
	memset(&decision, '#', sizeof(decision));
	assert_int_equal(smtptls_outbound_decide(
				 &outbound, sizeof(outbound), plans,
				 offsetof(struct smtptls_plan, sts_mode) + 3, 1,
				 &decision, sizeof(decision)),
			 SMTPTLS_E_ARG);
	assert_unknown(&decision);
	/* one usable host does not make up for an invalid one */
	plans[1].skip = SMTPTLS_SKIP_NO_REQUIRETLS + 1;
	memset(&decision, '#', sizeof(decision));
	assert_int_equal(help_decide(&outbound, plans, 2, &decision),
			 SMTPTLS_E_ARG);
	assert_unknown(&decision);
	assert_int_equal(decision.host, 2);
	plans[1].skip = -1;
	assert_int_equal(help_decide(&outbound, plans, 2, &decision),
			 SMTPTLS_E_ARG);
	outbound.level = 0;
	assert_int_equal(help_decide(&outbound, plans, 1, &decision),
			 SMTPTLS_E_ARG);
}

/* Plans of a size other than this library's, and a short decision. */
static void test_sizes(void **state)
{
	struct longer {
		struct smtptls_plan plan;
		int newer;
	} longer[3] = { { { .skip = T(NO_ADDRESS) }, 1 },
			{ { .skip = T(STS) }, 1 },
			{ { .skip = T(NO_ADDRESS) }, 1 } };
	struct shorter {
		char plan[offsetof(struct smtptls_plan, sts_mode) +
			  sizeof(int)];
	} shorter[2];
	struct smtptls_outbound outbound = { .domain = "example.org",
					     .level = SMTPTLS_LEVEL_DANE,
					     .mx = SECURE(RECORDS),
					     .sts_state = SMTPTLS_STS_CACHED };
	struct smtptls_decision decision;

	(void)state;
	assert_int_equal(
		smtptls_outbound_decide(&outbound, sizeof(outbound),
					(const struct smtptls_plan *)longer,
					sizeof(*longer), 3, &decision,
					sizeof(decision)),
		0);
	assert_int_equal(decision.action, SMTPTLS_DEFER);
	assert_int_equal(decision.host, 1);
	assert_int_equal(decision.refetch, 1);
	memcpy(&shorter[0], &longer[0], sizeof(shorter[0]));
	memcpy(&shorter[1], &longer[1], sizeof(shorter[1]));
	memset(&decision, '#', sizeof(decision));
	assert_int_equal(smtptls_outbound_decide(
				 &outbound, sizeof(outbound),
				 (const void *)shorter, sizeof(*shorter), 2,
				 &decision,
				 offsetof(struct smtptls_decision, refetch)),
			 0);
	assert_int_equal(decision.host, 1);
	assert_int_equal(decision.refetch, 0x23232323);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mx),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_refetch),
		cmocka_unit_test(test_domain_and_host),
		cmocka_unit_test(test_wrong_arguments),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests_name("decide", tests, NULL, NULL);
}
