/* SPDX-License-Identifier: MIT */
/* tls/session: one GnuTLS session over two buffers. See session.c. */
#ifndef TLS_SESSION_H
#define TLS_SESSION_H

#include <stddef.h>
#include <sys/types.h>

#include <gnutls/gnutls.h>

#include "base/buffer.h"
#include "tls/config.h"
#include "tls/expected.h"
#include "tls/hook.h"

/* The size of a plaintext record with an alert. */
#define STLS_ALERT_SIZE 7

struct stls_session {
	gnutls_session_t tls;
	struct stls_buffer *in;	 /* from the network */
	struct stls_buffer *out; /* to the network */
	int role;
	const struct stls_expected *expected;
	const struct smtptls_config *config;
	struct smtptls_config *chosen; /* the host's choice, or NULL */
	int asked;	   /* the host was asked, if there was a name */
	int eof;	   /* no more input from the network */
	int cut;	   /* eof, and GnuTLS wanted more */
	int complete;	   /* the handshake is over, verified or not */
	int heard;	   /* the peer has sent the host plaintext */
	int spoken;	   /* SMTP was spoken in the clear before */
	int begun;	   /* the peer's first bytes are TLS */
	int system_error;  /* the errno that ended it, or 0 */
	unsigned limit_ms; /* or the timeout, if the host has given one */
	int warnings;	   /* warning alerts in a row */
	size_t silent;	   /* bytes of input since the last plaintext */
	unsigned char last[STLS_ALERT_SIZE]; /* the handshake's latest input */
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
 * Make session->tls; role and buffers are set already. Returns 0 or a GnuTLS
 * error; session->tls may exist in either case.
 */
int stls_session_set_up(struct stls_session *session,
			const struct smtptls_config *config);

/* Have the session's hello judged by the rules of `config`. */
void stls_session_judge_by(struct stls_session *session,
			   const struct smtptls_config *config);
/* Set the ticket key of a server's session; 0 or a GnuTLS error. */
int stls_session_tickets(struct stls_session *session);

/* ---- session_failure.c ---- */

struct stls_end; /* reason/end_facts.h */

/* Send a fatal alert, unless one was sent (RFC 8446 section 6.2). */
void stls_session_alert(struct stls_session *session, int alert);

/* Whether the handshake is complete, but no plaintext has come yet. */
int stls_session_left(const struct stls_session *session);

/* These return `error`; the first reason and sentence are kept. */
__attribute__((format(printf, 4, 5))) int
stls_session_failed(struct stls_session *session, int error, int reason,
		    const char *format, ...);
/* `found` is as in struct stls_end, or NULL. */
int stls_session_ended(struct stls_session *session, int error, int reason,
		       const char *found);
int stls_session_ended_by(struct stls_session *session, int error,
			  const struct stls_end *end);

/*
 * End by a GnuTLS error: send the alert, set the reason and the sentence.
 * Returns the library's error.
 */
int stls_session_gnutls_failed(struct stls_session *session, int error,
			       int in_handshake);

/* ---- session.c ---- */

/*
 * Start a session on `in` and `out`, which must outlive it, as must `config`
 * and `expected`. Returns 0, SMTPTLS_E_NOMEM or SMTPTLS_E_CONFIG.
 */
int stls_session_start(struct stls_session *session,
		       const struct smtptls_config *config, int role,
		       const struct stls_expected *expected,
		       struct stls_buffer *in, struct stls_buffer *out);
/* Frees `session` too; NULL is allowed. */
void stls_session_free(struct stls_session *session);

/*
 * Continue the handshake and then verify the peer. Returns 0 when TLS is on,
 * SMTPTLS_E_AGAIN, or the error by which it has failed.
 */
int stls_session_handshake(struct stls_session *session);

/* Whether decrypted bytes are held that no read has taken. */
int stls_session_pending(const struct stls_session *session);
/* Whether a read may succeed without more input. */
static inline int stls_session_readable(const struct stls_session *session)
{
	return session->eof || stls_buffer_len(session->in) > 0 ||
	       stls_session_pending(session);
}

/*
 * Read plaintext: a count, 0 at the peer's close_notify, SMTPTLS_E_AGAIN or an
 * error.
 */
ssize_t stls_session_read(struct stls_session *session, void *data, size_t len);
/* Encrypt until `out` holds `limit` bytes; a plaintext count, or an error. */
ssize_t stls_session_write(struct stls_session *session, const void *data,
			   size_t len, size_t limit);

/* Append a close_notify to the output; 0, or an error. */
int stls_session_close(struct stls_session *session);
/*
 * End the session by an error of this side, and append the alert that tells the
 * peer; no alert with SMTPTLS_E_IO, which is the network's error, and whose
 * errno is `system_error`, or 0.
 */
void stls_session_abort(struct stls_session *session, int error,
			int system_error);

#endif
