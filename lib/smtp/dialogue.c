/* SPDX-License-Identifier: MIT */
/*
 * smtp/dialogue: the client's dialogue until TLS starts (RFC 3207 section 4).
 *
 *      greeting 220 -> EHLO 250, STARTTLS offered -> STARTTLS 220 -> TLS
 *
 * Each line yields one action. Only the reply codes and the STARTTLS keyword
 * are remembered; everything else the server says is discarded at once (RFC
 * 3207 section 4.2), so nothing is allocated and no reply can exhaust memory.
 *
 * Whenever it is the client's turn, no bytes may follow the reply: data sent
 * before it was asked for comes from an attacker (CVE-2021-38371), whether it
 * follows a greeting, a reply to EHLO, a refusal or the 220. Data injected
 * later cannot be told from a reply here; after the 220, TLS rejects it.
 *
 * Only 220 starts TLS. With `optional`, the session continues in the clear if
 * the server does not know EHLO or STARTTLS, does not offer STARTTLS, or
 * refuses it with a 4yz or 5yz code. It does not in any other case: an answer
 * to STARTTLS that is neither 220 nor a failure leaves it open what the server
 * expects next, and after a 421 the server expects nothing (RFC 5321 section
 * 3.8).
 */
#include "smtp/dialogue.h"

#include <string.h>

#include <smtptls/policy.h>
#include <smtptls/smtp.h>

#include "base/ascii.h"

#define CONTENT_ALERT	  21 /* the first byte of a TLS record */
#define CONTENT_HANDSHAKE 22

int stls_dialogue_init(struct stls_dialogue *dialogue, const char *name,
		       int lhlo, int optional)
{
	size_t len = strlen(name), i;
	char *end;

	if (len == 0 || len > STLS_NAME_MAX)
		return SMTPTLS_E_SYNTAX;
	for (i = 0; i < len; i++) {
		if (name[i] <= ' ' || name[i] > '~')
			return SMTPTLS_E_SYNTAX;
	}
	memset(dialogue, 0, sizeof(*dialogue));
	dialogue->step = STLS_GREETING;
	dialogue->lhlo = lhlo;
	dialogue->optional = optional;
	end = dialogue->hello;
	memcpy(end, lhlo ? "LHLO " : "EHLO ", 5);
	memcpy(end + 5, name, len);
	memcpy(end + 5 + len, "\r\n", 3);
	return 0;
}

/* ---- ends ---- */

static void show(struct stls_dialogue *dialogue, const char *line, size_t len)
{
	while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		len--;
	(void)stls_ascii_escape(dialogue->shown, sizeof(dialogue->shown), line,
				len);
}

static int end(struct stls_dialogue *dialogue, int ret, int reason)
{
	dialogue->ended = 1;
	dialogue->error = ret < 0 ? ret : 0;
	dialogue->reason = reason;
	return ret;
}

/* Recognize another protocol where a greeting was expected. */
static int reason_of_stranger(const struct stls_dialogue *dialogue,
			      const char *line, size_t len)
{
	if (dialogue->step != STLS_GREETING || dialogue->code || len == 0)
		return SMTPTLS_REASON_NO_SMTP;
	if (line[0] == CONTENT_ALERT || line[0] == CONTENT_HANDSHAKE)
		return SMTPTLS_REASON_TLS_FOR_SMTP;
	if (len >= 5 && memcmp(line, "HTTP/", 5) == 0)
		return SMTPTLS_REASON_HTTP;
	return SMTPTLS_REASON_NO_SMTP;
}

static int no_reply(struct stls_dialogue *dialogue, int error, const char *line,
		    size_t len)
{
	show(dialogue, line, len);
	return end(dialogue, error, reason_of_stranger(dialogue, line, len));
}

void stls_dialogue_fail(struct stls_dialogue *dialogue, int error,
			const char *rest, size_t len)
{
	int reason = SMTPTLS_REASON_NONE;

	if (dialogue->ended)
		return;
	if (error == SMTPTLS_E_TIMEOUT)
		reason = SMTPTLS_REASON_TIMEOUT;
	else if (error == SMTPTLS_E_TRUNCATED || error == SMTPTLS_E_IO)
		reason = SMTPTLS_REASON_CLOSED;
	else if (error == SMTPTLS_E_LIMIT)
		reason = SMTPTLS_REASON_NO_SMTP;
	if (reason && len > 0 &&
	    reason_of_stranger(dialogue, rest, len) != SMTPTLS_REASON_NO_SMTP)
		reason = reason_of_stranger(dialogue, rest, len);
	show(dialogue, rest, len);
	(void)end(dialogue, error, reason);
}

/* ---- replies ---- */

/* It is the client's turn: nothing may be unread. */
static int turn(struct stls_dialogue *dialogue, int action, int reason,
		size_t unread)
{
	if (unread > 0)
		return end(dialogue, SMTPTLS_E_INJECTION,
			   SMTPTLS_REASON_INJECTION);
	return action == STLS_DIALOGUE_SAY ? action
					   : end(dialogue, action, reason);
}

