/* SPDX-License-Identifier: MIT */
/*
 * tls/session: one GnuTLS session over two buffers.
 *
 * GnuTLS pulls from one buffer and pushes to the other; it never waits and
 * never sees a descriptor. Nothing is delivered before stls_session_handshake()
 * has returned 0, which it does after the peer has been verified as the
 * connection demands.
 *
 * After any error but AGAIN the session is over: an alert stands in the out
 * buffer where one fits, `text` has the sentence, and no function but those
 * that only look may be called.
 *
 * It never renegotiates (RFC 9325 section 3.5), and sends one ticket, after
 * verification.
 */
#include "tls/session.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reason/refusal.h"
#include "reason/session_end.h"
#include "tls/verify.h"

/* As OpenSSL: a peer that only warns keeps this side busy for nothing. */
#define WARNINGS_MAX 5

#define RECORD_MAX   16384

/*
 * GnuTLS gathers a handshake message of up to 16 MiB before it looks at it. No
 * honest peer needs this much before it has said something for the host.
 */
#define SILENT_MAX    ((size_t)256 * 1024)

#define CONTENT_ALERT 21

/* ---- transport ---- */

static void keep_last(struct stls_session *session, const unsigned char *data,
		      size_t n)
{
	size_t size = sizeof(session->last);

	if (n > size) {
		data += n - size;
		n = size;
	}
	memmove(session->last, session->last + n, size - n);
	memcpy(session->last + size - n, data, n);
}

static ssize_t pull(gnutls_transport_ptr_t ptr, void *data, size_t len)
{
	struct stls_session *session = ptr;
	const unsigned char *held;
	size_t n = stls_buffer_peek(session->in, &held);

	if (n == 0) {
		if (session->eof) {
			session->cut = 1;
			return 0;
		}
		gnutls_transport_set_errno(session->tls, EAGAIN);
		return -1;
	}
	if (n > len)
		n = len;
	memcpy(data, held, n);
	if (!session->complete)
		keep_last(session, held, n);
	stls_buffer_drop(session->in, n);
	session->silent += n;
	return (ssize_t)n;
}

static ssize_t push(gnutls_transport_ptr_t ptr, const giovec_t *iov, int count)
{
	struct stls_session *session = ptr;
	unsigned char *room;
	size_t total = 0;
	int i;

	/* All or nothing: after an error GnuTLS would send it all again. */
	for (i = 0; i < count; i++)
		total += iov[i].iov_len;
	if (stls_buffer_reserve(session->out, total, &room) < 0) {
		gnutls_transport_set_errno(session->tls, ENOMEM);
		return -1;
	}
	for (i = 0; i < count; i++) {
		if (iov[i].iov_len > 0)
			memcpy(room, iov[i].iov_base, iov[i].iov_len);
		room += iov[i].iov_len;
	}
	stls_buffer_commit(session->out, total);
	return (ssize_t)total;
}

/* ---- errors ---- */

/* The first sentence stays: it is the cause of what follows. */
__attribute__((format(printf, 3, 4))) static int
failed(struct stls_session *session, int error, const char *format, ...)
{
	va_list args;
	size_t len;

	if (session->text[0])
		return error;
	va_start(args, format);
	(void)vsnprintf(session->text, sizeof(session->text), format, args);
	va_end(args);
	/* GnuTLS ends its sentences with a full stop, this library does not. */
	len = strlen(session->text);
	if (len > 0 && session->text[len - 1] == '.')
		session->text[len - 1] = '\0';
	return error;
}

/* GnuTLS has numbers of its own for what has none on the wire. */
static int number_of(gnutls_handshake_description_t message)
{
	return message == GNUTLS_HANDSHAKE_HELLO_RETRY_REQUEST
		       ? STLS_HELLO_RETRY_REQUEST
		       : (int)message;
}

