/* SPDX-License-Identifier: MIT */
/*
 * ehlo: whole replies, and what can be found in them.
 *
 * A reply is written as one string; its lines are added one by one from blocks
 * of their exact size, which are freed before the reply is queried. Names like
 * C-EHL-11 are rows of tests/data/behaviour.tsv.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <smtptls/smtp.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int add(struct smtptls_ehlo *ehlo, const char *line, size_t len)
{
	char *block = malloc(len ? len : 1);
	int ret;

	assert_non_null(block);
	memcpy(block, line, len);
	ret = smtptls_ehlo_add(ehlo, block, len);
	memset(block, '#', len);
	free(block);
	return ret;
}

/* Add a reply's lines as long as more are wanted; returns the last result. */
static int add_all(struct smtptls_ehlo *ehlo, const char *reply)
{
	int ret = SMTPTLS_E_AGAIN;
	const char *end;

	while (*reply && ret == SMTPTLS_E_AGAIN) {
		end = strchr(reply, '\n');
		assert_non_null(end);
		ret = add(ehlo, reply, (size_t)(end + 1 - reply));
		reply = end + 1;
	}
	return ret;
}

static const struct {
	const char *reply;
	int ret;
	int code;
	const char *starttls; /* the parameters found, if any */
	const char *auth;
} replies[] = {
	{ "250-mx.example.org at your service\r\n250-PIPELINING\r\n"
	  "250-SIZE 10240000\r\n250-AUTH PLAIN LOGIN\r\n250-STARTTLS\r\n"
	  "250 8BITMIME\r\n",
	  0, 250, "", "PLAIN LOGIN" },
	{ "250-x\r\n250 STARTTLS\r\n", 0, 250, "", NULL },
	{ "250 x\r\n", 0, 250, NULL, NULL },
	{ "250\r\n", 0, 250, NULL, NULL },
	/* C-EHL-01, C-EHL-02 */
	{ "250-x\r\n250 PIPELINING\r\n", 0, 250, NULL, NULL },
	{ "250-x\r\n250 AUTH PLAIN LOGIN\r\n", 0, 250, NULL, "PLAIN LOGIN" },
	/* C-EHL-03 to C-EHL-06 */
	{ "250-x\r\n250 XSTARTTLS\r\n", 0, 250, NULL, NULL },
	{ "250-x\r\n250 STARTTLSX\r\n", 0, 250, NULL, NULL },
	{ "250-x\r\n250 XXXXXXXA\r\n", 0, 250, NULL, NULL },
	{ "250-x\r\n250 starttls\r\n", 0, 250, "", NULL },
	/* C-EHL-07 to C-EHL-09 */
	{ "250-x\r\n250-STARTTLS \r\n250 y\r\n", 0, 250, "", NULL },
	{ "250-x\r\n250 STARTTLS foo=bar\r\n", 0, 250, "foo=bar", NULL },
	{ "250-x\r\n250-STARTTLS\r\n250-STARTTLS\r\n250 STARTTLS\r\n", 0, 250,
	  "", NULL },
	/* C-EHL-10 to C-EHL-12 */
	{ "250-STARTTLS\r\n250 PIPELINING\r\n", 0, 250, NULL, NULL },
	{ "250 STARTTLS\r\n", 0, 250, NULL, NULL },
	{ "250-fake STARTTLS ready\r\n250 PIPELINING\r\n", 0, 250, NULL, NULL },
	{ "250-x\r\n250 AUTH STARTTLS\r\n", 0, 250, NULL, "STARTTLS" },
	/* C-EHL-13 */
	{ "250-fake\r\n550-STARTTLS\r\n", SMTPTLS_E_SYNTAX, 250, NULL, NULL },
	{ "250-fake\r\n220 STARTTLS\r\n", SMTPTLS_E_SYNTAX, 250, NULL, NULL },
	{ "250-x\r\n250-STARTTLS\r\n550 y\r\n", SMTPTLS_E_SYNTAX, 250, NULL,
	  NULL },
	/* C-EHL-14 */
	{ "250-x\r\n250-STARTTLS\r\n", SMTPTLS_E_AGAIN, 250, NULL, NULL },
	/* C-EHL-15 */
	{ "250-x\r\n250-STARTTLS\r\n250\r\n", 0, 250, "", NULL },
	/* C-EHL-19 */
	{ "250-x\n", SMTPTLS_E_SYNTAX, 0, NULL, NULL },
	{ "250-x\r\n250-STARTTLS\n", SMTPTLS_E_SYNTAX, 250, NULL, NULL },
	/* C-EHL-20 */
	{ "250-x\r\n250-\xc3\xa4\xff\r\n250-STARTTLS\xff\r\n250 AUTH \xff\r\n",
	  0, 250, NULL, "\xff" },
	/* C-EHL-22 to C-EHL-30 */
	{ "500 STARTTLS\r\n", 0, 500, NULL, NULL },
	{ "502-x\r\n502 STARTTLS\r\n", 0, 502, NULL, NULL },
	{ "550-x\r\n550 STARTTLS\r\n", 0, 550, NULL, NULL },
	{ "530-x\r\n530 STARTTLS\r\n", 0, 530, NULL, NULL },
	{ "421-x\r\n421 STARTTLS\r\n", 0, 421, NULL, NULL },
	{ "221-x\r\n221 STARTTLS\r\n", 0, 221, NULL, NULL },
	{ "354-x\r\n354 STARTTLS\r\n", 0, 354, NULL, NULL },
	{ "220-x\r\n220 STARTTLS\r\n", 0, 220, NULL, NULL },
	{ "334-x\r\n334 STARTTLS\r\n", 0, 334, NULL, NULL },
	/* C-EHL-31 to C-EHL-39 */
	{ "25 STARTTLS\r\n", SMTPTLS_E_SYNTAX, 0, NULL, NULL },
	{ "2500 STARTTLS\r\n", SMTPTLS_E_SYNTAX, 0, NULL, NULL },
	{ "+OK STARTTLS\r\n", SMTPTLS_E_SYNTAX, 0, NULL, NULL },
	{ "250STARTTLS\r\n", SMTPTLS_E_SYNTAX, 0, NULL, NULL },
	{ "250_STARTTLS\r\n", SMTPTLS_E_SYNTAX, 0, NULL, NULL },
	{ "650 STARTTLS\r\n", SMTPTLS_E_SYNTAX, 0, NULL, NULL },
	{ " 250 STARTTLS\r\n", SMTPTLS_E_SYNTAX, 0, NULL, NULL },
	{ "-50 STARTTLS\r\n", SMTPTLS_E_SYNTAX, 0, NULL, NULL },
	{ "\r\n", SMTPTLS_E_SYNTAX, 0, NULL, NULL },
	/*
	 * C-EHL-41, and a code without text amid the lines, which ends the
	 * reply
	 */
	{ "250-x\r\n250-\r\n250-STARTTLS\r\n250 y\r\n", 0, 250, "", NULL },
	{ "250-x\r\n250\r\n", 0, 250, NULL, NULL },
	/* C-GRT-10 */
	{ "220-x\r\n554 y\r\n", SMTPTLS_E_SYNTAX, 220, NULL, NULL },
	/* parameters: only a space separates, and the first keyword counts */
	{ "250-x\r\n250-AUTH=LOGIN\r\n250 AUTH=PLAIN\r\n", 0, 250, NULL, NULL },
	{ "250-x\r\n250-AUTH=LOGIN\r\n250 AUTH PLAIN\r\n", 0, 250, NULL,
	  "PLAIN" },
	{ "250-x\r\n250-AUTH PLAIN\r\n250 AUTH LOGIN\r\n", 0, 250, NULL,
	  "PLAIN" },
	{ "250-x\r\n250-AUTH\r\n250 AUTH LOGIN\r\n", 0, 250, NULL, "" },
	{ "250-x\r\n250 aUtH   PLAIN   LOGIN  \r\n", 0, 250, NULL,
	  "PLAIN   LOGIN" },
	{ "250-x\r\n250-STARTTLS\tfoo\r\n250 AUTH\tPLAIN\r\n", 0, 250, NULL,
	  NULL },
	{ "250-x\r\n250- STARTTLS\r\n250 AUTH\r\n", 0, 250, NULL, "" },
	{ "250-x\r\n250--STARTTLS\r\n250 START TLS\r\n", 0, 250, NULL, NULL },
	{ "250-x\r\n250-STARTTLS-\r\n250 STARTTLS_\r\n", 0, 250, NULL, NULL },
	{ "250-x\r\n250-STARTTL\r\n250 S\r\n", 0, 250, NULL, NULL },
};

