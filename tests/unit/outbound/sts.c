/* SPDX-License-Identifier: MIT */
/* sts: TXT records, policies and patterns of MTA-STS (RFC 8461). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <smtptls/outbound.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define ID32	     "0123456789abcdefghijABCDEFGHIJ00"
#define NAME32	     "x23456789-123456789.123456789_12"

/* --- TXT records ---------------------------------------------------------- */

static const struct {
	const char *row;
	const char *text[3];
	int ret;
	const char *id;
} records[] = {
	{ "the RFC's",
	  { "v=STSv1; id=20160831085700Z;" },
	  1,
	  "20160831085700Z" },
	{ "without the last semicolon", { "v=STSv1; id=1" }, 1, "1" },
	{ "without a space", { "v=STSv1;id=1;" }, 1, "1" },
	{ "spaces and tabs", { "v=STSv1 \t; \t id=1 \t;\t " }, 1, "1" },
	{ "32 characters", { "v=STSv1; id=" ID32 }, 1, ID32 },
	{ "an extension", { "v=STSv1; id=1; x-y=\"a:b\";" }, 1, "1" },
	{ "the first and last of letters and digits",
	  { "v=STSv1; azAZ09=!~; id=azAZ09" },
	  1,
	  "azAZ09" },
	{ "an extension first", { "v=STSv1; " NAME32 "=!; id=1" }, 1, "1" },
	{ "an extension whose name begins so",
	  { "v=STSv1; idx=a-b; id=1" },
	  1,
	  "1" },
	{ "two ids", { "v=STSv1; id=1; id=2" }, 1, "1" },
	{ "another record beside it",
	  { "v=spf1 -all", "v=STSv1; id=7" },
	  1,
	  "7" },
	{ "a later version beside it",
	  { "v=STSv1; id=7", "v=STSv2; id=8" },
	  1,
	  "7" },
	{ "none", { NULL }, 0, "" },
	{ "another record", { "v=spf1 -all" }, 0, "" },
	{ "another version", { "v=STSv10; id=1" }, 0, "" },
	{ "a version in lower case", { "v=stsv1; id=1" }, 0, "" },
	{ "a space first", { " v=STSv1; id=1" }, 0, "" },
	{ "the version alone", { "v=STSv1" }, 0, "" },
	{ "half a version", { "v=STS" }, 0, "" },
	{ "empty", { "" }, 0, "" },
	{ "mailcow-logs-viewer 119: exactly one",
	  { "v=STSv1; id=1", "v=STSv1; id=1" },
	  SMTPTLS_E_LIMIT,
	  "" },
	{ "one right, one wrong",
	  { "v=STSv1; id=1", "v=STSv1; x" },
	  SMTPTLS_E_LIMIT,
	  "" },
	{ "three",
	  { "v=STSv1;", "v=STSv1;", "v=STSv1;" },
	  SMTPTLS_E_LIMIT,
	  "" },
	{ "no id", { "v=STSv1;" }, SMTPTLS_E_SYNTAX, "" },
	{ "no id, an extension", { "v=STSv1; a=b" }, SMTPTLS_E_SYNTAX, "" },
	{ "33 characters", { "v=STSv1; id=" ID32 "x" }, SMTPTLS_E_SYNTAX, "" },
	{ "a second id that is none",
	  { "v=STSv1; id=1; id=-" },
	  SMTPTLS_E_SYNTAX,
	  "" },
	{ "an empty id", { "v=STSv1; id=" }, SMTPTLS_E_SYNTAX, "" },
	{ "an id with a hyphen",
	  { "v=STSv1; id=2016-08" },
	  SMTPTLS_E_SYNTAX,
	  "" },
	{ "an id with a space", { "v=STSv1; id=1 2" }, SMTPTLS_E_SYNTAX, "" },
	{ "a space behind the id", { "v=STSv1; id=1 " }, SMTPTLS_E_SYNTAX, "" },
	{ "a key in capitals", { "v=STSv1; ID=1" }, SMTPTLS_E_SYNTAX, "" },
	{ "two semicolons", { "v=STSv1;; id=1" }, SMTPTLS_E_SYNTAX, "" },
	{ "no equals sign", { "v=STSv1; id=1; a" }, SMTPTLS_E_SYNTAX, "" },
	{ "an equals sign in a value",
	  { "v=STSv1; id=1; a=b=c" },
	  SMTPTLS_E_SYNTAX,
	  "" },
	{ "a name that begins with a hyphen",
	  { "v=STSv1; id=1; -a=b" },
	  SMTPTLS_E_SYNTAX,
	  "" },
	{ "a name of 33 characters",
	  { "v=STSv1; " NAME32 "x=!; id=1" },
	  SMTPTLS_E_SYNTAX,
	  "" },
	{ "a value that is not ASCII",
	  { "v=STSv1; id=1; a=\xc3\xa4" },
	  SMTPTLS_E_SYNTAX,
	  "" },
	{ "an empty value", { "v=STSv1; id=1; a=" }, SMTPTLS_E_SYNTAX, "" },
	{ "a control character",
	  { "v=STSv1; id=1; a=b\n" },
	  SMTPTLS_E_SYNTAX,
	  "" },
};

