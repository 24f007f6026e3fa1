/* SPDX-License-Identifier: MIT */
/*
 * error: every number of the header against the table of the library.
 *
 * The expected values are written out again here, number by number, so that a
 * shifted row or a changed meaning is noticed.
 */
#include <ctype.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <smtptls/error.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define ROW(error, number, class, report)                                      \
	{                                                                      \
		error, number, #error, SMTPTLS_CLASS_##class, report           \
	}

#define NO_STARTTLS "starttls-not-supported"
#define UNTRUSTED   "certificate-not-trusted"
#define INVALID	    "validation-failure"

static const struct {
	int error;
	int number;
	const char *name;
	int error_class;
	const char *report;
} expected[] = {
	ROW(SMTPTLS_E_ARG, -1, USAGE, NULL),
	ROW(SMTPTLS_E_STATE, -2, USAGE, NULL),
	ROW(SMTPTLS_E_AGAIN, -3, AGAIN, NULL),
	ROW(SMTPTLS_E_NOMEM, -4, LOCAL, NULL),
	ROW(SMTPTLS_E_CONFIG, -5, LOCAL, NULL),
	ROW(SMTPTLS_E_SYNTAX, -6, LOCAL, NULL),
	ROW(SMTPTLS_E_UNSUPPORTED, -7, LOCAL, NULL),
	ROW(SMTPTLS_E_LIMIT, -8, LOCAL, NULL),
	ROW(SMTPTLS_E_INJECTION, -9, ATTACK, INVALID),
	ROW(SMTPTLS_E_NOT_OFFERED, -10, TLS, NO_STARTTLS),
	ROW(SMTPTLS_E_REFUSED, -11, TLS, NO_STARTTLS),
	ROW(SMTPTLS_E_HANDSHAKE, -12, TLS, INVALID),
	ROW(SMTPTLS_E_CERT_MISSING, -13, CERT, INVALID),
	ROW(SMTPTLS_E_CERT_TRUST, -14, CERT, UNTRUSTED),
	ROW(SMTPTLS_E_CERT_TIME, -15, CERT, "certificate-expired"),
	ROW(SMTPTLS_E_CERT_NAME, -16, CERT, "certificate-host-mismatch"),
	ROW(SMTPTLS_E_CERT_PURPOSE, -17, CERT, UNTRUSTED),
	ROW(SMTPTLS_E_CERT_WEAK, -18, CERT, UNTRUSTED),
	ROW(SMTPTLS_E_CERT_REVOKED, -19, CERT, UNTRUSTED),
	ROW(SMTPTLS_E_CERT_PIN, -20, CERT, INVALID),
	ROW(SMTPTLS_E_CERT_TLSA, -21, CERT, INVALID),
	ROW(SMTPTLS_E_PROTOCOL, -22, NETWORK, NULL),
	ROW(SMTPTLS_E_TRUNCATED, -23, NETWORK, NULL),
	ROW(SMTPTLS_E_TIMEOUT, -24, NETWORK, NULL),
	ROW(SMTPTLS_E_IO, -25, NETWORK, NULL),
	ROW(SMTPTLS_E_SMTP_REPLY, -26, NETWORK, NULL),
};

static void test_rows(void **state)
{
	const struct smtptls_error_info *info;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(expected); i++) {
		assert_int_equal(expected[i].error, expected[i].number);
		info = smtptls_error_info(expected[i].number);
		assert_non_null(info);
		assert_int_equal(info->error, expected[i].number);
		assert_string_equal(info->name, expected[i].name);
		assert_int_equal(info->error_class, expected[i].error_class);
		if (!expected[i].report)
			assert_null(info->report);
		else
			assert_string_equal(info->report, expected[i].report);
	}
}

static void test_numbers_are_all_there(void **state)
{
	int lowest = -(int)COUNT(expected);

	(void)state;
	assert_null(smtptls_error_info(lowest - 1));
	assert_null(smtptls_error_info(INT_MIN));
	assert_null(smtptls_error_info(0));
	assert_null(smtptls_error_info(1));
	assert_null(smtptls_error_info(INT_MAX));
}

static void test_texts(void **state)
{
	const char *text, *other;
	size_t i, j, len;

	(void)state;
	for (i = 0; i < COUNT(expected); i++) {
		text = smtptls_error_info(expected[i].error)->text;
		len = strlen(text);
		assert_true(len > 5);
		assert_true(text[len - 1] != '.' && !isspace(text[len - 1]));
		assert_false(isupper(text[0]) && islower(text[1]));
		assert_ptr_equal(smtptls_strerror(expected[i].error), text);
		for (j = 0; j < i; j++) {
			other = smtptls_error_info(expected[j].error)->text;
			assert_string_not_equal(text, other);
		}
	}
}