static void assert_found(const struct smtptls_ehlo *ehlo, const char *keyword,
			 const char *wanted)
{
	const char *found = smtptls_ehlo_find(ehlo, keyword);

	if (!wanted) {
		assert_null(found);
		return;
	}
	assert_non_null(found);
	assert_string_equal(found, wanted);
}

static void check_replies(void)
{
	struct smtptls_ehlo ehlo;
	char buffer[256];
	size_t i;

	for (i = 0; i < COUNT(replies); i++) {
		memset(buffer, '#', sizeof(buffer));
		smtptls_ehlo_init(&ehlo, buffer, sizeof(buffer));
		assert_int_equal(ehlo.code, 0);
		assert_int_equal(ehlo.complete, 0);
		assert_int_equal(add_all(&ehlo, replies[i].reply),
				 replies[i].ret);
		assert_int_equal(ehlo.code, replies[i].code);
		assert_int_equal(ehlo.complete, replies[i].ret == 0);
		assert_found(&ehlo, "STARTTLS", replies[i].starttls);
		assert_found(&ehlo, "startTLS", replies[i].starttls);
		assert_found(&ehlo, "AUTH", replies[i].auth);
		assert_found(&ehlo, "auth", replies[i].auth);
	}
}

static void test_replies(void **state)
{
	(void)state;
	check_replies();
}

