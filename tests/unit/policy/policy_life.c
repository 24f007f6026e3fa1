/* SPDX-License-Identifier: MIT */
/*
 * A policy's life: limits, callers built against other versions, owners in
 * several threads, and running out of memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <smtptls/conn.h>

#include "../help/no_memory.h"
#include "policy/policy.h"
#include "../help/policy_help.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- limits ---- */

/* For lookups only: it has suites, and no session can use it. */
static void test_list_only(void **state)
{
	struct smtptls_policy_spec spec = { .ciphers = "DSS",
					    .protocols = "TLSv1.2",
					    .flags = SMTPTLS_LIST_ONLY };
	struct smtptls_policy *policy = new_policy(&spec);
	struct smtptls_config *config;
	const struct smtptls_policy_suite *suite;
	size_t i;

	(void)state;
	for (i = 0; (suite = smtptls_policy_suite(policy, i)); i++)
		assert_int_not_equal(suite->lost, SMTPTLS_KEPT);
	assert_in_range(i, 15, 30);
	assert_null(smtptls_policy_priority(policy));
	assert_int_equal(smtptls_config_new(&config), 0);
	assert_int_equal(smtptls_config_set_policy(config, policy),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_config_freeze(config), 0);
	smtptls_config_unref(config);
	smtptls_policy_unref(policy);
}

static void test_limits(void **state)
{
	static const char *const names[] = { "protocols", "ciphers",
					     "ciphersuites", "groups",
					     "sigalgs" };
	char *text = malloc(65538), sentence[128], expected[128];
	struct smtptls_policy_spec spec;
	struct smtptls_policy *policy;
	const char **fields[] = { &spec.protocols, &spec.ciphers,
				  &spec.ciphersuites, &spec.groups,
				  &spec.sigalgs };
	size_t i;

	(void)state;
	assert_non_null(text);
	memset(text, ':', 65537);
	text[65537] = '\0';
	for (i = 0; i < COUNT(fields); i++) {
		memset(&spec, 0, sizeof(spec));
		*fields[i] = text;
		assert_int_equal(smtptls_policy_new(&policy, &spec,
						    sizeof(spec), sentence,
						    sizeof(sentence)),
				 SMTPTLS_E_LIMIT);
		snprintf(expected, sizeof(expected), "%s: longer than 64 KiB",
			 names[i]);
		assert_string_equal(sentence, expected);
	}
	memset(text, ' ', 65536);
	memcpy(text, "HIGH", 4);
	text[65536] = '\0';
	memset(&spec, 0, sizeof(spec));
	spec.ciphers = text;
	policy = new_policy(&spec);
	smtptls_policy_unref(policy);
	free(text);
}

/* Callers built against other versions have fewer fields, or more. */
static void test_sizes(void **state)
{
	struct {
		struct smtptls_policy_spec spec;
		const char *unknown;
	} larger;
	struct smtptls_policy *policy;

	(void)state;
	memset(&larger, 0, sizeof(larger));
	larger.spec.protocols = "TLSv1.2";
	larger.spec.ciphers = "bad_";
	larger.unknown = "x";
	assert_int_equal(smtptls_policy_new(
				 &policy, &larger.spec,
				 offsetof(struct smtptls_policy_spec, ciphers),
				 NULL, 0),
			 0);
	assert_null(strstr(smtptls_policy_priority(policy), "VERS-TLS1.3"));
	smtptls_policy_unref(policy);
	larger.spec.ciphers = NULL;
	assert_int_equal(smtptls_policy_new(&policy, &larger.spec,
					    sizeof(larger), NULL, 0),
			 0);
	smtptls_policy_unref(policy);
	assert_int_equal(smtptls_policy_new(&policy, &larger.spec, 0, NULL, 0),
			 SMTPTLS_E_ARG);
}

/* ---- owners ---- */

#define THREADS 4
#define TURNS	20000

static void *take_turns(void *arg)
{
	struct smtptls_policy *policy = arg;
	int i;

	for (i = 0; i < TURNS; i++) {
		if (smtptls_policy_ref(policy) != policy ||
		    !smtptls_policy_priority(policy))
			return arg;
		smtptls_policy_unref(policy);
	}
	smtptls_policy_unref(policy);
	return NULL;
}

static void test_owners(void **state)
{
	struct smtptls_policy *policy;
	pthread_t threads[THREADS];
	void *result;
	size_t i;

	(void)state;
	assert_null(smtptls_policy_ref(NULL));
	smtptls_policy_unref(NULL);
	assert_int_equal(smtptls_policy_new(&policy, NULL, 0, NULL, 0), 0);
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, take_turns,
						smtptls_policy_ref(policy)),
				 0);
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_null(result);
	}
	assert_int_equal(atomic_load(&policy->owners), 1);
	smtptls_policy_unref(policy);
}

/* ---- memory ---- */

static void test_memory(void **state)
{
	struct smtptls_policy_spec spec = {
		.ciphers = "HIGH:x:y:@SECLEVEL=1",
		.protocols = "SSLv23:!SSLv2:!SSLv3",
		.groups = "sect571r1:P-256",
		.sigalgs = "RSA+SHA1:RSA+SHA256",
	};
	struct smtptls_policy *const elsewhere = (void *)&spec;
	struct smtptls_policy *policy;
	char sentence[64];
	int ret, n, failures = 0;

	(void)state;
	for (n = 0; n < 1000; n++) {
		policy = elsewhere;
		memset(sentence, 'x', sizeof(sentence));
		allocations_left = n;
		ret = smtptls_policy_new(&policy, &spec, sizeof(spec), sentence,
					 sizeof(sentence));
		if (allocations_left >= 0) {
			allocations_left = -1;
			break;
		}
		allocations_left = -1;
		assert_int_equal(ret, SMTPTLS_E_NOMEM);
		assert_null(policy);
		assert_string_equal(sentence,
				    smtptls_strerror(SMTPTLS_E_NOMEM));
		failures++;
	}
	assert_int_equal(ret, 0);
	assert_true(failures >= 12);
	smtptls_policy_unref(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list_only), cmocka_unit_test(test_limits),
		cmocka_unit_test(test_sizes),	  cmocka_unit_test(test_owners),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
