/* SPDX-License-Identifier: MIT */
/*
 * x509/own_staple: finds which own certificate an OCSP response is about.
 *
 * A response identifies its certificate, so the configuration names only the
 * file. The issuer is the next certificate of the chain, or one of the
 * authorities.
 */
#include "x509/own_staple.h"

#include "x509/certificate.h"
#include "x509/own_faults.h"

/* NULL if there is none. */
static gnutls_x509_crt_t find_issuer(gnutls_certificate_credentials_t all,
				     unsigned i, gnutls_x509_crt_t leaf)
{
	gnutls_x509_trust_list_t trust;
	gnutls_x509_crt_t issuer;
	gnutls_datum_t der;

	if (gnutls_certificate_get_crt_raw(all, i, 1, &der) == 0)
		return stls_certificate_open(&issuer, &der) < 0 ? NULL : issuer;
	gnutls_certificate_get_trust_list(all, &trust);
	return gnutls_x509_trust_list_get_issuer(trust, leaf, &issuer,
						 GNUTLS_TL_GET_COPY) < 0
		       ? NULL
		       : issuer;
}

/* Judge a response for the i-th certificate: 0 or enum stls_ocsp_fault. */
static int judge(gnutls_certificate_credentials_t all, unsigned i,
		 const gnutls_datum_t *der, struct stls_staple *staple)
{
	gnutls_x509_crt_t leaf, issuer;
	gnutls_datum_t leaf_der;
	int fault;

	if (gnutls_certificate_get_crt_raw(all, i, 0, &leaf_der) < 0 ||
	    stls_certificate_open(&leaf, &leaf_der) < 0)
		return STLS_OCSP_OTHER;
	issuer = find_issuer(all, i, leaf);
	fault = stls_ocsp_judge(der, leaf, issuer, staple);
	if (issuer)
		gnutls_x509_crt_deinit(issuer);
	gnutls_x509_crt_deinit(leaf);
	return fault;
}

int stls_own_staple(struct stls_own_certificates *own,
		    gnutls_certificate_credentials_t credentials,
		    const gnutls_datum_t *der, const char *name, time_t now,
		    struct stls_texts *warnings)
{
	struct stls_staple staple = { { NULL, 0 }, 0, 0 }, found;
	int fault = STLS_OCSP_OTHER, ret;
	size_t i;

	for (i = 0; i < own->count; i++) {
		ret = judge(credentials, (unsigned)i, der, &found);
		if (ret == STLS_OCSP_OTHER)
			continue;
		fault = ret;
		staple = found;
		/* Of two responses, keep the one that lasts longer. */
		if (ret == 0 && found.until > own->cert[i].staple.until)
			own->cert[i].staple = found;
	}
	return stls_staple_warn(fault, &staple, name, now, warnings);
}
