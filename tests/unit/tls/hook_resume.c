/* SPDX-License-Identifier: MIT */
/* What the hook lets OpenSSL's client resume, and with which suite. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../help/hook_help.h"

#define CHACHA "ECDHE-RSA-CHACHA20-POLY1305"
#define AES128 "ECDHE-RSA-AES128-GCM-SHA256"

static void resume(int max, int version)
{
	struct smtptls_config *config =
		hook_config(POLICY(.ciphers = "HIGH"), CERT_RSA);
	struct smtptls_config *other =
		hook_config(POLICY(.ciphers = "HIGH:+" AES128), CERT_RSA);
	struct client_result first, second;

	client_connect(config, CLIENT(.max = max), &first);
	assert_true(first.ok);
	assert_int_equal(first.version, version);
	assert_non_null(first.session);
	client_connect(config, CLIENT(.max = max, .session = first.session),
		       &second);
	assert_true(second.ok);
	assert_true(second.resumed);
	assert_true(second.info.resumed);
	assert_string_equal(second.cipher, first.cipher);
	SSL_SESSION_free(second.session);
	/* The same suites in another order make a different configuration. */
	client_connect(other, CLIENT(.max = max, .session = first.session),
		       &second);
	assert_true(second.ok);
	assert_false(second.resumed);
	SSL_SESSION_free(second.session);
	SSL_SESSION_free(first.session);
	smtptls_config_unref(other);
	smtptls_config_unref(config);
}

static void resume_tls12(void **state)
{
	(void)state;
	resume(TLS1_2_VERSION, TLS1_2_VERSION);
}

static void resume_tls13(void **state)
{
	(void)state;
	resume(0, TLS1_3_VERSION);
}

/* The ticket's suite applies, although the client now prefers another. */
static void resume_another_suite(void **state)
{
	struct smtptls_config *config =
		hook_config(POLICY(.flags = SMTPTLS_PREFER_CLIENT), CERT_RSA);
	struct client_result first, second;

	(void)state;
	client_connect(config, CLIENT(.max = TLS1_2_VERSION, .ciphers = AES128),
		       &first);
	assert_string_equal(first.cipher, AES128);
	client_connect(config,
		       CLIENT(.max = TLS1_2_VERSION,
			      .ciphers = CHACHA ":" AES128,
			      .session = first.session),
		       &second);
	assert_true(second.ok);
	assert_true(second.resumed);
	assert_string_equal(second.cipher, AES128);
	SSL_SESSION_free(first.session);
	SSL_SESSION_free(second.session);
	smtptls_config_unref(config);
}

/* Under TLS 1.3 a ticket implies a hash: a full handshake, not an alert. */
static void ticket_hash(void **state)
{
	static const char *const suites[] = { "TLS_AES_256_GCM_SHA384",
					      "TLS_AES_128_GCM_SHA256" };
	struct smtptls_config *config =
		hook_config(POLICY(.ciphers = "HIGH"), CERT_RSA);
	struct client_result first, second;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		client_connect(config, CLIENT(.ciphersuites = suites[i]),
			       &first);
		assert_string_equal(first.cipher, suites[i]);
		client_connect(config,
			       CLIENT(.ciphersuites = suites[!i],
				      .session = first.session),
			       &second);
		assert_true(second.ok);
		assert_false(second.resumed);
		assert_string_equal(second.cipher, suites[!i]);
		SSL_SESSION_free(first.session);
		SSL_SESSION_free(second.session);
	}
	/* Another suite with the same hash may resume. */
	client_connect(config, CLIENT(.ciphersuites = suites[1]), &first);
	client_connect(config,
		       CLIENT(.ciphersuites = "TLS_CHACHA20_POLY1305_SHA256",
			      .session = first.session),
		       &second);
	assert_true(second.ok);
	assert_true(second.resumed);
	SSL_SESSION_free(first.session);
	SSL_SESSION_free(second.session);
	smtptls_config_unref(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resume_tls12),
		cmocka_unit_test(resume_tls13),
		cmocka_unit_test(resume_another_suite),
		cmocka_unit_test(ticket_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
