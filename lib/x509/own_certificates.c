/* SPDX-License-Identifier: MIT */
/*
 * x509/own_certificates: what this side's certificates can do.
 *
 * The pure room policy cannot look into credentials; so they are read here,
 * once, into the types of keys and the names that GnuTLS would match with the
 * client's SNI. GnuTLS matches names byte by byte, without wildcards, and so
 * does this: what counts is which certificate it will take.
 *
 * A certificate that cannot be read is passed over: GnuTLS has accepted it, but
 * it cannot be chosen for anything.
 */
#include "x509/own_certificates.h"

#include <stdlib.h>
#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/x509.h>

#include <smtptls/policy.h>

#include "base/ascii.h"
#include "policy/key_type.h"
#include "policy/security_level.h"

#define NAMES_MAX 256

struct stls_own_certificate {
	unsigned keys;
	size_t name_count;
	char **name;
};

static unsigned usage_of(gnutls_x509_crt_t crt)
{
	unsigned usage = 0, critical;

	/* RFC 5280 section 4.2.1.3: without the extension all is allowed. */
	if (gnutls_x509_crt_get_key_usage(crt, &usage, &critical) < 0)
		return ~0U;
	return usage;
}

static unsigned rsa_keys(unsigned usage)
{
	return (usage & GNUTLS_KEY_DIGITAL_SIGNATURE ? SMTPTLS_KEY_RSA_SIGN
						     : 0U) |
	       (usage & GNUTLS_KEY_KEY_ENCIPHERMENT ? SMTPTLS_KEY_RSA_ENCRYPT
						    : 0U);
}

static unsigned ecdsa_key(gnutls_x509_crt_t crt)
{
	gnutls_ecc_curve_t curve;

	if (gnutls_x509_crt_get_pk_ecc_raw(crt, &curve, NULL, NULL) < 0)
		return 0;
	switch (curve) {
	case GNUTLS_ECC_CURVE_SECP256R1:
		return SMTPTLS_KEY_ECDSA_P256;
	case GNUTLS_ECC_CURVE_SECP384R1:
		return SMTPTLS_KEY_ECDSA_P384;
	case GNUTLS_ECC_CURVE_SECP521R1:
		return SMTPTLS_KEY_ECDSA_P521;
	default:
		return 0;
	}
}

static unsigned keys_of(gnutls_x509_crt_t crt, unsigned *rsa_bits)
{
	unsigned bits = 0, usage = usage_of(crt);
	int algorithm = gnutls_x509_crt_get_pk_algorithm(crt, &bits);

	if (algorithm == GNUTLS_PK_RSA || algorithm == GNUTLS_PK_RSA_PSS)
		*rsa_bits = bits;
	if (algorithm == GNUTLS_PK_RSA)
		return rsa_keys(usage);
	if (!(usage & GNUTLS_KEY_DIGITAL_SIGNATURE))
		return algorithm == GNUTLS_PK_RSA_PSS ? 0 : STLS_KEY_IDLE;
	switch (algorithm) {
	case GNUTLS_PK_RSA_PSS:
		return SMTPTLS_KEY_RSA_PSS;
	case GNUTLS_PK_ECDSA:
		return ecdsa_key(crt);
	case GNUTLS_PK_EDDSA_ED25519:
		return SMTPTLS_KEY_ED25519;
	case GNUTLS_PK_EDDSA_ED448:
		return SMTPTLS_KEY_ED448;
	default:
		return 0;
	}
}

static int add_name(struct stls_own_certificate *cert, const char *name)
{
	char **names;

	names = realloc(cert->name, (cert->name_count + 1) * sizeof(*names));
	if (!names)
		return SMTPTLS_E_NOMEM;
	cert->name = names;
	names[cert->name_count] = strdup(name);
	if (!names[cert->name_count])
		return SMTPTLS_E_NOMEM;
	cert->name_count++;
	return 0;
}

