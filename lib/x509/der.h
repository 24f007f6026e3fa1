/* SPDX-License-Identifier: MIT */
/* x509/der: the parts of a certificate in its DER. See der.c. */
#ifndef X509_DER_H
#define X509_DER_H

#include <stddef.h>

#include "base/bytes.h"

struct stls_der_parts {
	struct stls_bytes tbs;	  /* tbsCertificate, the part that is signed */
	struct stls_bytes issuer; /* a Name */
	struct stls_bytes spki;	  /* subjectPublicKeyInfo */
};

/* Find them in a certificate; 0, or -1 if it is not one. */
int stls_der_parts(const void *der, size_t len, struct stls_der_parts *parts);

/* 1 when a certificate demands a stapled status (RFC 7633). */
int stls_der_demands_status(const void *der, size_t len);

#endif
