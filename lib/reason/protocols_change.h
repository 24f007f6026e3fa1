/* SPDX-License-Identifier: MIT */
/* reason/protocols_change: see protocols_change.c. */
#ifndef REASON_PROTOCOLS_CHANGE_H
#define REASON_PROTOCOLS_CHANGE_H

#include <stdint.h>

#include <smtptls/policy.h>

/*
 * Find the change that adds the versions `wanted` to the list `given` (NULL:
 * the default), which has the versions `has` (STLS_PROTOCOL_TLS…). Returns 0 or
 * SMTPTLS_E_NOMEM.
 */
int stls_change_protocols(const char *given, uint8_t has, uint8_t wanted,
			  struct smtptls_change *change);

#endif
