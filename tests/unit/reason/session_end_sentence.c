/* SPDX-License-Identifier: MIT */
/*
 * How a session ended, in sentences: each over a connection with GnuTLS on the
 * other side, or from constructed facts where no peer behaves that way.
 */
#include <errno.h>
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
#include "reason/session_end_sentence.h"
#include "reason/system_error.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define LOG	     ": its own log says why"
#define PATH                                                                   \
	": look for packets lost on the way (a firewall, the MTU), or allow "  \
	"more time"

/* Where no input came at all, and nothing was sent in plaintext. */
#define GREETING                                                               \
	": if it waits for a greeting in the clear, set it to implicit TLS, "  \
	"or to a port for STARTTLS; else look for lost packets"
#define GREETING_OR_PROBE                                                      \
	": it only probed the port, or waited for a greeting in the clear "    \
	"and "                                                                 \
	"must be set to implicit TLS, or to a port for STARTTLS"

static const char *const versions[] = { PEER_TLS12, PEER_TLS13 };

/* ---- connections ---- */

static struct smtptls_conn *server(void)
{
	struct smtptls_conn *conn =
		peer_conn(peer_config(NULL, 1, 1), SMTPTLS_SERVER);

	assert_int_equal(smtptls_conn_set_verify(conn, SMTPTLS_VERIFY_CA), 0);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	return conn;
}

static struct smtptls_conn *client(const char *priority)
{
	struct smtptls_conn *conn =
		peer_conn(peer_config(priority, 0, 1), SMTPTLS_CLIENT);

	assert_int_equal(smtptls_conn_set_peer(conn, "mx.example.org"), 0);
	assert_int_equal(smtptls_conn_set_verify(conn, SMTPTLS_VERIFY_CA), 0);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	return conn;
}

/* The same after STARTTLS. */
static struct smtptls_conn *server_behind_starttls(void)
{
	struct smtptls_conn *conn =
		peer_conn(peer_config(NULL, 1, 1), SMTPTLS_SERVER);

	host_feed(conn, "STARTTLS\r\n", 10);
	assert_true(host_reads(conn, "STARTTLS\r\n"));
	assert_int_equal(smtptls_conn_accept_starttls(conn, NULL, 0), 220);
	assert_true(host_said(conn, "220 2.0.0 Ready to start TLS\r\n"));
	return conn;
}

/* Check how the connection ended; frees it and the peer. */
static void check_end(struct smtptls_conn *conn, struct peer *peer, int error,
		      int reason, const char *sentence)
{
	const char *text;

	assert_int_equal(smtptls_conn_error(conn, &text), error);
	assert_string_equal(text, sentence);
	assert_int_equal(host_info(conn).reason, reason);
	smtptls_conn_free(conn);
	peer_free(peer);
}

/* Send the next record of the peer's output. */
static void send_record(struct peer *peer, struct smtptls_conn *conn)
{
	const unsigned char *held = peer_queue_data(&peer->out);
	size_t left = 5;

	assert_true(peer_queue_len(&peer->out) >= left);
	for (left += (size_t)held[3] << 8 | held[4]; left > 0;)
		left -= peer_send(peer, conn, left);
}

/* ---- closed, or silent ---- */

struct stop {
	int to_server;	      /* the peer is the client */
	const char *priority; /* of the peer */
	int records;	      /* of its first flight, then */
	int more;	      /* of its second, then */
	size_t bytes;	      /* of the next record */
	const char *when;
};

static const struct stop stops[] = {
	{ 1, PEER_TLS13, 0, 0, 0, "before its ClientHello" },
	{ 1, PEER_TLS13, 0, 0, 50, "within its ClientHello" },
	{ 1, PEER_TLS13, 1, 0, 0, "after this side's ServerHello..Finished" },
	{ 1, PEER_TLS13, 1, 2, 0, "after its Certificate" },
	{ 1, PEER_TLS13, 1, 3, 0, "after its CertificateVerify" },
	{ 1, PEER_TLS12, 1, 0, 0,
	  "after this side's ServerHello..ServerHelloDone" },
	{ 1, PEER_TLS12, 1, 1, 0, "after its Certificate" },
	{ 1, PEER_TLS12, 1, 2, 0, "after its ClientKeyExchange" },
	{ 1, PEER_TLS12, 1, 3, 20, "after its CertificateVerify" },
	{ 0, PEER_TLS13, 0, 0, 0, "after this side's ClientHello" },
	{ 0, PEER_TLS13, 0, 0, 3, "after this side's ClientHello" },
	{ 0, PEER_TLS13, 1, 0, 0, "after its ServerHello" },
	{ 0, PEER_TLS13, 3, 0, 0, "after its EncryptedExtensions" },
	{ 0, PEER_TLS12, 2, 0, 0, "after its Certificate" },
	{ 0, PEER_TLS12, 4, 0, 0, "after this side's Finished" },
	{ 0, PEER_TLS12, 4, 1, 0, "after its NewSessionTicket" },
};

static struct smtptls_conn *go_to(const struct stop *stop, struct peer **peer)
{
	const struct testcert *cert =
		stop->to_server
			? testcert_client(peer_ca(), TESTCERT_ECDSA, "client")
			: testcert_server(peer_ca(), TESTCERT_ECDSA,
					  "mx.example.org");
	struct smtptls_conn *conn = stop->to_server ? server() : client(NULL);
	int i;

	*peer = stop->to_server ? peer_client(stop->priority, cert)
				: peer_server(stop->priority, cert);
	while (peer_receive(*peer, conn, (size_t)-1) > 0)
		;
	peer_step(*peer);
	for (i = 0; i < stop->records; i++)
		send_record(*peer, conn);
	if (stop->more > 0) {
		while (peer_receive(*peer, conn, (size_t)-1) > 0)
			;
		peer_step(*peer);
	}
	for (i = 0; i < stop->more; i++)
		send_record(*peer, conn);
	assert_int_equal(peer_send(*peer, conn, stop->bytes), stop->bytes);
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_HANDSHAKE);
	return conn;
}

