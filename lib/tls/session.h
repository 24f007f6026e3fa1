/* SPDX-License-Identifier: MIT */
/* tls/session: one GnuTLS session over two buffers. Manual in session.c. */
#ifndef TLS_SESSION_H
#define TLS_SESSION_H

#include <stddef.h>
#include <sys/types.h>

#include <gnutls/gnutls.h>

#include "base/buffer.h"
#include "tls/config.h"
#include "tls/expected.h"
#include "tls/hook.h"

/* A record with an alert in the clear. */
#define STLS_ALERT_SIZE 7

struct stls_session {
	gnutls_session_t tls;
	struct stls_buffer *in;	 /* from the network */
	struct stls_buffer *out; /* to the network */
	int role;
	const struct stls_expected *expected;
	const struct smtptls_config *config;
	struct smtptls_config *chosen; /* it, by the name; or NULL */
	int asked;		       /* the host was, or there was no name */
	int eof;		       /* the network has no more */
	int cut;		       /* and GnuTLS wanted more */
	int complete;	   /* the handshake is over, verified or not */
	int heard;	   /* and the peer has said something for the host */
	int spoken;	   /* SMTP was spoken in the clear before */
	int begun;	   /* the peer's first bytes are TLS */
	int system_error;  /* the errno that ended it, or 0 */
	unsigned limit_ms; /* or the deadline, if the host has told it */
	int warnings;	   /* warning alerts in a row */
	size_t silent;	   /* bytes taken since the last that was delivered */
	unsigned char last[STLS_ALERT_SIZE]; /* bytes of the handshake */
	int alert_received;
	int alert_sent;
	int verify; /* as in struct smtptls_info */
	unsigned tlsa_record, tlsa_depth;
	int tlsa_weak_key;
	struct stls_judge judge;
	char text[STLS_REASON_TEXT];
};

/* ---- session_setup.c ---- */

/*
 * Make session->tls, whose roles and buffers are set. Returns 0
 * or GnuTLS's error; session->tls may be there in either case.
 */
int stls_session_set_up(struct stls_session *session,
			const struct smtptls_config *config);

/* Let the session's hello be judged as `config` has it. */
void stls_session_judge_by(struct stls_session *session,
			   const struct smtptls_config *config);
/* Give a server's session the key of its configuration; GnuTLS's error or 0. */
int stls_session_tickets(struct stls_session *session);

/* ---- session_failure.c ---- */

struct stls_end; /* reason/session_end.h */

/* Put a fatal alert out; there is only one (RFC 8446 section 6.2). */
void stls_session_alert(struct stls_session *session, int alert);

/* TLS is on, and the peer goes before it has said anything for the host. */
int stls_session_left(const struct stls_session *session);

/* These return `error`; the first reason and sentence stay. */
__attribute__((format(printf, 4, 5))) int
stls_session_failed(struct stls_session *session, int error, int reason,
		    const char *format, ...);
/* What was `found` is told as struct stls_end has it; or NULL. */
int stls_session_ended(struct stls_session *session, int error, int reason,
		       const char *found);
int stls_session_ended_by(struct stls_session *session, int error,
			  const struct stls_end *end);

/* The end by a GnuTLS error: alert, sentence, and the number, returned. */
int stls_session_gnutls_failed(struct stls_session *session, int error,
			       int in_handshake);

/* ---- session.c ---- */

/*
 * Start over `in` and `out`, which must outlive the session, as `config` and
 * `expected` must. Returns 0, SMTPTLS_E_NOMEM or SMTPTLS_E_CONFIG.
 */
int stls_session_start(struct stls_session *session,
		       const struct smtptls_config *config, int role,
		       const struct stls_expected *expected,
		       struct stls_buffer *in, struct stls_buffer *out);
/* Frees the memory too; NULL is allowed. */
void stls_session_free(struct stls_session *session);

/*
 * Go on with the handshake and, behind it, verify the peer. Returns 0 when TLS
 * is on, SMTPTLS_E_AGAIN, or the error by which it has failed.
 */
int stls_session_handshake(struct stls_session *session);

/* Decrypted bytes are held, which no read has taken. */
int stls_session_pending(const struct stls_session *session);
/* Something may be read without more input. */
static inline int stls_session_readable(const struct stls_session *session)
{
	return session->eof || stls_buffer_len(session->in) > 0 ||
	       stls_session_pending(session);
}

/* Plaintext: a count, 0 at the peer's close_notify, SMTPTLS_E_AGAIN, error. */
ssize_t stls_session_read(struct stls_session *session, void *data, size_t len);
/* Encrypt until `out` holds `limit` bytes: a count of plaintext, or error. */
ssize_t stls_session_write(struct stls_session *session, const void *data,
			   size_t len, size_t limit);

/* Put a close_notify behind what is to be sent. */
int stls_session_close(struct stls_session *session);
/*
 * Put a fatal alert there, which tells the peer of an error of this side's; not
 * with SMTPTLS_E_IO, which is the network's, and whose errno is
 * `system_error`, or 0.
 */
void stls_session_abort(struct stls_session *session, int error,
			int system_error);

#endif
