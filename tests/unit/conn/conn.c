/* SPDX-License-Identifier: MIT */
/*
 * The connection call by call: which ports are open in which state, what each
 * function refuses, STARTTLS and implicit TLS. How connections end and what a
 * hostile peer does to them is in session.c, certificates are in verify.c, and
 * what holds for every sequence of calls is in conn_laws.c.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <smtptls.h>
#include <smtptls/gnutls.h>

#include "../help/peer.h"

#define IN	SMTPTLS_NET_IN
#define OUT	SMTPTLS_NET_OUT
#define APP_IN	SMTPTLS_APP_IN
#define APP_OUT SMTPTLS_APP_OUT

#define HELD	(16 * 1024)
#define WAITING (64 * 1024)

#define READY	"220 2.0.0 Ready to start TLS\r\n"
#define NO_ARGS "501 5.5.4 Syntax error (no parameters allowed)\r\n"
#define NO_TLS	"454 4.7.0 TLS not available due to temporary reason\r\n"
#define ACTIVE	"503 5.5.1 TLS is already active\r\n"

static struct smtptls_conn *plain_server(void)
{
	return peer_conn(peer_config(NULL, 1, 0), SMTPTLS_SERVER);
}

static void feed(struct smtptls_conn *conn, const char *text)
{
	host_feed(conn, text, strlen(text));
}

static void flush(struct smtptls_conn *conn)
{
	const unsigned char *ptr;
	size_t n = smtptls_conn_output(conn, &ptr);

	assert_int_equal(smtptls_conn_output_done(conn, n), 0);
}

/* ---- arguments ---- */

static void test_new_refuses(void **state)
{
	struct smtptls_config *config, *frozen = peer_config(NULL, 0, 0);
	struct smtptls_conn *conn = plain_server(), *old = conn;

	(void)state;
	assert_int_equal(smtptls_config_new(&config), 0);
	assert_int_equal(smtptls_conn_new(&conn, config, SMTPTLS_SERVER),
			 SMTPTLS_E_STATE);
	assert_null(conn);
	smtptls_conn_free(old);
	assert_int_equal(smtptls_conn_new(NULL, frozen, SMTPTLS_SERVER),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_new(&conn, NULL, SMTPTLS_SERVER),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_new(&conn, frozen, 0), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_new(&conn, frozen, 3), SMTPTLS_E_ARG);
	smtptls_config_unref(config);
	smtptls_config_unref(frozen);
}

static void test_null_is_refused(void **state)
{
	struct smtptls_conn *conn = plain_server();
	const unsigned char *out;
	struct smtptls_info info;
	unsigned char *in;
	const char *text;
	char data[1];

	(void)state;
	smtptls_conn_free(NULL);
	assert_int_equal(smtptls_conn_set_verify(NULL, 0), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_set_peer(NULL, "a"), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_can_starttls(NULL), 0);
	assert_int_equal(smtptls_conn_accept_starttls(NULL, NULL, 0),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_start_tls(NULL, 0), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_poll(NULL), 0);
	assert_int_equal(smtptls_conn_input(NULL, &in), 0);
	assert_int_equal(smtptls_conn_input(conn, NULL), 0);
	assert_int_equal(smtptls_conn_input_done(NULL, 0), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_input_eof(NULL), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_output(NULL, &out), 0);
	assert_int_equal(smtptls_conn_output(conn, NULL), 0);
	assert_int_equal(smtptls_conn_output_done(NULL, 0), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_read(NULL, data, 1), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_read(conn, NULL, 1), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_read(conn, data, 0), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_write(NULL, data, 1), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_write(conn, NULL, 1), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_close(NULL), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_abort(NULL, SMTPTLS_E_IO), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_abort_errno(NULL, 5), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_abort_timeout(NULL, 5), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_state(NULL), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_tls_enabled(NULL), 0);
	assert_int_equal(smtptls_conn_error(NULL, &text), SMTPTLS_E_ARG);
	assert_string_not_equal(text, "");
	assert_int_equal(smtptls_conn_info(NULL, &info, sizeof(info)),
			 SMTPTLS_E_ARG);
	assert_null(smtptls_conn_gnutls(NULL));
	/* none of it has changed anything */
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_PLAIN);
	assert_int_equal(smtptls_conn_error(conn, &text), 0);
	assert_string_equal(text, "");
	assert_int_equal(smtptls_conn_error(conn, NULL), 0);
	smtptls_conn_free(conn);
}

