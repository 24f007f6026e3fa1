/* SPDX-License-Identifier: MIT */
#ifndef SERVER_SMTP_H
#define SERVER_SMTP_H

#include <stddef.h>

enum {
	SMTP_LINE_MAX = 2048,  /* CRLF included; RFC 5321 requires 512 */
	SMTP_REPLY_MAX = 1024, /* of all lines of one reply */
	SMTP_TRACE_MAX = 1024,
	SMTP_NAME_MAX = 255,
	SMTP_PATH_MAX = 256
};

struct smtp_settings {
	const char *hostname;
	size_t max_size;
	char size_line[32]; /* in the reply to EHLO: "250-SIZE N" */
	int require_tls;
};

/* What precedes the next byte of message text. */
enum smtp_text_state {
	SMTP_TEXT_LINE, /* CRLF, or nothing yet */
	SMTP_TEXT_DOT,	/* CRLF . */
	SMTP_TEXT_DOT_CR,
	SMTP_TEXT_INSIDE,
	SMTP_TEXT_CR,
	SMTP_TEXT_END
};

struct smtp {
	const struct smtp_settings *settings;
	int tls_enabled;  /* the host sets these two */
	int can_starttls; /* from its connection */
	int extended;	  /* EHLO, not HELO */
	int in_mail;
	int wanted_tls; /* the client was told that TLS is required */
	unsigned recipients, messages, errors;
	enum smtp_text_state text_state;
	int text_bad;
	size_t text_size;
	char name[SMTP_NAME_MAX + 1]; /* "" before EHLO and HELO */
	char from[SMTP_PATH_MAX + 1];
};

/* What the host does after sending the reply. */
enum smtp_next {
	SMTP_NEXT_COMMAND,  /* go on with the next line */
	SMTP_NEXT_TEXT,	    /* feed smtp_text() */
	SMTP_NEXT_STARTTLS, /* there is no reply: the library answers */
	SMTP_NEXT_QUIT,	    /* close, as asked */
	SMTP_NEXT_REFUSE    /* close: the session cannot continue */
};

struct smtp_reply {
	size_t len;
	char text[SMTP_REPLY_MAX];
	const char *args; /* of STARTTLS, in the line */
	int reason;	  /* of SMTP_NEXT_REFUSE: enum smtptls_reason */
};

void smtp_init(struct smtp *smtp, const struct smtp_settings *settings);

/* Forget what was learned in the clear (RFC 3207 section 4.2). */
void smtp_forget(struct smtp *smtp);

void smtp_greeting(const struct smtp *smtp, struct smtp_reply *reply);

/* "421 4.x.x HOST text": the end of a session by the server. */
void smtp_goodbye(const struct smtp *smtp, const char *status, const char *why,
		  struct smtp_reply *reply);

/*
 * The sentence, with the remedy, of a reason for which this server itself ends
 * a session; NULL if the reason has none here.
 */
const char *smtp_sentence(int reason);

/* Answer one line of `len` bytes, including its LF; the line is modified. */
enum smtp_next smtp_line(struct smtp *smtp, char *line, size_t len,
			 struct smtp_reply *reply);

/*
 * Take message text and unstuff it in place: `*kept` bytes are left at `text`.
 * Returns how many of the `len` bytes belonged to the message, all of them
 * unless smtp_text_ended().
 */
size_t smtp_text(struct smtp *smtp, char *text, size_t len, size_t *kept);
int smtp_text_ended(const struct smtp *smtp);

/* 0 once it is clear that the message will be refused. */
int smtp_text_wanted(const struct smtp *smtp);

/* The reply to a complete message, which was `stored` or not. */
void smtp_text_reply(struct smtp *smtp, int stored, struct smtp_reply *reply);

/*
 * Write the header fields that precede a stored message, Return-Path and
 * Received, in less than SMTP_TRACE_MAX bytes. `peer` is an address literal
 * without its brackets; `tls` is the clause of RFC 8314 section 4.3. Returns
 * the length, or 0 if they do not fit.
 */
size_t smtp_trace(const struct smtp *smtp, const char *peer, const char *tls,
		  char *trace);

#endif
