/* SPDX-License-Identifier: MIT */
/*
 * tls/session: one GnuTLS session over two buffers.
 *
 * GnuTLS pulls from one buffer and pushes to the other; it never waits and
 * never sees a descriptor. Nothing is delivered before stls_session_handshake()
 * has returned 0, which it does only after the peer has been verified as the
 * connection requires.
 *
 * After any error other than AGAIN the session is over: the out buffer ends
 * with an alert if one applies, `text` holds the sentence, and only functions
 * that merely query the session may be called.
 *
 * It never renegotiates (RFC 9325 section 3.5). Under TLS 1.3 a server sends
 * one ticket, after verification.
 */
#include "tls/session.h"

#include <stdlib.h>
#include <string.h>

#include "reason/session_end_sentence.h"
#include "reason/system_error.h"
#include "tls/peer.h"
#include "tls/system_cause.h"

/* As in OpenSSL: a peer that only warns keeps this side busy for nothing. */
#define WARNINGS_MAX 5

#define RECORD_MAX   16384

/*
 * GnuTLS collects a handshake message of up to 16 MiB before it looks at it. No
 * honest peer needs this much before it sends the host anything.
 */
#define SILENT_MAX ((size_t)256 * 1024)

/* ---- floods ---- */

/* Count a warning alert; 0, or an error if there were too many. */
static int warned(struct stls_session *session, int in_handshake)
{
	session->alert_received = (int)gnutls_alert_get(session->tls);
	if (++session->warnings < WARNINGS_MAX)
		return 0;
	stls_session_alert(session, GNUTLS_A_UNEXPECTED_MESSAGE);
	return stls_session_ended(
		session,
		in_handshake ? SMTPTLS_E_HANDSHAKE : SMTPTLS_E_PROTOCOL,
		SMTPTLS_REASON_FLOOD, "nothing but warning alerts");
}

/* Fail if too much input has come without any plaintext. */
static int check_silent(struct stls_session *session)
{
	if (session->silent <= SILENT_MAX)
		return 0;
	stls_session_alert(session, GNUTLS_A_RECORD_OVERFLOW);
	return stls_session_failed(
		session, SMTPTLS_E_LIMIT, SMTPTLS_REASON_FLOOD,
		"peer sent more than %zu bytes of TLS without any SMTP: it is "
		"broken, or this is an attack",
		SILENT_MAX);
}

/* ---- start ---- */

int stls_session_start(struct stls_session *session,
		       const struct smtptls_config *config, int role,
		       const struct stls_expected *expected,
		       struct stls_buffer *in, struct stls_buffer *out)
{
	int ret;

	memset(session, 0, sizeof(*session));
	session->in = in;
	session->out = out;
	session->role = role;
	session->expected = expected;
	session->config = config;
	session->alert_received = session->alert_sent = -1;
	ret = stls_session_set_up(session, config);
	if (ret == 0)
		return 0;
	return stls_session_failed(
		session,
		ret == GNUTLS_E_MEMORY_ERROR ? SMTPTLS_E_NOMEM
					     : SMTPTLS_E_CONFIG,
		SMTPTLS_REASON_INTERNAL, "TLS cannot be started: %s",
		gnutls_strerror(ret));
}

void stls_session_free(struct stls_session *session)
{
	if (!session)
		return;
	if (session->tls)
		gnutls_deinit(session->tls);
	smtptls_config_unref(session->chosen);
	stls_judge_clear(&session->judge);
	free(session);
}

/* ---- handshake ---- */

/* The peer sent something other than TLS where TLS was expected. */
static int ended_in_clear(struct stls_session *session, int error, int reason,
			  const struct stls_bytes *sent)
{
	const struct stls_end end = {
		.reason = reason,
		.server = session->role == SMTPTLS_SERVER,
		.spoken = session->spoken,
		.broken = error == SMTPTLS_E_IO,
		.last_in = -1,
		.last_out = -1,
		.sent = sent->data,
		.sent_len = sent->len,
	};

	return stls_session_ended_by(session, error, &end);
}

