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

#ifdef __cplusplus
}
#endif

#endif
