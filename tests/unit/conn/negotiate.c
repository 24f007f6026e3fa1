/* SPDX-License-Identifier: MIT */
/*
 * negotiate: the library speaks for a client, until TLS is on or has been ruled
 * out.
 *
 * A server's replies are written in segments, each ended by '^'; a segment is
 * fed when the one before has been answered. Names like C-STL-17 are rows of
 * tests/data/behaviour.tsv, others are public reports about other programs. The
 * dialogue alone is tested in ../smtp/dialogue.c, and what holds for every
 * split and every injection in negotiate_laws.c.
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

#include "../help/peer.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define IN	     SMTPTLS_NET_IN
#define OUT	     SMTPTLS_NET_OUT
#define APP_IN	     SMTPTLS_APP_IN
#define APP_OUT	     SMTPTLS_APP_OUT
#define OPTIONAL     SMTPTLS_TLS_OPTIONAL

#define GREET	     "220 mx.example.org ESMTP\r\n^"
#define OFFER	     "250-mx.example.org\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n^"
#define GO	     "220 go\r\n^"

#define EHLO	     "EHLO a.example\r\n"
#define STARTTLS     "STARTTLS\r\n"

static const char *const versions[] = { PEER_TLS12, PEER_TLS13 };

static struct smtptls_config *config;
static const struct testcert *cert;

static int set_up(void **state)
{
	(void)state;
	config = peer_config(NULL, 0, 1);
	cert = testcert_server(peer_ca(), TESTCERT_ECDSA, "mx.example.org");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	smtptls_config_unref(config);
	return 0;
}

/* A client for which nothing has been chosen. */
static struct smtptls_conn *raw_client(void)
{
	struct smtptls_conn *conn;

	assert_int_equal(smtptls_conn_new(&conn, config, SMTPTLS_CLIENT), 0);
	return conn;
}

static struct smtptls_conn *client(int mode, int flags)
{
	struct smtptls_conn *conn = raw_client();

	assert_int_equal(smtptls_conn_set_verify(conn, mode), 0);
	assert_int_equal(smtptls_conn_set_peer(conn, "mx.example.org"), 0);
	assert_int_equal(smtptls_conn_negotiate(conn, "a.example", flags), 0);
	return conn;
}

/* Feed segments, and append the answers to `said` until TLS is started. */
static void hear(struct smtptls_conn *conn, const char *server, char *said)
{
	const unsigned char *ptr;
	const char *end;
	size_t n;

	for (; *server; server = end + 1) {
		end = strchr(server, '^');
		assert_non_null(end);
		if (smtptls_conn_poll(conn) & IN)
			host_feed(conn, server, (size_t)(end - server));
		if (smtptls_conn_state(conn) == SMTPTLS_HANDSHAKE)
			continue;
		n = smtptls_conn_output(conn, &ptr);
		if (n > 0)
			strncat(said, (const char *)ptr, n);
		assert_int_equal(smtptls_conn_output_done(conn, n), 0);
	}
}

/* ---- a choice must have been made ---- */

static void check_forgotten(struct smtptls_conn *conn, int ret,
			    const char *sentence)
{
	struct smtptls_info info;
	const char *text;

	assert_int_equal(ret, SMTPTLS_E_CONFIG);
	assert_int_equal(smtptls_conn_error(conn, &text), SMTPTLS_E_CONFIG);
	assert_string_equal(text, sentence);
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_FAILED);
	assert_true(host_said(conn, ""));
	assert_int_equal(smtptls_conn_poll(conn), APP_IN);
	info = host_info(conn);
	assert_int_equal(info.stage, SMTPTLS_STAGE_NONE);
	assert_null(info.report);
	assert_string_equal(info.status, "4.3.5");
	assert_int_equal(info.retry, SMTPTLS_RETRY_NEVER);
	assert_int_equal(smtptls_conn_negotiate(conn, "a", 0),
			 SMTPTLS_E_CONFIG);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), SMTPTLS_E_CONFIG);
	smtptls_conn_free(conn);
}

