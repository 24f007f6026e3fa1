/* SPDX-License-Identifier: MIT */
/*
 * tls/peer: a session's peer is judged, and told.
 *
 * It runs once per connection, after the handshake and before anything is
 * delivered, on full and on resumed sessions alike. The judge is x509/verify;
 * here is what it has to be given of a session: the certificates, the
 * configuration's trust, and what only GnuTLS knows of the session: the profile
 * of a priority string of the host's, and a status of OCSP that the peer has
 * sent.
 */
#include "tls/peer.h"

#include <string.h>

#include <gnutls/ocsp.h>

#include <smtptls/conn.h>

#include "tls/policy_new.h"
#include "x509/verify.h"

/* What is asked of GnuTLS's own verification, where it is asked. */
#define FOUND                                                                  \
	(GNUTLS_CERT_REVOKED | GNUTLS_CERT_INSECURE_ALGORITHM |                \
	 GNUTLS_CERT_MISSING_OCSP_STATUS | GNUTLS_CERT_INVALID_OCSP_STATUS)

static int has_status(gnutls_session_t tls)
{
	gnutls_datum_t response;

	return gnutls_ocsp_status_request_get(tls, &response) == 0;
}

/* 1 when the leaf demands that a status is sent (RFC 7633). */
static int demands_status(const gnutls_datum_t *der)
{
	static const unsigned char oid[] = { 0x2b, 6, 1, 5, 5, 7, 1, 24 };

	return memmem(der->data, der->size, oid, sizeof(oid)) != NULL;
}

int stls_peer_verify(gnutls_session_t tls, const struct smtptls_config *config,
		     int role, const char *name, struct stls_verdict *verdict)
{
	struct stls_peer peer = {
		.flags = stls_policy_verify_flags(config->policy),
		.server = role == SMTPTLS_CLIENT,
		.any_purpose = config->any_client_purpose,
		.name = &name,
		.name_count = name != NULL,
	};

	peer.chain = gnutls_certificate_get_peers(tls, &peer.count);
	if (!peer.chain)
		peer.count = 0;
	gnutls_certificate_get_trust_list(config->credentials, &peer.trust);
	if (peer.count > 0 &&
	    (!config->policy || has_status(tls) ||
	     (peer.server && demands_status(&peer.chain[0])))) {
		if (gnutls_certificate_verify_peers2(tls, &peer.found) < 0)
			peer.found = GNUTLS_CERT_SIGNER_NOT_FOUND;
		else
			peer.found &= FOUND;
	}
	return stls_verify(&peer, verdict);
}

static int alert_of_trust(int reason)
{
	switch (reason) {
	case SMTPTLS_REASON_CERT_EXTENSION:
		return GNUTLS_A_UNSUPPORTED_CERTIFICATE;
	case SMTPTLS_REASON_CERT_CONSTRAINT:
		return GNUTLS_A_CERTIFICATE_UNKNOWN;
	case SMTPTLS_REASON_CERT_SIGNATURE:
	case SMTPTLS_REASON_CERT_MALFORMED:
		return GNUTLS_A_BAD_CERTIFICATE;
	default:
		return GNUTLS_A_UNKNOWN_CA;
	}
}

int stls_peer_alert(int error, int reason, gnutls_protocol_t version)
{
	switch (error) {
	case SMTPTLS_E_CERT_MISSING:
		return version == GNUTLS_TLS1_3 ? GNUTLS_A_CERTIFICATE_REQUIRED
						: GNUTLS_A_HANDSHAKE_FAILURE;
	case SMTPTLS_E_CERT_TRUST:
		return alert_of_trust(reason);
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
