/* SPDX-License-Identifier: MIT */
/*
 * x509/tlsa: TLSA records (RFC 6698, 7671), and which of them matches a
 * certificate.
 *
 * outbound/tlsa decides whether a record is usable; a full certificate or key
 * must also be one for GnuTLS. Unusable records are counted, and otherwise
 * ignored.
 *
 * A certificate is compared by its bytes; x509/dane knows its place in the
 * chain and what follows from a match.
 */
#include "x509/tlsa.h"

#include <stdlib.h>
#include <string.h>

#include <gnutls/abstract.h>
#include <gnutls/x509.h>

#include "x509/certificate.h"
#include "x509/der.h"
#include "x509/digest.h"

enum { FULL, SHA256, SHA512, MATCHINGS };
enum { CERT, SPKI, SELECTORS };

/* ---- the set ---- */

static int import_cert(gnutls_pubkey_t key, const gnutls_datum_t *der)
{
	gnutls_x509_crt_t crt;
	int ret;

	ret = stls_certificate_open(&crt, der);
	if (ret < 0)
		return ret;
	ret = gnutls_pubkey_import_x509(key, crt, 0);
	gnutls_x509_crt_deinit(crt);
	return ret;
}

/* 0, or GnuTLS's error if the data is not a certificate, or not a key. */
static int try_whole(const struct smtptls_tlsa *record)
{
	gnutls_datum_t der = { (unsigned char *)record->data,
			       (unsigned)record->data_len };
	gnutls_pubkey_t key;
	int ret;

	ret = gnutls_pubkey_init(&key);
	if (ret < 0)
		return ret;
	ret = record->selector == CERT
		      ? import_cert(key, &der)
		      : gnutls_pubkey_import(key, &der, GNUTLS_X509_FMT_DER);
	/* rejects a point that is not on its curve, for example */
	if (ret == 0)
		ret = gnutls_pubkey_verify_params(key);
	gnutls_pubkey_deinit(key);
	return ret;
}

/* 1, 0 or SMTPTLS_E_NOMEM. */
static int is_usable(const struct smtptls_tlsa *record)
{
	int ret;

	if (!smtptls_tlsa_usable(record, NULL))
		return 0;
	if (record->matching != FULL)
		return 1;
	ret = try_whole(record);
	return ret == GNUTLS_E_MEMORY_ERROR ? SMTPTLS_E_NOMEM : ret == 0;
}

/* Append a copy of the record. */
static int append(struct stls_tlsa_set *set, const struct smtptls_tlsa *record)
{
	unsigned char *data = malloc(record->data_len);
	struct stls_tlsa *grown;

	if (!data)
		return SMTPTLS_E_NOMEM;
	grown = realloc(set->usable, (set->count + 1) * sizeof(*grown));
	if (!grown) {
		free(data);
		return SMTPTLS_E_NOMEM;
	}
	memcpy(data, record->data, record->data_len);
	set->usable = grown;
	grown += set->count++;
	grown->record = *record;
	grown->record.data = data;
	grown->number = set->added + 1;
	return 0;
}

int stls_tlsa_add(struct stls_tlsa_set *set, const struct smtptls_tlsa *record)
{
	int ret;

	if (set->added == STLS_TLSA_MAX)
		return SMTPTLS_E_LIMIT;
	ret = is_usable(record);
	if (ret > 0)
		ret = append(set, record);
	else if (ret == 0)
		set->unusable++;
	if (ret == 0)
		set->added++;
	return ret;
}

void stls_tlsa_free(struct stls_tlsa_set *set)
{
	while (set->count > 0)
		free((void *)set->usable[--set->count].record.data);
	free(set->usable);
	set->usable = NULL;
}

int stls_tlsa_has(const struct stls_tlsa_set *set, int usage)
{
	size_t i;

	for (i = 0; i < set->count; i++) {
		if (set->usable[i].record.usage == usage)
			return 1;
	}
	return 0;
}

/* ---- matching ---- */

/* The strongest matching type of this usage and selector. */
static int strongest(const struct stls_tlsa_set *set, int usage, int selector)
{
	const struct smtptls_tlsa *record;
	int best = FULL;
	size_t i;

	for (i = 0; i < set->count; i++) {
		record = &set->usable[i].record;
		if (record->usage == usage && record->selector == selector &&
		    record->matching > best)
			best = record->matching;
	}
	return best;
}

/* The association data of these bytes for a matching type. */
static struct stls_bytes associate(const struct stls_bytes *bytes, int matching,
				   unsigned char digest[STLS_SHA512_SIZE])
{
	switch (matching) {
	case SHA256:
		stls_sha256(bytes->data, bytes->len, digest);
		return (struct stls_bytes){ digest, STLS_SHA256_SIZE };
	case SHA512:
		stls_sha512(bytes->data, bytes->len, digest);
		return (struct stls_bytes){ digest, STLS_SHA512_SIZE };
	default:
		return *bytes;
	}
}

const struct stls_tlsa *stls_tlsa_match(const struct stls_tlsa_set *set,
					int usage,
					const struct stls_bytes *cert)
{
	unsigned char digest[SELECTORS][STLS_SHA512_SIZE];
	struct stls_bytes data[SELECTORS][2];
	struct stls_der_parts parts;
	const struct smtptls_tlsa *record;
	const struct stls_bytes *part;
	int best[SELECTORS], s, keyed;
	size_t i;

	keyed = stls_der_parts(cert->data, cert->len, &parts) == 0;
	if (!keyed)
		parts.spki = (struct stls_bytes){ cert->data, 0 };
	for (s = 0; s < SELECTORS; s++) {
		part = s == SPKI ? &parts.spki : cert;
		best[s] = strongest(set, usage, s);
		data[s][0] = *part;
		data[s][1] = associate(part, best[s], digest[s]);
	}
	for (i = 0; i < set->count; i++) {
		record = &set->usable[i].record;
		if (record->usage != usage ||
		    (record->selector == SPKI && !keyed) ||
		    (record->matching != FULL &&
		     record->matching != best[record->selector]))
			continue;
		part = &data[record->selector][record->matching != FULL];
		if (part->len == record->data_len &&
		    memcmp(part->data, record->data, part->len) == 0)
			return &set->usable[i];
	}
	return NULL;
}