static void test_set_verify_refuses(void **state)
{
	struct smtptls_conn *conn = plain_server();

	(void)state;
	assert_int_equal(smtptls_conn_set_verify(conn, -1), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_set_verify(conn, SMTPTLS_VERIFY_DANE + 1),
			 SMTPTLS_E_ARG);
	/* without authorities nothing could ever be verified */
	assert_int_equal(smtptls_conn_set_verify(conn, SMTPTLS_VERIFY_CA),
			 SMTPTLS_E_CONFIG);
	assert_int_equal(smtptls_conn_set_verify(conn, SMTPTLS_VERIFY_OPTIONAL),
			 0);
	assert_int_equal(smtptls_conn_set_verify(conn, SMTPTLS_VERIFY_NONE), 0);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	assert_int_equal(smtptls_conn_set_verify(conn, SMTPTLS_VERIFY_NONE),
			 SMTPTLS_E_STATE);
	smtptls_conn_free(conn);
}

static void test_set_peer_refuses(void **state)
{
	static const char *const names[] = {
		"",   "a b",  "a\n", "a\xc3\xa9", "a/b", "*.example.org",
		".a", "a..b", "a:b"
	};
	char name[256];
	struct smtptls_conn *conn = plain_server();
	size_t i;

	(void)state;
	assert_int_equal(smtptls_conn_set_peer(conn, "mx.example.org"),
			 SMTPTLS_E_ARG);
	smtptls_conn_free(conn);
	conn = peer_conn(peer_config(NULL, 0, 0), SMTPTLS_CLIENT);
	assert_int_equal(smtptls_conn_set_peer(conn, NULL), SMTPTLS_E_ARG);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(smtptls_conn_set_peer(conn, names[i]),
				 SMTPTLS_E_SYNTAX);
	memset(name, 'a', sizeof(name));
	name[63] = name[127] = name[191] = '.';
	name[254] = '\0';
	assert_int_equal(smtptls_conn_set_peer(conn, name), SMTPTLS_E_SYNTAX);
	name[253] = '\0';
	assert_int_equal(smtptls_conn_set_peer(conn, name), 0);
	assert_int_equal(smtptls_conn_set_peer(conn, "2001:db8::1"), 0);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	assert_int_equal(smtptls_conn_set_peer(conn, "a"), SMTPTLS_E_STATE);
	smtptls_conn_free(conn);
}

static void test_input_refuses(void **state)
{
	struct smtptls_conn *conn = plain_server();
	unsigned char *ptr;
	size_t room;

	(void)state;
	assert_int_equal(smtptls_conn_input_done(conn, 1), SMTPTLS_E_STATE);
	assert_int_equal(smtptls_conn_input_done(conn, 0), 0);
	room = smtptls_conn_input(conn, &ptr);
	assert_true(room > 0);
	memset(ptr, 'x', room);
	assert_int_equal(smtptls_conn_input_done(conn, room + 1),
			 SMTPTLS_E_ARG);
	/* the reserved space is still there, then used up */
	assert_int_equal(smtptls_conn_input_done(conn, 1), 0);
	assert_int_equal(smtptls_conn_input_done(conn, 1), SMTPTLS_E_STATE);
	smtptls_conn_free(conn);
}

