/* SPDX-License-Identifier: MIT */
/* tls/system_file: GnuTLS's system-wide configuration. See system_file.c. */
#ifndef TLS_SYSTEM_FILE_H
#define TLS_SYSTEM_FILE_H

#include <gnutls/gnutls.h>

#include "policy/system_policy.h"

/*
 * Read the file; one that cannot be read counts as none, for GnuTLS too.
 * Returns 0 or SMTPTLS_E_NOMEM; call stls_system_policy_clear() in either case.
 */
int stls_system_file_read(struct stls_system_policy *system);

/*
 * The curve of a key or certificate in DER, as stls_system_lines() takes it.
 * Returns 1, or 0 if GnuTLS has no such curve.
 */
int stls_system_curve(const gnutls_datum_t *der, int *kind, unsigned *which);

/*
 * Write how to change the file so that GnuTLS reads keys or certificates in PEM
 * whose curve it refuses; "" if the file is not the cause.
 */
void stls_system_file_cure_curve(const gnutls_datum_t *pem, char *text,
				 size_t size);

#endif
