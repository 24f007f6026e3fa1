/* SPDX-License-Identifier: MIT */
/* own_certificate: a server's certificates. The manual is in the .c file. */
#ifndef TESTS_DIFFERENTIAL_OWN_CERTIFICATE_H
#define TESTS_DIFFERENTIAL_OWN_CERTIFICATE_H

#include <gnutls/gnutls.h>

struct own_certificate {
	const char *type;     /* as a struct smtptls_change has it */
	unsigned bits, usage; /* GNUTLS_KEY_… */
	char *name;
	gnutls_datum_t cert, key; /* PEM */
	struct own_certificate *next;
};

#define OWN_USAGE_USUAL                                                        \
	(GNUTLS_KEY_DIGITAL_SIGNATURE | GNUTLS_KEY_KEY_ENCIPHERMENT)

/*
 * One with a key of this type, for a host of this name, which lives as long as
 * the program; `bits` are RSA's. NULL: there is no such type.
 */
const struct own_certificate *own_certificate(const char *type, unsigned bits,
					      unsigned usage, const char *name);
/* 1 when this is the same certificate, which may be NULL. */
int own_certificate_is(const struct own_certificate *cert,
		       const gnutls_datum_t *der);
void own_certificates_free(void);

#endif
