/* SPDX-License-Identifier: MIT */
/*
 * x509/own_certificates: what this side's certificates can do.
 *
 * The pure rooms cannot look into credentials, so certificates are read here,
 * once, into what the rest needs: key types and names, and for a configuration
 * also dates, strength and what the chain lacks (own_faults.c has the
 * sentences).
 *
 * Host names are taken from the SAN. If it has none, the CN counts, for clients
 * that still look at it.
 *
 * A certificate that cannot be parsed is skipped: GnuTLS accepted it, but it
 * cannot be chosen for anything.
 */
#include "x509/own_certificates.h"

#include <stdlib.h>
#include <string.h>

#include <gnutls/crypto.h>

#include <smtptls/policy.h>

#include "base/ascii.h"
#include "policy/key_type.h"
#include "policy/security_level.h"
#include "x509/certificate.h"
#include "x509/der.h"
#include "x509/name.h"
#include "x509/strength.h"

#define DN_SIZE 512

/* ---- key types ---- */

static unsigned usage_of(gnutls_x509_crt_t crt)
{
	unsigned usage = 0, critical;

	/* RFC 5280 section 4.2.1.3: without the extension, any use. */
	if (gnutls_x509_crt_get_key_usage(crt, &usage, &critical) < 0)
		return ~0U;
	return usage;
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

/* What the key can do, whatever the certificate's keyUsage says. */
static unsigned keys_of_algorithm(gnutls_x509_crt_t crt, int algorithm)
{
	switch (algorithm) {
	case GNUTLS_PK_RSA:
		return SMTPTLS_KEY_RSA_SIGN | SMTPTLS_KEY_RSA_ENCRYPT;
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

static unsigned keys_of(gnutls_x509_crt_t crt, unsigned *rsa_bits)
{
	unsigned bits = 0, usage = usage_of(crt), keys, idle = 0, is_short = 0;
	int algorithm = gnutls_x509_crt_get_pk_algorithm(crt, &bits);

	keys = keys_of_algorithm(crt, algorithm);
	if (!(usage & GNUTLS_KEY_DIGITAL_SIGNATURE))
		idle |= keys & ~(unsigned)SMTPTLS_KEY_RSA_ENCRYPT;
	if (!(usage & GNUTLS_KEY_KEY_ENCIPHERMENT))
		idle |= keys & SMTPTLS_KEY_RSA_ENCRYPT;
	*rsa_bits = keys & STLS_KEYS_RSA ? bits : 0;
	if (keys & STLS_KEYS_RSA & ~idle)
		is_short = stls_short_key(bits);
	return (keys & ~idle) | idle << STLS_KEYS_IDLE_SHIFT | is_short;
}

/* ---- names ---- */

static int add_name(struct stls_own_certificate *cert, const char *name,
		    size_t len)
{
	char normal[STLS_NAME_SIZE];
	char **names;

	if (stls_name_normalize_presented(normal, name, len) == 0)
		return 0;
	names = realloc(cert->name, (cert->name_count + 1) * sizeof(*names));
	if (!names)
		return SMTPTLS_E_NOMEM;
	cert->name = names;
	names[cert->name_count] = strdup(normal);
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

	for (i = 0;; i++) {
		size = sizeof(name);
		ret = gnutls_x509_crt_get_subject_alt_name(crt, i, name, &size,
							   NULL);
		if (ret < 0 && ret != GNUTLS_E_SHORT_MEMORY_BUFFER)
			break;
		if (ret == GNUTLS_SAN_DNSNAME || ret == GNUTLS_SAN_IPADDRESS)
			cert->chain.named = 1;
		if (ret == GNUTLS_SAN_DNSNAME && add_name(cert, name, size) < 0)
			return SMTPTLS_E_NOMEM;
	}
	if (cert->name_count > 0)
		return 0;
	size = sizeof(name);
	ret = gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0,
					    0, name, &size);
	return ret == 0 ? add_name(cert, name, size) : 0;
}

/* ---- the chain ---- */

static const char *broken_hash(gnutls_x509_crt_t crt)
{
	switch (stls_signature_hash(crt)) {
	case GNUTLS_DIG_SHA1:
		return "SHA-1";
	case GNUTLS_DIG_MD5:
		return "MD5";
	case GNUTLS_DIG_MD2:
		return "MD2";
	default:
		return NULL;
	}
}

static int is_self_issued(gnutls_x509_crt_t crt)
{
	return gnutls_x509_crt_check_issuer(crt, crt) != 0;
}

/* Keep the weakest figures of the chain. */
static void read_strength(struct stls_own_chain_facts *facts,
			  gnutls_x509_crt_t crt, int first)
{
	int key = stls_key_strength(crt);
	/* Nobody relies on a self-signature. */
	int self = is_self_issued(crt);
	int signature = self ? key : stls_signature_strength(crt);

	if (first || key < facts->key_bits)
		facts->key_bits = key;
	if (first || signature < facts->signature_bits)
		facts->signature_bits = signature;
	if (!self && !facts->broken_hash)
		facts->broken_hash = broken_hash(crt);
}

static int is_for_clients(gnutls_x509_crt_t crt)
{
	char oid[64];
	size_t size;
	unsigned i;
	int clients = 0;

	for (i = 0;; i++) {
		size = sizeof(oid);
		if (gnutls_x509_crt_get_key_purpose_oid(crt, i, oid, &size,
							NULL) < 0)
			break;
		if (strcmp(oid, GNUTLS_KP_TLS_WWW_SERVER) == 0 ||
		    strcmp(oid, GNUTLS_KP_ANY) == 0)
			return 0;
		if (strcmp(oid, GNUTLS_KP_TLS_WWW_CLIENT) == 0)
			clients = 1;
	}
	return clients;
}

/*
 * A missing issuer is reported only of a lone leaf that no authority of the
 * configuration issued. A longer chain usually lacks the root, which nobody
 * sends.
 */
static int read_missing(struct stls_own_chain_facts *facts,
			gnutls_x509_crt_t leaf, gnutls_x509_trust_list_t trust)
{
	gnutls_x509_crt_t issuer;
	char shown[DN_SIZE];
	gnutls_datum_t dn;

	if (is_self_issued(leaf))
		return 0;
	if (gnutls_x509_trust_list_get_issuer(trust, leaf, &issuer,
					      GNUTLS_TL_GET_COPY) == 0) {
		gnutls_x509_crt_deinit(issuer);
		return 0;
	}
	if (gnutls_x509_crt_get_issuer_dn3(leaf, &dn, 0) < 0)
		return 0;
	(void)stls_ascii_escape(shown, sizeof(shown), dn.data, dn.size);
	gnutls_free(dn.data);
	facts->missing = strdup(shown);
	return facts->missing ? 0 : SMTPTLS_E_NOMEM;
}

/* ---- certificates ---- */

static int read_leaf(struct stls_own_certificates *own,
		     struct stls_own_certificate *cert, gnutls_x509_crt_t crt)
{
	cert->keys = keys_of(crt, &cert->rsa_bits);
	own->keys |= cert->keys;
	if (own->rsa_bits == 0)
		own->rsa_bits = cert->rsa_bits;
	return read_names(cert, crt);
}

static int demands_status(gnutls_certificate_credentials_t credentials,
			  unsigned i)
{
	gnutls_datum_t der;

	return gnutls_certificate_get_crt_raw(credentials, i, 0, &der) == 0 &&
	       stls_der_demands_status(der.data, der.size);
}

static int read_chain(struct stls_own_chain_facts *facts,
		      gnutls_certificate_credentials_t credentials, unsigned i,
		      gnutls_x509_crt_t leaf, gnutls_x509_trust_list_t trust)
{
	gnutls_x509_crt_t crt;
	gnutls_datum_t der;
	unsigned j;

	facts->from = gnutls_x509_crt_get_activation_time(leaf);
	facts->until = gnutls_x509_crt_get_expiration_time(leaf);
	facts->for_clients = is_for_clients(leaf);
	facts->demands_status = demands_status(credentials, i);
	read_strength(facts, leaf, 1);
	for (j = 1;
	     gnutls_certificate_get_crt_raw(credentials, i, j, &der) == 0;
	     j++) {
		if (stls_certificate_open(&crt, &der) < 0)
			return SMTPTLS_E_NOMEM;
		read_strength(facts, crt, 0);
		gnutls_x509_crt_deinit(crt);
	}
	return j == 1 ? read_missing(facts, leaf, trust) : 0;
}

/* Read the i-th certificate, or skip it if it cannot be parsed. */
static int read_cert(struct stls_own_certificates *own,
		     gnutls_certificate_credentials_t credentials, unsigned i,
		     const gnutls_datum_t *der, gnutls_x509_trust_list_t trust)
{
	struct stls_own_certificate *certs;
	gnutls_x509_crt_t leaf;
	int ret;

	certs = realloc(own->cert, (own->count + 1) * sizeof(*certs));
	if (!certs)
		return SMTPTLS_E_NOMEM;
	own->cert = certs;
	certs += own->count++;
	memset(certs, 0, sizeof(*certs));
	ret = stls_certificate_open(&leaf, der);
	if (ret < 0)
		return ret == GNUTLS_E_MEMORY_ERROR ? SMTPTLS_E_NOMEM : 0;
	ret = read_leaf(own, certs, leaf);
	if (ret == 0 && trust)
		ret = read_chain(&certs->chain, credentials, i, leaf, trust);
	gnutls_x509_crt_deinit(leaf);
	return ret;
}

int stls_own_certificates_read(struct stls_own_certificates *own,
			       gnutls_certificate_credentials_t credentials,
			       gnutls_x509_trust_list_t trust)
{
	gnutls_datum_t der;
	unsigned i;
	int ret = 0;

	for (i = 0; ret == 0 && gnutls_certificate_get_crt_raw(credentials, i,
							       0, &der) == 0;
	     i++)
		ret = read_cert(own, credentials, i, &der, trust);
	return ret;
}

void stls_own_certificates_free(struct stls_own_certificates *own)
{
	size_t i, j;

	for (i = 0; i < own->count; i++) {
		for (j = 0; j < own->cert[i].name_count; j++)
			free(own->cert[i].name[j]);
		free(own->cert[i].name);
		free(own->cert[i].chain.missing);
	}
	free(own->cert);
	memset(own, 0, sizeof(*own));
}

/* ---- what a client asks for ---- */

static int covers(const struct stls_own_certificate *cert, const char *name)
{
	size_t i;

	for (i = 0; i < cert->name_count; i++) {
		if (stls_name_covers(cert->name[i], name))
			return 1;
	}
	return 0;
}

unsigned stls_own_certificates_named(const struct stls_own_certificates *own,
				     const struct stls_bytes *name)
{
	char normal[STLS_NAME_SIZE];
	unsigned keys = 0;
	size_t i;

	if (stls_name_normalize(normal, name->data, name->len) == 0)
		return 0;
	for (i = 0; i < own->count; i++) {
		if (covers(&own->cert[i], normal))
			keys |= own->cert[i].keys;
	}
	return keys;
}

int stls_own_certificates_find(const struct stls_own_certificates *own,
			       const struct stls_bytes *name, unsigned key)
{
	char normal[STLS_NAME_SIZE];
	size_t i;

	if (name && stls_name_normalize(normal, name->data, name->len) == 0)
		return -1;
	for (i = 0; i < own->count; i++) {
		if (own->cert[i].keys & key &&
		    (!name || covers(&own->cert[i], normal)))
			return (int)i;
	}
	return -1;
}

int stls_own_certificate_covers(const struct stls_own_certificate *cert,
				const struct stls_bytes *name)
{
	char normal[STLS_NAME_SIZE];

	return stls_name_normalize(normal, name->data, name->len) > 0 &&
	       covers(cert, normal);
}

int stls_own_certificates_cover(const struct stls_own_certificates *own,
				const struct stls_bytes *name)
{
	char normal[STLS_NAME_SIZE];
	size_t i;

	if (stls_name_normalize(normal, name->data, name->len) == 0)
		return 0;
	for (i = 0; i < own->count; i++) {
		if (covers(&own->cert[i], normal))
			return 1;
	}
	return 0;
}
