/* SPDX-License-Identifier: MIT */
/*
 * TLS on a connection: how it ends, in order or not, and how it handles a
 * hostile peer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <smtptls.h>
#include <smtptls/gnutls.h>

#include "../help/peer.h"

static const char *const versions[] = { PEER_TLS12, PEER_TLS13 };

static struct smtptls_conn *plain_server(void)
{
	return peer_conn(peer_config(NULL, 1, 0), SMTPTLS_SERVER);
}

/* Hand over everything the peer has to send, and nothing back. */
static void send_all(struct peer *peer, struct smtptls_conn *conn)
{
	while (peer_send(peer, conn, (size_t)-1) > 0)
		;
}

/* The connection has failed with this error, and has no input to hand out. */
static void assert_failed(struct smtptls_conn *conn, int error)
{
	assert_int_equal(host_read_byte(conn), error);
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_FAILED);
	assert_int_equal(smtptls_conn_error(conn, NULL), error);
}

/* ---- this side ends ---- */

static void test_close_under_tls(void **state)
{
	struct smtptls_conn *conn;
	struct peer *client;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		conn = peer_established(versions[i], &client);
		assert_int_equal(smtptls_conn_write(conn, "221\r\n", 5), 5);
		assert_int_equal(smtptls_conn_close(conn), 0);
		assert_int_equal(smtptls_conn_poll(conn), SMTPTLS_NET_OUT);
		assert_int_equal(smtptls_conn_tls_enabled(conn), 1);
		peer_run(client, conn);
		assert_true(peer_queue_is(&client->heard, "221\r\n"));
		assert_int_equal(client->closed, 1);
		assert_int_equal(client->error, 0);
		assert_int_equal(smtptls_conn_poll(conn), 0);
		peer_free(client);
		smtptls_conn_free(conn);
	}
}

static void test_close_in_the_handshake(void **state)
{
	struct smtptls_conn *conn = plain_server();
	struct peer *client = peer_client(PEER_TLS13, NULL);

	(void)state;
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	assert_int_equal(smtptls_conn_close(conn), 0);
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_CLOSED);
	assert_int_equal(smtptls_conn_poll(conn), SMTPTLS_NET_OUT);
	peer_run(client, conn);
	assert_int_not_equal(client->result, 0);
	assert_int_not_equal(client->result, GNUTLS_E_AGAIN);
	assert_int_equal(smtptls_conn_tls_enabled(conn), 0);
	assert_int_equal(smtptls_conn_poll(conn), 0);
	peer_free(client);
	smtptls_conn_free(conn);
}

static const struct {
	int error;
	int alert;
} aborts[] = {
	{ SMTPTLS_E_TIMEOUT, GNUTLS_A_USER_CANCELED },
	{ SMTPTLS_E_REFUSED, GNUTLS_A_ACCESS_DENIED },
	{ SMTPTLS_E_CERT_MISSING, GNUTLS_A_CERTIFICATE_REQUIRED },
	{ SMTPTLS_E_CERT_TRUST, GNUTLS_A_UNKNOWN_CA },
	{ SMTPTLS_E_CERT_TIME, GNUTLS_A_CERTIFICATE_EXPIRED },
	{ SMTPTLS_E_CERT_NAME, GNUTLS_A_BAD_CERTIFICATE },
	{ SMTPTLS_E_CERT_PURPOSE, GNUTLS_A_UNSUPPORTED_CERTIFICATE },
	{ SMTPTLS_E_CERT_REVOKED, GNUTLS_A_CERTIFICATE_REVOKED },
	{ SMTPTLS_E_NOMEM, GNUTLS_A_INTERNAL_ERROR },
	{ SMTPTLS_E_IO, -1 },
};