static void test_nobody_forgets_to_choose(void **state)
{
	static const char unchosen[] =
		"how to verify the server was not chosen: call "
		"smtptls_conn_set_verify() with SMTPTLS_VERIFY_CA (by an "
		"authority and its name), SMTPTLS_VERIFY_DANE (by TLSA "
		"records), SMTPTLS_VERIFY_PIN (by a digest of its certificate "
		"or key), SMTPTLS_VERIFY_OPTIONAL (reported only) or "
		"SMTPTLS_VERIFY_NONE (any certificate)";
	static const char nameless[] = "SMTPTLS_VERIFY_CA needs the server's "
				       "name: call smtptls_conn_set_peer()";
	static const char softer[] =
		"SMTPTLS_TLS_OPTIONAL goes with SMTPTLS_VERIFY_NONE and "
		"SMTPTLS_VERIFY_OPTIONAL only: a server cannot prove its "
		"identity in the clear";
	struct smtptls_conn *conn;
	int negotiates;

	(void)state;
	for (negotiates = 0; negotiates < 2; negotiates++) {
		conn = raw_client();
		assert_int_equal(smtptls_conn_set_peer(conn, "mx.example.org"),
				 0);
		check_forgotten(conn,
				negotiates
					? smtptls_conn_negotiate(conn, "a", 0)
					: smtptls_conn_start_tls(conn, 0),
				unchosen);
		conn = raw_client();
		assert_int_equal(
			smtptls_conn_set_verify(conn, SMTPTLS_VERIFY_CA), 0);
		check_forgotten(conn,
				negotiates
					? smtptls_conn_negotiate(conn, "a", 0)
					: smtptls_conn_start_tls(conn, 0),
				nameless);
	}
	conn = raw_client();
	assert_int_equal(smtptls_conn_set_peer(conn, "mx.example.org"), 0);
	assert_int_equal(smtptls_conn_set_verify(conn, SMTPTLS_VERIFY_CA), 0);
	check_forgotten(conn, smtptls_conn_negotiate(conn, "a", OPTIONAL),
			softer);
	/* a refused choice does not count */
	conn = raw_client();
	assert_int_equal(smtptls_conn_set_verify(conn, -1), SMTPTLS_E_ARG);
	check_forgotten(conn, smtptls_conn_negotiate(conn, "a", 0), unchosen);
}

/* ---- what it refuses ---- */

static void test_refuses(void **state)
{
	struct smtptls_conn *conn =
		peer_conn(smtptls_config_ref(config), SMTPTLS_SERVER);

	(void)state;
	assert_int_equal(smtptls_conn_negotiate(conn, "a", 0), SMTPTLS_E_ARG);
	smtptls_conn_free(conn);
	conn = raw_client();
	assert_int_equal(smtptls_conn_set_verify(conn, SMTPTLS_VERIFY_NONE), 0);
	assert_int_equal(smtptls_conn_negotiate(NULL, "a", 0), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_negotiate(conn, NULL, 0), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_negotiate(conn, "a", 4), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_negotiate(conn, "a", -1), SMTPTLS_E_ARG);
	/* none of it has changed anything */
	assert_int_equal(smtptls_conn_poll(conn), IN | APP_OUT);
	assert_int_equal(smtptls_conn_negotiate(conn, "a", 3), 0);
	/* and now the library speaks first */
	assert_int_equal(smtptls_conn_negotiate(conn, "a", 3), SMTPTLS_E_STATE);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), SMTPTLS_E_STATE);
	assert_int_equal(smtptls_conn_set_verify(conn, SMTPTLS_VERIFY_NONE),
			 SMTPTLS_E_STATE);
	assert_int_equal(smtptls_conn_set_peer(conn, "a"), SMTPTLS_E_STATE);
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_PLAIN);
	assert_int_equal(smtptls_conn_close(conn), 0);
	assert_int_equal(smtptls_conn_negotiate(conn, "a", 0), SMTPTLS_E_STATE);
	assert_int_equal(smtptls_conn_poll(conn), 0);
	smtptls_conn_free(conn);
}

/* A host that ignores the result does not start TLS by that. */
static void test_name(void **state)
{
	static const char *const names[] = { "", "a b", "a\r\nRSET", "\xc3" };
	struct smtptls_conn *conn;
	const char *text;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(names); i++) {
		conn = raw_client();
		assert_int_equal(
			smtptls_conn_set_verify(conn, SMTPTLS_VERIFY_NONE), 0);
		assert_int_equal(smtptls_conn_negotiate(conn, names[i], 0),
				 SMTPTLS_E_SYNTAX);
		assert_int_equal(smtptls_conn_start_tls(conn, 0),
				 SMTPTLS_E_SYNTAX);
		assert_int_equal(smtptls_conn_error(conn, &text),
				 SMTPTLS_E_SYNTAX);
		assert_non_null(strstr(text, "give one in ASCII"));
		assert_int_equal(smtptls_conn_poll(conn), APP_IN);
		smtptls_conn_free(conn);
	}
}

static void test_only_before_all_else(void **state)
{
	struct smtptls_conn *conn =
		peer_conn(smtptls_config_ref(config), SMTPTLS_CLIENT);

	(void)state;
	assert_int_equal(smtptls_conn_write(conn, "NOOP\r\n", 6), 6);
	assert_int_equal(smtptls_conn_negotiate(conn, "a", 0), SMTPTLS_E_STATE);
	smtptls_conn_free(conn);
	conn = peer_conn(smtptls_config_ref(config), SMTPTLS_CLIENT);
	host_feed(conn, "220 x\r\n", 7);
	assert_true(host_reads(conn, "220 x\r\n"));
	assert_int_equal(smtptls_conn_negotiate(conn, "a", 0), SMTPTLS_E_STATE);
	smtptls_conn_free(conn);
	conn = peer_conn(smtptls_config_ref(config), SMTPTLS_CLIENT);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	assert_int_equal(smtptls_conn_negotiate(conn, "a", 0), SMTPTLS_E_STATE);
	smtptls_conn_free(conn);
	/* input from before the call is processed */
	conn = peer_conn(smtptls_config_ref(config), SMTPTLS_CLIENT);
	host_feed(conn, "220-x\r\n220 y\r\n", 14);
	assert_int_equal(smtptls_conn_negotiate(conn, "a", 0), 0);
	assert_true(host_said(conn, "EHLO a\r\n"));
	smtptls_conn_free(conn);
	conn = peer_conn(smtptls_config_ref(config), SMTPTLS_CLIENT);
	host_feed(conn, "220 x\r\n2", 8);
	assert_int_equal(smtptls_conn_negotiate(conn, "a", 0),
			 SMTPTLS_E_INJECTION);
	smtptls_conn_free(conn);
	conn = peer_conn(smtptls_config_ref(config), SMTPTLS_CLIENT);
	assert_int_equal(smtptls_conn_input_eof(conn), 0);
	assert_int_equal(smtptls_conn_negotiate(conn, "a", 0),
			 SMTPTLS_E_TRUNCATED);
	smtptls_conn_free(conn);
}