static void test_records(void **state)
{
	char id[SMTPTLS_STS_ID_SIZE];
	char *block[3];
	size_t len[3], count, i, k;
	int ret;

	(void)state;
	for (i = 0; i < COUNT(records); i++) {
		for (count = 0; count < 3 && records[i].text[count]; count++) {
			len[count] = strlen(records[i].text[count]);
			block[count] = malloc(len[count] ? len[count] : 1);
			assert_non_null(block[count]);
			memcpy(block[count], records[i].text[count],
			       len[count]);
		}
		memset(id, '#', sizeof(id));
		ret = smtptls_sts_id((const char *const *)block, len, count,
				     id);
		if (ret != records[i].ret || strcmp(id, records[i].id) != 0)
			fail_msg("%s: %d, \"%s\"", records[i].row, ret, id);
		for (k = 0; k < count; k++)
			free(block[k]);
	}
}

static void test_record_arguments(void **state)
{
	static const char nul[] = "v=STSv1; id=1\0";
	static const char *const text[] = { nul, NULL };
	const size_t len[] = { sizeof(nul) - 1, 50 };
	char id[SMTPTLS_STS_ID_SIZE];

	(void)state;
	assert_int_equal(smtptls_sts_id(text, len, 1, id), SMTPTLS_E_SYNTAX);
	assert_int_equal(smtptls_sts_id(text + 1, len + 1, 1, id), 0);
	assert_int_equal(smtptls_sts_id(text, len, 1, NULL), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_sts_id(NULL, len, 1, id), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_sts_id(text, NULL, 1, id), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_sts_id(NULL, NULL, 0, id), 0);
	assert_string_equal(id, "");
}

/* --- policies ------------------------------------------------------------- */

#define GOOD "version: STSv1\nmode: enforce\nmax_age: 86400\n"