static void test_abort_under_tls(void **state)
{
	struct smtptls_conn *conn;
	struct smtptls_info info;
	struct peer *client;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(aborts) / sizeof(aborts[0]); i++) {
		conn = peer_established(PEER_TLS13, &client);
		assert_int_equal(smtptls_conn_abort(conn, aborts[i].error), 0);
		assert_int_equal(smtptls_conn_state(conn), SMTPTLS_FAILED);
		assert_int_equal(smtptls_conn_tls_enabled(conn), 1);
		assert_int_equal(host_read_byte(conn), aborts[i].error);
		assert_int_equal(smtptls_conn_info(conn, &info, sizeof(info)),
				 0);
		assert_int_equal(info.alert_sent, aborts[i].alert);
		peer_run(client, conn);
		assert_int_equal(client->alert, aborts[i].alert);
		assert_int_equal(client->closed, 0);
		assert_int_equal(smtptls_conn_poll(conn), 0);
		peer_free(client);
		smtptls_conn_free(conn);
	}
}

static void test_abort_in_the_handshake(void **state)
{
	struct smtptls_conn *conn = plain_server();
	struct peer *client = peer_client(PEER_TLS13, NULL);

	(void)state;
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	assert_int_equal(smtptls_conn_abort(conn, SMTPTLS_E_REFUSED), 0);
	peer_run(client, conn);
	assert_int_equal(client->result, GNUTLS_E_FATAL_ALERT_RECEIVED);
	assert_int_equal(client->alert, GNUTLS_A_ACCESS_DENIED);
	assert_int_equal(host_read_byte(conn), SMTPTLS_E_REFUSED);
	assert_int_equal(smtptls_conn_poll(conn), 0);
	peer_free(client);
	smtptls_conn_free(conn);
}

/* At a timeout, a byte that may begin a handshake counts as one. */
static void test_timeout_at_the_first_byte(void **state)
{
	struct smtptls_conn *conn = plain_server();
	const char *text;

	(void)state;
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	host_feed(conn, "\26", 1);
	assert_int_equal(smtptls_conn_abort(conn, SMTPTLS_E_TIMEOUT), 0);
	assert_int_equal(smtptls_conn_error(conn, &text), SMTPTLS_E_TIMEOUT);
	assert_string_equal(text,
			    "peer was silent for too long within its "
			    "ClientHello: look for packets lost on the way (a "
			    "firewall, the MTU), or allow more time");
	smtptls_conn_free(conn);
}

/* A fatal alert is the last output, whatever is found in the input later. */
static void test_nothing_follows_a_fatal_alert(void **state)
{
	struct peer *client;
	struct smtptls_conn *conn = peer_established(PEER_TLS12, &client);
	static const unsigned char bad[] = { 23, 3, 3, 0, 40, 1,  2,  3,  4,
					     5,	 6, 7, 8, 9,  10, 1,  2,  3,
					     4,	 5, 6, 7, 8,  9,  10, 1,  2,
					     3,	 4, 5, 6, 7,  8,  9,  10, 1,
					     2,	 3, 4, 5, 6,  7,  8,  9,  10 };
	const unsigned char *ptr;
	struct smtptls_info info;
	size_t before;

	(void)state;
	peer_say(client, "NOOP\r\n");
	peer_inject(client, bad, sizeof(bad));
	peer_send(client, conn, (size_t)-1);
	assert_int_equal(smtptls_conn_abort(conn, SMTPTLS_E_REFUSED), 0);
	before = smtptls_conn_output(conn, &ptr);
	assert_int_equal(smtptls_conn_output_done(conn, 0), 0);
	assert_true(host_reads(conn, "NOOP\r\n"));
	assert_int_equal(host_read_byte(conn), SMTPTLS_E_REFUSED);
	assert_int_equal(smtptls_conn_output(conn, &ptr), before);
	assert_int_equal(smtptls_conn_info(conn, &info, sizeof(info)), 0);
	assert_int_equal(info.alert_sent, GNUTLS_A_ACCESS_DENIED);
	peer_free(client);
	smtptls_conn_free(conn);
}

/* ---- the peer ends ---- */