/* The end for a reason; nor does a later reason replace the first. */
static int ended(struct stls_session *session, int error, int reason,
		 const struct stls_bytes *sent)
{
	struct stls_end end = {
		.reason = reason,
		.server = session->role == SMTPTLS_SERVER,
		.spoken = session->spoken,
		.broken = error == SMTPTLS_E_IO,
		.begun = session->begun,
		.last_in =
			number_of(gnutls_handshake_get_last_in(session->tls)),
		.last_out =
			number_of(gnutls_handshake_get_last_out(session->tls)),
		.alert = session->alert_received,
		.sent = sent ? sent->data : NULL,
		.sent_len = sent ? sent->len : 0,
	};

	if (session->judge.reason == 0)
		session->judge.reason = reason;
	if (!session->text[0])
		stls_end_write(&end, session->text, sizeof(session->text));
	return error;
}

/* Of a fatal alert there is only one (RFC 8446 section 6.2). */
static void send_alert(struct stls_session *session, int alert)
{
	if (session->alert_sent >= 0)
		return;
	if (gnutls_alert_send(session->tls, GNUTLS_AL_FATAL,
			      (gnutls_alert_description_t)alert) == 0)
		session->alert_sent = alert;
}

/*
 * OpenSSL's client refuses a server's certificate under TLS 1.3 by an alert in
 * the clear, which GnuTLS tries to decrypt. Whoever else may have sent it, the
 * session is over.
 */
static int is_clear_alert(const struct stls_session *session, int ret)
{
	static const unsigned char header[] = { CONTENT_ALERT, 3, 3, 0, 2 };

	return ret == GNUTLS_E_DECRYPTION_FAILED && !session->complete &&
	       memcmp(session->last, header, sizeof(header)) == 0;
}

/* The end of the session by a GnuTLS error: alert, sentence, number. */
static int gnutls_failed(struct stls_session *session, int ret,
			 int in_handshake)
{
	int broken = in_handshake ? SMTPTLS_E_HANDSHAKE : SMTPTLS_E_PROTOCOL;
	int level, alert;

	/* GnuTLS has several errors for an end that came too early. */
	if (session->cut && !in_handshake)
		return failed(session, SMTPTLS_E_TRUNCATED,
			      "peer closed the connection without a "
			      "close_notify");
	if (session->cut)
		return ended(session, SMTPTLS_E_TRUNCATED,
			     SMTPTLS_REASON_CLOSED, NULL);
	if (is_clear_alert(session, ret)) {
		session->alert_received = session->last[STLS_ALERT_SIZE - 1];
		return ended(session, broken, SMTPTLS_REASON_PEER_ALERT, NULL);
	}
	switch (ret) {
	case GNUTLS_E_FATAL_ALERT_RECEIVED:
		session->alert_received = (int)gnutls_alert_get(session->tls);
		return ended(session, broken, SMTPTLS_REASON_PEER_ALERT, NULL);
	case GNUTLS_E_PUSH_ERROR:
	case GNUTLS_E_MEMORY_ERROR:
		return failed(session, SMTPTLS_E_NOMEM, "%s",
			      smtptls_strerror(SMTPTLS_E_NOMEM));
	default:
		break;
	}
	alert = gnutls_error_to_alert(ret, &level);
	send_alert(session, alert >= 0 ? alert : GNUTLS_A_INTERNAL_ERROR);
	if (session->judge.text[0])
		return failed(session, broken, "%s", session->judge.text);
	if (ret == GNUTLS_E_SESSION_EOF)
		return ended(session, broken, SMTPTLS_REASON_CLOSED, NULL);
	if (ret == GNUTLS_E_DH_PRIME_UNACCEPTABLE)
		return ended(session, broken, SMTPTLS_REASON_DH_PARAMETERS,
			     NULL);
	if (ret == GNUTLS_E_NO_APPLICATION_PROTOCOL)
		return ended(session, broken, SMTPTLS_REASON_ALPN, NULL);
	if (in_handshake && session->role == SMTPTLS_SERVER &&
	    number_of(gnutls_handshake_get_last_in(session->tls)) < 0)
		return ended(session, broken, SMTPTLS_REASON_BAD_HELLO, NULL);
	return failed(session, broken, "%s: %s",
		      in_handshake ? "the handshake failed" : "TLS failed",
		      gnutls_strerror(ret));
}

