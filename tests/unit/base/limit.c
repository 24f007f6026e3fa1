/* SPDX-License-Identifier: MIT */
/* limit: a host's deadline, in words. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limit.h"

static void test_limits(void **state)
{
	static const struct {
		unsigned milliseconds;
		const char *text;
	} all[] = {
		{ 0, "" },
		{ 1, " (1 ms)" },
		{ 99, " (99 ms)" },
		{ 100, " (0.1 s)" },
		{ 1000, " (1 s)" },
		{ 1099, " (1 s)" },
		{ 1500, " (1.5 s)" },
		{ 30000, " (30 s)" },
		{ 86400000, " (86400 s)" },
	};
	char text[STLS_LIMIT_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		stls_limit_write(text, all[i].milliseconds);
		assert_string_equal(text, all[i].text);
	}
	stls_limit_write(text, UINT_MAX);
	assert_in_range(strlen(text), 8, STLS_LIMIT_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_limits) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
