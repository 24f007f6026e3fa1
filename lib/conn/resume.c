/* SPDX-License-Identifier: MIT */
/*
 * conn/resume: a client's session as bytes, taken from one connection and
 * offered on another.
 *
 * Whether the session fits is checked when TLS starts, because the host may set
 * what it expects of the server in any order. The format is defined in
 * tls/session_bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "conn/state.h"
#include "tls/session_bytes.h"

int smtptls_conn_set_session(struct smtptls_conn *conn, const void *data,
			     size_t len)
{
	unsigned char *copy;

	if (!conn || !data || conn->role != SMTPTLS_CLIENT)
		return SMTPTLS_E_ARG;
	if (conn->state != SMTPTLS_PLAIN || stls_conn_negotiating(conn))
		return SMTPTLS_E_STATE;
	if (stls_session_bytes_check(data, len) < 0)
		return SMTPTLS_E_SYNTAX;
	copy = malloc(len);
	if (!copy)
		return SMTPTLS_E_NOMEM;
	memcpy(copy, data, len);
	stls_conn_forget_offer(conn);
	conn->expected.offered = copy;
	conn->expected.offered_len = len;
	return 0;
}

ssize_t smtptls_conn_get_session(struct smtptls_conn *conn, void *buffer,
				 size_t size)
{
	if (!conn || conn->role != SMTPTLS_CLIENT || (!buffer && size > 0))
		return SMTPTLS_E_ARG;
	if (conn->state == SMTPTLS_FAILED)
		return conn->error;
	if (!conn->tls_enabled)
		return SMTPTLS_E_STATE;
	return stls_session_bytes_make(conn->session->tls, conn->config,
				       &conn->expected, buffer, size);
}
