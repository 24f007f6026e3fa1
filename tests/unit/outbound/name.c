/* SPDX-License-Identifier: MIT */
/* name: what is a host name, and when two names are the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "outbound/name.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define L63	     "abcdefghijklmnopqrstuvwxyz-0123456789-abcdefghijklmnopqrstuvwxy"
#define N253                                                                   \
	L63 "." L63 "." L63 "."                                                \
	    "abcdefghijklmnopqrstuvwxyz-0123456789-abcdefghijklmnopqrstuvw"

static const struct {
	const char *name;
	size_t len;	       /* 0: not a host name */
	size_t underscore_len; /* with underscores allowed */
} names[] = {
	{ "mx.example.org", 14, 14 },
	{ "mx.example.org.", 14, 14 },
	{ "MX.Example.ORG", 14, 14 },
	{ "xn--bcher-kva.example", 21, 21 },
	{ "localhost", 9, 9 },
	{ "AZaz09.AZaz09", 13, 13 },
	{ "a", 1, 1 },
	{ "1.a", 3, 3 },
	{ "1a", 2, 2 },
	{ "a-b.c", 5, 5 },
	{ "4.3.2.1.in-addr.arpa", 20, 20 },
	{ L63, 63, 63 },
	{ N253, 253, 253 },
	{ N253 ".", 253, 253 },
	{ N253 "x", 0, 0 },
	{ N253 "x.", 0, 0 },
	{ "x" L63, 0, 0 },
	{ "", 0, 0 },
	{ ".", 0, 0 },
	{ "..", 0, 0 },
	{ "a..", 0, 0 },
	{ ".a", 0, 0 },
	{ "a..b", 0, 0 },
	{ "-a.b", 0, 0 },
	{ "a-.b", 0, 0 },
	{ "a.-", 0, 0 },
	{ "a b", 0, 0 },
	{ "a.b ", 0, 0 },
	{ "*.example.org", 0, 0 },
	{ "b\xc3\xbc"
	  "cher.example",
	  0, 0 },
	{ "a.b\n", 0, 0 },
	{ "a/b", 0, 0 },
	{ "a@b", 0, 0 },
	{ "192.0.2.1", 0, 0 },
	{ "192.0.2.1.", 0, 0 },
	{ "[192.0.2.1]", 0, 0 },
	{ "2001:db8::1", 0, 0 },
	{ "example.1", 0, 0 },
	{ "my_mx.example.org", 0, 17 },
	{ "_25._tcp.a", 0, 10 },
	{ "a._", 0, 3 },
};

static void test_names(void **state)
{
	size_t i, len;
	char *block;

	(void)state;
	for (i = 0; i < COUNT(names); i++) {
		len = strlen(names[i].name);
		block = malloc(len ? len : 1); /* no NUL after it */
		assert_non_null(block);
		memcpy(block, names[i].name, len);
		assert_int_equal(stls_name_len(block, len, 0), names[i].len);
		assert_int_equal(stls_name_len(block, len, 1),
				 names[i].underscore_len);
		free(block);
		assert_int_equal(stls_name_valid(names[i].name),
				 names[i].underscore_len > 0);
	}
}

static void test_nul(void **state)
{
	(void)state;
	assert_int_equal(stls_name_len("a\0b", 3, 1), 0);
	assert_int_equal(stls_name_len("a.b\0", 4, 1), 0);
}

static void test_equal(void **state)
{
	(void)state;
	assert_true(stls_name_equal("mx.example.org", "MX.example.ORG."));
	assert_true(stls_name_equal("a", "a"));
	assert_false(stls_name_equal("a.b", "a.c"));
	assert_false(stls_name_equal("a.b", "a.bc"));
	assert_false(stls_name_equal("a.bc.", "a.b"));
}

static void test_normal(void **state)
{
	char out[SMTPTLS_NAME_SIZE];

	(void)state;
	stls_name_normal(out, "MX-1.EXAMPLE.AZaz.");
	assert_string_equal(out, "mx-1.example.azaz");
	memset(out, '#', sizeof(out));
	stls_name_normal(out, N253 ".");
	assert_string_equal(out, N253);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_normal),
	};

	return cmocka_run_group_tests_name("name", tests, NULL, NULL);
}
