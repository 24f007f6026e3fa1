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

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "reason/session_end.h"
#include "reason/system_error.h"
#include "tls/failure.h"
#include "tls/peer.h"
#include "tls/system_cause.h"
#include "x509/own_shown.h"

/* As OpenSSL: a peer that only warns keeps this side busy for nothing. */
#define WARNINGS_MAX 5

#define RECORD_MAX   16384

/*
 * GnuTLS gathers a handshake message of up to 16 MiB before it looks at it. No
 * honest peer needs this much before it has said something for the host.
 */
#define SILENT_MAX    ((size_t)256 * 1024)

#define CONTENT_ALERT 21

/* ---- errors ---- */

/* GnuTLS ends its sentences with a full stop, this library does not. */
static void drop_stop(char *text)
{
	size_t len = strlen(text);

	if (len > 0 && text[len - 1] == '.')
		text[len - 1] = '\0';
}

/* The first reason and sentence stay: they are the cause of what follows. */
__attribute__((format(printf, 4, 5))) static int
failed(struct stls_session *session, int error, int reason, const char *format,
       ...)
{
	va_list args;

	if (session->judge.reason == 0)
		session->judge.reason = reason;
	if (session->text[0])
		return error;
	va_start(args, format);
	(void)vsnprintf(session->text, sizeof(session->text), format, args);
	va_end(args);
	drop_stop(session->text);
	return error;
}

/* GnuTLS has numbers of its own for what has none on the wire. */
static int number_of(gnutls_handshake_description_t message)
{
	return message == GNUTLS_HANDSHAKE_HELLO_RETRY_REQUEST
		       ? STLS_HELLO_RETRY_REQUEST
		       : (int)message;
}

/* The same as data, where something can be changed; NULL: no memory. */
static void advise(struct stls_session *session, const struct stls_end *end)
{
	struct smtptls_advice advice;

	memset(&advice, 0, sizeof(advice));
	advice.reason = end->reason;
	advice.change_count = stls_end_changes(end, advice.changes);
	if (session->judge.advice || advice.change_count == 0)
		return;
	memcpy(advice.text, session->text, sizeof(advice.text));
	session->judge.advice = malloc(sizeof(*session->judge.advice));
	if (session->judge.advice)
		*session->judge.advice = advice;
}

static int ended_by(struct stls_session *session, int error,
		    const struct stls_end *end)
{
	if (session->judge.reason == 0)
		session->judge.reason = end->reason;
	if (session->text[0])
		return error;
	stls_end_write(end, session->text, sizeof(session->text));
	drop_stop(session->text);
	advise(session, end);
	return error;
}

/* What can be seen from here of why a peer refuses this side's certificate. */
static void look_at_shown(const struct stls_session *session,
			  struct stls_shown *shown)
{
	const gnutls_datum_t *ours = gnutls_certificate_get_ours(session->tls);
	char name[256];
	size_t len = sizeof(name);
	unsigned type;
	struct stls_bytes asked = { (unsigned char *)name, 0 };

	memset(shown, 0, sizeof(*shown));
	if (!ours)
		return;
	if (session->role == SMTPTLS_SERVER &&
	    gnutls_server_name_get(session->tls, name, &len, &type, 0) == 0)
		asked.len = len;
	stls_own_shown(shown, &session->config->own,
		       session->config->credentials, ours,
		       session->role == SMTPTLS_SERVER,
		       asked.len > 0 ? &asked : NULL, time(NULL));
}

/* The bits of the parameters that a client was given last; 0: none. */
static unsigned dh_bits(const struct stls_session *session)
{
	gnutls_kx_algorithm_t kx = gnutls_kx_get(session->tls);
	int bits;

	if (session->role != SMTPTLS_SERVER || session->complete ||
	    (kx != GNUTLS_KX_DHE_RSA && kx != GNUTLS_KX_DHE_DSS &&
	     kx != GNUTLS_KX_ANON_DH))
		return 0;
	bits = gnutls_dh_get_prime_bits(session->tls);
	return bits > 0 ? (unsigned)bits : 0;
}

/* It was by a close_notify that the peer went. */
static int notified(const struct stls_session *session, int error, int reason)
{
	return error != SMTPTLS_E_IO && !session->cut &&
	       (reason == SMTPTLS_REASON_CLOSED ||
		reason == SMTPTLS_REASON_LEFT_AFTER_HANDSHAKE);
}

