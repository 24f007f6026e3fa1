/* SPDX-License-Identifier: MIT */
/*
 * fuzz_outbound: any numbers, names, records and policy as a destination.
 *
 * The first bytes are the numbers in the structs, one each; the rest is
 * NUL-terminated strings: domain, final name, configured name, host, its final
 * name, RDATA of a TLSA record, policy. What must hold: invalid values are an
 * error, after which nothing is tried; what is tried respects the local level
 * and the requirements; a name that is returned is in normal form and was an
 * input. A violation aborts.
 */
#include <string.h>

#include <smtptls/outbound.h>

#include "fuzz.h"

struct input {
	const uint8_t *at;
	const uint8_t *end;
};

/* A number from 0 to 9, usually a valid one. */
static int number(struct input *input)
{
	return input->at < input->end ? *input->at++ % 10 : 0;
}

static struct smtptls_dns answer(struct input *input)
{
	struct smtptls_dns dns;
	int value = number(input);

	dns.status = value % 4;
	dns.answer = number(input) % 3;
	if (value == 9)
		dns.status = dns.answer - 1;
	return dns;
}

/* A copy of the next string; NULL for an empty one. */
static char *string(struct input *input)
{
	size_t left = (size_t)(input->end - input->at);
	const uint8_t *nul = memchr(input->at, '\0', left);
	size_t len = nul ? (size_t)(nul - input->at) : left;
	char *copy;

	if (len == 0) {
		input->at += nul != NULL;
		return NULL;
	}
	copy = malloc(len + 1);
	CHECK(copy);
	memcpy(copy, input->at, len);
	copy[len] = '\0';
	input->at += len + (nul != NULL);
	return copy;
}

static void check_name(const char *name)
{
	size_t len = strlen(name), i;

	CHECK(len < SMTPTLS_NAME_SIZE);
	CHECK(len == 0 || (name[len - 1] != '.' && name[0] != '.'));
	for (i = 0; i < len; i++)
		CHECK(strchr("abcdefghijklmnopqrstuvwxyz0123456789-_.",
			     name[i]));
}

static void check_tried(const struct smtptls_outbound *outbound,
			const struct smtptls_outbound_host *host,
			const struct smtptls_plan *plan)
{
	int i;

	CHECK(!plan->status);
	CHECK(plan->ipv4 || plan->ipv6);
	CHECK(plan->clear == (plan->level == SMTPTLS_LEVEL_MAY));
	CHECK(!plan->clear ||
	      (outbound->level <= SMTPTLS_LEVEL_DANE && !outbound->requiretls));
	CHECK(outbound->level != SMTPTLS_LEVEL_DANE_ONLY ||
	      plan->level == SMTPTLS_LEVEL_DANE);
	CHECK(outbound->level != SMTPTLS_LEVEL_PIN ||
	      plan->level == SMTPTLS_LEVEL_PIN);
	CHECK(outbound->level != SMTPTLS_LEVEL_CA ||
	      plan->level == SMTPTLS_LEVEL_CA ||
	      plan->level == SMTPTLS_LEVEL_DANE);
	CHECK(!outbound->requiretls || plan->level == SMTPTLS_LEVEL_CA ||
	      plan->level == SMTPTLS_LEVEL_DANE);
	CHECK(plan->level != SMTPTLS_LEVEL_CA || plan->name_count > 0);
	CHECK(plan->level != SMTPTLS_LEVEL_DANE ||
	      smtptls_tlsa_usable(plan->tlsa, NULL));
	check_name(plan->sni);
	CHECK(plan->name_count >= 0 && plan->name_count <= SMTPTLS_PLAN_NAMES);
	for (i = 0; i < plan->name_count; i++) {
		check_name(plan->name[i]);
		CHECK(plan->name[i][0] != '\0');
	}
	for (i = 0; i < 2; i++)
		CHECK(!smtptls_outbound_base_domain(outbound, sizeof(*outbound),
						    host, sizeof(*host), i) ||
		      host->tlsa[i].dns.status >= SMTPTLS_DNS_INSECURE);
}

static void check(const struct smtptls_outbound *outbound,
		  const struct smtptls_outbound_host *host)
{
	struct smtptls_decision decision;
	struct smtptls_plan plan;
	int ret = smtptls_outbound_plan(outbound, sizeof(*outbound), host,
					sizeof(*host), &plan, sizeof(plan));

	CHECK(ret == 0 || ret == SMTPTLS_E_ARG);
	CHECK((ret == 0) == (plan.skip != SMTPTLS_SKIP_UNKNOWN));
	CHECK(plan.text && plan.policy_type);
	if (plan.skip)
		CHECK(plan.status && !plan.clear && plan.level == 0);
	else
		check_tried(outbound, host, &plan);
	ret = smtptls_outbound_decide(outbound, sizeof(*outbound), &plan,
				      sizeof(plan), 1, &decision,
				      sizeof(decision));
	CHECK(ret == 0 || (ret == SMTPTLS_E_ARG && plan.skip));
	CHECK(ret == 0 || decision.action == SMTPTLS_DEFER);
	CHECK(decision.text && decision.policy_type);
	CHECK((decision.action == SMTPTLS_DELIVER) == !plan.skip);
	CHECK((decision.action == SMTPTLS_DELIVER) == !decision.status);
	/* blocking a look-up cannot cause a bounce */
	if (outbound->sts_state == SMTPTLS_STS_FETCH_ERROR ||
	    outbound->sts_state == SMTPTLS_STS_WEBPKI_INVALID ||
	    outbound->sts_state == SMTPTLS_STS_LOOKUP_FAILED)
		CHECK(decision.action != SMTPTLS_BOUNCE ||
		      outbound->level == SMTPTLS_LEVEL_PIN ||
		      (plan.skip != SMTPTLS_SKIP_STS &&
		       plan.skip != SMTPTLS_SKIP_REQUIRETLS));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, data + size };
	struct smtptls_outbound outbound = { 0 };
	struct smtptls_outbound_host host = { 0 };
	struct smtptls_tlsa record = { 0 };
	char *strings[7];
	size_t i;

	outbound.level = number(&input);
	outbound.insecure_mx_level = number(&input);
	outbound.configured = number(&input) % 2;
	outbound.requiretls = number(&input) % 2;
	outbound.tls_required_no = number(&input) % 2;
	outbound.sts_state = number(&input);
	outbound.sts_age = (unsigned long)number(&input) * 10000;
	outbound.mx = answer(&input);
	host.a = answer(&input);
	host.aaaa = answer(&input);
	host.cname = answer(&input);
	host.tlsa[0].dns = answer(&input);
	host.tlsa[1].dns = answer(&input);
	for (i = 0; i < 7; i++)
		strings[i] = string(&input);
	outbound.domain = strings[0];
	outbound.canonical = strings[1];
	outbound.peer_name = strings[2];
	host.name = strings[3];
	host.target = strings[4];
	if (strings[5] &&
	    smtptls_tlsa_read(&record, strings[5], strlen(strings[5])) == 0)
		host.tlsa[0].count = host.tlsa[1].count = 1;
	host.tlsa[0].record = host.tlsa[1].record = &record;
	outbound.sts_text = strings[6];
	outbound.sts_len = strings[6] ? strlen(strings[6]) : 0;
	check(&outbound, &host);
	for (i = 0; i < 7; i++)
		free(strings[i]);
	return 0;
}
