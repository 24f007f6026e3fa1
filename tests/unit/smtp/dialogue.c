/* SPDX-License-Identifier: MIT */
/*
 * dialogue: whole dialogues, and what a client makes of them.
 *
 * A row has a server's replies, in segments that end with '^'. A segment is fed
 * when the one before has been answered, so whatever follows a reply within its
 * segment is unread input. Names like C-EHL-11 are rows of
 * tests/data/behaviour.tsv, others are public reports about other programs.
 * Each row is run twice, with STARTTLS required and optional; and once more
 * with each line in a segment of its own, which may change nothing except that
 * no injection is detected.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <smtptls/policy.h>
#include <smtptls/smtp.h>

#include "../help/no_memory.h"
#include "smtp/dialogue.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define TLS	     STLS_DIALOGUE_TLS
#define CLEAR	     STLS_DIALOGUE_CLEAR
#define WAITS	     STLS_DIALOGUE_HEAR
#define REPLY	     SMTPTLS_E_SMTP_REPLY
#define NOT_OFFERED  SMTPTLS_E_NOT_OFFERED
#define REFUSED	     SMTPTLS_E_REFUSED
#define INJECTION    SMTPTLS_E_INJECTION
#define PROTOCOL     SMTPTLS_E_PROTOCOL

#define GREET	     "220 mx.example.org ESMTP\r\n^"
#define OFFER	     "250-mx.example.org\r\n250-SIZE 1\r\n250 STARTTLS\r\n^"

#define EHLO	     "EHLO a.example\r\n"
#define HELO	     "HELO a.example\r\n"
#define STARTTLS     "STARTTLS\r\n"

struct row {
	const char *id;
	const char *server;
	int required; /* how it ends where STARTTLS is required */
	int optional; /* and where it is not */
	const char *said;
	const char *said_optional; /* NULL: the same */
};

