/* SPDX-License-Identifier: MIT */
/*
 * outbound/sts: what a destination's MTA-STS policy means for a host (RFC 8461
 * sections 3.3 and 5).
 *
 * A policy holds until its max_age, whatever became of later attempts to fetch
 * it, so that an attacker who blocks look-ups cannot lift it. A text that is
 * not a policy, or has expired, counts as no policy.
 */
#include "outbound/sts.h"

#include <stddef.h>

static const char *fetch_result(const struct smtptls_outbound *outbound)
{
	switch (outbound->sts_state) {
	case SMTPTLS_STS_FETCHED:
		return outbound->sts_text ? NULL : "sts-policy-fetch-error";
	case SMTPTLS_STS_FETCH_ERROR:
		return "sts-policy-fetch-error";
	case SMTPTLS_STS_WEBPKI_INVALID:
		return "sts-webpki-invalid";
	case SMTPTLS_STS_POLICY_INVALID:
		return "sts-policy-invalid";
	default:
		return NULL;
	}
}

struct stls_sts stls_sts(const struct smtptls_outbound *outbound,
			 const struct smtptls_outbound_host *host)
{
	struct stls_sts sts = { 0, 0, fetch_result(outbound) };
	struct smtptls_sts_policy policy;

	if (!outbound->sts_text)
		return sts;
	if (smtptls_sts_policy_parse(&policy, sizeof(policy),
				     outbound->sts_text,
				     outbound->sts_len) < 0) {
		sts.result_type = "sts-policy-invalid";
		return sts;
	}
	if (outbound->sts_age > policy.max_age ||
	    policy.mode == SMTPTLS_STS_NONE)
		return sts;
	sts.mode = policy.mode;
	sts.listed = smtptls_sts_match(&policy, host->name);
	return sts;
}
