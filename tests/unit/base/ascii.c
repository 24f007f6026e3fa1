/* SPDX-License-Identifier: MIT */
/* ascii: comparing letters without the locale, and escaping for a log. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/ascii.h"

static int is_letter_pair(int a, int b)
{
	return a != b && (a | 0x20) == (b | 0x20) && (a | 0x20) >= 'a' &&
	       (a | 0x20) <= 'z';
}

static void test_equal_all_pairs(void **state)
{
	int a, b;

	(void)state;
	for (a = 0; a < 256; a++) {
		for (b = 0; b < 256; b++) {
			char x = (char)a, y = (char)b;

			assert_int_equal(stls_ascii_equal(&x, &y, 1),
					 a == b || is_letter_pair(a, b));
		}
	}
}

static void test_equal_looks_at_every_byte(void **state)
{
	char a[] = "STARTTLS", b[] = "starttls";
	size_t i;

	(void)state;
	assert_int_equal(stls_ascii_equal(a, b, 8), 1);
	for (i = 0; i < 8; i++) {
		b[i] ^= 1;
		assert_int_equal(stls_ascii_equal(a, b, 8), 0);
		assert_int_equal(stls_ascii_equal(a, b, i), 1);
		b[i] ^= 1;
	}
	assert_int_equal(stls_ascii_equal("a", "b", 0), 1);
}

static void test_equal_in_a_turkish_locale(void **state)
{
	(void)state;
	if (!setlocale(LC_ALL, "tr_TR.UTF-8") && !setlocale(LC_ALL, "tr_TR"))
		skip();
	assert_int_equal(stls_ascii_equal("SIZE", "size", 4), 1);
	assert_int_equal(stls_ascii_equal("\xdd", "i", 1), 0);
	assert_int_equal(stls_ascii_equal("\xfd", "I", 1), 0);
	assert_non_null(setlocale(LC_ALL, "C"));
}

/* What one byte must become. */
static size_t model(char *form, int byte)
{
	if (byte == '\\')
		return (size_t)sprintf(form, "\\\\");
	if (byte >= 0x20 && byte <= 0x7e)
		return (size_t)sprintf(form, "%c", byte);
	return (size_t)sprintf(form, "\\x%02x", (unsigned)byte);
}

static void test_escape_all_bytes(void **state)
{
	char out[16], form[8];
	unsigned char byte;
	int i;

	(void)state;
	for (i = 0; i < 256; i++) {
		byte = (unsigned char)i;
		assert_int_equal(stls_ascii_escape(out, sizeof(out), &byte, 1),
				 model(form, i));
		assert_string_equal(out, form);
	}
	assert_int_equal(stls_ascii_escape(out, sizeof(out), "", 0), 0);
	assert_string_equal(out, "");
	assert_int_equal(stls_ascii_escape(out, sizeof(out), NULL, 0), 0);
	assert_string_equal(out, "");
}

/*
 * The rules for a text and a size. A text that fits is complete. Otherwise the
 * string is as many whole forms as fit, followed by "..."; if even "..." does
 * not fit, it is as many whole forms as fit.
 */
static void model_text(char *expected, size_t size, const char *text,
		       size_t len)
{
	char whole[256] = "", form[8];
	size_t ends[64], i, used = 0, room;

	for (i = 0; i < len; i++) {
		ends[i] = used;
		used += model(form, (unsigned char)text[i]);
		strcat(whole, form);
	}
	if (used < size) {
		strcpy(expected, whole);
		return;
	}
	room = size >= 4 ? size - 4 : size - 1;
	while (i > 0 && ends[--i] > room)
		;
	memcpy(expected, whole, ends[i]);
	strcpy(expected + ends[i], size >= 4 ? "..." : "");
}

static void test_escape_cuts(void **state)
{
	static const char *const texts[] = { "a",
					     "ab",
					     "abc",
					     "abcd",
					     "abcde",
					     "abcdefghijklmnopqrst",
					     "abcdefghijklmnopqrstu",
					     "\n",
					     "\r\n",
					     "a\n",
					     "\x1b[31m",
					     "\\\\\\\\",
					     "ab\\cd\001efg\377hij",
					     "\200\201\202\203\204",
					     "abcdefghijklmnopqr\n",
					     "abcdefghijklmnop\n" };
	char *out, expected[256];
	size_t size, len, i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		for (size = 1; size <= 64; size++) {
			/*
			 * an exact-size allocation, so that a sanitizer guards
			 * its end
			 */
			out = malloc(size);
			assert_non_null(out);
			memset(out, '#', size);
			len = stls_ascii_escape(out, size, texts[i],
						strlen(texts[i]));
			assert_true(len < size);
			assert_int_equal(strlen(out), len);
			model_text(expected, size, texts[i], strlen(texts[i]));
			assert_string_equal(out, expected);
			free(out);
		}
	}
}

static void test_escape_never_writes_past_its_size(void **state)
{
	unsigned char text[256], area[64];
	size_t size, len, i;

	(void)state;
	for (i = 0; i < sizeof(text); i++)
		text[i] = (unsigned char)(i * 167);
	for (size = 1; size <= 20; size++) {
		for (len = 0; len <= sizeof(text); len++) {
			memset(area, 0xa5, sizeof(area));
			(void)stls_ascii_escape((char *)area, size, text, len);
			assert_non_null(memchr(area, '\0', size));
			for (i = size; i < sizeof(area); i++)
				assert_int_equal(area[i], 0xa5);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal_all_pairs),
		cmocka_unit_test(test_equal_looks_at_every_byte),
		cmocka_unit_test(test_equal_in_a_turkish_locale),
		cmocka_unit_test(test_escape_all_bytes),
		cmocka_unit_test(test_escape_cuts),
		cmocka_unit_test(test_escape_never_writes_past_its_size),
	};

	return cmocka_run_group_tests_name("ascii", tests, NULL, NULL);
}
