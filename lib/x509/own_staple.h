/* SPDX-License-Identifier: MIT */
/* x509/own_staple: see own_staple.c. */
#ifndef X509_OWN_STAPLE_H
#define X509_OWN_STAPLE_H

#include <time.h>

#include "base/texts.h"
#include "x509/own_certificates.h"

/*
 * Attach an OCSP response in DER, from the file `name`, to those certificates
 * of `own` that it is about; `own` was read from `credentials`, and `der` must
 * outlive it. If its content, or its dates at the time `now`, prevent it from
 * being sent, a sentence is added to `warnings`. Returns 0 or SMTPTLS_E_NOMEM.
 */
int stls_own_staple(struct stls_own_certificates *own,
		    gnutls_certificate_credentials_t credentials,
		    const gnutls_datum_t *der, const char *name, time_t now,
		    struct stls_texts *warnings);

#endif