/* Count a warning alert; 0, or an error when there were too many. */
static int warned(struct stls_session *session, int in_handshake)
{
	session->alert_received = (int)gnutls_alert_get(session->tls);
	if (++session->warnings < WARNINGS_MAX)
		return 0;
	send_alert(session, GNUTLS_A_UNEXPECTED_MESSAGE);
	return failed(session,
		      in_handshake ? SMTPTLS_E_HANDSHAKE : SMTPTLS_E_PROTOCOL,
		      "peer sends nothing but warning alerts: the peer must be "
		      "changed");
}

/* More input than plaintext ever came of it. */
static int check_silent(struct stls_session *session)
{
	if (session->silent <= SILENT_MAX)
		return 0;
	send_alert(session, GNUTLS_A_RECORD_OVERFLOW);
	return failed(session, SMTPTLS_E_LIMIT,
		      "peer sent more than %zu bytes of TLS without a word of "
		      "SMTP: it is broken, or an attack",
		      SILENT_MAX);
}

/* ---- start ---- */

/*
 * A client that asks for another protocol by ALPN is not one of SMTP: it may be
 * a browser that was led here (ALPACA, RFC 9325 section 3.8). The names are
 * Exim's.
 */
static int set_up_alpn(struct stls_session *session)
{
	unsigned char smtp[] = "smtp", esmtp[] = "esmtp";
	const gnutls_datum_t names[] = { { smtp, 4 }, { esmtp, 5 } };

	return gnutls_alpn_set_protocols(session->tls, names, 2,
					 GNUTLS_ALPN_MANDATORY);
}

static int set_up_server(struct stls_session *session,
			 const struct smtptls_config *config)
{
	int ret = set_up_alpn(session);

	if (ret < 0)
		return ret;
	if (session->verify_mode != SMTPTLS_VERIFY_NONE)
		gnutls_certificate_server_set_request(session->tls,
						      GNUTLS_CERT_REQUEST);
	return gnutls_session_ticket_enable_server(
		session->tls, &config->ticket_key[session->verify_mode]);
}

/* GnuTLS calls it for every message. */
static int on_message(gnutls_session_t tls, unsigned type, unsigned when,
		      unsigned incoming, const gnutls_datum_t *message)
{
	struct stls_session *session = gnutls_transport_get_ptr(tls);

	(void)when;
	return stls_judge_message(&session->judge, tls, type, incoming,
				  message);
}

static void set_up_judge(struct stls_session *session,
			 const struct smtptls_config *config)
{
	session->judge.policy = config->policy;
	if (session->role == SMTPTLS_SERVER)
		session->judge.shadow = config->shadow;
	session->judge.own = &config->own;
	session->judge.asks = session->verify_mode != SMTPTLS_VERIFY_NONE;
	session->judge.strict =
		config->strict_sni && session->role == SMTPTLS_SERVER;
	if (stls_judge_wanted(&session->judge))
		gnutls_handshake_set_hook_function(session->tls,
						   GNUTLS_HANDSHAKE_ANY,
						   GNUTLS_HOOK_PRE, on_message);
}

static int set_up_client(struct stls_session *session)
{
	unsigned char address[16];
	size_t size;

	/* RFC 6066 section 3: no addresses in SNI. */
	if (!session->peer || stls_is_address(session->peer, address, &size))
		return 0;
	return gnutls_server_name_set(session->tls, GNUTLS_NAME_DNS,
				      session->peer, strlen(session->peer));
}

int stls_session_start(struct stls_session *session,
		       const struct smtptls_config *config, int role,
		       int verify_mode, const char *peer,
		       struct stls_buffer *in, struct stls_buffer *out)
{
	unsigned flags = GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL;
	int ret;

