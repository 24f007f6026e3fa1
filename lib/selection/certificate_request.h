/* SPDX-License-Identifier: MIT */
/*
 * selection/certificate_request: what a server requires of a client's
 * certificate. See certificate_request.c.
 */
#ifndef SELECTION_CERTIFICATE_REQUEST_H
#define SELECTION_CERTIFICATE_REQUEST_H

#include <stdint.h>

#include "base/bytes.h"

/* Spans of the message; `data` is NULL for what the version does not have. */
struct stls_certificate_request {
	uint16_t version;
	struct stls_bytes types;       /* one byte each, before TLS 1.3 */
	struct stls_bytes sigalgs;     /* numbers, since TLS 1.2 */
	struct stls_bytes authorities; /* see stls_next_authority(); 0: any */
};

/*
 * Parse the body of a CertificateRequest of this version (STLS_TLS…) and check
 * its lengths. Returns 0, or -1 if it is malformed.
 */
int stls_certificate_request_parse(struct stls_certificate_request *request,
				   uint16_t version, const unsigned char *body,
				   size_t len);

/*
 * Take the next name (an X.501 Name in DER) off `*left`, which starts as
 * request->authorities. Returns 1, or 0 after the last.
 */
int stls_next_authority(struct stls_bytes *left, struct stls_bytes *name);

/*
 * 1 if a certificate with this key can answer the request. `keys` is as in
 * struct stls_own_certificate; bit 1 << i of `sigalgs` says that this side may
 * use row i of the table of signature algorithms.
 */
int stls_request_takes(const struct stls_certificate_request *request,
		       unsigned keys, uint32_t sigalgs);

#endif
