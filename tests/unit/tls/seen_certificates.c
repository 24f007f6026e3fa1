/* SPDX-License-Identifier: MIT */
/*
 * seen_certificates: the facts about credentials are found by their leaves
 * alone, wherever they are, and never for other leaves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../help/chain.h"
#include "../help/policy_help.h"
#include "tls/seen_certificates.h"

#define PLACES 16

static struct chain_cert *issue(unsigned key)
{
	const struct chain_spec spec = { .cn = "mx.example.org", .key = key };

	return chain_issue(&spec, NULL);
}

static gnutls_certificate_credentials_t of(struct chain_cert *a,
					   struct chain_cert *b)
{
	gnutls_certificate_credentials_t credentials;

	assert_int_equal(gnutls_certificate_allocate_credentials(&credentials),
			 0);
	if (a)
		assert_true(gnutls_certificate_set_x509_key(
				    credentials, &a->crt, 1, a->key) >= 0);
	if (b)
		assert_true(gnutls_certificate_set_x509_key(
				    credentials, &b->crt, 1, b->key) >= 0);
	return credentials;
}

/* Read and keep; NULL: there was no space left. */
static const struct stls_own_certificates *
keep(struct smtptls_policy *policy, gnutls_certificate_credentials_t all)
{
	const struct stls_own_certificates *kept;
	struct stls_own_certificates own = { 0 };
	size_t count;

	assert_int_equal(stls_own_certificates_read(&own, all, NULL), 0);
	count = own.count;
	kept = stls_seen_keep(policy, all, &own);
	assert_int_equal(own.count, kept ? 0 : count);
	if (kept)
		assert_int_equal(kept->count, count);
	stls_own_certificates_free(&own);
	return kept;
}

static void test_found(void **state)
{
	struct chain_cert *a = issue(1), *b = issue(2);
	gnutls_certificate_credentials_t one = of(a, NULL), same = of(a, NULL),
					 other = of(b, NULL), both = of(a, b),
					 turned = of(b, a),
					 none = of(NULL, NULL);
	struct smtptls_policy *policy = new_policy(NULL);
	const struct stls_own_certificates *kept;

	(void)state;
	assert_null(stls_seen_find(policy, one));
	assert_null(keep(policy, none));
	kept = keep(policy, one);
	assert_non_null(kept);
	assert_ptr_equal(stls_seen_find(policy, one), kept);
	assert_ptr_equal(stls_seen_find(policy, same), kept);
	assert_null(stls_seen_find(policy, other));
	assert_null(stls_seen_find(policy, both));
	assert_null(stls_seen_find(policy, none));
	/* The same credentials, with another certificate. */
	assert_true(gnutls_certificate_set_x509_key(one, &b->crt, 1, b->key) >=
		    0);
	assert_null(stls_seen_find(policy, one));
	kept = keep(policy, both);
	assert_ptr_equal(stls_seen_find(policy, one), kept);
	assert_null(stls_seen_find(policy, turned));
	assert_ptr_not_equal(stls_seen_find(policy, same), kept);
	smtptls_policy_unref(policy);
	gnutls_certificate_free_credentials(one);
	gnutls_certificate_free_credentials(same);
	gnutls_certificate_free_credentials(other);
	gnutls_certificate_free_credentials(both);
	gnutls_certificate_free_credentials(turned);
	gnutls_certificate_free_credentials(none);
	chain_free(a);
	chain_free(b);
}

static void test_full(void **state)
{
	gnutls_certificate_credentials_t all[PLACES + 1];
	struct smtptls_policy *policy = new_policy(NULL);
	struct chain_cert *cert;
	unsigned i;

	(void)state;
	for (i = 0; i <= PLACES; i++) {
		cert = issue(1); /* each has its own serial number */
		all[i] = of(cert, NULL);
		chain_free(cert);
		assert_null(stls_seen_find(policy, all[i]));
		assert_int_equal(keep(policy, all[i]) != NULL, i < PLACES);
	}
	for (i = 0; i <= PLACES; i++) {
		assert_int_equal(stls_seen_find(policy, all[i]) != NULL,
				 i < PLACES);
		gnutls_certificate_free_credentials(all[i]);
	}
	smtptls_policy_unref(policy);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests_name("seen_certificates", tests, NULL,
					   chain_end);
}
