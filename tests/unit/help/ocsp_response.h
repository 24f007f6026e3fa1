/* SPDX-License-Identifier: MIT */
/* ocsp_response: OCSP responses for tests, made by OpenSSL. */
#ifndef OCSP_RESPONSE_H
#define OCSP_RESPONSE_H

#include <openssl/ocsp.h>

#include "chain.h"

/* What a response says; all zeros but `leaf` and `issuer` is "good". */
struct ocsp_spec {
	const struct chain_cert *leaf, *issuer; /* whose it is */
	const struct chain_cert *signer;	/* NULL: the issuer */
	const struct chain_cert *first; /* another's answer stands before */
	int status;			/* V_OCSP_CERTSTATUS_... */
	int error;	  /* OCSP_RESPONSE_STATUS_...; 0: successful */
	long from, until; /* seconds from now; both 0: -60 and 3600 */
	int endless;	  /* without nextUpdate */
	int md5;	  /* by which it is signed */
};

/* In DER; free() is due. */
gnutls_datum_t ocsp_respond(const struct ocsp_spec *spec);

#endif
