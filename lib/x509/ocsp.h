/* SPDX-License-Identifier: MIT */
/* x509/ocsp: what a response says of a certificate. The manual is in ocsp.c. */
#ifndef X509_OCSP_H
#define X509_OCSP_H

#include <time.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

/* A response in DER, and when it may be sent; all zeros: there is none. */
struct stls_staple {
	gnutls_datum_t der; /* somebody else's */
	time_t from, until;
};

/* Why a response is not sent, whatever the time. */
enum stls_ocsp_fault {
	STLS_OCSP_OTHER = 1, /* it is about another certificate */
	STLS_OCSP_FAILED,    /* the responder has answered with an error */
	STLS_OCSP_REVOKED,   /* the certificate is revoked */
	STLS_OCSP_UNKNOWN,   /* the responder does not know the certificate */
	STLS_OCSP_NO_ISSUER, /* there is nothing to check its signature by */
	STLS_OCSP_SIGNER,    /* it is not signed as it has to be */
	STLS_OCSP_WEAK,	     /* nor with an algorithm that is trusted */
	STLS_OCSP_MALFORMED
};

/* 0 when it is a response in DER, of whatever kind, or GnuTLS's error. */
int stls_ocsp_check(const gnutls_datum_t *der);

/*
 * Judge a response for the certificate `leaf` of `issuer`, NULL being one that
 * is not known. Returns 0 with `staple`, whatever its dates; or the fault, and
 * when it is STLS_OCSP_REVOKED its time in staple->from.
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
