/* SPDX-License-Identifier: MIT */
#ifndef CERT_X509_H
#define CERT_X509_H

#include <stdbool.h>
#include <stddef.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

enum {
	CERT_CN_MAX = 64,   /* RFC 5280, ub-common-name */
	CERT_HOST_MAX = 253 /* RFC 1035, as text */
};

struct cert {
	const char *purpose; /* a GNUTLS_KP_*; NULL: a CA */
	const char *const *names;
	size_t n_names;
	bool rsa; /* else P-256 */
	gnutls_x509_crt_t crt;
	gnutls_x509_privkey_t key;
};

/*
 * Returns the gnutls_x509_subject_alt_name_t of a name, an address, a mail
 * address or a host name, with its value in that type; or -1.
 */
int cert_san_type(const char *name, unsigned char value[256],
		  unsigned int *size);

/*
 * Make a key, and a certificate for it signed by `ca`, which for a CA is `cert`
 * itself. Returns 0, or GnuTLS's error.
 */
int cert_make(struct cert *cert, const struct cert *ca, gnutls_datum_t *crt_pem,
	      gnutls_datum_t *key_pem);

/* Write RFC 7919's ffdhe2048 as PEM. Returns 0, or GnuTLS's error. */
int cert_dhparam(gnutls_datum_t *pem);

#endif