static const struct {
	const char *row;
	const char *text;
	int mode; /* 0: no policy */
	unsigned long max_age;
	size_t patterns;
	size_t faults;
	const char *error; /* what the error must mention */
} policies[] = {
	{ "the RFC's",
	  "version: STSv1\nmode: enforce\nmx: mail.example.com\n"
	  "mx: *.example.net\nmx: backupmx.example.com\nmax_age: 604800\n",
	  SMTPTLS_STS_ENFORCE, 604800, 3, 0, NULL },
	{ "CRLF",
	  "version: STSv1\r\nmode: testing\r\nmx: a.example\r\n"
	  "max_age: 0\r\n",
	  SMTPTLS_STS_TESTING, 0, 1, 0, NULL },
	{ "no line end at the end",
	  "version: STSv1\nmode: none\nmax_age: 86400", SMTPTLS_STS_NONE, 86400,
	  0, 0, NULL },
	{ "any order",
	  "max_age:1\nmx:\t a.example \t\nmode:enforce\nversion:STSv1",
	  SMTPTLS_STS_ENFORCE, 1, 1, 0, NULL },
	{ "blank lines", "\n\r\n" GOOD " \t\nmx: a.example\n\n",
	  SMTPTLS_STS_ENFORCE, 86400, 1, 0, NULL },
	{ "unknown keys",
	  GOOD "mx: a.example\nx-1_2.3: any thing \xc3\xa4\nMX: b\n",
	  SMTPTLS_STS_ENFORCE, 86400, 1, 0, NULL },
	{ "unknown keys of the first and last of letters and digits",
	  GOOD "mx: a.example\nA: b\nZ: b\naz: b\n09: b\n", SMTPTLS_STS_ENFORCE,
	  86400, 1, 0, NULL },
	{ "the first of each counts",
	  GOOD "version: STSv2\nmode: none\nmax_age: x\nmx: a\nmx: a\n",
	  SMTPTLS_STS_ENFORCE, 86400, 2, 3, NULL },
	{ "a first that is wrong", "mode: x\n" GOOD "mx: a", 0, 0, 1, 1,
	  "mode" },
	{ "the longest life", "version: STSv1\nmode: none\nmax_age: 31557600",
	  SMTPTLS_STS_NONE, SMTPTLS_STS_MAX_AGE, 0, 0, NULL },
	{ "longer", "version: STSv1\nmode: none\nmax_age: 31557601",
	  SMTPTLS_STS_NONE, SMTPTLS_STS_MAX_AGE, 0, 1, NULL },
	{ "longest to write", "version: STSv1\nmode: none\nmax_age: 9999999999",
	  SMTPTLS_STS_NONE, SMTPTLS_STS_MAX_AGE, 0, 1, NULL },
	{ "longer than can be written",
	  "version: STSv1\nmode: none\nmax_age: 00000000001", 0, 0, 0, 0,
	  "max_age" },
	{ "a unit", "version: STSv1\nmode: none\nmax_age: 1d", 0, 0, 0, 0,
	  "max_age" },
	{ "a sign", "version: STSv1\nmode: none\nmax_age: -1", 0, 0, 0, 0,
	  "max_age" },
	{ "no value", "version: STSv1\nmode: none\nmax_age: \n", 0, 0, 0, 1,
	  "max_age" },
	{ "no max_age", "version: STSv1\nmode: none\n", 0, 0, 0, 0, "max_age" },
	{ "no version", "mode: none\nmax_age: 1", 0, 0, 0, 0, "version" },
	{ "another version", "version: STSv2\nmode: none\nmax_age: 1", 0, 0, 0,
	  0, "version" },
	{ "a version in lower case", "version: stsv1\nmode: none\nmax_age: 1",
	  0, 0, 0, 0, "version" },
	{ "no mode", "version: STSv1\nmx: a\nmax_age: 1", 0, 0, 1, 0, "mode" },
	{ "another mode", "version: STSv1\nmode: enforced\nmax_age: 1", 0, 0, 0,
	  0, "mode" },
	{ "a mode in capitals", "version: STSv1\nmode: NONE\nmax_age: 1", 0, 0,
	  0, 0, "mode" },
	{ "enforce without mx", GOOD, 0, 0, 0, 0, "mx" },
	{ "testing without mx", "version: STSv1\nmode: testing\nmax_age: 1", 0,
	  0, 0, 0, "mx" },
	/* no pattern is left, but the domain has published some */
	{ "postfix-tlspol 70: an IP address", GOOD "mx: 192.0.2.1\n",
	  SMTPTLS_STS_ENFORCE, 86400, 0, 1, NULL },
	{ "postfix-tlspol 70: beside a name",
	  GOOD "mx: 192.0.2.1\nmx: [2001:db8::1]\nmx: 2001:db8::1\nmx: a\n",
	  SMTPTLS_STS_ENFORCE, 86400, 1, 3, NULL },
	{ "patterns that are none",
	  GOOD "mx: *\nmx: *.\nmx: *.*.a\nmx: a.*.b\nmx: *a.b\nmx: .a\nmx: a b"
	       "\nmx: my_mx.a\nmx: b\xc3\xbc"
	       "cher.a\nmx: *.1\nmx: a.b..\n"
	       "mx: *a.example\n",
	  SMTPTLS_STS_ENFORCE, 86400, 0, 12, NULL },
	{ "patterns that are some", GOOD "mx: *.a\nmx: A.b.\nmx: xn--a.b\n",
	  SMTPTLS_STS_ENFORCE, 86400, 3, 0, NULL },
	{ "lines that are no fields",
	  GOOD "mx: a\nmx a\n mx: a\nmx : a\n: a\nmx:\nm\xc3\xa4: a\n-a: b\n"
	       "<html>\nmx: a\r\r\nx23456789012345678901234567890123: a\n",
	  SMTPTLS_STS_ENFORCE, 86400, 1, 10, NULL },
	{ "a key of 32 characters",
	  GOOD "mx: a\nx2345678901234567890123456789012: a\n",
	  SMTPTLS_STS_ENFORCE, 86400, 1, 0, NULL },
	{ "a web page", "<html>\n<body>mode: enforce</body>\n</html>\n", 0, 0,
	  0, 3, "version" },
	{ "empty", "", 0, 0, 0, 0, "version" },
	{ "cut off", "version: STSv1\nmode: enf", 0, 0, 0, 0, "mode" },
	{ "in one line", "version: STSv1; mode: none; max_age: 1", 0, 0, 0, 0,
	  "version" },
	{ "CR alone", "version: STSv1\rmode: none\rmax_age: 1\r", 0, 0, 0, 1,
	  "version" },
};

