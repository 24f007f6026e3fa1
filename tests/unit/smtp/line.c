/* SPDX-License-Identifier: MIT */
/*
 * line: command and reply lines, in tables: a line, and what it is.
 *
 * Lines are copied to blocks of their exact size before they are parsed, so
 * that a sanitizer detects a read past the end. Names like S-LIN-05 are rows of
 * tests/data/behaviour.tsv.
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

/* A literal with its length, so that it can hold a NUL. */
#define LINE(literal) literal, sizeof(literal) - 1

static char *copy(const char *line, size_t len)
{
	char *block = malloc(len ? len : 1);

	assert_non_null(block);
	memcpy(block, line, len);
	return block;
}

static void assert_span(const char *part, size_t part_len, const char *wanted)
{
	assert_int_equal(part_len, strlen(wanted));
	assert_memory_equal(part, wanted, part_len);
}

/* ---- commands ---- */

static const struct {
	const char *line;
	size_t len;
	const char *verb;
	const char *args;
} commands[] = {
	{ LINE("NOOP\r\n"), "NOOP", "" },
	{ LINE("Q\r\n"), "Q", "" },
	{ LINE("MAIL FROM:<a@b> SIZE=3\r\n"), "MAIL", "FROM:<a@b> SIZE=3" },
	{ LINE("EHLO  two  spaces \r\n"), "EHLO", "two  spaces" },
	{ LINE("NOOP \r\n"), "NOOP", "" },
	{ LINE("NOOP     \r\n"), "NOOP", "" },
	{ LINE("STARTTLS \r\n"), "STARTTLS", "" },
	{ LINE("STARTTLS x\r\n"), "STARTTLS", "x" },
	{ LINE("NOOP a\t \r\n"), "NOOP", "a\t" },
	{ LINE("NOOP \t\r\n"), "NOOP", "\t" },
	{ LINE("\t\r\n"), "\t", "" },
	{ LINE("\tNOOP x\r\n"), "\tNOOP", "x" },
	{ LINE("!\r\n"), "!", "" },
	/* S-NEG-14: none of them is STARTTLS */
	{ LINE("STARTTLSX\r\n"), "STARTTLSX", "" },
	{ LINE("XSTARTTLS\r\n"), "XSTARTTLS", "" },
	{ LINE("START TLS\r\n"), "START", "TLS" },
	{ LINE("STARTTLS\tx\r\n"), "STARTTLS\tx", "" },
	/* S-LIN-06, S-LIN-07: parsed like others, not judged */
	{ LINE("NOOP \xc3\xa4\xff\r\n"), "NOOP", "\xc3\xa4\xff" },
	{ LINE("\xff\xfe x\r\n"), "\xff\xfe", "x" },
	{ LINE("NOOP \x1b[31m\a\r\n"), "NOOP", "\x1b[31m\a" },
	/* S-LIN-11 */
	{ LINE("FROBNICATE\r\n"), "FROBNICATE", "" },
};

static void test_commands(void **state)
{
	struct smtptls_command command;
	size_t i;
	char *line;

	(void)state;
	for (i = 0; i < COUNT(commands); i++) {
		line = copy(commands[i].line, commands[i].len);
		assert_int_equal(
			smtptls_command_parse(line, commands[i].len, &command),
			0);
		assert_span(command.verb, command.verb_len, commands[i].verb);
		assert_span(command.args, command.args_len, commands[i].args);
		free(line);
	}
}

