/* SPDX-License-Identifier: MIT */
/*
 * The SMTP of smtptls-server as pure functions: a line goes in, a reply and the
 * next step come out (RFC 5321, RFC 3207, RFC 2034).
 *
 * The host passes lines that end in LF; this file checks for CRLF. The host
 * also sets `tls_enabled` and `can_starttls` from its connection.
 *
 * This file does no I/O, uses the clock only for the trace's date, and never
 * keeps or repeats a byte from the client that is not printable ASCII.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <smtptls.h>

#include "smtp.h"

enum {
	RECIPIENTS_MAX = 100, /* RFC 5321 section 4.5.3.1.8 */
	ERRORS_MAX = 20
};

/* Append to the reply's last line, which is cut off when the reply is full. */
static void add(struct smtp_reply *reply, const char *text)
{
	size_t room = sizeof(reply->text) - reply->len - sizeof("\r\n");
	size_t n = strlen(text);

	n = n < room ? n : room;
	memcpy(reply->text + reply->len, text, n);
	reply->len += n;
}

/* The same, and end the line; the last call of a handler. */
static enum smtp_next say(struct smtp_reply *reply, const char *text)
{
	add(reply, text);
	memcpy(reply->text + reply->len, "\r\n", sizeof("\r\n"));
	reply->len += strlen("\r\n");
	return SMTP_NEXT_COMMAND;
}

static void reset_mail(struct smtp *smtp)
{
	smtp->in_mail = 0;
	smtp->recipients = 0;
	smtp->from[0] = '\0';
}

void smtp_init(struct smtp *smtp, const struct smtp_settings *settings)
{
	memset(smtp, 0, sizeof(*smtp));
	smtp->settings = settings;
}

void smtp_forget(struct smtp *smtp)
{
	reset_mail(smtp);
	smtp->name[0] = '\0';
	smtp->extended = 0;
}

void smtp_greeting(const struct smtp *smtp, struct smtp_reply *reply)
{
	reply->len = 0;
	add(reply, "220 ");
	add(reply, smtp->settings->hostname);
	say(reply, " ESMTP smtptls-server");
}

void smtp_goodbye(const struct smtp *smtp, const char *status, const char *why,
		  struct smtp_reply *reply)
{
	reply->len = 0;
	add(reply, "421 ");
	add(reply, status);
	add(reply, " ");
	add(reply, smtp->settings->hostname);
	add(reply, " ");
	say(reply, why);
}

/* ------------------------------------------------------------------------ */
/* Addresses and parameters                                                  */

/*
 * Take "FROM:<path>" or "TO:<path>" off `args`, and copy the path to `path`.
 * Returns the rest of `args`, or NULL. A path only needs to be one printable
 * word: a relay would check it more closely.
 */
static const char *take_path(const char *args, const char *label, char *path)
{
	size_t n = 0;

	if (strncasecmp(args, label, strlen(label)) != 0)
		return NULL;
	args += strlen(label);
	args += strspn(args, " ");
	if (*args++ != '<')
		return NULL;
	while (args[n] > ' ' && args[n] <= '~' && args[n] != '<' &&
	       args[n] != '>')
		n++;
	if (args[n] != '>' || n > SMTP_PATH_MAX - strlen("<>"))
		return NULL;
	memcpy(path, args, n);
	path[n] = '\0';
	args += n + 1;
	return *args == ' ' || *args == '\0' ? args : NULL;
}

/* The error reply to a parameter of MAIL, or NULL if it is valid. */
static const char *mail_parameter(const struct smtp *smtp, const char *p,
				  size_t n)
{
	static const char bad_size[] = "501 5.5.4 SIZE needs a number";
	char *end;

	if (n > 5 && strncasecmp(p, "SIZE=", 5) == 0) {
		if (n > 5 + 20 || !isdigit((unsigned char)p[5]))
			return bad_size;
		unsigned long long size = strtoull(p + 5, &end, 10);
		if (end != p + n)
			return bad_size;
		return size > smtp->settings->max_size
			       ? "552 5.3.4 Message too big"
			       : NULL;
	}
	if ((n == 9 && strncasecmp(p, "BODY=7BIT", n) == 0) ||
	    (n == 13 && strncasecmp(p, "BODY=8BITMIME", n) == 0))
		return NULL;
	return "555 5.5.4 Parameter not recognised";
}

