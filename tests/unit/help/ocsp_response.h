/* SPDX-License-Identifier: MIT */
/* ocsp_response: OCSP responses for tests, made by OpenSSL. */
#ifndef OCSP_RESPONSE_H
#define OCSP_RESPONSE_H

#include <openssl/ocsp.h>

#include "chain.h"

/* What a response says; only `leaf` and `issuer` set means "good". */
struct ocsp_spec {
	const struct chain_cert *leaf, *issuer; /* the status of leaf */
	const struct chain_cert *signer;	/* NULL: the issuer */
	const struct chain_cert *first; /* whose answer comes before it */
	int status;			/* V_OCSP_CERTSTATUS_... */
	int error;	  /* OCSP_RESPONSE_STATUS_...; 0: successful */
	long from, until; /* seconds from now; both 0: -60 and 3600 */
	int endless;	  /* no nextUpdate */
	int md5;	  /* signed with MD5 */
};

/* In DER; free with free(). */
gnutls_datum_t ocsp_respond(const struct ocsp_spec *spec);

#endif