static void test_policies(void **state)
{
	struct smtptls_sts_policy policy;
	size_t i, len;
	char *block;
	int ret;

	(void)state;
	for (i = 0; i < COUNT(policies); i++) {
		len = strlen(policies[i].text);
		block = malloc(len ? len : 1);
		assert_non_null(block);
		memcpy(block, policies[i].text, len);
		ret = smtptls_sts_policy_parse(&policy, sizeof(policy), block,
					       len);
		if (ret != (policies[i].error ? SMTPTLS_E_SYNTAX : 0) ||
		    policy.mode != policies[i].mode ||
		    policy.max_age != policies[i].max_age ||
		    policy.pattern_count != policies[i].patterns ||
		    policy.fault_count != policies[i].faults ||
		    !policies[i].error != !policy.error ||
		    (policy.error && !strstr(policy.error, policies[i].error)))
			fail_msg("%s: %d, mode %d, max_age %lu, %zu patterns, "
				 "%zu faults, %s",
				 policies[i].row, ret, policy.mode,
				 policy.max_age, policy.pattern_count,
				 policy.fault_count, policy.error);
		free(block);
	}
}

static void test_nul(void **state)
{
	static const char text[] = GOOD "mx: a\0.example\nmx\0: b\n";
	struct smtptls_sts_policy policy;

	(void)state;
	assert_int_equal(smtptls_sts_policy_parse(&policy, sizeof(policy), text,
						  sizeof(text) - 1),
			 SMTPTLS_E_SYNTAX);
	assert_int_equal(policy.fault_count, 2);
	assert_string_equal(policy.error, "there is no line \"mx\"");
}

/* mailcow-logs-viewer 119: 64 KB. */
static void test_longest(void **state)
{
	static char text[SMTPTLS_STS_POLICY_MAX + 1];
	static const char good[] = GOOD "mx: a.example\n";
	struct smtptls_sts_policy policy;

	(void)state;
	memset(text, '\n', sizeof(text));
	memcpy(text, good, sizeof(good) - 1);
	assert_int_equal(smtptls_sts_policy_parse(&policy, sizeof(policy), text,
						  sizeof(text) - 1),
			 0);
	assert_int_equal(smtptls_sts_match(&policy, "a.example"), 1);
	assert_int_equal(smtptls_sts_policy_parse(&policy, sizeof(policy), text,
						  sizeof(text)),
			 SMTPTLS_E_LIMIT);
	assert_non_null(policy.error);
	assert_int_equal(policy.mode, 0);
	assert_int_equal(smtptls_sts_match(&policy, "a.example"), 0);
}

