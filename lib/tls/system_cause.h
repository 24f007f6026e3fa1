/* SPDX-License-Identifier: MIT */
/* tls/system_cause: a peer that the system's GnuTLS policy refuses. */
#ifndef TLS_SYSTEM_CAUSE_H
#define TLS_SYSTEM_CAUSE_H

#include <gnutls/gnutls.h>

#include "tls/config.h"
#include "tls/hook.h"

/*
 * 1 if only the system's policy finds the peer's chain too weak; then that is
 * the reason in `judge`. 0 if not, or if `judge` has a reason already.
 */
int stls_system_refuses_chain(gnutls_session_t tls,
			      const struct smtptls_config *config,
			      struct stls_judge *judge);

/* The same for a curve of the peer's key that GnuTLS does not know. */
int stls_system_refuses_curve(gnutls_session_t tls, struct stls_judge *judge);

#endif
