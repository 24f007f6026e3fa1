/* SPDX-License-Identifier: MIT */
/*
 * Malformed ClientHellos and their alerts: the library's server against the
 * RFCs, beside OpenSSL's own server and GnuTLS's, in one process and in memory.
 *
 *	hello_alerts [--verbose]
 *
 * Each case is a good hello with one change, the RFC section that applies, and
 * the alert that the section requires. If it names none, RFC 8446 section 6
 * applies: decode_error for what cannot be parsed, illegal_parameter for what
 * can. The library must send that alert before anything else and, if the
 * library itself refuses, report a reason and the sentence of the case. If
 * another server behaves differently, the case says how and why; this is
 * compared for OpenSSL 3.0 and GnuTLS 3.7, and only printed for other versions.
 *
 * All three must answer the good hellos.
 */
#include <gnutls/gnutls.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <smtptls.h>

#include "../unit/help/hello.h"
#include "../unit/help/peer.h"
#include "release.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BYTES(text)  (text), (int)sizeof(text) - 1

enum {
	ANSWERED = -1, /* a ServerHello */
	SILENT = -2,   /* neither that nor an alert */
	UNEXPECTED_MESSAGE = 10,
	HANDSHAKE_FAILURE = 40,
	ILLEGAL_PARAMETER = 47,
	DECODE_ERROR = 50,
	PROTOCOL_VERSION = 70,
	INTERNAL_ERROR = 80,
	INAPPROPRIATE_FALLBACK = 86,
	MISSING_EXTENSION = 109,
	UNSUPPORTED_EXTENSION = 110,
	UNRECOGNIZED_NAME = 112
};

/* Fields of the hello other than extensions, whose numbers are smaller. */
enum {
	VERSION = 0x10000,
	SESSION, /* including its length */
	SUITES,	 /* including their length */
	COMPRESSION,
	TAIL, /* after the extensions */
	DROP = -1
};

struct change {
	int what; /* an extension's number, or one of the above */
	const char *data;
	int len;   /* or DROP */
	int twice; /* a second one, at the end */
};

struct alert_case {
	const char *name, *section;
	int tls13; /* which of the two good hellos */
	struct change change[3];
	int alert;
	const char *sentence; /* part of it; NULL: GnuTLS refuses */
	int openssl, gnutls;  /* 0: the same alert */
	const char *why;      /* why they differ */
};

/* ---- hellos ---- */

#define SHARE_KEY                                                              \
	"BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB" /* any 32 bytes are an X25519 key */
#define SHARE  "\0\x1d\0\x20" SHARE_KEY
#define BINDER "\x20" SHARE_KEY
#define PSK    "\0\x0b\0\5abcde\0\0\0\0\0\x21" BINDER

static const struct change good13[] = {
	{ VERSION, BYTES("\3\3"), 0 },
	{ SESSION, BYTES("\0"), 0 },
	{ SUITES, BYTES("\0\6\x13\1\x13\2\xc0\x2f"), 0 },
	{ COMPRESSION, BYTES("\1\0"), 0 },
	{ 0, BYTES("\0\x11\0\0\x0emx.example.org"), 0 },
	{ 10, BYTES("\0\4\0\x1d\0\x17"), 0 },
	{ 11, BYTES("\1\0"), 0 },
	{ 13, BYTES("\0\6\4\3\x8\4\4\1"), 0 },
	{ 23, BYTES(""), 0 },
	{ 43, BYTES("\4\3\4\3\3"), 0 },
	{ 45, BYTES("\1\1"), 0 },
	{ 51, BYTES("\0\x24" SHARE), 0 },
};

static const struct change good12[] = {
	{ VERSION, BYTES("\3\3"), 0 },
	{ SESSION, BYTES("\0"), 0 },
	{ SUITES, BYTES("\0\4\xc0\x2f\xc0\x30"), 0 },
	{ COMPRESSION, BYTES("\1\0"), 0 },
	{ 0, BYTES("\0\x11\0\0\x0emx.example.org"), 0 },
	{ 10, BYTES("\0\4\0\x1d\0\x17"), 0 },
	{ 11, BYTES("\1\0"), 0 },
	{ 13, BYTES("\0\6\4\3\x8\4\4\1"), 0 },
	{ 23, BYTES(""), 0 },
	{ 0xff01, BYTES("\0"), 0 },
};