static const struct row rows[] = {
	/* control cases */
	{ "C-CTL-01", GREET OFFER "220 go\r\n^", TLS, TLS, EHLO STARTTLS,
	  NULL },
	{ "C-CTL-09", GREET OFFER, WAITS, WAITS, EHLO STARTTLS, NULL },
	/* greetings */
	{ "C-GRT-01", "554 no\r\n^", REPLY, REPLY, "", NULL },
	{ "C-GRT-02", "421 later\r\n^", REPLY, REPLY, "", NULL },
	{ "C-GRT-03", "500 no\r\n^", REPLY, REPLY, "", NULL },
	{ "C-GRT-04", "530 no\r\n^", REPLY, REPLY, "", NULL },
	{ "C-GRT-05", "221 bye\r\n^", REPLY, REPLY, "", NULL },
	{ "C-GRT-06", "354 go\r\n^", REPLY, REPLY, "", NULL },
	{ "C-GRT-07", "250 ok\r\n^", REPLY, REPLY, "", NULL },
	{ "C-GRT-08", "334 x\r\n^", REPLY, REPLY, "", NULL },
	{ "C-GRT-09", "220-x\r\n220-y\r\n220 z\r\n^" OFFER "220 go\r\n^", TLS,
	  TLS, EHLO STARTTLS, NULL },
	{ "C-GRT-10", "220-x\r\n554 y\r\n^", PROTOCOL, PROTOCOL, "", NULL },
	{ "C-GRT-11", "HTTP/1.1 400 Bad Request\r\n^", PROTOCOL, PROTOCOL, "",
	  NULL },
	{ "C-GRT-15", "220 x\r\n250-x\r\n250 STARTTLS\r\n^", INJECTION,
	  INJECTION, "", NULL },
	{ "C-GRT-16", "", WAITS, WAITS, "", NULL },
	/* replies to EHLO */
	{ "C-EHL-01", GREET "250-x\r\n250 PIPELINING\r\n^", NOT_OFFERED, CLEAR,
	  EHLO, NULL },
	{ "C-EHL-02", GREET "250-x\r\n250 AUTH PLAIN LOGIN\r\n^", NOT_OFFERED,
	  CLEAR, EHLO, NULL },
	{ "C-EHL-03", GREET "250-x\r\n250 XSTARTTLS\r\n^", NOT_OFFERED, CLEAR,
	  EHLO, NULL },
	{ "C-EHL-04", GREET "250-x\r\n250 STARTTLSX\r\n^", NOT_OFFERED, CLEAR,
	  EHLO, NULL },
	{ "C-EHL-05", GREET "250-x\r\n250 XXXXXXXA\r\n^", NOT_OFFERED, CLEAR,
	  EHLO, NULL },
	{ "C-EHL-06", GREET "250-x\r\n250 starttls\r\n^220 go\r\n^", TLS, TLS,
	  EHLO STARTTLS, NULL },
	{ "C-EHL-07", GREET "250-x\r\n250-STARTTLS \r\n250 y\r\n^220 go\r\n^",
	  TLS, TLS, EHLO STARTTLS, NULL },
	{ "C-EHL-08", GREET "250-x\r\n250 STARTTLS foo=bar\r\n^220 go\r\n^",
	  TLS, TLS, EHLO STARTTLS, NULL },
	{ "C-EHL-09",
	  GREET "250-x\r\n250-STARTTLS\r\n250-STARTTLS\r\n250 STARTTLS\r\n^"
		"220 go\r\n^",
	  TLS, TLS, EHLO STARTTLS, NULL },
	{ "C-EHL-10", GREET "250-STARTTLS\r\n250 PIPELINING\r\n^", NOT_OFFERED,
	  CLEAR, EHLO, NULL },
	{ "C-EHL-10", GREET "250 STARTTLS\r\n^", NOT_OFFERED, CLEAR, EHLO,
	  NULL },
	{ "C-EHL-11",
	  GREET "250-fake STARTTLS ready\r\n250-x STARTTLS\r\n250 y\r\n^",
	  NOT_OFFERED, CLEAR, EHLO, NULL },
	{ "C-EHL-12", GREET "250-x\r\n250 AUTH STARTTLS\r\n^", NOT_OFFERED,
	  CLEAR, EHLO, NULL },
	{ "C-EHL-13", GREET "250-fake\r\n550-STARTTLS\r\n250 OK\r\n^", PROTOCOL,
	  PROTOCOL, EHLO, NULL },
	{ "C-EHL-14", GREET "250-x\r\n250-STARTTLS\r\n^", WAITS, WAITS, EHLO,
	  NULL },
	{ "C-EHL-15", GREET "250-x\r\n250-STARTTLS\r\n250\r\n^220 go\r\n^", TLS,
	  TLS, EHLO STARTTLS, NULL },
	{ "C-EHL-19", GREET "250-x\n250 STARTTLS\n^", PROTOCOL, PROTOCOL, EHLO,
	  NULL },
	{ "C-EHL-20",
	  GREET "250-x\r\n250-\xc3\xa4\xff\r\n250-STARTTLS\xff\r\n"
		"250 STARTTLS\r\n^220 go\r\n^",
	  TLS, TLS, EHLO STARTTLS, NULL },
	{ "C-EHL-22", GREET "500 no\r\n^250 hi\r\n^", REPLY, CLEAR, EHLO,
	  EHLO HELO },
	{ "C-EHL-23", GREET "502 no\r\n^250 hi\r\n^", REPLY, CLEAR, EHLO,
	  EHLO HELO },
	{ "C-EHL-24", GREET "550 no\r\n^250 hi\r\n^", REPLY, REPLY, EHLO,
	  NULL },
	{ "C-EHL-25", GREET "530 no\r\n^250 hi\r\n^", REPLY, REPLY, EHLO,
	  NULL },
	{ "C-EHL-26", GREET "421 no\r\n^250 hi\r\n^", REPLY, REPLY, EHLO,
	  NULL },
	{ "C-EHL-27", GREET "221 no\r\n^250 hi\r\n^", REPLY, REPLY, EHLO,
	  NULL },
	{ "C-EHL-28", GREET "354 no\r\n^250 hi\r\n^", REPLY, REPLY, EHLO,
	  NULL },
	{ "C-EHL-29", GREET "220-x\r\n220 STARTTLS\r\n^250 hi\r\n^", REPLY,
	  REPLY, EHLO, NULL },
	{ "C-EHL-30", GREET "334 no\r\n^250 hi\r\n^", REPLY, REPLY, EHLO,
	  NULL },
	{ "C-EHL-31", GREET "25 STARTTLS\r\n^", PROTOCOL, PROTOCOL, EHLO,
	  NULL },
	{ "C-EHL-32", GREET "2500 STARTTLS\r\n^", PROTOCOL, PROTOCOL, EHLO,
	  NULL },
	{ "C-EHL-33", GREET "+OK STARTTLS\r\n^", PROTOCOL, PROTOCOL, EHLO,
	  NULL },
	{ "C-EHL-34", GREET "250STARTTLS\r\n^", PROTOCOL, PROTOCOL, EHLO,
	  NULL },
	{ "C-EHL-35", GREET "250_STARTTLS\r\n^", PROTOCOL, PROTOCOL, EHLO,
	  NULL },
	{ "C-EHL-36", GREET "650 STARTTLS\r\n^", PROTOCOL, PROTOCOL, EHLO,
	  NULL },
	{ "C-EHL-37", GREET " 250 STARTTLS\r\n^", PROTOCOL, PROTOCOL, EHLO,
	  NULL },
	{ "C-EHL-38", GREET "-50 STARTTLS\r\n^", PROTOCOL, PROTOCOL, EHLO,
	  NULL },
	{ "C-EHL-39", GREET "\r\n^", PROTOCOL, PROTOCOL, EHLO, NULL },
	{ "C-EHL-40", GREET "250-\r\n^", WAITS, WAITS, EHLO, NULL },
	{ "C-EHL-41",
	  GREET "250-x\r\n250-\r\n250-STARTTLS\r\n250 y\r\n^220 go\r\n^", TLS,
	  TLS, EHLO STARTTLS, NULL },
	/* a code without text is a last line */
	{ "bare code", GREET "250-x\r\n250\r\n^", NOT_OFFERED, CLEAR, EHLO,
	  NULL },
	{ "only a space separates", GREET "250-x\r\n250 STARTTLS\tx\r\n^",
	  NOT_OFFERED, CLEAR, EHLO, NULL },
	{ "other code at the end", GREET "250-x\r\n250-STARTTLS\r\n220 y\r\n^",
	  PROTOCOL, PROTOCOL, EHLO, NULL },
	/* HELO: an offer in its reply is ignored */
	{ "keyword for HELO",
	  GREET "502 no\r\n^250-x\r\n250 STARTTLS\r\n^220 go\r\n^", REPLY,
	  CLEAR, EHLO, EHLO HELO },
	{ "keyword in a refusal", GREET "500-x\r\n500 STARTTLS\r\n^250 x\r\n^",
	  REPLY, CLEAR, EHLO, EHLO HELO },
	{ "HELO refused", GREET "500 no\r\n^550 no\r\n^", REPLY, REPLY, EHLO,
	  EHLO HELO },
	{ "HELO 421", GREET "500 no\r\n^421 no\r\n^", REPLY, REPLY, EHLO,
	  EHLO HELO },
	{ "HELO unknown", GREET "500 no\r\n^500 no\r\n^", REPLY, REPLY, EHLO,
	  EHLO HELO },
	/* answers to STARTTLS */
	{ "C-STL-01", GREET OFFER "454 no\r\n^", REFUSED, CLEAR, EHLO STARTTLS,
	  NULL },
	{ "C-STL-02", GREET OFFER "500 no\r\n^", REFUSED, CLEAR, EHLO STARTTLS,
	  NULL },
	{ "C-STL-03", GREET OFFER "501 no\r\n^", REFUSED, CLEAR, EHLO STARTTLS,
	  NULL },
	{ "C-STL-04", GREET OFFER "502 no\r\n^", REFUSED, CLEAR, EHLO STARTTLS,
	  NULL },
	{ "C-STL-05", GREET OFFER "503 no\r\n^", REFUSED, CLEAR, EHLO STARTTLS,
	  NULL },
	{ "C-STL-06", GREET OFFER "530 no\r\n^", REFUSED, CLEAR, EHLO STARTTLS,
	  NULL },
	{ "C-STL-07", GREET OFFER "554 no\r\n^", REFUSED, CLEAR, EHLO STARTTLS,
	  NULL },
	{ "C-STL-08", GREET OFFER "421 no\r\n^", REPLY, REPLY, EHLO STARTTLS,
	  NULL },
	{ "C-STL-09", GREET OFFER "354 x\r\n^", REFUSED, REFUSED, EHLO STARTTLS,
	  NULL },
	{ "C-STL-10", GREET OFFER "334 x\r\n^", REFUSED, REFUSED, EHLO STARTTLS,
	  NULL },
	{ "C-STL-11", GREET OFFER "221 x\r\n^", REFUSED, REFUSED, EHLO STARTTLS,
	  NULL },
	{ "C-STL-12", GREET OFFER "250 x\r\n^", REFUSED, REFUSED, EHLO STARTTLS,
	  NULL },
	{ "C-STL-13", GREET OFFER "235 x\r\n^", REFUSED, REFUSED, EHLO STARTTLS,
	  NULL },
	{ "C-STL-14", GREET OFFER "220-ready\r\n220 go\r\n^", TLS, TLS,
	  EHLO STARTTLS, NULL },
	{ "C-STL-15", GREET OFFER "220\r\n^", TLS, TLS, EHLO STARTTLS, NULL },
	{ "C-STL-16", GREET OFFER "220-ready\r\n454 no\r\n^", PROTOCOL,
	  PROTOCOL, EHLO STARTTLS, NULL },
	{ "400 is a failure", GREET OFFER "400 x\r\n^", REFUSED, CLEAR,
	  EHLO STARTTLS, NULL },
	/* injection */
	{ "C-INJ-01",
	  GREET OFFER "220 go\r\n250-x\r\n250 AUTH PLAIN LOGIN\r\n^", INJECTION,
	  INJECTION, EHLO STARTTLS, NULL },
	{ "C-INJ-02",
	  GREET OFFER "220 go\r\n250 x\r\n250 x\r\n354 x\r\n250 x\r\n^",
	  INJECTION, INJECTION, EHLO STARTTLS, NULL },
	{ "C-INJ-05", GREET OFFER "220 go\r\n250-AUTH PLAIN LOGIN ^", INJECTION,
	  INJECTION, EHLO STARTTLS, NULL },
	{ "C-INJ-06", GREET OFFER "220 go\r\n5^", INJECTION, INJECTION,
	  EHLO STARTTLS, NULL },
	{ "C-INJ-08",
	  GREET OFFER "220-go\r\n220 go\r\n250-x\r\n250 AUTH PLAIN\r\n^",
	  INJECTION, INJECTION, EHLO STARTTLS, NULL },
	{ "C-INJ-10", GREET "250-x\r\n250 STARTTLS\r\n220 go\r\n^454 no\r\n^",
	  INJECTION, INJECTION, EHLO, NULL },
	{ "behind a refusal of EHLO", GREET "500 no\r\n250 x\r\n^", REPLY,
	  INJECTION, EHLO, EHLO },
	{ "behind the reply to HELO", GREET "500 no\r\n^250 x\r\n2^", REPLY,
	  INJECTION, EHLO, EHLO HELO },
	{ "behind a reply without STARTTLS", GREET "250 x\r\n\n^", NOT_OFFERED,
	  INJECTION, EHLO, NULL },
	{ "behind a refusal of STARTTLS", GREET OFFER "454 no\r\n250 x\r\n^",
	  REFUSED, INJECTION, EHLO STARTTLS, NULL },
	/* reports about other programs */
	{ "seed7 108, CPP-SMTPClient 38, zetacomponents Mail 52: first line",
	  GREET "250-x\r\n250-STARTTLS\r\n250-A\r\n250 B\r\n^220 x\r\n^", TLS,
	  TLS, EHLO STARTTLS, NULL },
	{ "seed7 108, CPP-SMTPClient 38, zetacomponents Mail 52: last line",
	  GREET "250-x\r\n250-A\r\n250-B\r\n250 STARTTLS\r\n^220 x\r\n^", TLS,
	  TLS, EHLO STARTTLS, NULL },
	{ "aiosmtpd 389: a packet a line",
	  GREET "250-x\r\n^250-A\r\n^250 STARTTLS\r\n^220-x\r\n^220 x\r\n^",
	  TLS, TLS, EHLO STARTTLS, NULL },
	{ "nodemailer 1835, libetpan 386: kept behind the 220",
	  GREET OFFER "220 x\r\n250 injected\r\n^", INJECTION, INJECTION,
	  EHLO STARTTLS, NULL },
	{ "linyows warp 10: 220 by its text",
	  GREET OFFER "454 Ready to start TLS 220\r\n^", REFUSED, CLEAR,
	  EHLO STARTTLS, NULL },
	{ "linyows warp 10: another text", GREET OFFER "220 Gerne doch\r\n^",
	  TLS, TLS, EHLO STARTTLS, NULL },
	{ "emailjs 13: required without a word", GREET "250 x\r\n^",
	  NOT_OFFERED, CLEAR, EHLO, NULL },
};

