/* SPDX-License-Identifier: MIT */
/*
 * tls/info: the facts of a session.
 *
 * A host asks once, at the end of a session for the log, or never; so nothing
 * is kept beforehand, and the strings are made on the first query. What the
 * peer sent is escaped. Versions and suites have OpenSSL's names, since those
 * are what administrators know, beside IANA's and GnuTLS's own.
 */
#include "tls/info.h"

#include <stdlib.h>
#include <string.h>

#include <gnutls/x509.h>

#include "base/ascii.h"
#include "openssl/suite_table.h"
#include "x509/der.h"
#include "x509/digest.h"
#include "x509/name.h"

/* A byte takes up to four when escaped. */
#define NAME_SIZE    (4 * 256)
#define SUBJECT_SIZE 2048

struct stls_facts {
	struct smtptls_info info;
	int complete; /* the handshake was over when they were collected */
	char sni[NAME_SIZE];
	char subject[SUBJECT_SIZE];
};

static const char *protocol_name(gnutls_protocol_t version)
{
	switch (version) {
	case GNUTLS_TLS1_0:
		return "TLSv1";
	case GNUTLS_TLS1_1:
		return "TLSv1.1";
	case GNUTLS_TLS1_2:
		return "TLSv1.2";
	case GNUTLS_TLS1_3:
		return "TLSv1.3";
	default:
		return gnutls_protocol_get_name(version);
	}
}

/* GnuTLS's name of the suite in use, or NULL. */
static const char *suite_name(gnutls_session_t tls)
{
	gnutls_cipher_algorithm_t cipher = gnutls_cipher_get(tls), c;
	gnutls_kx_algorithm_t kx = gnutls_kx_get(tls), k;
	gnutls_mac_algorithm_t mac = gnutls_mac_get(tls), m;
	int tls13 = gnutls_protocol_get_version(tls) == GNUTLS_TLS1_3;
	unsigned char id[2];
	gnutls_protocol_t least;
	const char *name;
	size_t i;

	for (i = 0;
	     (name = gnutls_cipher_suite_info(i, id, &k, &c, &m, &least));
	     i++) {
		if (c != cipher || m != mac)
			continue;
		if (tls13 ? least == GNUTLS_TLS1_3
			  : least != GNUTLS_TLS1_3 && k == kx)
			return name;
	}
	return NULL;
}

static const char *or_null(const char *name)
{
	return name[0] ? name : NULL;
}

static void tell_suite(gnutls_session_t tls, struct smtptls_info *info)
{
	const char *name = suite_name(tls);
	int row = name ? stls_suite_by_gnutls(name, strlen(name)) : -1;

	info->cipher_gnutls = name;
	if (row >= 0) {
		const struct stls_suite *suite = stls_suite((size_t)row);

		info->cipher_openssl = or_null(suite->openssl);
		info->cipher_iana = or_null(suite->iana);
	}
	info->cipher_bits =
		(int)gnutls_cipher_get_key_size(gnutls_cipher_get(tls)) * 8;
}

static void tell_sni(struct stls_session *session, struct stls_facts *facts)
{
	unsigned char address[16];
	char name[256];
	size_t len = sizeof(name), size;
	unsigned type;

	if (session->role == SMTPTLS_CLIENT) {
		if (session->expected->peer &&
		    !stls_is_address(session->expected->peer, address, &size))
			(void)stls_ascii_escape(
				facts->sni, sizeof(facts->sni),
				session->expected->peer,
				strlen(session->expected->peer));
	} else if (gnutls_server_name_get(session->tls, name, &len, &type, 0) ==
		   0) {
		const struct stls_bytes asked = { (unsigned char *)name, len };

		(void)stls_ascii_escape(facts->sni, sizeof(facts->sni), name,
					len);
		facts->info.sni_unmatched = !stls_own_certificates_cover(
			session->judge.own, &asked);
	}
	facts->info.sni = or_null(facts->sni);
}

static int tell_subject(gnutls_x509_crt_t cert, struct stls_facts *facts)
{
	gnutls_datum_t dn;
	int ret = gnutls_x509_crt_get_dn3(cert, &dn, 0);

	if (ret < 0)
		return ret;
	(void)stls_ascii_escape(facts->subject, sizeof(facts->subject), dn.data,
				dn.size);
	gnutls_free(dn.data);
	facts->info.peer_subject = facts->subject;
	return 0;
}

/* A certificate that cannot be parsed still has a digest. */
static int tell_peer(gnutls_session_t tls, struct stls_facts *facts)
{
	const gnutls_datum_t *chain;
	struct stls_der_parts parts;
	gnutls_x509_crt_t cert;
	unsigned count = 0;
	int ret;

	chain = gnutls_certificate_get_peers(tls, &count);
	if (!chain || count == 0)
		return 0;
	facts->info.peer_cert = 1;
	stls_sha256(chain[0].data, chain[0].size, facts->info.peer_cert_sha256);
	if (stls_der_parts(chain[0].data, chain[0].size, &parts) == 0)
		stls_sha256(parts.spki.data, parts.spki.len,
			    facts->info.peer_spki_sha256);
	ret = gnutls_x509_crt_init(&cert);
	if (ret < 0)
		return ret;
	ret = gnutls_x509_crt_import(cert, &chain[0], GNUTLS_X509_FMT_DER);
	if (ret == 0)
		ret = tell_subject(cert, facts);
	gnutls_x509_crt_deinit(cert);
	return ret;
}

static int collect(struct stls_session *session, struct stls_facts *facts)
{
	struct smtptls_info *info = &facts->info;
	gnutls_session_t tls = session->tls;
	gnutls_protocol_t version = gnutls_protocol_get_version(tls);
	gnutls_group_t group = gnutls_group_get(tls);

	memset(info, 0, sizeof(*info));
	facts->sni[0] = '\0';
	facts->complete = session->complete;
	tell_sni(session, facts);
	if (!session->complete)
		return 0;
	info->protocol = protocol_name(version);
	if (group != GNUTLS_GROUP_INVALID)
		info->group = gnutls_group_get_name(group);
	info->resumed = gnutls_session_is_resumed(tls) != 0;
	tell_suite(tls, info);
	if (tell_peer(tls, facts) != GNUTLS_E_MEMORY_ERROR)
		return 0;
	facts->complete = 0;
	return SMTPTLS_E_NOMEM;
}

int stls_info(struct stls_session *session, struct stls_facts **facts,
	      int tls_enabled, struct smtptls_info *info)
{
	if (!*facts) {
		*facts = malloc(sizeof(**facts));
		if (!*facts)
			return SMTPTLS_E_NOMEM;
		(*facts)->complete = 0;
	}
	if (!(*facts)->complete && collect(session, *facts) < 0)
		return SMTPTLS_E_NOMEM;
	*info = (*facts)->info;
	info->tls_enabled = tls_enabled;
	info->verify = session->verify;
	info->tlsa_record = session->tlsa_record;
	info->tlsa_depth = session->tlsa_depth;
	info->tlsa_weak_key = session->tlsa_weak_key;
	info->reason = session->judge.reason;
	info->alert_received = session->alert_received;
	info->alert_sent = session->alert_sent;
	/* This is of no interest if the session failed anyway. */
	if (tls_enabled) {
		info->shadow_reason = session->judge.shadow_reason;
		info->shadow_text = session->judge.shadow_text;
	}
	return 0;
}

void stls_facts_free(struct stls_facts *facts)
{
	free(facts);
}