/* The server's certificate is the last message that the peer has seen. */
static int is_shown_last(const struct stop *stop)
{
	return stop->records == 1 && stop->more == 0;
}

static void closed(void **state)
{
	struct smtptls_conn *conn;
	struct peer *peer;
	char sentence[256];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(stops); i++) {
		conn = go_to(&stops[i], &peer);
		snprintf(sentence, sizeof(sentence),
			 "peer closed the connection %s%s", stops[i].when,
			 i == 0 ? GREETING_OR_PROBE
			 : stops[i].to_server && is_shown_last(&stops[i])
				 ? ": it may not trust the certificate's "
				   "authority \"CN=test CA\"; else its own "
				   "log says why"
				 : LOG);
		assert_int_equal(smtptls_conn_input_eof(conn),
				 SMTPTLS_E_TRUNCATED);
		check_end(conn, peer, SMTPTLS_E_TRUNCATED,
			  SMTPTLS_REASON_CLOSED, sentence);
	}
}

static void silent(void **state)
{
	struct smtptls_conn *conn;
	struct peer *peer;
	char sentence[256];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(stops); i++) {
		conn = go_to(&stops[i], &peer);
		snprintf(sentence, sizeof(sentence),
			 "peer was silent for too long %s%s", stops[i].when,
			 i == 0 ? GREETING : PATH);
		assert_int_equal(smtptls_conn_abort(conn, SMTPTLS_E_TIMEOUT),
				 0);
		check_end(conn, peer, SMTPTLS_E_TIMEOUT, SMTPTLS_REASON_TIMEOUT,
			  sentence);
	}
	/* With TLS on, or when the host itself aborts. */
	conn = peer_established(PEER_TLS13, &peer);
	assert_int_equal(smtptls_conn_abort(conn, SMTPTLS_E_TIMEOUT), 0);
	check_end(conn, peer, SMTPTLS_E_TIMEOUT, SMTPTLS_REASON_TIMEOUT,
		  smtptls_strerror(SMTPTLS_E_TIMEOUT));
	conn = go_to(&stops[2], &peer);
	assert_int_equal(smtptls_conn_abort(conn, SMTPTLS_E_REFUSED), 0);
	check_end(conn, peer, SMTPTLS_E_REFUSED, SMTPTLS_REASON_ENDED_HERE,
		  smtptls_strerror(SMTPTLS_E_REFUSED));
}

/* After STARTTLS nobody waits for a greeting. */
static void ended_behind_starttls(void **state)
{
	struct smtptls_conn *conn = server_behind_starttls();

	(void)state;
	assert_int_equal(smtptls_conn_input_eof(conn), SMTPTLS_E_TRUNCATED);
	check_end(conn, NULL, SMTPTLS_E_TRUNCATED, SMTPTLS_REASON_CLOSED,
		  "peer closed the connection after this side's 220, before "
		  "its ClientHello: a firewall in between that inspects SMTP "
		  "may cut TLS off, or the peer's log says why");
	conn = server_behind_starttls();
	assert_int_equal(smtptls_conn_abort_errno(conn, ECONNRESET), 0);
	check_end(conn, NULL, SMTPTLS_E_IO, SMTPTLS_REASON_CLOSED,
		  "peer reset the connection (ECONNRESET) after this side's "
		  "220, before its ClientHello: a firewall in between may be "
		  "the cause; else the peer's own log says why");
	conn = server_behind_starttls();
	assert_int_equal(smtptls_conn_abort(conn, SMTPTLS_E_TIMEOUT), 0);
	check_end(conn, NULL, SMTPTLS_E_TIMEOUT, SMTPTLS_REASON_TIMEOUT,
		  "peer was silent for too long after this side's 220, before "
		  "its ClientHello: a firewall in between that inspects SMTP "
		  "may hold TLS back; else look for lost packets, or allow "
		  "more time");
}

/* A server under TLS whose client has sent something. */
static struct smtptls_conn *heard(struct peer **peer)
{
	struct smtptls_conn *conn = peer_established(PEER_TLS13, peer);

	peer_say(*peer, "NOOP\r\n");
	peer_run(*peer, conn);
	assert_true(host_reads(conn, "NOOP\r\n"));
	return conn;
}

/* A network error sends no alert. */
static void broken(void **state)
{
	struct smtptls_conn *conn;
	struct peer *peer;
	char sentence[256];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(stops); i++) {
		conn = go_to(&stops[i], &peer);
		snprintf(sentence, sizeof(sentence),
			 "the connection broke %s: a firewall in between may "
			 "be the cause; else the peer's own log says why",
			 stops[i].when);
		assert_int_equal(smtptls_conn_abort(conn, SMTPTLS_E_IO), 0);
		assert_int_equal(host_info(conn).alert_sent, -1);
		check_end(conn, peer, SMTPTLS_E_IO, SMTPTLS_REASON_CLOSED,
			  sentence);
	}
	conn = heard(&peer);
	assert_int_equal(smtptls_conn_abort(conn, SMTPTLS_E_IO), 0);
	check_end(conn, peer, SMTPTLS_E_IO, SMTPTLS_REASON_TRUNCATED,
		  smtptls_strerror(SMTPTLS_E_IO));
}

/* The sentence names the host's errno, whatever the connection's state. */
static void system_error(void **state)
{
	static const char cure[] = ": a firewall in between may be the cause; "
				   "else the peer's own log says why";
	struct smtptls_conn *conn;
	struct peer *peer;
	char sentence[256];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(stops); i++) {
		conn = go_to(&stops[i], &peer);
		snprintf(sentence, sizeof(sentence),
			 "peer reset the connection (ECONNRESET) %s%s",
			 stops[i].when, cure);
		assert_int_equal(smtptls_conn_abort_errno(conn, ECONNRESET), 0);
		assert_int_equal(host_info(conn).alert_sent, -1);
		check_end(conn, peer, SMTPTLS_E_IO, SMTPTLS_REASON_CLOSED,
			  sentence);
	}
	conn = heard(&peer);
	assert_int_equal(smtptls_conn_abort_errno(conn, EPIPE), 0);
	/* the first error is kept */
	assert_int_equal(smtptls_conn_abort_errno(conn, ENOMEM), 0);
	snprintf(sentence, sizeof(sentence),
		 "peer had closed the connection (EPIPE) under TLS%s", cure);
	check_end(conn, peer, SMTPTLS_E_IO, SMTPTLS_REASON_TRUNCATED, sentence);
}