static void test_output_refuses(void **state)
{
	struct smtptls_conn *conn = plain_server();
	const unsigned char *ptr;

	(void)state;
	assert_int_equal(smtptls_conn_output(conn, &ptr), 0);
	assert_int_equal(smtptls_conn_output_done(conn, 0), 0);
	assert_int_equal(smtptls_conn_output_done(conn, 1), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_write(conn, "ab", 2), 2);
	assert_int_equal(smtptls_conn_write(conn, "ab", 0), 0);
	assert_int_equal(smtptls_conn_output_done(conn, 3), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_output_done(conn, 1), 0);
	assert_true(host_said(conn, "b"));
	smtptls_conn_free(conn);
}

static void test_abort_refuses(void **state)
{
	static const int errors[] = {
		0, 1, SMTPTLS_E_ARG, SMTPTLS_E_STATE, SMTPTLS_E_AGAIN, -1000
	};
	struct smtptls_conn *conn = plain_server();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		assert_int_equal(smtptls_conn_abort(conn, errors[i]),
				 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_PLAIN);
	smtptls_conn_free(conn);
}

/* ---- ports, state by state ---- */

static void test_ports_in_the_clear(void **state)
{
	static char block[WAITING + 1];
	struct smtptls_conn *conn = plain_server();

	(void)state;
	memset(block, 'x', sizeof(block));
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_PLAIN);
	assert_int_equal(smtptls_conn_poll(conn), IN | APP_OUT);
	assert_int_equal(host_read_byte(conn), SMTPTLS_E_AGAIN);
	/* half a line cannot be read yet */
	feed(conn, "NOOP\r");
	assert_int_equal(smtptls_conn_poll(conn), IN | APP_OUT);
	assert_int_equal(host_read_byte(conn), SMTPTLS_E_AGAIN);
	feed(conn, "\nQUIT\r\n");
	assert_int_equal(smtptls_conn_poll(conn), IN | APP_IN | APP_OUT);
	assert_true(host_reads(conn, "NOOP\r\n"));
	assert_int_equal(smtptls_conn_poll(conn), IN | APP_IN | APP_OUT);
	assert_true(host_reads(conn, "QUIT\r\n"));
	assert_int_equal(smtptls_conn_poll(conn), IN | APP_OUT);
	/* up to 16 KiB are handed out without the end of a line */
	host_feed(conn, block, HELD - 1);
	assert_int_equal(smtptls_conn_poll(conn), IN | APP_OUT);
	host_feed(conn, block, 1);
	assert_int_equal(smtptls_conn_poll(conn), IN | APP_IN | APP_OUT);
	host_feed(conn, block, 1);
	assert_int_equal(smtptls_conn_poll(conn), APP_IN | APP_OUT);
	/* and 64 KiB are accepted */
	assert_int_equal(smtptls_conn_write(conn, block, WAITING - 1),
			 WAITING - 1);
	assert_int_equal(smtptls_conn_poll(conn), OUT | APP_IN | APP_OUT);
	assert_int_equal(smtptls_conn_write(conn, block, 2), 1);
	assert_int_equal(smtptls_conn_poll(conn), OUT | APP_IN);
	assert_int_equal(smtptls_conn_write(conn, block, 1), SMTPTLS_E_AGAIN);
	smtptls_conn_free(conn);
}

static void test_end_of_input_in_the_clear(void **state)
{
	struct smtptls_conn *conn = plain_server();
	unsigned char *ptr;

	(void)state;
	feed(conn, "NOOP\r\nQUI");
	assert_int_equal(smtptls_conn_input_eof(conn), 0);
	assert_int_equal(smtptls_conn_poll(conn), APP_IN | APP_OUT);
	assert_int_equal(smtptls_conn_input(conn, &ptr), 0);
	assert_true(host_reads(conn, "NOOP\r\n"));
	assert_true(host_reads(conn, "QUI"));
	assert_int_equal(smtptls_conn_poll(conn), APP_IN | APP_OUT);
	assert_int_equal(host_read_byte(conn), 0);
	assert_int_equal(smtptls_conn_poll(conn), APP_OUT);
	assert_int_equal(host_read_byte(conn), 0);
	/* a half-closed socket still accepts the reply */
	assert_int_equal(smtptls_conn_write(conn, "221\r\n", 5), 5);
	assert_true(host_said(conn, "221\r\n"));
	smtptls_conn_free(conn);
}