static void put(struct hello *hello, const struct change *change)
{
	size_t length = 0;
	int i;

	if (change->len == DROP)
		return;
	if (change->what < VERSION) {
		hello_put(hello, (unsigned)change->what, 2);
		length = hello_open(hello, 2);
	}
	for (i = 0; i < change->len; i++)
		hello_put(hello, (unsigned char)change->data[i], 1);
	if (change->what < VERSION)
		hello_close(hello, length, 2);
}

/* The change of this field, or its original value. */
static const struct change *changed(const struct alert_case *test,
				    const struct change *good)
{
	size_t i;

	for (i = 0; i < COUNT(test->change) && test->change[i].data; i++) {
		if (test->change[i].what == good->what &&
		    !test->change[i].twice)
			return &test->change[i];
	}
	return good;
}

static int is_in(const struct change *good, size_t count, int what)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (good[i].what == what)
			return 1;
	}
	return 0;
}

/* In one record. */
static void make(struct hello *hello, const struct alert_case *test)
{
	const struct change *good = test->tls13 ? good13 : good12;
	size_t count = test->tls13 ? COUNT(good13) : COUNT(good12);
	size_t record, message, extensions, i;

	hello->len = 0;
	hello_put(hello, 0x160301, 3);
	record = hello_open(hello, 2);
	hello_put(hello, 1, 1);
	message = hello_open(hello, 3);
	put(hello, changed(test, &good[0]));
	for (i = 0; i < 32; i++)
		hello_put(hello, 0x42, 1);
	for (i = 1; i < 4; i++)
		put(hello, changed(test, &good[i]));
	extensions = hello_open(hello, 2);
	for (; i < count; i++)
		put(hello, changed(test, &good[i]));
	for (i = 0; i < COUNT(test->change) && test->change[i].data; i++) {
		if (test->change[i].what < VERSION &&
		    (test->change[i].twice ||
		     !is_in(good, count, test->change[i].what)))
			put(hello, &test->change[i]);
	}
	hello_close(hello, extensions, 2);
	for (i = 0; i < COUNT(test->change); i++) {
		if (test->change[i].what == TAIL)
			put(hello, &test->change[i]);
	}
	hello_close(hello, message, 3);
	hello_close(hello, record, 2);
}

/* ---- the cases ---- */

static const struct alert_case cases[] = {
#include "hello_alert_cases.h"
};

/* ---- servers ---- */

static void need(int holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "hello_alerts: %s failed\n", what);
	ERR_print_errors_fp(stderr);
	exit(99);
}

/* A server's output: its first alert, or ANSWERED if it answered before. */
static int judge_answer(const unsigned char *data, size_t len)
{
	if (len >= 7 && data[0] == 21)
		return data[6];
	return len >= 6 && data[0] == 22 ? ANSWERED : SILENT;
}

static const struct testcert *certificate(void)
{
	return testcert_server(peer_ca(), TESTCERT_RSA, "mx.example.org");
}

static int ask_openssl(const struct hello *hello)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	SSL *ssl;
	char *data;
	long len;
	int ret;

	need(ctx && in && out, "SSL_CTX_new");
	need(SSL_CTX_use_certificate_file(ctx, certificate()->file,
					  SSL_FILETYPE_PEM) == 1 &&
		     SSL_CTX_use_PrivateKey_file(ctx, certificate()->file,
						 SSL_FILETYPE_PEM) == 1,
	     "reading the certificate");
	ssl = SSL_new(ctx);
	need(ssl != NULL, "SSL_new");
	BIO_set_mem_eof_return(in, -1);
	SSL_set_bio(ssl, in, out);
	need(BIO_write(in, hello->bytes, (int)hello->len) == (int)hello->len,
	     "BIO_write");
	(void)SSL_accept(ssl);
	ERR_clear_error();
	len = BIO_get_mem_data(out, &data);
	ret = judge_answer((const unsigned char *)data, (size_t)len);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	return ret;
}

