/* SPDX-License-Identifier: MIT */
/* x509/own_shown: see own_shown.c. */
#ifndef X509_OWN_SHOWN_H
#define X509_OWN_SHOWN_H

#include <time.h>

#include "x509/own_certificates.h"
#include "x509/verdict.h"

/*
 * Say what may be wrong with the certificate `leaf`, in DER, of `credentials`
 * that a peer was shown, a client if `server`; `asked` is the name that the
 * client asked for, or NULL, and `now` the time. All zeros if the certificate
 * is unknown.
 */
void stls_own_shown(struct stls_shown *shown,
		    const struct stls_own_certificates *own,
		    gnutls_certificate_credentials_t credentials,
		    const gnutls_datum_t *leaf, int server,
		    const struct stls_bytes *asked, time_t now);

/*
 * Write a certificate's issuer or subject, escaped: the whole DN if it is
 * short, else the CN or the organization; "" if there is none.
 */
void stls_issuer_show(gnutls_x509_crt_t crt, char shown[STLS_SHOWN_NAME_SIZE]);
void stls_subject_show(gnutls_x509_crt_t crt, char shown[STLS_SHOWN_NAME_SIZE]);

#endif