/* The end for a reason; what was found is told as struct stls_end has it. */
static int ended(struct stls_session *session, int error, int reason,
		 const char *found)
{
	struct stls_shown shown;
	struct stls_end end = {
		.reason = reason,
		.server = session->role == SMTPTLS_SERVER,
		.spoken = session->spoken,
		.broken = error == SMTPTLS_E_IO,
		.notified = notified(session, error, reason),
		.system_error = session->system_error,
		.begun = session->begun,
		.complete = session->complete,
		.last_in =
			number_of(gnutls_handshake_get_last_in(session->tls)),
		.last_out =
			number_of(gnutls_handshake_get_last_out(session->tls)),
		.alert = session->alert_received,
		.found = found,
		.version = gnutls_protocol_get_name(
			gnutls_protocol_get_version(session->tls)),
		.policy = session->config->policy,
	};

	if (reason == SMTPTLS_REASON_DH_PARAMETERS)
		end.dh_bits = dh_bits(session);
	if (!session->heard &&
	    (reason == SMTPTLS_REASON_PEER_ALERT ||
	     reason == SMTPTLS_REASON_CLOSED ||
	     reason == SMTPTLS_REASON_LEFT_AFTER_HANDSHAKE)) {
		look_at_shown(session, &shown);
		end.shown = &shown;
	}
	return ended_by(session, error, &end);
}

/* TLS is on, and the peer goes before it has said anything for the host. */
static int leaves(const struct stls_session *session)
{
	return session->complete && !session->heard;
}

/* The session's end by the peer's fatal alert. */
static int alerted(struct stls_session *session, int error)
{
	int alert = session->alert_received;
	int reason = SMTPTLS_REASON_PEER_ALERT;

	if (leaves(session))
		reason = SMTPTLS_REASON_LEFT_AFTER_HANDSHAKE;
	else if (alert == GNUTLS_A_CLOSE_NOTIFY && !session->complete)
		reason = SMTPTLS_REASON_CLOSED; /* though it is called fatal */
	else if ((alert == GNUTLS_A_HANDSHAKE_FAILURE ||
		  alert == GNUTLS_A_INSUFFICIENT_SECURITY) &&
		 dh_bits(session) > 0)
		reason = SMTPTLS_REASON_DH_PARAMETERS;
	return ended(session, error, reason, NULL);
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
	const struct stls_failure *failure;
	int level, alert;

	/* GnuTLS has several errors for an end that came too early. */
	if (session->cut)
		return ended(session, SMTPTLS_E_TRUNCATED,
			     in_handshake ? SMTPTLS_REASON_CLOSED
			     : leaves(session)
				     ? SMTPTLS_REASON_LEFT_AFTER_HANDSHAKE
				     : SMTPTLS_REASON_TRUNCATED,
			     NULL);
	if (is_clear_alert(session, ret)) {
		session->alert_received = session->last[STLS_ALERT_SIZE - 1];
		return alerted(session, broken);
	}
	switch (ret) {
	case GNUTLS_E_SESSION_EOF:
		/* user_canceled is a warning before it (RFC 8446 6.1) */
		if (session->alert_received > 0)
			return alerted(session, broken);
		break;
	case GNUTLS_E_FATAL_ALERT_RECEIVED:
		session->alert_received = (int)gnutls_alert_get(session->tls);
		return alerted(session, broken);
	case GNUTLS_E_PUSH_ERROR:
	case GNUTLS_E_MEMORY_ERROR:
		return failed(session, SMTPTLS_E_NOMEM, SMTPTLS_REASON_INTERNAL,
			      "%s", smtptls_strerror(SMTPTLS_E_NOMEM));
	default:
		break;
	}
	ret = stls_judge_failure(&session->judge, ret);
	alert = ret == GNUTLS_E_KEY_USAGE_VIOLATION
			? GNUTLS_A_UNSUPPORTED_CERTIFICATE
			: gnutls_error_to_alert(ret, &level);
	send_alert(session, alert >= 0 ? alert : GNUTLS_A_INTERNAL_ERROR);
	if (session->judge.text[0])
		return failed(session, broken, session->judge.reason, "%s",
			      session->judge.text);
	failure = stls_failure(ret);
	if (failure->reason == SMTPTLS_REASON_CERT_KEY_USAGE)
		return ended(session, SMTPTLS_E_CERT_PURPOSE, failure->reason,
			     NULL);
	if (failure->reason == SMTPTLS_REASON_INTERNAL)
		return ended(session, broken, failure->reason,
			     gnutls_strerror(ret));
	if (in_handshake && session->role == SMTPTLS_SERVER &&
	    failure->reason >= SMTPTLS_REASON_BAD_RECORD &&
	    number_of(gnutls_handshake_get_last_in(session->tls)) < 0)
		return ended(session, broken, SMTPTLS_REASON_BAD_HELLO, NULL);
	return ended(session, broken, failure->reason, failure->found);
}

