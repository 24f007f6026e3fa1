/* SPDX-License-Identifier: MIT */
/*
 * openssl_server: an OpenSSL server of a struct smtptls_conn, in memory.
 *
 * How a handshake ends is for the test to look at. What cannot be set up ends
 * the program with status 99, as openssl_client does.
 */
#include "openssl_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TURNS_MAX 64

static void need(int true, const char *what)
{
	if (true)
		return;
	fprintf(stderr, "openssl_server: %s failed\n", what);
	exit(99);
}

#define MUST(call) need((call) != 0, #call)

SSL_CTX *openssl_server(int version, const struct testcert *cert)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	MUST(ctx);
	SSL_CTX_set_security_level(ctx, 0);
	MUST(SSL_CTX_use_certificate_file(ctx, cert->file, SSL_FILETYPE_PEM) ==
	     1);
	MUST(SSL_CTX_use_PrivateKey_file(ctx, cert->file, SSL_FILETYPE_PEM) ==
	     1);
	MUST(SSL_CTX_set_min_proto_version(ctx, version));
	MUST(SSL_CTX_set_max_proto_version(ctx, version));
	return ctx;
}

SSL *openssl_server_accept(SSL_CTX *ctx)
{
	SSL *ssl = SSL_new(ctx);
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());

	MUST(ssl && in && out);
	BIO_set_mem_eof_return(in, -1);
	BIO_set_mem_eof_return(out, -1);
	SSL_set_bio(ssl, in, out);
	SSL_set_accept_state(ssl);
	return ssl;
}

static int send_all(SSL *ssl, struct smtptls_conn *conn)
{
	unsigned char *room;
	char *data;
	long len = BIO_get_mem_data(SSL_get_wbio(ssl), &data);
	int moved = len > 0;
	size_t n;

	while (len > 0 && (n = smtptls_conn_input(conn, &room)) > 0) {
		if (n > (size_t)len)
			n = (size_t)len;
		memcpy(room, data, n);
		(void)smtptls_conn_input_done(conn, n);
		data += n;
		len -= (long)n;
	}
	(void)BIO_reset(SSL_get_wbio(ssl));
	return moved;
}

static int receive_all(SSL *ssl, struct smtptls_conn *conn)
{
	const unsigned char *data;
	size_t n = smtptls_conn_output(conn, &data);

	if (n == 0)
		return 0;
	MUST(BIO_write(SSL_get_rbio(ssl), data, (int)n) == (int)n);
	MUST(smtptls_conn_output_done(conn, n) == 0);
	return 1;
}

void openssl_server_run(SSL *ssl, struct smtptls_conn *conn)
{
	int turns = 0, moved;

	do {
		need(turns++ < TURNS_MAX, "an end of it");
		moved = receive_all(ssl, conn);
		(void)SSL_do_handshake(ssl);
		moved |= send_all(ssl, conn);
	} while (moved);
}
