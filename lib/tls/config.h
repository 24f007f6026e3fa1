/* SPDX-License-Identifier: MIT */
/* tls/config: what connections share. The manual is in config.c. */
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

/* Of a server: DANE is a client's alone. */
#define STLS_VERIFY_MODES (SMTPTLS_VERIFY_PIN + 1)

/* OCSP responses, each from a file. All zeros: none. */
struct stls_stapling {
	struct stls_texts files;
	struct stls_buffer *response; /* as many */
};

struct smtptls_config {
	atomic_uint owners;
	int frozen;
	int has_certificate;
	int strict_sni;
	int has_authorities;
	int has_system_authorities; /* some are the system's */
	int any_client_purpose; /* a client's certificate may be a server's */
	/* The host's choice by the client's name, or NULL. */
	struct smtptls_config *(*sni)(const char *name, void *arg);
	void *sni_arg;
	/* The host's answer to what opens a private key, or NULL. */
	int (*passphrase)(const char *name, char *buf, size_t size, void *arg);
	void *passphrase_arg;
	int pin_per_signature; /* a token has asked for the PIN so */
	gnutls_certificate_credentials_t credentials;
	struct stls_external_keys external;
	/* Each own certificate alone; none unless there are several. */
	struct stls_single_credentials single;
	struct stls_dh dh;
	struct stls_own_certificates own; /* since the freeze */
	struct stls_stapling stapling;
	gnutls_priority_t priority;
	struct smtptls_policy *policy; /* NULL: the priority is the host's */
	struct smtptls_policy *shadow; /* only asked, or NULL */
	unsigned char priority_digest[STLS_SHA256_SIZE];
	/* One for each way to verify: tickets must not cross them. */
	gnutls_datum_t ticket_key[STLS_VERIFY_MODES];
	gnutls_datum_t ticket_secret;
	/* What else tickets must not cross: a digest of trust. */
	unsigned char settings[STLS_SHA256_SIZE];
	struct stls_spare input;	/* of its connections */
	struct stls_texts certificates; /* their names, as they were added */
	struct stls_texts files;	/* that were read, or could not be */
	struct stls_texts warnings;
	char error[4096 + 512]; /* a path and a cause */
};

/* Fail with a sentence: returns `error`. */
int stls_config_fail(struct smtptls_config *config, int error,
		     const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Add a sentence to the warnings; 0 or SMTPTLS_E_NOMEM. */
int stls_config_warn(struct smtptls_config *config, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The whole of a file, which is noted; as stls_file_read(), with a sentence. */
int stls_config_read(struct smtptls_config *config, const char *file,
		     struct stls_buffer *content, int *shared);
/* Make `settings` depend on `data` too. */
void stls_config_mix(struct smtptls_config *config, const char *what,
		     const void *data, size_t len);

/* ---- ticket_keys.c ---- */

/* Make the keys from the secret, or from a new one; 0 or GnuTLS's error. */
int stls_ticket_keys_derive(struct smtptls_config *config);
void stls_ticket_keys_free(struct smtptls_config *config);

/* ---- stapling.c ---- */

void stls_stapling_free(struct stls_stapling *stapling);
/*
 * Give a configuration's responses to its certificates that they are about, and
 * warn of those that are not sent. Returns 0 or SMTPTLS_E_NOMEM.
 */
int stls_stapling_assign(struct smtptls_config *config);
/* Let the configuration's handshakes send what was assigned. */
void stls_stapling_install(struct smtptls_config *config);

#endif
