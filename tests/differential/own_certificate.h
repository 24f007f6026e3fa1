/* SPDX-License-Identifier: MIT */
/* own_certificate: a server's certificates. Documented in own_certificate.c. */
#ifndef TESTS_DIFFERENTIAL_OWN_CERTIFICATE_H
#define TESTS_DIFFERENTIAL_OWN_CERTIFICATE_H

#include <gnutls/gnutls.h>

struct own_certificate {
	const char *type;     /* as in struct smtptls_change */
	unsigned bits, usage; /* GNUTLS_KEY_... */
	char *name;
	gnutls_datum_t cert, key; /* PEM */
	struct own_certificate *next;
};

#define OWN_USAGE_USUAL                                                        \
	(GNUTLS_KEY_DIGITAL_SIGNATURE | GNUTLS_KEY_KEY_ENCIPHERMENT)

/*
 * A certificate with a key of this type, for a host of this name; it lasts
 * until the program ends. `bits` applies to RSA. NULL: there is no such type.
 */
const struct own_certificate *own_certificate(const char *type, unsigned bits,
					      unsigned usage, const char *name);
/* 1 if this is the same certificate; `cert` may be NULL. */
int own_certificate_is(const struct own_certificate *cert,
		       const gnutls_datum_t *der);
void own_certificates_free(void);

#endif
