/* SPDX-License-Identifier: MIT */
/*
 * x509/own_shown: what a peer may object to in the certificate it was shown.
 *
 * A peer that refuses a certificate says little about why, and often nothing.
 * This side can see which name the peer had asked for, whether the certificate
 * is valid now, and what its chain lacks. This is done only for a session that
 * failed; the certificate is then parsed again, for what own_certificates did
 * not keep.
 */
#include "x509/own_shown.h"

#include <string.h>

#include <gnutls/x509-ext.h>

#include "base/ascii.h"
#include "policy/key_type.h"

#include "x509/certificate.h"

#define RSA_BITS_MIN 2048

/* ---- names ---- */

typedef int get_name(gnutls_x509_crt_t crt, gnutls_datum_t *dn, unsigned flags);
typedef int get_part(gnutls_x509_crt_t crt, const char *oid, unsigned index,
		     unsigned raw, void *text, size_t *size);

static int show_part(gnutls_x509_crt_t crt, get_part *part, const char *oid,
		     const char *label, char shown[STLS_SHOWN_NAME_SIZE])
{
	char text[256];
	size_t size = sizeof(text), n = strlen(label);

	if (part(crt, oid, 0, 0, text, &size) < 0)
		return 0;
	memcpy(shown, label, n);
	(void)stls_ascii_escape(shown + n, STLS_SHOWN_NAME_SIZE - n, text,
				size);
	return 1;
}

static void show(gnutls_x509_crt_t crt, get_name *whole, get_part *part,
		 char shown[STLS_SHOWN_NAME_SIZE])
{
	gnutls_datum_t dn;

	shown[0] = '\0';
	if (whole(crt, &dn, 0) < 0)
		return;
	(void)stls_ascii_escape(shown, STLS_SHOWN_NAME_SIZE, dn.data, dn.size);
	if (dn.size >= STLS_SHOWN_NAME_SIZE &&
	    !show_part(crt, part, GNUTLS_OID_X520_COMMON_NAME, "CN=", shown))
		(void)show_part(crt, part, GNUTLS_OID_X520_ORGANIZATION_NAME,
				"O=", shown);
	gnutls_free(dn.data);
}

void stls_issuer_show(gnutls_x509_crt_t crt, char shown[STLS_SHOWN_NAME_SIZE])
{
	show(crt, gnutls_x509_crt_get_issuer_dn3,
	     gnutls_x509_crt_get_issuer_dn_by_oid, shown);
}

void stls_subject_show(gnutls_x509_crt_t crt, char shown[STLS_SHOWN_NAME_SIZE])
{
	show(crt, gnutls_x509_crt_get_dn3, gnutls_x509_crt_get_dn_by_oid,
	     shown);
}

/* ---- one certificate ---- */

static unsigned fault_of_time(const struct stls_own_chain_facts *facts,
			      time_t now, char date[sizeof("2026-01-31")])
{
	unsigned fault = 0;
	time_t when = 0;
	struct tm tm;

	if (facts->until != (time_t)-1 && facts->until < now) {
		fault = STLS_SHOWN_EXPIRED;
		when = facts->until;
	} else if (facts->from != (time_t)-1 && facts->from > now) {
		fault = STLS_SHOWN_EARLY;
		when = facts->from;
	}
	if (!gmtime_r(&when, &tm) ||
	    strftime(date, sizeof("2026-01-31"), "%Y-%m-%d", &tm) == 0)
		date[0] = '\0';
	return fault;
}

/* Find the authority that a peer must know, and what the chain lacks. */
static unsigned fault_of_chain(gnutls_certificate_credentials_t credentials,
			       unsigned i, gnutls_x509_crt_t leaf,
			       struct stls_shown *shown)
{
	gnutls_x509_trust_list_t trust;
	gnutls_x509_crt_t issuer, last;
	gnutls_datum_t der, next;
	unsigned fault = STLS_SHOWN_ALONE, j = 1;

	stls_issuer_show(leaf, shown->authority);
	if (gnutls_x509_crt_check_issuer(leaf, leaf))
		return STLS_SHOWN_SELF;
	while (gnutls_certificate_get_crt_raw(credentials, i, j, &next) == 0) {
		der = next;
		j++;
	}
	if (j > 1) {
		if (stls_certificate_open(&last, &der) < 0)
			return 0;
		stls_issuer_show(last, shown->authority);
		gnutls_x509_crt_deinit(last);
		return 0;
	}
	gnutls_certificate_get_trust_list(credentials, &trust);
	if (gnutls_x509_trust_list_get_issuer(trust, leaf, &issuer,
					      GNUTLS_TL_GET_COPY) == 0) {
		if (gnutls_x509_crt_check_issuer(issuer, issuer))
			fault = 0;
		gnutls_x509_crt_deinit(issuer);
	}
	return fault;
}

static unsigned find_faults(struct stls_shown *shown,
			    const struct stls_own_certificate *cert,
			    gnutls_x509_crt_t leaf, int server, time_t now)
{
	const struct stls_own_chain_facts *facts = &cert->chain;
	unsigned faults = fault_of_time(facts, now, shown->date);

	if (server && facts->for_clients)
		faults |= STLS_SHOWN_CLIENTS;
	else if (server && !facts->named)
		faults |= STLS_SHOWN_NO_SAN;
	if (server && facts->demands_status &&
	    !stls_staple_is_fresh(&cert->staple, now))
		faults |= STLS_SHOWN_STATUS;
	if (facts->broken_hash) {
		shown->hash = facts->broken_hash;
		faults |= STLS_SHOWN_HASH;
	}
	if (shown->key & STLS_KEYS_RSA) {
		(void)gnutls_x509_crt_get_pk_algorithm(leaf, &shown->bits);
		if (shown->bits < RSA_BITS_MIN)
			faults |= STLS_SHOWN_SHORT;
	}
	return faults;
}

/* The index of the certificate `leaf`; -1 if it is not there. */
static int find(gnutls_certificate_credentials_t credentials,
		const gnutls_datum_t *leaf)
{
	gnutls_datum_t der;
	unsigned i;

	for (i = 0;
	     gnutls_certificate_get_crt_raw(credentials, i, 0, &der) == 0;
	     i++) {
		if (der.size == leaf->size &&
		    memcmp(der.data, leaf->data, der.size) == 0)
			return (int)i;
	}
	return -1;
}

void stls_own_shown(struct stls_shown *shown,
		    const struct stls_own_certificates *own,
		    gnutls_certificate_credentials_t credentials,
		    const gnutls_datum_t *leaf, int server,
		    const struct stls_bytes *asked, time_t now)
{
	const struct stls_own_certificate *cert;
	gnutls_x509_crt_t crt;
	int i = find(credentials, leaf);

	memset(shown, 0, sizeof(*shown));
	if (i < 0 || (size_t)i >= own->count)
		return;
	cert = &own->cert[i];
	if (stls_certificate_open(&crt, leaf) == 0) {
		shown->key = (cert->keys | cert->keys >> STLS_KEYS_IDLE_SHIFT) &
			     ~(STLS_KEYS_IDLE | STLS_KEYS_SHORT);
		shown->among = own->count > 1;
		shown->faults =
			find_faults(shown, cert, crt, server, now) |
			fault_of_chain(credentials, (unsigned)i, crt, shown);
		gnutls_x509_crt_deinit(crt);
	}
	if (!server || !asked)
		return;
	(void)stls_ascii_escape(shown->asked, sizeof(shown->asked), asked->data,
				asked->len);
	if (!stls_own_certificate_covers(cert, asked))
		shown->faults |= STLS_SHOWN_NAME;
}
