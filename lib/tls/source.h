/* SPDX-License-Identifier: MIT */
/* tls/source: where PEM text comes from. See source.c. */
#ifndef TLS_SOURCE_H
#define TLS_SOURCE_H

#include <gnutls/gnutls.h>

#include "base/buffer.h"
#include "tls/config.h"
#include "x509/own_chain.h"
#include "x509/token.h"

#define STLS_SHOWN_URL_SIZE 512

/* PEM text, and what to call it in a sentence. */
struct stls_source {
	const char *name;
	char shown[STLS_SHOWN_URL_SIZE]; /* holds `name` for a URL */
	gnutls_datum_t pem;
	struct stls_buffer file;
	int shared; /* users other than the file's owner may read it */
};

/*
 * Read a file or, for a URL, a token. Returns 0, or an error with a sentence,
 * after which there is nothing to close.
 */
int stls_source_open(struct smtptls_config *config, struct stls_source *source,
		     const char *name);
/* Use the caller's memory, which is not copied: there is nothing to close. */
void stls_source_memory(struct stls_source *source, const char *name,
			const void *data, size_t len);
void stls_source_close(struct stls_source *source);

/*
 * Make a sentence of a GnuTLS error about a source that should be `expected`.
 */
int stls_source_failed(struct smtptls_config *config,
		       const struct stls_source *source, int ret,
		       const char *expected);
/* The same for a token, which is shown as `name`. */
int stls_source_token_failed(struct smtptls_config *config, const char *name,
			     int ret);
/* The same for an enum stls_own_chain_fault. */
int stls_source_chain_failed(struct smtptls_config *config,
			     const struct stls_source *cert,
			     const struct stls_source *key, int fault, int ret);
/* Warn of what should be changed in accepted files; `key` may be NULL. */
int stls_source_warn(struct smtptls_config *config,
		     const struct stls_source *cert,
		     const struct stls_source *key,
		     const struct stls_own_chain *chain);

#endif