static void test_ports(void **state)
{
	struct smtptls_conn *conn = client(SMTPTLS_VERIFY_CA, 0);

	(void)state;
	assert_int_equal(smtptls_conn_poll(conn), IN);
	assert_int_equal(host_info(conn).stage, SMTPTLS_STAGE_GREETING);
	host_feed(conn, "220-x\r\n220", 10);
	assert_int_equal(smtptls_conn_poll(conn), IN);
	assert_int_equal(host_read_byte(conn), SMTPTLS_E_AGAIN);
	assert_int_equal(smtptls_conn_write(conn, "QUIT\r\n", 6),
			 SMTPTLS_E_AGAIN);
	host_feed(conn, " y\r\n", 4);
	assert_int_equal(smtptls_conn_poll(conn), IN | OUT);
	assert_int_equal(host_info(conn).stage, SMTPTLS_STAGE_EHLO);
	assert_true(host_said(conn, EHLO));
	assert_int_equal(smtptls_conn_poll(conn), IN);
	host_feed(conn, "250-x\r\n250 STARTTLS\r\n", 21);
	assert_int_equal(host_info(conn).stage, SMTPTLS_STAGE_STARTTLS);
	assert_true(host_said(conn, STARTTLS));
	host_feed(conn, "220 x\r\n", 7);
	assert_int_equal(host_info(conn).stage, SMTPTLS_STAGE_HANDSHAKE);
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_HANDSHAKE);
	assert_int_equal(smtptls_conn_poll(conn), IN | OUT);
	smtptls_conn_free(conn);
}

/* ---- TLS ---- */

/*
 * The first thing sent under TLS is the host's EHLO, and the host gets none of
 * the plaintext: C-CTL-08, C-INJ-09; KumoMTA 61, mailio 214, mail-dmarc 129.
 */
static void to_tls(const char *version, int mode, int flags, const char *hello)
{
	struct peer *server = peer_server(version, cert);
	struct smtptls_conn *conn = client(mode, flags);
	struct smtptls_info info;
	char said[128] = "", wanted[128];

	hear(conn, GREET OFFER GO, said);
	(void)snprintf(wanted, sizeof(wanted), "%s a.example\r\n" STARTTLS,
		       hello);
	assert_string_equal(said, wanted);
	peer_run(server, conn);
	assert_int_equal(server->result, 0);
	assert_int_equal(smtptls_conn_tls_enabled(conn), 1);
	assert_int_equal(host_read_byte(conn), SMTPTLS_E_AGAIN);
	assert_int_equal(smtptls_conn_write(conn, EHLO, strlen(EHLO)),
			 strlen(EHLO));
	peer_run(server, conn);
	assert_true(peer_queue_is(&server->heard, EHLO));
	/* C-INJ-11: a second offer is passed to the host, and not taken up */
	peer_say(server, "250-mx\r\n250 STARTTLS\r\n");
	peer_run(server, conn);
	assert_true(host_reads(conn, "250-mx\r\n250 STARTTLS\r\n"));
	assert_int_equal(smtptls_conn_poll(conn) & OUT, 0);
	info = host_info(conn);
	assert_int_equal(info.stage, SMTPTLS_STAGE_TLS);
	assert_int_equal(info.reason, 0);
	assert_int_equal(info.retry, 0);
	assert_int_equal(info.harmless, 0);
	assert_int_equal(info.reply_code, 0);
	assert_null(info.reply_text);
	assert_null(info.report);
	assert_null(info.status);
	assert_int_equal(info.verify, mode == SMTPTLS_VERIFY_NONE ? 0 : 1);
	peer_free(server);
	smtptls_conn_free(conn);
}

static void test_to_tls(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(versions); i++) {
		to_tls(versions[i], SMTPTLS_VERIFY_CA, 0, "EHLO");
		to_tls(versions[i], SMTPTLS_VERIFY_CA, SMTPTLS_LHLO, "LHLO");
		to_tls(versions[i], SMTPTLS_VERIFY_OPTIONAL, OPTIONAL, "EHLO");
		to_tls(versions[i], SMTPTLS_VERIFY_NONE, 0, "EHLO");
	}
}

