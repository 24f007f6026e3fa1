/* SPDX-License-Identifier: MIT */
/* reason/protocols_change: manual in protocols_change.c. */
#ifndef REASON_PROTOCOLS_CHANGE_H
#define REASON_PROTOCOLS_CHANGE_H

#include <stdint.h>

#include <smtptls/policy.h>

/*
 * The change by which `given`, NULL for the default, that has the versions
 * `has` gets those of `wanted` too (STLS_PROTOCOL_TLS…). 0 or SMTPTLS_E_NOMEM.
 */
int stls_change_protocols(const char *given, uint8_t has, uint8_t wanted,
			  struct smtptls_change *change);

#endif
