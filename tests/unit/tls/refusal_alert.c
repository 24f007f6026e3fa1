/* SPDX-License-Identifier: MIT */
/*
 * The alert of each refusal, as GnuTLS derives it from the error. The hellos
 * themselves are in tests/differential/hello_alerts.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <gnutls/gnutls.h>

#include "tls/refusal_alert.h"

static int alert_of(const struct stls_refusal *refusal)
{
	int level = -1;
	int alert = gnutls_error_to_alert(stls_refusal_alert(refusal), &level);

	assert_int_equal(level, GNUTLS_AL_FATAL);
	return alert;
}

/* Errors that the parser finds, or the selection. */
static void of_hello(void **state)
{
	static const int alerts[] = {
		[-STLS_HELLO_LENGTH] = GNUTLS_A_DECODE_ERROR,
		[-STLS_HELLO_EXTENSION] = GNUTLS_A_DECODE_ERROR,
		[-STLS_HELLO_DUPLICATE] = GNUTLS_A_ILLEGAL_PARAMETER,
		[-STLS_HELLO_NAMES] = GNUTLS_A_ILLEGAL_PARAMETER,
		[-STLS_HELLO_BINDERS] = GNUTLS_A_ILLEGAL_PARAMETER,
		[-STLS_HELLO_PSK_PLACE] = GNUTLS_A_ILLEGAL_PARAMETER,
		[-STLS_HELLO_NO_NULL] = GNUTLS_A_ILLEGAL_PARAMETER,
		[-STLS_HELLO_SSL3_VERSION] = GNUTLS_A_PROTOCOL_VERSION,
		[-STLS_HELLO_POINTS] = GNUTLS_A_ILLEGAL_PARAMETER,
		[-STLS_HELLO_COMPRESSION] = GNUTLS_A_ILLEGAL_PARAMETER,
		[-STLS_HELLO_NO_GROUPS] = GNUTLS_A_MISSING_EXTENSION,
		[-STLS_HELLO_NO_SHARES] = GNUTLS_A_MISSING_EXTENSION,
		[-STLS_HELLO_NO_SIGALGS] = GNUTLS_A_MISSING_EXTENSION,
		[-STLS_HELLO_NO_PSK_MODES] = GNUTLS_A_MISSING_EXTENSION,
		[-STLS_HELLO_SHARE_GROUP] = GNUTLS_A_ILLEGAL_PARAMETER,
		[-STLS_HELLO_SHARE_TWICE] = GNUTLS_A_ILLEGAL_PARAMETER,
	};
	int error;

	(void)state;
	for (error = STLS_HELLO_LENGTH; error >= STLS_HELLO_SHARE_TWICE;
	     error--) {
		struct stls_choice choice = { 0 };
		struct stls_refusal refusal = {
			.reason = SMTPTLS_REASON_BAD_HELLO,
			.choice = &choice,
			.error = error,
		};

		assert_int_equal(alert_of(&refusal), alerts[-error]);
		refusal.error = 0;
		choice.error = (int8_t)error;
		choice.step = STLS_STEP_HELLO;
		assert_int_equal(alert_of(&refusal), alerts[-error]);
	}
}

/* The step decides, whatever reason was found for it. */
static void of_step(void **state)
{
	static const int alerts[] = {
		[STLS_STEP_SSL3] = GNUTLS_A_PROTOCOL_VERSION,
		[STLS_STEP_VERSION] = GNUTLS_A_PROTOCOL_VERSION,
		[STLS_STEP_FALLBACK] = GNUTLS_A_INAPPROPRIATE_FALLBACK,
		[STLS_STEP_SUITES] = GNUTLS_A_HANDSHAKE_FAILURE,
		[STLS_STEP_DSS] = GNUTLS_A_HANDSHAKE_FAILURE,
		[STLS_STEP_KEY] = GNUTLS_A_HANDSHAKE_FAILURE,
		[STLS_STEP_USAGE] = GNUTLS_A_HANDSHAKE_FAILURE,
		[STLS_STEP_CURVE] = GNUTLS_A_HANDSHAKE_FAILURE,
		[STLS_STEP_GROUP] = GNUTLS_A_HANDSHAKE_FAILURE,
		[STLS_STEP_SIGALG] = GNUTLS_A_HANDSHAKE_FAILURE,
	};
	static const int reasons[] = {
		SMTPTLS_REASON_VERSION,	      SMTPTLS_REASON_SYSTEM_POLICY,
		SMTPTLS_REASON_GNUTLS,	      SMTPTLS_REASON_NEEDS_RSA,
		SMTPTLS_REASON_KEY_USAGE,     SMTPTLS_REASON_SIGALG,
		SMTPTLS_REASON_SECURITY_LEVEL
	};
	size_t i;
	int step;

	(void)state;
	for (step = STLS_STEP_SSL3; step <= STLS_STEP_SIGALG; step++) {
		for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
			const struct stls_choice choice = {
				.step = (uint8_t)step
			};
			const struct stls_refusal refusal = {
				.reason = reasons[i], .choice = &choice
			};

			assert_int_equal(alert_of(&refusal), alerts[step]);
		}
	}
}

/* Without a choice, or after a successful one. */
static void of_reason(void **state)
{
	const struct stls_choice choice = { 0 };
	struct stls_refusal refusal = { .reason = SMTPTLS_REASON_SNI,
					.choice = &choice };

	(void)state;
	assert_int_equal(alert_of(&refusal), GNUTLS_A_UNRECOGNIZED_NAME);
	refusal.choice = NULL;
	assert_int_equal(alert_of(&refusal), GNUTLS_A_UNRECOGNIZED_NAME);
	refusal.reason = SMTPTLS_REASON_SSL2_HELLO;
	assert_int_equal(alert_of(&refusal), GNUTLS_A_PROTOCOL_VERSION);
	refusal.reason = SMTPTLS_REASON_OUTSIDE;
	assert_int_equal(alert_of(&refusal), GNUTLS_A_ILLEGAL_PARAMETER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_hello),
		cmocka_unit_test(of_step),
		cmocka_unit_test(of_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
