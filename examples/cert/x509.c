/* SPDX-License-Identifier: MIT */
/*
 * The contents of smtptls-cert's certificates: kinds and sizes of keys, times,
 * extensions, names. It works in memory and prints nothing; the caller ensures
 * that names are sensible and files are safe.
 *
 * Precondition: an existing CA has crt and key loaded; other certificates have
 * neither.
 */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <gnutls/crypto.h>

#include "x509.h"

#define DIGITS "0123456789"
#define ALNUM  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS

enum {
	CA_LIFE = 3652 * 24 * 60 * 60,
	LEAF_LIFE = 397 * 24 * 60 * 60,
	CLOCK_SKEW = 60 * 60,
	CA_RSA_BITS = 3072, /* it outlives 2030, NIST's limit for 2048 bits */
	LEAF_RSA_BITS = 2048
};

static bool is_host_name(const char *name)
{
	const char *label = strncmp(name, "*.", 2) ? name : name + 2;

	if (strlen(name) > CERT_HOST_MAX)
		return false;
	for (;;) {
		size_t len = strspn(label, ALNUM "-");

		if (len == 0 || len > 63 || label[0] == '-' ||
		    label[len - 1] == '-')
			return false;
		/* no top-level domain is a number, but a mistyped address is */
		if (label[len] == '\0')
			return strspn(label, DIGITS) < len;
		if (label[len] != '.')
			return false;
		label += len + 1;
	}
}

int cert_san_type(const char *name, unsigned char value[256],
		  unsigned int *size)
{
	const char *at = strchr(name, '@');

	*size = 4;
	if (inet_pton(AF_INET, name, value) == 1)
		return GNUTLS_SAN_IPADDRESS;
	*size = 16;
	if (inet_pton(AF_INET6, name, value) == 1)
		return GNUTLS_SAN_IPADDRESS;
	*size = (unsigned int)snprintf((char *)value, 256, "%s", name);
	if (at && at != name && is_host_name(at + 1))
		return GNUTLS_SAN_RFC822NAME;
	return is_host_name(name) ? GNUTLS_SAN_DNSNAME : -1;
}

/* Use the first name that fits: a shortened one would name another host. */
static int set_subject(const struct cert *cert)
{
	const char *name = "smtptls server";

	for (size_t i = cert->n_names; i-- > 0;)
		if (strlen(cert->names[i]) <= CERT_CN_MAX)
			name = cert->names[i];
	return gnutls_x509_crt_set_dn_by_oid(cert->crt,
					     GNUTLS_OID_X520_COMMON_NAME, 0,
					     name, (unsigned int)strlen(name));
}

static int set_serial(gnutls_x509_crt_t crt)
{
	unsigned char serial[16];
	int ret = gnutls_rnd(GNUTLS_RND_RANDOM, serial, sizeof(serial));

	if (ret < 0)
		return ret;
	/* positive, and always of the same length */
	serial[0] = (unsigned char)((serial[0] & 0x3f) | 0x40);
	return gnutls_x509_crt_set_serial(crt, serial, sizeof(serial));
}

static int set_times(const struct cert *cert, const struct cert *ca)
{
	time_t from = time(NULL) - CLOCK_SKEW;
	int64_t end = (int64_t)from + (cert->purpose ? LEAF_LIFE : CA_LIFE);
	/* a time_t of 32 bits ends in 2038 */
	time_t until = (time_t)end == end ? (time_t)end : INT32_MAX;
	int ret;

	/* it is worthless after its CA has expired */
	if (cert != ca && until > gnutls_x509_crt_get_expiration_time(ca->crt))
		until = gnutls_x509_crt_get_expiration_time(ca->crt);
	ret = gnutls_x509_crt_set_activation_time(cert->crt, from);
	if (ret < 0)
		return ret;
	return gnutls_x509_crt_set_expiration_time(cert->crt, until);
}

