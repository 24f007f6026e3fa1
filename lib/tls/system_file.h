/* SPDX-License-Identifier: MIT */
/* tls/system_file: GnuTLS's own file is read, where something is missing. */
#ifndef TLS_SYSTEM_FILE_H
#define TLS_SYSTEM_FILE_H

#include <gnutls/gnutls.h>

#include "policy/system_policy.h"

/*
 * Read it; one that cannot be read is as good as none, to GnuTLS too. Returns 0
 * or SMTPTLS_E_NOMEM; stls_system_policy_clear() is due in either case.
 */
int stls_system_file_read(struct stls_system_policy *system);

/*
 * The curve of a key or certificate in DER, as stls_system_lines() has it; 1, or
 * 0 when it is none that GnuTLS has.
 */
int stls_system_curve(const gnutls_datum_t *der, int *kind, unsigned *which);

/*
 * Write how the file is to be changed so that keys or certificates in PEM can
 * be read whose curve GnuTLS does not take; "" when it is not this file.
 */
void stls_system_file_cure_curve(const gnutls_datum_t *pem, char *text,
				 size_t size);

#endif
