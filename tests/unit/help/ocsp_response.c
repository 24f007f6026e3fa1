/* SPDX-License-Identifier: MIT */
/*
 * ocsp_response: OCSP responses for tests, made by OpenSSL. A failure to make
 * one ends the program with status 99.
 */
#include "ocsp_response.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/x509.h>

#include "openssl_wire.h"

static X509 *x509_of(const struct chain_cert *cert)
{
	const unsigned char *at = cert->der.data;
	X509 *x509 = d2i_X509(NULL, &at, (long)cert->der.size);

	MUST(x509);
	return x509;
}

static EVP_PKEY *key_of(const struct chain_cert *cert)
{
	const unsigned char *at;
	gnutls_datum_t der;
	EVP_PKEY *key;

	MUST(gnutls_x509_privkey_export2(cert->key, GNUTLS_X509_FMT_DER,
					 &der) == 0);
	at = der.data;
	key = d2i_AutoPrivateKey(NULL, &at, (long)der.size);
	gnutls_free(der.data);
	MUST(key);
	return key;
}

static void add_answer(OCSP_BASICRESP *basic, const struct ocsp_spec *spec,
		       const struct chain_cert *leaf)
{
	X509 *x509[2] = { x509_of(leaf), x509_of(spec->issuer) };
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), x509[0], x509[1]);
	int usual = spec->from == 0 && spec->until == 0;
	ASN1_TIME *from = X509_gmtime_adj(NULL, usual ? -60 : spec->from);
	ASN1_TIME *until = X509_gmtime_adj(NULL, usual ? 3600 : spec->until);
	int revoked = spec->status == V_OCSP_CERTSTATUS_REVOKED;

	MUST(OCSP_basic_add1_status(
		basic, id, spec->status, OCSP_REVOKED_STATUS_KEYCOMPROMISE,
		revoked ? from : NULL, from, spec->endless ? NULL : until));
	OCSP_CERTID_free(id);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	X509_free(x509[0]);
	X509_free(x509[1]);
}

gnutls_datum_t ocsp_respond(const struct ocsp_spec *spec)
{
	const struct chain_cert *signer =
		spec->signer ? spec->signer : spec->issuer;
	X509 *x509 = x509_of(signer);
	EVP_PKEY *key = key_of(signer);
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	OCSP_RESPONSE *response;
	unsigned char *out = NULL;
	gnutls_datum_t der;
	int len;

	if (spec->first)
		add_answer(basic, spec, spec->first);
	add_answer(basic, spec, spec->leaf);
	MUST(OCSP_basic_sign(basic, x509, key,
			     spec->md5 ? EVP_md5() : EVP_sha256(), NULL, 0));
	response = OCSP_response_create(spec->error, basic);
	MUST(response);
	len = i2d_OCSP_RESPONSE(response, &out);
	MUST(len > 0);
	der.size = (unsigned)len;
	der.data = malloc(der.size);
	MUST(der.data);
	memcpy(der.data, out, der.size);
	OPENSSL_free(out);
	OCSP_RESPONSE_free(response);
	OCSP_BASICRESP_free(basic);
	EVP_PKEY_free(key);
	X509_free(x509);
	return der;
}
