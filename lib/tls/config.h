/* SPDX-License-Identifier: MIT */
/* tls/config: what connections share. See config.c. */
#ifndef TLS_CONFIG_H
#define TLS_CONFIG_H

#include <stdatomic.h>

#include <gnutls/gnutls.h>

#include <smtptls/config.h>
#include <smtptls/conn.h>

#include "base/buffer.h"
#include "base/texts.h"
#include "tls/dh.h"
#include "tls/external_key.h"
#include "tls/single_credentials.h"
#include "x509/digest.h"
#include "x509/own_certificates.h"

/* A server's modes: DANE is for clients alone. */
#define STLS_VERIFY_MODES (SMTPTLS_VERIFY_PIN + 1)

/* OCSP responses, each from a file. All zeros: none. */
struct stls_stapling {
	struct stls_texts files;
	struct stls_buffer *response; /* one for each file */
};

struct smtptls_config {
	atomic_uint owners;
	int frozen;
	int has_certificate;
	int strict_sni;
	int has_authorities;
	int has_system_authorities; /* some are the system's */
	int any_client_purpose; /* a client may show a server's certificate */
	/* The host's callback that chooses by the SNI name, or NULL. */
	struct smtptls_config *(*sni)(const char *name, void *arg);
	void *sni_arg;
	/* The host's callback for a private key's passphrase, or NULL. */
	int (*passphrase)(const char *name, char *buf, size_t size, void *arg);
	void *passphrase_arg;
	int pin_per_signature; /* a token has asked for the PIN each time */
	gnutls_certificate_credentials_t credentials;
	struct stls_external_keys external;
	/* Credentials with one own certificate each, if there are several. */
	struct stls_single_credentials single;
	struct stls_dh dh;
	struct stls_own_certificates own; /* read by the freeze */
	struct stls_stapling stapling;
	gnutls_priority_t priority;
	struct smtptls_policy *policy; /* NULL: the priority is the host's */
	struct smtptls_policy *shadow; /* asked, but not enforced; or NULL */
	unsigned char priority_digest[STLS_SHA256_SIZE];
	/* One for each verification mode: tickets must not cross modes. */
	gnutls_datum_t ticket_key[STLS_VERIFY_MODES];
	gnutls_datum_t ticket_secret;
	/* A digest of the trust settings, which tickets must not cross. */
	unsigned char settings[STLS_SHA256_SIZE];
	struct stls_spare input;	/* for its connections' input */
	struct stls_texts certificates; /* their names, in the order added */
	struct stls_texts files;	/* read, or tried */
	struct stls_texts warnings;
	char error[4096 + 512]; /* a path and a cause */
};

/* Set the error sentence; returns `error`. */
int stls_config_fail(struct smtptls_config *config, int error,
		     const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Add a sentence to the warnings; 0 or SMTPTLS_E_NOMEM. */
int stls_config_warn(struct smtptls_config *config, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* As stls_file_read(); notes the file's name, and sets a sentence on error. */
int stls_config_read(struct smtptls_config *config, const char *file,
		     struct stls_buffer *content, int *shared);
/* Mix `data`, labeled `what`, into `settings`. */
void stls_config_mix(struct smtptls_config *config, const char *what,
		     const void *data, size_t len);

/* ---- ticket_keys.c ---- */

/* Derive the keys from the secret, or from a new one; 0 or a GnuTLS error. */
int stls_ticket_keys_derive(struct smtptls_config *config);
void stls_ticket_keys_free(struct smtptls_config *config);

/* ---- stapling.c ---- */

void stls_stapling_free(struct stls_stapling *stapling);
/*
 * Assign a configuration's responses to the certificates that they are about,
 * and warn of those that are not sent. Returns 0 or SMTPTLS_E_NOMEM.
 */
int stls_stapling_assign(struct smtptls_config *config);
/* Let the configuration's handshakes send what was assigned. */
void stls_stapling_install(struct smtptls_config *config);

#endif
