/* SPDX-License-Identifier: MIT */
/*
 * Every way of verifying and every error of a connection, over a socket pair:
 * in a host that speaks SMTP itself and calls smtptls_conn_start_tls(), and in
 * one that lets the library negotiate; each with the blocking calls, and in an
 * event loop. After the table, a list of all errors shows that none is missing,
 * or says why a connection cannot fail with it.
 *
 * The other side is a separate process that uses GnuTLS directly; a time limit
 * ends it, and the test waits for it. No result depends on timing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/epoll.h>
#endif
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include <smtptls.h>

#include "../help/chain.h"
#include "../help/no_memory.h"
#include "../help/testcert.h"
#include "x509/digest.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define HOST	     "mx.example.org"
#define LONG	     60000 /* milliseconds; never reached */
#define SHORT	     20	   /* where nothing can arrive */
#define HELLO	     "250 hi\r\n"

/* ---- certificates ---- */

enum { GOOD, EXPIRED, OTHER_NAME, PURPOSE, WEAK, REVOKED, UNTRUSTED, LEAVES };

static struct chain_cert *ca, *other_ca, *leaf[LEAVES];
static const char *ca_file, *crl_file;

static const char *make_crl(void)
{
	gnutls_x509_crl_t crl;
	gnutls_datum_t pem;
	const char *file;
	time_t now = time(NULL);

	assert_int_equal(gnutls_x509_crl_init(&crl), 0);
	assert_int_equal(gnutls_x509_crl_set_version(crl, 2), 0);
	assert_int_equal(gnutls_x509_crl_set_this_update(crl, now - 3600), 0);
	assert_int_equal(gnutls_x509_crl_set_next_update(crl, now + 86400), 0);
	assert_int_equal(
		gnutls_x509_crl_set_crt(crl, leaf[REVOKED]->crt, now - 1800),
		0);
	assert_int_equal(gnutls_x509_crl_sign2(crl, ca->crt, ca->key,
					       GNUTLS_DIG_SHA256, 0),
			 0);
	assert_int_equal(
		gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_PEM, &pem), 0);
	file = testcert_file_text((const char *)pem.data);
	gnutls_free(pem.data);
	gnutls_x509_crl_deinit(crl);
	return file;
}

static int set_up(void **state)
{
	static const struct chain_spec specs[LEAVES] = {
		[GOOD] = { .san = { "dns:" HOST } },
		[EXPIRED] = { .san = { "dns:" HOST }, .from = -9, .until = -2 },
		[OTHER_NAME] = { .san = { "dns:other.example.org" } },
		[PURPOSE] = { .san = { "dns:" HOST },
			      .purpose = { TESTCERT_CLIENT } },
		[WEAK] = { .san = { "dns:" HOST }, .rsa_bits = 1024 },
		[REVOKED] = { .san = { "dns:" HOST } },
		[UNTRUSTED] = { .san = { "dns:" HOST } },
	};
	gnutls_datum_t pem;
	int i;

	(void)state;
	ca = chain_issue(&(const struct chain_spec){ .cn = "CA", .ca = 1 },
			 NULL);
	other_ca = chain_issue(
		&(const struct chain_spec){ .cn = "other", .ca = 1 }, NULL);
	for (i = 0; i < LEAVES; i++)
		leaf[i] =
			chain_issue(&specs[i], i == UNTRUSTED ? other_ca : ca);
	assert_int_equal(
		gnutls_x509_crt_export2(ca->crt, GNUTLS_X509_FMT_PEM, &pem), 0);
	ca_file = testcert_file_text((const char *)pem.data);
	gnutls_free(pem.data);
	crl_file = make_crl();
	return 0;
}

/* ---- the table ---- */

/* What the other side does instead of TLS, or under it. */
enum act { TALK, GARBAGE, CUT, ALERT, FLOOD, SILENT, RESET, NO_TLS };

/* What the host does, or leaves out. */
enum host { USUAL, NO_CHOICE, NO_MEMORY };

struct row {
	const char *name;
	int error, verify, shown;
	enum act act;
	enum host host;
	int pinned;			  /* pin or TLSA record of the leaf */
	int reported;			  /* verify of struct smtptls_info */
	const char *greeting, *ehlo, *go; /* NULL: the usual ones */
};

