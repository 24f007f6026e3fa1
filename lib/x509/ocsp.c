/* SPDX-License-Identifier: MIT */
/*
 * x509/ocsp: what an OCSP response says about a certificate (RFC 6960).
 *
 * A server that staples a response (RFC 6066 section 8, RFC 8446 section
 * 4.4.2.1) must not send one that clients refuse: many clients do without one,
 * and none accepts a bad one. So a response is judged as a client would judge
 * it: it must be about this certificate, say that it is good, and be signed by
 * the certificate's issuer, or by a responder that the issuer has certified for
 * this (RFC 6960 section 4.2.2.2). Only its first SingleResponse counts, since
 * GnuTLS looks at no other.
 *
 * A response without nextUpdate does not say when it expires; it is used for
 * three days, as GnuTLS's clients do.
 *
 * GnuTLS judges a peer's response (tls/peer).
 */
#include "x509/ocsp.h"

#include <string.h>

#include <gnutls/ocsp.h>

#define WITHOUT_NEXT_UPDATE ((time_t)3 * 24 * 60 * 60)

static int open_response(gnutls_ocsp_resp_t *response,
			 const gnutls_datum_t *der)
{
	int ret = gnutls_ocsp_resp_init(response);

	if (ret < 0)
		return ret;
	ret = gnutls_ocsp_resp_import(*response, der);
	/* GnuTLS imports even an empty SEQUENCE, which has no status. */
	if (ret == 0 && gnutls_ocsp_resp_get_status(*response) < 0)
		ret = GNUTLS_E_ASN1_DER_ERROR;
	if (ret < 0)
		gnutls_ocsp_resp_deinit(*response);
	return ret;
}

int stls_ocsp_check(const gnutls_datum_t *der)
{
	gnutls_ocsp_resp_t response;
	int ret = open_response(&response, der);

	if (ret == 0)
		gnutls_ocsp_resp_deinit(response);
	return ret;
}

static int check_signer(gnutls_ocsp_resp_t response, gnutls_x509_crt_t issuer)
{
	unsigned found = 0;
	int ret;

	if (!issuer)
		return STLS_OCSP_NO_ISSUER;
	ret = gnutls_ocsp_resp_verify_direct(response, issuer, &found, 0);
	if (ret == GNUTLS_E_INSUFFICIENT_SECURITY ||
	    (ret == 0 && found & GNUTLS_OCSP_VERIFY_INSECURE_ALGORITHM))
		return STLS_OCSP_WEAK;
	return ret < 0 || found ? STLS_OCSP_SIGNER : 0;
}

static int check_answer(gnutls_ocsp_resp_t response, struct stls_staple *staple)
{
	time_t revoked, this_update, next_update;
	unsigned status;

	if (gnutls_ocsp_resp_get_single(response, 0, NULL, NULL, NULL, NULL,
					&status, &this_update, &next_update,
					&revoked, NULL) < 0 ||
	    this_update == (time_t)-1)
		return STLS_OCSP_MALFORMED;
	staple->from = revoked;
	if (status == GNUTLS_OCSP_CERT_REVOKED)
		return STLS_OCSP_REVOKED;
	if (status != GNUTLS_OCSP_CERT_GOOD)
		return STLS_OCSP_UNKNOWN;
	staple->from = this_update;
	staple->until = next_update == (time_t)-1
				? this_update + WITHOUT_NEXT_UPDATE
				: next_update;
	return 0;
}

static int judge(gnutls_ocsp_resp_t response, gnutls_x509_crt_t leaf,
		 gnutls_x509_crt_t issuer, struct stls_staple *staple)
{
	int fault;

	if (gnutls_ocsp_resp_get_status(response) !=
	    GNUTLS_OCSP_RESP_SUCCESSFUL)
		return STLS_OCSP_FAILED;
	if (gnutls_ocsp_resp_check_crt(response, 0, leaf) < 0)
		return STLS_OCSP_OTHER;
	fault = check_signer(response, issuer);
	return fault ? fault : check_answer(response, staple);
}

int stls_ocsp_judge(const gnutls_datum_t *der, gnutls_x509_crt_t leaf,
		    gnutls_x509_crt_t issuer, struct stls_staple *staple)
{
	gnutls_ocsp_resp_t response;
	int fault;

	memset(staple, 0, sizeof(*staple));
	if (open_response(&response, der) < 0)
		return STLS_OCSP_MALFORMED;
	fault = judge(response, leaf, issuer, staple);
	if (fault == 0)
		staple->der = *der;
	gnutls_ocsp_resp_deinit(response);
	return fault;
}