/* C-INJ-12, C-INJ-13: bytes injected into the TLS session. */
static void test_injection_under_tls(void **state)
{
	struct peer *server;
	struct smtptls_conn *conn;
	char said[128];
	int closes;

	(void)state;
	for (closes = 0; closes < 2; closes++) {
		server = peer_server(PEER_TLS13, cert);
		conn = client(SMTPTLS_VERIFY_CA, 0);
		said[0] = '\0';
		hear(conn, GREET OFFER GO, said);
		peer_run(server, conn);
		assert_int_equal(smtptls_conn_tls_enabled(conn), 1);
		if (closes)
			assert_int_equal(
				gnutls_bye(server->tls, GNUTLS_SHUT_WR), 0);
		peer_inject(server, "250 ok\r\n250 ok\r\n", 16);
		peer_run(server, conn);
		assert_int_equal(host_read_byte(conn),
				 closes ? 0 : SMTPTLS_E_PROTOCOL);
		assert_true(host_read_byte(conn) <= 0);
		assert_int_equal(smtptls_conn_write(conn, "x", 1),
				 closes ? SMTPTLS_E_STATE : SMTPTLS_E_PROTOCOL);
		peer_free(server);
		smtptls_conn_free(conn);
	}
}

/* nodemailer 1835: one rule for all ways into TLS. */
static void test_implicit_tls_says_nothing_in_the_clear(void **state)
{
	struct smtptls_conn *conn =
		peer_conn(smtptls_config_ref(config), SMTPTLS_CLIENT);
	const unsigned char *ptr;

	(void)state;
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	assert_true(smtptls_conn_output(conn, &ptr) > 0);
	assert_int_equal(ptr[0], 0x16);
	assert_int_equal(smtptls_conn_write(conn, EHLO, 6), SMTPTLS_E_AGAIN);
	smtptls_conn_free(conn);
}

/* ---- the dialogue fails ---- */

#define NEVER	      SMTPTLS_RETRY_NEVER
#define LATER	      SMTPTLS_RETRY_LATER_TLS
#define CLEAR	      SMTPTLS_RETRY_NEW_CONNECTION_CLEAR
#define NO_TLS_REPORT "starttls-not-supported"