/* ---- running a row ---- */

struct run {
	struct stls_dialogue dialogue;
	char said[128];
	int last;
};

/* Feed a line from a block of its exact size, which is freed afterwards. */
static int hear(struct stls_dialogue *dialogue, const char *line, size_t len,
		size_t unread)
{
	char *block = malloc(len ? len : 1);
	int ret;

	assert_non_null(block);
	memcpy(block, line, len);
	ret = stls_dialogue_hear(dialogue, block, len, unread);
	free(block);
	return ret;
}

/* An incomplete line stays unread. */
static const char *line_end(const char *at, const char *end)
{
	const char *lf = memchr(at, '\n', (size_t)(end - at));

	return lf ? lf + 1 : NULL;
}

static void run_segment(struct run *run, const char *at, const char *end,
			int alone)
{
	const char *next;

	while (run->last >= 0 && run->last < TLS &&
	       (next = line_end(at, end))) {
		run->last = hear(&run->dialogue, at, (size_t)(next - at),
				 alone ? 0 : (size_t)(end - next));
		if (run->last == STLS_DIALOGUE_SAY)
			strcat(run->said, run->dialogue.say);
		at = next;
	}
}

static void run_row(struct run *run, const char *server, int lhlo, int optional,
		    int alone)
{
	const char *end;

	memset(run, 0, sizeof(*run));
	assert_int_equal(
		stls_dialogue_init(&run->dialogue, "a.example", lhlo, optional),
		0);
	for (; *server; server = end + 1) {
		end = strchr(server, '^');
		assert_non_null(end);
		run_segment(run, server, end, alone);
	}
	if (run->last == STLS_DIALOGUE_SAY)
		run->last = WAITS;
}

