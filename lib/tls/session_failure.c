/* SPDX-License-Identifier: MIT */
/*
 * tls/session_failure: how a failing session ends: the alert, the error, the
 * reason with its sentence, and the advice.
 *
 * Anything found after the first failure follows from it, so the first reason
 * and sentence are kept. A session that goes well pays nothing for this.
 */
#include "tls/session.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "reason/session_end_sentence.h"
#include "tls/failure.h"
#include "tls/system_cause.h"
#include "x509/own_shown.h"

#define CONTENT_ALERT 21

/* GnuTLS ends its sentences with a full stop; this library does not. */
static void drop_stop(char *text)
{
	size_t len = strlen(text);

	if (len > 0 && text[len - 1] == '.')
		text[len - 1] = '\0';
}

__attribute__((format(printf, 4, 5))) int
stls_session_failed(struct stls_session *session, int error, int reason,
		    const char *format, ...)
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

/* GnuTLS has its own number for this message, which has none on the wire. */
static int number_of(gnutls_handshake_description_t message)
{
	return message == GNUTLS_HANDSHAKE_HELLO_RETRY_REQUEST
		       ? STLS_HELLO_RETRY_REQUEST
		       : (int)message;
}

/* Keep the same as data, if a change would help; lost if memory runs out. */
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

int stls_session_ended_by(struct stls_session *session, int error,
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

/* What this side can see of why a peer refuses its certificate. */
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

/* The bits of the parameters that a client was last sent, or 0 if none. */
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

/* Whether the peer left with a close_notify. */
static int notified(const struct stls_session *session, int error, int reason)
{
	return error != SMTPTLS_E_IO && !session->cut &&
	       (reason == SMTPTLS_REASON_CLOSED ||
		reason == SMTPTLS_REASON_LEFT_AFTER_HANDSHAKE);
}

int stls_session_ended(struct stls_session *session, int error, int reason,
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
		.limit_ms = session->limit_ms,
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
	return stls_session_ended_by(session, error, &end);
}

int stls_session_left(const struct stls_session *session)
{
	return session->complete && !session->heard;
}

/* End the session by the peer's fatal alert. */
static int alerted(struct stls_session *session, int error)
{
	int alert = session->alert_received;
	int reason = SMTPTLS_REASON_PEER_ALERT;

	if (stls_session_left(session))
		reason = SMTPTLS_REASON_LEFT_AFTER_HANDSHAKE;
	else if (alert == GNUTLS_A_CLOSE_NOTIFY && !session->complete)
		reason = SMTPTLS_REASON_CLOSED; /* although sent as fatal */
	else if ((alert == GNUTLS_A_HANDSHAKE_FAILURE ||
		  alert == GNUTLS_A_INSUFFICIENT_SECURITY) &&
		 dh_bits(session) > 0)
		reason = SMTPTLS_REASON_DH_PARAMETERS;
	return stls_session_ended(session, error, reason, NULL);
}

void stls_session_alert(struct stls_session *session, int alert)
{
	if (session->alert_sent >= 0)
		return;
	if (gnutls_alert_send(session->tls, GNUTLS_AL_FATAL,
			      (gnutls_alert_description_t)alert) == 0)
		session->alert_sent = alert;
}

/*
 * Under TLS 1.3, OpenSSL's client refuses a server's certificate with an alert
 * in the clear, which GnuTLS tries to decrypt. Whoever else may have sent it,
 * the session is over.
 */
static int is_clear_alert(const struct stls_session *session, int ret)
{
	static const unsigned char header[] = { CONTENT_ALERT, 3, 3, 0, 2 };

	return ret == GNUTLS_E_DECRYPTION_FAILED && !session->complete &&
	       memcmp(session->last, header, sizeof(header)) == 0;
}

int stls_session_gnutls_failed(struct stls_session *session, int ret,
			       int in_handshake)
{
	int broken = in_handshake ? SMTPTLS_E_HANDSHAKE : SMTPTLS_E_PROTOCOL;
	const struct stls_failure *failure;
	int level, alert;

	/* GnuTLS has several errors for a premature end. */
	if (session->cut)
		return stls_session_ended(
			session, SMTPTLS_E_TRUNCATED,
			in_handshake ? SMTPTLS_REASON_CLOSED
			: stls_session_left(session)
				? SMTPTLS_REASON_LEFT_AFTER_HANDSHAKE
				: SMTPTLS_REASON_TRUNCATED,
			NULL);
	if (is_clear_alert(session, ret)) {
		session->alert_received = session->last[STLS_ALERT_SIZE - 1];
		return alerted(session, broken);
	}
	switch (ret) {
	case GNUTLS_E_SESSION_EOF:
		/* user_canceled, a warning, comes first (RFC 8446 6.1) */
		if (session->alert_received > 0)
			return alerted(session, broken);
		break;
	case GNUTLS_E_FATAL_ALERT_RECEIVED:
		session->alert_received = (int)gnutls_alert_get(session->tls);
		return alerted(session, broken);
	case GNUTLS_E_PUSH_ERROR:
	case GNUTLS_E_MEMORY_ERROR:
		return stls_session_failed(session, SMTPTLS_E_NOMEM,
					   SMTPTLS_REASON_INTERNAL, "%s",
					   smtptls_strerror(SMTPTLS_E_NOMEM));
	default:
		break;
	}
	ret = stls_judge_failure(&session->judge, ret);
	if (ret == GNUTLS_E_ECC_UNSUPPORTED_CURVE ||
	    ret == GNUTLS_E_CERTIFICATE_ERROR)
		(void)stls_system_refuses_curve(session->tls, &session->judge);
	alert = ret == GNUTLS_E_KEY_USAGE_VIOLATION
			? GNUTLS_A_UNSUPPORTED_CERTIFICATE
			: gnutls_error_to_alert(ret, &level);
	stls_session_alert(session,
			   alert >= 0 ? alert : GNUTLS_A_INTERNAL_ERROR);
	if (session->judge.text[0])
		return stls_session_failed(session, broken,
					   session->judge.reason, "%s",
					   session->judge.text);
	failure = stls_failure(ret);
	if (failure->reason == SMTPTLS_REASON_CERT_KEY_USAGE)
		return stls_session_ended(session, SMTPTLS_E_CERT_PURPOSE,
					  failure->reason, NULL);
	if (failure->reason == SMTPTLS_REASON_INTERNAL ||
	    failure->reason == SMTPTLS_REASON_TOKEN)
		return stls_session_ended(session, broken, failure->reason,
					  gnutls_strerror(ret));
	if (in_handshake && session->role == SMTPTLS_SERVER &&
	    failure->reason >= SMTPTLS_REASON_BAD_RECORD &&
	    number_of(gnutls_handshake_get_last_in(session->tls)) < 0)
		return stls_session_ended(session, broken,
					  SMTPTLS_REASON_BAD_HELLO, NULL);
	return stls_session_ended(session, broken, failure->reason,
				  failure->found);
}
