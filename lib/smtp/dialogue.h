/* SPDX-License-Identifier: MIT */
/* smtp/dialogue: the client's dialogue until TLS starts. See dialogue.c. */
#ifndef SMTP_DIALOGUE_H
#define SMTP_DIALOGUE_H

#include <stddef.h>

/* The longest client name (RFC 5321 section 4.5.3.1.2). */
#define STLS_NAME_MAX 255

/*
 * RFC 5321 section 4.5.3.1.5 limits a reply line to 512 bytes, but some servers
 * send more. All lines of one reply together are limited too.
 */
#define STLS_REPLY_LINE_MAX 2048
#define STLS_REPLY_MAX	    (64 * 1024)

/* How much of a line, escaped, is kept for display. */
#define STLS_REPLY_SHOWN 160

enum stls_dialogue_step { STLS_GREETING, STLS_EHLO, STLS_HELO, STLS_STARTTLS };

enum stls_dialogue_action {
	STLS_DIALOGUE_HEAR = 0, /* wait for the next line */
	STLS_DIALOGUE_SAY,	/* send `say`, then wait for the next line */
	STLS_DIALOGUE_TLS,	/* start TLS: the client speaks first */
	STLS_DIALOGUE_CLEAR	/* continue the session without TLS */
};

struct stls_dialogue {
	int step;	 /* enum stls_dialogue_step: whose reply is due */
	int lhlo;	 /* LMTP: LHLO, without a fallback to HELO */
	int optional;	 /* without TLS the session may stay in the clear */
	const char *say; /* a whole line, with its CRLF */
	int ended;	 /* with TLS, in the clear, or with `error` */
	int error;	 /* 0, or SMTPTLS_E_… */
	int reason;	 /* enum smtptls_reason: why there is no TLS */
	int code;	 /* of the reply being received, or 0 before it */
	size_t reply_len;
	int offered;	   /* the reply to EHLO has the keyword STARTTLS */
	int masked;	   /* the reply has a keyword masked by a firewall */
	int refusal;	   /* the code of the reply that ruled out TLS, or 0 */
	unsigned limit_ms; /* the host's deadline, or 0 */
	/* The last line of a reply, or a line that is not one; escaped */
	char shown[STLS_REPLY_SHOWN + 1];
	char hello[sizeof("EHLO \r\n") + STLS_NAME_MAX];
};

/*
 * Begin before the greeting. `name`, which is copied, is the client's name in
 * EHLO. Returns 0, or SMTPTLS_E_SYNTAX if the name is empty, too long, or has
 * anything but visible ASCII in it.
 */
int stls_dialogue_init(struct stls_dialogue *dialogue, const char *name,
		       int lhlo, int optional);

/*
 * Process the next line, of `len` bytes including its LF; `unread` is the
 * number of bytes known to follow it. Returns an action, of which TLS and CLEAR
 * end the dialogue, or the error that ends it:
 *   SMTPTLS_E_SMTP_REPLY   a refusal before STARTTLS, or a 421
 *   SMTPTLS_E_NOT_OFFERED  STARTTLS is required and was not offered
 *   SMTPTLS_E_REFUSED      STARTTLS was not answered with 220
 *   SMTPTLS_E_INJECTION    more bytes follow the reply
 *   SMTPTLS_E_PROTOCOL     not a reply line, or its code differs from the
 *                          previous line's
 *   SMTPTLS_E_LIMIT        the line or the reply is too long
 *   SMTPTLS_E_STATE        the dialogue has already ended
 */
int stls_dialogue_hear(struct stls_dialogue *dialogue, const char *line,
		       size_t len, size_t unread);

/*
 * End the dialogue with an error that no complete line caused: the connection
 * was closed, the host's deadline passed, or a line does not end. `rest` is the
 * incomplete line received so far. Does nothing if the dialogue has ended.
 */
void stls_dialogue_fail(struct stls_dialogue *dialogue, int error,
			const char *rest, size_t len);

/*
 * Write why there is no TLS and what would help, without a full stop. The text
 * is truncated to `size` > 0 bytes.
 */
void stls_dialogue_write(const struct stls_dialogue *dialogue, char *text,
			 size_t size);

#endif