/* Nothing is accepted after an end, whatever it was. */
static void check_ended(struct run *run)
{
	struct stls_dialogue before = run->dialogue;

	assert_int_equal(run->dialogue.ended, run->last != WAITS);
	assert_int_equal(run->dialogue.error, run->last < 0 ? run->last : 0);
	if (run->last == WAITS)
		return;
	assert_int_equal(hear(&run->dialogue, "220 go\r\n", 8, 0),
			 SMTPTLS_E_STATE);
	stls_dialogue_fail(&run->dialogue, SMTPTLS_E_TIMEOUT, "x", 1);
	assert_memory_equal(&run->dialogue, &before, sizeof(before));
}

static void check_row(const struct row *row, int optional)
{
	int wanted = optional ? row->optional : row->required;
	const char *said =
		optional && row->said_optional ? row->said_optional : row->said;
	struct run run;

	run_row(&run, row->server, 0, optional, 0);
	assert_int_equal(run.last, wanted);
	assert_string_equal(run.said, said);
	check_ended(&run);
	if (wanted == INJECTION)
		return;
	run_row(&run, row->server, 0, optional, 1);
	assert_int_equal(run.last, wanted);
	assert_string_equal(run.said, said);
}

static void test_rows(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		print_message("%s\n", rows[i].id);
		check_row(&rows[i], 0);
		check_row(&rows[i], 1);
	}
}