/* ------------------------------------------------------------------------ */
/* Commands                                                                  */

typedef enum smtp_next handler(struct smtp *smtp, const char *args,
			       struct smtp_reply *reply);

/* Roughly a host name or an address literal, without characters that have a
 * meaning in a Received line. */
static int is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '-' && c <= ':' && c != '/') || c == '_' || c == '[' ||
	       c == ']';
}

static int take_name(struct smtp *smtp, const char *args, int extended)
{
	size_t n = 0;

	while (is_name_char(args[n]))
		n++;
	if (n == 0 || n > SMTP_NAME_MAX || args[n])
		return -1;
	reset_mail(smtp);
	memcpy(smtp->name, args, n + 1);
	smtp->extended = extended;
	return 0;
}

static enum smtp_next do_ehlo(struct smtp *smtp, const char *args,
			      struct smtp_reply *reply)
{
	if (take_name(smtp, args, 1) < 0)
		return say(reply, "501 Syntax: EHLO hostname");
	add(reply, "250-");
	say(reply, smtp->settings->hostname);
	say(reply, "250-PIPELINING");
	say(reply, smtp->settings->size_line);
	say(reply, "250-8BITMIME");
	if (smtp->can_starttls)
		say(reply, "250-STARTTLS");
	return say(reply, "250 ENHANCEDSTATUSCODES");
}

static enum smtp_next do_helo(struct smtp *smtp, const char *args,
			      struct smtp_reply *reply)
{
	if (take_name(smtp, args, 0) < 0)
		return say(reply, "501 Syntax: HELO hostname");
	add(reply, "250 ");
	return say(reply, smtp->settings->hostname);
}

static enum smtp_next do_mail(struct smtp *smtp, const char *args,
			      struct smtp_reply *reply)
{
	char path[SMTP_PATH_MAX + 1];

	if (!smtp->name[0])
		return say(reply, "503 5.5.1 Say EHLO first");
	if (smtp->in_mail)
		return say(reply, "503 5.5.1 MAIL has been given already");
	args = take_path(args, "FROM:", path);
	if (!args)
		return say(reply, "501 5.1.7 Syntax: MAIL FROM:<address>");
	for (args += strspn(args, " "); *args; args += strspn(args, " ")) {
		size_t n = strcspn(args, " ");
		const char *error = mail_parameter(smtp, args, n);
		if (error)
			return say(reply, error);
		args += n;
	}
	strcpy(smtp->from, path);
	smtp->in_mail = 1;
	return say(reply, "250 2.1.0 Sender ok");
}

static enum smtp_next do_rcpt(struct smtp *smtp, const char *args,
			      struct smtp_reply *reply)
{
	char path[SMTP_PATH_MAX + 1];

	if (!smtp->in_mail)
		return say(reply, "503 5.5.1 MAIL is needed first");
	args = take_path(args, "TO:", path);
	if (!args || !path[0])
		return say(reply, "501 5.1.3 Syntax: RCPT TO:<address>");
	if (args[strspn(args, " ")])
		return say(reply, "555 5.5.4 Parameter not recognised");
	if (smtp->recipients == RECIPIENTS_MAX)
		return say(reply, "452 4.5.3 Too many recipients");
	smtp->recipients++;
	return say(reply, "250 2.1.5 Recipient ok");
}

static enum smtp_next do_data(struct smtp *smtp, const char *args,
			      struct smtp_reply *reply)
{
	(void)args;
	if (!smtp->recipients)
		return say(reply, "503 5.5.1 RCPT is needed first");
	smtp->text_state = SMTP_TEXT_LINE;
	smtp->text_bad = 0;
	smtp->text_size = 0;
	say(reply, "354 End data with <CR><LF>.<CR><LF>");
	return SMTP_NEXT_TEXT;
}

static enum smtp_next do_rset(struct smtp *smtp, const char *args,
			      struct smtp_reply *reply)
{
	(void)args;
	reset_mail(smtp);
	return say(reply, "250 2.0.0 Ok");
}

static enum smtp_next do_starttls(struct smtp *smtp, const char *args,
				  struct smtp_reply *reply)
{
	(void)smtp;
	reply->args = args;
	return SMTP_NEXT_STARTTLS;
}

enum {
	IN_THE_CLEAR = 1, /* even with --require-tls */
	NO_ARGS = 2
};