static void test_replies_in_a_turkish_locale(void **state)
{
	struct smtptls_ehlo ehlo;
	char buffer[64];

	(void)state;
	if (!setlocale(LC_ALL, "tr_TR.UTF-8") && !setlocale(LC_ALL, "tr_TR"))
		skip();
	check_replies();
	smtptls_ehlo_init(&ehlo, buffer, sizeof(buffer));
	assert_int_equal(add_all(&ehlo, "250-x\r\n250 pipelining\r\n"), 0);
	assert_found(&ehlo, "PIPELINING", "");
	assert_non_null(setlocale(LC_ALL, "C"));
}

/* C-EHL-21, and NULs elsewhere. */
static void test_nul(void **state)
{
	static const char line[] = "250 STARTTLS\0x\r\n";
	struct smtptls_ehlo ehlo;
	char buffer[64];

	(void)state;
	smtptls_ehlo_init(&ehlo, buffer, sizeof(buffer));
	assert_int_equal(add(&ehlo, "250-x\r\n", 7), SMTPTLS_E_AGAIN);
	assert_int_equal(add(&ehlo, line, sizeof(line) - 1), SMTPTLS_E_SYNTAX);
	assert_found(&ehlo, "STARTTLS", NULL);
	smtptls_ehlo_init(&ehlo, buffer, sizeof(buffer));
	assert_int_equal(add(&ehlo, "250-\0\r\n", 7), SMTPTLS_E_SYNTAX);
}