static const struct failure {
	const char *id;
	const char *server;
	int end; /* after the script: 0, -1 for the end of input, or an abort */
	int error, reason, stage;
	const char *report, *status;
	int retry, retry_optional;
	int reply_code;
	const char *reply_text;
} failures[] = {
	{ "C-GRT-01", "554 5.7.1 \xff\r\n^", 0, SMTPTLS_E_SMTP_REPLY,
	  SMTPTLS_REASON_SMTP_REFUSED, SMTPTLS_STAGE_GREETING, NULL, "5.5.0",
	  NEVER, NEVER, 554, "554 5.7.1 \\xff" },
	{ "C-GRT-02", "421-x\r\n421 y\r\n^", 0, SMTPTLS_E_SMTP_REPLY,
	  SMTPTLS_REASON_SMTP_REFUSED, SMTPTLS_STAGE_GREETING, NULL, "4.5.0",
	  LATER, LATER, 421, "421 y" },
	{ "C-GRT-07", "250 x\r\n^", 0, SMTPTLS_E_SMTP_REPLY,
	  SMTPTLS_REASON_SMTP_REFUSED, SMTPTLS_STAGE_GREETING, NULL, "4.5.0",
	  LATER, LATER, 250, "250 x" },
	{ "C-GRT-11", "HTTP/1.1 400 Bad Request\r\n^", 0, SMTPTLS_E_PROTOCOL,
	  SMTPTLS_REASON_HTTP, SMTPTLS_STAGE_GREETING, NULL, "4.5.0", LATER,
	  LATER, 0, NULL },
	{ "C-GRT-15", "220 x\r\n250 STARTTLS\r\n^", 0, SMTPTLS_E_INJECTION,
	  SMTPTLS_REASON_INJECTION, SMTPTLS_STAGE_GREETING,
	  "validation-failure", "4.7.0", NEVER, NEVER, 0, NULL },
	{ "C-GRT-16", "", -1, SMTPTLS_E_TRUNCATED, SMTPTLS_REASON_CLOSED,
	  SMTPTLS_STAGE_GREETING, NULL, "4.4.2", LATER, LATER, 0, NULL },
	{ "C-SLO-03", "", SMTPTLS_E_TIMEOUT, SMTPTLS_E_TIMEOUT,
	  SMTPTLS_REASON_TIMEOUT, SMTPTLS_STAGE_GREETING, NULL, "4.4.2", LATER,
	  LATER, 0, NULL },
	{ "C-EHL-14", GREET "250-x\r\n250-STARTTLS\r\n^", -1,
	  SMTPTLS_E_TRUNCATED, SMTPTLS_REASON_CLOSED, SMTPTLS_STAGE_EHLO, NULL,
	  "4.4.2", LATER, LATER, 0, NULL },
	{ "C-EHL-40", GREET "250-^", -1, SMTPTLS_E_TRUNCATED,
	  SMTPTLS_REASON_CLOSED, SMTPTLS_STAGE_EHLO, NULL, "4.4.2", LATER,
	  LATER, 0, NULL },
	{ "C-SLO-04", GREET "250-x^", SMTPTLS_E_TIMEOUT, SMTPTLS_E_TIMEOUT,
	  SMTPTLS_REASON_TIMEOUT, SMTPTLS_STAGE_EHLO, NULL, "4.4.2", LATER,
	  LATER, 0, NULL },
	{ "C-EHL-24", GREET "550 no\r\n^", 0, SMTPTLS_E_SMTP_REPLY,
	  SMTPTLS_REASON_SMTP_REFUSED, SMTPTLS_STAGE_EHLO, NULL, "5.5.0", NEVER,
	  NEVER, 550, "550 no" },
	{ "C-EHL-26", GREET "421 no\r\n^", 0, SMTPTLS_E_SMTP_REPLY,
	  SMTPTLS_REASON_SMTP_REFUSED, SMTPTLS_STAGE_EHLO, NULL, "4.5.0", LATER,
	  LATER, 421, "421 no" },
	{ "C-EHL-33", GREET "+OK STARTTLS\r\n^", 0, SMTPTLS_E_PROTOCOL,
	  SMTPTLS_REASON_NO_SMTP, SMTPTLS_STAGE_EHLO, NULL, "4.5.0", LATER,
	  LATER, 0, NULL },
	{ "C-STL-08", GREET OFFER "421 no\r\n^", 0, SMTPTLS_E_SMTP_REPLY,
	  SMTPTLS_REASON_SMTP_REFUSED, SMTPTLS_STAGE_STARTTLS, NULL, "4.5.0",
	  LATER, LATER, 421, "421 no" },
	{ "C-STL-12", GREET OFFER "250 x\r\n^", 0, SMTPTLS_E_REFUSED,
	  SMTPTLS_REASON_STARTTLS_REFUSED, SMTPTLS_STAGE_STARTTLS,
	  NO_TLS_REPORT, "4.7.0", LATER, CLEAR, 250, "250 x" },
	{ "C-STL-16", GREET OFFER "220-x\r\n454 no\r\n^", 0, SMTPTLS_E_PROTOCOL,
	  SMTPTLS_REASON_NO_SMTP, SMTPTLS_STAGE_STARTTLS, NULL, "4.5.0", LATER,
	  CLEAR, 0, NULL },
	{ "C-STL-19", GREET OFFER, -1, SMTPTLS_E_TRUNCATED,
	  SMTPTLS_REASON_CLOSED, SMTPTLS_STAGE_STARTTLS, NULL, "4.4.2", LATER,
	  CLEAR, 0, NULL },
	{ "silent at STARTTLS", GREET OFFER, SMTPTLS_E_TIMEOUT,
	  SMTPTLS_E_TIMEOUT, SMTPTLS_REASON_TIMEOUT, SMTPTLS_STAGE_STARTTLS,
	  NULL, "4.4.2", LATER, CLEAR, 0, NULL },
	{ "C-INJ-01", GREET OFFER "220 go\r\n250-x\r\n250 AUTH PLAIN\r\n^", 0,
	  SMTPTLS_E_INJECTION, SMTPTLS_REASON_INJECTION, SMTPTLS_STAGE_STARTTLS,
	  "validation-failure", "4.7.0", NEVER, NEVER, 0, NULL },
	{ "host's own error", GREET, SMTPTLS_E_LIMIT, SMTPTLS_E_LIMIT,
	  SMTPTLS_REASON_NO_SMTP, SMTPTLS_STAGE_EHLO, NULL, "4.5.2", NEVER,
	  NEVER, 0, NULL },
};

static void end_by(struct smtptls_conn *conn, int end)
{
	if (end == -1)
		(void)smtptls_conn_input_eof(conn);
	else if (end)
		assert_int_equal(smtptls_conn_abort(conn, end), 0);
}

static void assert_same(const char *a, const char *b)
{
	if (!b)
		assert_null(a);
	else
		assert_string_equal(a, b);
}

static void check_failed(struct smtptls_conn *conn, const struct failure *row,
			 int retry)
{
	struct smtptls_info info = host_info(conn);
	const unsigned char *ptr;
	const char *text;

	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_FAILED);
	assert_int_equal(smtptls_conn_error(conn, &text), row->error);
	assert_true(strlen(text) > 20);
	assert_int_equal(info.reason, row->reason);
	assert_int_equal(info.stage, row->stage);
	assert_same(info.report, row->report);
	assert_same(info.status, row->status);
	assert_int_equal(info.retry, retry);
	assert_int_equal(info.harmless, 0);
	assert_int_equal(info.reply_code, row->reply_code);
	assert_same(info.reply_text, row->reply_text);
	/* no input is handed out, and nothing more is sent */
	assert_int_equal(host_read_byte(conn), row->error);
	assert_int_equal(smtptls_conn_write(conn, "x", 1), row->error);
	assert_int_equal(smtptls_conn_output(conn, &ptr), 0);
	assert_int_equal(smtptls_conn_poll(conn), 0);
}

