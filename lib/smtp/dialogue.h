/* SPDX-License-Identifier: MIT */
/*
 * smtp/dialogue: what a client says until TLS starts. The manual is in
 * dialogue.c.
 */
#ifndef SMTP_DIALOGUE_H
#define SMTP_DIALOGUE_H

#include <stddef.h>

/* The longest name of a client (RFC 5321 section 4.5.3.1.2). */
#define STLS_NAME_MAX 255

/*
 * A reply line has at most 512 bytes by RFC 5321 section 4.5.3.1.5, and some
 * servers send more. All lines of one reply together have a bound too.
 */
#define STLS_REPLY_LINE_MAX 2048
#define STLS_REPLY_MAX	    (64 * 1024)

/* What of a line is kept to be shown, escaped. */
#define STLS_REPLY_SHOWN 160

enum stls_dialogue_step { STLS_GREETING, STLS_EHLO, STLS_HELO, STLS_STARTTLS };

enum stls_dialogue_action {
	STLS_DIALOGUE_HEAR = 0, /* wait for the next line */
	STLS_DIALOGUE_SAY,	/* send `say`, then wait for the next line */
	STLS_DIALOGUE_TLS,	/* start TLS: it is the server's turn no more */
	STLS_DIALOGUE_CLEAR	/* there is no TLS, and the session goes on */
};

struct stls_dialogue {
	int step;	 /* enum stls_dialogue_step: whose reply is due */
	int lhlo;	 /* LMTP: LHLO, which has no HELO behind it */
	int optional;	 /* without TLS it may end in the clear */
	const char *say; /* a whole line, with its CRLF */
	int ended;	 /* by TLS, in the clear, or by `error` */
	int error;	 /* 0, or SMTPTLS_E_… */
	int reason;	 /* enum smtptls_reason: why there is no TLS */
	int code;	 /* of the reply of which a line has come, or 0 */
	size_t reply_len;
	int offered; /* the reply to EHLO has the keyword STARTTLS */
	int masked;  /* or what firewalls make of it */
	int refusal; /* the code of a reply that was no success, or 0 */
	/* The last line of that reply, or the line that is no reply's. */
	unsigned limit_ms; /* of the host's patience, or 0 */
	char shown[STLS_REPLY_SHOWN + 1];
	char hello[sizeof("EHLO \r\n") + STLS_NAME_MAX];
};

/*
 * Begin before the greeting. `name` is what the client calls itself, and is
 * copied. Returns 0, or SMTPTLS_E_SYNTAX when it is empty, too long, or has
 * anything but visible ASCII in it.
 */
int stls_dialogue_init(struct stls_dialogue *dialogue, const char *name,
		       int lhlo, int optional);

/*
 * Hear the next line, of `len` bytes with its LF; `unread` is how much is known
 * to stand behind it. Returns an action, of which TLS and CLEAR are the last,
 * or the error that is the end:
 *   SMTPTLS_E_SMTP_REPLY   a refusal before it came to STARTTLS, or a 421
 *   SMTPTLS_E_NOT_OFFERED  STARTTLS is required and was not offered
 *   SMTPTLS_E_REFUSED      STARTTLS was not answered with 220
 *   SMTPTLS_E_INJECTION    something stands behind the reply
 *   SMTPTLS_E_PROTOCOL     no reply line, or another code than the line before
 *   SMTPTLS_E_LIMIT        the line or the reply is too long
 *   SMTPTLS_E_STATE        behind the end
 */
int stls_dialogue_hear(struct stls_dialogue *dialogue, const char *line,
		       size_t len, size_t unread);

/*
 * End it by an error that no line has shown: the connection's end, the host's
 * deadline, a line that does not end. `rest` is what was heard of a line.
 */
void stls_dialogue_fail(struct stls_dialogue *dialogue, int error,
			const char *rest, size_t len);

/*
 * Write why there is no TLS, without a full stop; it ends with what would help.
 * It is cut where `size` > 0 ends.
 */
void stls_dialogue_write(const struct stls_dialogue *dialogue, char *text,
			 size_t size);

#endif