/* Count a warning alert; 0, or an error when there were too many. */
static int warned(struct stls_session *session, int in_handshake)
{
	session->alert_received = (int)gnutls_alert_get(session->tls);
	if (++session->warnings < WARNINGS_MAX)
		return 0;
	send_alert(session, GNUTLS_A_UNEXPECTED_MESSAGE);
	return ended(session,
		     in_handshake ? SMTPTLS_E_HANDSHAKE : SMTPTLS_E_PROTOCOL,
		     SMTPTLS_REASON_FLOOD, "nothing but warning alerts");
}

/* More input than plaintext ever came of it. */
static int check_silent(struct stls_session *session)
{
	if (session->silent <= SILENT_MAX)
		return 0;
	send_alert(session, GNUTLS_A_RECORD_OVERFLOW);
	return failed(session, SMTPTLS_E_LIMIT, SMTPTLS_REASON_FLOOD,
		      "peer sent more than %zu bytes of TLS without a word of "
		      "SMTP: it is broken, or an attack",
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
	return failed(session,
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

/* What the peer sent where TLS was to start was no TLS. */
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

	return ended_by(session, error, &end);
}

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
	return ended_in_clear(session, error, reason, &sent);
}

static int verify(struct stls_session *session)
{
	struct stls_verdict verdict;
	int ret;

	/* RFC 7672 section 2.2: no record is usable, so that encryption is all. */
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
	send_alert(session,
		   stls_peer_alert(ret, verdict.reason,
				   gnutls_protocol_get_version(session->tls)));
	if (verdict.reason == SMTPTLS_REASON_CERT_WEAK &&
	    stls_system_refuses_chain(session->tls, session->config,
				      &session->judge))
		return failed(session, ret, session->judge.reason, "%s",
			      session->judge.text);
	if (verdict.reason == SMTPTLS_REASON_NONE)
		return failed(session, ret, SMTPTLS_REASON_INTERNAL, "%s",
			      smtptls_strerror(ret));
	return ended_by(session, ret,
			&(const struct stls_end){
				.reason = verdict.reason,
				.server = session->role == SMTPTLS_SERVER,
				.verdict = &verdict,
				.policy = session->config->policy });
}

static int finish(struct stls_session *session)
{
	int ret;

	if (stls_judge_result(&session->judge, session->tls,
			      session->role == SMTPTLS_SERVER) < 0) {
		send_alert(session, GNUTLS_A_HANDSHAKE_FAILURE);
		return failed(session, SMTPTLS_E_HANDSHAKE,
			      session->judge.reason, "%s", session->judge.text);
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

int stls_session_pending(const struct stls_session *session)
{
	return gnutls_record_check_pending(session->tls) > 0;
}

/* The peer's close_notify; behind what it had to say it has no reason. */
static int closed(struct stls_session *session)
{
	if (leaves(session))
		(void)ended(session, 0, SMTPTLS_REASON_LEFT_AFTER_HANDSHAKE,
			    NULL);
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
			send_alert(session, GNUTLS_A_NO_RENEGOTIATION);
			return ended(session, SMTPTLS_E_PROTOCOL,
				     SMTPTLS_REASON_RENEGOTIATION, NULL);
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

void stls_session_abort(struct stls_session *session, int error,
			int system_error)
{
	int over = error == SMTPTLS_E_TIMEOUT || error == SMTPTLS_E_IO;

	session->system_error = system_error;
	if (over && !session->complete && check_first(session, 1, error) == 0)
		(void)ended(session, error,
			    error == SMTPTLS_E_IO ? SMTPTLS_REASON_CLOSED
						  : SMTPTLS_REASON_TIMEOUT,
			    NULL);
	else if (error == SMTPTLS_E_IO && leaves(session))
		(void)ended(session, error, SMTPTLS_REASON_LEFT_AFTER_HANDSHAKE,
			    NULL);
	if (system_error && !session->text[0])
		stls_system_error_write(system_error, "under TLS",
					session->text, sizeof(session->text));
	if (error != SMTPTLS_E_IO)
		send_alert(session, stls_peer_alert(error, 0,
						    gnutls_protocol_get_version(
							    session->tls)));
}