static void test_failures(void **state)
{
	struct smtptls_conn *conn;
	char said[128];
	size_t i;
	int optional;

	(void)state;
	for (i = 0; i < COUNT(failures); i++) {
		print_message("%s\n", failures[i].id);
		for (optional = 0; optional < 2; optional++) {
			conn = client(SMTPTLS_VERIFY_OPTIONAL,
				      optional ? OPTIONAL : 0);
			said[0] = '\0';
			hear(conn, failures[i].server, said);
			end_by(conn, failures[i].end);
			check_failed(conn, &failures[i],
				     optional ? failures[i].retry_optional
					      : failures[i].retry);
			smtptls_conn_free(conn);
		}
	}
}

/* Where TLS is required; emailjs 13: it is required by default. */
static void test_required(void **state)
{
	static const struct failure rows[] = {
		{ "C-EHL-01", GREET "250-x\r\n250 AUTH PLAIN\r\n^", 0,
		  SMTPTLS_E_NOT_OFFERED, SMTPTLS_REASON_NO_STARTTLS,
		  SMTPTLS_STAGE_EHLO, NO_TLS_REPORT, "4.7.4", LATER, 0, 0,
		  NULL },
		{ "C-EHL-05", GREET "250-x\r\n250 XXXXXXXA\r\n^", 0,
		  SMTPTLS_E_NOT_OFFERED, SMTPTLS_REASON_STARTTLS_MASKED,
		  SMTPTLS_STAGE_EHLO, NO_TLS_REPORT, "4.7.4", LATER, 0, 0,
		  NULL },
		{ "C-EHL-22", GREET "500 no\r\n^", 0, SMTPTLS_E_SMTP_REPLY,
		  SMTPTLS_REASON_SMTP_REFUSED, SMTPTLS_STAGE_EHLO, NULL,
		  "5.5.0", NEVER, 0, 500, "500 no" },
		{ "C-STL-01", GREET OFFER "454 4.7.0 no\r\n^", 0,
		  SMTPTLS_E_REFUSED, SMTPTLS_REASON_STARTTLS_REFUSED,
		  SMTPTLS_STAGE_STARTTLS, NO_TLS_REPORT, "4.7.0", LATER, 0, 454,
		  "454 4.7.0 no" },
	};
	struct smtptls_conn *conn;
	char said[128] = "";
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		print_message("%s\n", rows[i].id);
		conn = client(SMTPTLS_VERIFY_CA, 0);
		hear(conn, rows[i].server, said);
		check_failed(conn, &rows[i], rows[i].retry);
		smtptls_conn_free(conn);
	}
}

/* ---- it continues in plaintext ---- */

static void test_in_the_clear(void **state)
{
	static const struct {
		const char *id, *server;
		int reason, reply_code;
		const char *reply_text;
	} rows[] = {
		{ "C-EHL-01", GREET "250-x\r\n250 AUTH PLAIN\r\n^",
		  SMTPTLS_REASON_NO_STARTTLS, 0, NULL },
		{ "C-EHL-05", GREET "250-x\r\n250 XXXXXXXA\r\n^",
		  SMTPTLS_REASON_STARTTLS_MASKED, 0, NULL },
		{ "C-EHL-23", GREET "502 no\r\n^250 x\r\n^",
		  SMTPTLS_REASON_NO_STARTTLS, 0, NULL },
		{ "C-STL-01", GREET OFFER "454 4.7.0 no\r\n^",
		  SMTPTLS_REASON_STARTTLS_REFUSED, 454, "454 4.7.0 no" },
	};
	struct smtptls_conn *conn;
	struct smtptls_info info;
	char said[128] = "";
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		print_message("%s\n", rows[i].id);
		conn = client(SMTPTLS_VERIFY_NONE, OPTIONAL);
		hear(conn, rows[i].server, said);
		assert_int_equal(smtptls_conn_error(conn, NULL), 0);
		assert_int_equal(smtptls_conn_state(conn), SMTPTLS_PLAIN);
		assert_int_equal(smtptls_conn_tls_enabled(conn), 0);
		assert_int_equal(smtptls_conn_poll(conn), IN | APP_OUT);
		info = host_info(conn);
		assert_int_equal(info.reason, rows[i].reason);
		assert_int_equal(info.stage, SMTPTLS_STAGE_NONE);
		assert_int_equal(info.reply_code, rows[i].reply_code);
		assert_same(info.reply_text, rows[i].reply_text);
		assert_string_equal(info.report, NO_TLS_REPORT);
		assert_null(info.status);
		assert_int_equal(info.retry, 0);
		/*
		 * the host sends EHLO itself, and reads only what comes from
		 * now on
		 */
		assert_int_equal(host_read_byte(conn), SMTPTLS_E_AGAIN);
		assert_int_equal(smtptls_conn_write(conn, EHLO, strlen(EHLO)),
				 strlen(EHLO));
		assert_true(host_said(conn, EHLO));
		host_feed(conn, "250-x\r\n250 y\r\n", 14);
		assert_true(host_reads(conn, "250-x\r\n"));
		assert_true(host_reads(conn, "250 y\r\n"));
		/* after QUIT, the end of the connection is no error */
		assert_int_equal(smtptls_conn_abort(conn, SMTPTLS_E_IO), 0);
		assert_int_equal(host_info(conn).harmless, 1);
		smtptls_conn_free(conn);
	}
}

