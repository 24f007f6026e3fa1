/* SPDX-License-Identifier: MIT */
/*
 * policy/nothing_left: why a policy would serve nobody, as an error.
 *
 * Called when a part of the policy, as compiled so far, is empty. It reports
 * the first empty part in the order versions, signature algorithms, groups,
 * suites. If the system's GnuTLS policy is the cause, it names the line of its
 * file.
 */
#include "policy/compile.h"

#include <stdio.h>
#include <string.h>

#include "policy/security_level.h"

/* After "the system's GnuTLS policy disables it": the remedy, if known. */
const char *stls_policy_system_cure(const struct smtptls_policy *policy,
				    int kind, unsigned which,
				    char cure[STLS_CURE_SIZE])
{
	static const char before[] = ": ";
	size_t len = strlen(before);

	memcpy(cure, before, sizeof(before));
	return stls_system_cure(&policy->system, kind, which, cure + len,
				STLS_CURE_SIZE - len)
		       ? cure
		       : "";
}

static int nothing_left(const struct compiler *compiler, const char *why)
{
	return stls_sentence(compiler->error, SMTPTLS_E_UNSUPPORTED,
			     "these settings leave nothing to negotiate: %s",
			     why);
}

/*
 * Report the first lost suite, since it was preferred most. But skip suites
 * whose version is not enabled, such as the default ones of TLS 1.3: they were
 * not wanted.
 */
static int no_suite(const struct compiler *compiler)
{
	const struct smtptls_policy *policy = compiler->policy;
	const struct smtptls_policy_suite *first;
	char why[160 + STLS_CURE_SIZE], cure[STLS_CURE_SIZE] = "";
	unsigned i, at = 0;

	if (policy->suite_count == 0)
		return nothing_left(compiler, "there is no cipher suite");
	for (i = 0; i < policy->suite_count; i++) {
		if (policy->suite[i].lost != SMTPTLS_LOST_PROTOCOLS) {
			at = i;
			break;
		}
	}
	first = &policy->suite[at];
	if (first->lost == SMTPTLS_LOST_SYSTEM)
		(void)stls_policy_system_cure(policy, STLS_SYSTEM_SUITE,
					      policy->suite_row[at], cure);
	(void)snprintf(why, sizeof(why), "%s: %s%s",
		       first->openssl ? first->openssl : "", first->cause,
		       cure);
	return nothing_left(compiler, why);
}

/* The system's policy disables what was asked for; gives `which`'s remedy. */
static int disabled_all(const struct compiler *compiler, const char *what,
			int kind, unsigned which)
{
	char why[STLS_CURE_SIZE + 80], cure[STLS_CURE_SIZE];

	(void)snprintf(
		why, sizeof(why),
		"the system's GnuTLS policy disables the %s%s", what,
		stls_policy_system_cure(compiler->policy, kind, which, cure));
	return nothing_left(compiler, why);
}

static int no_sigalg(const struct compiler *compiler)
{
	unsigned i;

	for (i = 0; i < compiler->sigalgs.count; i++) {
		uint8_t row = compiler->sigalgs.sigalg[i];

		if (compiler->abilities->sigalg[row] == STLS_DISABLED &&
		    stls_sigalg_bits(stls_sigalg(row)->code) >=
			    stls_security_bits(
				    compiler->policy->security_level))
			return disabled_all(compiler, "signature algorithms",
					    STLS_SYSTEM_SIGALG, row);
	}
	return nothing_left(compiler, "no signature algorithm is left");
}

static int no_group(const struct compiler *compiler)
{
	unsigned i;

	for (i = 0; i < compiler->groups.count; i++) {
		uint8_t row = compiler->groups.choice[i].group;

		if (compiler->abilities->group[row] == STLS_DISABLED &&
		    stls_group_bits(stls_group(row)->code) >=
			    stls_security_bits(
				    compiler->policy->security_level))
			return disabled_all(compiler, "groups",
					    STLS_SYSTEM_GROUP, row);
	}
	return nothing_left(compiler, "no group is left");
}

static int no_version(const struct compiler *compiler)
{
	static const uint8_t old = STLS_PROTOCOL_TLS1_0 | STLS_PROTOCOL_TLS1_1;

	if (compiler->disabled)
		return disabled_all(compiler, "protocol versions",
				    STLS_SYSTEM_VERSION, compiler->disabled);
	if (compiler->protocols.enabled & old)
		return nothing_left(compiler,
				    "TLSv1 and TLSv1.1 need @SECLEVEL=0 in the "
				    "cipher list");
	return nothing_left(
		compiler,
		"protocols and ciphersuites leave no protocol version");
}

int stls_nothing_left(const struct compiler *compiler)
{
	const struct smtptls_policy *policy = compiler->policy;

	if (policy->versions == 0)
		return no_version(compiler);
	if (policy->sigalg_count == 0)
		return no_sigalg(compiler);
	if (policy->group_count == 0)
		return no_group(compiler);
	return no_suite(compiler);
}
