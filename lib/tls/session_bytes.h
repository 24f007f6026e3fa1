/* SPDX-License-Identifier: MIT */
/* tls/session_bytes: a session as bytes. See session_bytes.c. */
#ifndef TLS_SESSION_BYTES_H
#define TLS_SESSION_BYTES_H

#include <stddef.h>
#include <sys/types.h>

#include <gnutls/gnutls.h>

#include "tls/config.h"
#include "tls/expected.h"

/* 0 if these bytes are whole and undamaged, or SMTPTLS_E_SYNTAX. */
int stls_session_bytes_check(const unsigned char *bytes, size_t len);

/*
 * Get GnuTLS's part of `expected->offered`, which has been checked. Returns 1
 * with `*data`, which points into it, if the session was kept under `config`
 * and `expected`; else 0.
 */
int stls_session_bytes_open(const struct smtptls_config *config,
			    const struct stls_expected *expected,
			    gnutls_datum_t *data);

/*
 * Write a client's session into `buffer` of `size` bytes, unless that is NULL.
 * Returns the length, or SMTPTLS_E_AGAIN before a ticket has arrived,
 * SMTPTLS_E_UNSUPPORTED, SMTPTLS_E_LIMIT or SMTPTLS_E_NOMEM.
 */
ssize_t stls_session_bytes_make(gnutls_session_t tls,
				const struct smtptls_config *config,
				const struct stls_expected *expected,
				unsigned char *buffer, size_t size);

#endif
