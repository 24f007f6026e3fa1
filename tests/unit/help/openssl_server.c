/* SPDX-License-Identifier: MIT */
/*
 * openssl_server: an OpenSSL server of a struct smtptls_conn, in memory.
 *
 * The test checks how a handshake ends. A failed setup ends the program with
 * status 99, as in openssl_client.
 */
#include "openssl_server.h"

#include "openssl_wire.h"

#define TURNS_MAX 64

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

	MUST(ssl);
	openssl_wire(ssl);
	SSL_set_accept_state(ssl);
	return ssl;
}

void openssl_server_run(SSL *ssl, struct smtptls_conn *conn)
{
	int turns = 0, moved;

	do {
		openssl_need(turns++ < TURNS_MAX, "an end of it");
		moved = openssl_receive_all(ssl, conn);
		(void)SSL_do_handshake(ssl);
		moved |= openssl_send_all(ssl, conn);
	} while (moved);
}
