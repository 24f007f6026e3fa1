/* SPDX-License-Identifier: MIT */
/* tls/stapling: OCSP responses of own certificates. Manual in stapling.c. */
#ifndef TLS_STAPLING_H
#define TLS_STAPLING_H

#include <stddef.h>

#include "base/buffer.h"
#include "base/texts.h"

struct smtptls_config;

/* Responses, each from a file. All zeros: none. */
struct stls_stapling {
	struct stls_texts files;
	struct stls_buffer *response; /* as many */
};

void stls_stapling_free(struct stls_stapling *stapling);

/*
 * Give a configuration's responses to its certificates that they are about, and
 * warn of those that are not sent. Returns 0 or SMTPTLS_E_NOMEM.
 */
int stls_stapling_assign(struct smtptls_config *config);

/* Let the configuration's handshakes send what was assigned. */
void stls_stapling_install(struct smtptls_config *config);

#endif
