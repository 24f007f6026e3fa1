/* SPDX-License-Identifier: MIT */
/* openssl_wire: what openssl_client and openssl_server have in common. */
#include "openssl_wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void openssl_need(int holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "openssl: %s failed\n", what);
	exit(99);
}

void openssl_wire(SSL *ssl)
{
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());

	MUST(in && out);
	BIO_set_mem_eof_return(in, -1);
	BIO_set_mem_eof_return(out, -1);
	SSL_set_bio(ssl, in, out);
}

int openssl_send_all(SSL *ssl, struct smtptls_conn *conn)
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

int openssl_receive_all(SSL *ssl, struct smtptls_conn *conn)
{
	const unsigned char *data;
	size_t n = smtptls_conn_output(conn, &data);

	if (n == 0)
		return 0;
	MUST(BIO_write(SSL_get_rbio(ssl), data, (int)n) == (int)n);
	MUST(smtptls_conn_output_done(conn, n) == 0);
	return 1;
}