static void test_input_behind_the_end_is_dropped(void **state)
{
	struct smtptls_conn *conn = plain_server();
	unsigned char *ptr;

	(void)state;
	assert_true(smtptls_conn_input(conn, &ptr) > 6);
	memcpy(ptr, "NOOP\r\n", 6);
	assert_int_equal(smtptls_conn_input_eof(conn), 0);
	assert_int_equal(smtptls_conn_input_done(conn, 6), 0);
	assert_int_equal(host_read_byte(conn), 0);
	smtptls_conn_free(conn);
}

static void test_ports_in_the_handshake(void **state)
{
	struct smtptls_conn *conn = plain_server();
	struct peer *client = peer_client(PEER_TLS13, NULL);

	(void)state;
	assert_int_equal(smtptls_conn_accept_starttls(conn, NULL, 0), 220);
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_HANDSHAKE);
	assert_int_equal(smtptls_conn_poll(conn), IN | OUT);
	assert_true(host_said(conn, READY));
	assert_int_equal(smtptls_conn_poll(conn), IN);
	peer_step(client);
	peer_send(client, conn, (size_t)-1);
	assert_int_equal(smtptls_conn_poll(conn), IN | OUT);
	assert_int_equal(host_read_byte(conn), SMTPTLS_E_AGAIN);
	assert_int_equal(smtptls_conn_write(conn, "x", 1), SMTPTLS_E_AGAIN);
	assert_int_equal(smtptls_conn_tls_enabled(conn), 0);
	assert_int_equal(smtptls_conn_can_starttls(conn), 0);
	assert_int_equal(smtptls_conn_accept_starttls(conn, NULL, 0),
			 SMTPTLS_E_STATE);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), SMTPTLS_E_STATE);
	peer_run(client, conn);
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_TLS);
	peer_free(client);
	smtptls_conn_free(conn);
}

static void test_ports_under_tls(void **state)
{
	static char block[2 * WAITING];
	struct peer *client;
	struct smtptls_conn *conn = peer_established(PEER_TLS13, &client);
	ssize_t taken;

	(void)state;
	assert_int_equal(smtptls_conn_tls_enabled(conn), 1);
	assert_int_equal(smtptls_conn_poll(conn), IN | APP_OUT);
	/* part of a record opens the port once; the read finds nothing */
	peer_say(client, "EHLO a\r\nNOOP\r\n");
	peer_send(client, conn, 7);
	assert_int_equal(smtptls_conn_poll(conn), IN | APP_IN | APP_OUT);
	assert_int_equal(host_read_byte(conn), SMTPTLS_E_AGAIN);
	assert_int_equal(smtptls_conn_poll(conn), IN | APP_OUT);
	peer_send(client, conn, (size_t)-1);
	assert_int_equal(host_read_byte(conn), 1);
	/* GnuTLS holds the rest of the record */
	assert_int_equal(smtptls_conn_poll(conn), IN | APP_IN | APP_OUT);
	assert_true(host_reads(conn, "HLO a\r\nNOOP\r\n"));
	assert_int_equal(smtptls_conn_poll(conn), IN | APP_OUT);
	taken = smtptls_conn_write(conn, block, sizeof(block));
	assert_in_range(taken, WAITING - HELD, WAITING);
	assert_int_equal(smtptls_conn_poll(conn), IN | OUT);
	assert_int_equal(smtptls_conn_write(conn, "x", 1), SMTPTLS_E_AGAIN);
	peer_run(client, conn);
	assert_int_equal(peer_queue_len(&client->heard), taken);
	assert_int_equal(smtptls_conn_poll(conn), IN | APP_OUT);
	/* more than 16 KiB of records: no more is read */
	peer_say_bytes(client, block, HELD);
	peer_say_bytes(client, block, HELD);
	while (peer_send(client, conn, 1000))
		;
	assert_int_equal(smtptls_conn_poll(conn), APP_IN | APP_OUT);
	peer_free(client);
	smtptls_conn_free(conn);
}

