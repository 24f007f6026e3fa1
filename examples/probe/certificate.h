/* SPDX-License-Identifier: MIT */
/* certificate: a chain's contents, and which TLSA records it matches. */
#ifndef PROBE_CERTIFICATE_H
#define PROBE_CERTIFICATE_H

#include <gnutls/gnutls.h>

#include "facts.h"

/* Read the server's chain into attempt->chain, and match its records. */
void chain_read(struct attempt *attempt, gnutls_session_t session);

#endif
