/* SPDX-License-Identifier: MIT */
/* openssl_client: an OpenSSL client of a struct smtptls_conn, in memory. */
#ifndef OPENSSL_CLIENT_H
#define OPENSSL_CLIENT_H

#include <openssl/ssl.h>

#include <smtptls.h>

#define CLIENT(...) (&(const struct client_spec){ __VA_ARGS__ })

/* Settings of a client; all zeros is OpenSSL's default at level 0. */
struct client_spec {
	const char *ciphers, *ciphersuites, *groups, *sigalgs;
	int min, max; /* TLS1_2_VERSION and the like; 0: any */
	const char *sni;
	int fallback; /* 1: send FALLBACK_SCSV */
	int status;   /* 1: request the certificate's status (OCSP) */
	SSL_SESSION *session;
};

/* What it saw. Everything is empty if the handshake failed. */
struct client_result {
	int ok;
	int version;
	const char *cipher; /* OpenSSL's name */
	char group[64];	    /* "X25519", "P-256", "DH 2048"; "": none */
	const char *key;    /* "RSA", "EC" */
	char name[64];	    /* the common name of the certificate */
	int resumed;
	int alert;	      /* the last one received, or -1 */
	unsigned char end[8]; /* the last bytes of the server's random */
	unsigned char status[4096];
	size_t status_len;    /* 0: no status was sent */
	SSL_SESSION *session; /* owned by the caller, for the next time */
	/* The server's side. */
	struct smtptls_info info;
	int error;
	char text[256];
	char shadow_text[256]; /* "": none */
};

/* One handshake with a server of `config`, and one line each way. */
void client_connect(struct smtptls_config *config,
		    const struct client_spec *spec,
		    struct client_result *result);
/* The same; the session is discarded. */
struct client_result client_dial(struct smtptls_config *config,
				 const struct client_spec *spec);
/* client_connect() with a connection that has started TLS; frees it. */
void client_meet(struct smtptls_conn *conn, const struct client_spec *spec,
		 struct client_result *result);

#endif
