/* SPDX-License-Identifier: MIT */
/* x509/ocsp: what a response says about a certificate. See ocsp.c. */
#ifndef X509_OCSP_H
#define X509_OCSP_H

#include <time.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

/* A response in DER, and when it may be sent; all zeros if there is none. */
struct stls_staple {
	gnutls_datum_t der; /* not owned */
	time_t from, until;
};

/* Why a response is not sent, apart from its dates. */
enum stls_ocsp_fault {
	STLS_OCSP_OTHER = 1, /* it is about another certificate */
	STLS_OCSP_FAILED,    /* the responder answered with an error */
	STLS_OCSP_REVOKED,   /* the certificate is revoked */
	STLS_OCSP_UNKNOWN,   /* the responder does not know the certificate */
	STLS_OCSP_NO_ISSUER, /* no issuer to check its signature with */
	STLS_OCSP_SIGNER,    /* not signed by the issuer or its responder */
	STLS_OCSP_WEAK,	     /* signed with an insecure algorithm */
	STLS_OCSP_MALFORMED
};

/* 0 for an OCSP response in DER, of any kind, else GnuTLS's error. */
int stls_ocsp_check(const gnutls_datum_t *der);

/*
 * Judge a response for the certificate `leaf` of `issuer`, NULL if unknown.
 * Returns 0 with `staple`, whatever its dates; or the fault, with the time of
 * revocation in staple->from for STLS_OCSP_REVOKED.
 */
int stls_ocsp_judge(const gnutls_datum_t *der, gnutls_x509_crt_t leaf,
		    gnutls_x509_crt_t issuer, struct stls_staple *staple);

/* 1 when it may be sent now. */
static inline int stls_staple_is_fresh(const struct stls_staple *staple,
				       time_t now)
{
	return staple->from <= now && now < staple->until;
}

#endif