static const char not_here[] = "502 5.5.1 Command not implemented";

static const struct verb {
	const char *name;
	int flags;
	handler *handle; /* or NULL, with a fixed reply */
	const char *reply;
	enum smtp_next next; /* after the fixed reply */
	int reason;	     /* of SMTP_NEXT_REFUSE */
} verbs[] = {
	{ "EHLO", IN_THE_CLEAR, do_ehlo, NULL, 0, 0 },
	{ "HELO", IN_THE_CLEAR, do_helo, NULL, 0, 0 },
	{ "MAIL", 0, do_mail, NULL, 0, 0 },
	{ "RCPT", 0, do_rcpt, NULL, 0, 0 },
	{ "DATA", NO_ARGS, do_data, NULL, 0, 0 },
	{ "RSET", IN_THE_CLEAR | NO_ARGS, do_rset, NULL, 0, 0 },
	{ "STARTTLS", IN_THE_CLEAR, do_starttls, NULL, 0, 0 },
	{ "NOOP", IN_THE_CLEAR, NULL, "250 2.0.0 Ok", SMTP_NEXT_COMMAND, 0 },
	{ "HELP", IN_THE_CLEAR, NULL, "214 2.0.0 See RFC 5321 and RFC 3207",
	  SMTP_NEXT_COMMAND, 0 },
	{ "QUIT", IN_THE_CLEAR | NO_ARGS, NULL, "221 2.0.0 Bye", SMTP_NEXT_QUIT,
	  0 },
	{ "VRFY", 0, NULL, "252 2.0.0 Send it and see", SMTP_NEXT_COMMAND, 0 },
	{ "AUTH", 0, NULL, not_here, SMTP_NEXT_COMMAND, 0 },
	{ "EXPN", 0, NULL, not_here, SMTP_NEXT_COMMAND, 0 },
	{ "ETRN", 0, NULL, not_here, SMTP_NEXT_COMMAND, 0 },
	/* The data that follow BDAT are not commands, nor are those of a web
	 * browser that was made to talk to this port (ALPACA). */
	{ "BDAT", 0, NULL, not_here, SMTP_NEXT_REFUSE, SMTPTLS_REASON_COMMAND },
	{ "CONNECT", 0, NULL, not_here, SMTP_NEXT_REFUSE, SMTPTLS_REASON_HTTP },
	{ "GET", 0, NULL, not_here, SMTP_NEXT_REFUSE, SMTPTLS_REASON_HTTP },
	{ "HEAD", 0, NULL, not_here, SMTP_NEXT_REFUSE, SMTPTLS_REASON_HTTP },
	{ "OPTIONS", 0, NULL, not_here, SMTP_NEXT_REFUSE, SMTPTLS_REASON_HTTP },
	{ "POST", 0, NULL, not_here, SMTP_NEXT_REFUSE, SMTPTLS_REASON_HTTP },
	{ "PUT", 0, NULL, not_here, SMTP_NEXT_REFUSE, SMTPTLS_REASON_HTTP },
	{ "", 0, NULL, "500 5.5.2 Command not recognised", SMTP_NEXT_COMMAND,
	  0 },
};

static enum smtp_next execute(struct smtp *smtp,
			      const struct smtptls_command *command, char *line,
			      struct smtp_reply *reply)
{
	char *args = line + (command->args - line);
	const struct verb *verb = verbs;

	/* This overwrites the CR or an earlier byte; the line has no NUL. */
	args[command->args_len] = '\0';
	while (verb->name[0] && !smtptls_command_is(command, verb->name))
		verb++;
	if (smtp->settings->require_tls && !smtp->tls_enabled &&
	    !(verb->flags & IN_THE_CLEAR)) {
		say(reply, "530 5.7.0 Must issue a STARTTLS command first");
		smtp->wanted_tls = 1;
		reply->reason = verb->reason;
		return verb->next;
	}
	if (args[0] && verb->flags & NO_ARGS) {
		add(reply, "501 5.5.4 ");
		add(reply, verb->name);
		return say(reply, " takes no arguments");
	}
	if (verb->handle)
		return verb->handle(smtp, args, reply);
	say(reply, verb->reply);
	reply->reason = verb->reason;
	return verb->next;
}

