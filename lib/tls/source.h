/* SPDX-License-Identifier: MIT */
/* tls/source: where PEM text is from. The manual is in source.c. */
#ifndef TLS_SOURCE_H
#define TLS_SOURCE_H

#include <gnutls/gnutls.h>

#include "base/buffer.h"
#include "tls/config.h"
#include "x509/own_chain.h"
#include "x509/token.h"

#define STLS_SHOWN_URL_SIZE 512

/* PEM text and how to call it in a sentence. */
struct stls_source {
	const char *name;
	char shown[STLS_SHOWN_URL_SIZE]; /* the name of a URL */
	gnutls_datum_t pem;
	struct stls_buffer file;
	int shared; /* others than the file's owner may read it */
};

/*
 * Read a file or, by a URL, a token. Returns 0, or an error with a sentence; then
 * nothing is to be closed.
 */
int stls_source_open(struct smtptls_config *config, struct stls_source *source,
		     const char *name);
/* The caller's memory, which is not copied: nothing is to be closed. */
void stls_source_memory(struct stls_source *source, const char *name,
			const void *data, size_t len);
void stls_source_close(struct stls_source *source);

/* A GnuTLS error about a source as a sentence; `expected` is what it is not. */
int stls_source_failed(struct smtptls_config *config,
		       const struct stls_source *source, int ret,
		       const char *expected);
/* The same of a token's, of which `name` is shown. */
int stls_source_token_failed(struct smtptls_config *config, const char *name,
			     int ret);
/* The same of an enum stls_own_chain_fault. */
int stls_source_chain_failed(struct smtptls_config *config,
			     const struct stls_source *cert,
			     const struct stls_source *key, int fault, int ret);
/* Warn of what should be changed in files that are taken; `key` or NULL. */
int stls_source_warn(struct smtptls_config *config,
		     const struct stls_source *cert,
		     const struct stls_source *key,
		     const struct stls_own_chain *chain);

#endif
