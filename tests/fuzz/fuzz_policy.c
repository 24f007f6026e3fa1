/* SPDX-License-Identifier: MIT */
/*
 * Strings to a policy. The first byte's five low bits say which fields of
 * struct smtptls_policy_spec are set, its three high bits the security level;
 * the rest is the strings, each terminated by a NUL or the end of the input.
 *
 * Whatever the strings are: an error comes with a sentence, and a policy's
 * priority string enables exactly the suites that the policy reports as kept,
 * according to GnuTLS itself.
 */
#include <string.h>

#include <gnutls/gnutls.h>

#include <smtptls/policy.h>

#include "fuzz.h"

__attribute__((noreturn)) static void wrong(const char *what, const char *word)
{
	fprintf(stderr, "fuzz_policy: %s: %s\n", what, word);
	abort();
}

static int is_kept(const struct smtptls_policy *policy, const char *name)
{
	const struct smtptls_policy_suite *suite;
	size_t i;

	for (i = 0; (suite = smtptls_policy_suite(policy, i)); i++) {
		if (suite->gnutls && strcmp(suite->gnutls, name) == 0)
			return suite->lost == SMTPTLS_KEPT;
	}
	return 0;
}

static void check_priority(const struct smtptls_policy *policy)
{
	const char *priority = smtptls_policy_priority(policy);
	const struct smtptls_policy_suite *suite;
	size_t i, kept = 0, enabled = 0;
	gnutls_priority_t priorities;
	const unsigned *versions;
	const char *name;
	unsigned index, at;
	int ret;

	if (gnutls_priority_init(&priorities, priority, NULL) < 0)
		wrong("GnuTLS refuses", priority);
	if (gnutls_priority_protocol_list(priorities, &versions) <= 0)
		wrong("no version", priority);
	for (at = 0;; at++) {
		ret = gnutls_priority_get_cipher_suite_index(priorities, at,
							     &index);
		if (ret == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			break;
		if (ret < 0)
			continue;
		name = gnutls_cipher_suite_info(index, NULL, NULL, NULL, NULL,
						NULL);
		if (!name || !is_kept(policy, name))
			wrong("enabled but not kept", name ? name : priority);
		enabled++;
	}
	gnutls_priority_deinit(priorities);
	for (i = 0; (suite = smtptls_policy_suite(policy, i)); i++) {
		kept += suite->lost == SMTPTLS_KEPT;
		if ((suite->lost == SMTPTLS_KEPT) != (suite->cause == NULL))
			wrong("cause", suite->openssl);
	}
	if (kept != enabled)
		wrong("kept but not enabled", priority);
	for (i = 0; smtptls_policy_warning(policy, i); i++) {
		if (!smtptls_policy_warning(policy, i)[0])
			wrong("an empty warning", priority);
	}
}

/* The next string, or NULL after the last. */
static const char *next_string(const char **at, const char *end)
{
	const char *string = *at;

	if (string > end)
		return NULL;
	*at += strlen(string) + 1;
	return string;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smtptls_policy_spec spec;
	const char **fields[] = { &spec.ciphers, &spec.protocols, &spec.groups,
				  &spec.ciphersuites, &spec.sigalgs };
	struct smtptls_policy *policy;
	char *copy, sentence[256] = "";
	const char *at;
	size_t i;

	if (size == 0)
		return 0;
	copy = malloc(size);
	if (!copy)
		abort();
	memcpy(copy, data + 1, size - 1);
	copy[size - 1] = '\0';
	memset(&spec, 0, sizeof(spec));
	at = copy;
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (data[0] >> i & 1)
			*fields[i] = next_string(&at, copy + size - 1);
	}
	/* 6 is SMTPTLS_SECURITY_LEVEL_0, and 7 is out of range. */
	spec.security_level = data[0] >> 5;
	if (spec.security_level == 6)
		spec.security_level = SMTPTLS_SECURITY_LEVEL_0;
	if (smtptls_policy_new(&policy, &spec, sizeof(spec), sentence,
			       sizeof(sentence)) == 0) {
		check_priority(policy);
		smtptls_policy_unref(policy);
	} else if (!sentence[0]) {
		wrong("an error without a sentence", copy);
	}
	free(copy);
	return 0;
}
