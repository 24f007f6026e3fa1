/* SPDX-License-Identifier: MIT */
/*
 * fuzz_dialogue: any bytes, split into lines, as a server's replies to a client
 * before TLS.
 *
 * The first byte has the flags, and then, bit by bit, whether unread input is
 * known to follow a line. What must hold is stated again here by an independent
 * reader: only a 220 to a STARTTLS that was offered leads to TLS, the dialogue
 * ends in plaintext only where that is allowed, nothing is sent while input is
 * unread, and nothing follows an end. A violation aborts.
 */
#include <string.h>
#include <strings.h>

#include <smtptls/smtp.h>

#include "fuzz.h"
#include "smtp/dialogue.h"

enum { LHLO = 1, OPTIONAL = 2 };

struct run {
	struct stls_dialogue dialogue;
	unsigned flags;
	int code;    /* of the current reply */
	int lines;   /* of the current reply */
	int offered; /* by the last reply before STARTTLS */
	char said[3][sizeof("EHLO client\r\n")];
	int says;
};

static int is_end(const char *line, size_t len)
{
	return len == 5 || line[3] == ' ';
}

/* "250-STARTTLS", with or without parameters after a space. */
static int offers(const char *line, size_t len)
{
	return len >= 14 && strncasecmp(line + 4, "STARTTLS", 8) == 0 &&
	       (line[12] == ' ' || len == 14);
}

static void check_say(struct run *run)
{
	const char *line = run->dialogue.say;
	int says = run->says;

	CHECK(says < 3);
	if (says == 0)
		CHECK(strcmp(line, run->flags & LHLO ? "LHLO client\r\n"
						     : "EHLO client\r\n") == 0);
	else if (strcmp(line, "HELO client\r\n") == 0)
		CHECK(says == 1 && run->flags == OPTIONAL &&
		      (run->code == 500 || run->code == 502));
	else
		CHECK(says == 1 && strcmp(line, "STARTTLS\r\n") == 0 &&
		      run->code == 250 && run->offered);
	strcpy(run->said[says], line);
	run->says++;
	run->offered = run->lines = run->code = 0;
}

static void check_end(struct run *run, int ret)
{
	const char *last = run->says ? run->said[run->says - 1] : "";

	if (ret == STLS_DIALOGUE_TLS)
		CHECK(run->code == 220 && strcmp(last, "STARTTLS\r\n") == 0);
	if (ret == STLS_DIALOGUE_CLEAR)
		CHECK(run->flags & OPTIONAL && run->code != 421 &&
		      (strcmp(last, "STARTTLS\r\n") == 0
			       ? run->code >= 400
			       : run->says > 0 && run->code == 250));
	if (ret == SMTPTLS_E_NOT_OFFERED || ret == SMTPTLS_E_REFUSED)
		CHECK(run->says > 0);
	CHECK(stls_dialogue_hear(&run->dialogue, "220 x\r\n", 7, 0) ==
	      SMTPTLS_E_STATE);
}

static int hear(struct run *run, const char *line, size_t len, size_t unread)
{
	int ret = stls_dialogue_hear(&run->dialogue, line, len, unread);

	CHECK(strlen(run->dialogue.shown) <= STLS_REPLY_SHOWN);
	if (ret == SMTPTLS_E_PROTOCOL || ret == SMTPTLS_E_LIMIT)
		return ret;
	CHECK(len >= 5 && len <= STLS_REPLY_LINE_MAX);
	CHECK(run->lines == 0 || run->code == atoi(line));
	run->code = atoi(line);
	if (run->says == 1 && run->lines > 0)
		run->offered |= offers(line, len);
	run->lines++;
	CHECK((ret == STLS_DIALOGUE_HEAR) == !is_end(line, len));
	if (ret == STLS_DIALOGUE_SAY)
		check_say(run);
	if (ret > 0)
		CHECK(unread == 0);
	if (ret == SMTPTLS_E_INJECTION)
		CHECK(unread > 0);
	return ret;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *line = (const char *)data + 1;
	const char *end = (const char *)data + size, *lf;
	char text[512];
	struct run run = { 0 };
	unsigned bits;
	int ret = 0;

	if (size == 0)
		return 0;
	run.flags = data[0] & 3;
	bits = data[0] >> 2;
	CHECK(stls_dialogue_init(&run.dialogue, "client", run.flags & LHLO,
				 (run.flags & OPTIONAL) != 0) == 0);
	while (line < end && ret >= 0 && ret < STLS_DIALOGUE_TLS) {
		lf = memchr(line, '\n', (size_t)(end - line));
		lf = lf ? lf + 1 : end;
		ret = hear(&run, line, (size_t)(lf - line), bits & 1);
		bits >>= 1;
		line = lf;
	}
	if (ret < 0 || ret >= STLS_DIALOGUE_TLS)
		check_end(&run, ret);
	stls_dialogue_fail(&run.dialogue, -(int)(1 + size % 26), line,
			   (size_t)(end - line));
	stls_dialogue_write(&run.dialogue, text, sizeof(text));
	CHECK(ret == STLS_DIALOGUE_TLS || ret == STLS_DIALOGUE_CLEAR ||
	      text[0] != '\0');
	return 0;
}