static void test_ports_when_closed(void **state)
{
	struct smtptls_conn *conn = plain_server();
	unsigned char *ptr;

	(void)state;
	feed(conn, "NOOP\r\n");
	assert_int_equal(smtptls_conn_write(conn, "221\r\n", 5), 5);
	assert_int_equal(smtptls_conn_close(conn), 0);
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_CLOSED);
	assert_int_equal(smtptls_conn_poll(conn), OUT);
	assert_int_equal(smtptls_conn_input(conn, &ptr), 0);
	assert_int_equal(host_read_byte(conn), SMTPTLS_E_STATE);
	assert_int_equal(smtptls_conn_write(conn, "x", 1), SMTPTLS_E_STATE);
	assert_int_equal(smtptls_conn_can_starttls(conn), 0);
	assert_int_equal(smtptls_conn_accept_starttls(conn, NULL, 0),
			 SMTPTLS_E_STATE);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), SMTPTLS_E_STATE);
	assert_int_equal(smtptls_conn_set_verify(conn, 0), SMTPTLS_E_STATE);
	assert_int_equal(smtptls_conn_close(conn), 0);
	assert_int_equal(smtptls_conn_abort(conn, SMTPTLS_E_IO), 0);
	assert_int_equal(smtptls_conn_abort_errno(conn, 5), 0);
	assert_int_equal(smtptls_conn_input_eof(conn), 0);
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_CLOSED);
	assert_int_equal(smtptls_conn_error(conn, NULL), 0);
	assert_true(host_said(conn, "221\r\n"));
	assert_int_equal(smtptls_conn_poll(conn), 0);
	smtptls_conn_free(conn);
}

/* A full output queue leaves no room for the answer to STARTTLS. */
static void test_starttls_waits(void **state)
{
	static char block[WAITING];
	struct smtptls_conn *conn = plain_server();

	(void)state;
	assert_int_equal(smtptls_conn_write(conn, block, WAITING), WAITING);
	assert_int_equal(smtptls_conn_accept_starttls(conn, NULL, 0),
			 SMTPTLS_E_AGAIN);
	assert_int_equal(smtptls_conn_output_done(conn, 1), 0);
	assert_int_equal(smtptls_conn_accept_starttls(conn, NULL, 0), 220);
	smtptls_conn_free(conn);
}

/*
 * A value that is not an errno changes nothing; an errno fails the connection,
 * and is in the sentence.
 */
static void test_abort_errno(void **state)
{
	struct smtptls_conn *conn = plain_server();
	const char *text;

	(void)state;
	feed(conn, "NOOP\r\n");
	assert_int_equal(smtptls_conn_abort_errno(conn, 0), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_abort_errno(conn, -5), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_PLAIN);
	assert_int_equal(smtptls_conn_abort_errno(conn, ETIMEDOUT), 0);
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_FAILED);
	assert_int_equal(smtptls_conn_error(conn, &text), SMTPTLS_E_IO);
	assert_string_equal(text, "peer no longer answered (ETIMEDOUT) before "
				  "TLS: look for packets lost on the way");
	assert_true(host_reads(conn, "NOOP\r\n"));
	smtptls_conn_free(conn);
}

