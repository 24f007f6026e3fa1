/* SPDX-License-Identifier: MIT */
/*
 * For hosts that use GnuTLS themselves: the GnuTLS objects behind this
 * library's.
 *
 * The objects belong to the library: inspect them, or export keying material
 * from them (RFC 9266), but do not free them or transfer data with them.
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
 * Return the connection's session, which lives as long as the connection; NULL
 * until TLS has started, and for NULL.
 */
SMTPTLS_API gnutls_session_t smtptls_conn_gnutls(struct smtptls_conn *conn);

/*
 * Return the configuration's credentials, which live as long as the
 * configuration; NULL for NULL. They may be changed until the configuration is
 * frozen.
 */
SMTPTLS_API gnutls_certificate_credentials_t
smtptls_config_gnutls(struct smtptls_config *config);

/*
 * Make the host's own session, without any connection of this library, obey a
 * policy: the session gets the policy's priorities and its handshake hook, in
 * which a server chooses exactly as the policy says. Call this after
 * gnutls_init() and before the handshake; certificates may be set later. The
 * session holds a reference to the policy until gnutls_deinit().
 *
 * A session has only one hook: a later gnutls_handshake_set_hook_function() or
 * gnutls_priority_set() undoes this, which smtptls_policy_result() reports. DHE
 * suites need gnutls_certificate_set_dh_params(); GnuTLS's known parameters
 * cannot be used for a field that the client did not name.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG     a pointer is NULL, or the policy is SMTPTLS_LIST_ONLY
 *   SMTPTLS_E_NOMEM
 *   SMTPTLS_E_CONFIG  GnuTLS refuses the priorities for this session
 */
SMTPTLS_API int smtptls_policy_attach(struct smtptls_policy *policy,
				      gnutls_session_t session);

/*
 * The same for a host that has a hook of its own. Call this first in the hook,
 * with the hook's arguments, and return its result unless that is 0. The hook
 * must be set for GNUTLS_HANDSHAKE_ANY, with GNUTLS_HOOK_PRE or
 * GNUTLS_HOOK_BOTH; otherwise a hello in SSLv2 format passes unseen. Until the
 * hook runs, the session's priorities should be those of
 * smtptls_policy_priority().
 *
 * Returns 0 or a GnuTLS error, with which the handshake fails, among them
 *   GNUTLS_E_INVALID_REQUEST  a pointer is NULL, or the hook is set for
 *                             GNUTLS_HOOK_POST only, so GnuTLS has read a hello
 *                             that was not judged first
 *   GNUTLS_E_MEMORY_ERROR
 */
SMTPTLS_API int smtptls_policy_on_hello(struct smtptls_policy *policy,
					gnutls_session_t session, unsigned type,
					unsigned when, unsigned incoming,
					const gnutls_datum_t *message);

/*
 * Report, after gnutls_handshake() has returned `handshake`, which is 0 or its
 * final error, whether the session obeys its policy, or why the policy has
 * refused it. Close a session that does not obey.
 *
 * Returns 0, or an enum smtptls_reason with its sentence in `*text`, which
 * lives as long as the session and is "" with 0; `text` may be NULL. 0 after a
 * failed handshake means that the policy is not the reason.
 * SMTPTLS_REASON_UNJUDGED means that the policy has not seen the hello, for
 * example because smtptls_policy_on_hello() was not called for it.
 * SMTPTLS_E_ARG: `session` is NULL.
 */
SMTPTLS_API int smtptls_policy_result(gnutls_session_t session, int handshake,
				      const char **text);

#ifdef __cplusplus
}
#endif

#endif