static const struct {
	const char *row;
	const char *pattern;
	const char *host;
	int matches;
} matches[] = {
	{ "the same", "mx.example.org", "mx.example.org", 1 },
	{ "case", "MX.example.ORG", "mx.EXAMPLE.org", 1 },
	{ "Internet.nl 293: final dot of the host", "mx.example.org",
	  "mx.example.org.", 1 },
	{ "Internet.nl 293: final dot of the pattern", "mx.example.org.",
	  "mx.example.org", 1 },
	{ "Internet.nl 293: both", "*.example.org.", "MX.example.org.", 1 },
	{ "another name", "mx.example.org", "my.example.org", 0 },
	{ "a longer name", "mx.example.org", "mx.example.organic", 0 },
	{ "a shorter name", "mx.example.org", "mx.example.o", 0 },
	{ "a name below", "example.org", "mx.example.org", 0 },
	{ "a name above", "mx.example.org", "example.org", 0 },
	{ "one label", "*.example.org", "mx.example.org", 1 },
	{ "no label", "*.example.org", "example.org", 0 },
	{ "two labels", "*.example.org", "a.mx.example.org", 0 },
	{ "another domain", "*.example.org", "mx.example.com", 0 },
	{ "the same end", "*.example.org", "mx.badexample.org", 0 },
	{ "an end alone", "*.example.org", "mxexample.org", 0 },
	{ "one label of one", "*.org", "example.org", 1 },
	{ "a single label", "*.org", "org", 0 },
	{ "an underscore of DNS", "*.example.org", "my_mx.example.org", 1 },
	{ "an A-label", "xn--bcher-kva.example", "XN--BCHER-KVA.example", 1 },
	{ "a U-label", "*.example",
	  "b\xc3\xbc"
	  "cher.example",
	  0 },
	{ "an asterisk as host", "*.example.org", "*.example.org", 0 },
	{ "an IP address", "192.0.2.1", "192.0.2.1", 0 },
	{ "an empty host", "*.example.org", "", 0 },
	{ "an empty label", "*.example.org", ".example.org", 0 },
	{ "the root", "*.example.org", ".", 0 },
};

static void test_matches(void **state)
{
	struct smtptls_sts_policy policy;
	char text[256];
	size_t i;
	int len;

	(void)state;
	for (i = 0; i < COUNT(matches); i++) {
		len = snprintf(text, sizeof(text),
			       GOOD "mx: nothing.invalid\nmx: %s\n",
			       matches[i].pattern);
		assert_int_equal(smtptls_sts_policy_parse(&policy,
							  sizeof(policy), text,
							  (size_t)len),
				 0);
		if (smtptls_sts_match(&policy, matches[i].host) !=
		    matches[i].matches)
			fail_msg("%s", matches[i].row);
	}
	assert_int_equal(smtptls_sts_match(&policy, NULL), 0);
	assert_int_equal(smtptls_sts_match(NULL, "a"), 0);
}

/* A text that is not a policy says nothing about hosts. */
static void test_no_match_without_policy(void **state)
{
	static const char text[] = "mx: a.example\n";
	struct smtptls_sts_policy policy;

	(void)state;
	assert_int_equal(smtptls_sts_policy_parse(&policy, sizeof(policy), text,
						  sizeof(text) - 1),
			 SMTPTLS_E_SYNTAX);
	assert_int_equal(policy.pattern_count, 1);
	assert_int_equal(smtptls_sts_match(&policy, "a.example"), 0);
}

