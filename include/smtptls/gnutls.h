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
 * obey a policy: it gets the policy's priorities and its handshake hook, in
 * which a server chooses exactly as the policy says. Call it after
 * gnutls_init() and before the handshake; certificates may be set later. The
 * session becomes an owner of the policy until gnutls_deinit().
 *
 * The hook is one place per session: gnutls_handshake_set_hook_function() and
 * gnutls_priority_set() afterwards undo it, which smtptls_policy_result()
 * tells. Suites of DHE need gnutls_certificate_set_dh_params(); GnuTLS's known
 * parameters are not to be had with a field that the client did not name.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG     a pointer is NULL, or the policy is SMTPTLS_LIST_ONLY
 *   SMTPTLS_E_NOMEM
 *   SMTPTLS_E_CONFIG  GnuTLS refuses the priorities for this session
 */
SMTPTLS_API int smtptls_policy_attach(struct smtptls_policy *policy,
				      gnutls_session_t session);

/*
 * The same for a host that has a hook of its own: call it there first, with
 * the hook's arguments, and return what it returns unless that is 0. The hook
 * must be set for GNUTLS_HANDSHAKE_ANY and GNUTLS_HOOK_PRE or
 * GNUTLS_HOOK_BOTH, since a hello in SSLv2's format would else pass unseen; and
 * until it runs the session's priorities should be those of
 * smtptls_policy_priority().
 *
 * Returns 0 or an error of GnuTLS's, by which the handshake fails, among them
 *   GNUTLS_E_INVALID_REQUEST  a pointer is NULL; or the hook is set for
 *			       GNUTLS_HOOK_POST alone: a hello has come that was
 *			       not judged before GnuTLS has read it
 *   GNUTLS_E_MEMORY_ERROR
 */
SMTPTLS_API int smtptls_policy_on_hello(struct smtptls_policy *policy,
					gnutls_session_t session, unsigned type,
					unsigned when, unsigned incoming,
					const gnutls_datum_t *message);

/*
 * After gnutls_handshake() has returned `handshake`, which is 0 or its final
 * error: whether the session obeys its policy, or why the policy has refused
 * it. A session that does not obey is to be closed.
 *
 * Returns 0, or an enum smtptls_reason with its sentence in `*text`, which
 * lives as long as the session and is "" with 0; `text` may be NULL. 0 with an
 * error: the policy is not the reason. SMTPTLS_REASON_UNJUDGED: the policy has
 * not seen the hello, for example because smtptls_policy_on_hello() was never
 * called for one. SMTPTLS_E_ARG: `session` is NULL.
 */
SMTPTLS_API int smtptls_policy_result(gnutls_session_t session, int handshake,
				      const char **text);

#ifdef __cplusplus
}
#endif

#endif
