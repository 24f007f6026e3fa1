/* SPDX-License-Identifier: MIT */
/*
 * chain: certificates with any defect, in memory.
 *
 * Unlike those of testcert they need not be valid for anything, and are in files
 * only on request. Keys are made once, so that a table of many certificates costs little.
 * A failure to make one ends the program with status 99.
 */
#include "chain.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "testcert.h"

#define DAY	 86400L

#define KEYS_MAX 32

static struct {
	int rsa_bits;
	gnutls_ecc_curve_t curve;
	unsigned number;
	gnutls_x509_privkey_t key;
} keys[KEYS_MAX];
static size_t key_count;
static unsigned long serial;

static void need(int holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "chain: %s failed\n", what);
	exit(99);
}

#define OK(call) need((call) >= 0, #call)

static gnutls_x509_privkey_t make_key(const struct chain_spec *spec)
{
	gnutls_ecc_curve_t curve =
		spec->curve ? spec->curve : GNUTLS_ECC_CURVE_SECP256R1;
	gnutls_x509_privkey_t key;
	size_t i;

	for (i = 0; i < key_count; i++) {
		if (keys[i].rsa_bits == spec->rsa_bits &&
		    keys[i].curve == spec->curve && keys[i].number == spec->key)
			return keys[i].key;
	}
	need(key_count < KEYS_MAX, "another key");
	OK(gnutls_x509_privkey_init(&key));
	if (spec->rsa_bits)
		OK(gnutls_x509_privkey_generate(key, GNUTLS_PK_RSA,
						(unsigned)spec->rsa_bits, 0));
	else
		OK(gnutls_x509_privkey_generate(
			key, gnutls_ecc_curve_get_pk(curve),
			GNUTLS_CURVE_TO_BITS(curve), 0));
	keys[key_count].rsa_bits = spec->rsa_bits;
	keys[key_count].curve = spec->curve;
	keys[key_count].number = spec->key;
	keys[key_count++].key = key;
	return key;
}

/*
 * Encoded by hand: GnuTLS would rewrite names, and cut them at a NUL. The
 * length takes one byte, or two for the whole sequence.
 */
static size_t add_name(unsigned char *to, const char *name)
{
	const char *value = strchr(name, ':') + 1;
	size_t len = strlen(value), i;

	if (strncmp(name, "ip:", 3) == 0) {
		len = inet_pton(AF_INET, value, to + 2) == 1 ? 4 : 16;
		need(len == 4 || inet_pton(AF_INET6, value, to + 2) == 1, name);
		to[0] = 0x87;
	} else {
		to[0] = name[0] == 'd' ? 0x82 : name[0] == 'e' ? 0x81 : 0x86;
		for (i = 0; i < len; i++)
			to[2 + i] =
				value[i] == '!' ? 0 : (unsigned char)value[i];
	}
	need(len < 128, name);
	to[1] = (unsigned char)len;
	return len + 2;
}

static void set_names(gnutls_x509_crt_t crt, const struct chain_spec *spec)
{
	unsigned char der[4 + CHAIN_NAMES * 130] = { 0x30, 0x82 };
	size_t len = 0, i;

	if (spec->cn)
		OK(gnutls_x509_crt_set_dn_by_oid(
			crt, GNUTLS_OID_X520_COMMON_NAME, 0, spec->cn,
			(unsigned)strlen(spec->cn)));
	if (!spec->san[0])
		return;
	for (i = 0; i < CHAIN_NAMES && spec->san[i]; i++)
		len += add_name(der + 4 + len, spec->san[i]);
	/* DER: the shortest form */
	i = len < 128 ? 2 : len < 256 ? 1 : 0;
	der[i] = 0x30;
	if (i == 1)
		der[2] = 0x81;
	if (i == 0)
		der[2] = (unsigned char)(len >> 8);
	der[3] = (unsigned char)len;
	OK(gnutls_x509_crt_set_extension_by_oid(crt, "2.5.29.17", der + i,
						(unsigned)(4 - i + len), 0));
}

static void set_constraints(gnutls_x509_crt_t crt,
			    const struct chain_spec *spec)
{
	gnutls_x509_name_constraints_t nc;
	gnutls_datum_t name;

	if (!spec->permitted && !spec->excluded)
		return;
	OK(gnutls_x509_name_constraints_init(&nc));
	if (spec->permitted) {
		name.data = (unsigned char *)spec->permitted;
		name.size = (unsigned)strlen(spec->permitted);
		OK(gnutls_x509_name_constraints_add_permitted(
			nc, GNUTLS_SAN_DNSNAME, &name));
	}
	if (spec->excluded) {
		name.data = (unsigned char *)spec->excluded;
		name.size = (unsigned)strlen(spec->excluded);
		OK(gnutls_x509_name_constraints_add_excluded(
			nc, GNUTLS_SAN_DNSNAME, &name));
	}
	OK(gnutls_x509_crt_set_name_constraints(crt, nc, 1));
	gnutls_x509_name_constraints_deinit(nc);
}

