/* SPDX-License-Identifier: MIT */
/*
 * protocols_change: adding a version to lists of protocols in each grammar, by
 * the smallest change; and every list, changed to the letter and parsed again,
 * has the versions that it had and those that were wanted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "openssl/protocol_list.h"
#include "reason/protocols_change.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define TLS1_0	     STLS_PROTOCOL_TLS1_0
#define TLS1_1	     STLS_PROTOCOL_TLS1_1
#define TLS1_2	     STLS_PROTOCOL_TLS1_2
#define TLS1_3	     STLS_PROTOCOL_TLS1_3
#define SET	     SMTPTLS_CHANGE_SET
#define ADD	     SMTPTLS_CHANGE_ADD
#define REMOVE	     SMTPTLS_CHANGE_REMOVE
#define REPLACE	     SMTPTLS_CHANGE_REPLACE
#define FIFTEEN                                                                \
	"TLSv1.2:TLSv1.2:TLSv1.2:TLSv1.2:TLSv1.2:TLSv1.2:TLSv1.2:TLSv1.2:"     \
	"TLSv1.2:TLSv1.2:TLSv1.2:TLSv1.2:TLSv1.2:TLSv1.2:TLSv1.2:"
#define LONG FIFTEEN "TLSv1.2:"

static const struct row {
	const char *given;
	uint8_t wanted;
	int action;
	const char *word, *with;
} rows[] = {
	{ NULL, TLS1_3, SET, "", "TLSv1.3" },
	{ NULL, TLS1_0 | TLS1_2, SET, "", "TLSv1 TLSv1.2" },
	{ "TLSv1.2", TLS1_3, ADD, "TLSv1.3", ":" },
	{ "TLSv1.2", TLS1_1 | TLS1_3, ADD, "TLSv1.1:TLSv1.3", ":" },
	{ "  TLSv1.2", TLS1_3, ADD, "TLSv1.3", ":" },
	{ "TLSv1.1, TLSv1.2", TLS1_3, ADD, "TLSv1.3", ":" },
	{ "+TLSv1.2", TLS1_3, ADD, "TLSv1.3", " " },
	{ "-ALL +TLSv1.2", TLS1_3, ADD, "TLSv1.3", " " },
	/* a word that excludes is removed, and nothing else */
	{ "ALL -TLSv1.3", TLS1_3, REMOVE, "-TLSv1.3", "" },
	{ "ALL -TLSv1 -TLSv1.1 -TLSv1.2", TLS1_0, REMOVE, "-TLSv1", "" },
	{ "ALL -TLSv1 -TLSv1.1 -TLSv1.2", TLS1_2, REMOVE, "-TLSv1.2", "" },
	{ "ALL  -TLSv1.2\t-TLSv1.3", TLS1_3, REMOVE, "-TLSv1.3", "" },
	{ "!SSLv2, !SSLv3, !TLSv1", TLS1_0, REMOVE, "!TLSv1", "" },
	{ "SSLv23:!TLSv1_2:!TLSv1_3", TLS1_3, REMOVE, "!TLSv1_3", "" },
	{ "TLSv1.2 TLSv1.3 !TLSv1.3", TLS1_3, REMOVE, "!TLSv1.3", "" },
	{ LONG "TLSv1.3:!TLSv1.3", TLS1_3, REMOVE, "!TLSv1.3", "" },
	/* after more words than are tried */
	{ LONG LONG LONG FIFTEEN "TLSv1.3:!TLSv1.3", TLS1_3, SET, "",
	  "TLSv1.2 TLSv1.3" },
	/* a bound is moved */
	{ ">=TLSv1.3", TLS1_2, REPLACE, ">=TLSv1.3", ">=TLSv1.2" },
	{ ">=TLSv1.2", TLS1_0, REPLACE, ">=TLSv1.2", ">=TLSv1" },
	{ "<=TLSv1.2", TLS1_3, REPLACE, "<=TLSv1.2", "<=TLSv1.3" },
	{ ">=TLSv1.1 <=TLSv1.2", TLS1_0, REPLACE, ">=TLSv1.1", ">=TLSv1" },
	{ ">=TLSv1.1 <=TLSv1.2", TLS1_3, REPLACE, "<=TLSv1.2", "<=TLSv1.3" },
	{ ">=TLSv1.2:!TLSv1.3", TLS1_3, REMOVE, "!TLSv1.3", "" },
	/* a single change is not enough */
	{ ">=TLSv1.2 <=TLSv1.2", TLS1_1 | TLS1_3, SET, "",
	  "TLSv1.1 TLSv1.2 TLSv1.3" },
	{ "!TLSv1.3 TLSv1.2", TLS1_3, SET, "", "TLSv1.2 TLSv1.3" },
	{ "TLSv1_2", TLS1_3, SET, "", "TLSv1.2 TLSv1.3" },
};

static uint8_t read_list(const char *string)
{
	struct stls_protocol_list list;

	assert_int_equal(
		stls_protocol_list_parse(&list, string, strlen(string), NULL),
		0);
	return list.enabled & STLS_PROTOCOL_TLS;
}

/* The list with every `word` replaced, or removed with its separators. */
static void replace(char *to, const char *given, const char *word,
		    const char *with)
{
	static const char separators[] = ":, \t";
	const char *between;
	size_t gap, len;
	int is;

	for (*to = '\0'; *given; given += len) {
		between = given;
		gap = strspn(given, separators);
		given += gap;
		len = strcspn(given, separators);
		is = len == strlen(word) && memcmp(given, word, len) == 0;
		if (is && !with[0])
			continue;
		if (*to)
			strncat(to, between, gap);
		if (is)
			strcat(to, with);
		else
			strncat(to, given, len);
	}
}

static void check_applied(const char *given, uint8_t has, uint8_t wanted)
{
	struct smtptls_change change;
	char changed[1024] = "";

	assert_int_equal(stls_change_protocols(given, has, wanted, &change), 0);
	assert_int_equal(change.setting, SMTPTLS_SETTING_PROTOCOLS);
	switch (change.action) {
	case SET:
		strcpy(changed, change.with);
		assert_string_equal(change.word, "");
		break;
	case ADD:
		snprintf(changed, sizeof(changed), "%s%s%s", given, change.with,
			 change.word);
		break;
	default:
		assert_true(change.action == REMOVE ||
			    change.action == REPLACE);
		replace(changed, given, change.word, change.with);
	}
	assert_int_equal(read_list(changed) & (has | wanted), has | wanted);
}

static void test_rows(void **state)
{
	struct smtptls_change change;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		uint8_t has = row->given ? read_list(row->given) : 0;

		print_message("%s\n", row->given ? row->given : "none");
		assert_int_equal(stls_change_protocols(row->given, has,
						       row->wanted, &change),
				 0);
		assert_string_equal(change.word, row->word);
		assert_string_equal(change.with, row->with);
		assert_int_equal(change.action, row->action);
	}
}

static void test_applied(void **state)
{
	unsigned wanted;
	uint8_t has;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		has = rows[i].given ? read_list(rows[i].given) : 0;
		for (wanted = TLS1_0; wanted <= STLS_PROTOCOL_TLS;
		     wanted += TLS1_0) {
			if (wanted & ~(unsigned)has)
				check_applied(rows[i].given, has,
					      (uint8_t)wanted);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_applied),
	};

	return cmocka_run_group_tests_name("protocols_change", tests, NULL,
					   NULL);
}
