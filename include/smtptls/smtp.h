/* SPDX-License-Identifier: MIT */
/*
 * Layer 1: SMTP command and reply lines, the capabilities of an EHLO reply,
 * and the server's verdict on a STARTTLS command (RFC 5321, RFC 3207).
 *
 * These are pure functions on the caller's memory: no allocation, no I/O, no
 * TLS. Lines are passed with their CRLF, and CRLF is the only line ending that
 * is accepted (RFC 5321 section 2.3.8).
 */
#ifndef SMTPTLS_SMTP_H
#define SMTPTLS_SMTP_H

#include <stddef.h>
#include <smtptls/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The longest command line, including CRLF (RFC 5321 section 4.5.3.1.4). */
#define SMTPTLS_COMMAND_MAX 512

/* A parsed command line; the pointers point into the line that was parsed. */
struct smtptls_command {
	const char *verb; /* up to the first space; never empty */
	size_t verb_len;
	const char *args; /* the rest, without the spaces around it */
	size_t args_len;
};

/*
 * Parse a command line. `line` is `len` bytes that end in CRLF. `command` is
 * valid as long as `line` is, and undefined after an error.
 *
 * Only a space separates the verb from its arguments, and a NUL, CR or LF
 * inside the line is an error, so no part of a line can pass for another
 * command. The length is not limited here; compare `len` with
 * SMTPTLS_COMMAND_MAX, or with the larger limit of your extensions.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG     a pointer is NULL
 *   SMTPTLS_E_SYNTAX  no CRLF at the end, a NUL, CR or LF inside, or no verb
 *
 * RFC 5321 sections 2.3.8, 2.4 and 4.1.1.
 */
SMTPTLS_API int smtptls_command_parse(const char *line, size_t len,
				      struct smtptls_command *command);

/*
 * Return 1 if the command's verb equals the string `verb`, ignoring the case of
 * ASCII letters (RFC 5321 section 2.4), else 0.
 */
SMTPTLS_API int smtptls_command_is(const struct smtptls_command *command,
				   const char *verb);

/* One line of a reply; `text` points into the line that was parsed. */
struct smtptls_reply {
	int code;	  /* 200 to 559 */
	int last;	  /* 1: the reply's last line, 0: more lines follow */
	const char *text; /* after the code and separator; may be empty */
	size_t text_len;
};

/*
 * Parse a reply line: three digits, then a space, a hyphen or nothing, then
 * text. `line` is `len` bytes that end in CRLF. `reply` is valid as long as
 * `line` is, and undefined after an error.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG     a pointer is NULL
 *   SMTPTLS_E_SYNTAX  no CRLF at the end, a NUL, CR or LF inside, digits that
 *                     are not a reply code, or another separator
 *
 * RFC 5321 section 4.2.
 */
SMTPTLS_API int smtptls_reply_parse(const char *line, size_t len,
				    struct smtptls_reply *reply);

/*
 * The reply to EHLO, collected line by line in the caller's memory. Initialize
 * it with smtptls_ehlo_init(), and again for each EHLO: what was learned in the
 * clear must be forgotten under TLS (RFC 3207 section 4.2). `code` and
 * `complete` are for the caller to read; the other fields are private to the
 * library.
 */
struct smtptls_ehlo {
	int code;     /* the reply's code; 0 before its first line */
	int complete; /* 1: the last line has been added */
	int failed;
	char *buffer;
	size_t size;
	size_t used;
};

/*
 * Begin with an empty reply. `buffer`, of `size` bytes, stores the keywords and
 * their parameters and must live as long as `ehlo` is used. 4096 bytes are
 * enough for every known server.
 */
SMTPTLS_API void smtptls_ehlo_init(struct smtptls_ehlo *ehlo, char *buffer,
				   size_t size);

/*
 * Add the next line: `len` bytes that end in CRLF. It is copied. The first line
 * carries the server's name and no keyword, and keywords count only in a reply
 * with code 250 (RFC 5321 section 4.1.1.1).
 *
 * Returns 0 when that was the last line and the reply is complete, or
 *   SMTPTLS_E_AGAIN   more lines follow
 *   SMTPTLS_E_ARG     a pointer is NULL
 *   SMTPTLS_E_STATE   the reply is complete already, or has failed
 *   SMTPTLS_E_SYNTAX  not a reply line, or a code that differs from the line
 *                     before (RFC 5321 section 4.2.1)
 *   SMTPTLS_E_LIMIT   the buffer is too small for this reply
 * After SYNTAX or LIMIT the reply has failed and never becomes complete.
 */
SMTPTLS_API int smtptls_ehlo_add(struct smtptls_ehlo *ehlo, const char *line,
				 size_t len);

/*
 * Find the parameters of a keyword (a string, compared ignoring case). They are
 * a string without the keyword, empty if it has no parameters. Returns NULL if
 * the server does not offer the keyword or the reply is not complete. If a
 * keyword is repeated, the first one counts. The string lives in the caller's
 * buffer.
 */
SMTPTLS_API const char *smtptls_ehlo_find(const struct smtptls_ehlo *ehlo,
					  const char *keyword);

/*
 * Choose a server's reply to a STARTTLS command (RFC 3207 section 4).
 *
 * `args` is the command's argument, `args_len` bytes. `tls_enabled` is 1 if TLS
 * is already on, `tls_available` is 1 if a handshake could work, and `unread`
 * is the number of bytes received after the command.
 *
 * Returns the reply's code and sets `*reply` to the whole reply line with its
 * CRLF, a constant string:
 *   220  go ahead: send it, then start TLS
 *   454  TLS is not available; the session goes on in the clear
 *   501  STARTTLS takes no arguments; the session goes on
 *   503  TLS is already on; the session goes on
 * or, with `*reply` set to NULL,
 *   SMTPTLS_E_ARG        `reply` is NULL, or `args` is NULL and `args_len` is
 *                        not 0
 *   SMTPTLS_E_INJECTION  220 was due, but there is input after the command:
 *                        send nothing, execute nothing, close the connection
 */
SMTPTLS_API int smtptls_starttls_verdict(const char *args, size_t args_len,
					 int tls_enabled, int tls_available,
					 size_t unread, const char **reply);

#ifdef __cplusplus
}
#endif

#endif
