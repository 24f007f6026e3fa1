/* SPDX-License-Identifier: MIT */
#ifndef SERVER_OPTIONS_H
#define SERVER_OPTIONS_H

#include <stddef.h>
#include <sys/socket.h>

#include <smtptls.h>

enum { OPTIONS_LIST_MAX = 32, OPTIONS_HOST_MAX = 255 };

struct listen_option {
	struct sockaddr_storage address;
	socklen_t len;
	const char *text;
	int tls; /* implicit */
};

struct cert_option {
	const char *cert, *key;
};

struct options {
	struct listen_option listen[OPTIONS_LIST_MAX];
	size_t n_listen;
	struct cert_option certs[OPTIONS_LIST_MAX];
	size_t n_certs; /* 0: the default files */
	const char *ocsp[OPTIONS_LIST_MAX];
	size_t n_ocsp;
	const char *ca, *crl, *dhparam, *ticket_secret, *maildir, *record_hello;
	const char *passphrase_file;
	const char *priority; /* instead of `policy` */
	struct smtptls_policy_spec policy;
	/* The shadow policy's own settings; none if both are NULL. */
	const char *shadow_ciphers, *shadow_protocols;
	const char *config_dir; /* of qpsmtpd, or NULL */
	int verify;		/* enum smtptls_verify */
	int client_purpose;	/* enum smtptls_client_purpose */
	int require_tls, strict_sni, log_changes;
	char hostname[OPTIONS_HOST_MAX + 1];
	size_t max_size;
	unsigned max_connections;
	int handshake_timeout, idle_timeout; /* seconds */
};

/* Fill `options` from the command line; exits if that is wrong. */
void options_parse(struct options *options, int argc, char **argv);

#endif
