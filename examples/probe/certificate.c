/* SPDX-License-Identifier: MIT */
/*
 * certificate: the contents of a server's chain, for people to read, and the
 * certificate that each TLSA record matches. The library decides whether a
 * match suffices.
 */
#include "certificate.h"

#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>

static void read_dn(char *text, size_t size, gnutls_x509_crt_t crt,
		    int (*get)(gnutls_x509_crt_t, gnutls_datum_t *, unsigned))
{
	gnutls_datum_t dn = { NULL, 0 };

	text[0] = '\0';
	if (get(crt, &dn, 0) == 0)
		escape(text, size, dn.data, dn.size);
	gnutls_free(dn.data);
}

/* Append a name of the SAN. */
static void add_name(struct certificate *cert, unsigned type, const void *name,
		     size_t len)
{
	size_t used = strlen(cert->names), size = sizeof(cert->names);
	char address[INET6_ADDRSTRLEN];

	if (type == GNUTLS_SAN_IPADDRESS && (len == 4 || len == 16)) {
		name = inet_ntop(len == 4 ? AF_INET : AF_INET6, name, address,
				 sizeof(address));
		len = strlen(address);
	}
	if (used > 0 && used + 2 < size)
		used += (size_t)snprintf(cert->names + used, size - used, ", ");
	escape(cert->names + used, size - used, name, len);
}

static void read_names(struct certificate *cert, gnutls_x509_crt_t crt)
{
	char name[512];
	unsigned type, i;
	size_t size;
	int ret;

	for (i = 0;; i++) {
		size = sizeof(name);
		ret = gnutls_x509_crt_get_subject_alt_name2(crt, i, name, &size,
							    &type, NULL);
		if (ret == GNUTLS_E_SHORT_MEMORY_BUFFER)
			continue;
		if (ret < 0)
			return;
		if (type == GNUTLS_SAN_DNSNAME || type == GNUTLS_SAN_IPADDRESS)
			add_name(cert, type, name, size);
	}
}

/* The whole certificate, or its key, in DER; free it with gnutls_free(). */
static gnutls_datum_t part(gnutls_x509_crt_t crt, int spki)
{
	gnutls_datum_t der = { NULL, 0 };
	gnutls_pubkey_t key;

	if (!spki) {
		(void)gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der);
		return der;
	}
	if (gnutls_pubkey_init(&key) < 0)
		return der;
	if (gnutls_pubkey_import_x509(key, crt, 0) == 0)
		(void)gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, &der);
	gnutls_pubkey_deinit(key);
	return der;
}

static void digest(unsigned char sha256[32], gnutls_x509_crt_t crt, int spki)
{
	gnutls_datum_t der = part(crt, spki);

	if (der.data)
		(void)gnutls_hash_fast(GNUTLS_DIG_SHA256, der.data, der.size,
				       sha256);
	gnutls_free(der.data);
}

static void read_certificate(struct certificate *cert, gnutls_x509_crt_t crt)
{
	unsigned bits = 0;
	int ret;

	read_dn(cert->subject, sizeof(cert->subject), crt,
		gnutls_x509_crt_get_dn3);
	read_dn(cert->issuer, sizeof(cert->issuer), crt,
		gnutls_x509_crt_get_issuer_dn3);
	read_names(cert, crt);
	ret = gnutls_x509_crt_get_pk_algorithm(crt, &bits);
	snprintf(cert->key, sizeof(cert->key), "%s %u bits",
		 ret < 0 ? "unknown"
			 : gnutls_pk_get_name((gnutls_pk_algorithm_t)ret),
		 bits);
	ret = gnutls_x509_crt_get_signature_algorithm(crt);
	snprintf(cert->signature, sizeof(cert->signature), "%s",
		 ret <= 0 ? "unknown"
			  : gnutls_sign_get_name((gnutls_sign_algorithm_t)ret));
	cert->from = gnutls_x509_crt_get_activation_time(crt);
	cert->until = gnutls_x509_crt_get_expiration_time(crt);
	digest(cert->cert_sha256, crt, 0);
	digest(cert->spki_sha256, crt, 1);
}

/* ---- TLSA ---- */

static int matches(const struct smtptls_tlsa *record, gnutls_x509_crt_t crt)
{
	static const gnutls_digest_algorithm_t algorithms[] = {
		GNUTLS_DIG_UNKNOWN, GNUTLS_DIG_SHA256, GNUTLS_DIG_SHA512
	};
	gnutls_datum_t der = part(crt, record->selector);
	unsigned char hash[64];
	const void *data = der.data;
	size_t len = der.size;
	int same;

	if (record->matching != 0) {
		len = record->matching == 1 ? 32 : 64;
		data = hash;
		if (!der.data || gnutls_hash_fast(algorithms[record->matching],
						  der.data, der.size, hash) < 0)
			len = 0;
	}
	same = len > 0 && len == record->data_len &&
	       memcmp(data, record->data, len) == 0;
	gnutls_free(der.data);
	return same;
}

/* DANE-EE matches the first certificate, DANE-TA any other. */
static void match(struct record_fact *fact, const gnutls_x509_crt_t *crt,
		  unsigned count)
{
	unsigned from = fact->record.usage == 3 ? 0 : 1, i;
	unsigned until = fact->record.usage == 3 && count > 0 ? 1 : count;

	if (fact->unusable)
		return;
	for (i = from; i < until; i++) {
		if (!crt[i] || !matches(&fact->record, crt[i]))
			continue;
		fact->depth = (int)i;
		return;
	}
}

void chain_read(struct attempt *attempt, gnutls_session_t session)
{
	gnutls_x509_crt_t crt[CHAIN_MAX] = { NULL };
	const gnutls_datum_t *der;
	unsigned count = 0, i;
	size_t n;

	der = gnutls_certificate_get_peers(session, &count);
	if (!der)
		return;
	if (count > CHAIN_MAX)
		count = CHAIN_MAX;
	memset(attempt->chain, 0, sizeof(attempt->chain));
	for (i = 0; i < count; i++) {
		if (gnutls_x509_crt_init(&crt[i]) < 0)
			fail("no memory");
		if (gnutls_x509_crt_import(crt[i], &der[i],
					   GNUTLS_X509_FMT_DER) < 0) {
			snprintf(attempt->chain[i].subject,
				 sizeof(attempt->chain[i].subject),
				 "(cannot be read)");
			gnutls_x509_crt_deinit(crt[i]);
			crt[i] = NULL;
			continue;
		}
		read_certificate(&attempt->chain[i], crt[i]);
	}
	attempt->chain_count = count;
	for (n = 0; n < attempt->record_count; n++)
		match(&attempt->records[n], crt, count);
	for (i = 0; i < count; i++) {
		if (crt[i])
			gnutls_x509_crt_deinit(crt[i]);
	}
}
