/* SPDX-License-Identifier: MIT */
/* selection/version: versions and what they have. Manual in version.c. */
#ifndef SELECTION_VERSION_H
#define SELECTION_VERSION_H

#include "policy/policy.h"
#include "selection/client_hello.h"

/* The versions, STLS_PROTOCOL_TLS…, that these certificates can serve. */
uint8_t stls_served_versions(const struct smtptls_policy *policy,
			     unsigned keys);
/* The bit of a version, STLS_PROTOCOL_TLS…, or 0. */
uint8_t stls_version_bit(unsigned version);
/* What a hello offers; without the extension, all that may be meant. */
uint8_t stls_offered_versions(const struct stls_client_hello *hello);
/* 1 when the version has the group: elliptic curves or all that is newer. */
int stls_version_has_group(uint16_t version, unsigned code);
/* 1 when the version has the suite, for OpenSSL and for GnuTLS. */
int stls_version_has_suite(uint16_t version, const struct stls_suite *suite);

#endif
