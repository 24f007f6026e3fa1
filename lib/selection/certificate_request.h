/* SPDX-License-Identifier: MIT */
/*
 * selection/certificate_request: what a server asks of a client's certificate.
 * Manual in certificate_request.c.
 */
#ifndef SELECTION_CERTIFICATE_REQUEST_H
#define SELECTION_CERTIFICATE_REQUEST_H

#include <stdint.h>

#include "base/bytes.h"

/* Spans of the message; `data` is NULL for what the version has not. */
struct stls_certificate_request {
	uint16_t version;
	struct stls_bytes types;       /* a byte each, before TLS 1.3 */
	struct stls_bytes sigalgs;     /* numbers, since TLS 1.2 */
	struct stls_bytes authorities; /* see stls_next_authority(); 0: any */
};

/*
 * Parse the body of a CertificateRequest of this version (STLS_TLS…), whose
 * lengths are checked. Returns 0, or -1 when it is none.
 */
int stls_certificate_request_parse(struct stls_certificate_request *request,
				   uint16_t version, const unsigned char *body,
				   size_t len);

/*
 * The next of the names (a Name of X.501, in DER) in `*left`, which begins as
 * request->authorities: 1, or 0 behind the last.
 */
int stls_next_authority(struct stls_bytes *left, struct stls_bytes *name);

/*
 * 1 when a certificate with this key can answer: `keys` is as in struct
 * stls_own_certificate, and the bit 1 << i of `sigalgs` says that this side may
 * use the i-th row of the table of signature algorithms.
 */
int stls_request_takes(const struct stls_certificate_request *request,
		       unsigned keys, uint32_t sigalgs);

#endif
