/* SPDX-License-Identifier: MIT */
/*
 * tls/channel_binding: data that binds an authentication to the TLS session
 * that carries it (RFC 5056): tls-exporter and tls-server-end-point.
 *
 * tls-unique is not provided. TLS 1.3 does not define it (RFC 8446 appendix
 * C.5); under TLS 1.2 an attacker can make two sessions have the same value.
 * tls-exporter avoids this by requiring the extended master secret (RFC 9266
 * section 3).
 */
#include "tls/channel_binding.h"

#include <string.h>

#define EXPORTER_LABEL "EXPORTER-Channel-Binding"
#define EXPORTER_SIZE  32

/* RFC 9266 section 2: the context is empty, which differs from having none. */
static int export(gnutls_session_t tls, unsigned char *data)
{
	if (gnutls_protocol_get_version(tls) != GNUTLS_TLS1_3 &&
	    !gnutls_session_ext_master_secret_status(tls))
		return SMTPTLS_E_UNSUPPORTED;
	return gnutls_prf_rfc5705(tls, strlen(EXPORTER_LABEL), EXPORTER_LABEL,
				  0, "", EXPORTER_SIZE, (char *)data) < 0
		       ? SMTPTLS_E_NOMEM
		       : EXPORTER_SIZE;
}

/*
 * A server that resumes a session shows no certificate, and the ticket does not
 * say which one was shown; that is known only if there is just one.
 */
static const gnutls_datum_t *own(const struct stls_session *session,
				 gnutls_datum_t *der)
{
	if (!gnutls_session_is_resumed(session->tls))
		return gnutls_certificate_get_ours(session->tls);
	return session->config->own.count == 1 &&
			       gnutls_certificate_get_crt_raw(
				       session->config->credentials, 0, 0,
				       der) == 0
		       ? der
		       : NULL;
}

static int end_point(const struct stls_session *session, unsigned char *data)
{
	const gnutls_datum_t *cert;
	gnutls_datum_t der;

	cert = session->role == SMTPTLS_SERVER
		       ? own(session, &der)
		       : gnutls_certificate_get_peers(session->tls, NULL);
	return cert ? stls_end_point(cert, data) : SMTPTLS_E_UNSUPPORTED;
}

int stls_channel_binding(const struct stls_session *session, int type,
			 unsigned char data[STLS_END_POINT_MAX])
{
	return type == SMTPTLS_CB_TLS_EXPORTER ? export(session->tls, data)
					       : end_point(session, data);
}