static void test_other_keywords(void **state)
{
	struct smtptls_ehlo ehlo;
	char buffer[128];

	(void)state;
	smtptls_ehlo_init(&ehlo, buffer, sizeof(buffer));
	assert_int_equal(
		add_all(&ehlo, "250-x\r\n250-SIZE 1\r\n250-X-0 y\r\n250--Y\r\n"
			       "250 8BITMIME\r\n"),
		0);
	assert_found(&ehlo, "8bitmime", "");
	assert_found(&ehlo, "x-0", "y");
	assert_found(&ehlo, "SIZE", "1");
	assert_found(&ehlo, "x", NULL);
	assert_found(&ehlo, "SIZ", NULL);
	assert_found(&ehlo, "SIZES", NULL);
	assert_found(&ehlo, "1", NULL);
	assert_found(&ehlo, "y", NULL);
	assert_found(&ehlo, "", NULL);
	assert_found(&ehlo, "-Y", NULL);
}

/* Nothing can be found before the last line. */
static void test_not_before_the_end(void **state)
{
	struct smtptls_ehlo ehlo;
	char buffer[64];

	(void)state;
	smtptls_ehlo_init(&ehlo, buffer, sizeof(buffer));
	assert_found(&ehlo, "STARTTLS", NULL);
	assert_int_equal(add_all(&ehlo, "250-x\r\n250-STARTTLS\r\n"),
			 SMTPTLS_E_AGAIN);
	assert_found(&ehlo, "STARTTLS", NULL);
	assert_int_equal(add_all(&ehlo, "250 y\r\n"), 0);
	assert_found(&ehlo, "STARTTLS", "");
	assert_int_equal(add_all(&ehlo, "250 AUTH\r\n"), SMTPTLS_E_STATE);
	assert_found(&ehlo, "AUTH", NULL);
	assert_found(&ehlo, "STARTTLS", "");
}

/* Initialization forgets what was learnt in plaintext. */
static void test_init_forgets(void **state)
{
	struct smtptls_ehlo ehlo;
	char buffer[64];

	(void)state;
	smtptls_ehlo_init(&ehlo, buffer, sizeof(buffer));
	assert_int_equal(add_all(&ehlo, "250-x\r\n250 STARTTLS\r\n"), 0);
	smtptls_ehlo_init(&ehlo, buffer, sizeof(buffer));
	assert_int_equal(ehlo.code, 0);
	assert_int_equal(ehlo.complete, 0);
	assert_found(&ehlo, "STARTTLS", NULL);
	assert_int_equal(add_all(&ehlo, "250-x\r\n250 AUTH\r\n"), 0);
	assert_found(&ehlo, "STARTTLS", NULL);
	assert_found(&ehlo, "AUTH", "");
}

/* Every buffer size: it suffices, or the reply fails; it is never overrun. */
static void test_buffer_sizes(void **state)
{
	static const char reply[] = "250-a long name that is not kept\r\n"
				    "250-AUTH PLAIN\r\n250 STARTTLS\r\n";
	const size_t enough = sizeof("AUTH PLAIN") + sizeof("STARTTLS");
	struct smtptls_ehlo ehlo;
	char *buffer;
	size_t size;

	(void)state;
	for (size = 1; size <= enough + 2; size++) {
		buffer = malloc(size);
		assert_non_null(buffer);
		smtptls_ehlo_init(&ehlo, buffer, size);
		assert_int_equal(add_all(&ehlo, reply),
				 size < enough ? SMTPTLS_E_LIMIT : 0);
		assert_int_equal(ehlo.complete, size >= enough);
		assert_found(&ehlo, "STARTTLS", size < enough ? NULL : "");
		assert_found(&ehlo, "AUTH", size < enough ? NULL : "PLAIN");
		free(buffer);
	}
}

