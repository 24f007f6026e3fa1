/* SPDX-License-Identifier: MIT */
/*
 * For hosts that know GnuTLS: its objects behind the library's.
 *
 * The objects stay the library's: look at them, export keying material from
 * them (RFC 9266), but neither free them nor move bytes through them.
 */
#ifndef SMTPTLS_GNUTLS_H
#define SMTPTLS_GNUTLS_H

#include <gnutls/gnutls.h>
#include <smtptls/conn.h>
#include <smtptls/policy.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The connection's session, which lives as long as the connection; NULL until
 * TLS has started, and for NULL.
 */
SMTPTLS_API gnutls_session_t smtptls_conn_gnutls(struct smtptls_conn *conn);

/*
 * The configuration's credentials, which live as long as the configuration;
 * NULL for NULL. They may be changed until the configuration is frozen.
 */
SMTPTLS_API gnutls_certificate_credentials_t
smtptls_config_gnutls(struct smtptls_config *config);

/*
 * Make a session of the host's own, with no connection of this library at all,
 * obey a policy: it gets the policy's priority string. Call it after
 * gnutls_init() and before the handshake. `policy` is not kept.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG     a pointer is NULL
 *   SMTPTLS_E_NOMEM
 *   SMTPTLS_E_CONFIG  GnuTLS refuses the string for this session
 */
SMTPTLS_API int smtptls_policy_attach(const struct smtptls_policy *policy,
				      gnutls_session_t session);

#ifdef __cplusplus
}
#endif

#endif