static int read_names(struct stls_own_certificate *cert, gnutls_x509_crt_t crt)
{
	char name[256];
	size_t size;
	unsigned i;
	int ret;

	for (i = 0; i < NAMES_MAX; i++) {
		size = sizeof(name) - 1;
		ret = gnutls_x509_crt_get_subject_alt_name(crt, i, name, &size,
							   NULL);
		if (ret == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			break;
		if (ret != GNUTLS_SAN_DNSNAME)
			continue;
		name[size] = '\0';
		if (add_name(cert, name) < 0)
			return SMTPTLS_E_NOMEM;
	}
	if (cert->name_count > 0)
		return 0;
	size = sizeof(name);
	ret = gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0,
					    0, name, &size);
	return ret == 0 ? add_name(cert, name) : 0;
}

/* One certificate, which may be passed over. */
static int read_cert(struct stls_own_certificates *own,
		     const gnutls_datum_t *der)
{
	struct stls_own_certificate *certs;
	gnutls_x509_crt_t crt;
	int ret;

	certs = realloc(own->cert, (own->count + 1) * sizeof(*certs));
	if (!certs)
		return SMTPTLS_E_NOMEM;
	own->cert = certs;
	memset(&certs[own->count], 0, sizeof(*certs));
	ret = gnutls_x509_crt_init(&crt);
	if (ret < 0)
		return SMTPTLS_E_NOMEM;
	own->count++;
	ret = gnutls_x509_crt_import(crt, der, GNUTLS_X509_FMT_DER);
	if (ret == 0) {
		certs[own->count - 1].keys = keys_of(crt, &own->rsa_bits);
		own->keys |= certs[own->count - 1].keys;
		ret = read_names(&certs[own->count - 1], crt);
	}
	gnutls_x509_crt_deinit(crt);
	return ret == SMTPTLS_E_NOMEM || ret == GNUTLS_E_MEMORY_ERROR
		       ? SMTPTLS_E_NOMEM
		       : 0;
}

int stls_own_certificates_read(struct stls_own_certificates *own,
			       gnutls_certificate_credentials_t credentials)
{
	gnutls_datum_t der;
	unsigned i;
	int ret = 0;

	for (i = 0; ret == 0 && gnutls_certificate_get_crt_raw(credentials, i,
							       0, &der) == 0;
	     i++)
		ret = read_cert(own, &der);
	return ret;
}

void stls_own_certificates_free(struct stls_own_certificates *own)
{
	size_t i, j;

	for (i = 0; i < own->count; i++) {
		for (j = 0; j < own->cert[i].name_count; j++)
			free(own->cert[i].name[j]);
		free(own->cert[i].name);
	}
	free(own->cert);
	memset(own, 0, sizeof(*own));
}

static int has_name(const struct stls_own_certificate *cert,
		    const struct stls_bytes *name)
{
	size_t i;

	for (i = 0; i < cert->name_count; i++) {
		if (strlen(cert->name[i]) == name->len &&
		    memcmp(cert->name[i], name->data, name->len) == 0)
			return 1;
	}
	return 0;
}

unsigned stls_own_certificates_named(const struct stls_own_certificates *own,
				     const struct stls_bytes *name)
{
	unsigned keys = 0;
	size_t i;

	for (i = 0; i < own->count; i++) {
		if (has_name(&own->cert[i], name))
			keys |= own->cert[i].keys;
	}
	return keys;
}

/* RFC 9525 section 6.3, RFC 4343. */
static int covers(const char *pattern, const struct stls_bytes *name)
{
	const char *start = (const char *)name->data;
	size_t len = name->len;
	const char *dot;

	if (pattern[0] == '*' && pattern[1] == '.') {
		dot = memchr(start, '.', len);
		if (!dot || dot == start)
			return 0;
		len -= (size_t)(dot - start);
		start = dot;
		pattern++;
	}
	return strlen(pattern) == len && stls_ascii_equal(pattern, start, len);
}