static void set_extensions(gnutls_x509_crt_t crt, const struct chain_spec *spec)
{
	size_t i;

	if (!spec->no_ca)
		OK(gnutls_x509_crt_set_basic_constraints(
			crt, (unsigned)spec->ca,
			spec->path ? spec->path - 1 : -1));
	if (spec->usage)
		OK(gnutls_x509_crt_set_key_usage(crt, spec->usage));
	for (i = 0; i < 2 && spec->purpose[i]; i++)
		OK(gnutls_x509_crt_set_key_purpose_oid(crt, spec->purpose[i],
						       0));
	if (spec->critical)
		OK(gnutls_x509_crt_set_extension_by_oid(crt, spec->critical,
							"\5\0", 2, 1));
	if (spec->staple)
		OK(gnutls_x509_crt_set_extension_by_oid(
			crt, GNUTLS_X509EXT_OID_TLSFEATURES, "\x30\3\2\1\5", 5,
			0));
	set_constraints(crt, spec);
}

static void set_ids(gnutls_x509_crt_t crt, const struct chain_cert *issuer)
{
	unsigned char id[64];
	size_t size = sizeof(id);

	/* Equal keys have equal ids; the names tell them apart. */
	OK(gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA1, id, &size));
	OK(gnutls_x509_crt_set_subject_key_id(crt, id, size));
	if (!issuer)
		return;
	size = sizeof(id);
	OK(gnutls_x509_crt_get_subject_key_id(issuer->crt, id, &size, NULL));
	OK(gnutls_x509_crt_set_authority_key_id(crt, id, size));
}

/* In DER, as sent, and parsed from that. */
static void parse(struct chain_cert *cert, int damaged)
{
	OK(gnutls_x509_crt_export2(cert->crt, GNUTLS_X509_FMT_DER, &cert->der));
	if (damaged)
		cert->der.data[cert->der.size - 1] ^= 1;
	gnutls_x509_crt_deinit(cert->crt);
	OK(gnutls_x509_crt_init(&cert->crt));
	OK(gnutls_x509_crt_import(cert->crt, &cert->der, GNUTLS_X509_FMT_DER));
}

struct chain_cert *chain_issue(const struct chain_spec *spec,
			       const struct chain_cert *issuer)
{
	struct chain_cert *cert = calloc(1, sizeof(*cert));
	int usual = spec->from == 0 && spec->until == 0;
	time_t now = time(NULL);
	unsigned char number[4];
	size_t i;

	need(cert != NULL, "calloc");
	cert->key = make_key(spec);
	OK(gnutls_x509_crt_init(&cert->crt));
	OK(gnutls_x509_crt_set_version(
		cert->crt, spec->version ? (unsigned)spec->version : 3));
	serial++;
	for (i = 0; i < sizeof(number); i++)
		number[i] = (unsigned char)(serial >> (24 - 8 * i));
	number[0] = 1; /* no leading zeros */
	OK(gnutls_x509_crt_set_serial(cert->crt, number, sizeof(number)));
	OK(gnutls_x509_crt_set_activation_time(
		cert->crt, now + (usual ? -1 : spec->from) * DAY));
	OK(gnutls_x509_crt_set_expiration_time(
		cert->crt, now + (usual ? 90 : spec->until) * DAY));
	OK(gnutls_x509_crt_set_key(cert->crt, cert->key));
	set_names(cert->crt, spec);
	if (spec->version != 1)
		set_extensions(cert->crt, spec);
	if (spec->version != 1 && !spec->no_ids)
		set_ids(cert->crt, issuer);
	OK(gnutls_x509_crt_sign2(cert->crt, issuer ? issuer->crt : cert->crt,
				 issuer ? issuer->key : cert->key,
				 spec->hash ? spec->hash : GNUTLS_DIG_SHA256,
				 0));
	parse(cert, spec->damaged);
	return cert;
}

const char *chain_file(const struct chain_cert *cert)
{
	gnutls_datum_t crt, key;
	const char *file;

	OK(gnutls_x509_crt_export2(cert->crt, GNUTLS_X509_FMT_PEM, &crt));
	OK(gnutls_x509_privkey_export2_pkcs8(cert->key, GNUTLS_X509_FMT_PEM,
					     NULL, GNUTLS_PKCS_PLAIN, &key));
	file = testcert_file_text(
		testcert_join((const char *)crt.data, (const char *)key.data));
	gnutls_free(crt.data);
	gnutls_free(key.data);
	return file;
}

void chain_free(struct chain_cert *cert)
{
	if (!cert)
		return;
	gnutls_x509_crt_deinit(cert->crt);
	gnutls_free(cert->der.data);
	free(cert);
}

int chain_end(void **state)
{
	(void)state;
	while (key_count > 0)
		gnutls_x509_privkey_deinit(keys[--key_count].key);
	return 0;
}