static int ask_gnutls(const struct hello *hello)
{
	struct peer *server = peer_server("NORMAL", certificate());
	int ret;

	peer_queue_add(&server->in, hello->bytes, hello->len);
	peer_step(server);
	if (server->result < 0 && gnutls_error_is_fatal(server->result))
		(void)gnutls_alert_send_appropriate(server->tls,
						    server->result);
	ret = judge_answer(peer_queue_data(&server->out),
			   peer_queue_len(&server->out));
	peer_free(server);
	return ret;
}

struct answer {
	int alert, reason;
	char text[256];
};

static struct answer ask_library(const struct hello *hello)
{
	struct smtptls_conn *conn =
		peer_conn(peer_config(NULL, 1, 0), SMTPTLS_SERVER);
	struct answer answer = { SILENT, 0, "" };
	const unsigned char *data;
	struct smtptls_info info;
	const char *text;
	size_t len;

	need(smtptls_conn_start_tls(conn, 0) == 0, "smtptls_conn_start_tls");
	host_feed(conn, hello->bytes, hello->len);
	len = smtptls_conn_output(conn, &data);
	answer.alert = judge_answer(data, len);
	if (smtptls_conn_error(conn, &text) < 0)
		(void)snprintf(answer.text, sizeof(answer.text), "%s", text);
	info = host_info(conn);
	answer.reason = info.reason;
	if (answer.alert >= 0 && info.alert_sent != answer.alert)
		answer.alert = SILENT;
	smtptls_conn_free(conn);
	return answer;
}

/* ---- comparison ---- */

static int is_openssl(const char *who)
{
	return strcmp(who, "OpenSSL") == 0;
}

/* Whether this is the release that the cases describe. */
static int is_listed(const char *who)
{
	if (is_openssl(who))
		return release_is_3_0();
	return strncmp(gnutls_check_version(NULL), "3.7.", 4) == 0;
}

/* A later release, which may have been fixed. */
static int is_later(const char *who)
{
	if (is_openssl(who))
		return release_is_3_5();
	return strncmp(gnutls_check_version(NULL), "3.8.", 4) == 0;
}

/* 1 if another server does not behave as the case says. */
static int compare(const struct alert_case *test, const char *who, int said,
		   int expected, int verbose)
{
	int other = expected ? expected : test->alert;

	if (verbose && said != test->alert)
		printf("%s: %s says %d, not %d: %s\n", test->name, who, said,
		       test->alert, test->why ? test->why : "?");
	if (said == other || (said == test->alert && !is_listed(who)))
		return 0;
	printf("%s (%s): %s said %d, listed is %d\n", test->name, test->section,
	       who, said, other);
	return is_listed(who) || is_later(who);
}

static int judge(const struct alert_case *test, int verbose)
{
	struct answer answer;
	struct hello hello;
	int wrong = 0;

	make(&hello, test);
	answer = ask_library(&hello);
	if (answer.alert != test->alert) {
		printf("%s (%s): alert %d, demanded is %d\n", test->name,
		       test->section, answer.alert, test->alert);
		wrong = 1;
	}
	if (test->sentence && (answer.reason == SMTPTLS_REASON_NONE ||
			       !strstr(answer.text, test->sentence))) {
		printf("%s: reason %d, \"%s\"\n", test->name, answer.reason,
		       answer.text);
		wrong = 1;
	}
	wrong |= compare(test, "OpenSSL", ask_openssl(&hello), test->openssl,
			 verbose);
	wrong |= compare(test, "GnuTLS", ask_gnutls(&hello), test->gnutls,
			 verbose);
	if ((test->openssl || test->gnutls) != (test->why != NULL)) {
		printf("%s: a difference and its reason go together\n",
		       test->name);
		wrong = 1;
	}
	return wrong;
}

int main(int argc, char **argv)
{
	int verbose = argc == 2 && strcmp(argv[1], "--verbose") == 0;
	unsigned wrong = 0;
	size_t i;

	if (argc > 1 + verbose) {
		fputs("usage: hello_alerts [--verbose]\n", stderr);
		return 2;
	}
	for (i = 0; i < COUNT(cases); i++)
		wrong += (unsigned)judge(&cases[i], verbose);
	printf("%zu hellos, %u wrong\n", COUNT(cases), wrong);
	return wrong > 0;
}