static void test_peer_closes(void **state)
{
	struct peer_queue heard = { NULL, 0, 0, 0 };
	struct smtptls_conn *conn;
	struct peer *client;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		conn = peer_established(versions[i], &client);
		peer_say(client, "QUIT\r\n");
		assert_int_equal(gnutls_bye(client->tls, GNUTLS_SHUT_WR), 0);
		peer_inject(client, "NOOP\r\n", 6);
		send_all(client, conn);
		assert_int_equal(smtptls_conn_state(conn), SMTPTLS_TLS);
		assert_int_equal(host_read(conn, &heard, 100), 0);
		assert_true(peer_queue_is(&heard, "QUIT\r\n"));
		assert_int_equal(smtptls_conn_state(conn), SMTPTLS_CLOSED);
		assert_int_equal(smtptls_conn_error(conn, NULL), 0);
		assert_int_equal(smtptls_conn_write(conn, "x", 1),
				 SMTPTLS_E_STATE);
		/* the end of input is permanent */
		assert_int_equal(host_read_byte(conn), 0);
		peer_run(client, conn);
		assert_int_equal(client->closed, 1);
		assert_int_equal(smtptls_conn_poll(conn), 0);
		peer_queue_free(&heard);
		peer_free(client);
		smtptls_conn_free(conn);
	}
}

static void test_truncation(void **state)
{
	struct smtptls_conn *conn;
	struct peer *client;
	size_t i, cut;

	(void)state;
	for (i = 0; i < 4; i++) {
		conn = peer_established(versions[i % 2], &client);
		peer_say(client, "QUIT\r\n");
		send_all(client, conn);
		/* between two records, or in the middle of one */
		cut = i / 2 ? 9 : 0;
		peer_say(client, "NOOP\r\n");
		assert_int_equal(peer_send(client, conn, cut), cut);
		assert_int_equal(smtptls_conn_input_eof(conn), 0);
		assert_true(host_reads(conn, "QUIT\r\n"));
		assert_failed(conn, SMTPTLS_E_TRUNCATED);
		assert_int_equal(smtptls_conn_tls_enabled(conn), 1);
		peer_free(client);
		smtptls_conn_free(conn);
	}
}

static void test_truncated_handshake(void **state)
{
	struct smtptls_conn *conn = plain_server();
	struct peer *client = peer_client(PEER_TLS13, NULL);

	(void)state;
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	peer_step(client);
	peer_send(client, conn, 50);
	assert_int_equal(smtptls_conn_input_eof(conn), SMTPTLS_E_TRUNCATED);
	assert_failed(conn, SMTPTLS_E_TRUNCATED);
	assert_int_equal(smtptls_conn_tls_enabled(conn), 0);
	peer_free(client);
	smtptls_conn_free(conn);

	/* the end of input came before the 220 */
	conn = plain_server();
	assert_int_equal(smtptls_conn_input_eof(conn), 0);
	assert_int_equal(smtptls_conn_accept_starttls(conn, NULL, 0),
			 SMTPTLS_E_TRUNCATED);
	assert_failed(conn, SMTPTLS_E_TRUNCATED);
	smtptls_conn_free(conn);
}

static void test_peer_alerts(void **state)
{
	struct smtptls_conn *conn;
	struct peer *client;
	const char *text;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		conn = peer_established(versions[i], &client);
		peer_say(client, "NOOP\r\n");
		assert_int_equal(gnutls_alert_send(client->tls, GNUTLS_AL_FATAL,
						   GNUTLS_A_UNKNOWN_CA),
				 0);
		send_all(client, conn);
		assert_true(host_reads(conn, "NOOP\r\n"));
		assert_failed(conn, SMTPTLS_E_PROTOCOL);
		assert_int_equal(host_info(conn).alert_received,
				 GNUTLS_A_UNKNOWN_CA);
		assert_int_equal(host_info(conn).alert_sent, -1);
		(void)smtptls_conn_error(conn, &text);
		assert_non_null(strstr(text, "(alert 48, "));
		assert_int_equal(smtptls_conn_poll(conn), 0);
		peer_free(client);
		smtptls_conn_free(conn);
	}
}