/* RFC 2033 section 4.1: LHLO instead of EHLO, and no HELO. */
static void test_lhlo(void **state)
{
	struct run run;

	(void)state;
	run_row(&run, GREET OFFER "220 go\r\n^", 1, 0, 0);
	assert_int_equal(run.last, TLS);
	assert_string_equal(run.said, "LHLO a.example\r\nSTARTTLS\r\n");
	run_row(&run, GREET "500 no\r\n^250 hi\r\n^", 1, 1, 0);
	assert_int_equal(run.last, REPLY);
	assert_string_equal(run.said, "LHLO a.example\r\n");
}

/* A NUL ends neither a line nor a keyword. */
static void test_nul(void **state)
{
	static const char lines[][17] = { "250-x\r\n", "250 STARTTLS\0x\r\n" };
	struct stls_dialogue dialogue;

	(void)state;
	print_message("C-EHL-20, C-EHL-21\n");
	assert_int_equal(stls_dialogue_init(&dialogue, "a", 0, 1), 0);
	assert_int_equal(hear(&dialogue, "220 x\r\n", 7, 0), STLS_DIALOGUE_SAY);
	assert_int_equal(hear(&dialogue, lines[0], 7, 0), WAITS);
	assert_int_equal(hear(&dialogue, lines[1], 16, 0), PROTOCOL);
}

static void test_names(void **state)
{
	static const char *const bad[] = { "",		"a b",	   " a",
					   "a\r\nRSET", "a\n",	   "a\r",
					   "a\t",	"\x7f",	   "\x01",
					   "a\xff",	"\xc3\xa4" };
	struct stls_dialogue dialogue;
	char name[STLS_NAME_MAX + 2];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++)
		assert_int_equal(stls_dialogue_init(&dialogue, bad[i], 0, 0),
				 SMTPTLS_E_SYNTAX);
	memset(name, 'a', sizeof(name));
	name[STLS_NAME_MAX + 1] = '\0';
	assert_int_equal(stls_dialogue_init(&dialogue, name, 0, 0),
			 SMTPTLS_E_SYNTAX);
	name[STLS_NAME_MAX] = '\0';
	assert_int_equal(stls_dialogue_init(&dialogue, name, 0, 0), 0);
	assert_int_equal(hear(&dialogue, "220 x\r\n", 7, 0), STLS_DIALOGUE_SAY);
	assert_int_equal(strlen(dialogue.say), 5 + STLS_NAME_MAX + 2);
	assert_int_equal(stls_dialogue_init(&dialogue, "[IPv6:::1]", 0, 0), 0);
	assert_int_equal(stls_dialogue_init(&dialogue, "!~", 0, 0), 0);
}

/* ---- limits ---- */

static char long_line[STLS_REPLY_LINE_MAX + 2];

/* A line of `len` bytes with this beginning. */
static const char *line_of(const char *start, size_t len)
{
	memset(long_line, 'x', sizeof(long_line));
	memcpy(long_line, start, strlen(start));
	memcpy(long_line + len - 2, "\r\n", 2);
	return long_line;
}

static void begin(struct stls_dialogue *dialogue)
{
	assert_int_equal(stls_dialogue_init(dialogue, "a", 0, 1), 0);
}

static void test_long_lines(void **state)
{
	struct stls_dialogue dialogue;
	size_t max = STLS_REPLY_LINE_MAX;

	(void)state;
	print_message("C-GRT-12, C-GRT-13, C-EHL-18\n");
	begin(&dialogue);
	assert_int_equal(hear(&dialogue, line_of("220 ", max), max, 0),
			 STLS_DIALOGUE_SAY);
	assert_int_equal(hear(&dialogue, line_of("250 ", max + 1), max + 1, 0),
			 SMTPTLS_E_LIMIT);
	assert_int_equal(dialogue.reason, SMTPTLS_REASON_NO_SMTP);
	/* the caller must limit a line that never ends */
	begin(&dialogue);
	stls_dialogue_fail(&dialogue, SMTPTLS_E_LIMIT, line_of("220 ", max),
			   max);
	assert_int_equal(dialogue.error, SMTPTLS_E_LIMIT);
	assert_int_equal(hear(&dialogue, "220 x\r\n", 7, 0), SMTPTLS_E_STATE);
}