/* Each errno that a socket returns, and one that has no name here. */
static void system_errors(void **state)
{
	static const struct {
		int number;
		const char *sentence;
	} rows[] = {
		{ ECONNRESET, "peer reset the connection (ECONNRESET) before "
			      "TLS: a firewall in between may be the cause; "
			      "else the peer's own log says why" },
		{ EPIPE, "peer had closed the connection (EPIPE) before TLS: a "
			 "firewall in between may be the cause; else the "
			 "peer's own log says why" },
		{ ECONNABORTED, "the connection was aborted (ECONNABORTED) "
				"before TLS: a firewall in between may be the "
				"cause; else the peer's own log says why" },
		{ ETIMEDOUT, "peer no longer answered (ETIMEDOUT) before TLS: "
			     "look for packets lost on the way" },
		{ EHOSTUNREACH,
		  "peer could no longer be reached (EHOSTUNREACH) before TLS: "
		  "check the routes and firewalls in between" },
		{ ENETUNREACH,
		  "peer's network could not be reached (ENETUNREACH) before "
		  "TLS: check the routes and firewalls in between" },
		{ ENETDOWN, "this host's network was down (ENETDOWN) before "
			    "TLS: check its network" },
		{ EPERM, "this host was not allowed to send (EPERM) before "
			 "TLS: check its firewall" },
		{ ENOBUFS,
		  "this host had no memory for the network (ENOBUFS) before "
		  "TLS: give it more memory, or reduce its load" },
		{ ENOMEM,
		  "this host had no memory for the network (ENOMEM) before "
		  "TLS: give it more memory, or reduce its load" },
		{ ENOTCONN, "the socket was not connected (ENOTCONN) before "
			    "TLS: the program that uses the library has a "
			    "defect" },
		{ EBADF, "the descriptor was not open (EBADF) before TLS: the "
			 "program that uses the library has a defect" },
		{ 9999, "a system call failed (errno 9999) before TLS: see "
			"the system's list of errors" },
	};
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		stls_system_error_write(rows[i].number, "before TLS", text,
					sizeof(text));
		assert_string_equal(text, rows[i].sentence);
	}
	/* cut where there is no space */
	stls_system_error_write(EPIPE, "before TLS", text, 5);
	assert_string_equal(text, "peer");
}

/* A HelloRetryRequest, like any other message, waits for the peer. */
static void closed_after_retry(void **state)
{
	struct smtptls_conn *conn = peer_conn(
		peer_config(PEER_TLS13 ":-GROUP-ALL:+GROUP-SECP384R1", 1, 0),
		SMTPTLS_SERVER);
	struct peer *peer = peer_client(
		PEER_TLS13 ":-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:"
			   "+GROUP-SECP384R1",
		NULL);

	(void)state;
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	peer_step(peer);
	send_record(peer, conn);
	assert_int_equal(smtptls_conn_input_eof(conn), SMTPTLS_E_TRUNCATED);
	check_end(conn, peer, SMTPTLS_E_TRUNCATED, SMTPTLS_REASON_CLOSED,
		  "peer closed the connection after this side's "
		  "HelloRetryRequest" LOG);
}

static void closed_in_order(void **state)
{
	static const char close_notify[] = "\x15\x03\x03\x00\x02\x01\x00";
	struct smtptls_conn *conn = server();
	struct peer *peer = peer_client(PEER_TLS12, NULL);

	(void)state;
	peer_step(peer);
	send_record(peer, conn);
	peer_inject(peer, close_notify, 7);
	send_record(peer, conn);
	check_end(conn, peer, SMTPTLS_E_HANDSHAKE, SMTPTLS_REASON_CLOSED,
		  "peer ended TLS (close_notify) after this side's "
		  "ServerHello..ServerHelloDone: it may not trust the "
		  "certificate's authority \"CN=test CA\"; else its own log "
		  "says why");
	/* after the warning alert that says why */
	conn = server();
	peer = peer_client(PEER_TLS12, NULL);
	peer_step(peer);
	send_record(peer, conn);
	peer_inject(peer, "\x15\x03\x03\x00\x02\x01\x5a", 7);
	peer_inject(peer, close_notify, 7);
	send_record(peer, conn);
	send_record(peer, conn);
	check_end(conn, peer, SMTPTLS_E_HANDSHAKE, SMTPTLS_REASON_PEER_ALERT,
		  "peer gave up without saying why (alert 90, user_canceled): "
		  "have it trust the authority \"CN=test CA\", or look for a "
		  "name that the certificate has");
	/* alone, as a warning and as a fatal alert */
	conn = server();
	host_feed(conn, close_notify, 7);
	check_end(conn, NULL, SMTPTLS_E_HANDSHAKE, SMTPTLS_REASON_CLOSED,
		  "peer ended TLS (close_notify) before its ClientHello" LOG);
	conn = server();
	host_feed(conn, "\x15\x03\x03\x00\x02\x02\x00", 7);
	check_end(conn, NULL, SMTPTLS_E_HANDSHAKE, SMTPTLS_REASON_CLOSED,
		  "peer ended TLS (close_notify) before its ClientHello" LOG);
}

/* ---- alerts ---- */

