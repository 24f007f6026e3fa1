/* SPDX-License-Identifier: MIT */
/*
 * policy/policy: what TLS may negotiate: the object and its accessors.
 *
 * It is made by compile.c and never changes afterwards, except for the count of
 * its owners and the caches that lib/tls attaches.
 */
#include "policy/policy.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int stls_sentence(const struct stls_sentence *sentence, int error,
		  const char *format, ...)
{
	va_list args;

	if (!sentence->text || sentence->size == 0)
		return error;
	va_start(args, format);
	(void)vsnprintf(sentence->text, sentence->size, format, args);
	va_end(args);
	return error;
}

int stls_policy_warn(struct smtptls_policy *policy, const char *format, ...)
{
	va_list args;
	int ret;

	va_start(args, format);
	ret = stls_texts_add(&policy->warnings, format, args);
	va_end(args);
	return ret;
}

int stls_policy_has_suite(const struct smtptls_policy *policy, int row)
{
	unsigned i;

	for (i = 0; i < policy->suite_count; i++) {
		if (policy->suite_row[i] == row)
			return policy->suite[i].lost == SMTPTLS_KEPT ||
			       policy->suite[i].lost == SMTPTLS_LOST_PRODUCT;
	}
	return 0;
}

void stls_policy_clear(struct smtptls_policy *policy)
{
	stls_texts_free(&policy->warnings);
	free(policy->priority);
	free(policy->given.protocols);
	free(policy->given.ciphers);
	free(policy->given.ciphersuites);
	free(policy->given.groups);
	free(policy->given.sigalgs);
	stls_system_policy_clear(&policy->system);
	if (policy->attached_free)
		policy->attached_free(policy->attached);
	if (policy->seen_free)
		policy->seen_free(policy->seen);
}

/* ---- answers ---- */

struct smtptls_policy *smtptls_policy_ref(struct smtptls_policy *policy)
{
	if (policy)
		atomic_fetch_add_explicit(&policy->owners, 1,
					  memory_order_relaxed);
	return policy;
}

void smtptls_policy_unref(struct smtptls_policy *policy)
{
	if (!policy || atomic_fetch_sub_explicit(&policy->owners, 1,
						 memory_order_acq_rel) != 1)
		return;
	stls_policy_clear(policy);
	free(policy);
}

const char *smtptls_policy_priority(const struct smtptls_policy *policy)
{
	return policy ? policy->priority : NULL;
}

const struct smtptls_policy_suite *
smtptls_policy_suite(const struct smtptls_policy *policy, size_t i)
{
	return policy && i < policy->suite_count ? &policy->suite[i] : NULL;
}

const char *smtptls_policy_warning(const struct smtptls_policy *policy,
				   size_t i)
{
	return policy ? stls_texts_get(&policy->warnings, i) : NULL;
}

int smtptls_policy_security_level(const struct smtptls_policy *policy)
{
	return policy ? policy->security_level : SMTPTLS_E_ARG;
}