#define CA	 SMTPTLS_VERIFY_CA
#define NONE	 SMTPTLS_VERIFY_NONE
#define OPTIONAL SMTPTLS_VERIFY_OPTIONAL
#define PIN	 SMTPTLS_VERIFY_PIN
#define DANE	 SMTPTLS_VERIFY_DANE

static const struct row rows[] = {
	/* each way of verifying, and what it ignores */
	{ "none", 0, NONE, .shown = UNTRUSTED },
	{ "optional", 0, OPTIONAL, .shown = GOOD, .reported = 1 },
	{ "optional, untrusted", 0, OPTIONAL, .shown = UNTRUSTED,
	  .reported = SMTPTLS_E_CERT_TRUST },
	{ "CA", 0, CA, .shown = GOOD, .reported = 1 },
	{ "pin", 0, PIN, .shown = EXPIRED, .pinned = EXPIRED, .reported = 1 },
	{ "DANE", 0, DANE, .shown = UNTRUSTED, .pinned = UNTRUSTED,
	  .reported = 1 },
	/* each error */
	{ "no memory", SMTPTLS_E_NOMEM, CA, .shown = GOOD, .host = NO_MEMORY },
	{ "no choice", SMTPTLS_E_CONFIG, CA, .shown = GOOD, .host = NO_CHOICE },
	{ "an endless message", SMTPTLS_E_LIMIT, NONE, .act = FLOOD },
	{ "injection", SMTPTLS_E_INJECTION, NONE, .act = NO_TLS,
	  .go = "220 go\r\n250 AUTH PLAIN\r\n" },
	{ "not offered", SMTPTLS_E_NOT_OFFERED, CA, .act = NO_TLS,
	  .ehlo = "250-mx\r\n250 SIZE\r\n" },
	{ "refused", SMTPTLS_E_REFUSED, CA, .act = NO_TLS,
	  .go = "454 not now\r\n" },
	{ "alert", SMTPTLS_E_HANDSHAKE, CA, .act = ALERT },
	{ "untrusted", SMTPTLS_E_CERT_TRUST, CA, .shown = UNTRUSTED },
	{ "expired", SMTPTLS_E_CERT_TIME, CA, .shown = EXPIRED },
	{ "another name", SMTPTLS_E_CERT_NAME, CA, .shown = OTHER_NAME },
	{ "another purpose", SMTPTLS_E_CERT_PURPOSE, CA, .shown = PURPOSE },
	{ "weak", SMTPTLS_E_CERT_WEAK, CA, .shown = WEAK },
	{ "weak, pinned", SMTPTLS_E_CERT_WEAK, PIN, .shown = WEAK,
	  .pinned = WEAK },
	{ "revoked", SMTPTLS_E_CERT_REVOKED, CA, .shown = REVOKED },
	{ "another pin", SMTPTLS_E_CERT_PIN, PIN, .shown = GOOD,
	  .pinned = WEAK },
	{ "another record", SMTPTLS_E_CERT_TLSA, DANE, .shown = GOOD,
	  .pinned = WEAK },
	{ "garbage", SMTPTLS_E_PROTOCOL, CA, .shown = GOOD, .act = GARBAGE },
	{ "cut", SMTPTLS_E_TRUNCATED, CA, .shown = GOOD, .act = CUT },
	{ "silence", SMTPTLS_E_TIMEOUT, CA, .act = SILENT },
	{ "reset", SMTPTLS_E_IO, CA, .act = RESET },
	{ "no mail today", SMTPTLS_E_SMTP_REPLY, CA, .act = NO_TLS,
	  .greeting = "554 no\r\n" },
	{ "no EHLO", SMTPTLS_E_SMTP_REPLY, CA, .act = NO_TLS,
	  .ehlo = "550 no\r\n" },
};