static void alerted(void **state)
{
	static const unsigned char alert[] = { 21, 3, 3, 0, 2, 2, 40 };
	struct smtptls_conn *conn;
	struct peer *peer;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		conn = server();
		peer = peer_client(versions[i], NULL);
		gnutls_session_set_verify_cert(peer->tls, "mx.example.org", 0);
		peer_run(peer, conn);
		assert_int_equal(peer->result,
				 GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR);
		assert_int_equal(gnutls_alert_send(peer->tls, GNUTLS_AL_FATAL,
						   GNUTLS_A_UNKNOWN_CA),
				 0);
		peer_run(peer, conn);
		check_end(conn, peer, SMTPTLS_E_HANDSHAKE,
			  SMTPTLS_REASON_PEER_ALERT,
			  "peer does not trust the authority of this side's "
			  "certificate (alert 48, unknown_ca): have it trust "
			  "the certificate's authority \"CN=test CA\", or use "
			  "one that it trusts");
	}
	/* OpenSSL's client sends it in plaintext under TLS 1.3 too */
	for (i = 1; i <= sizeof(alert); i++) {
		conn = server();
		peer = peer_client(PEER_TLS13, NULL);
		peer_step(peer);
		send_record(peer, conn);
		peer_inject(peer, alert, sizeof(alert));
		while (peer_send(peer, conn, i) > 0)
			;
		assert_int_equal(host_info(conn).alert_received, 40);
		assert_int_equal(host_info(conn).alert_sent, -1);
		check_end(conn, peer, SMTPTLS_E_HANDSHAKE,
			  SMTPTLS_REASON_PEER_ALERT,
			  "peer found nothing acceptable in what this side "
			  "chose (alert 40, handshake_failure): compare its "
			  "ciphers, groups and signature algorithms with this "
			  "side's");
	}
	/* instead of a ClientHello */
	conn = server();
	host_feed(conn, alert, sizeof(alert));
	check_end(conn, NULL, SMTPTLS_E_HANDSHAKE, SMTPTLS_REASON_PEER_ALERT,
		  "peer gave up instead of sending a ClientHello (alert 40, "
		  "handshake_failure): its protocols and ciphers leave it "
		  "nothing to offer, or its own log says why");
	conn = client(NULL);
	peer = peer_client(PEER_TLS13, NULL);
	peer_inject(peer, alert, sizeof(alert));
	send_record(peer, conn);
	check_end(conn, peer, SMTPTLS_E_HANDSHAKE, SMTPTLS_REASON_PEER_ALERT,
		  "peer found nothing acceptable in what this side offers "
		  "(alert 40, handshake_failure): allow more ciphers, groups "
		  "or versions, or add the certificate that it demands");
}

/* Under TLS 1.3 a server refuses a client that has finished its handshake. */
static void alerted_behind_the_handshake(void **state)
{
	struct smtptls_conn *conn = client(NULL);
	struct peer *peer =
		peer_server(PEER_TLS13, testcert_server(peer_ca(), TESTCERT_RSA,
							"mx.example.org"));

	(void)state;
	gnutls_certificate_server_set_request(peer->tls, GNUTLS_CERT_REQUEST);
	peer_run(peer, conn);
	assert_int_equal(smtptls_conn_tls_enabled(conn), 1);
	assert_int_equal(gnutls_alert_send(peer->tls, GNUTLS_AL_FATAL,
					   GNUTLS_A_CERTIFICATE_REQUIRED),
			 0);
	peer_run(peer, conn);
	assert_int_equal(host_read_byte(conn), SMTPTLS_E_PROTOCOL);
	check_end(conn, peer, SMTPTLS_E_PROTOCOL,
		  SMTPTLS_REASON_LEFT_AFTER_HANDSHAKE,
		  "peer demands a certificate, and this side presented none "
		  "(alert 116, certificate_required, after the handshake): add "
		  "one");
}

/* Without an alert, and with no known fault in a certificate. */
static void left_behind_the_handshake(void **state)
{
	static const char *const sentences[] = {
		"peer left after the handshake without a reply (no "
		"close_notify): it may demand a client certificate, or be "
		"overloaded: its own log says why",
		"peer left after the handshake without a command (no "
		"close_notify): a "
		"probe, or its own log says why",
	};
	struct stls_end end = { .reason = SMTPTLS_REASON_LEFT_AFTER_HANDSHAKE };
	char text[256];

	(void)state;
	for (end.server = 0; end.server < 2; end.server++) {
		stls_end_write(&end, text, sizeof(text));
		assert_string_equal(text, sentences[end.server]);
	}
}

/* Complete, and different for each alert; each role has its own advice. */
static void every_alert(void **state)
{
	static const char unknown[] = "peer ended TLS (alert ";
	struct stls_end end = { .reason = SMTPTLS_REASON_PEER_ALERT };
	char text[256], long_text[512], name[64];
	int known[2] = { 0, 0 };

	(void)state;
	for (end.server = 0; end.server < 2; end.server++) {
		for (end.alert = 0; end.alert < 256; end.alert++) {
			stls_end_write(&end, text, sizeof(text));
			stls_end_write(&end, long_text, sizeof(long_text));
			assert_string_equal(text, long_text);
			snprintf(name, sizeof(name), "(alert %d", end.alert);
			assert_non_null(strstr(text, name));
			assert_non_null(strstr(text, "): "));
			known[end.server] +=
				strncmp(text, unknown, strlen(unknown)) != 0;
		}
	}
	assert_int_equal(known[0], 26);
	assert_int_equal(known[1], 22);
	end.alert = GNUTLS_A_UNRECOGNIZED_NAME;
	end.server = 1;
	stls_end_write(&end, text, sizeof(text));
	assert_string_equal(text, "peer ended TLS (alert 112)" LOG);
	end.server = 0;
	stls_end_write(&end, text, sizeof(text));
	assert_string_equal(text,
			    "peer has no certificate for the name that this "
			    "side asked for (alert 112, unrecognized_name): "
			    "ask for a name that it has, or add one there");
}

