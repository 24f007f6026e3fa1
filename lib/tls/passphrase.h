/* SPDX-License-Identifier: MIT */
/* tls/passphrase: what opens a private key. The manual is in passphrase.c. */
#ifndef TLS_PASSPHRASE_H
#define TLS_PASSPHRASE_H

#include "tls/config.h"
#include "x509/token.h"

/* With the NUL behind it. */
#define STLS_PASSPHRASE_SIZE 256

/*
 * Ask the host, which must have said how, for what opens `name`; as a string,
 * which the caller wipes. Returns 0, or -1: there is none.
 */
int stls_passphrase_ask(const struct smtptls_config *config, const char *name,
			char passphrase[STLS_PASSPHRASE_SIZE]);

/*
 * How GnuTLS asks for the PIN of a token of this configuration's: the host, if it
 * has said how, until the configuration is frozen.
 */
struct stls_token_pin stls_passphrase_pin(struct smtptls_config *config);

#endif
