/* SPDX-License-Identifier: MIT */
/* tls/system_cause: a peer that the system's GnuTLS policy refuses. */
#ifndef TLS_SYSTEM_CAUSE_H
#define TLS_SYSTEM_CAUSE_H

#include <gnutls/gnutls.h>

#include "tls/config.h"
#include "tls/hook.h"

/*
 * Whether it is the system's policy alone that finds the peer's chain too weak:
 * then 1, and `judge`, which has no reason yet, has that one.
 */
int stls_system_refuses_chain(gnutls_session_t tls,
			      const struct smtptls_config *config,
			      struct stls_judge *judge);

/* The same for the curve of the peer's key, which GnuTLS does not know. */
int stls_system_refuses_curve(gnutls_session_t tls, struct stls_judge *judge);

#endif