/* ---- no TLS at all ---- */

#define BYTES(text) text, sizeof(text) - 1

static const struct {
	const char *bytes;
	size_t len;
	int answered; /* with an alert */
} garbage[] = {
	{ BYTES("EHLO a\r\n"), 1 },
	{ BYTES("GET / HTTP/1.0\r\n\r\n"), 1 },
	{ BYTES("SSH-2.0-x\r\n"), 1 },
	{ BYTES("\r\n"), 1 },
	{ BYTES("\0\0\0\0\0\0\0\0"), 1 },
	/* a ClientHello in SSLv2's format, which offers TLS 1.2 */
	{ BYTES("\x80\x1c\x01\x03\x03\x00\x03\x00\x00\x00\x10"
		"\x00\xc0\x2fxxxxxxxxxxxxxxxx"),
	  1 },
	{ BYTES("\x99\x03\x03\x00\x01x"), 1 },
	{ BYTES("\x17\x03\x03\x00\x05hello"), 1 },
	{ BYTES("\x14\x03\x03\x00\x01\x01"), 1 },
	{ BYTES("\x18\x03\x03\x00\x03\x01\x40\x00"), 1 },
	{ BYTES("\x16\x05\x05\x00\x01x"), 1 },
	{ BYTES("\x16\x03\x03\xff\xff"), 1 },
	/* a ServerHello; a ClientHello with a wrong inner length */
	{ BYTES("\x16\x03\x03\x00\x04\x02\x00\x00\x00"), 1 },
	{ BYTES("\x16\x03\x03\x00\x06\x01\x00\x00\x02\x03\x03"), 1 },
	/* 16 MiB are announced */
	{ BYTES("\x16\x03\x03\x00\x05\x01\xff\xff\xff\x03"), 1 },
	{ BYTES("\x15\x03\x03\x00\x02\x02\x28"), 0 },
};

/*
 * Begin with garbage in pieces of a given size; it must end by itself or at
 * EOF.
 */
static void begin_with(const void *bytes, size_t len, size_t piece,
		       int answered)
{
	struct smtptls_conn *conn = plain_server();
	struct peer *sender = peer_client(PEER_TLS13, NULL);
	const unsigned char *ptr;
	int error;

	assert_int_equal(smtptls_conn_accept_starttls(conn, NULL, 0), 220);
	assert_int_equal(peer_receive(sender, conn, (size_t)-1), 30);
	peer_inject(sender, bytes, len);
	while (peer_send(sender, conn, piece) > 0)
		;
	(void)smtptls_conn_input_eof(conn);
	error = smtptls_conn_error(conn, NULL);
	if (error != SMTPTLS_E_TRUNCATED) {
		assert_int_equal(error, SMTPTLS_E_HANDSHAKE);
		/* a seven-byte alert and nothing else */
		assert_int_equal(smtptls_conn_output(conn, &ptr),
				 answered ? 7 : 0);
		if (answered)
			assert_int_equal(ptr[0], 21);
		assert_int_equal(host_info(conn).alert_sent,
				 answered ? ptr[6] : -1);
		assert_int_equal(
			smtptls_conn_output_done(conn, answered ? 7 : 0), 0);
	}
	assert_int_equal(smtptls_conn_tls_enabled(conn), 0);
	assert_failed(conn, error);
	assert_int_equal(smtptls_conn_poll(conn), 0);
	peer_free(sender);
	smtptls_conn_free(conn);
}

static void test_garbage(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
		begin_with(garbage[i].bytes, garbage[i].len, 1,
			   garbage[i].answered);
		begin_with(garbage[i].bytes, garbage[i].len, 1000,
			   garbage[i].answered);
	}
}

/*
 * Input that is not TLS is quoted, escaped, up to the byte that shows that it
 * is not text.
 */