/* How many lines of `len` bytes a reply may have before it is too long. */
static size_t lines_taken(struct stls_dialogue *dialogue, const char *start,
			  size_t len)
{
	const char *line = line_of(start, len);
	size_t n = 0;
	int ret;

	while ((ret = hear(dialogue, line, len, 0)) == WAITS)
		n++;
	assert_int_equal(ret, SMTPTLS_E_LIMIT);
	return n;
}

static void test_long_replies(void **state)
{
	struct stls_dialogue dialogue;

	(void)state;
	print_message("C-GRT-14, C-EHL-16, C-EHL-17\n");
	begin(&dialogue);
	assert_int_equal(lines_taken(&dialogue, "220-", 64),
			 STLS_REPLY_MAX / 64);
	/* the limit applies to one reply, and is exact */
	begin(&dialogue);
	assert_int_equal(hear(&dialogue, line_of("220-", 100), 100, 0), WAITS);
	assert_int_equal(hear(&dialogue, "220 x\r\n", 7, 0), STLS_DIALOGUE_SAY);
	assert_int_equal(lines_taken(&dialogue, "250-", 2048),
			 STLS_REPLY_MAX / 2048);
	/* this many capabilities are not too many */
	begin(&dialogue);
	assert_int_equal(hear(&dialogue, "220 x\r\n", 7, 0), STLS_DIALOGUE_SAY);
	while (dialogue.reply_len < STLS_REPLY_MAX - 32 - 14)
		assert_int_equal(hear(&dialogue, line_of("250-X", 32), 32, 0),
				 WAITS);
	assert_int_equal(hear(&dialogue, "250 STARTTLS\r\n", 14, 0),
			 STLS_DIALOGUE_SAY);
}

/* A reply of 40 lines, and all other calls, without an allocation. */
static void test_no_allocation(void **state)
{
	struct stls_dialogue dialogue;
	char text[512];
	int i;

	(void)state;
	allocations_failed = 0;
	allocations_left = 0;
	begin(&dialogue);
	(void)stls_dialogue_hear(&dialogue, "220 x\r\n", 7, 0);
	for (i = 0; i < 39; i++)
		(void)stls_dialogue_hear(&dialogue, "250-SIZE 1\r\n", 12, 0);
	(void)stls_dialogue_hear(&dialogue, "250 STARTTLS\r\n", 14, 0);
	(void)stls_dialogue_hear(&dialogue, "221 x\r\n", 7, 0);
	stls_dialogue_write(&dialogue, text, sizeof(text));
	/* no call has allocated anything */
	assert_int_equal(allocations_left, 0);
	assert_int_equal(allocations_failed, 0);
	allocations_left = -1;
	assert_int_equal(dialogue.error, REFUSED);
}

/* ---- reasons ---- */