static void test_ports_when_failed(void **state)
{
	struct smtptls_conn *conn = plain_server();
	const char *text;
	unsigned char *ptr;

	(void)state;
	feed(conn, "NOOP\r\nQUIT\r\nleft");
	assert_int_equal(smtptls_conn_write(conn, "250\r\n", 5), 5);
	assert_int_equal(smtptls_conn_abort(conn, SMTPTLS_E_TIMEOUT), 0);
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_FAILED);
	assert_int_equal(smtptls_conn_poll(conn), OUT | APP_IN);
	assert_int_equal(smtptls_conn_input(conn, &ptr), 0);
	assert_int_equal(smtptls_conn_write(conn, "x", 1), SMTPTLS_E_TIMEOUT);
	assert_int_equal(smtptls_conn_input_done(conn, 0), SMTPTLS_E_TIMEOUT);
	assert_int_equal(smtptls_conn_input_eof(conn), SMTPTLS_E_TIMEOUT);
	assert_int_equal(smtptls_conn_accept_starttls(conn, NULL, 0),
			 SMTPTLS_E_TIMEOUT);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), SMTPTLS_E_TIMEOUT);
	assert_int_equal(smtptls_conn_close(conn), SMTPTLS_E_TIMEOUT);
	assert_int_equal(smtptls_conn_abort(conn, SMTPTLS_E_IO), 0);
	assert_int_equal(smtptls_conn_error(conn, &text), SMTPTLS_E_TIMEOUT);
	assert_string_equal(text, smtptls_strerror(SMTPTLS_E_TIMEOUT));
	flush(conn);
	/* first what came before the error, then the error */
	assert_int_equal(smtptls_conn_poll(conn), APP_IN);
	assert_true(host_reads(conn, "NOOP\r\n"));
	assert_true(host_reads(conn, "QUIT\r\n"));
	assert_int_equal(smtptls_conn_poll(conn), APP_IN);
	assert_true(host_reads(conn, "left"));
	assert_int_equal(host_read_byte(conn), SMTPTLS_E_TIMEOUT);
	assert_int_equal(smtptls_conn_poll(conn), 0);
	assert_int_equal(host_read_byte(conn), SMTPTLS_E_TIMEOUT);
	smtptls_conn_free(conn);
}

/* ---- STARTTLS ---- */

static void test_starttls_dialogue(void **state)
{
	struct smtptls_conn *conn = plain_server();
	struct peer *client = peer_client(PEER_TLS13, NULL);

	(void)state;
	assert_int_equal(smtptls_conn_write(conn, "220 mx\r\n", 8), 8);
	assert_true(host_said(conn, "220 mx\r\n"));
	feed(conn, "EHLO a\r\n");
	assert_true(host_reads(conn, "EHLO a\r\n"));
	assert_int_equal(smtptls_conn_can_starttls(conn), 1);
	feed(conn, "STARTTLS x\r\n");
	assert_true(host_reads(conn, "STARTTLS x\r\n"));
	assert_int_equal(smtptls_conn_accept_starttls(conn, "x", 0), 501);
	assert_true(host_said(conn, NO_ARGS));
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_PLAIN);
	feed(conn, "STARTTLS\r\n");
	assert_true(host_reads(conn, "STARTTLS\r\n"));
	assert_null(smtptls_conn_gnutls(conn));
	assert_int_equal(smtptls_conn_accept_starttls(conn, "", 0), 220);
	assert_true(host_said(conn, READY));
	assert_non_null(smtptls_conn_gnutls(conn));
	peer_run(client, conn);
	assert_int_equal(client->result, 0);
	assert_int_equal(smtptls_conn_tls_enabled(conn), 1);
	assert_int_equal(smtptls_conn_can_starttls(conn), 0);
	/* a second STARTTLS is passed on under TLS */
	peer_say(client, "STARTTLS\r\n");
	peer_run(client, conn);
	assert_true(host_reads(conn, "STARTTLS\r\n"));
	assert_int_equal(smtptls_conn_accept_starttls(conn, "", 0), 503);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), SMTPTLS_E_STATE);
	peer_run(client, conn);
	assert_true(peer_queue_is(&client->heard, ACTIVE));
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_TLS);
	peer_free(client);
	smtptls_conn_free(conn);
}

