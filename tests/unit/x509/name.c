/* SPDX-License-Identifier: MIT */
/*
 * Names: which are valid, their normal form, and which of them a certificate's
 * name covers by RFC 9525 section 6.3.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "x509/name.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define LABEL_63                                                               \
	"0123456789012345678901234567890123456789012345678901234567890ab"
#define LABEL_61 "0123456789012345678901234567890123456789012345678901234567890"
/* The longest possible name, and one byte more. */
#define NAME_253 LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_61
#define NAME_254 NAME_253 "a"

struct form {
	const char *name, *normal; /* NULL: not a name */
};

/* As a host's name, and as a dNSName unless stated otherwise. */
static const struct form plain[] = {
	{ "mx.example.org", "mx.example.org" },
	{ "MX.Example.ORG", "mx.example.org" },
	{ "AZaz09-_", "azaz09-_" },
	{ "mx.example.org.", "mx.example.org" },
	{ "localhost", "localhost" },
	{ "xn--MGBH0FB.example", "xn--mgbh0fb.example" },
	{ LABEL_63, LABEL_63 },
	{ NAME_253, NAME_253 },
	{ NAME_253 ".", NAME_253 },
	{ "1.2.3", "1.2.3" },
	{ NAME_254, NULL },
	{ LABEL_63 "a", NULL },
	{ "a." LABEL_63 "a.b", NULL },
	{ "", NULL },
	{ ".", NULL },
	{ "a..", NULL },
	{ ".a", NULL },
	{ "a..b", NULL },
	{ "192.0.2.1", NULL },
	{ "192.0.2.1.", NULL },
	{ "2001:db8::1", NULL },
	{ "m\303\274ller.example", NULL },
	{ "a b", NULL },
	{ "a@b", NULL },
	{ "a[b", NULL },
	{ "a`b", NULL },
	{ "a{b", NULL },
	{ "a/b", NULL },
	{ "a:b", NULL },
	{ "a*b.example.org", NULL },
	{ "*", NULL },
	{ "*a.example.org", NULL },
	{ "a*.example.org", NULL },
	{ "a.*.example.org", NULL },
	{ "*.*.example.org", NULL },
	{ "*example.org", NULL },
};

/* Not valid as a host's name; as a dNSName this is the normal form. */
static const struct form wildcards[] = {
	{ "*.example.org", "*.example.org" },
	{ "*.Example.ORG.", "*.example.org" },
	{ "*.a.b.c", "*.a.b.c" },
	{ "*.org", NULL },
	{ "*.org.", NULL },
	{ "*.", NULL },
	{ "*..example.org", NULL },
	{ "*.192.0.2.1", NULL },
	{ "*." LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_61, NULL },
};

typedef size_t normalize(char normal[STLS_NAME_SIZE], const void *name,
			 size_t len);

static void check(normalize *function, const char *name, const char *normal)
{
	char out[STLS_NAME_SIZE];

	memset(out, 'x', sizeof(out));
	print_message("\"%s\"\n", name);
	assert_int_equal(function(out, name, strlen(name)),
			 normal ? strlen(normal) : 0);
	assert_string_equal(out, normal ? normal : "");
}

static void test_normal_form(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(plain); i++) {
		check(stls_name_normalize, plain[i].name, plain[i].normal);
		check(stls_name_normalize_presented, plain[i].name,
		      plain[i].normal);
	}
	for (i = 0; i < COUNT(wildcards); i++) {
		check(stls_name_normalize, wildcards[i].name, NULL);
		check(stls_name_normalize_presented, wildcards[i].name,
		      wildcards[i].normal);
	}
}

static void test_wildcard_of_full_length(void **state)
{
	char name[256] = "*." NAME_253, out[STLS_NAME_SIZE + 1];

	(void)state;
	/* 253 bytes including the wildcard, and one more */
	out[STLS_NAME_SIZE] = '#';
	assert_int_equal(stls_name_normalize_presented(out, name, 253), 253);
	assert_int_equal(strlen(out), 253);
	assert_int_equal(out[STLS_NAME_SIZE], '#');
	assert_int_equal(stls_name_normalize_presented(out, name, 254), 0);
}

static void test_nul(void **state)
{
	static const char name[] = "mx.example.org\0.example.net";
	char out[STLS_NAME_SIZE];

	(void)state;
	assert_int_equal(stls_name_normalize(out, name, sizeof(name) - 1), 0);
	assert_int_equal(
		stls_name_normalize_presented(out, name, sizeof(name) - 1), 0);
}

static void test_host(void **state)
{
	static const char *const addresses[] = { "192.0.2.1", "2001:db8::1",
						 "::ffff:192.0.2.1" };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(addresses); i++)
		assert_true(stls_is_host(addresses[i]));
	for (i = 0; i < COUNT(plain); i++) {
		if (plain[i].normal)
			assert_true(stls_is_host(plain[i].name));
	}
	for (i = 0; i < COUNT(wildcards); i++)
		assert_false(stls_is_host(wildcards[i].name));
	assert_false(stls_is_host(""));
	assert_false(stls_is_host("2001:db8::1."));
	assert_false(stls_is_host("192.0.2.1."));
}

static void test_address(void **state)
{
	unsigned char address[16];
	size_t size = 0;

	(void)state;
	assert_true(stls_is_address("192.0.2.1", address, &size));
	assert_int_equal(size, 4);
	assert_memory_equal(address, "\300\0\2\1", 4);
	assert_true(stls_is_address("2001:db8::1", address, &size));
	assert_int_equal(size, 16);
	assert_memory_equal(address, "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1",
			    16);
	assert_false(stls_is_address("192.0.2", address, &size));
	assert_false(stls_is_address("mx.example.org", address, &size));
}

static void test_covers(void **state)
{
	static const struct {
		const char *presented, *name;
		int covers;
	} all[] = {
		{ "mx.example.org", "mx.example.org", 1 },
		{ "mx.example.org", "mx.example.or", 0 },
		{ "mx.example.org", "mx.example.orgg", 0 },
		{ "mx.example.org", "x.example.org", 0 },
		{ "*.example.org", "mx.example.org", 1 },
		{ "*.example.org", "xn--mx-3ya.example.org", 1 },
		{ "*.example.org", "example.org", 0 },
		{ "*.example.org", "a.mx.example.org", 0 },
		/* the dot after the wildcard must not be skipped */
		{ "*.example.org", "mxexample.org", 0 },
		{ "*.example.org", "mx.xexample.org", 0 },
		{ "*.example.org", "localhost", 0 },
		{ "mx.example.org", "*.example.org", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(all); i++)
		assert_int_equal(
			stls_name_covers(all[i].presented, all[i].name),
			all[i].covers);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_normal_form),
		cmocka_unit_test(test_wildcard_of_full_length),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_address),
		cmocka_unit_test(test_covers),
	};

	return cmocka_run_group_tests_name("name", tests, NULL, NULL);
}