static const struct {
	const char *server;
	int lhlo, optional;
	int fail; /* an end from outside, after what follows the last '^' */
	const char *rest;
	int reason;
	int refusal;
	const char *shown;
	const char *sentence;
} ends[] = {
	{ "554 5.7.1 no \xff\r\n^", 0, 1, 0, NULL, SMTPTLS_REASON_SMTP_REFUSED,
	  554, "554 5.7.1 no \\xff",
	  "peer refused the connection (\"554 5.7.1 no \\xff\"): its own log "
	  "says why" },
	{ "421-x\r\n421 y\r\n^", 0, 0, 0, NULL, SMTPTLS_REASON_SMTP_REFUSED,
	  421, "421 y",
	  "peer refused the connection (\"421 y\"): try again later; its own "
	  "log says why" },
	{ "250 x\r\n^", 0, 0, 0, NULL, SMTPTLS_REASON_SMTP_REFUSED, 250,
	  "250 x",
	  "peer answered the connection with \"250 x\", which is not a valid "
	  "answer to it: the peer must be fixed" },
	{ GREET "550 no\r\n^", 0, 1, 0, NULL, SMTPTLS_REASON_SMTP_REFUSED, 550,
	  "550 no", "peer refused EHLO (\"550 no\"): its own log says why" },
	{ GREET "502 no\r\n^", 1, 1, 0, NULL, SMTPTLS_REASON_SMTP_REFUSED, 502,
	  "502 no", "peer refused LHLO (\"502 no\"): its own log says why" },
	{ GREET "502 no\r\n^450 no\r\n^", 0, 1, 0, NULL,
	  SMTPTLS_REASON_SMTP_REFUSED, 450, "450 no",
	  "peer refused HELO (\"450 no\"): try again later; its own log says "
	  "why" },
	{ GREET OFFER "421 no\r\n^", 0, 1, 0, NULL, SMTPTLS_REASON_SMTP_REFUSED,
	  421, "421 no",
	  "peer refused STARTTLS (\"421 no\"): try again later; its own log "
	  "says why" },
	{ GREET OFFER "454 4.7.0 no\r\n^", 0, 0, 0, NULL,
	  SMTPTLS_REASON_STARTTLS_REFUSED, 454, "454 4.7.0 no",
	  "peer refused STARTTLS (\"454 4.7.0 no\"): try again later; its own "
	  "log says why" },
	{ GREET OFFER "454 no\r\n^", 0, 1, 0, NULL,
	  SMTPTLS_REASON_STARTTLS_REFUSED, 454, "454 no", NULL },
	{ GREET OFFER "250 x\r\n^", 0, 1, 0, NULL,
	  SMTPTLS_REASON_STARTTLS_REFUSED, 250, "250 x",
	  "peer answered STARTTLS with \"250 x\", which is not a valid answer "
	  "to it: the peer must be fixed" },
	{ GREET "250 x\r\n^", 0, 0, 0, NULL, SMTPTLS_REASON_NO_STARTTLS, 0,
	  "250 x",
	  "peer does not offer STARTTLS: switch TLS on there; if it is on, "
	  "something in between removes the offer (a firewall, or an "
	  "attacker)" },
	{ GREET "500 x\r\n^250 x\r\n^", 0, 1, 0, NULL,
	  SMTPTLS_REASON_NO_STARTTLS, 0, "250 x", NULL },
	{ GREET "250-x\r\n250-XXXXXXXA\r\n250 y\r\n^", 0, 0, 0, NULL,
	  SMTPTLS_REASON_STARTTLS_MASKED, 0, "250 y",
	  "the peer's STARTTLS was masked on the way (\"XXXXXXX\"): switch off "
	  "SMTP inspection in the firewall in between" },
	{ GREET "250-XXXXXXXA\r\n250-XXXXXXXXA\r\n250-XXXXXXX\r\n250 y\r\n^", 0,
	  0, 0, NULL, SMTPTLS_REASON_NO_STARTTLS, 0, "250 y", NULL },
	{ GREET "250-x\r\n250-XXXXXXXA\r\n250 STARTTLS\r\n^220 x\r\n^", 0, 0, 0,
	  NULL, SMTPTLS_REASON_NONE, 0, "220 x", NULL },
	{ "* OK IMAP\r\n^", 0, 0, 0, NULL, SMTPTLS_REASON_NO_SMTP, 0,
	  "* OK IMAP",
	  "peer's greeting is not SMTP (\"* OK IMAP\"): it is the wrong port, "
	  "or the peer must be fixed" },
	{ "HTTP/1.1 400 Bad Request\r\n^", 0, 0, 0, NULL, SMTPTLS_REASON_HTTP,
	  0, "HTTP/1.1 400 Bad Request",
	  "peer speaks HTTP (\"HTTP/1.1 400 Bad Request\"): it is the wrong "
	  "port" },
	{ "\x15\3\1\n^", 0, 0, 0, NULL, SMTPTLS_REASON_TLS_FOR_SMTP, 0,
	  "\\x15\\x03\\x01",
	  "peer speaks TLS where a greeting was expected: use implicit TLS "
	  "there, or its port for STARTTLS" },
	{ "\x16\3\1\n^", 0, 0, 0, NULL, SMTPTLS_REASON_TLS_FOR_SMTP, 0,
	  "\\x16\\x03\\x01", NULL },
	/* the first line is what shows the wrong port */
	{ "220-x\r\nHTTP/1.1\r\n^", 0, 0, 0, NULL, SMTPTLS_REASON_NO_SMTP, 0,
	  "HTTP/1.1", NULL },
	{ GREET "\x16\3\1\n^", 0, 0, 0, NULL, SMTPTLS_REASON_NO_SMTP, 0,
	  "\\x16\\x03\\x01",
	  "peer's reply to EHLO is not SMTP (\"\\x16\\x03\\x01\"): the peer "
	  "must be fixed" },
	{ GREET OFFER "220-x\r\n454 y\r\n^", 0, 0, 0, NULL,
	  SMTPTLS_REASON_NO_SMTP, 0, "454 y",
	  "peer's reply to STARTTLS is not SMTP (\"454 y\"): the peer must be "
	  "fixed" },
	{ GREET "250 x\r\nx^", 0, 1, 0, NULL, SMTPTLS_REASON_INJECTION, 0,
	  "250 x",
	  "peer sent more than its reply to EHLO: something in between injects "
	  "replies (an attack), or the peer is broken" },
	{ "220 x\r\nx^", 1, 0, 0, NULL, SMTPTLS_REASON_INJECTION, 0, "220 x",
	  "peer sent more than its greeting: something in between injects "
	  "replies (an attack), or the peer is broken" },
	{ "", 0, 0, SMTPTLS_E_TRUNCATED, "", SMTPTLS_REASON_CLOSED, 0, "",
	  "peer closed the connection before the end of its greeting: its own "
	  "log says why" },
	{ "", 0, 0, SMTPTLS_E_TRUNCATED, "\x15\3\1",
	  SMTPTLS_REASON_TLS_FOR_SMTP, 0, "\\x15\\x03\\x01", NULL },
	{ GREET, 1, 0, SMTPTLS_E_IO, "250", SMTPTLS_REASON_CLOSED, 0, "250",
	  "the connection broke before the end of its reply to LHLO: a "
	  "firewall in between may be the cause; else the peer's own log says "
	  "why" },
	{ "", 0, 0, SMTPTLS_E_TIMEOUT, "", SMTPTLS_REASON_TIMEOUT, 0, "",
	  "peer was silent for too long before the end of its greeting: if it "
	  "is a port for implicit TLS, use that; else look for lost packets, "
	  "or allow more time" },
	{ GREET "500 x\r\n^", 0, 1, SMTPTLS_E_TIMEOUT, "x",
	  SMTPTLS_REASON_TIMEOUT, 0, "x",
	  "peer was silent for too long before the end of its reply to HELO: "
	  "look for packets lost on the way (a firewall), or allow more time" },
	{ GREET, 0, 0, SMTPTLS_E_LIMIT, "250-x", SMTPTLS_REASON_NO_SMTP, 0,
	  "250-x",
	  "peer's reply to EHLO is too long: it is broken, or this is an "
	  "attack" },
	{ GREET, 0, 0, SMTPTLS_E_NOMEM, "\x16", SMTPTLS_REASON_NONE, 0, "\\x16",
	  "memory could not be allocated" },
};