const char *smtp_sentence(int reason)
{
	switch (reason) {
	case SMTPTLS_REASON_HTTP:
		return "peer speaks HTTP: it uses the wrong port";
	case SMTPTLS_REASON_TRUNCATED:
		return "peer closed the connection within a message: it was "
		       "cut off, or its own log says why";
	case SMTPTLS_REASON_LINE_ENDING:
		return "peer sent a command with a CR or LF that is not in a "
		       "CRLF, or with a NUL: it must end lines with CRLF";
	case SMTPTLS_REASON_LINE_TOO_LONG:
		return "peer sent a command of more than 2048 bytes, where 512 "
		       "are allowed: it must be fixed, or does not speak SMTP";
	case SMTPTLS_REASON_TOO_MANY_ERRORS:
		return "peer sent more than 20 commands that were refused: its "
		       "own log has the replies, or it is only probing";
	case SMTPTLS_REASON_COMMAND:
		return "peer sent BDAT, which is not offered, and what follows "
		       "it is not a command: it must use DATA";
	case SMTPTLS_REASON_TLS_REQUIRED:
		return "peer did not start TLS, which is required (530): "
		       "switch STARTTLS on there, or run without --require-tls";
	default:
		return NULL;
	}
}

enum smtp_next smtp_line(struct smtp *smtp, char *line, size_t len,
			 struct smtp_reply *reply)
{
	struct smtptls_command command;
	enum smtp_next next;

	reply->len = 0;
	reply->text[0] = '\0';
	reply->reason = SMTPTLS_REASON_NONE;
	if (smtptls_command_parse(line, len, &command) == 0) {
		next = execute(smtp, &command, line, reply);
	} else {
		int whole = len >= 2 && line[len - 2] == '\r' &&
			    !memchr(line, '\r', len - 2) &&
			    !memchr(line, '\0', len);
		say(reply, whole ? "500 5.5.2 Command missing"
				 : "500 5.5.2 Lines end in CRLF only");
		next = whole ? SMTP_NEXT_COMMAND : SMTP_NEXT_REFUSE;
		reply->reason = whole ? 0 : SMTPTLS_REASON_LINE_ENDING;
	}
	if (reply->text[0] == '5' && ++smtp->errors > ERRORS_MAX &&
	    next == SMTP_NEXT_COMMAND) {
		smtp_goodbye(smtp, "4.7.0", "Too many errors", reply);
		next = SMTP_NEXT_REFUSE;
		reply->reason = SMTPTLS_REASON_TOO_MANY_ERRORS;
	}
	return next;
}

/* ------------------------------------------------------------------------ */
/* Message text                                                              */

enum { BLOCK = 64, LONG_BLOCK = 8 * BLOCK };

#define MASK(condition) ((unsigned char)-(condition))

/* The loader picks the version with 32-byte vectors if the CPU has them. */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) &&          \
	!defined(__clang__)
#define WIDE_VECTORS __attribute__((target_clones("avx2", "default")))
#else
#define WIDE_VECTORS
#endif

/*
 * 1 when text_step() would take a block unchanged: each CR is followed by an
 * LF, each LF is preceded by a CR, and no dot begins a line. The byte before
 * the block is read, too. Large messages are mostly base64, which has no dots,
 * so line starts are checked only if there is a dot. The loops have no
 * branches, and true is a byte of all ones, as in vectors, so that compilers
 * vectorize them.
 */
static inline int is_plain(const char *text, int len)
{
	unsigned char other = 0, dots = 0;

	for (int i = 0; i < len; i++) {
		other |= MASK(text[i] == '\n') ^ MASK(text[i - 1] == '\r');
		dots |= MASK(text[i] == '.');
	}
	for (int i = 0; dots && i < len; i++)
		other |= MASK(text[i] == '.') & MASK(text[i - 1] == '\n');
	return !other;
}

/* The length of the plain run: whole blocks, and the rest of the text if it is
 * plain too, checked as part of a last block that overlaps the others. */
WIDE_VECTORS static size_t plain_blocks(const char *text, size_t len)
{
	size_t run = 0;

	while (len - run >= LONG_BLOCK && is_plain(text + run, LONG_BLOCK))
		run += LONG_BLOCK;
	while (len - run >= BLOCK && is_plain(text + run, BLOCK))
		run += BLOCK;
	if (run > 0 && len - run < BLOCK && is_plain(text + len - BLOCK, BLOCK))
		run = len;
	return run;
}

