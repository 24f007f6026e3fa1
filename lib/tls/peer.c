/* SPDX-License-Identifier: MIT */
/*
 * tls/peer: judges a session's peer, and tells it the result.
 *
 * This runs once per connection, after the handshake and before anything is
 * delivered, on full and resumed sessions alike. The judges are x509/verify
 * and, for TLSA records, x509/dane; this file gives them what they need of a
 * session: the certificates, the configuration's trust, what the host expects,
 * and what only GnuTLS knows: the profile of a host's own priority string, and
 * an OCSP status that the peer has sent. Pins and TLSA records do not depend on
 * the last two.
 */
#include "tls/peer.h"

#include <string.h>

#include <gnutls/ocsp.h>

#include <smtptls/conn.h>

#include "tls/policy_new.h"
#include "x509/dane.h"
#include "x509/der.h"

/* What is taken from GnuTLS's own verification, if that is asked. */
#define FOUND                                                                  \
	(GNUTLS_CERT_REVOKED | GNUTLS_CERT_INSECURE_ALGORITHM |                \
	 GNUTLS_CERT_MISSING_OCSP_STATUS | GNUTLS_CERT_INVALID_OCSP_STATUS)

/* RFC 6066 section 8: bad_certificate_status_response, unnamed in GnuTLS. */
#define ALERT_BAD_STATUS 113

static int has_status(gnutls_session_t tls)
{
	gnutls_datum_t response;

	return gnutls_ocsp_status_request_get(tls, &response) == 0;
}

/* The names of which the peer must have one. */
static size_t list_names(const struct stls_expected *expected,
			 const char *name[1 + STLS_NAMES_MAX])
{
	const struct stls_texts *names = &expected->names;
	size_t count = 0, i;

	if (expected->peer && !expected->sni_only)
		name[count++] = expected->peer;
	for (i = 0; i < names->count; i++)
		name[count++] = names->text[i];
	return count;
}

/* What only GnuTLS knows about the session. */
static unsigned ask_session(gnutls_session_t tls,
			    const struct smtptls_config *config,
			    const struct stls_peer *peer)
{
	unsigned found;

	if (peer->count == 0 ||
	    (config->policy && !has_status(tls) &&
	     !(peer->server && stls_der_demands_status(peer->chain[0].data,
						       peer->chain[0].size))))
		return 0;
	/* The hook may have set credentials without authorities. */
	(void)gnutls_credentials_set(tls, GNUTLS_CRD_CERTIFICATE,
				     config->credentials);
	if (gnutls_certificate_verify_peers2(tls, &found) < 0)
		return GNUTLS_CERT_SIGNER_NOT_FOUND;
	/* An outdated status counts as invalid (RFC 6066 section 8). */
	if (found & GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED && has_status(tls))
		found |= GNUTLS_CERT_INVALID_OCSP_STATUS;
	return found & FOUND;
}

int stls_peer_verify(gnutls_session_t tls, const struct smtptls_config *config,
		     int role, const struct stls_expected *expected,
		     struct stls_verdict *verdict)
{
	const char *name[1 + STLS_NAMES_MAX];
	struct stls_peer peer = {
		.flags = stls_policy_verify_flags(config->policy),
		.server = role == SMTPTLS_CLIENT,
		.any_purpose = config->any_client_purpose,
		.name = name,
		.name_count = list_names(expected, name),
		.pins = &expected->pins,
		.bits = stls_policy_security_bits(config->policy),
	};

	peer.chain = gnutls_certificate_get_peers(tls, &peer.count);
	if (!peer.chain)
		peer.count = 0;
	switch (expected->verify) {
	case SMTPTLS_VERIFY_PIN:
		return stls_verify_pins(&peer, verdict);
	case SMTPTLS_VERIFY_DANE:
		return stls_dane_verify(&peer, &expected->tlsa, verdict);
	default:
		gnutls_certificate_get_trust_list(config->credentials,
						  &peer.trust);
		peer.found = ask_session(tls, config, &peer);
		return stls_verify(&peer, verdict);
	}
}

static int alert_of_trust(gnutls_session_t tls, int reason)
{
	switch (reason) {
	case SMTPTLS_REASON_CERT_EXTENSION:
		return GNUTLS_A_UNSUPPORTED_CERTIFICATE;
	case SMTPTLS_REASON_CERT_CONSTRAINT:
		return GNUTLS_A_CERTIFICATE_UNKNOWN;
	case SMTPTLS_REASON_CERT_SIGNATURE:
	case SMTPTLS_REASON_CERT_MALFORMED:
		return GNUTLS_A_BAD_CERTIFICATE;
	case SMTPTLS_REASON_CERT_STATUS:
		return has_status(tls) ? ALERT_BAD_STATUS
				       : GNUTLS_A_BAD_CERTIFICATE;
	default:
		return GNUTLS_A_UNKNOWN_CA;
	}
}

int stls_peer_alert(gnutls_session_t tls, int error, int reason)
{
	switch (error) {
	case SMTPTLS_E_CERT_MISSING:
		return gnutls_protocol_get_version(tls) == GNUTLS_TLS1_3
			       ? GNUTLS_A_CERTIFICATE_REQUIRED
			       : GNUTLS_A_HANDSHAKE_FAILURE;
	case SMTPTLS_E_CERT_TRUST:
		return alert_of_trust(tls, reason);
	case SMTPTLS_E_CERT_TIME:
		return GNUTLS_A_CERTIFICATE_EXPIRED;
	case SMTPTLS_E_CERT_PURPOSE:
		return GNUTLS_A_UNSUPPORTED_CERTIFICATE;
	case SMTPTLS_E_CERT_REVOKED:
		return GNUTLS_A_CERTIFICATE_REVOKED;
	case SMTPTLS_E_CERT_NAME:
	case SMTPTLS_E_CERT_WEAK:
	case SMTPTLS_E_CERT_PIN:
	case SMTPTLS_E_CERT_TLSA:
		return GNUTLS_A_BAD_CERTIFICATE;
	case SMTPTLS_E_NOMEM:
		return GNUTLS_A_INTERNAL_ERROR;
	case SMTPTLS_E_TIMEOUT:
		return GNUTLS_A_USER_CANCELED;
	default:
		return GNUTLS_A_ACCESS_DENIED;
	}
}