static int say(struct stls_dialogue *dialogue, int step, const char *line,
	       size_t unread)
{
	int ret = turn(dialogue, STLS_DIALOGUE_SAY, 0, unread);

	if (ret < 0)
		return ret;
	dialogue->step = step;
	dialogue->say = line;
	dialogue->code = 0;
	dialogue->reply_len = 0;
	return ret;
}

/* A reply that rules out TLS. */
static int refused(struct stls_dialogue *dialogue, int ret, int reason,
		   size_t unread)
{
	dialogue->refusal = dialogue->code;
	return ret < 0 ? end(dialogue, ret, reason)
		       : turn(dialogue, ret, reason, unread);
}

static int not_offered(struct stls_dialogue *dialogue, size_t unread)
{
	int reason = dialogue->masked ? SMTPTLS_REASON_STARTTLS_MASKED
				      : SMTPTLS_REASON_NO_STARTTLS;

	if (!dialogue->optional)
		return end(dialogue, SMTPTLS_E_NOT_OFFERED, reason);
	return turn(dialogue, STLS_DIALOGUE_CLEAR, reason, unread);
}

static int heard_ehlo(struct stls_dialogue *dialogue, size_t unread)
{
	int code = dialogue->code;

	if (code == 250 && dialogue->offered)
		return say(dialogue, STLS_STARTTLS, "STARTTLS\r\n", unread);
	if (code == 250)
		return not_offered(dialogue, unread);
	if ((code == 500 || code == 502) && dialogue->optional &&
	    !dialogue->lhlo) {
		memcpy(dialogue->hello, "HELO", 4);
		return say(dialogue, STLS_HELO, dialogue->hello, unread);
	}
	return refused(dialogue, SMTPTLS_E_SMTP_REPLY,
		       SMTPTLS_REASON_SMTP_REFUSED, unread);
}

static int heard_starttls(struct stls_dialogue *dialogue, size_t unread)
{
	int code = dialogue->code;

	if (code == 220)
		return turn(dialogue, STLS_DIALOGUE_TLS, SMTPTLS_REASON_NONE,
			    unread);
	if (code == 421)
		return refused(dialogue, SMTPTLS_E_SMTP_REPLY,
			       SMTPTLS_REASON_SMTP_REFUSED, unread);
	return refused(dialogue,
		       dialogue->optional && code >= 400 ? STLS_DIALOGUE_CLEAR
							 : SMTPTLS_E_REFUSED,
		       SMTPTLS_REASON_STARTTLS_REFUSED, unread);
}

static int heard_reply(struct stls_dialogue *dialogue, size_t unread)
{
	switch (dialogue->step) {
	case STLS_GREETING:
		if (dialogue->code == 220)
			return say(dialogue, STLS_EHLO, dialogue->hello,
				   unread);
		break;
	case STLS_EHLO:
		return heard_ehlo(dialogue, unread);
	case STLS_HELO:
		if (dialogue->code == 250)
			return not_offered(dialogue, unread);
		break;
	default:
		return heard_starttls(dialogue, unread);
	}
	return refused(dialogue, SMTPTLS_E_SMTP_REPLY,
		       SMTPTLS_REASON_SMTP_REFUSED, unread);
}

/* ---- lines ---- */

/*
 * A line of the reply to EHLO. Only a whole first word is a keyword. The first
 * line has none: it is the server's name and greeting (RFC 5321 section
 * 4.1.1.1). Firewalls overwrite keywords they want to suppress with X.
 */
static void note_keyword(struct stls_dialogue *dialogue, const char *text,
			 size_t len)
{
	size_t word = strlen("STARTTLS");

	if (len < word || (len > word && text[word] != ' '))
		return;
	if (stls_ascii_equal(text, "STARTTLS", word))
		dialogue->offered = 1;
	if (memcmp(text, "XXXXXXX", word - 1) == 0)
		dialogue->masked = 1;
}

int stls_dialogue_hear(struct stls_dialogue *dialogue, const char *line,
		       size_t len, size_t unread)
{
	struct smtptls_reply reply;
	int first = dialogue->code == 0;

	if (dialogue->ended)
		return SMTPTLS_E_STATE;
	if (len > STLS_REPLY_LINE_MAX ||
	    len > STLS_REPLY_MAX - dialogue->reply_len)
		return no_reply(dialogue, SMTPTLS_E_LIMIT, line, len);
	dialogue->reply_len += len;
	if (smtptls_reply_parse(line, len, &reply) < 0 ||
	    (!first && reply.code != dialogue->code))
		return no_reply(dialogue, SMTPTLS_E_PROTOCOL, line, len);
	dialogue->code = reply.code;
	if (dialogue->step == STLS_EHLO && !first)
		note_keyword(dialogue, reply.text, reply.text_len);
	if (!reply.last)
		return STLS_DIALOGUE_HEAR;
	show(dialogue, line, len);
	return heard_reply(dialogue, unread);
}