/* What is not a line is neither a command nor a reply. */
static const struct {
	const char *line;
	size_t len;
} no_lines[] = {
	{ LINE("") },
	{ LINE("\r") },
	{ LINE("\n") },
	{ LINE("\r\n") },
	{ LINE("\n\r") },
	{ LINE("a") },
	{ LINE("ab") },
	{ LINE("a\n") },
	{ LINE("a\r") },
	{ LINE("NOOP") },
	{ LINE("\r\r\n") },
	{ LINE("\n\r\n") },
	{ LINE("\r\n\r\n") },
	{ LINE("\0\r\n") },
	{ LINE("NOOP\r\n ") },
	{ LINE("NOOP\r\n\0") },
	/* S-LIN-01 */
	{ LINE("NOOP\n") },
	/* S-LIN-02 */
	{ LINE("NOOP\r") },
	{ LINE("NOOP\r\r\n") },
	/* S-LIN-03 */
	{ LINE("NOOP\rNOOP\r\n") },
	{ LINE("NOOP\nNOOP\r\n") },
	{ LINE("NOOP\r\nNOOP\r\n") },
	/* S-LIN-04 */
	{ LINE("NO\0OP\r\n") },
	{ LINE("NOOP \0\r\n") },
	{ LINE("\0NOOP\r\n") },
	/* S-LIN-05 */
	{ LINE("STARTTLS\0x\r\n") },
	{ LINE("STARTTLS\0\r\n") },
	/* the same where a reply is expected */
	{ LINE("220 x\n") },
	{ LINE("220 x\r") },
	{ LINE("220 x") },
	{ LINE("220 \0x\r\n") },
	{ LINE("220\0\r\n") },
	{ LINE("22\0 x\r\n") },
	{ LINE("220 x\ry\r\n") },
	{ LINE("220 x\ny\r\n") },
	{ LINE("220-x\r\n220 y\r\n") },
	{ LINE("220\r\r\n") },
};

static void test_no_lines(void **state)
{
	struct smtptls_command command;
	struct smtptls_reply reply;
	size_t i;
	char *line;

	(void)state;
	for (i = 0; i < COUNT(no_lines); i++) {
		line = copy(no_lines[i].line, no_lines[i].len);
		assert_int_equal(
			smtptls_command_parse(line, no_lines[i].len, &command),
			SMTPTLS_E_SYNTAX);
		assert_int_equal(
			smtptls_reply_parse(line, no_lines[i].len, &reply),
			SMTPTLS_E_SYNTAX);
		free(line);
	}
}

static void test_commands_without_a_verb(void **state)
{
	static const char *const lines[] = { " \r\n", "    \r\n", " NOOP\r\n",
					     "  STARTTLS\r\n" };
	struct smtptls_command command;
	size_t i;
	char *line;

	(void)state;
	for (i = 0; i < COUNT(lines); i++) {
		line = copy(lines[i], strlen(lines[i]));
		assert_int_equal(
			smtptls_command_parse(line, strlen(lines[i]), &command),
			SMTPTLS_E_SYNTAX);
		free(line);
	}
}

/* Every byte in each place of a command line: three of them make it invalid. */
static void test_every_byte_within(void **state)
{
	char line[] = "NOOP argument\r\n";
	struct smtptls_command command;
	size_t at;
	int byte, ret, bad;

	(void)state;
	for (at = 0; at < sizeof(line) - 3; at++) {
		char kept = line[at];

		for (byte = 0; byte < 256; byte++) {
			line[at] = (char)byte;
			ret = smtptls_command_parse(line, sizeof(line) - 1,
						    &command);
			bad = byte == '\0' || byte == '\r' || byte == '\n' ||
			      (byte == ' ' && at == 0);
			assert_int_equal(ret, bad ? SMTPTLS_E_SYNTAX : 0);
		}
		line[at] = kept;
	}
}

/* S-LIN-08, S-LIN-09, S-LIN-10: a long line is one line. */
static void test_long_lines(void **state)
{
	static const size_t lengths[] = { 511, 512, 513, 600, 4000, 100000 };
	struct smtptls_command command;
	char *line;
	size_t i, len, n;

	(void)state;
	for (i = 0; i < COUNT(lengths); i++) {
		len = lengths[i];
		line = malloc(len);
		assert_non_null(line);
		for (n = 0; n < len; n++)
			line[n] = "STARTTLS "[n % 9];
		memcpy(line + len - 3, "x\r\n", 3);
		assert_int_equal(smtptls_command_parse(line, len, &command), 0);
		assert_span(command.verb, command.verb_len, "STARTTLS");
		assert_ptr_equal(command.args, line + 9);
		assert_int_equal(command.args_len, len - 9 - 2);
		free(line);
	}
}