/* Without a buffer, a reply without keywords can still be read. */
static void test_no_buffer(void **state)
{
	struct smtptls_ehlo ehlo;

	(void)state;
	smtptls_ehlo_init(&ehlo, NULL, 100);
	assert_int_equal(add_all(&ehlo, "250-x\r\n250 STARTTLS\r\n"),
			 SMTPTLS_E_LIMIT);
	smtptls_ehlo_init(&ehlo, NULL, 0);
	assert_int_equal(add_all(&ehlo, "250-x\r\n250 no_keyword\r\n"), 0);
	assert_found(&ehlo, "STARTTLS", NULL);
}

/* C-EHL-16, C-EHL-17: a long reply ends where the buffer does, not past it. */
static void test_endless_reply(void **state)
{
	struct smtptls_ehlo ehlo;
	char buffer[4096], line[64];
	int i, len, ret = SMTPTLS_E_AGAIN;

	(void)state;
	smtptls_ehlo_init(&ehlo, buffer, sizeof(buffer));
	for (i = 0; ret == SMTPTLS_E_AGAIN && i < 100000; i++) {
		len = snprintf(line, sizeof(line), "250-X%d\r\n", i);
		ret = add(&ehlo, line, (size_t)len);
	}
	assert_int_equal(ret, SMTPTLS_E_LIMIT);
	assert_in_range(i, 600, 1000);
}

/* A reply that has failed stays failed, whatever is added to it. */
static void test_failure_stays(void **state)
{
	static const struct {
		const char *reply;
		int ret;
	} wrong[] = {
		{ "250-x\r\n250-STARTTLS\r\n550-y\r\n", SMTPTLS_E_SYNTAX },
		{ "250-x\r\n250-STARTTLS\r\n250-y\n", SMTPTLS_E_SYNTAX },
		{ "650-x\r\n", SMTPTLS_E_SYNTAX },
		{ "250-x\r\n250-STARTTLS\r\n250-AUTH too long\r\n",
		  SMTPTLS_E_LIMIT },
	};
	struct smtptls_ehlo ehlo;
	char buffer[16];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(wrong); i++) {
		smtptls_ehlo_init(&ehlo, buffer, sizeof(buffer));
		assert_int_equal(add_all(&ehlo, wrong[i].reply), wrong[i].ret);
		assert_int_equal(add_all(&ehlo, "250-STARTTLS\r\n"),
				 SMTPTLS_E_STATE);
		assert_int_equal(add_all(&ehlo, "250 STARTTLS\r\n"),
				 SMTPTLS_E_STATE);
		assert_int_equal(ehlo.complete, 0);
		assert_found(&ehlo, "STARTTLS", NULL);
	}
	smtptls_ehlo_init(&ehlo, buffer, sizeof(buffer));
	assert_int_equal(add_all(&ehlo, "250-x\r\n250 STARTTLS\r\n"), 0);
	assert_found(&ehlo, "STARTTLS", "");
}

static void test_wrong_arguments(void **state)
{
	struct smtptls_ehlo ehlo;
	char buffer[16];

	(void)state;
	smtptls_ehlo_init(NULL, buffer, sizeof(buffer));
	smtptls_ehlo_init(&ehlo, buffer, sizeof(buffer));
	assert_int_equal(smtptls_ehlo_add(NULL, "250 x\r\n", 7), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_ehlo_add(&ehlo, NULL, 0), SMTPTLS_E_ARG);
	assert_int_equal(add_all(&ehlo, "250-x\r\n250 STARTTLS\r\n"), 0);
	assert_null(smtptls_ehlo_find(NULL, "STARTTLS"));
	assert_null(smtptls_ehlo_find(&ehlo, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_replies_in_a_turkish_locale),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_other_keywords),
		cmocka_unit_test(test_not_before_the_end),
		cmocka_unit_test(test_init_forgets),
		cmocka_unit_test(test_buffer_sizes),
		cmocka_unit_test(test_no_buffer),
		cmocka_unit_test(test_endless_reply),
		cmocka_unit_test(test_failure_stays),
		cmocka_unit_test(test_wrong_arguments),
	};

	return cmocka_run_group_tests_name("ehlo", tests, NULL, NULL);
}