static void test_reasons(void **state)
{
	char text[512];
	struct run run;
	size_t i, size;

	(void)state;
	for (i = 0; i < COUNT(ends); i++) {
		run_row(&run, ends[i].server, ends[i].lhlo, ends[i].optional,
			0);
		if (ends[i].fail)
			stls_dialogue_fail(&run.dialogue, ends[i].fail,
					   ends[i].rest, strlen(ends[i].rest));
		assert_int_equal(run.dialogue.ended, 1);
		assert_int_equal(run.dialogue.reason, ends[i].reason);
		assert_int_equal(run.dialogue.refusal, ends[i].refusal);
		assert_string_equal(run.dialogue.shown, ends[i].shown);
		if (!ends[i].sentence)
			continue;
		stls_dialogue_write(&run.dialogue, text, sizeof(text));
		assert_string_equal(text, ends[i].sentence);
		for (size = 1; size < strlen(ends[i].sentence); size++) {
			stls_dialogue_write(&run.dialogue, text, size);
			assert_int_equal(strlen(text), size - 1);
		}
	}
}

static void test_names_of_reasons(void **state)
{
	(void)state;
	assert_string_equal(smtptls_reason_name(SMTPTLS_REASON_NO_SMTP),
			    "no-smtp");
	assert_string_equal(smtptls_reason_name(SMTPTLS_REASON_SMTP_REFUSED),
			    "smtp-refused");
	assert_string_equal(smtptls_reason_name(SMTPTLS_REASON_NO_STARTTLS),
			    "no-starttls");
	assert_string_equal(smtptls_reason_name(SMTPTLS_REASON_STARTTLS_MASKED),
			    "starttls-masked");
	assert_string_equal(
		smtptls_reason_name(SMTPTLS_REASON_STARTTLS_REFUSED),
		"starttls-refused");
}

/* The longest line, escaped, is cut; no sentence is. */
static void test_long_texts(void **state)
{
	static const char start[] = "peer refused the connection (\"554 ";
	struct stls_dialogue dialogue;
	char line[STLS_REPLY_LINE_MAX], text[512];

	(void)state;
	memset(line, '\xff', sizeof(line));
	memcpy(line, "554 ", 4);
	memcpy(line + sizeof(line) - 2, "\r\n", 2);
	begin(&dialogue);
	assert_int_equal(hear(&dialogue, line, sizeof(line), 0), REPLY);
	assert_in_range(strlen(dialogue.shown), STLS_REPLY_SHOWN - 4,
			STLS_REPLY_SHOWN);
	stls_dialogue_write(&dialogue, text, sizeof(text));
	assert_memory_equal(text, start, sizeof(start) - 1);
	assert_non_null(strstr(text, "...\"): its own log says why"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_lhlo),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_long_replies),
		cmocka_unit_test(test_no_allocation),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_names_of_reasons),
		cmocka_unit_test(test_long_texts),
	};

	return cmocka_run_group_tests_name("dialogue", tests, NULL, NULL);
}
