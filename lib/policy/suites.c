/* SPDX-License-Identifier: MIT */
/*
 * policy/suites: which of the suites that were asked for can be used.
 *
 * Of several causes the one reported is the one that an administrator would
 * have to remove first: OpenSSL itself would not use the suite, then the loaded
 * TLS library lacks it, then it needs something that is not allowed.
 */
#include "policy/compile.h"

#include <string.h>

static int version_among(uint8_t versions, const struct stls_suite *suite)
{
	uint8_t has = STLS_PROTOCOL_TLS & ~STLS_PROTOCOL_TLS1_3;

	if (suite->min_version == STLS_TLS1_3)
		has = STLS_PROTOCOL_TLS1_3;
	else if (suite->min_version == STLS_TLS1_2)
		has = STLS_PROTOCOL_TLS1_2;
	return versions & has;
}

static int needs_shared_key(const struct stls_suite *suite)
{
	static const uint8_t kx = STLS_KX_PSK | STLS_KX_RSAPSK |
				  STLS_KX_DHEPSK | STLS_KX_ECDHEPSK |
				  STLS_KX_SRP;

	return suite->kx & kx;
}

static int has_group(const struct smtptls_policy *policy, unsigned first,
		     unsigned last)
{
	unsigned i;

	for (i = 0; i < policy->group_count; i++) {
		unsigned code = stls_group(policy->group[i])->code;

		if (code >= first && code <= last)
			return 1;
	}
	return 0;
}

static int has_sigalg(const struct smtptls_policy *policy, const char *prefix)
{
	unsigned i;

	for (i = 0; i < policy->sigalg_count; i++) {
		if (strncmp(stls_sigalg(policy->sigalg[i])->gnutls, prefix,
			    strlen(prefix)) == 0)
			return 1;
	}
	return 0;
}

static int has_tls13_sigalg(const struct smtptls_policy *policy)
{
	unsigned i;

	for (i = 0; i < policy->sigalg_count; i++) {
		if (stls_sigalg(policy->sigalg[i])->gnutls_tls13[0])
			return 1;
	}
	return 0;
}

/* What else the suite needs that the lists do not allow, or NULL. */
static const char *lacking(const struct smtptls_policy *policy,
			   const struct stls_suite *suite)
{
	if (suite->min_version == STLS_TLS1_3)
		return has_tls13_sigalg(policy)
			       ? NULL
			       : "no allowed signature algorithm can be used "
				 "in TLS 1.3";
	if (suite->kx & STLS_KX_ECDHE && !has_group(policy, 1, 255))
		return "groups has no elliptic curve for it";
	if (suite->kx & STLS_KX_DHE && !has_group(policy, 256, 511))
		return "groups has no ffdhe group for it";
	if (suite->au & STLS_AU_DSS && !has_sigalg(policy, "SIGN-DSA"))
		return "sigalgs has no DSA for it";
	return NULL;
}

static void judge_suite(const struct compiler *compiler, int row,
			struct smtptls_policy_suite *out)
{
	const struct smtptls_policy *policy = compiler->policy;
	const struct stls_suite *suite = stls_suite((size_t)row);

	if (needs_shared_key(suite)) {
		out->lost = SMTPTLS_LOST_CREDENTIALS;
		out->cause = "it needs a pre-shared key or SRP";
	} else if (version_among(compiler->disabled, suite) &&
		   !version_among(policy->versions, suite)) {
		out->lost = SMTPTLS_LOST_SYSTEM;
		out->cause = "the system's GnuTLS policy disables its protocol "
			     "versions";
	} else if (!version_among(policy->versions, suite)) {
		out->lost = SMTPTLS_LOST_PROTOCOLS;
		out->cause = "no enabled protocol version has it";
	} else if (!stls_cipher_list_allows(&compiler->ciphers, suite,
					    policy->security_level)) {
		out->lost = SMTPTLS_LOST_SECURITY_LEVEL;
		out->cause = "it is too weak for the security level";
	} else if (compiler->abilities->suite[row] == STLS_ABSENT) {
		out->lost = SMTPTLS_LOST_GNUTLS;
		out->cause = "the loaded GnuTLS does not have it";
	} else if (compiler->abilities->suite[row] == STLS_DISABLED) {
		out->lost = SMTPTLS_LOST_SYSTEM;
		out->cause = "the system's GnuTLS policy disables it";
	} else if (suite->au & STLS_AU_NULL) {
		out->lost = SMTPTLS_LOST_ANONYMOUS;
		out->cause = "it uses no certificate: no priority string "
			     "enables it";
	} else if (lacking(policy, suite)) {
		out->lost = SMTPTLS_LOST_PARAMETERS;
		out->cause = lacking(policy, suite);
	}
}

static const char *or_null(const char *name)
{
	return name[0] ? name : NULL;
}

static void add_suite(const struct compiler *compiler, uint8_t row)
{
	struct smtptls_policy *policy = compiler->policy;
	const struct stls_suite *suite = stls_suite(row);
	struct smtptls_policy_suite *out = &policy->suite[policy->suite_count];

	policy->suite_row[policy->suite_count++] = row;
	out->openssl = or_null(suite->openssl);
	out->iana = or_null(suite->iana);
	out->gnutls = or_null(suite->gnutls);
	out->protocol = stls_protocol_name(suite->min_version);
	judge_suite(compiler, row, out);
}

void stls_suites_add(const struct compiler *compiler)
{
	unsigned i;

	for (i = 0; i < compiler->ciphersuites.count; i++)
		add_suite(compiler, compiler->ciphersuites.suite[i]);
	for (i = 0; i < compiler->ciphers.count; i++)
		add_suite(compiler, compiler->ciphers.suite[i]);
}
