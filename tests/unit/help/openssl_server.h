/* SPDX-License-Identifier: MIT */
/* openssl_server: an OpenSSL server of a struct smtptls_conn, in memory. */
#ifndef OPENSSL_SERVER_H
#define OPENSSL_SERVER_H

#include <openssl/ssl.h>

#include <smtptls.h>

#include "testcert.h"

/* For one version, such as TLS1_2_VERSION, at security level 0. */
SSL_CTX *openssl_server(int version, const struct testcert *cert);
/* A new connection of it; free it with SSL_free(). */
SSL *openssl_server_accept(SSL_CTX *ctx);
/* The handshake with a client that has started it, until nothing moves. */
void openssl_server_run(SSL *ssl, struct smtptls_conn *conn);

#endif
