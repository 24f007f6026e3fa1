/* SPDX-License-Identifier: MIT */
/*
 * Layer 1: SMTP command and reply lines, the capabilities of an EHLO reply,
 * and the server's verdict on a STARTTLS command (RFC 5321, RFC 3207).
 *
 * These are pure functions over the caller's memory: no allocation, no I/O, no
 * TLS. Lines are passed with their CRLF, and CRLF is the only line end that is
 * accepted (RFC 5321 section 2.3.8).
 */
#ifndef SMTPTLS_SMTP_H
#define SMTPTLS_SMTP_H

#include <stddef.h>
#include <smtptls/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The longest command line of RFC 5321 section 4.5.3.1.4, CRLF included. */
#define SMTPTLS_COMMAND_MAX 512

/* A command line in its parts; the pointers lead into the parsed line. */
struct smtptls_command {
	const char *verb; /* up to the first space; never empty */
	size_t verb_len;
	const char *args; /* the rest, without the spaces around it */
	size_t args_len;
};

/*
 * Take a command line apart. `line` is `len` bytes that end in CRLF; `command`
 * stays valid as long as `line` does and is undefined after an error.
 *
 * Only the space separates the verb from its arguments, and a NUL, CR or LF
 * inside the line is an error: none can make a part of a line look like
 * another command. The length is not limited here; compare `len` with
 * SMTPTLS_COMMAND_MAX or a larger limit of your extensions.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG     a pointer is NULL
 *   SMTPTLS_E_SYNTAX  no CRLF at the end, NUL, CR or LF within, or no verb
 *
 * RFC 5321 sections 2.3.8, 2.4 and 4.1.1.
 */
SMTPTLS_API int smtptls_command_parse(const char *line, size_t len,
				      struct smtptls_command *command);

/*
 * 1 when the command's verb is `verb`, a string in any case of letters; else 0.
 * RFC 5321 section 2.4: verbs are not case-sensitive, in ASCII.
 */
SMTPTLS_API int smtptls_command_is(const struct smtptls_command *command,
				   const char *verb);

/* One line of a reply; `text` leads into the parsed line. */
struct smtptls_reply {
	int code;	  /* 200 to 559 */
	int last;	  /* 1: the reply's last line, 0: more lines follow */
	const char *text; /* behind code and separator; may be empty */
	size_t text_len;
};

/*
 * Take a reply line apart: three digits, then a space, a hyphen or nothing,
 * then text. `line` is `len` bytes that end in CRLF; `reply` stays valid as
 * long as `line` does and is undefined after an error.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG     a pointer is NULL
 *   SMTPTLS_E_SYNTAX  no CRLF at the end, NUL, CR or LF within, digits that
 *                     are no reply code, or another separator
 *
 * RFC 5321 section 4.2.
 */
SMTPTLS_API int smtptls_reply_parse(const char *line, size_t len,
				    struct smtptls_reply *reply);

/*
 * The reply to an EHLO, collected line by line in memory of the caller's. Set
 * it up with smtptls_ehlo_init() and again for each EHLO: what was learnt in
 * the clear must be forgotten under TLS (RFC 3207 section 4.2). `code` and
 * `complete` are for reading; the other fields are the library's.
 */
struct smtptls_ehlo {
	int code;     /* the reply's code, 0 before its first line */
	int complete; /* 1: the last line has been added */
	int failed;
	char *buffer;
	size_t size;
	size_t used;
};

/*
 * Begin with an empty reply. `buffer` of `size` bytes keeps the keywords and
 * their parameters and must live as long as `ehlo` is used; 4096 bytes serve
 * every server that is known.
 */
SMTPTLS_API void smtptls_ehlo_init(struct smtptls_ehlo *ehlo, char *buffer,
				   size_t size);

/*
 * Add the next line, of `len` bytes that end in CRLF; it is copied. The first
 * line carries the server's name and no keyword, and keywords count only in a
 * reply of code 250 (RFC 5321 section 4.1.1.1).
 *
 * Returns 0 when that was the last line and the reply is complete, or
 *   SMTPTLS_E_AGAIN   more lines follow
 *   SMTPTLS_E_ARG     a pointer is NULL
 *   SMTPTLS_E_STATE   the reply is complete already, or has failed
 *   SMTPTLS_E_SYNTAX  no reply line, or another code than the line before
 *                     (RFC 5321 section 4.2.1)
 *   SMTPTLS_E_LIMIT   the buffer is too small for this reply
 * After SYNTAX or LIMIT the reply has failed, and never becomes complete.
 */
SMTPTLS_API int smtptls_ehlo_add(struct smtptls_ehlo *ehlo, const char *line,
				 size_t len);

/*
 * The parameters of a keyword (a string, compared in any case of letters), as
 * a string without the keyword, empty where it has none; NULL when the server
 * does not offer it or the reply is not complete. Of repeated keywords the
 * first counts. The string lives in the caller's buffer.
 */
SMTPTLS_API const char *smtptls_ehlo_find(const struct smtptls_ehlo *ehlo,
					  const char *keyword);

/*
 * What a server answers to a STARTTLS command (RFC 3207 section 4).
 *
 * `args` is the command's argument, `args_len` bytes; `tls_enabled` is 1 when
 * TLS is on already, `tls_available` is 1 when a handshake could work, and
 * `unread` is the number of bytes that were received behind the command.
 *
 * Returns the reply's code and sets `*reply` to the whole reply line with its
 * CRLF, a constant string:
 *   220  go ahead: send it, then start TLS
 *   454  TLS is not available; the session goes on in the clear
 *   501  STARTTLS takes no arguments; the session goes on
 *   503  TLS is on already; the session goes on
 * or, with `*reply` set to NULL,
 *   SMTPTLS_E_ARG        `reply` is NULL, or `args` is with an `args_len`
 *   SMTPTLS_E_INJECTION  220 was due, but something stands behind the command:
 *                        send nothing, execute nothing, close the connection
 */
SMTPTLS_API int smtptls_starttls_verdict(const char *args, size_t args_len,
					 int tls_enabled, int tls_available,
					 size_t unread, const char **reply);

#ifdef __cplusplus
}
#endif

#endif