static void test_garbage_is_shown(void **state)
{
	struct smtptls_conn *conn = plain_server();
	const char *text;

	(void)state;
	assert_int_equal(smtptls_conn_accept_starttls(conn, NULL, 0), 220);
	host_feed(conn, "EHLO \xff\x1b[2J\r\n", 12);
	assert_failed(conn, SMTPTLS_E_HANDSHAKE);
	(void)smtptls_conn_error(conn, &text);
	assert_non_null(strstr(text, "\"EHLO \\xff\\x1b\""));
	smtptls_conn_free(conn);
}

/* ---- floods ---- */

static void test_warnings_in_the_handshake(void **state)
{
	static const char warning[] = "\x15\x03\x03\x00\x02\x01\x5a";
	struct smtptls_conn *conn = plain_server();
	struct peer *sender = peer_client(PEER_TLS13, NULL);
	int i;

	(void)state;
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	for (i = 0; i < 5000; i++)
		peer_inject(sender, warning, 7);
	send_all(sender, conn);
	assert_failed(conn, SMTPTLS_E_HANDSHAKE);
	peer_free(sender);
	smtptls_conn_free(conn);
}

static void warn(struct peer *client)
{
	assert_int_equal(gnutls_alert_send(client->tls, GNUTLS_AL_WARNING,
					   GNUTLS_A_USER_CANCELED),
			 0);
}

static void test_warnings_under_tls(void **state)
{
	struct peer_queue heard = { NULL, 0, 0, 0 };
	struct peer *client;
	struct smtptls_conn *conn = peer_established(PEER_TLS12, &client);
	int i, j;

	(void)state;
	/* a few between data are tolerated */
	for (i = 0; i < 4; i++) {
		for (j = 0; j < 4; j++)
			warn(client);
		peer_say(client, "a");
	}
	send_all(client, conn);
	assert_int_equal(host_read(conn, &heard, 100), SMTPTLS_E_AGAIN);
	assert_true(peer_queue_is(&heard, "aaaa"));
	assert_int_equal(host_info(conn).alert_received,
			 GNUTLS_A_USER_CANCELED);
	for (i = 0; i < 5; i++)
		warn(client);
	peer_say(client, "b");
	send_all(client, conn);
	assert_failed(conn, SMTPTLS_E_PROTOCOL);
	peer_run(client, conn);
	assert_int_equal(client->alert, GNUTLS_A_UNEXPECTED_MESSAGE);
	peer_queue_free(&heard);
	peer_free(client);
	smtptls_conn_free(conn);
}

static void test_renegotiation(void **state)
{
	struct peer *client;
	struct smtptls_conn *conn = peer_established(PEER_TLS12, &client);

	(void)state;
	peer_say(client, "NOOP\r\n");
	assert_int_equal(gnutls_handshake(client->tls), GNUTLS_E_AGAIN);
	send_all(client, conn);
	assert_true(host_reads(conn, "NOOP\r\n"));
	assert_failed(conn, SMTPTLS_E_PROTOCOL);
	assert_int_equal(host_info(conn).alert_sent, GNUTLS_A_NO_RENEGOTIATION);
	peer_free(client);
	smtptls_conn_free(conn);
}

static void test_key_update(void **state)
{
	struct peer *client;
	struct smtptls_conn *conn = peer_established(PEER_TLS13, &client);
	const unsigned char *ptr;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(
			gnutls_session_key_update(client->tls, GNUTLS_KU_PEER),
			0);
		peer_say(client, "NOOP\r\n");
		send_all(client, conn);
		assert_true(host_reads(conn, "NOOP\r\n"));
	}
	assert_int_equal(smtptls_conn_write(conn, "250\r\n", 5), 5);
	peer_run(client, conn);
	assert_true(peer_queue_is(&client->heard, "250\r\n"));
	/* thousands, with nobody taking the answers */
	for (i = 0; i < 2000; i++)
		assert_int_equal(
			gnutls_session_key_update(client->tls, GNUTLS_KU_PEER),
			0);
	while (peer_send(client, conn, (size_t)-1) > 0)
		(void)host_read_byte(conn);
	assert_in_range(smtptls_conn_output(conn, &ptr), 0, 80 * 1024);
	peer_free(client);
	smtptls_conn_free(conn);
}