/* Derived only from the last messages of the peer and of this side. */
static void last_messages(void **state)
{
	static const struct {
		int server, last_in, last_out;
		const char *when;
	} rows[] = {
		{ 0, -1, 1, " after this side's ClientHello" },
		{ 0, 0, 1, " after its HelloRequest" },
		{ 0, 6, 1, " after this side's ClientHello" },
		{ 0, 2, 1, " after its ServerHello" },
		{ 0, 14, 16, " after this side's ClientKeyExchange" },
		{ 0, 4, 20, " after its NewSessionTicket" },
		{ 0, 20, 20, " after its Finished" },
		{ 1, -1, -1, " before its ClientHello" },
		{ 1, 1, -1, " after its ClientHello" },
		{ 1, 1, 2, " after this side's ServerHello" },
		{ 1, 1, 6, " after this side's HelloRetryRequest" },
		{ 1, 1, 14, " after this side's ServerHello..ServerHelloDone" },
		{ 1, 16, 14, " after its ClientKeyExchange" },
	};
	struct stls_end end = { .reason = SMTPTLS_REASON_CLOSED };
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		end.server = rows[i].server;
		end.last_in = rows[i].last_in;
		end.last_out = rows[i].last_out;
		end.begun = end.last_in >= 0;
		stls_end_write(&end, text, sizeof(text));
		print_message("%s\n", text);
		assert_non_null(strstr(text, rows[i].when));
	}
}

/* ---- plaintext ---- */

static void plaintext(void **state)
{
	static const struct {
		int to_server;
		const char *sent;
		int reason;
		const char *sentence;
	} rows[] = {
		{ 1, "EHLO a\r\n", SMTPTLS_REASON_SMTP_IN_CLEAR,
		  "peer speaks SMTP in the clear (\"EHLO a\\x0d\\x0a\") where "
		  "TLS was expected: set it to implicit TLS, or to a port for "
		  "STARTTLS" },
		{ 0, "220 mx ESMTP\r\n", SMTPTLS_REASON_SMTP_IN_CLEAR,
		  "peer speaks SMTP in the clear (\"220 mx ESMTP\\x0d\\x0a\") "
		  "where TLS was expected: use STARTTLS there, or its port for "
		  "implicit TLS" },
		{ 1, "NOOP\r\nQUIT\r\n", SMTPTLS_REASON_SMTP_IN_CLEAR,
		  "peer speaks SMTP in the clear (\"NOOP\\x0d\\x0a\") where "
		  "TLS was expected: set it to implicit TLS, or to a port for "
		  "STARTTLS" },
		{ 1, "helo\n", SMTPTLS_REASON_SMTP_IN_CLEAR,
		  "peer speaks SMTP in the clear (\"helo\\x0a\") where TLS was "
		  "expected: set it to implicit TLS, or to a port for "
		  "STARTTLS" },
		{ 1, "GET / HTTP/1.0\r\n", SMTPTLS_REASON_HTTP,
		  "peer speaks HTTP (\"GET / HTTP/1.0\\x0d\\x0a\"): it uses "
		  "the wrong port" },
		{ 1, "PUT /a/rather/long/name/of/a/thing HTTP/1.1\r\n",
		  SMTPTLS_REASON_HTTP,
		  "peer speaks HTTP (\"PUT /a/rather/long/name/of/a/thi\"): it "
		  "uses the wrong port" },
		{ 1,
		  "SSH-2.0-OpenSSH_9.2 and so on, with much more than is shown",
		  SMTPTLS_REASON_NO_TLS,
		  "peer sent \"SSH-2.0-OpenSSH_9.2 and so on, w\" where TLS "
		  "was expected: it uses the wrong port, or must be fixed" },
		{ 1, "GETTY\r\n", SMTPTLS_REASON_NO_TLS,
		  "peer sent \"GETTY\\x0d\\x0a\" where TLS was expected: it "
		  "uses the wrong port, or must be fixed" },
		{ 1, "\x80\x1c\x01\x03\x03", SMTPTLS_REASON_SSL2_HELLO,
		  "peer sent a hello in SSLv2's format: switch SSLv2 off "
		  "there" },
		{ 1, "\xc3\xa9t\xc3\xa9\n", SMTPTLS_REASON_NO_TLS,
		  "peer sent \"\\xc3\\xa9t\\xc3\\xa9\\x0a\" where TLS was "
		  "expected: it uses the wrong port, or must be fixed" },
		{ 0, "GETTY\r\n", SMTPTLS_REASON_NO_TLS,
		  "peer sent \"GETTY\\x0d\\x0a\" where TLS was expected: it "
		  "is the wrong port, or the peer must be fixed" },
		{ 0, "GET / HTTP/1.0\r\n", SMTPTLS_REASON_HTTP,
		  "peer speaks HTTP (\"GET / HTTP/1.0\\x0d\\x0a\"): it is "
		  "the wrong port" },
		/* not text: the byte that shows it is enough */
		{ 1, "a\x01 and more\n", SMTPTLS_REASON_NO_TLS,
		  "peer sent \"a\\x01\" where TLS was expected: it uses the "
		  "wrong port, or must be fixed" },
		{ 1, "\x16junk and more", SMTPTLS_REASON_NO_TLS,
		  "peer sent \"\\x16j\" where TLS was expected: it uses the "
		  "wrong port, or must be fixed" },
	};
	struct smtptls_conn *conn;
	const char *sent;
	size_t i, cut, len;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		sent = rows[i].sent;
		len = strlen(sent);
		for (cut = 1; cut <= len; cut++) {
			conn = rows[i].to_server ? server() : client(NULL);
			host_feed(conn, sent, cut);
			if (cut < len &&
			    smtptls_conn_state(conn) == SMTPTLS_HANDSHAKE)
				host_feed(conn, sent + cut, len - cut);
			check_end(conn, NULL, SMTPTLS_E_HANDSHAKE,
				  rows[i].reason, rows[i].sentence);
		}
	}
}

#define X31 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