/* ---- verbs ---- */

static const struct {
	const char *line;
	const char *verb;
	int is;
} verbs[] = {
	{ "STARTTLS\r\n", "STARTTLS", 1 },
	{ "starttls\r\n", "STARTTLS", 1 },
	{ "StArTtLs x\r\n", "sTaRtTlS", 1 },
	{ "STARTTL\r\n", "STARTTLS", 0 },
	{ "STARTTLSX\r\n", "STARTTLS", 0 },
	{ "STARTTLS\tx\r\n", "STARTTLS", 0 },
	{ "XSTARTTLS\r\n", "STARTTLS", 0 },
	{ "START TLS\r\n", "STARTTLS", 0 },
	{ "STARTTLS\r\n", "", 0 },
	{ "STARTTLS\r\n", "STARTTLS ", 0 },
	{ "STARTTLS\r\n", "STARTTLS\r\n", 0 },
	/* the cases of a letter are 32 apart; other bytes 32 apart differ */
	{ "@\r\n", "`", 0 },
	{ "[\r\n", "{", 0 },
	{ "A-B\r\n", "A\rB", 0 },
	{ "\xc4\r\n", "\xe4", 0 },
	/* the Kelvin sign is not a k, and the dotless i is not an i */
	{ "\xe2\x84\xaa\r\n", "k", 0 },
	{ "S\xc4\xb1ZE\r\n", "SIZE", 0 },
};

static void check_verbs(void)
{
	struct smtptls_command command;
	size_t i;

	for (i = 0; i < COUNT(verbs); i++) {
		assert_int_equal(smtptls_command_parse(verbs[i].line,
						       strlen(verbs[i].line),
						       &command),
				 0);
		assert_int_equal(smtptls_command_is(&command, verbs[i].verb),
				 verbs[i].is);
	}
}

static void test_verbs(void **state)
{
	(void)state;
	check_verbs();
}

static void test_verbs_in_a_turkish_locale(void **state)
{
	(void)state;
	if (!setlocale(LC_ALL, "tr_TR.UTF-8") && !setlocale(LC_ALL, "tr_TR"))
		skip();
	check_verbs();
	assert_non_null(setlocale(LC_ALL, "C"));
}

/* ---- replies ---- */

static const struct {
	const char *line;
	int code;
	int last;
	const char *text;
} replies[] = {
	/* C-GRT-01 to C-GRT-09 */
	{ "554 no\r\n", 554, 1, "no" },
	{ "421 mx.example.org\r\n", 421, 1, "mx.example.org" },
	{ "500 x\r\n", 500, 1, "x" },
	{ "530 x\r\n", 530, 1, "x" },
	{ "221 x\r\n", 221, 1, "x" },
	{ "354 x\r\n", 354, 1, "x" },
	{ "250 x\r\n", 250, 1, "x" },
	{ "334 VXNlcm5hbWU6\r\n", 334, 1, "VXNlcm5hbWU6" },
	{ "220-first\r\n", 220, 0, "first" },
	/* C-EHL-15, C-EHL-41 */
	{ "250\r\n", 250, 1, "" },
	{ "250 \r\n", 250, 1, "" },
	{ "250-\r\n", 250, 0, "" },
	{ "250  x \r\n", 250, 1, " x " },
	{ "250-STARTTLS \r\n", 250, 0, "STARTTLS " },
	{ "250--\r\n", 250, 0, "-" },
	{ "250- STARTTLS\r\n", 250, 0, " STARTTLS" },
	{ "250 \xe4\xff\r\n", 250, 1, "\xe4\xff" },
	{ "250 \t\r\n", 250, 1, "\t" },
	{ "200 x\r\n", 200, 1, "x" },
	{ "559 x\r\n", 559, 1, "x" },
};