static int set_ids(const struct cert *cert, const struct cert *ca)
{
	unsigned char id[256];
	size_t size = sizeof(id);
	int ret;

	/* RFC 7093, method 4 */
	ret = gnutls_x509_crt_get_key_id(cert->crt, GNUTLS_KEYID_USE_SHA256, id,
					 &size);
	if (ret >= 0)
		ret = gnutls_x509_crt_set_subject_key_id(cert->crt, id, size);
	if (ret < 0 || cert == ca)
		return ret;
	size = sizeof(id);
	ret = gnutls_x509_crt_get_subject_key_id(ca->crt, id, &size, NULL);
	/* an administrator's own CA may have none to refer to */
	if (ret == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
		return 0;
	if (ret < 0)
		return ret;
	return gnutls_x509_crt_set_authority_key_id(cert->crt, id, size);
}

static int set_uses(const struct cert *cert)
{
	gnutls_x509_crt_t crt = cert->crt;
	unsigned int usage = GNUTLS_KEY_DIGITAL_SIGNATURE;
	int ret;

	if (!cert->purpose) {
		usage = GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN;
		ret = gnutls_x509_crt_set_basic_constraints(crt, 1, 0);
		return ret < 0 ? ret
			       : gnutls_x509_crt_set_key_usage(crt, usage);
	}
	if (cert->rsa)
		usage |= GNUTLS_KEY_KEY_ENCIPHERMENT;
	if ((ret = gnutls_x509_crt_set_basic_constraints(crt, 0, -1)) < 0 ||
	    (ret = gnutls_x509_crt_set_key_usage(crt, usage)) < 0)
		return ret;
	return gnutls_x509_crt_set_key_purpose_oid(crt, cert->purpose, 0);
}

static int set_names(const struct cert *cert)
{
	int ret = 0;

	for (size_t i = 0; cert->purpose && i < cert->n_names && ret >= 0;
	     i++) {
		unsigned char value[256];
		unsigned int size;
		int type = cert_san_type(cert->names[i], value, &size);

		/* a client's name may have no type, and is only the subject */
		if (type >= 0)
			ret = gnutls_x509_crt_set_subject_alt_name(
				cert->crt, (gnutls_x509_subject_alt_name_t)type,
				value, size, GNUTLS_FSAN_APPEND);
	}
	return ret;
}

static int generate_key(const struct cert *cert)
{
	if (!cert->rsa)
		return gnutls_x509_privkey_generate(
			cert->key, GNUTLS_PK_ECDSA,
			GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	return gnutls_x509_privkey_generate(
		cert->key, GNUTLS_PK_RSA,
		cert->purpose ? LEAF_RSA_BITS : CA_RSA_BITS, 0);
}

int cert_make(struct cert *cert, const struct cert *ca, gnutls_datum_t *crt_pem,
	      gnutls_datum_t *key_pem)
{
	int ret;

	if ((ret = gnutls_x509_privkey_init(&cert->key)) < 0 ||
	    (ret = gnutls_x509_crt_init(&cert->crt)) < 0 ||
	    (ret = generate_key(cert)) < 0 ||
	    (ret = gnutls_x509_crt_set_key(cert->crt, cert->key)) < 0 ||
	    (ret = gnutls_x509_crt_set_version(cert->crt, 3)) < 0 ||
	    (ret = set_serial(cert->crt)) < 0 ||
	    (ret = set_subject(cert)) < 0 || (ret = set_times(cert, ca)) < 0 ||
	    (ret = set_uses(cert)) < 0 || (ret = set_names(cert)) < 0 ||
	    (ret = set_ids(cert, ca)) < 0 ||
	    (ret = gnutls_x509_crt_sign2(cert->crt, ca->crt, ca->key,
					 GNUTLS_DIG_SHA256, 0)) < 0 ||
	    (ret = gnutls_x509_crt_export2(cert->crt, GNUTLS_X509_FMT_PEM,
					   crt_pem)) < 0)
		return ret;
	return gnutls_x509_privkey_export2_pkcs8(cert->key, GNUTLS_X509_FMT_PEM,
						 NULL, GNUTLS_PKCS_PLAIN,
						 key_pem);
}

int cert_dhparam(gnutls_datum_t *pem)
{
	gnutls_dh_params_t params;
	int ret = gnutls_dh_params_init(&params);

	if (ret < 0)
		return ret;
	ret = gnutls_dh_params_import_raw2(
		params, &gnutls_ffdhe_2048_group_prime,
		&gnutls_ffdhe_2048_group_generator, gnutls_ffdhe_2048_key_bits);
	if (ret >= 0)
		ret = gnutls_dh_params_export2_pkcs3(params,
						     GNUTLS_X509_FMT_PEM, pem);
	gnutls_dh_params_deinit(params);
	return ret;
}