static void test_starttls_without_certificate(void **state)
{
	struct smtptls_conn *conn =
		peer_conn(peer_config(NULL, 0, 0), SMTPTLS_SERVER);
	const char *text;

	(void)state;
	assert_int_equal(smtptls_conn_can_starttls(conn), 0);
	assert_int_equal(smtptls_conn_accept_starttls(conn, NULL, 0), 454);
	assert_true(host_said(conn, NO_TLS));
	/* what is pipelined after a refusal is only plaintext */
	feed(conn, "NOOP\r\n");
	assert_int_equal(smtptls_conn_accept_starttls(conn, NULL, 7), 454);
	smtptls_conn_free(conn);
	conn = peer_conn(peer_config(NULL, 0, 0), SMTPTLS_SERVER);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), SMTPTLS_E_CONFIG);
	assert_int_equal(smtptls_conn_error(conn, &text), SMTPTLS_E_CONFIG);
	assert_string_equal(text, "a server needs a certificate: call "
				  "smtptls_config_add_cert_file()");
	smtptls_conn_free(conn);
}

static void test_starttls_of_a_client(void **state)
{
	struct smtptls_conn *conn =
		peer_conn(peer_config(NULL, 1, 0), SMTPTLS_CLIENT);

	(void)state;
	assert_int_equal(smtptls_conn_can_starttls(conn), 0);
	assert_int_equal(smtptls_conn_accept_starttls(conn, NULL, 0),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_PLAIN);
	smtptls_conn_free(conn);
}

static void test_implicit_tls_is_at_byte_zero(void **state)
{
	struct smtptls_conn *conn = plain_server();

	(void)state;
	assert_int_equal(smtptls_conn_write(conn, "220\r\n", 5), 5);
	flush(conn);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), SMTPTLS_E_STATE);
	smtptls_conn_free(conn);

	conn = plain_server();
	feed(conn, "EHLO a\r\n");
	assert_true(host_reads(conn, "EHLO a\r\n"));
	assert_int_equal(smtptls_conn_start_tls(conn, 0), SMTPTLS_E_STATE);
	smtptls_conn_free(conn);

	conn = plain_server();
	assert_int_equal(smtptls_conn_accept_starttls(conn, "x", 0), 501);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), SMTPTLS_E_STATE);
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_PLAIN);
	smtptls_conn_free(conn);

	conn = plain_server();
	feed(conn, "x");
	assert_int_equal(smtptls_conn_start_tls(conn, 0), SMTPTLS_E_INJECTION);
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_FAILED);
	smtptls_conn_free(conn);
}

/* In a client that has sent STARTTLS itself, the reply has the extra input. */
static void test_client_with_unread_input(void **state)
{
	struct smtptls_conn *conn =
		peer_conn(peer_config(NULL, 0, 0), SMTPTLS_CLIENT);
	const char *why;

	(void)state;
	assert_int_equal(smtptls_conn_set_verify(conn, SMTPTLS_VERIFY_NONE), 0);
	assert_int_equal(smtptls_conn_start_tls(conn, 1), SMTPTLS_E_INJECTION);
	assert_int_equal(smtptls_conn_error(conn, &why), SMTPTLS_E_INJECTION);
	assert_non_null(strstr(why, "peer sent more than its reply to "
				    "STARTTLS"));
	smtptls_conn_free(conn);
}

/* The banner goes out when the application's port opens for the first time. */
static void test_implicit_tls_banner(void **state)
{
	struct smtptls_conn *conn = plain_server();
	struct peer *client = peer_client(PEER_TLS12, NULL);

	(void)state;
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	assert_int_equal(smtptls_conn_poll(conn), IN);
	peer_run(client, conn);
	assert_true(smtptls_conn_poll(conn) & APP_OUT);
	assert_int_equal(smtptls_conn_write(conn, "220 mx\r\n", 8), 8);
	peer_run(client, conn);
	assert_true(peer_queue_is(&client->heard, "220 mx\r\n"));
	peer_free(client);
	smtptls_conn_free(conn);
}