static const struct {
	int number;
	const char *key;
	const char *value;
	int ignored;
	const char *fault; /* what it must mention, or NULL */
} lines[] = {
	{ 1, "version", "STSv1", 0, NULL },
	{ 3, NULL, "", 1, "not a field" },
	{ 4, "mode", "testing", 0, NULL },
	{ 5, "mode", "enforce", 1, "first" },
	{ 6, "max_age", "99999999", 0, "31557600" },
	{ 7, "max_age", "1", 1, "first" },
	{ 8, "mx", "192.0.2.1", 1, "host name" },
	{ 9, "mx", "*.example.org", 0, NULL },
	{ 10, "other", "a  b", 0, NULL },
	{ 10000, NULL, NULL, 0, NULL },
};

static void test_lines(void **state)
{
	static const char text[] =
		"version: STSv1\n\nwhatever\nmode: testing\r\nmode: enforce\n"
		"max_age: 99999999\nmax_age: 1\nmx: 192.0.2.1\n"
		"mx: *.example.org \nother: a  b";
	struct smtptls_sts_policy policy;
	struct smtptls_sts_line line = { 0 };
	size_t i;

	(void)state;
	assert_int_equal(smtptls_sts_policy_parse(&policy, sizeof(policy), text,
						  sizeof(text) - 1),
			 0);
	for (i = 0; smtptls_sts_line(&policy, &line, sizeof(line)); i++) {
		assert_int_equal(line.number, lines[i].number);
		assert_int_equal(line.ignored, lines[i].ignored);
		assert_int_equal(!line.fault, !lines[i].fault);
		if (line.fault)
			assert_non_null(strstr(line.fault, lines[i].fault));
		assert_int_equal(!line.key, !lines[i].key);
		assert_int_equal(line.value_len, strlen(lines[i].value));
		if (!line.key)
			continue;
		assert_int_equal(line.key_len, strlen(lines[i].key));
		assert_memory_equal(line.key, lines[i].key, line.key_len);
		assert_memory_equal(line.value, lines[i].value, line.value_len);
	}
	assert_int_equal(i, COUNT(lines) - 1);
	assert_int_equal(smtptls_sts_line(&policy, &line, sizeof(line)), 0);
}

static void test_policy_arguments(void **state)
{
	static const char text[] = GOOD "mx: a\n";
	struct smtptls_sts_policy policy;
	struct {
		struct smtptls_sts_line line;
		int newer;
	} longer = { { 0 }, 1 };

	(void)state;
	assert_int_equal(
		smtptls_sts_policy_parse(NULL, sizeof(policy), text, 1),
		SMTPTLS_E_ARG);
	assert_int_equal(
		smtptls_sts_policy_parse(&policy, sizeof(policy), NULL, 0),
		SMTPTLS_E_ARG);
	assert_int_equal(
		smtptls_sts_policy_parse(&policy, sizeof(policy) - 1, text, 1),
		SMTPTLS_E_ARG);
	assert_int_equal(smtptls_sts_policy_parse(&policy, sizeof(policy), text,
						  sizeof(text) - 1),
			 0);
	assert_int_equal(
		smtptls_sts_line(NULL, &longer.line, sizeof(longer.line)), 0);
	assert_int_equal(smtptls_sts_line(&policy, NULL, sizeof(longer.line)),
			 0);
	assert_int_equal(smtptls_sts_line(&policy, &longer.line,
					  sizeof(longer.line) - 1),
			 0);
	assert_int_equal(longer.line.number, 0);
	/* a caller with a longer struct */
	assert_int_equal(
		smtptls_sts_line(&policy, &longer.line, sizeof(longer)), 1);
	assert_int_equal(longer.line.number, 1);
	assert_int_equal(longer.newer, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_record_arguments),
		cmocka_unit_test(test_policies),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_matches),
		cmocka_unit_test(test_no_match_without_policy),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_policy_arguments),
	};

	return cmocka_run_group_tests_name("sts", tests, NULL, NULL);
}