/* Judged by the bytes it needs, and by none after them. */
static void first_bytes(void **state)
{
	static const struct {
		const char *held; /* longer than n */
		size_t n;
		int reason;
		size_t len;
	} rows[] = {
		{ "\x16\3", 1, STLS_FIRST_MORE, 1 },
		{ "\x16\3\1", 2, 0, 2 },
		{ "\x16\2\1", 2, SMTPTLS_REASON_NO_TLS, 2 },
		{ "\x80\x1c\1", 2, STLS_FIRST_MORE, 2 },
		{ "\x80\x1c\1\3", 3, SMTPTLS_REASON_SSL2_HELLO, 3 },
		{ "\x80\x1c\2\3", 3, SMTPTLS_REASON_NO_TLS, 2 },
		{ "EHLO a\n", 6, STLS_FIRST_MORE, 0 },
		{ "EHLO a\n", 7, SMTPTLS_REASON_SMTP_IN_CLEAR, 7 },
		{ X31 "\n", 31, STLS_FIRST_MORE, 0 },
		{ X31 "\n", 32, SMTPTLS_REASON_NO_TLS, 32 },
		{ X31 "x\n", 32, SMTPTLS_REASON_NO_TLS, 32 },
		{ X31 "x\n", 33, SMTPTLS_REASON_NO_TLS, 32 },
		{ X31 "xx", 33, SMTPTLS_REASON_NO_TLS, 32 },
	};
	size_t i, len;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		const unsigned char *held = (const void *)rows[i].held;

		assert_int_equal(stls_reason_of_first(held, rows[i].n, 0, &len),
				 rows[i].reason);
		assert_int_equal(len, rows[i].len);
	}
}

/* A ServerHello, for instance, or an oversized record. */
static void other_message(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} messages[] = { { "\x16\3\1\0\4\2\0\0\0", 9 },
			 { "\x16\3\1\xff\xff\1\0\0\0", 9 } };
	struct smtptls_conn *conn;
	size_t i, cut;

	(void)state;
	for (i = 0; i < COUNT(messages); i++) {
		for (cut = 1; cut < messages[i].len; cut++) {
			conn = server();
			host_feed(conn, messages[i].bytes, cut);
			if (smtptls_conn_state(conn) == SMTPTLS_HANDSHAKE)
				host_feed(conn, messages[i].bytes + cut,
					  messages[i].len - cut);
			check_end(conn, NULL, SMTPTLS_E_HANDSHAKE,
				  SMTPTLS_REASON_BAD_HELLO,
				  "peer's first message is not a ClientHello: "
				  "the peer must be fixed");
		}
	}
}

/* An incomplete line is judged when no more input comes. */
static void plaintext_cut_short(void **state)
{
	static const char clear[] =
		"peer speaks SMTP in the clear (\"EHLO\") where TLS was "
		"expected: set it to implicit TLS, or to a port for STARTTLS";
	struct smtptls_conn *conn = server();

	(void)state;
	host_feed(conn, "EHLO", 4);
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_HANDSHAKE);
	assert_int_equal(smtptls_conn_input_eof(conn), SMTPTLS_E_HANDSHAKE);
	check_end(conn, NULL, SMTPTLS_E_HANDSHAKE, SMTPTLS_REASON_SMTP_IN_CLEAR,
		  clear);
	conn = server();
	host_feed(conn, "EHLO", 4);
	assert_int_equal(smtptls_conn_abort(conn, SMTPTLS_E_TIMEOUT), 0);
	check_end(conn, NULL, SMTPTLS_E_TIMEOUT, SMTPTLS_REASON_SMTP_IN_CLEAR,
		  clear);
	conn = server();
	host_feed(conn, "\x16", 1);
	assert_int_equal(smtptls_conn_input_eof(conn), SMTPTLS_E_TRUNCATED);
	check_end(conn, NULL, SMTPTLS_E_TRUNCATED, SMTPTLS_REASON_CLOSED,
		  "peer closed the connection within its ClientHello" LOG);
	conn = server();
	host_feed(conn, "\x80", 1);
	assert_int_equal(smtptls_conn_input_eof(conn), SMTPTLS_E_HANDSHAKE);
	check_end(conn, NULL, SMTPTLS_E_HANDSHAKE, SMTPTLS_REASON_SSL2_HELLO,
		  "peer sent a hello in SSLv2's format: switch SSLv2 off "
		  "there");
}

/* It is at the right port, and has requested TLS. */
static void plaintext_behind_starttls(void **state)
{
	struct smtptls_conn *conn = server_behind_starttls();

	(void)state;
	host_feed(conn, "EHLO a\r\n", 8);
	check_end(conn, NULL, SMTPTLS_E_HANDSHAKE, SMTPTLS_REASON_SMTP_IN_CLEAR,
		  "peer speaks SMTP in the clear (\"EHLO a\\x0d\\x0a\") where "
		  "TLS was expected: it must start TLS after the 220 to "
		  "STARTTLS");
	conn = peer_conn(peer_config(NULL, 0, 1), SMTPTLS_CLIENT);
	assert_int_equal(smtptls_conn_write(conn, "STARTTLS\r\n", 10), 10);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	host_feed(conn, "250 ok\r\n", 8);
	check_end(conn, NULL, SMTPTLS_E_HANDSHAKE, SMTPTLS_REASON_SMTP_IN_CLEAR,
		  "peer speaks SMTP in the clear (\"250 ok\\x0d\\x0a\") where "
		  "TLS was expected: it must wait for TLS after its 220 to "
		  "STARTTLS");
}

/* The banner is still sent, no input handed out, and splits change nothing. */
static void tls_for_smtp(void **state)
{
	static const char hello[] = "\x16\3\1\0\xc8\1\0\0\n\3\3";
	struct smtptls_conn *conn;
	unsigned char *ptr;
	size_t cut;

	(void)state;
	for (cut = 1; cut < sizeof(hello); cut++) {
		conn = peer_conn(peer_config(NULL, 1, 0), SMTPTLS_SERVER);
		assert_int_equal(smtptls_conn_write(conn, "220 mx\r\n", 8), 8);
		host_feed(conn, hello, cut);
		assert_int_equal(smtptls_conn_input(conn, &ptr), 0);
		assert_int_equal(smtptls_conn_poll(conn),
				 SMTPTLS_NET_OUT | SMTPTLS_APP_IN);
		assert_int_equal(host_read_byte(conn), SMTPTLS_E_PROTOCOL);
		assert_true(host_said(conn, "220 mx\r\n"));
		assert_int_equal(smtptls_conn_poll(conn), 0);
		assert_int_equal(smtptls_conn_accept_starttls(conn, NULL, 0),
				 SMTPTLS_E_PROTOCOL);
		check_end(conn, NULL, SMTPTLS_E_PROTOCOL,
			  SMTPTLS_REASON_TLS_FOR_SMTP,
			  "peer starts TLS at a port for STARTTLS: set it to "
			  "STARTTLS, or to the port for implicit TLS");
	}
	/* Only there: after another byte, or in a client, it is text. */
	conn = peer_conn(peer_config(NULL, 1, 0), SMTPTLS_SERVER);
	host_feed(conn, "\n", 1);
	host_feed(conn, "\x16\n", 2);
	assert_true(host_reads(conn, "\n"));
	assert_true(host_reads(conn, "\x16\n"));
	check_end(conn, NULL, 0, 0, "");
	conn = peer_conn(peer_config(NULL, 0, 0), SMTPTLS_CLIENT);
	host_feed(conn, "\x16\n", 2);
	assert_true(host_reads(conn, "\x16\n"));
	check_end(conn, NULL, 0, 0, "");
}

