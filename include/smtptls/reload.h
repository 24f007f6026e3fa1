/* SPDX-License-Identifier: MIT */
/*
 * Layer 3: reload, a configuration that is made anew when its files change, and
 * is only ever replaced by a better one.
 *
 * It has no thread, no timer and no watch on files: it works when it is called,
 * as at a SIGHUP or when a connection is accepted. Connections that live keep
 * the configuration that they were made with.
 *
 * Threads: it is used by one thread at a time.
 */
#ifndef SMTPTLS_RELOAD_H
#define SMTPTLS_RELOAD_H

#include <stddef.h>
#include <smtptls/config.h>
#include <smtptls/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct smtptls_reload;

/*
 * Make a reload of a frozen configuration, directly after it was frozen: the
 * files that were read into it are watched from now on. It becomes an owner of
 * `config` too. `*reload` belongs to the caller, who ends it with
 * smtptls_reload_free(), and is NULL after an error.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG    a pointer is NULL
 *   SMTPTLS_E_STATE  `config` is not frozen
 *   SMTPTLS_E_NOMEM
 */
SMTPTLS_API int smtptls_reload_new(struct smtptls_reload **reload,
				   struct smtptls_config *config);

/* Free it, and give its configuration up. NULL is allowed. */
SMTPTLS_API void smtptls_reload_free(struct smtptls_reload *reload);

/*
 * The configuration to make connections with, or NULL for NULL. Valid until the
 * next call that changes `reload`; a connection counts as an owner of it.
 */
SMTPTLS_API struct smtptls_config *
smtptls_reload_config(const struct smtptls_reload *reload);

/*
 * Make the configuration anew, whether files have changed or not. `fill` is
 * called once, before the call returns, with an empty configuration to which it
 * gives the host's settings, and returns 0 or a negative error number; it may
 * freeze it. The new configuration takes the old one's place unless
 *   - `fill` or smtptls_config_freeze() has failed: a file cannot be read, a
 *     key does not belong to its certificate, ...
 *   - a new certificate has expired or is not valid yet, and all old ones are
 *     valid
 *   - a new certificate stands alone, its issuer being unknown, and none of the
 *     old ones does
 *   - a new certificate demands an OCSP status (must-staple) and has none that
 *     can be sent, and no old one does
 *   - a host name of an old certificate is in no new one
 *   - there is no certificate any more
 * Then the old one stays in use, and smtptls_reload_status() says why.
 *
 * Returns 1 when the new configuration is in use; or, the old one staying,
 *   SMTPTLS_E_ARG     a pointer but `arg` is NULL
 *   SMTPTLS_E_NOMEM
 *   SMTPTLS_E_CONFIG  it would be worse, as said above
 * or the error of `fill` or smtptls_config_freeze().
 */
SMTPTLS_API int smtptls_reload_now(struct smtptls_reload *reload,
				   int (*fill)(struct smtptls_config *fresh,
					       void *arg),
				   void *arg);

/*
 * The same if one of the watched files is another than it was, by device, inode,
 * size and times of modification and of change (chmod(2) and chown(2) count), or
 * may have been changed while it was read; or if the last attempt has failed,
 * and 60 seconds have passed since it: memory may have been short, or a
 * certificate not valid yet. Call it as often as you like, for each connection:
 * it looks once a second at most. What was half written at one look is whole at
 * a later one.
 *
 * Returns what smtptls_reload_now() does, or 0: no attempt was due, or it was
 * too soon to look.
 */
SMTPTLS_API int
smtptls_reload_if_changed(struct smtptls_reload *reload,
			  int (*fill)(struct smtptls_config *fresh, void *arg),
			  void *arg);

/*
 * How it stands. Times are seconds since the Epoch. Fields are only ever
 * appended.
 */
struct smtptls_reload_status {
	int error;		 /* of the last attempt; 0: it succeeded */
	const char *text;	 /* its sentence, without a full stop, or "" */
	long long failing_since; /* when attempts began to fail; 0: none does */
	long long loaded;	 /* when the one in use was loaded */
	/* When the first of the own certificates in use expires, and that is
	 * in `days` whole days; negative: it has. Both are 0 when there is
	 * none. */
	long long expires;
	int days;
};

/*
 * Fill `status`, of which the caller knows `size` bytes: pass sizeof(*status).
 * The sentence is valid until the next call that changes `reload`.
 *
 * Returns 0, or SMTPTLS_E_ARG when a pointer is NULL or `size` is 0.
 */
SMTPTLS_API int smtptls_reload_status(const struct smtptls_reload *reload,
				      struct smtptls_reload_status *status,
				      size_t size);

#ifdef __cplusplus
}
#endif

#endif
