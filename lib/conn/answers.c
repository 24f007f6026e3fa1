/* SPDX-License-Identifier: MIT */
/*
 * conn/answers: queries about a connection, valid in any state.
 *
 * They change nothing, except that a session's facts are collected when they
 * are first asked for.
 */
#include <stdio.h>
#include <string.h>

#include <smtptls/gnutls.h>

#include "conn/outcome.h"
#include "conn/state.h"
#include "reason/session_end_sentence.h"
#include "tls/channel_binding.h"
#include "tls/received.h"
#include "x509/own_faults.h"

int smtptls_conn_state(const struct smtptls_conn *conn)
{
	return conn ? conn->state : SMTPTLS_E_ARG;
}

int smtptls_conn_tls_enabled(const struct smtptls_conn *conn)
{
	return conn ? conn->tls_enabled : 0;
}

int smtptls_conn_error(const struct smtptls_conn *conn, const char **text)
{
	if (text)
		*text = conn ? conn->error_text
			     : smtptls_strerror(SMTPTLS_E_ARG);
	return conn ? conn->error : SMTPTLS_E_ARG;
}

int smtptls_conn_advice(const struct smtptls_conn *conn,
			struct smtptls_advice *advice, size_t size)
{
	const struct stls_judge *judge;
	struct smtptls_advice full;

	if (!conn || !advice || size == 0)
		return SMTPTLS_E_ARG;
	memset(&full, 0, sizeof(full));
	judge = conn->session ? &conn->session->judge : NULL;
	if (judge && judge->advice) {
		full = *judge->advice;
	} else {
		full.reason =
			judge && judge->reason ? judge->reason : conn->reason;
		if (full.reason != 0)
			(void)snprintf(full.text, sizeof(full.text), "%s",
				       conn->error_text);
		if (!conn->session)
			full.change_count = stls_end_changes(
				&(const struct stls_end){
					.reason = full.reason,
					.server =
						conn->role == SMTPTLS_SERVER },
				full.changes);
	}
	memset(advice, 0, size);
	memcpy(advice, &full, size < sizeof(full) ? size : sizeof(full));
	return 0;
}

int smtptls_conn_info(struct smtptls_conn *conn, struct smtptls_info *info,
		      size_t size)
{
	struct smtptls_info full;
	int ret;

	if (!conn || !info || size == 0)
		return SMTPTLS_E_ARG;
	memset(&full, 0, sizeof(full));
	full.alert_received = full.alert_sent = -1;
	full.reason = conn->reason;
	if (conn->session && conn->session->tls) {
		ret = stls_info(conn->session, &conn->facts, conn->tls_enabled,
				&full);
		if (ret < 0)
			return ret;
		if (full.reason == SMTPTLS_REASON_NONE)
			full.reason = conn->reason;
	}
	full.expires = stls_own_certificates_expire(
		conn->session ? &conn->session->config->own
			      : &conn->config->own);
	full.tlsa_unusable = conn->expected.tlsa.unusable;
	stls_outcome(conn, &full);
	memset(info, 0, size);
	memcpy(info, &full, size < sizeof(full) ? size : sizeof(full));
	return 0;
}

int smtptls_format_received(struct smtptls_conn *conn, int style, char *buf,
			    size_t size)
{
	char text[STLS_RECEIVED_TEXT] = "";
	struct smtptls_info info;
	size_t len;
	int ret;

	if (!conn || !buf || conn->role != SMTPTLS_SERVER ||
	    style < SMTPTLS_RECEIVED_RFC8314 || style > SMTPTLS_RECEIVED_EXIM)
		return SMTPTLS_E_ARG;
	if (size > 0)
		buf[0] = '\0';
	if (conn->tls_enabled) {
		ret = smtptls_conn_info(conn, &info, sizeof(info));
		if (ret < 0)
			return ret;
		stls_received_write(conn->session, &info, style, text);
	}
	len = strlen(text);
	if (len >= size)
		return SMTPTLS_E_LIMIT;
	memcpy(buf, text, len + 1);
	return (int)len;
}

ssize_t smtptls_conn_channel_binding(struct smtptls_conn *conn, int type,
				     void *buf, size_t size)
{
	unsigned char data[STLS_END_POINT_MAX];
	int ret;

	if (!conn || !buf || type < SMTPTLS_CB_TLS_SERVER_END_POINT ||
	    type > SMTPTLS_CB_TLS_EXPORTER)
		return SMTPTLS_E_ARG;
	if (conn->state == SMTPTLS_FAILED)
		return conn->error;
	if (!conn->tls_enabled)
		return SMTPTLS_E_STATE;
	ret = stls_channel_binding(conn->session, type, data);
	if (ret > 0 && (size_t)ret > size)
		ret = SMTPTLS_E_LIMIT;
	if (ret > 0)
		memcpy(buf, data, (size_t)ret);
	explicit_bzero(data, sizeof(data));
	return ret;
}

gnutls_session_t smtptls_conn_gnutls(struct smtptls_conn *conn)
{
	return conn && conn->session ? conn->session->tls : NULL;
}
