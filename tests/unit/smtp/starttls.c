/* SPDX-License-Identifier: MIT */
/* starttls: every verdict, and which takes precedence where several apply. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <smtptls/smtp.h>

/* The order in which the reasons against a 220 are checked. */
static int model(int with_args, int tls_enabled, int tls_available, int unread)
{
	if (tls_enabled)
		return 503;
	if (with_args)
		return 501;
	if (!tls_available)
		return 454;
	return unread ? SMTPTLS_E_INJECTION : 220;
}

static const char *model_reply(int code)
{
	switch (code) {
	case 220:
		return "220 2.0.0 ";
	case 454:
		return "454 4.7.0 ";
	case 501:
		return "501 5.5.4 ";
	case 503:
		return "503 5.5.1 ";
	default:
		return NULL;
	}
}

/* Exactly one reply line, which the library itself can parse. */
static void assert_reply(const char *reply, int code)
{
	struct smtptls_reply parsed;

	if (!model_reply(code)) {
		assert_null(reply);
		return;
	}
	assert_non_null(reply);
	assert_memory_equal(reply, model_reply(code),
			    strlen(model_reply(code)));
	assert_int_equal(smtptls_reply_parse(reply, strlen(reply), &parsed), 0);
	assert_int_equal(parsed.code, code);
	assert_int_equal(parsed.last, 1);
	assert_true(strlen(reply) <= 512);
}

static void test_all_combinations(void **state)
{
	static const char *const args[] = { NULL, "", "x", "foo bar", "\t" };
	static const size_t unread[] = { 0, 1, (size_t)-1 };
	const char *reply;
	size_t a, u, len;
	int on, can, code;

	(void)state;
	for (a = 0; a < 5; a++) {
		len = args[a] ? strlen(args[a]) : 0;
		for (u = 0; u < 3; u++) {
			for (on = 0; on < 2; on++) {
				for (can = 0; can < 2; can++) {
					reply = "unset";
					code = smtptls_starttls_verdict(
						args[a], len, on, can,
						unread[u], &reply);
					assert_int_equal(code,
							 model(len > 0, on, can,
							       unread[u] > 0));
					assert_reply(reply, code);
				}
			}
		}
	}
}

static void test_the_length_is_what_counts(void **state)
{
	const char *reply;

	(void)state;
	/* a NUL is an argument too, and bytes past the length are not */
	assert_int_equal(smtptls_starttls_verdict("\0", 1, 0, 1, 0, &reply),
			 501);
	assert_int_equal(smtptls_starttls_verdict("abc", 0, 0, 1, 0, &reply),
			 220);
}

static void test_wrong_arguments(void **state)
{
	const char *reply = "unset";

	(void)state;
	assert_int_equal(smtptls_starttls_verdict("", 0, 0, 1, 0, NULL),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_starttls_verdict(NULL, 1, 0, 1, 0, &reply),
			 SMTPTLS_E_ARG);
	assert_null(reply);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_combinations),
		cmocka_unit_test(test_the_length_is_what_counts),
		cmocka_unit_test(test_wrong_arguments),
	};

	return cmocka_run_group_tests_name("starttls", tests, NULL, NULL);
}
