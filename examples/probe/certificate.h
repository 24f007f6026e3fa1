/* SPDX-License-Identifier: MIT */
/* certificate: what a chain says, and which TLSA records it matches. */
#ifndef PROBE_CERTIFICATE_H
#define PROBE_CERTIFICATE_H

#include <gnutls/gnutls.h>

#include "facts.h"

/* The server's chain, into attempt->chain, and the matches of its records. */
void chain_read(struct attempt *attempt, gnutls_session_t session);

#endif