/* Result types are those of RFC 8460 sections 4.3.1, 4.3.2.1 and 4.3.2.2. */
static void test_reports_are_of_rfc8460(void **state)
{
	static const char *const types[] = {
		"starttls-not-supported", "certificate-host-mismatch",
		"certificate-expired",	  "certificate-not-trusted",
		"validation-failure",	  "tlsa-invalid",
		"dnssec-invalid",	  "dane-required",
		"sts-policy-fetch-error", "sts-policy-invalid",
		"sts-webpki-invalid",
	};
	const struct smtptls_error_info *info;
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(expected); i++) {
		info = smtptls_error_info(expected[i].error);
		if (!info->report)
			continue;
		for (j = 0; j < COUNT(types); j++) {
			if (strcmp(info->report, types[j]) == 0)
				break;
		}
		assert_true(j < COUNT(types));
	}
}

/* RFC 3463 section 2: class "." subject "." detail; no leading zeros. */
static void assert_status(const char *status)
{
	size_t subject, detail;

	assert_true(status[0] == '4' && status[1] == '.');
	subject = strspn(status + 2, "0123456789");
	assert_in_range(subject, 1, 3);
	assert_int_equal(status[2 + subject], '.');
	detail = strspn(status + 3 + subject, "0123456789");
	assert_in_range(detail, 1, 3);
	assert_int_equal(status[3 + subject + detail], '\0');
	assert_true(subject == 1 && status[2] <= '7');
	assert_true(detail == 1 || status[3 + subject] != '0');
}

static void test_status_codes(void **state)
{
	const struct smtptls_error_info *info;
	size_t i;
	int is_none;

	(void)state;
	for (i = 0; i < COUNT(expected); i++) {
		info = smtptls_error_info(expected[i].error);
		is_none = info->error_class == SMTPTLS_CLASS_USAGE ||
			  info->error_class == SMTPTLS_CLASS_AGAIN;
		assert_int_equal(info->status == NULL, is_none);
		if (info->status)
			assert_status(info->status);
		/* security failures have the security subject */
		if (info->error_class == SMTPTLS_CLASS_CERT ||
		    info->error_class == SMTPTLS_CLASS_TLS ||
		    info->error_class == SMTPTLS_CLASS_ATTACK)
			assert_int_equal(info->status[2], '7');
	}
}

static void test_advice(void **state)
{
	const struct smtptls_error_info *info;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(expected); i++) {
		info = smtptls_error_info(expected[i].error);
		assert_true(info->retry == 0 || info->retry == 1);
		assert_true(info->harmless == 0 || info->harmless == 1);
		/* a bug or an attack does not go away by itself */
		if (info->error_class == SMTPTLS_CLASS_USAGE ||
		    info->error_class == SMTPTLS_CLASS_ATTACK) {
			assert_int_equal(info->retry, 0);
			assert_int_equal(info->harmless, 0);
		}
		if (info->error_class == SMTPTLS_CLASS_CERT)
			assert_int_equal(info->harmless, 0);
	}
	assert_true(smtptls_error_info(SMTPTLS_E_TRUNCATED)->harmless);
	assert_true(smtptls_error_info(SMTPTLS_E_NOMEM)->retry);
	assert_true(smtptls_error_info(SMTPTLS_E_TIMEOUT)->retry);
}

static void test_strerror_of_anything(void **state)
{
	(void)state;
	assert_string_equal(smtptls_strerror(0), "success");
	assert_string_equal(smtptls_strerror(1), "unknown error");
	assert_string_equal(smtptls_strerror(INT_MAX), "unknown error");
	assert_string_equal(smtptls_strerror(INT_MIN), "unknown error");
	assert_string_equal(smtptls_strerror(-(int)COUNT(expected) - 1),
			    "unknown error");
}

static void test_version(void **state)
{
	(void)state;
	assert_string_equal(smtptls_version(), SMTPTLS_VERSION);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_numbers_are_all_there),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_reports_are_of_rfc8460),
		cmocka_unit_test(test_status_codes),
		cmocka_unit_test(test_advice),
		cmocka_unit_test(test_strerror_of_anything),
		cmocka_unit_test(test_version),
	};

	return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
