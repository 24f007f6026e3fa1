/* SPDX-License-Identifier: MIT */
/* openssl_wire: between an SSL and a struct smtptls_conn, in memory. */
#ifndef OPENSSL_WIRE_H
#define OPENSSL_WIRE_H

#include <openssl/ssl.h>

#include <smtptls.h>

/* What cannot be set up ends the program with status 99. */
void openssl_need(int holds, const char *what);
#define MUST(call) openssl_need((call) != 0, #call)

/* Let `ssl` read from memory, and write there. */
void openssl_wire(SSL *ssl);
/* What it has written goes to `conn`, as far as that has room; 1: something. */
int openssl_send_all(SSL *ssl, struct smtptls_conn *conn);
/* What `conn` has to send goes to it; 1: something. */
int openssl_receive_all(SSL *ssl, struct smtptls_conn *conn);

#endif