/* Somebody else sent the 220, so this is not implicit TLS. */
static void test_starttls_answered(void **state)
{
	static const char *const texts[] = {
		"peer speaks SMTP in the clear (\"EHLO x\\x0d\\x0a\") where "
		"TLS was expected: set it to implicit TLS, or to a port for "
		"STARTTLS",
		"peer speaks SMTP in the clear (\"EHLO x\\x0d\\x0a\") where "
		"TLS was expected: it must start TLS after the 220 to STARTTLS"
	};
	struct smtptls_conn *conn;
	struct peer *client;
	const char *text;
	int answered;

	(void)state;
	for (answered = 0; answered < 2; answered++) {
		conn = plain_server();
		if (answered)
			assert_int_equal(
				smtptls_conn_set_starttls_answered(conn), 0);
		assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
		assert_true(host_said(conn, ""));
		host_feed(conn, "EHLO x\r\n", 8);
		(void)smtptls_conn_error(conn, &text);
		assert_string_equal(text, texts[answered]);
		smtptls_conn_free(conn);
	}
	conn = plain_server();
	assert_int_equal(smtptls_conn_set_starttls_answered(conn), 0);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	assert_int_equal(smtptls_conn_set_starttls_answered(conn),
			 SMTPTLS_E_STATE);
	client = peer_client(PEER_TLS13, NULL);
	peer_run(client, conn);
	assert_int_equal(smtptls_conn_tls_enabled(conn), 1);
	assert_int_equal(smtptls_conn_set_starttls_answered(conn),
			 SMTPTLS_E_STATE);
	assert_int_equal(smtptls_conn_abort(conn, SMTPTLS_E_TIMEOUT), 0);
	assert_int_equal(smtptls_conn_set_starttls_answered(conn),
			 SMTPTLS_E_TIMEOUT);
	peer_free(client);
	smtptls_conn_free(conn);
	/* the library answers what the host writes itself */
	conn = plain_server();
	assert_int_equal(smtptls_conn_write(conn, "220 x\r\n", 7), 7);
	assert_int_equal(smtptls_conn_set_starttls_answered(conn),
			 SMTPTLS_E_STATE);
	smtptls_conn_free(conn);
	assert_int_equal(smtptls_conn_set_starttls_answered(NULL),
			 SMTPTLS_E_ARG);
	conn = peer_conn(peer_config(NULL, 0, 0), SMTPTLS_CLIENT);
	assert_int_equal(smtptls_conn_set_starttls_answered(conn),
			 SMTPTLS_E_ARG);
	smtptls_conn_free(conn);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_refuses),
		cmocka_unit_test(test_null_is_refused),
		cmocka_unit_test(test_set_verify_refuses),
		cmocka_unit_test(test_set_peer_refuses),
		cmocka_unit_test(test_input_refuses),
		cmocka_unit_test(test_output_refuses),
		cmocka_unit_test(test_abort_refuses),
		cmocka_unit_test(test_starttls_waits),
		cmocka_unit_test(test_abort_errno),
		cmocka_unit_test(test_ports_in_the_clear),
		cmocka_unit_test(test_end_of_input_in_the_clear),
		cmocka_unit_test(test_input_behind_the_end_is_dropped),
		cmocka_unit_test(test_ports_in_the_handshake),
		cmocka_unit_test(test_ports_under_tls),
		cmocka_unit_test(test_ports_when_closed),
		cmocka_unit_test(test_ports_when_failed),
		cmocka_unit_test(test_starttls_dialogue),
		cmocka_unit_test(test_starttls_without_certificate),
		cmocka_unit_test(test_starttls_of_a_client),
		cmocka_unit_test(test_implicit_tls_is_at_byte_zero),
		cmocka_unit_test(test_client_with_unread_input),
		cmocka_unit_test(test_implicit_tls_banner),
		cmocka_unit_test(test_starttls_answered),
	};

	return cmocka_run_group_tests_name("conn", tests, NULL, NULL);
}