	memset(session, 0, sizeof(*session));
	session->in = in;
	session->out = out;
	session->role = role;
	session->verify_mode = verify_mode;
	session->peer = peer;
	session->alert_received = session->alert_sent = -1;
	/* Under TLS 1.3 tickets would leave before the peer is verified. */
	flags |= role == SMTPTLS_SERVER
			 ? GNUTLS_SERVER | GNUTLS_NO_AUTO_SEND_TICKET
			 : GNUTLS_CLIENT;
	ret = gnutls_init(&session->tls, flags);
	if (ret < 0) {
		session->tls = NULL;
		goto failed;
	}
	gnutls_transport_set_ptr(session->tls, session);
	gnutls_transport_set_pull_function(session->tls, pull);
	gnutls_transport_set_vec_push_function(session->tls, push);
	ret = gnutls_priority_set(session->tls, config->priority);
	if (ret < 0)
		goto failed;
	ret = gnutls_credentials_set(session->tls, GNUTLS_CRD_CERTIFICATE,
				     config->credentials);
	if (ret == 0 && config->dh.anonymous && role == SMTPTLS_SERVER)
		ret = gnutls_credentials_set(session->tls, GNUTLS_CRD_ANON,
					     config->dh.anonymous);
	if (ret < 0)
		goto failed;
	set_up_judge(session, config);
	ret = role == SMTPTLS_SERVER ? set_up_server(session, config)
				     : set_up_client(session);
	if (ret < 0)
		goto failed;
	return 0;

failed:
	return failed(session,
		      ret == GNUTLS_E_MEMORY_ERROR ? SMTPTLS_E_NOMEM
						   : SMTPTLS_E_CONFIG,
		      "TLS cannot be started: %s", gnutls_strerror(ret));
}

void stls_session_free(struct stls_session *session)
{
	if (!session)
		return;
	if (session->tls)
		gnutls_deinit(session->tls);
	free(session->judge.shadow_text);
	free(session);
}

/* ---- handshake ---- */

/*
 * GnuTLS would take a ClientHello in SSLv2's format, and answers other things
 * with an error that says nothing. Returns 0, SMTPTLS_E_AGAIN when more bytes
 * are needed to tell, of which with `last` there are none, or `error`.
 */
static int check_first(struct stls_session *session, int last, int error)
{
	struct stls_bytes sent;
	size_t n = stls_buffer_peek(session->in, &sent.data);
	int reason;

	if (n == 0 || session->begun)
		return 0;
	reason = stls_reason_of_first(sent.data, n, last, &sent.len);
	if (reason == STLS_FIRST_MORE)
		return SMTPTLS_E_AGAIN;
	session->begun = reason == 0;
	if (reason == 0)
		return 0;
	if (error != SMTPTLS_E_IO)
		send_alert(session, GNUTLS_A_UNEXPECTED_MESSAGE);
	return ended(session, error, reason, &sent);
}

static int reason_of_cert(int error)
{
	switch (error) {
	case SMTPTLS_E_CERT_MISSING:
		return SMTPTLS_REASON_CERT_MISSING;
	case SMTPTLS_E_CERT_TRUST:
		return SMTPTLS_REASON_CERT_TRUST;
	case SMTPTLS_E_CERT_TIME:
		return SMTPTLS_REASON_CERT_TIME;
	case SMTPTLS_E_CERT_PURPOSE:
		return SMTPTLS_REASON_CERT_PURPOSE;
	default:
		return SMTPTLS_REASON_NONE;
	}
}

static int verify(struct stls_session *session)
{
	int ret, reason;

	if (session->verify_mode == SMTPTLS_VERIFY_NONE)
		return 0;
	ret = stls_verify_peer(session->tls, session->role, session->peer);
	session->verify = ret < 0 ? ret : 1;
	if (ret == 0 || (ret != SMTPTLS_E_NOMEM &&
			 session->verify_mode == SMTPTLS_VERIFY_OPTIONAL))
		return 0;
	stls_session_abort(session, ret);
	reason = reason_of_cert(ret);
	if (reason == SMTPTLS_REASON_NONE)
		return failed(session, ret, "%s", smtptls_strerror(ret));
	return ended(session, ret, reason, NULL);
}

static int finish(struct stls_session *session)
{
	int ret;

	if (stls_judge_result(&session->judge, session->tls,
			      session->role == SMTPTLS_SERVER) < 0) {
		send_alert(session, GNUTLS_A_HANDSHAKE_FAILURE);
		return failed(session, SMTPTLS_E_HANDSHAKE, "%s",
			      session->judge.text);
	}
	session->complete = 1;
	session->warnings = 0;
	session->silent = 0;
	ret = verify(session);
	if (ret < 0)
		return ret;
	if (session->role == SMTPTLS_SERVER &&
	    !(session->judge.choice.flags & STLS_CHOICE_NO_TICKETS) &&
	    gnutls_protocol_get_version(session->tls) == GNUTLS_TLS1_3) {
		ret = gnutls_session_ticket_send(session->tls, 1, 0);
		if (ret < 0)
			return gnutls_failed(session, ret, 1);
	}
	return 0;
}

