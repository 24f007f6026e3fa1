/* SPDX-License-Identifier: MIT */
/*
 * judge: what is wrong with a destination, and what to change.
 *
 * The findings on the domain are here, those on its hosts in judge_host.c. A
 * problem for senders is CRITICAL; one for some of them, or for all of them
 * soon, is a WARNING; UNKNOWN means that this side could not find out; anything
 * acceptable is a note.
 */
#include "judge.h"

#include <stdio.h>
#include <string.h>

static void judge_mx(struct destination *destination)
{
	const struct smtptls_dns *mx = &destination->outbound.mx;
	struct findings *findings = &destination->findings;

	switch (mx->status) {
	case SMTPTLS_DNS_BOGUS:
		find(findings, CRITICAL,
		     "sign the zone again, and compare the DS record at its "
		     "parent with its key",
		     "DNSSEC validation of the MX records failed: every sender "
		     "that validates defers");
		return;
	case SMTPTLS_DNS_FAILED:
		find(findings, UNKNOWN,
		     "check that the domain's name servers answer, and the "
		     "resolver here",
		     "the look-up of the MX records failed");
		return;
	default:
		break;
	}
	if (mx->answer == SMTPTLS_DNS_NXDOMAIN)
		find(findings, CRITICAL, NULL, "the domain does not exist");
	else if (mx->answer == SMTPTLS_DNS_NODATA)
		find(findings, NOTE, NULL,
		     "the domain has no MX record, and is its own host");
	if (destination->hosts_left_out > 0)
		find(findings, WARNING, NULL,
		     "the domain has more than %d MX records: %zu were left "
		     "out",
		     HOSTS_MAX, destination->hosts_left_out);
}

/* The hosts have TLSA records, but the MX records are unsigned. */
static void judge_insecure_mx(struct destination *destination)
{
	size_t i;

	if (destination->outbound.configured ||
	    destination->outbound.mx.status != SMTPTLS_DNS_INSECURE)
		return;
	for (i = 0; i < destination->host_count; i++) {
		if (destination->hosts[i].plan.level != SMTPTLS_LEVEL_DANE)
			continue;
		find(&destination->findings, WARNING,
		     "sign the domain's zone, and have its DS record put into "
		     "the parent zone",
		     "the hosts have TLSA records, but the domain's MX records "
		     "are not signed: senders that follow RFC 7672 section "
		     "2.2.1 do not use DANE (Postfix does), and whoever "
		     "forges the MX records gets the mail");
		return;
	}
}

/* ---- MTA-STS ---- */

static void judge_sts_lines(struct destination *destination)
{
	struct smtptls_sts_line line = { .number = 0 };
	const struct smtptls_sts_policy *policy = &destination->sts.policy;
	char value[100];

	while (smtptls_sts_line(policy, &line, sizeof(line))) {
		if (!line.fault)
			continue;
		escape(value, sizeof(value), line.key ? line.value : "",
		       line.key ? line.value_len : 0);
		find(&destination->findings, WARNING,
		     "correct the line in the policy, and change the id in "
		     "the TXT record",
		     "MTA-STS policy, line %d%s%s%s: %s", line.number,
		     line.key ? " \"" : "", value, line.key ? "\"" : "",
		     line.fault);
	}
}

static void judge_sts(struct destination *destination)
{
	const struct sts_fact *sts = &destination->sts;
	struct findings *findings = &destination->findings;
	char change[400];

	if (!sts->asked)
		return;
	if (sts->id_error == SMTPTLS_E_LIMIT)
		find(findings, WARNING, "leave one of them",
		     "more than one TXT record at _mta-sts.%s begins with "
		     "\"v=STSv1;\": senders take the domain for one without a "
		     "policy",
		     destination->name);
	else if (sts->id_error < 0)
		find(findings, WARNING,
		     "write it as \"v=STSv1; id=20260101T000000;\"",
		     "the TXT record at _mta-sts.%s is malformed: senders take "
		     "the domain for one without a policy",
		     destination->name);
	snprintf(change, sizeof(change),
		 destination->outbound.sts_state == SMTPTLS_STS_WEBPKI_INVALID
			 ? "install a certificate of a public authority for "
			   "the name mta-sts.%.253s there"
			 : "serve "
			   "https://mta-sts.%.253s/.well-known/mta-sts.txt, or "
			   "remove the TXT record",
		 destination->name);
	if (destination->outbound.sts_state == SMTPTLS_STS_WEBPKI_INVALID ||
	    destination->outbound.sts_state == SMTPTLS_STS_FETCH_ERROR)
		find(findings, WARNING, change,
		     "MTA-STS is announced, but its policy cannot be fetched: "
		     "%s",
		     sts->error);
	else if (destination->outbound.sts_state == SMTPTLS_STS_POLICY_INVALID)
		find(findings, WARNING,
		     "correct the policy, and change the id in the TXT record",
		     "what was fetched as the MTA-STS policy is not one: %s",
		     sts->error);
	else if (sts->error[0])
		find(findings, UNKNOWN, NULL, "%s", sts->error);
	if (sts->parsed)
		judge_sts_lines(destination);
}

/* Note whether the domain lets senders do without TLS. */
static void judge_strength(struct destination *destination)
{
	size_t i, opportunistic = 0;

	if (destination->outbound.configured)
		return;
	for (i = 0; i < destination->host_count; i++) {
		const struct smtptls_plan *plan = &destination->hosts[i].plan;

		opportunistic += !plan->skip && plan->clear;
	}
	if (opportunistic > 0)
		find(&destination->findings, NOTE,
		     "publish TLSA records in a signed zone (DANE), or an "
		     "MTA-STS policy with mode enforce",
		     "senders use TLS only while it is offered: anyone in "
		     "between can remove the offer, or pose as the host");
}

void judge(struct destination *destination, const struct options *options)
{
	size_t i;

	if (!destination->outbound.configured)
		judge_mx(destination);
	judge_sts(destination);
	judge_insecure_mx(destination);
	for (i = 0; i < destination->host_count; i++)
		judge_host(destination, &destination->hosts[i], options);
	judge_strength(destination);
}
