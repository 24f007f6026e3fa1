/* SPDX-License-Identifier: MIT */
/*
 * outbound/skip: why a host is not tried, and what that means for the message
 * when no host is left.
 *
 * A failed or bogus look-up always defers the message: nothing was learnt, and
 * the next one may succeed. So its rank is the highest, and an attacker gains
 * neither a bounce nor anything weaker by breaking an answer.
 */
#include "outbound/skip.h"

#include <stddef.h>

#include <smtptls/outbound.h>

enum {
	RANK_NULL_MX = 1,
	RANK_NO_HOST,
	RANK_REQUIRETLS,
	RANK_NO_REQUIRETLS,
	RANK_POLICY,
	RANK_LOOKUP
};

#define REASONS (SMTPTLS_SKIP_NO_REQUIRETLS + 1)

static const struct stls_skip reasons[REASONS] = {
	[SMTPTLS_SKIP_UNKNOWN] = { RANK_LOOKUP, SMTPTLS_DEFER, "4.3.5",
				   "nothing is known of the host", NULL },
	[SMTPTLS_SKIP_MX] = { RANK_LOOKUP, SMTPTLS_DEFER, "4.4.3",
			      "the MX look-up gave no host to deliver to",
			      NULL },
	[SMTPTLS_SKIP_NULL_MX] = { RANK_NULL_MX, SMTPTLS_BOUNCE, "5.1.10",
				   "the domain does not accept mail (null MX)",
				   NULL },
	[SMTPTLS_SKIP_NAME] = { RANK_NO_HOST, SMTPTLS_BOUNCE, "5.4.4",
				"the MX record does not have a host name",
				NULL },
	[SMTPTLS_SKIP_NO_ADDRESS] = { RANK_NO_HOST, SMTPTLS_BOUNCE, "5.4.4",
				      "the host has no address", NULL },
	[SMTPTLS_SKIP_ADDRESS_FAILED] = { RANK_LOOKUP, SMTPTLS_DEFER, "4.4.3",
					  "the look-up of the host's addresses "
					  "failed",
					  NULL },
	[SMTPTLS_SKIP_ADDRESS_BOGUS] = { RANK_LOOKUP, SMTPTLS_DEFER, "4.4.3",
					 "DNSSEC validation of the host's "
					 "addresses failed",
					 "dnssec-invalid" },
	[SMTPTLS_SKIP_TLSA_FAILED] = { RANK_LOOKUP, SMTPTLS_DEFER, "4.4.3",
				       "the look-up of the host's TLSA records "
				       "failed",
				       "dnssec-invalid" },
	[SMTPTLS_SKIP_TLSA_BOGUS] = { RANK_LOOKUP, SMTPTLS_DEFER, "4.4.3",
				      "DNSSEC validation of the host's TLSA "
				      "records failed",
				      "dnssec-invalid" },
	[SMTPTLS_SKIP_NO_TLSA] = { RANK_POLICY, SMTPTLS_DEFER, "4.7.5",
				   "DANE is required here, and the host has no "
				   "usable TLSA records",
				   "dane-required" },
	[SMTPTLS_SKIP_STS] = { RANK_POLICY, SMTPTLS_DEFER, "4.7.5",
			       "the domain's MTA-STS policy does not name the "
			       "host",
			       "validation-failure" },
	[SMTPTLS_SKIP_STS_FAILED] = { RANK_LOOKUP, SMTPTLS_DEFER, "4.4.3",
				      "REQUIRETLS depends on the domain's "
				      "MTA-STS policy, which could not be "
				      "looked up or fetched",
				      NULL },
	[SMTPTLS_SKIP_NO_NAME] = { RANK_POLICY, SMTPTLS_DEFER, "4.3.5",
				   "authentication is required, but no name to "
				   "look for is known",
				   NULL },
	[SMTPTLS_SKIP_REQUIRETLS] = { RANK_REQUIRETLS, SMTPTLS_BOUNCE, "5.7.10",
				      "REQUIRETLS asks for a host that DNSSEC "
				      "or MTA-STS vouches for, and for its "
				      "name's authentication",
				      NULL },
	[SMTPTLS_SKIP_CONNECTION] = { RANK_LOOKUP, SMTPTLS_DEFER, "4.4.1",
				      "no connection to the host, or it was "
				      "lost",
				      NULL },
	[SMTPTLS_SKIP_TLS] = { RANK_POLICY, SMTPTLS_DEFER, "4.7.5",
			       "the TLS required for the host failed", NULL },
	[SMTPTLS_SKIP_NO_REQUIRETLS] = { RANK_NO_REQUIRETLS, SMTPTLS_BOUNCE,
					 "5.7.30",
					 "the host does not offer REQUIRETLS",
					 NULL },
};

/* With REQUIRETLS, every failed policy is a lack of authenticated TLS. */
static const struct stls_skip refused_policy = {
	RANK_REQUIRETLS, SMTPTLS_BOUNCE, "5.7.10",
	"REQUIRETLS asks for authenticated TLS, which could not be established",
	NULL
};

const struct stls_skip *stls_skip(int skip, int requiretls)
{
	if (skip <= SMTPTLS_TRY || skip >= REASONS)
		return NULL;
	if (requiretls && reasons[skip].rank == RANK_POLICY)
		return &refused_policy;
	return &reasons[skip];
}
