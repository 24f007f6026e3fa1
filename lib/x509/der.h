/* SPDX-License-Identifier: MIT */
/* x509/der: the parts of a certificate, as they are. Manual in der.c. */
#ifndef X509_DER_H
#define X509_DER_H

#include <stddef.h>

#include "base/bytes.h"

struct stls_der_parts {
	struct stls_bytes tbs;	  /* what is signed: tbsCertificate */
	struct stls_bytes issuer; /* of it: a Name */
	struct stls_bytes spki;	  /* of it: subjectPublicKeyInfo */
};

/* Find them in a certificate; 0, or -1 when it is none. */
int stls_der_parts(const void *der, size_t len, struct stls_der_parts *parts);

/* 1 when a certificate demands that its status is sent (RFC 7633). */
int stls_der_demands_status(const void *der, size_t len);

#endif
