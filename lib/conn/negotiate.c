/* SPDX-License-Identifier: MIT */
/*
 * conn/negotiate: the library speaks for a client, from the server's greeting
 * until TLS starts or it is clear that it will not.
 *
 * smtp/dialogue makes the decisions; this file takes the server's lines out of
 * the input and puts the client's commands into the output. Each whole line is
 * processed at once, so that only part of a line is ever left held, and the
 * dialogue is told how many bytes follow it: any that are still here when TLS
 * starts, or when it is the host's turn, would pass for something said later.
 *
 * The host's ports are closed meanwhile, and it is given nothing of what was
 * received (RFC 3207 section 4.2).
 */
#include "conn/negotiate.h"

#include <stdlib.h>
#include <string.h>

#include "conn/expected.h"
#include "conn/state.h"

/* Fail the connection with the dialogue's error and sentence. */
static int failed(struct smtptls_conn *conn)
{
	struct stls_negotiation *negotiation = conn->negotiation;
	const struct stls_dialogue *dialogue = &negotiation->dialogue;

	stls_dialogue_write(dialogue, negotiation->text,
			    sizeof(negotiation->text));
	conn->reason = dialogue->reason;
	(void)stls_conn_fail(conn, dialogue->error, negotiation->text);
	conn->readable = 0;
	return conn->error;
}

int stls_negotiate_fail(struct smtptls_conn *conn, int error)
{
	const unsigned char *held;
	size_t len = stls_buffer_peek(&conn->in, &held);

	stls_dialogue_fail(&conn->negotiation->dialogue, error,
			   len > 0 ? (const char *)held : "", len);
	return failed(conn);
}

static int act(struct smtptls_conn *conn, int action)
{
	struct stls_dialogue *dialogue = &conn->negotiation->dialogue;
	ssize_t ret;

	switch (action) {
	case STLS_DIALOGUE_HEAR:
		return 0;
	case STLS_DIALOGUE_SAY:
		ret = stls_conn_put(conn, dialogue->say, strlen(dialogue->say),
				    (size_t)-1);
		return ret < 0 ? (int)ret : 0;
	case STLS_DIALOGUE_TLS:
		return stls_conn_start(conn);
	case STLS_DIALOGUE_CLEAR:
		conn->reason = dialogue->reason;
		return 0;
	default:
		return failed(conn);
	}
}

/* No whole line is held yet. */
static int wait_for_line(struct smtptls_conn *conn, size_t len)
{
	if (len >= STLS_REPLY_LINE_MAX)
		return stls_negotiate_fail(conn, SMTPTLS_E_LIMIT);
	if (conn->eof)
		return stls_negotiate_fail(conn, SMTPTLS_E_TRUNCATED);
	conn->looked = len;
	return 0;
}

int stls_negotiate(struct smtptls_conn *conn)
{
	const unsigned char *held, *end;
	size_t held_len, len;
	int ret = 0, action;

	while (ret == 0 && stls_conn_negotiating(conn)) {
		held_len = stls_buffer_peek(&conn->in, &held);
		end = held_len > conn->looked
			      ? memchr(held + conn->looked, '\n',
				       held_len - conn->looked)
			      : NULL;
		if (!end)
			return wait_for_line(conn, held_len);
		conn->looked = 0;
		len = (size_t)(end - held) + 1;
		action = stls_dialogue_hear(&conn->negotiation->dialogue,
					    (const char *)held, len,
					    held_len - len);
		stls_buffer_drop(&conn->in, len);
		ret = act(conn, action);
	}
	return ret;
}

int smtptls_conn_negotiate(struct smtptls_conn *conn, const char *my_name,
			   int flags)
{
	struct stls_negotiation *negotiation;
	int optional = (flags & SMTPTLS_TLS_OPTIONAL) != 0, ret;

	if (!conn || !my_name || conn->role != SMTPTLS_CLIENT ||
	    (flags & ~(SMTPTLS_LHLO | SMTPTLS_TLS_OPTIONAL)))
		return SMTPTLS_E_ARG;
	ret = stls_conn_final(conn);
	if (ret < 0)
		return ret;
	if (conn->state != SMTPTLS_PLAIN || conn->negotiation || conn->spoken)
		return SMTPTLS_E_STATE;
	negotiation = calloc(1, sizeof(*negotiation));
	if (!negotiation)
		return stls_conn_fail_nomem(conn);
	ret = stls_dialogue_init(&negotiation->dialogue, my_name,
				 (flags & SMTPTLS_LHLO) != 0, optional);
	/*
	 * Fail the connection: otherwise a host that ignores this error would
	 * go on to start implicit TLS.
	 */
	ret = ret < 0 ? stls_conn_fail(conn, ret,
				       "the name for EHLO is not a host name "
				       "or an address in brackets: give one in "
				       "ASCII, without spaces")
		      : stls_expected_check(conn, optional);
	if (ret < 0) {
		free(negotiation);
		return ret;
	}
	conn->negotiation = negotiation;
	/* left by the search for a line for the host */
	conn->line = conn->looked = 0;
	return stls_negotiate(conn);
}