int stls_session_handshake(struct stls_session *session)
{
	size_t in;
	int ret;

	for (;;) {
		ret = check_first(session, session->eof, SMTPTLS_E_HANDSHAKE);
		if (ret == 0)
			ret = check_silent(session);
		if (ret < 0)
			return ret;
		in = stls_buffer_len(session->in);
		ret = gnutls_handshake(session->tls);
		if (ret == 0)
			return finish(session);
		if (ret == GNUTLS_E_WARNING_ALERT_RECEIVED) {
			ret = warned(session, 1);
			if (ret < 0)
				return ret;
		} else if (ret != GNUTLS_E_AGAIN &&
			   ret != GNUTLS_E_INTERRUPTED) {
			return gnutls_failed(session, ret, 1);
		} else if (stls_buffer_len(session->in) == in ||
			   (stls_buffer_len(session->in) == 0 &&
			    !session->eof)) {
			/*
			 * There is an AGAIN a record: only this one means it.
			 * Asked once more without input, GnuTLS computes what
			 * it expects of the peer once more.
			 */
			return SMTPTLS_E_AGAIN;
		}
	}
}

/* ---- data ---- */

int stls_session_readable(const struct stls_session *session)
{
	return session->eof || stls_buffer_len(session->in) > 0 ||
	       gnutls_record_check_pending(session->tls) > 0;
}

ssize_t stls_session_read(struct stls_session *session, void *data, size_t len)
{
	ssize_t ret;
	size_t in;

	while (stls_session_readable(session)) {
		ret = check_silent(session);
		if (ret < 0)
			return ret;
		in = stls_buffer_len(session->in);
		ret = gnutls_record_recv(session->tls, data, len);
		if (ret > 0) {
			session->warnings = 0;
			session->silent = 0;
		}
		if (ret >= 0)
			return ret;
		if (ret == GNUTLS_E_WARNING_ALERT_RECEIVED) {
			ret = warned(session, 0);
			if (ret < 0)
				return ret;
		} else if (ret == GNUTLS_E_REHANDSHAKE) {
			send_alert(session, GNUTLS_A_NO_RENEGOTIATION);
			return failed(session, SMTPTLS_E_PROTOCOL,
				      "peer asked for a renegotiation, which "
				      "is not done: switch it off there");
		} else if (ret != GNUTLS_E_AGAIN &&
			   ret != GNUTLS_E_INTERRUPTED) {
			return gnutls_failed(session, (int)ret, 0);
		} else if (in == stls_buffer_len(session->in)) {
			return SMTPTLS_E_AGAIN;
		}
	}
	return SMTPTLS_E_AGAIN;
}

ssize_t stls_session_write(struct stls_session *session, const void *data,
			   size_t len, size_t limit)
{
	size_t sent = 0, n;
	ssize_t ret;

	while (sent < len && stls_buffer_len(session->out) < limit) {
		n = len - sent < RECORD_MAX ? len - sent : RECORD_MAX;
		ret = gnutls_record_send(session->tls,
					 (const char *)data + sent, n);
		if (ret < 0)
			return gnutls_failed(session, (int)ret, 0);
		sent += (size_t)ret;
	}
	return (ssize_t)sent;
}

int stls_session_close(struct stls_session *session)
{
	int ret = gnutls_bye(session->tls, GNUTLS_SHUT_WR);

	return ret < 0 ? gnutls_failed(session, ret, 0) : 0;
}

void stls_session_abort(struct stls_session *session, int error)
{
	int over = error == SMTPTLS_E_TIMEOUT || error == SMTPTLS_E_IO;

	if (over && !session->complete && check_first(session, 1, error) == 0)
		(void)ended(session, error,
			    error == SMTPTLS_E_IO ? SMTPTLS_REASON_CLOSED
						  : SMTPTLS_REASON_TIMEOUT,
			    NULL);
	if (error != SMTPTLS_E_IO)
		send_alert(session,
			   stls_verify_alert(error, gnutls_protocol_get_version(
							    session->tls)));
}
