/* SPDX-License-Identifier: MIT */
/* conn_check: what must hold for a connection after every call. */
#ifndef CONN_CHECK_H
#define CONN_CHECK_H

#include <string.h>

#include <smtptls.h>

#include "fuzz.h"

#define OUTPUT_MAX (64 * 1024 + 16 * 1024 + 256)
#define INPUT_MAX  ((16 + 64) * 1024)

/* The state after the last call; begins in plaintext. */
struct conn_seen {
	int state;
	int error;
	int tls_enabled;
};

static inline int is_final(int state)
{
	return state == SMTPTLS_CLOSED || state == SMTPTLS_FAILED;
}

/* Every failure has a reason, and a proper sentence. */
static inline void check_reason(struct smtptls_conn *conn)
{
	struct smtptls_info info;
	const char *text;

	(void)smtptls_conn_error(conn, &text);
	CHECK(smtptls_conn_info(conn, &info, sizeof(info)) == 0);
	CHECK(info.reason != SMTPTLS_REASON_NONE);
	CHECK(smtptls_reason_name(info.reason));
	CHECK(text[0] && strlen(text) < 256);
}

/*
 * States only advance, the first error stays, no more is held than allowed, and
 * some port is open as long as the connection has not ended.
 */
static inline void check_conn(struct smtptls_conn *conn, struct conn_seen *seen)
{
	int state = smtptls_conn_state(conn);
	int error = smtptls_conn_error(conn, NULL);
	int tls_enabled = smtptls_conn_tls_enabled(conn);
	int ports = smtptls_conn_poll(conn);
	const unsigned char *out;
	size_t waiting = smtptls_conn_output(conn, &out);

	CHECK(smtptls_conn_output_done(conn, 0) == 0);
	CHECK(is_final(seen->state) ? state == seen->state
				    : state >= seen->state);
	CHECK(!seen->error || error == seen->error);
	CHECK((error < 0) == (state == SMTPTLS_FAILED));
	if (error < 0 && !seen->error)
		check_reason(conn);
	CHECK(tls_enabled >= seen->tls_enabled);
	CHECK(tls_enabled || state != SMTPTLS_TLS);
	CHECK(!tls_enabled || state >= SMTPTLS_TLS);
	CHECK(waiting <= OUTPUT_MAX);
	CHECK((waiting > 0) == ((ports & SMTPTLS_NET_OUT) != 0));
	CHECK(ports || is_final(state));
	CHECK(!is_final(state) ||
	      !(ports & (SMTPTLS_NET_IN | SMTPTLS_APP_OUT)));
	seen->state = state;
	seen->error = error;
	seen->tls_enabled = tls_enabled;
}

#endif
