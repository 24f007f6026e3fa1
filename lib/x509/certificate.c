/* SPDX-License-Identifier: MIT */
/*
 * x509/certificate: reads one certificate from DER.
 */
#include "x509/certificate.h"

int stls_certificate_open(gnutls_x509_crt_t *crt, const gnutls_datum_t *der)
{
	int ret = gnutls_x509_crt_init(crt);

	if (ret < 0)
		return ret;
	ret = gnutls_x509_crt_import(*crt, der, GNUTLS_X509_FMT_DER);
	if (ret < 0)
		gnutls_x509_crt_deinit(*crt);
	return ret;
}
