/* SPDX-License-Identifier: MIT */
/*
 * server_smtp: message text comes out the same however it is split, and the
 * same as from a byte-by-byte model that follows RFC 5321 section 4.5.2
 * literally; so the sample server's faster path cannot let a bare CR or LF
 * through.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "examples/server/smtp.h"

enum { TEXT_MAX = 1500, TEXTS = 20000 };

struct result {
	size_t used, kept;
	int ended, wanted;
	char text[TEXT_MAX];
};

static uint32_t seed = 1;

static unsigned below(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % n;
}

/* Feed text in pieces of at most `max` bytes; 0: of random lengths. */
static void feed(const char *text, size_t len, size_t max,
		 struct result *result)
{
	static const struct smtp_settings settings = { .max_size = 1430 };
	struct smtp smtp;
	char piece[TEXT_MAX];
	size_t n, took, kept;

	memset(result, 0, sizeof(*result));
	smtp_init(&smtp, &settings);
	while (result->used < len && !smtp_text_ended(&smtp)) {
		n = max > 0 ? max : 1 + below(400);
		if (n > len - result->used)
			n = len - result->used;
		memcpy(piece, text + result->used, n);
		took = smtp_text(&smtp, piece, n, &kept);
		assert_true(took == n || smtp_text_ended(&smtp));
		assert_true(kept <= took);
		memcpy(result->text + result->kept, piece, kept);
		result->used += took;
		result->kept += kept;
	}
	result->ended = smtp_text_ended(&smtp);
	result->wanted = smtp_text_wanted(&smtp);
}

/* Lines as in mail, and occasionally what must not occur. */
static size_t make_text(char *text)
{
	static const char *const odd[] = { "\r",      "\n",	"\r\r\n",
					   "\n.\r\n", ".",	"..",
					   "\r\n.\r", "\n\r",	"\r\n",
					   "\r\n.\n", "\r\n.x", "\r\n.\r\n" };
	unsigned rate = 2 + below(300);
	size_t len = 0, n;

	while (len < TEXT_MAX - 100) {
		n = below(90);
		memset(text + len, 'a', n);
		len += n;
		if (below(rate) == 0) {
			const char *what =
				odd[below(sizeof(odd) / sizeof(odd[0]))];
			memcpy(text + len, what, strlen(what));
			len += strlen(what);
		} else {
			memcpy(text + len, "\r\n", 2);
			len += 2;
		}
	}
	return len;
}

static void assert_same(const struct result *a, const struct result *b)
{
	assert_int_equal(a->used, b->used);
	assert_int_equal(a->ended, b->ended);
	assert_int_equal(a->wanted, b->wanted);
	assert_int_equal(a->kept, b->kept);
	assert_memory_equal(a->text, b->text, a->kept);
}

static void test_cuts(void **state)
{
	static struct result bytes, pieces, whole;
	unsigned ended = 0, refused = 0, i;
	char text[TEXT_MAX];
	size_t len;

	(void)state;
	for (i = 0; i < TEXTS; i++) {
		len = make_text(text);
		feed(text, len, 1, &bytes);
		feed(text, len, 0, &pieces);
		feed(text, len, TEXT_MAX, &whole);
		assert_same(&bytes, &pieces);
		assert_same(&bytes, &whole);
		ended += bytes.ended != 0;
		refused += !bytes.wanted;
	}
	/* each result has occurred, and so has its opposite */
	assert_in_range(ended, 500, TEXTS - 500);
	assert_in_range(refused, 500, TEXTS - 500);
}

static void test_meaning(void **state)
{
	static const struct {
		const char *text, *kept;
		int ended, wanted;
	} cases[] = {
		{ ".\r\n", "", 1, 1 },
		{ "a\r\n.\r\nQUIT", "a\r\n", 1, 1 },
		{ "..\r\n...x\r\n.\r\n", ".\r\n..x\r\n", 1, 1 },
		{ ".x\r\n.\r\n", "x\r\n", 1, 1 },
		{ "a\n.\n", "a\n.\n", 0, 0 },
		{ "a\r.\r", "a\r.\r", 0, 0 },
		{ "a\n.\r\n", "a\n.\r\n", 0, 0 },
		{ "a\r\n.\nb\r\n.\r\n", "a\r\n\nb\r\n", 1, 0 },
		{ "a\r\r\n.\r\n", "a\r\r\n", 1, 0 },
	};
	static struct result result;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		feed(cases[i].text, strlen(cases[i].text), 1, &result);
		assert_int_equal(result.ended, cases[i].ended);
		assert_int_equal(result.wanted, cases[i].wanted);
		assert_int_equal(result.kept, strlen(cases[i].kept));
		assert_memory_equal(result.text, cases[i].kept, result.kept);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_meaning),
		cmocka_unit_test(test_cuts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