static void test_replies(void **state)
{
	struct smtptls_reply reply;
	size_t i, len;
	char *line;

	(void)state;
	for (i = 0; i < COUNT(replies); i++) {
		len = strlen(replies[i].line);
		line = copy(replies[i].line, len);
		assert_int_equal(smtptls_reply_parse(line, len, &reply), 0);
		assert_int_equal(reply.code, replies[i].code);
		assert_int_equal(reply.last, replies[i].last);
		assert_span(reply.text, reply.text_len, replies[i].text);
		free(line);
	}
}

static void test_no_replies(void **state)
{
	static const char *const lines[] = {
		/* C-GRT-11 */
		"HTTP/1.1 400 Bad Request\r\n",
		/* C-EHL-31 to C-EHL-40 */
		"25 STARTTLS\r\n", "2500 STARTTLS\r\n", "+OK STARTTLS\r\n",
		"250STARTTLS\r\n", "250_STARTTLS\r\n", "650 STARTTLS\r\n",
		" 250 STARTTLS\r\n", "-50 STARTTLS\r\n", "\r\n", "250-",
		/* shorter than a code, and bytes that are not digits */
		"2\r\n", "25\r\n", "25-\r\n", "2 5 0\r\n", "250\tx\r\n",
		"25O x\r\n", "2x0 x\r\n", "x50 x\r\n", "\xb2\xb5\xb0 x\r\n",
		"250\xa0x\r\n"
	};
	struct smtptls_reply reply;
	size_t i, len;
	char *line;

	(void)state;
	for (i = 0; i < COUNT(lines); i++) {
		len = strlen(lines[i]);
		line = copy(lines[i], len);
		assert_int_equal(smtptls_reply_parse(line, len, &reply),
				 SMTPTLS_E_SYNTAX);
		free(line);
	}
}

/* RFC 5321 section 4.2: Reply-code = %x32-35 %x30-35 %x30-39 */
static void test_all_codes(void **state)
{
	struct smtptls_reply reply;
	char line[16];
	int code, ret, is_one, len;

	(void)state;
	for (code = 0; code < 1000; code++) {
		len = snprintf(line, sizeof(line), "%03d x\r\n", code);
		ret = smtptls_reply_parse(line, (size_t)len, &reply);
		is_one = code / 100 >= 2 && code / 100 <= 5 &&
			 code / 10 % 10 <= 5;
		assert_int_equal(ret, is_one ? 0 : SMTPTLS_E_SYNTAX);
		if (ret == 0)
			assert_int_equal(reply.code, code);
	}
}

static void test_all_separators(void **state)
{
	char line[] = "250 x\r\n";
	struct smtptls_reply reply;
	int byte;

	(void)state;
	for (byte = 0; byte < 256; byte++) {
		line[3] = (char)byte;
		assert_int_equal(
			smtptls_reply_parse(line, sizeof(line) - 1, &reply),
			byte == ' ' || byte == '-' ? 0 : SMTPTLS_E_SYNTAX);
	}
}

static void test_wrong_arguments(void **state)
{
	struct smtptls_command command;
	struct smtptls_reply reply;

	(void)state;
	assert_int_equal(smtptls_command_parse(NULL, 0, &command),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_command_parse("NOOP\r\n", 6, NULL),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_reply_parse(NULL, 0, &reply), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_reply_parse("250\r\n", 5, NULL),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_command_is(NULL, "NOOP"), 0);
	assert_int_equal(smtptls_command_parse("NOOP\r\n", 6, &command), 0);
	assert_int_equal(smtptls_command_is(&command, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_no_lines),
		cmocka_unit_test(test_commands_without_a_verb),
		cmocka_unit_test(test_every_byte_within),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_verbs),
		cmocka_unit_test(test_verbs_in_a_turkish_locale),
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_no_replies),
		cmocka_unit_test(test_all_codes),
		cmocka_unit_test(test_all_separators),
		cmocka_unit_test(test_wrong_arguments),
	};

	return cmocka_run_group_tests_name("line", tests, NULL, NULL);
}
