/* SPDX-License-Identifier: MIT */
/* x509/own_staple: manual in own_staple.c. */
#ifndef X509_OWN_STAPLE_H
#define X509_OWN_STAPLE_H

#include <time.h>

#include "base/texts.h"
#include "x509/own_certificates.h"

/*
 * Give an OCSP response in DER, of the file `name`, to those of `own`, which are
 * the certificates of `credentials`, that it is about; `der` has to outlive
 * them. What keeps it from being sent, by what it says or at the time `now`, is
 * added to `warnings`. Returns 0 or SMTPTLS_E_NOMEM.
 */
int stls_own_staple(struct stls_own_certificates *own,
		    gnutls_certificate_credentials_t credentials,
		    const gnutls_datum_t *der, const char *name, time_t now,
		    struct stls_texts *warnings);

#endif
