/* SPDX-License-Identifier: MIT */
/* openssl_client: an OpenSSL client of a struct smtptls_conn, in memory. */
#ifndef OPENSSL_CLIENT_H
#define OPENSSL_CLIENT_H

#include <openssl/ssl.h>

#include <smtptls.h>

#define CLIENT(...) (&(const struct client_spec){ __VA_ARGS__ })

/* What a client is to be; all zeros is OpenSSL's default at level 0. */
struct client_spec {
	const char *ciphers, *ciphersuites, *groups, *sigalgs;
	int min, max; /* TLS1_2_VERSION and the like; 0: any */
	const char *sni;
	int fallback; /* 1: send FALLBACK_SCSV */
	int status;   /* 1: ask for the certificate's (OCSP) */
	SSL_SESSION *session;
};

/* What it saw. Everything is empty when the handshake failed. */
struct client_result {
	int ok;
	int version;
	const char *cipher; /* OpenSSL's name */
	char group[64];	    /* "X25519", "P-256", "DH 2048"; "": none */
	const char *key;    /* "RSA", "EC" */
	char name[64];	    /* the common name of the certificate */
	int resumed;
	int alert;	      /* the last that came, or -1 */
	unsigned char end[8]; /* of the server's random */
	unsigned char status[4096];
	size_t status_len;    /* 0: none was sent */
	SSL_SESSION *session; /* the caller's, for the next time */
	/* The server's side. */
	struct smtptls_info info;
	int error;
	char text[256];
	char shadow_text[256]; /* "": there was none */
};

/* One handshake with a server of `config`; and a word each way. */
void client_connect(struct smtptls_config *config,
		    const struct client_spec *spec,
		    struct client_result *result);
/* The same, and the session is forgotten. */
struct client_result client_dial(struct smtptls_config *config,
				 const struct client_spec *spec);
/* client_connect() with a connection that has started TLS; it is freed. */
void client_meet(struct smtptls_conn *conn, const struct client_spec *spec,
		 struct client_result *result);

#endif