/* ---- the PROXY protocol ---- */

#define PROXY_V1 "PROXY TCP4 203.0.113.5 192.0.2.1 40000 25\r\n"
#define PROXY_V2 "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xcb\0\x71\5\xc0\0\2\1"
#define NOT_READ                                                               \
	", which is not accepted here: switch it off in the proxy in front "   \
	"of this port "
#define V1_SENTENCE                                                            \
	"peer sent a PROXY protocol header (v1)" NOT_READ                      \
	"(HAProxy's send-proxy, nginx's proxy_protocol)"
#define V2_SENTENCE                                                            \
	"peer sent a PROXY protocol header (v2)" NOT_READ                      \
	"(HAProxy's send-proxy-v2)"

/* Where TLS was to start, split in two anywhere. */
static void proxy_for_hello(void **state)
{
	static const struct {
		const char *sent;
		size_t len, enough;
		const char *sentence;
	} rows[] = {
		{ PROXY_V1, sizeof(PROXY_V1) - 1, sizeof(PROXY_V1) - 1,
		  V1_SENTENCE },
		{ PROXY_V2, sizeof(PROXY_V2) - 1, 12, V2_SENTENCE },
	};
	struct smtptls_conn *conn;
	size_t i, cut;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		for (cut = 1; cut <= rows[i].len; cut++) {
			conn = server();
			host_feed(conn, rows[i].sent, cut);
			if (cut < rows[i].len &&
			    smtptls_conn_state(conn) == SMTPTLS_HANDSHAKE)
				host_feed(conn, rows[i].sent + cut,
					  rows[i].len - cut);
			check_end(conn, NULL, SMTPTLS_E_HANDSHAKE,
				  SMTPTLS_REASON_PROXY_HEADER,
				  rows[i].sentence);
		}
	}
}

/*
 * Where a command was expected: the same bytes are handed out wherever it is
 * split.
 */
static void proxy_for_command(void **state)
{
	static const struct {
		const char *sent;
		size_t len;
		int empty; /* lines before it */
		const char *sentence;
	} rows[] = {
		{ PROXY_V1 "EHLO a\r\n", sizeof(PROXY_V1) + 7, 0, V1_SENTENCE },
		{ PROXY_V2, sizeof(PROXY_V2) - 1, 2, V2_SENTENCE },
	};
	struct smtptls_conn *conn;
	unsigned char *ptr;
	size_t i, cut;
	int lines;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		for (cut = 1; cut < rows[i].len; cut++) {
			conn = peer_conn(peer_config(NULL, 1, 0),
					 SMTPTLS_SERVER);
			host_feed(conn, rows[i].sent, cut);
			lines = 0;
			while (host_reads(conn, "\r\n"))
				lines++;
			if (smtptls_conn_state(conn) == SMTPTLS_PLAIN)
				host_feed(conn, rows[i].sent + cut,
					  rows[i].len - cut);
			while (host_reads(conn, "\r\n"))
				lines++;
			assert_int_equal(lines, rows[i].empty);
			assert_int_equal(host_read_byte(conn),
					 SMTPTLS_E_PROTOCOL);
			assert_int_equal(smtptls_conn_input(conn, &ptr), 0);
			check_end(conn, NULL, SMTPTLS_E_PROTOCOL,
				  SMTPTLS_REASON_PROXY_HEADER,
				  rows[i].sentence);
		}
	}
}

/*
 * A line that only begins like one is handed out as usual, to a client
 * entirely.
 */
static void no_proxy(void **state)
{
	static const char *const texts[] = {
		"P\r\n",       "PRO\r\n", "PROXYTCP4\r\n",
		"proxy a\r\n", "\r\n",	  "EHLO PROXY \r\n"
	};
	struct smtptls_conn *conn;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		conn = peer_conn(peer_config(NULL, 1, 0), SMTPTLS_SERVER);
		host_feed(conn, texts[i], 1);
		host_feed(conn, texts[i] + 1, strlen(texts[i]) - 1);
		assert_true(host_reads(conn, texts[i]));
		host_feed(conn, "PROXY TCP4\r\n", 12);
		assert_true(host_reads(conn, "PROXY TCP4\r\n"));
		host_feed(conn, "\0\r\nQUIX\n", 8);
		assert_int_equal(smtptls_conn_state(conn), SMTPTLS_PLAIN);
		check_end(conn, NULL, 0, 0, "");
	}
	conn = peer_conn(peer_config(NULL, 0, 0), SMTPTLS_CLIENT);
	host_feed(conn, "PROXY TCP4\r\n", 12);
	assert_true(host_reads(conn, "PROXY TCP4\r\n"));
	check_end(conn, NULL, 0, 0, "");
	/* and an incomplete one, when no more input comes */
	conn = peer_conn(peer_config(NULL, 1, 0), SMTPTLS_SERVER);
	host_feed(conn, "\0\r\n", 3);
	assert_int_equal(smtptls_conn_poll(conn) & SMTPTLS_APP_IN, 0);
	assert_int_equal(smtptls_conn_input_eof(conn), 0);
	assert_int_equal(smtptls_conn_poll(conn) & SMTPTLS_APP_IN,
			 SMTPTLS_APP_IN);
	check_end(conn, NULL, 0, 0, "");
}

