/* SPDX-License-Identifier: MIT */
/*
 * change_clause: changes in words, spelled out or counted: whatever the changes
 * and the space, each change is either spelled out in full, or among those that
 * are counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "reason/change_clause.h"

static uint32_t state = 1;

static unsigned below(unsigned limit)
{
	state = state * 1664525U + 1013904223U;
	return (state >> 8) % limit;
}

static void fill(char *text, size_t size, unsigned number)
{
	unsigned len = below(8) ? below(24) : below((unsigned)size - 12), i;

	for (i = 0; i < len; i++)
		text[i] = (char)('a' + below(26));
	/* so that no word is part of another */
	(void)snprintf(text + len, size - len, "<%u>", number);
}

static void random_change(struct smtptls_change *change, unsigned number)
{
	static const int settings[] = { 1, 2, 3, 4, 5, 6, 7, 13, 14 };

	change->setting = settings[below(9)];
	change->action = SMTPTLS_CHANGE_ADD;
	if (change->setting <= SMTPTLS_SETTING_SECURITY_LEVEL)
		change->action = 1 + (int)below(4);
	fill(change->word, sizeof(change->word), number);
	change->with[0] = '\0';
	if (change->action == SMTPTLS_CHANGE_SET ||
	    change->action == SMTPTLS_CHANGE_REPLACE)
		fill(change->with, sizeof(change->with), number + 10);
}

static int is_told(const char *text, const struct smtptls_change *change)
{
	return (change->action == SMTPTLS_CHANGE_SET ||
		strstr(text, change->word)) &&
	       strstr(text, change->with);
}

static void check(const struct smtptls_change *changes, int count, size_t size,
		  int terse)
{
	char text[512] = "", last[64] = "";
	struct stls_phrase phrase = { text, size, 0 };
	int told = 0, rest;

	stls_phrase_changes(&phrase, changes, count, terse);
	assert_int_equal(phrase.len, strlen(text));
	assert_in_range(phrase.len, 1, size - 2);
	while (told < count && is_told(text, &changes[told]))
		told++;
	rest = count - told;
	if (rest == 0) {
		assert_null(strstr(text, " more change"));
		return;
	}
	if (told == 0) {
		assert_memory_equal(text, "change the ", 11);
		rest--;
	}
	if (rest > 0)
		(void)snprintf(last, sizeof(last), " and %d more change%s",
			       rest, rest > 1 ? "s" : "");
	else
		strcpy(last, " (longer than a line)");
	assert_in_range(strlen(last), 1, phrase.len);
	assert_string_equal(text + phrase.len - strlen(last), last);
}

static void test_whole_or_counted(void **unused)
{
	struct smtptls_change changes[SMTPTLS_CHANGES];
	unsigned round, i;
	int count;

	(void)unused;
	for (round = 0; round < 20000; round++) {
		count = 1 + (int)below(SMTPTLS_CHANGES);
		for (i = 0; i < (unsigned)count; i++)
			random_change(&changes[i], i);
		check(changes, count, 80 + below(300), (int)below(2));
	}
}

/* The longest possible clause. */
static void test_longest(void **unused)
{
	struct smtptls_change change = { .setting = SMTPTLS_SETTING_CIPHERS,
					 .action = SMTPTLS_CHANGE_SET };
	char text[256] = "";
	struct stls_phrase phrase = { text, sizeof(text), 0 };

	(void)unused;
	memset(change.with, 'a', sizeof(change.with) - 1);
	stls_phrase_changes(&phrase, &change, 1, 1);
	assert_string_equal(text, "change the ciphers (longer than a line)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_or_counted),
		cmocka_unit_test(test_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
