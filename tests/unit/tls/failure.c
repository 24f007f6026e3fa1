/* SPDX-License-Identifier: MIT */
/*
 * failure: no session fails without a reason: each of GnuTLS's errors has one,
 * and a complete sentence; and, over a real connection, the errors that no
 * library's client causes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <smtptls.h>
#include <smtptls/gnutls.h>

#include "../help/peer.h"
#include "reason/session_end_sentence.h"
#include "tls/failure.h"

/* GnuTLS's errors lie between these. */
#define FIRST (-1)
#define LAST  (-1300)

static void every_error(void **state)
{
	const struct stls_failure *failure;
	char text[256], whole[1024];
	struct stls_end end;
	int error, named = 0, internal = 0;

	(void)state;
	for (error = FIRST; error >= LAST; error--) {
		if (!gnutls_strerror_name(error))
			continue;
		named++;
		failure = stls_failure(error);
		assert_true(failure->reason > SMTPTLS_REASON_NONE);
		internal += failure->reason == SMTPTLS_REASON_INTERNAL;
		memset(&end, 0, sizeof(end));
		end.reason = failure->reason;
		end.server = error % 2;
		end.found = failure->found ? failure->found
					   : gnutls_strerror(error);
		end.last_in = end.last_out = -1;
		stls_end_write(&end, text, sizeof(text));
		stls_end_write(&end, whole, sizeof(whole));
		assert_string_equal(text, whole);
		assert_true(strlen(text) > 20);
		assert_null(strstr(text, "(null)"));
		assert_string_not_equal(text, "the handshake failed");
	}
	/* The table covers GnuTLS's errors, but not all numbers. */
	assert_true(named > 150);
	assert_true(internal > 50 && internal < named);
}

static void check(struct smtptls_conn *conn, int error, int reason,
		  const char *sentence)
{
	const char *text;

	assert_int_equal(smtptls_conn_error(conn, &text), error);
	assert_string_equal(text, sentence);
	assert_int_equal(host_info(conn).reason, reason);
}

/* The offset of the bytes in the record that the client signs or hashes. */
static int spoil(gnutls_session_t tls, unsigned type, unsigned when,
		 unsigned incoming, const gnutls_datum_t *message)
{
	(void)tls;
	(void)type;
	(void)when;
	if (!incoming)
		message->data[message->size - 1] ^= 1;
	return 0;
}

static void run_spoilt(const char *priority, int type, int reason,
		       const char *sentence)
{
	struct smtptls_conn *conn =
		peer_conn(peer_config(NULL, 1, 0), SMTPTLS_SERVER);
	struct peer *peer = peer_client(priority, NULL);

	gnutls_handshake_set_hook_function(peer->tls, (unsigned)type,
					   GNUTLS_HOOK_PRE, spoil);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	peer_run(peer, conn);
	check(conn, SMTPTLS_E_HANDSHAKE, reason, sentence);
	assert_int_equal(smtptls_conn_tls_enabled(conn), 0);
	assert_true(host_info(conn).alert_sent >= 0);
	smtptls_conn_free(conn);
	peer_free(peer);
}

static void bad_finished(void **state)
{
	(void)state;
	run_spoilt(PEER_TLS12, GNUTLS_HANDSHAKE_FINISHED,
		   SMTPTLS_REASON_BAD_SIGNATURE,
		   "peer sent a Finished that does not match the handshake "
		   "after its Finished: one side has a defect, or something in "
		   "between changes the bytes");
	run_spoilt(PEER_TLS13, GNUTLS_HANDSHAKE_FINISHED,
		   SMTPTLS_REASON_BAD_SIGNATURE,
		   "peer sent a Finished that does not match the handshake "
		   "after its Finished: one side has a defect, or something in "
		   "between changes the bytes");
}

static void bad_record(void **state)
{
	static const char junk[] = "\x17\x03\x03\x00\x20"
				   "0123456789abcdef0123456789abcdef";
	struct peer *peer;
	struct smtptls_conn *conn = peer_established(PEER_TLS13, &peer);

	(void)state;
	peer_inject(peer, junk, sizeof(junk) - 1);
	peer_run(peer, conn);
	assert_int_equal(host_read_byte(conn), SMTPTLS_E_PROTOCOL);
	check(conn, SMTPTLS_E_PROTOCOL, SMTPTLS_REASON_BAD_RECORD,
	      "peer sent a record that cannot be decrypted under TLS: one side "
	      "has a defect, or something in between changes the bytes");
	smtptls_conn_free(conn);
	peer_free(peer);
}

static void truncated(void **state)
{
	struct peer *peer;
	struct smtptls_conn *conn = peer_established(PEER_TLS13, &peer);

	(void)state;
	/* After a command: a client that leaves at once has another reason. */
	peer_say(peer, "NOOP\r\n");
	peer_run(peer, conn);
	assert_true(host_reads(conn, "NOOP\r\n"));
	assert_int_equal(smtptls_conn_input_eof(conn), 0);
	assert_int_equal(host_read_byte(conn), SMTPTLS_E_TRUNCATED);
	check(conn, SMTPTLS_E_TRUNCATED, SMTPTLS_REASON_TRUNCATED,
	      "peer closed the connection without a close_notify: it was cut "
	      "off, or the peer has a defect");
	smtptls_conn_free(conn);
	peer_free(peer);
}

static void renegotiation(void **state)
{
	struct peer *peer;
	struct smtptls_conn *conn = peer_established(PEER_TLS12, &peer);

	(void)state;
	peer->result = GNUTLS_E_AGAIN;
	peer_step(peer); /* starts a second handshake */
	peer_run(peer, conn);
	assert_int_equal(host_read_byte(conn), SMTPTLS_E_PROTOCOL);
	check(conn, SMTPTLS_E_PROTOCOL, SMTPTLS_REASON_RENEGOTIATION,
	      "peer requested renegotiation, which is not supported: switch it "
	      "off there");
	smtptls_conn_free(conn);
	peer_free(peer);
}

static int fail_in_hook(gnutls_session_t tls, unsigned type, unsigned when,
			unsigned incoming, const gnutls_datum_t *message)
{
	(void)tls;
	(void)type;
	(void)when;
	(void)incoming;
	(void)message;
	return GNUTLS_E_RANDOM_FAILED;
}

/* A fault on this side is not blamed on the peer. */
static void internal(void **state)
{
	struct smtptls_conn *conn =
		peer_conn(peer_config(NULL, 1, 0), SMTPTLS_SERVER);
	struct peer *peer = peer_client(PEER_TLS13, NULL);

	(void)state;
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	gnutls_handshake_set_hook_function(smtptls_conn_gnutls(conn),
					   GNUTLS_HANDSHAKE_ANY,
					   GNUTLS_HOOK_PRE, fail_in_hook);
	peer_run(peer, conn);
	check(conn, SMTPTLS_E_HANDSHAKE, SMTPTLS_REASON_INTERNAL,
	      "internal error on this side: Failed to acquire random data");
	assert_int_equal(host_info(conn).alert_sent, GNUTLS_A_INTERNAL_ERROR);
	smtptls_conn_free(conn);
	peer_free(peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_error),	 cmocka_unit_test(bad_finished),
		cmocka_unit_test(bad_record),	 cmocka_unit_test(truncated),
		cmocka_unit_test(renegotiation), cmocka_unit_test(internal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
