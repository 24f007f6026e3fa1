/* SPDX-License-Identifier: MIT */
/*
 * tls/policy_new: makes a policy for the loaded GnuTLS.
 *
 * Policies are independent of GnuTLS except for two questions, both asked here:
 * before a policy is compiled, what the loaded GnuTLS can do; and afterwards,
 * whether the resulting string enables nothing else. If a system file restricts
 * GnuTLS, it is read too, so that its lines can be named. A policy that fails
 * the second question is not returned: the rule "never wider" does not rest on
 * this library's tables alone.
 */
#include "tls/policy_new.h"

#include <stdlib.h>
#include <string.h>

#include <gnutls/x509.h>

#include "policy/security_level.h"
#include "tls/abilities.h"
#include "tls/choice_priority.h"
#include "tls/seen_certificates.h"
#include "tls/system_file.h"

static int make(struct smtptls_policy *policy,
		const struct smtptls_policy_spec *spec,
		const struct stls_sentence *error)
{
	struct stls_abilities abilities;
	int ret;

	ret = stls_abilities_ask(&abilities);
	if (ret == 0 && stls_abilities_restricted(&abilities))
		ret = stls_system_file_read(&policy->system);
	if (ret == 0)
		ret = stls_policy_compile(policy, spec, &abilities, error);
	if (ret == 0 && policy->priority)
		ret = stls_abilities_check(policy, error);
	if (ret == 0)
		ret = stls_choice_priority_prepare(policy);
	if (ret == 0)
		ret = stls_seen_prepare(policy);
	return ret;
}

int smtptls_policy_new(struct smtptls_policy **policy,
		       const struct smtptls_policy_spec *spec, size_t size,
		       char *errbuf, size_t errbuf_size)
{
	struct stls_sentence error = { errbuf, errbuf_size };
	struct smtptls_policy_spec full;
	struct smtptls_policy *new;
	int ret;

	(void)stls_sentence(&error, 0, "%s", "");
	if (policy)
		*policy = NULL;
	if (!policy || (spec && size == 0))
		return stls_sentence(&error, SMTPTLS_E_ARG, "%s",
				     smtptls_strerror(SMTPTLS_E_ARG));
	memset(&full, 0, sizeof(full));
	if (spec)
		memcpy(&full, spec, size < sizeof(full) ? size : sizeof(full));
	new = calloc(1, sizeof(*new));
	if (!new)
		return stls_sentence(&error, SMTPTLS_E_NOMEM, "%s",
				     smtptls_strerror(SMTPTLS_E_NOMEM));
	atomic_init(&new->owners, 1);
	ret = make(new, &full, &error);
	if (ret < 0) {
		smtptls_policy_unref(new);
		if (errbuf && errbuf_size > 0 && !errbuf[0])
			(void)stls_sentence(&error, ret, "%s",
					    smtptls_strerror(ret));
		return ret;
	}
	*policy = new;
	return 0;
}

/* ---- what a peer's chain must be ---- */

unsigned stls_policy_verify_flags(const struct smtptls_policy *policy)
{
	static const gnutls_certificate_verification_profiles_t profiles[] = {
		GNUTLS_PROFILE_VERY_WEAK, GNUTLS_PROFILE_LOW,
		GNUTLS_PROFILE_MEDIUM,	  GNUTLS_PROFILE_HIGH,
		GNUTLS_PROFILE_ULTRA,	  GNUTLS_PROFILE_FUTURE
	};
	int level;

	/*
	 * A host's own string has a profile of its own, which GnuTLS would
	 * combine bit by bit with another: LOW and MEDIUM make ULTRA.
	 */
	if (!policy)
		return 0;
	level = policy->security_level;
	return GNUTLS_PROFILE_TO_VFLAGS(profiles[level]) |
	       (level == 0 ? GNUTLS_VERIFY_ALLOW_SIGN_WITH_SHA1 : 0);
}

int stls_policy_security_bits(const struct smtptls_policy *policy)
{
	return policy ? stls_security_bits(policy->security_level) : 0;
}

/* ---- a policy's digest ---- */

void stls_policy_digest(const struct smtptls_policy *policy,
			unsigned char digest[STLS_SHA256_SIZE])
{
	unsigned char
		bytes[8 + STLS_POLICY_SUITES + STLS_GROUPS + STLS_SIGALGS];
	size_t len = 0;
	unsigned i;

	bytes[len++] = policy->selectable_versions;
	bytes[len++] = (unsigned char)policy->flags;
	bytes[len++] = (unsigned char)policy->security_level;
	bytes[len++] = policy->suiteb;
	/* The counts separate the lists. */
	bytes[len++] = policy->suite_count;
	for (i = 0; i < policy->suite_count; i++)
		bytes[len++] = stls_policy_allows(policy, i)
				       ? policy->suite_row[i]
				       : 0xff;
	bytes[len++] = policy->group_count;
	for (i = 0; i < policy->group_count; i++)
		bytes[len++] = policy->group[i];
	bytes[len++] = policy->sigalg_count;
	for (i = 0; i < policy->sigalg_count; i++)
		bytes[len++] = policy->sigalg[i];
	stls_sha256(bytes, len, digest);
}
