/* SPDX-License-Identifier: MIT */
/*
 * conn/state: a connection's transitions. conn.c describes the states and the
 * transitions between them.
 *
 * A function here that returns an error has failed the connection with it, or
 * the connection had failed before.
 */
#include "conn/state.h"

#include <stdlib.h>
#include <string.h>

#include "reason/error_reason.h"
#include "reason/session_end_sentence.h"

int stls_conn_fail(struct smtptls_conn *conn, int error, const char *text)
{
	/*
	 * Nothing may be delivered from a handshake or after an attack, nor
	 * anything that was addressed to the library.
	 */
	conn->readable = conn->state != SMTPTLS_HANDSHAKE &&
			 error != SMTPTLS_E_INJECTION &&
			 !stls_conn_negotiating(conn);
	conn->state = SMTPTLS_FAILED;
	conn->error = error;
	if (conn->reason == SMTPTLS_REASON_NONE)
		conn->reason = stls_error_reason(error, conn->tls_enabled);
	conn->error_text = text;
	return error;
}

int stls_conn_fail_nomem(struct smtptls_conn *conn)
{
	return stls_conn_fail(conn, SMTPTLS_E_NOMEM,
			      smtptls_strerror(SMTPTLS_E_NOMEM));
}

int stls_conn_fail_injection(struct smtptls_conn *conn)
{
	conn->reason = SMTPTLS_REASON_INJECTION;
	return stls_conn_fail(
		conn, SMTPTLS_E_INJECTION,
		stls_end_sentence(conn->reason, conn->role == SMTPTLS_SERVER));
}

int stls_conn_fail_session(struct smtptls_conn *conn, int error)
{
	return stls_conn_fail(conn, error,
			      conn->session->text[0] ? conn->session->text
						     : smtptls_strerror(error));
}

int stls_conn_handshake(struct smtptls_conn *conn)
{
	int ret = stls_session_handshake(conn->session);

	if (ret == SMTPTLS_E_AGAIN)
		return 0;
	if (ret < 0)
		return stls_conn_fail_session(conn, ret);
	conn->state = SMTPTLS_TLS;
	conn->tls_enabled = 1;
	return 0;
}

void stls_conn_forget_offer(struct smtptls_conn *conn)
{
	struct stls_expected *expected = &conn->expected;

	if (expected->offered)
		explicit_bzero(expected->offered, expected->offered_len);
	free(expected->offered);
	expected->offered = NULL;
	expected->offered_len = 0;
}

int stls_conn_start(struct smtptls_conn *conn)
{
	int ret;

	conn->session = calloc(1, sizeof(*conn->session));
	if (!conn->session)
		return stls_conn_fail_nomem(conn);
	ret = stls_session_start(conn->session, conn->config, conn->role,
				 &conn->expected, &conn->in, &conn->out);
	stls_conn_forget_offer(conn);
	if (ret < 0)
		return stls_conn_fail_session(conn, ret);
	conn->session->eof = conn->eof;
	conn->session->spoken = conn->spoken || conn->answered;
	conn->in.sealed = 1; /* it is empty, and no plaintext follows */
	conn->state = SMTPTLS_HANDSHAKE;
	return stls_conn_handshake(conn);
}

ssize_t stls_conn_put(struct smtptls_conn *conn, const void *data, size_t len,
		      size_t limit)
{
	size_t room = limit - stls_buffer_len(&conn->out);
	ssize_t ret;

	if (conn->session) {
		ret = stls_session_write(conn->session, data, len, limit);
		return ret < 0 ? stls_conn_fail_session(conn, (int)ret) : ret;
	}
	if (len > room)
		len = room;
	if (stls_buffer_append(&conn->out, data, len) < 0)
		return stls_conn_fail_nomem(conn);
	conn->spoken = 1;
	return (ssize_t)len;
}