/*
 * Process one byte by RFC 5321 section 4.5.2: 1 if it belongs to the message. A
 * CR or LF outside a CRLF does not end a line, but invalidates the message:
 * other servers might take it for the end of a line (SMTP smuggling).
 */
static int text_step(struct smtp *smtp, char c)
{
	switch (smtp->text_state) {
	case SMTP_TEXT_LINE:
		if (c == '.') {
			smtp->text_state = SMTP_TEXT_DOT;
			return 0;
		}
		break;
	case SMTP_TEXT_DOT:
		if (c == '\r') {
			smtp->text_state = SMTP_TEXT_DOT_CR;
			return 0;
		}
		break;
	case SMTP_TEXT_DOT_CR:
		if (c == '\n') {
			smtp->text_state = SMTP_TEXT_END;
			return 0;
		}
		smtp->text_bad = 1;
		break;
	case SMTP_TEXT_CR:
		if (c == '\n') {
			smtp->text_state = SMTP_TEXT_LINE;
			return 1;
		}
		smtp->text_bad = 1;
		break;
	default:
		break;
	}
	if (c == '\n')
		smtp->text_bad = 1;
	smtp->text_state = c == '\r' ? SMTP_TEXT_CR : SMTP_TEXT_INSIDE;
	return 1;
}

/* The length of the run that can be taken at once. */
static size_t plain_run(const struct smtp *smtp, const char *text, size_t len)
{
	if (smtp->text_state == SMTP_TEXT_DOT ||
	    smtp->text_state == SMTP_TEXT_DOT_CR)
		return 0;
	return plain_blocks(text, len);
}

/* Take plain runs at once: text_step() alone would work, but slowly. */
size_t smtp_text(struct smtp *smtp, char *text, size_t len, size_t *kept)
{
	size_t in = 0, out = 0, next = 1;

	while (in < len && smtp->text_state != SMTP_TEXT_END) {
		size_t run = 0;
		if (in >= next) {
			run = plain_run(smtp, text + in, len - in);
			next = in + run + BLOCK;
		}
		if (run > 0) {
			char last = text[in + run - 1];
			if (in != out)
				memmove(text + out, text + in, run);
			in += run;
			out += run;
			smtp->text_state = last == '\r'	  ? SMTP_TEXT_CR
					   : last == '\n' ? SMTP_TEXT_LINE
							  : SMTP_TEXT_INSIDE;
			continue;
		}
		char c = text[in++];
		if (text_step(smtp, c))
			text[out++] = c;
	}
	smtp->text_size += out;
	*kept = out;
	return in;
}

int smtp_text_ended(const struct smtp *smtp)
{
	return smtp->text_state == SMTP_TEXT_END;
}

int smtp_text_wanted(const struct smtp *smtp)
{
	return !smtp->text_bad && smtp->text_size <= smtp->settings->max_size;
}

void smtp_text_reply(struct smtp *smtp, int stored, struct smtp_reply *reply)
{
	reply->len = 0;
	if (smtp->text_bad)
		say(reply, "554 5.6.0 CR or LF outside of CRLF");
	else if (smtp->text_size > smtp->settings->max_size)
		say(reply, "552 5.3.4 Message too big");
	else if (!stored)
		say(reply, "451 4.3.0 The message could not be stored");
	else {
		smtp->messages++;
		say(reply, "250 2.0.0 Message accepted");
	}
	reset_mail(smtp);
}

size_t smtp_trace(const struct smtp *smtp, const char *peer, const char *tls,
		  char *trace)
{
	time_t now = time(NULL);
	struct tm tm;
	char date[64] = "";
	char with[128];

	if (smtp->tls_enabled)
		snprintf(with, sizeof(with), "ESMTPS\r\n\t%s", tls);
	else
		strcpy(with, smtp->extended ? "ESMTP" : "SMTP");
	if (gmtime_r(&now, &tm))
		strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S +0000",
			 &tm);
	int n = snprintf(trace, SMTP_TRACE_MAX,
			 "Return-Path: <%s>\r\n"
			 "Received: from %s ([%s])\r\n"
			 "\tby %s (smtptls-server) with %s;\r\n"
			 "\t%s\r\n",
			 smtp->from, smtp->name, peer, smtp->settings->hostname,
			 with, date);
	return n > 0 && n < SMTP_TRACE_MAX ? (size_t)n : 0;
}