int stls_own_certificates_cover(const struct stls_own_certificates *own,
				const struct stls_bytes *name)
{
	size_t i, j;

	for (i = 0; i < own->count; i++) {
		for (j = 0; j < own->cert[i].name_count; j++) {
			if (covers(own->cert[i].name[j], name))
				return 1;
		}
	}
	return 0;
}

/* ---- own certificates, as OpenSSL judges them when they are loaded ---- */

static int key_bits(gnutls_x509_crt_t cert)
{
	unsigned bits = 0;
	int algorithm = gnutls_x509_crt_get_pk_algorithm(cert, &bits);

	switch (algorithm) {
	case GNUTLS_PK_RSA:
	case GNUTLS_PK_RSA_PSS:
		return stls_rsa_bits(bits);
	case GNUTLS_PK_DSA:
		return stls_modulus_bits(bits);
	case GNUTLS_PK_EDDSA_ED448:
		return 224;
	default:
		/* Elliptic curves; P-521 counts as 256. */
		return bits >= 512 ? 256 : (int)bits / 2;
	}
}

static int hash_bits(gnutls_x509_crt_t cert)
{
	int algorithm = gnutls_x509_crt_get_signature_algorithm(cert);
	gnutls_digest_algorithm_t hash;

	if (algorithm < 0)
		return 0;
	hash = gnutls_sign_get_hash_algorithm(
		(gnutls_sign_algorithm_t)algorithm);
	if (hash == GNUTLS_DIG_SHA1)
		return 64;
	/* EdDSA has no hash of its own choice. */
	return hash == GNUTLS_DIG_UNKNOWN ? key_bits(cert)
					  : (int)gnutls_hash_get_len(hash) * 4;
}

static int judge(const gnutls_datum_t *der, const char *name, int level,
		 const struct stls_sentence *error)
{
	gnutls_x509_crt_t cert;
	int ret, key, hash;

	ret = gnutls_x509_crt_init(&cert);
	if (ret < 0)
		return SMTPTLS_E_NOMEM;
	ret = gnutls_x509_crt_import(cert, der, GNUTLS_X509_FMT_DER);
	if (ret < 0) {
		gnutls_x509_crt_deinit(cert);
		return stls_sentence(error, SMTPTLS_E_CONFIG, "%s: %s", name,
				     gnutls_strerror(ret));
	}
	key = key_bits(cert);
	/* Nobody relies on the signature of a certificate on itself. */
	hash = gnutls_x509_crt_check_issuer(cert, cert) ? key : hash_bits(cert);
	gnutls_x509_crt_deinit(cert);
	if (key < stls_security_bits(level))
		return stls_sentence(error, SMTPTLS_E_CONFIG,
				     "%s: the certificate's key has %d bits of "
				     "security, but security level %d asks for "
				     "%d: use a stronger key or a lower "
				     "@SECLEVEL",
				     name, key, level,
				     stls_security_bits(level));
	if (hash < stls_security_bits(level))
		return stls_sentence(error, SMTPTLS_E_CONFIG,
				     "%s: the certificate's signature has "
				     "%d bits of security, but security level "
				     "%d asks for %d: have it signed anew or "
				     "lower @SECLEVEL",
				     name, hash, level,
				     stls_security_bits(level));
	return 0;
}

int stls_own_certificates_judge(gnutls_certificate_credentials_t credentials,
				const struct stls_texts *names, int level,
				const struct stls_sentence *error)
{
	const char *name;
	gnutls_datum_t der;
	unsigned i, j;
	int ret;

	for (i = 0;
	     gnutls_certificate_get_crt_raw(credentials, i, 0, &der) == 0;
	     i++) {
		name = stls_texts_get(names, i);
		for (j = 0; gnutls_certificate_get_crt_raw(credentials, i, j,
							   &der) == 0;
		     j++) {
			ret = judge(&der, name ? name : "own certificate",
				    level, error);
			if (ret < 0)
				return ret;
		}
	}
	return 0;
}