/* ---- the handshake fails ---- */

enum deed { CUT, STALL, ALERT, PLAIN, AHEAD, RESET, GARBAGE, FLOOD, DEEDS };

static void do_deed(struct smtptls_conn *conn, int deed)
{
	static const char alert[] = "\x15\3\3\0\2\2\x28";
	static const char garbage[] = "\x16\3\3\0\4\2\0\0\0";
	static const char forged[] = "250-x\r\n250 AUTH PLAIN LOGIN\r\n";
	static const char ahead[] = "250 x\r\n\x16\3\3\0\x7a\2\0\0\x76\3\3";
	int i;

	switch (deed) {
	case CUT:
		(void)smtptls_conn_input_eof(conn);
		break;
	case STALL:
		assert_int_equal(smtptls_conn_abort(conn, SMTPTLS_E_TIMEOUT),
				 0);
		break;
	case ALERT:
		host_feed(conn, alert, sizeof(alert) - 1);
		break;
	case PLAIN:
		host_feed(conn, forged, sizeof(forged) - 1);
		break;
	case AHEAD:
		host_feed(conn, ahead, sizeof(ahead) - 1);
		break;
	case RESET:
		assert_int_equal(smtptls_conn_abort(conn, SMTPTLS_E_IO), 0);
		break;
	case GARBAGE:
		host_feed(conn, garbage, sizeof(garbage) - 1);
		break;
	default:
		/* a warning alert and another */
		for (i = 0; i < 10 && smtptls_conn_poll(conn) & IN; i++)
			host_feed(conn, "\x15\3\3\0\2\1\x5a", 7);
		break;
	}
}

/*
 * All of these are failed handshakes; what may be tried next depends on what
 * was chosen, and never happens on this connection: KumoMTA 577, gen_smtp 134
 * (a stall is a failure); KumoMTA 67, Haraka 2785, Stalwart 61, OpenSMTPD 388,
 * zotonic 3695 (opportunistic, and stuck for ever).
 */
static void check_handshake(int deed, int mode, int flags)
{
	struct smtptls_conn *conn = client(mode, flags);
	struct smtptls_info info;
	const unsigned char *ptr;
	char said[128] = "";
	const char *text;
	size_t n;

	hear(conn, GREET OFFER GO, said);
	n = smtptls_conn_output(conn, &ptr);
	assert_int_equal(smtptls_conn_output_done(conn, n), 0);
	do_deed(conn, deed);
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_FAILED);
	assert_true(smtptls_conn_error(conn, &text) < 0);
	assert_string_not_equal(text, "");
	info = host_info(conn);
	assert_int_equal(info.stage, SMTPTLS_STAGE_HANDSHAKE);
	assert_string_equal(info.report, "validation-failure");
	assert_string_equal(info.status, "4.7.5");
	assert_int_equal(info.harmless, 0);
	assert_int_equal(info.retry, flags & OPTIONAL ? CLEAR : LATER);
	/* an alert at most, and never plaintext */
	n = smtptls_conn_output(conn, &ptr);
	assert_true(n == 0 || (n == 7 && ptr[0] == 0x15));
	assert_int_equal(smtptls_conn_output_done(conn, n), 0);
	assert_true(host_read_byte(conn) < 0);
	assert_true(smtptls_conn_write(conn, "MAIL\r\n", 6) < 0);
	assert_true(host_said(conn, ""));
	smtptls_conn_free(conn);
}

static void test_handshake_fails(void **state)
{
	int deed;

	(void)state;
	print_message("C-STL-17, C-STL-18, C-STL-20, C-INJ-03, C-INJ-04, "
		      "C-SLO-01\n");
	for (deed = 0; deed < DEEDS; deed++) {
		check_handshake(deed, SMTPTLS_VERIFY_NONE, OPTIONAL);
		check_handshake(deed, SMTPTLS_VERIFY_OPTIONAL, OPTIONAL);
		check_handshake(deed, SMTPTLS_VERIFY_NONE, 0);
		check_handshake(deed, SMTPTLS_VERIFY_OPTIONAL, 0);
		check_handshake(deed, SMTPTLS_VERIFY_CA, 0);
	}
}

/* A failure on this side is not the server's failure. */
static void test_own_trouble_is_not_reported(void **state)
{
	struct smtptls_conn *conn = client(SMTPTLS_VERIFY_CA, 0);
	char said[128] = "";

	(void)state;
	hear(conn, GREET OFFER GO, said);
	assert_int_equal(smtptls_conn_abort(conn, SMTPTLS_E_NOMEM), 0);
	assert_null(host_info(conn).report);
	assert_string_equal(host_info(conn).status, "4.3.0");
	smtptls_conn_free(conn);
}

