/* SPDX-License-Identifier: MIT */
/* tls/passphrase: the passphrase of a private key. See passphrase.c. */
#ifndef TLS_PASSPHRASE_H
#define TLS_PASSPHRASE_H

#include "tls/config.h"
#include "x509/token.h"

/* Including the NUL. */
#define STLS_PASSPHRASE_SIZE 256

/*
 * Ask the host, which must have set a callback, for the passphrase of `name`: a
 * string, which the caller wipes. Returns 0, or -1 if there is none.
 */
int stls_passphrase_ask(const struct smtptls_config *config, const char *name,
			char passphrase[STLS_PASSPHRASE_SIZE]);

/*
 * How GnuTLS asks for the PIN of one of this configuration's tokens: it calls
 * the host, if that has set a callback, until the configuration is frozen.
 */
struct stls_token_pin stls_passphrase_pin(struct smtptls_config *config);

#endif
