/* SPDX-License-Identifier: MIT */
/* openssl_wire: between an SSL and a struct smtptls_conn, in memory. */
#ifndef OPENSSL_WIRE_H
#define OPENSSL_WIRE_H

#include <openssl/ssl.h>

#include <smtptls.h>

/* Ends the program with status 99 if `holds` is 0. */
void openssl_need(int holds, const char *what);
#define MUST(call) openssl_need((call) != 0, #call)

/* Make `ssl` read from memory, and write to memory. */
void openssl_wire(SSL *ssl);
/* Moves its output to `conn`, as far as that has room; 1 if bytes moved. */
int openssl_send_all(SSL *ssl, struct smtptls_conn *conn);
/* Moves the output of `conn` to it; 1 if bytes moved. */
int openssl_receive_all(SSL *ssl, struct smtptls_conn *conn);

#endif
