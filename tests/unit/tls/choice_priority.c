/* SPDX-License-Identifier: MIT */
/*
 * choice_priority: what a session may sign with after a choice, as GnuTLS reads
 * it. A server requests the same of clients' certificates.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <gnutls/gnutls.h>

#include "../help/hello.h"
#include "../help/policy_help.h"
#include "policy/key_type.h"
#include "tls/choice_priority.h"

#define LIST(...)                                                              \
	(const unsigned[])                                                     \
	{                                                                      \
		__VA_ARGS__, 0                                                 \
	}
#define SIGNS 3

/* What the session was given last. */
static unsigned sign[SIGNS];
static int sign_count;

int __real_gnutls_priority_set(gnutls_session_t tls,
			       gnutls_priority_t priorities);
int __wrap_gnutls_priority_set(gnutls_session_t tls,
			       gnutls_priority_t priorities);

int __wrap_gnutls_priority_set(gnutls_session_t tls,
			       gnutls_priority_t priorities)
{
	const unsigned *list;
	int i;

	sign_count = gnutls_priority_sign_list(priorities, &list);
	for (i = 0; i < SIGNS && i < sign_count; i++)
		sign[i] = list[i];
	return __real_gnutls_priority_set(tls, priorities);
}

static void test_signs(void **state)
{
	static const struct {
		const char *sigalgs;
		int count;
		unsigned sign[SIGNS];
	} rows[] = {
		{ "RSA+SHA512", 1, { GNUTLS_SIGN_RSA_SHA512 } },
		{ "RSA+SHA512:RSA+SHA256",
		  2,
		  { GNUTLS_SIGN_RSA_SHA512, GNUTLS_SIGN_RSA_SHA256 } },
		{ "rsa_pss_rsae_sha384:RSA+SHA512",
		  2,
		  { GNUTLS_SIGN_RSA_PSS_RSAE_SHA384, GNUTLS_SIGN_RSA_SHA512 } },
	};
	const struct hello_spec spec = {
		.suites = LIST(0xc02f),
		.groups = LIST(23),
		.sigalgs = LIST(0x0805, 0x0601),
	};
	struct stls_client_hello parsed;
	struct stls_choice choice;
	struct smtptls_policy *policy;
	gnutls_session_t tls;
	struct hello hello;
	size_t i;
	int j;

	(void)state;
	hello_make(&hello, &spec);
	assert_int_equal(
		stls_client_hello_parse(&parsed, hello.bytes, hello.len), 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		policy = new_policy(&(struct smtptls_policy_spec){
			.protocols = "TLSv1.2", .sigalgs = rows[i].sigalgs });
		assert_int_equal(stls_select(policy, &parsed,
					     SMTPTLS_KEY_RSA_SIGN, &choice),
				 0);
		assert_int_equal(gnutls_init(&tls, GNUTLS_SERVER), 0);
		assert_int_equal(stls_choice_priority_set(policy, tls, &choice,
							  choice.key),
				 0);
		assert_int_equal(sign_count, rows[i].count);
		for (j = 0; j < sign_count; j++)
			assert_int_equal(sign[j], rows[i].sign[j]);
		gnutls_deinit(tls);
		smtptls_policy_unref(policy);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signs),
	};

	return cmocka_run_group_tests_name("choice_priority", tests, NULL,
					   NULL);
}