/* An empty record is not the end. */
static void test_empty_records(void **state)
{
	struct peer *client;
	struct smtptls_conn *conn = peer_established(PEER_TLS13, &client);
	int i;

	(void)state;
	for (i = 0; i < 5; i++)
		assert_int_equal(gnutls_record_send2(client->tls, "", 0, 1, 0),
				 0);
	assert_true(peer_queue_len(&client->out) > 0);
	peer_say(client, "NOOP\r\n");
	send_all(client, conn);
	assert_true(host_reads(conn, "NOOP\r\n"));
	assert_int_equal(host_read_byte(conn), SMTPTLS_E_AGAIN);
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_TLS);
	peer_free(client);
	smtptls_conn_free(conn);
}

/* ---- records that the peer did not send ---- */

enum damage { FLIP, REPLAY, SWAP, PLAIN, DAMAGES };

static void damage_records(struct peer *client, int damage)
{
	unsigned char *wire = client->out.data + client->out.start;
	size_t len = peer_queue_len(&client->out) / 2;
	unsigned char first[256];

	assert_true(len <= sizeof(first));
	memcpy(first, wire, len);
	switch (damage) {
	case FLIP:
		wire[len + 9] ^= 1;
		break;
	case REPLAY:
		memcpy(wire + len, first, len);
		break;
	case SWAP:
		memcpy(wire, wire + len, len);
		memcpy(wire + len, first, len);
		break;
	default:
		memcpy(wire + len, "NOOP\r\nNOOP\r\n", 12);
		break;
	}
}

/* Data before the bad record is delivered, the record and the rest are not. */
static void test_bad_records(void **state)
{
	struct smtptls_conn *conn;
	struct peer *client;
	int damage;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		for (damage = 0; damage < DAMAGES; damage++) {
			conn = peer_established(versions[i], &client);
			peer_say(client, "NOOP\r\n");
			peer_say(client, "QUIT\r\n");
			damage_records(client, damage);
			peer_say(client, "RSET\r\n");
			send_all(client, conn);
			if (damage != SWAP)
				assert_true(host_reads(conn, "NOOP\r\n"));
			assert_failed(conn, SMTPTLS_E_PROTOCOL);
			if (damage != PLAIN)
				assert_int_equal(host_info(conn).alert_sent,
						 GNUTLS_A_BAD_RECORD_MAC);
			assert_int_equal(smtptls_conn_write(conn, "x", 1),
					 SMTPTLS_E_PROTOCOL);
			peer_run(client, conn);
			assert_int_equal(client->error,
					 GNUTLS_E_FATAL_ALERT_RECEIVED);
			assert_int_equal(smtptls_conn_poll(conn), 0);
			peer_free(client);
			smtptls_conn_free(conn);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_close_under_tls),
		cmocka_unit_test(test_close_in_the_handshake),
		cmocka_unit_test(test_abort_under_tls),
		cmocka_unit_test(test_abort_in_the_handshake),
		cmocka_unit_test(test_timeout_at_the_first_byte),
		cmocka_unit_test(test_nothing_follows_a_fatal_alert),
		cmocka_unit_test(test_peer_closes),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_truncated_handshake),
		cmocka_unit_test(test_peer_alerts),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_garbage_is_shown),
		cmocka_unit_test(test_warnings_in_the_handshake),
		cmocka_unit_test(test_warnings_under_tls),
		cmocka_unit_test(test_renegotiation),
		cmocka_unit_test(test_key_update),
		cmocka_unit_test(test_empty_records),
		cmocka_unit_test(test_bad_records),
	};

	return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
