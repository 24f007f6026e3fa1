/* SPDX-License-Identifier: MIT */
/*
 * Layer 3: reload, a configuration that is rebuilt when its files change, and
 * is never replaced by a worse one.
 *
 * A reload object has no thread, no timer and no file watch: it works when it
 * is called, for example on SIGHUP or when a connection is accepted. Live
 * connections keep the configuration with which they were created.
 *
 * Threads: one thread uses a reload object at a time.
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
 * Create a reload object for a frozen configuration, directly after it was
 * frozen: the files that were read into it are monitored from now on. The
 * object holds a reference to `config`. `*reload` belongs to the caller, who
 * frees it with smtptls_reload_free(); it is NULL after an error.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG    a pointer is NULL
 *   SMTPTLS_E_STATE  `config` is not frozen
 *   SMTPTLS_E_NOMEM
 */
SMTPTLS_API int smtptls_reload_new(struct smtptls_reload **reload,
				   struct smtptls_config *config);

/* Free it, and drop its reference to the configuration. NULL is allowed. */
SMTPTLS_API void smtptls_reload_free(struct smtptls_reload *reload);

/*
 * Return the configuration to create connections with, or NULL for NULL. Valid
 * until the next call that changes `reload`; a connection holds a reference to
 * it.
 */
SMTPTLS_API struct smtptls_config *
smtptls_reload_config(const struct smtptls_reload *reload);

/*
 * Rebuild the configuration, whether files have changed or not. `fill` is
 * called once, before this function returns, with an empty configuration, to
 * which it applies the host's settings. It returns 0 or a negative error
 * number, and may freeze the configuration. The new configuration replaces the
 * old one unless
 *   - `fill` or smtptls_config_freeze() has failed: a file cannot be read, a
 *     key does not match its certificate, ...
 *   - a new certificate has expired or is not valid yet, and all old ones are
 *     valid
 *   - a new certificate comes without its issuer's certificate, the issuer is
 *     unknown, and no old certificate has that fault
 *   - a new certificate requires an OCSP status (must-staple) that cannot be
 *     sent, and no old one does
 *   - a host name of an old certificate is in no new one
 *   - there is no certificate any more
 * In these cases the old one stays in use, and smtptls_reload_status() says
 * why.
 *
 * Returns 1 if the new configuration is in use; or, with the old one still in
 * use,
 *   SMTPTLS_E_ARG     a pointer other than `arg` is NULL
 *   SMTPTLS_E_NOMEM
 *   SMTPTLS_E_CONFIG  the new one would be worse, as listed above
 * or the error of `fill` or smtptls_config_freeze().
 */
SMTPTLS_API int smtptls_reload_now(struct smtptls_reload *reload,
				   int (*fill)(struct smtptls_config *fresh,
					       void *arg),
				   void *arg);

/*
 * The same if one of the monitored files has changed, judging by device, inode,
 * size, and times of modification and change (which chmod(2) and chown(2) set
 * too), or may have changed while it was read; or if the last attempt failed at
 * least 60 seconds ago, since memory may have been short, or a certificate not
 * valid yet. It is cheap enough to be called for each connection: it checks at
 * most once a second. A file that was half written at one check is complete at
 * a later one.
 *
 * Returns what smtptls_reload_now() does, or 0 if no attempt was due, or it was
 * too soon to check.
 */
SMTPTLS_API int
smtptls_reload_if_changed(struct smtptls_reload *reload,
			  int (*fill)(struct smtptls_config *fresh, void *arg),
			  void *arg);

/*
 * The status of a reload object. Times are in seconds since the Epoch. New
 * fields are only ever appended.
 */
struct smtptls_reload_status {
	int error;		 /* of the last attempt; 0: it succeeded */
	const char *text;	 /* its sentence, without a full stop, or "" */
	long long failing_since; /* when attempts began to fail; 0: none did */
	long long loaded;	 /* when the one in use was loaded */
	/* When the first of the certificates in use expires, and the whole
	 * `days` until then; negative: it has expired. Both are 0 if there is
	 * none. */
	long long expires;
	int days;
};

/*
 * Fill `status`. `size` is its size as the caller knows it: pass
 * sizeof(*status). The sentence is valid until the next call that changes
 * `reload`.
 *
 * Returns 0, or SMTPTLS_E_ARG if a pointer is NULL or `size` is 0.
 */
SMTPTLS_API int smtptls_reload_status(const struct smtptls_reload *reload,
				      struct smtptls_reload_status *status,
				      size_t size);

#ifdef __cplusplus
}
#endif

#endif
