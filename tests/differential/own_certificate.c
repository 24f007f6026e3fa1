/* SPDX-License-Identifier: MIT */
/*
 * own_certificate: a server's certificates, with every type of key.
 *
 * Each is self-signed, and made on first use; those of one type share a key. A
 * failure to make one ends the program with status 99. Not thread-safe.
 */
#include "own_certificate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gnutls/x509.h>

#define DAY 86400

static const struct type {
	const char *name;
	gnutls_pk_algorithm_t algorithm;
	gnutls_ecc_curve_t curve;
} types[] = {
	{ "RSA", GNUTLS_PK_RSA, 0 },
	{ "RSA-PSS", GNUTLS_PK_RSA_PSS, 0 },
	{ "ECDSA P-256", GNUTLS_PK_ECDSA, GNUTLS_ECC_CURVE_SECP256R1 },
	{ "ECDSA P-384", GNUTLS_PK_ECDSA, GNUTLS_ECC_CURVE_SECP384R1 },
	{ "ECDSA P-521", GNUTLS_PK_ECDSA, GNUTLS_ECC_CURVE_SECP521R1 },
	{ "Ed25519", GNUTLS_PK_EDDSA_ED25519, 0 },
	{ "Ed448", GNUTLS_PK_EDDSA_ED448, 0 },
};

static struct own_certificate *made;

static void need(int ret, const char *what)
{
	if (ret >= 0)
		return;
	fprintf(stderr, "%s: %s\n", what, gnutls_strerror(ret));
	exit(99);
}

#define OK(call) need((call), #call)

static void make_key(gnutls_x509_privkey_t *key, const struct type *type,
		     const struct own_certificate *cert)
{
	const struct own_certificate *other = made;
	unsigned bits = cert->bits;

	OK(gnutls_x509_privkey_init(key));
	while (other && (strcmp(other->type, cert->type) != 0 ||
			 other->bits != cert->bits))
		other = other->next;
	if (other) {
		OK(gnutls_x509_privkey_import_pkcs8(*key, &other->key,
						    GNUTLS_X509_FMT_PEM, NULL,
						    GNUTLS_PKCS_PLAIN));
		return;
	}
	if (type->curve)
		bits = GNUTLS_CURVE_TO_BITS(type->curve);
	else if (bits == 0)
		bits = gnutls_sec_param_to_pk_bits(type->algorithm,
						   GNUTLS_SEC_PARAM_MEDIUM);
	OK(gnutls_x509_privkey_generate(*key, type->algorithm, bits, 0));
}

static gnutls_digest_algorithm_t digest_of(const struct type *type)
{
	switch (type->algorithm) {
	case GNUTLS_PK_EDDSA_ED25519:
		return GNUTLS_DIG_SHA512;
	case GNUTLS_PK_EDDSA_ED448:
		return GNUTLS_DIG_SHAKE_256;
	default:
		return type->curve == GNUTLS_ECC_CURVE_SECP521R1
			       ? GNUTLS_DIG_SHA512
		       : type->curve == GNUTLS_ECC_CURVE_SECP384R1
			       ? GNUTLS_DIG_SHA384
			       : GNUTLS_DIG_SHA256;
	}
}

static void make(struct own_certificate *cert, const struct type *type)
{
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;

	make_key(&key, type, cert);
	OK(gnutls_x509_crt_init(&crt));
	OK(gnutls_x509_crt_set_version(crt, 3));
	OK(gnutls_x509_crt_set_serial(crt, "\1", 1));
	OK(gnutls_x509_crt_set_activation_time(crt, time(NULL) - DAY));
	OK(gnutls_x509_crt_set_expiration_time(crt, time(NULL) + 60 * DAY));
	OK(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0,
					 cert->name,
					 (unsigned)strlen(cert->name)));
	OK(gnutls_x509_crt_set_subject_alt_name(
		crt, GNUTLS_SAN_DNSNAME, cert->name,
		(unsigned)strlen(cert->name), GNUTLS_FSAN_SET));
	if (cert->usage)
		OK(gnutls_x509_crt_set_key_usage(crt, cert->usage));
	OK(gnutls_x509_crt_set_key(crt, key));
	OK(gnutls_x509_crt_sign2(crt, crt, key, digest_of(type), 0));
	OK(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &cert->cert));
	/* PKCS #8 tells RSA-PSS from RSA. */
	OK(gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL,
					     GNUTLS_PKCS_PLAIN, &cert->key));
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
}

const struct own_certificate *own_certificate(const char *type, unsigned bits,
					      unsigned usage, const char *name)
{
	struct own_certificate *cert;
	size_t i = 0, count = sizeof(types) / sizeof(types[0]);

	while (i < count && strcmp(types[i].name, type) != 0)
		i++;
	if (i == count)
		return NULL;
	if (strncmp(type, "RSA", 3) != 0)
		bits = 0;
	else if (bits == 0)
		bits = 2048;
	for (cert = made; cert; cert = cert->next) {
		if (strcmp(cert->type, type) == 0 && cert->bits == bits &&
		    cert->usage == usage && strcmp(cert->name, name) == 0)
			return cert;
	}
	cert = calloc(1, sizeof(*cert));
	if (!cert)
		exit(99);
	cert->type = types[i].name;
	cert->bits = bits;
	cert->usage = usage;
	cert->name = strdup(name);
	if (!cert->name)
		exit(99);
	make(cert, &types[i]);
	cert->next = made;
	made = cert;
	return cert;
}

int own_certificate_is(const struct own_certificate *cert,
		       const gnutls_datum_t *der)
{
	gnutls_datum_t ours;
	int same;

	if (!der)
		return 0;
	OK(gnutls_pem_base64_decode2("CERTIFICATE", &cert->cert, &ours));
	same = ours.size == der->size &&
	       memcmp(ours.data, der->data, der->size) == 0;
	gnutls_free(ours.data);
	return same;
}

void own_certificates_free(void)
{
	struct own_certificate *cert;

	while ((cert = made) != NULL) {
		made = cert->next;
		gnutls_free(cert->cert.data);
		gnutls_free(cert->key.data);
		free(cert->name);
		free(cert);
	}
}