/* ---- verification ---- */

/*
 * A wrong name ends a connection that requires verification, without a
 * fallback, and stops no other: suitenumerique messages 687.
 */
static void test_verification(void **state)
{
	static const int modes[] = { SMTPTLS_VERIFY_NONE,
				     SMTPTLS_VERIFY_OPTIONAL,
				     SMTPTLS_VERIFY_CA };
	const struct testcert *other =
		testcert_server(peer_ca(), TESTCERT_ECDSA, "mx2.example.org");
	struct smtptls_conn *conn;
	struct smtptls_info info;
	struct peer *server;
	char said[128];
	size_t i, v;

	(void)state;
	for (i = 0; i < COUNT(modes) * COUNT(versions); i++) {
		v = i % COUNT(versions);
		conn = client(modes[i / 2],
			      modes[i / 2] < SMTPTLS_VERIFY_CA ? OPTIONAL : 0);
		server = peer_server(versions[v], other);
		said[0] = '\0';
		hear(conn, GREET OFFER GO, said);
		peer_run(server, conn);
		info = host_info(conn);
		if (modes[i / 2] < SMTPTLS_VERIFY_CA) {
			assert_int_equal(smtptls_conn_tls_enabled(conn), 1);
			assert_int_equal(info.stage, SMTPTLS_STAGE_TLS);
		} else {
			assert_int_equal(smtptls_conn_error(conn, NULL),
					 SMTPTLS_E_CERT_NAME);
			assert_int_equal(info.stage,
					 SMTPTLS_STAGE_VERIFICATION);
			assert_string_equal(info.report,
					    "certificate-host-mismatch");
			assert_string_equal(info.status, "4.7.5");
			assert_int_equal(info.retry, NEVER);
			assert_int_equal(info.harmless, 0);
		}
		peer_free(server);
		smtptls_conn_free(conn);
	}
}

/* A server has nothing to report or retry, but QUIT is QUIT. */
static void test_outcome_of_servers(void **state)
{
	struct smtptls_conn *conn =
		peer_conn(peer_config(NULL, 1, 0), SMTPTLS_SERVER);

	(void)state;
	assert_int_equal(host_info(conn).stage, SMTPTLS_STAGE_NONE);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	assert_int_equal(host_info(conn).stage, SMTPTLS_STAGE_HANDSHAKE);
	(void)smtptls_conn_input_eof(conn);
	assert_int_equal(smtptls_conn_error(conn, NULL), SMTPTLS_E_TRUNCATED);
	assert_int_equal(host_info(conn).harmless, 0);
	assert_int_equal(host_info(conn).retry, 0);
	assert_null(host_info(conn).report);
	assert_null(host_info(conn).status);
	smtptls_conn_free(conn);
}

/* ---- limits ---- */

/* C-GRT-12 to C-GRT-14, C-EHL-16 to C-EHL-18, C-INJ-07. */
static void test_bounds(void **state)
{
	static const char *const starts[] = { "", "220-x\r\n", GREET "250-x",
					      GREET OFFER "220-" };
	static const char *const pieces[] = { "x", "220-x\r\n", "\n",
					      "250-x\r\n" };
	struct smtptls_conn *conn;
	char said[128] = "", start[256];
	size_t i, j, fed;

	(void)state;
	for (i = 0; i < COUNT(starts) * COUNT(pieces); i++) {
		conn = client(SMTPTLS_VERIFY_NONE, OPTIONAL);
		strcpy(start, starts[i / COUNT(pieces)]);
		j = strlen(start);
		if (j > 0 && start[j - 1] != '^')
			strcat(start, "^");
		hear(conn, start, said);
		said[0] = '\0';
		for (fed = 0; smtptls_conn_poll(conn) & IN; fed += j) {
			j = strlen(pieces[i % COUNT(pieces)]);
			host_feed(conn, pieces[i % COUNT(pieces)], j);
			assert_true(fed < 66 * 1024);
			if (smtptls_conn_poll(conn) & (OUT | APP_OUT))
				break;
		}
		assert_true(smtptls_conn_state(conn) == SMTPTLS_FAILED);
		assert_true(smtptls_conn_error(conn, NULL) == SMTPTLS_E_LIMIT ||
			    smtptls_conn_error(conn, NULL) ==
				    SMTPTLS_E_PROTOCOL);
		smtptls_conn_free(conn);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nobody_forgets_to_choose),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_only_before_all_else),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_to_tls),
		cmocka_unit_test(test_injection_under_tls),
		cmocka_unit_test(test_implicit_tls_says_nothing_in_the_clear),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_required),
		cmocka_unit_test(test_in_the_clear),
		cmocka_unit_test(test_handshake_fails),
		cmocka_unit_test(test_own_trouble_is_not_reported),
		cmocka_unit_test(test_verification),
		cmocka_unit_test(test_outcome_of_servers),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests_name("negotiate", tests, set_up,
					   tear_down);
}