/* The errors that no client connection fails with, and why. */
static const struct {
	int error;
	const char *why;
} exempt[] = {
	{ SMTPTLS_E_ARG, "a call's own mistake, which changes nothing" },
	{ SMTPTLS_E_STATE, "the same" },
	{ SMTPTLS_E_AGAIN, "no failure" },
	{ SMTPTLS_E_SYNTAX,
	  "of strings, which calls refuse before they count" },
	{ SMTPTLS_E_UNSUPPORTED, "of settings and of what a call asks for" },
	{ SMTPTLS_E_CERT_MISSING, "a server's: test_no_certificate(); a "
				  "client offers no suite without one" },
};

/* ---- the other side ---- */

static int far_says(int fd, const char *text)
{
	return write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

static int far_hears_line(int fd)
{
	char c;

	do {
		if (read(fd, &c, 1) != 1)
			return 0;
	} while (c != '\n');
	return 1;
}

static void far_waits_for_end(int fd)
{
	char data[512];

	while (read(fd, data, sizeof(data)) > 0)
		;
}

/* Input before the ClientHello would be injection. */
static int far_sees_hello(int fd)
{
	struct pollfd event = { .fd = fd, .events = POLLIN };

	return poll(&event, 1, LONG) == 1;
}

/* Records of a handshake message that claims 16 MiB. */
static int far_floods(int fd)
{
	static unsigned char record[5 + 16384] = { 22, 3,    3,	   0x40, 0,
						   2,  0xff, 0xff, 0xff };
	int i;

	for (i = 0; i < 64; i++) {
		/* until the client closes */
		if (send(fd, record, sizeof(record), MSG_NOSIGNAL) < 0)
			return 1;
		memset(record + 5, 0, 4);
	}
	far_waits_for_end(fd);
	return 1;
}

/* The client may be gone: under TLS 1.3 it may fail after its Finished. */
static void far_talks(int fd, gnutls_session_t tls, enum act act)
{
	static const char garbage[] =
		"\27\3\3\0\40nobody has encrypted these bytes";
	char data[512];

	if (act == GARBAGE && write(fd, garbage, sizeof(garbage) - 1) > 0)
		far_waits_for_end(fd);
	if (act != TALK || gnutls_record_send(tls, HELLO, strlen(HELLO)) < 0)
		return;
	while (gnutls_record_recv(tls, data, sizeof(data)) > 0)
		;
}

/* Returns 1 if the session could be set up. */
static int far_tls(int fd, const struct row *row, unsigned flags)
{
	gnutls_certificate_credentials_t credentials;
	struct chain_cert *cert = leaf[row->shown];
	gnutls_session_t tls;
	int ret;

	if (gnutls_certificate_allocate_credentials(&credentials) < 0 ||
	    (flags == GNUTLS_SERVER &&
	     gnutls_certificate_set_x509_key(credentials, &cert->crt, 1,
					     cert->key) < 0) ||
	    gnutls_init(&tls, flags) < 0)
		return 0;
	gnutls_priority_set_direct(tls, "NORMAL", NULL);
	gnutls_credentials_set(tls, GNUTLS_CRD_CERTIFICATE, credentials);
	gnutls_transport_set_int(tls, fd);
	do
		ret = gnutls_handshake(tls);
	while (ret < 0 && !gnutls_error_is_fatal(ret));
	if (ret == 0)
		far_talks(fd, tls, row->act);
	gnutls_deinit(tls);
	gnutls_certificate_free_credentials(credentials);
	return 1;
}

static int far_acts(int fd, const struct row *row)
{
	static const char alert[] = "\25\3\3\0\2\2\50";

	switch (row->act) {
	case ALERT:
		return far_sees_hello(fd) && write(fd, alert, 7) == 7;
	case FLOOD:
		return far_sees_hello(fd) && far_floods(fd);
	case RESET:
		/* closing with unread input resets the connection */
		return far_sees_hello(fd);
	case SILENT:
	case NO_TLS:
		far_waits_for_end(fd);
		return 1;
	default:
		return far_tls(fd, row, GNUTLS_SERVER);
	}
}

/* The client may leave at any point: the test checks the client. */
static int far_serves(int fd, const struct row *row)
{
	if (!far_says(fd, row->greeting ? row->greeting : "220 mx\r\n") ||
	    !far_hears_line(fd) ||
	    !far_says(fd,
		      row->ehlo ? row->ehlo : "250-mx\r\n250 STARTTLS\r\n") ||
	    !far_hears_line(fd) ||
	    !far_says(fd, row->go ? row->go : "220 go\r\n"))
		return 1;
	return far_acts(fd, row);
}

static int far_asks(int fd, const struct row *row)
{
	return far_hears_line(fd) && far_says(fd, "STARTTLS\r\n") &&
	       far_hears_line(fd) && far_tls(fd, row, GNUTLS_CLIENT);
}

static pid_t running;

static void kill_running(void)
{
	if (running) {
		(void)kill(running, SIGKILL);
		(void)waitpid(running, NULL, 0);
	}
	running = 0;
}

static void far_ends(void)
{
	int status = -1;

	assert_int_equal(waitpid(running, &status, 0), running);
	running = 0;
	assert_int_equal(status, 0);
}

static int far_begins(int work(int fd, const struct row *row),
		      const struct row *row)
{
	int fds[2];

	kill_running(); /* left by a failed test */
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	fflush(NULL);
	running = fork();
	assert_true(running >= 0);
	if (running == 0) {
		(void)close(fds[0]);
		(void)signal(SIGPIPE, SIG_IGN);
		(void)alarm(2 * LONG / 1000);
		_exit(work(fds[1], row) ? 0 : 1);
	}
	assert_int_equal(close(fds[1]), 0);
	return fds[0];
}

static int tear_down(void **state)
{
	int i;

	(void)state;
	kill_running();
	for (i = 0; i < LEAVES; i++)
		chain_free(leaf[i]);
	chain_free(ca);
	chain_free(other_ca);
	(void)chain_end(NULL);
	return 0;
}

/* ---- the two ways a host waits ---- */

struct link {
	struct smtptls_conn *conn;
	int fd;
	int limit;
	int epoll; /* -1: the blocking calls */
};

static void event_in(struct link *link)
{
	unsigned char *ptr;
	size_t room = smtptls_conn_input(link->conn, &ptr);
	ssize_t n = room > 0 ? recv(link->fd, ptr, room, 0) : -1;

	if (n > 0)
		(void)smtptls_conn_input_done(link->conn, (size_t)n);
	else if (n == 0)
		(void)smtptls_conn_input_eof(link->conn);
	else if (room > 0 && errno != EAGAIN)
		(void)smtptls_conn_abort_errno(link->conn, errno);
}

static void event_out(struct link *link)
{
	const unsigned char *ptr;
	size_t len = smtptls_conn_output(link->conn, &ptr);
	ssize_t n = send(link->fd, ptr, len, MSG_NOSIGNAL);

	if (n > 0)
		(void)smtptls_conn_output_done(link->conn, (size_t)n);
	else if (n < 0 && errno != EAGAIN)
		(void)smtptls_conn_abort_errno(link->conn, errno);
}

/* Wait for these ports; returns those that are ready, 0 at the time limit. */
static int wait_for(struct link *link, int ports)
{
#ifdef __linux__
	struct epoll_event event = { .data.fd = link->fd };
	int ready = 0;

	event.events = (ports & SMTPTLS_NET_IN ? (unsigned)EPOLLIN : 0U) |
		       (ports & SMTPTLS_NET_OUT ? (unsigned)EPOLLOUT : 0U);
	assert_int_equal(
		epoll_ctl(link->epoll, EPOLL_CTL_MOD, link->fd, &event), 0);
	if (epoll_wait(link->epoll, &event, 1, link->limit) < 1)
		return 0;
	if (event.events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		ready |= ports & SMTPTLS_NET_IN;
	if (event.events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
		ready |= ports & SMTPTLS_NET_OUT;
	return ready;
#else
	struct pollfd event = { .fd = link->fd };

	event.events = (short)((ports & SMTPTLS_NET_IN ? POLLIN : 0) |
			       (ports & SMTPTLS_NET_OUT ? POLLOUT : 0));
	return poll(&event, 1, link->limit) < 1 ? 0 : ports;
#endif
}

/* Until one of these ports is open, or the connection has failed. */
static void loop_until(struct link *link, int until)
{
	int ports, ready, turns = 0;

	while (!((ports = smtptls_conn_poll(link->conn)) & until) &&
	       smtptls_conn_error(link->conn, NULL) == 0) {
		assert_true(turns++ < 10000);
		ports &= SMTPTLS_NET_IN | SMTPTLS_NET_OUT;
		ready = ports ? wait_for(link, ports) : 0;
		if (ready == 0)
			(void)smtptls_conn_abort(link->conn, SMTPTLS_E_TIMEOUT);
		if (ready & SMTPTLS_NET_OUT)
			event_out(link);
		if (ready & SMTPTLS_NET_IN)
			event_in(link);
	}
}

static ssize_t get(struct link *link, char *data, size_t len)
{
	ssize_t n;

	if (link->epoll < 0)
		return smtptls_fd_read(link->conn, link->fd, link->fd, data,
				       len, link->limit);
	while ((n = smtptls_conn_read(link->conn, data, len)) ==
	       SMTPTLS_E_AGAIN)
		loop_until(link, SMTPTLS_APP_IN);
	return n;
}

static int put(struct link *link, const char *text)
{
	size_t len = strlen(text);

	if (link->epoll < 0)
		return (int)smtptls_fd_write(link->conn, link->fd, link->fd,
					     text, len, link->limit);
	loop_until(link, SMTPTLS_APP_OUT);
	return (int)smtptls_conn_write(link->conn, text, len);
}

static int start(struct link *link, const struct row *row)
{
	int ret;

	if (row->act == SILENT)
		link->limit = SHORT;
	if (link->epoll < 0)
		return smtptls_fd_start_tls(link->conn, link->fd, link->fd,
					    link->limit);
	if (smtptls_conn_state(link->conn) == SMTPTLS_PLAIN &&
	    smtptls_conn_poll(link->conn) & SMTPTLS_APP_OUT) {
		ret = smtptls_conn_start_tls(link->conn, 0);
		if (ret < 0)
			return ret;
	}
	loop_until(link, SMTPTLS_APP_OUT);
	return smtptls_conn_error(link->conn, NULL);
}

/* ---- the two ways a host speaks SMTP ---- */

/* Read a reply; returns its code. Its lines go to `ehlo` unless it is NULL. */
static int reply(struct link *link, struct smtptls_ehlo *ehlo)
{
	struct smtptls_reply parsed;
	char line[1024];
	ssize_t n;

	do {
		n = get(link, line, sizeof(line));
		if (n <= 0)
			return (int)n;
		assert_int_equal(smtptls_reply_parse(line, (size_t)n, &parsed),
				 0);
		if (ehlo)
			(void)smtptls_ehlo_add(ehlo, line, (size_t)n);
	} while (line[3] == '-');
	return parsed.code;
}

static int give_up(struct link *link, int error)
{
	assert_int_equal(smtptls_conn_abort(link->conn, error), 0);
	return error;
}

static int speak(struct link *link, const struct row *row)
{
	char buffer[512];
	struct smtptls_ehlo ehlo;

	if (reply(link, NULL) != 220)
		return give_up(link, SMTPTLS_E_SMTP_REPLY);
	assert_int_equal(put(link, "EHLO a\r\n"), 8);
	smtptls_ehlo_init(&ehlo, buffer, sizeof(buffer));
	if (reply(link, &ehlo) != 250)
		return give_up(link, SMTPTLS_E_SMTP_REPLY);
	if (!smtptls_ehlo_find(&ehlo, "STARTTLS"))
		return give_up(link, SMTPTLS_E_NOT_OFFERED);
	assert_int_equal(put(link, "STARTTLS\r\n"), 10);
	if (reply(link, NULL) != 220)
		return give_up(link, SMTPTLS_E_REFUSED);
	if (row->host == NO_MEMORY)
		allocations_left = 0;
	return start(link, row);
}

static int negotiate(struct link *link, const struct row *row)
{
	int ret;

	if (row->host == NO_MEMORY)
		allocations_left = 0;
	ret = smtptls_conn_negotiate(link->conn, "a", 0);
	return ret < 0 ? ret : start(link, row);
}

/* ---- each row in each style ---- */

static struct smtptls_config *client_config(const struct row *row)
{
	struct smtptls_config *config;

	assert_int_equal(smtptls_config_new(&config), 0);
	assert_int_equal(smtptls_config_set_ca_file(config, ca_file), 0);
	if (row->shown == REVOKED)
		assert_int_equal(smtptls_config_set_crl_file(config, crl_file),
				 0);
	assert_int_equal(smtptls_config_freeze(config), 0);
	return config;
}

static void expect_peer(struct smtptls_conn *conn, const struct row *row)
{
	unsigned char digest[STLS_SHA256_SIZE];
	const gnutls_datum_t *der = &leaf[row->pinned]->der;

	if (row->host == NO_CHOICE)
		return;
	assert_int_equal(smtptls_conn_set_verify(conn, row->verify), 0);
	assert_int_equal(smtptls_conn_set_peer(conn, HOST), 0);
	stls_sha256(der->data, der->size, digest);
	if (row->verify == PIN)
		assert_int_equal(smtptls_conn_add_pin(conn, SMTPTLS_PIN_CERT,
						      digest, sizeof(digest)),
				 0);
	if (row->verify == DANE)
		assert_int_equal(smtptls_conn_add_tlsa(conn, 3, 0, 1, digest,
						       sizeof(digest)),
				 0);
}

static void open_link(struct link *link, int fd, int loops)
{
	link->fd = fd;
	link->epoll = -1;
	if (!loops)
		return;
#ifdef __linux__
	link->epoll = epoll_create1(0);
	assert_true(link->epoll >= 0);
	assert_int_equal(epoll_ctl(link->epoll, EPOLL_CTL_ADD, fd,
				   &(struct epoll_event){ .events = 0 }),
			 0);
#else
	link->epoll = 0;
#endif
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
}

static void close_link(struct link *link)
{
	smtptls_conn_free(link->conn);
	assert_int_equal(close(link->fd), 0);
#ifdef __linux__
	if (link->epoll >= 0)
		assert_int_equal(close(link->epoll), 0);
#endif
	far_ends();
}

/* It has failed for good, reports that, and lets nothing through. */
static void assert_failed(struct link *link, int error)
{
	struct smtptls_conn *conn = link->conn;
	const unsigned char *ptr;
	struct smtptls_info info;
	const char *text;
	char data[64];
	size_t n;

	assert_int_equal(smtptls_conn_error(conn, &text), error);
	assert_string_not_equal(text, "");
	assert_true(text[strlen(text) - 1] != '.');
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_FAILED);
	assert_int_equal(smtptls_conn_info(conn, &info, sizeof(info)), 0);
	assert_int_not_equal(info.reason, SMTPTLS_REASON_NONE);
	assert_non_null(smtptls_reason_name(info.reason));
	if (smtptls_error_info(error)->error_class == SMTPTLS_CLASS_CERT) {
		assert_int_equal(info.verify, error);
		assert_int_equal(info.stage, SMTPTLS_STAGE_VERIFICATION);
		assert_int_equal(info.tls_enabled, 0);
	}
	assert_int_equal(smtptls_conn_read(conn, data, sizeof(data)), error);
	assert_int_equal(smtptls_conn_write(conn, "x", 1), error);
	assert_int_equal(put(link, "MAIL FROM:<>\r\n"), error);
	while ((n = smtptls_conn_output(conn, &ptr)) > 0)
		(void)smtptls_conn_output_done(conn, n);
	assert_int_equal(smtptls_conn_poll(conn), 0);
}

static void assert_on(struct link *link, const struct row *row)
{
	struct smtptls_info info;

	assert_int_equal(smtptls_conn_tls_enabled(link->conn), 1);
	assert_int_equal(smtptls_conn_info(link->conn, &info, sizeof(info)), 0);
	assert_int_equal(info.verify, row->error == 0 ? row->reported : 1);
}

/* The errors that each style has failed with, one bit for each. */
enum { STYLES = 4 };
static unsigned long seen[STYLES];

static void run_row(const struct row *row, int style)
{
	struct smtptls_config *config = client_config(row);
	struct link link = { .limit = LONG };
	char data[64];
	ssize_t n;
	int ret;

	open_link(&link, far_begins(far_serves, row), style % 2);
	assert_int_equal(smtptls_conn_new(&link.conn, config, SMTPTLS_CLIENT),
			 0);
	smtptls_config_unref(config);
	expect_peer(link.conn, row);
	ret = style / 2 ? negotiate(&link, row) : speak(&link, row);
	allocations_left = -1;
	if (ret == 0) {
		assert_on(&link, row);
		n = get(&link, data, sizeof(data));
		ret = n < 0 ? (int)n : 0;
		if (n > 0)
			assert_memory_equal(data, HELLO, (size_t)n);
	}
	if (ret != row->error)
		fail_msg("%s, style %d: %d (%s)", row->name, style, ret,
			 smtptls_strerror(ret));
	if (ret < 0) {
		assert_failed(&link, ret);
		seen[style] |= 1UL << -ret;
	} else {
		assert_true(n > 0);
	}
	close_link(&link);
}

static void test_rows(void **state)
{
	size_t i;
	int style;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		for (style = 0; style < STYLES; style++)
			run_row(&rows[i], style);
	}
}

static const char *exemption(int error)
{
	size_t i;

	for (i = 0; i < COUNT(exempt); i++) {
		if (exempt[i].error == error)
			return exempt[i].why;
	}
	return NULL;
}

static void test_none_is_missing(void **state)
{
	int error, style;

	(void)state;
	for (error = -1; smtptls_error_info(error); error--) {
		for (style = 0; style < STYLES; style++) {
			int provoked = seen[style] >> -error & 1;

			if (provoked == (exemption(error) != NULL))
				fail_msg("%s, style %d",
					 smtptls_error_info(error)->name,
					 style);
		}
	}
	assert_int_equal(error, SMTPTLS_E_SMTP_REPLY - 1);
}

/* ---- a server whose client shows no certificate ---- */

static struct smtptls_config *server_config(void)
{
	struct smtptls_config *config;
	gnutls_datum_t cert, key;

	assert_int_equal(gnutls_x509_crt_export2(leaf[GOOD]->crt,
						 GNUTLS_X509_FMT_PEM, &cert),
			 0);
	assert_int_equal(gnutls_x509_privkey_export2(leaf[GOOD]->key,
						     GNUTLS_X509_FMT_PEM, &key),
			 0);
	assert_int_equal(smtptls_config_new(&config), 0);
	assert_int_equal(smtptls_config_add_cert_mem(config, cert.data,
						     cert.size, key.data,
						     key.size),
			 0);
	assert_int_equal(smtptls_config_set_ca_file(config, ca_file), 0);
	assert_int_equal(smtptls_config_freeze(config), 0);
	gnutls_free(cert.data);
	gnutls_free(key.data);
	return config;
}

static void test_no_certificate(void **state)
{
	static const struct row row = { .shown = GOOD };
	char line[64];
	int loops;

	(void)state;
	for (loops = 0; loops < 2; loops++) {
		struct smtptls_config *config = server_config();
		struct link link = { .limit = LONG };

		open_link(&link, far_begins(far_asks, &row), loops);
		assert_int_equal(
			smtptls_conn_new(&link.conn, config, SMTPTLS_SERVER),
			0);
		smtptls_config_unref(config);
		assert_int_equal(smtptls_conn_set_verify(link.conn, CA), 0);
		assert_int_equal(put(&link, "220 mx\r\n"), 8);
		assert_int_equal(get(&link, line, sizeof(line)), 10);
		assert_int_equal(
			smtptls_conn_accept_starttls(link.conn, NULL, 0), 220);
		assert_int_equal(start(&link, &row), SMTPTLS_E_CERT_MISSING);
		assert_failed(&link, SMTPTLS_E_CERT_MISSING);
		close_link(&link);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_none_is_missing),
		cmocka_unit_test(test_no_certificate),
	};

	return cmocka_run_group_tests_name("every_error", tests, set_up,
					   tear_down);
}