/*
 * GnuTLS would accept a ClientHello in SSLv2's format, and its error for
 * anything else explains nothing. Returns 0, SMTPTLS_E_AGAIN if more bytes are
 * needed to tell, or `error`; with `last`, there will be no more bytes.
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
		stls_session_alert(session, GNUTLS_A_UNEXPECTED_MESSAGE);
	return ended_in_clear(session, error, reason, &sent);
}

static int verify(struct stls_session *session)
{
	struct stls_verdict verdict;
	int ret;

	/* RFC 7672 section 2.2: with no usable record, encrypting is enough. */
	if (session->expected->verify == SMTPTLS_VERIFY_NONE ||
	    (session->expected->verify == SMTPTLS_VERIFY_DANE &&
	     session->expected->tlsa.count == 0))
		return 0;
	ret = stls_peer_verify(session->tls, session->config, session->role,
			       session->expected, &verdict);
	session->verify = ret < 0 ? ret : 1;
	session->tlsa_record = verdict.record;
	session->tlsa_depth = verdict.depth;
	session->tlsa_weak_key = verdict.weak_key;
	if (ret == 0 || (ret != SMTPTLS_E_NOMEM &&
			 session->expected->verify == SMTPTLS_VERIFY_OPTIONAL))
		return 0;
	stls_session_alert(session,
			   stls_peer_alert(session->tls, ret, verdict.reason));
	if (verdict.reason == SMTPTLS_REASON_CERT_WEAK &&
	    stls_system_refuses_chain(session->tls, session->config,
				      &session->judge))
		return stls_session_failed(session, ret, session->judge.reason,
					   "%s", session->judge.text);
	if (verdict.reason == SMTPTLS_REASON_NONE)
		return stls_session_failed(session, ret,
					   SMTPTLS_REASON_INTERNAL, "%s",
					   smtptls_strerror(ret));
	return stls_session_ended_by(
		session, ret,
		&(const struct stls_end){ .reason = verdict.reason,
					  .server = session->role ==
						    SMTPTLS_SERVER,
					  .verdict = &verdict,
					  .policy = session->config->policy });
}

static int finish(struct stls_session *session)
{
	int ret;

	if (stls_judge_result(&session->judge, session->tls,
			      session->role == SMTPTLS_SERVER) < 0) {
		stls_session_alert(session, GNUTLS_A_HANDSHAKE_FAILURE);
		return stls_session_failed(session, SMTPTLS_E_HANDSHAKE,
					   session->judge.reason, "%s",
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
			return stls_session_gnutls_failed(session, ret, 1);
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
			return stls_session_gnutls_failed(session, ret, 1);
		} else if (stls_buffer_len(session->in) == in ||
			   (stls_buffer_len(session->in) == 0 &&
			    !session->eof)) {
			/*
			 * GnuTLS returns AGAIN after each record; only here
			 * does it need more input. Called again without any, it
			 * would recompute what it expects of the peer.
			 */
			return SMTPTLS_E_AGAIN;
		}
	}
}

/* ---- data ---- */

int stls_session_pending(const struct stls_session *session)
{
	return gnutls_record_check_pending(session->tls) > 0;
}

/* The peer's close_notify needs an explanation only before any plaintext. */
static int closed(struct stls_session *session)
{
	if (stls_session_left(session))
		(void)stls_session_ended(
			session, 0, SMTPTLS_REASON_LEFT_AFTER_HANDSHAKE, NULL);
	return 0;
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
			session->heard = 1;
			session->warnings = 0;
			session->silent = 0;
			return ret;
		}
		if (ret == 0)
			return closed(session);
		if (ret == GNUTLS_E_WARNING_ALERT_RECEIVED) {
			ret = warned(session, 0);
			if (ret < 0)
				return ret;
		} else if (ret == GNUTLS_E_REHANDSHAKE) {
			stls_session_alert(session, GNUTLS_A_NO_RENEGOTIATION);
			return stls_session_ended(session, SMTPTLS_E_PROTOCOL,
						  SMTPTLS_REASON_RENEGOTIATION,
						  NULL);
		} else if (ret != GNUTLS_E_AGAIN &&
			   ret != GNUTLS_E_INTERRUPTED) {
			return stls_session_gnutls_failed(session, (int)ret, 0);
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
			return stls_session_gnutls_failed(session, (int)ret, 0);
		sent += (size_t)ret;
	}
	return (ssize_t)sent;
}

int stls_session_close(struct stls_session *session)
{
	int ret = gnutls_bye(session->tls, GNUTLS_SHUT_WR);

	return ret < 0 ? stls_session_gnutls_failed(session, ret, 0) : 0;
}

void stls_session_abort(struct stls_session *session, int error,
			int system_error)
{
	int over = error == SMTPTLS_E_TIMEOUT || error == SMTPTLS_E_IO;

	session->system_error = system_error;
	if (over && !session->complete && check_first(session, 1, error) == 0)
		(void)stls_session_ended(session, error,
					 error == SMTPTLS_E_IO
						 ? SMTPTLS_REASON_CLOSED
						 : SMTPTLS_REASON_TIMEOUT,
					 NULL);
	else if (error == SMTPTLS_E_IO && stls_session_left(session))
		(void)stls_session_ended(session, error,
					 SMTPTLS_REASON_LEFT_AFTER_HANDSHAKE,
					 NULL);
	if (system_error && !session->text[0])
		stls_system_error_write(system_error, "under TLS",
					session->text, sizeof(session->text));
	if (error != SMTPTLS_E_IO)
		stls_session_alert(session,
				   stls_peer_alert(session->tls, error, 0));
}