/* ---- certificates ---- */

static void certificates(void **state)
{
	const struct testcert *ca = peer_ca();
	const struct testcert *old =
		testcert_leaf(ca, TESTCERT_ECDSA, "mx.example.org", NULL,
			      -TESTCERT_DAY, -TESTCERT_HOUR);
	const struct {
		int to_server;
		const struct testcert *cert;
		int error, reason;
		const char *sentence;
	} rows[] = {
		{ 1, NULL, SMTPTLS_E_CERT_MISSING, SMTPTLS_REASON_CERT_MISSING,
		  "peer presented no certificate from the authorities asked "
		  "for, \"CN=test CA\": install one there, add the authority "
		  "of "
		  "the one that it has to the CA file, or demand none" },
		{ 1,
		  testcert_client(testcert_ca("other CA"), TESTCERT_ECDSA,
				  "client"),
		  SMTPTLS_E_CERT_TRUST, SMTPTLS_REASON_CERT_TRUST,
		  "no trusted authority has signed the peer's certificate: its "
		  "issuer \"CN=other CA\" was not sent and is not known here: "
		  "have it sent, if it is an intermediate, or add it to the CA "
		  "file" },
		{ 1, old, SMTPTLS_E_CERT_TIME, SMTPTLS_REASON_CERT_TIME,
		  "peer's certificate has expired or is not yet valid: renew "
		  "it there, or set the clocks right" },
		{ 1, testcert_server(ca, TESTCERT_ECDSA, "mx.example.org"),
		  SMTPTLS_E_CERT_PURPOSE, SMTPTLS_REASON_CERT_PURPOSE,
		  "peer's certificate is not for TLS clients: have it issued "
		  "with the purpose clientAuth, or set the client purpose to "
		  "any here" },
		{ 0, testcert_client(ca, TESTCERT_ECDSA, "mx.example.org"),
		  SMTPTLS_E_CERT_PURPOSE, SMTPTLS_REASON_CERT_PURPOSE,
		  "peer's certificate is not for TLS servers: have it issued "
		  "with the purpose serverAuth" },
		{ 0, testcert_server(ca, TESTCERT_ECDSA, "other.example.org"),
		  SMTPTLS_E_CERT_NAME, SMTPTLS_REASON_CERT_NAME,
		  "peer's certificate is for \"other.example.org\", not for "
		  "\"mx.example.org\": have it issued for that, or ask for "
		  "one of those" },
	};
	struct smtptls_conn *conn;
	struct peer *peer;
	size_t i;
	int v;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		for (v = 0; v < 2; v++) {
			conn = rows[i].to_server ? server() : client(NULL);
			peer = rows[i].to_server
				       ? peer_client(versions[v], rows[i].cert)
				       : peer_server(versions[v], rows[i].cert);
			peer_run(peer, conn);
			check_end(conn, peer, rows[i].error, rows[i].reason,
				  rows[i].sentence);
		}
	}
}

/* ---- ALPN ---- */

static void other_protocol(void **state)
{
	unsigned char http[] = "h2";
	const gnutls_datum_t name = { http, 2 };
	struct smtptls_conn *conn = server();
	struct peer *peer = peer_client(PEER_TLS13, NULL);

	(void)state;
	assert_int_equal(gnutls_alpn_set_protocols(peer->tls, &name, 1, 0), 0);
	peer_run(peer, conn);
	assert_int_equal(peer->alert, GNUTLS_A_NO_APPLICATION_PROTOCOL);
	check_end(conn, peer, SMTPTLS_E_HANDSHAKE, SMTPTLS_REASON_ALPN,
		  "peer asks by ALPN for protocols other than smtp: it uses "
		  "the wrong port, or must name smtp");
}

/* With a priority string: for an old version, a better version is proposed. */
static void not_common(void **state)
{
	struct stls_end end = { .reason = SMTPTLS_REASON_SUITES_EXCLUDED,
				.server = 1,
				.found = "cipher suite" };
	const char *const chosen[] = { NULL, "TLS1.2", "TLS1.3" };
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(chosen); i++) {
		end.version = chosen[i];
		stls_end_write(&end, text, sizeof(text));
		assert_string_equal(
			text,
			"the peer and the priority string have no cipher suite "
			"in common: allow one of the peer's in the string, or "
			"the peer must be changed");
	}
	end.version = "TLS1.1";
	stls_end_write(&end, text, sizeof(text));
	assert_string_equal(
		text,
		"the peer and the priority string have no version "
		"above TLS 1.1 in common, and no cipher suite for "
		"that version: allow TLS 1.2 or 1.3 in the string, or the "
		"peer must be changed");
	end.reason = SMTPTLS_REASON_GROUP;
	end.found = "group";
	stls_end_write(&end, text, sizeof(text));
	assert_non_null(strstr(text, "no group in common"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(closed),
		cmocka_unit_test(silent),
		cmocka_unit_test(ended_behind_starttls),
		cmocka_unit_test(broken),
		cmocka_unit_test(system_error),
		cmocka_unit_test(system_errors),
		cmocka_unit_test(closed_after_retry),
		cmocka_unit_test(closed_in_order),
		cmocka_unit_test(alerted),
		cmocka_unit_test(alerted_behind_the_handshake),
		cmocka_unit_test(left_behind_the_handshake),
		cmocka_unit_test(every_alert),
		cmocka_unit_test(last_messages),
		cmocka_unit_test(plaintext),
		cmocka_unit_test(other_message),
		cmocka_unit_test(first_bytes),
		cmocka_unit_test(plaintext_cut_short),
		cmocka_unit_test(plaintext_behind_starttls),
		cmocka_unit_test(tls_for_smtp),
		cmocka_unit_test(proxy_for_hello),
		cmocka_unit_test(proxy_for_command),
		cmocka_unit_test(no_proxy),
		cmocka_unit_test(certificates),
		cmocka_unit_test(other_protocol),
		cmocka_unit_test(not_common),
	};

	return cmocka_run_group_tests_name("session_reason", tests, NULL, NULL);
}
