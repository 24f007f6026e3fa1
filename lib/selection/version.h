/* SPDX-License-Identifier: MIT */
/* selection/version: versions and what each has. See version.c. */
#ifndef SELECTION_VERSION_H
#define SELECTION_VERSION_H

#include "policy/policy.h"
#include "selection/client_hello.h"

/* The versions, STLS_PROTOCOL_TLS…, that such certificates can serve. */
uint8_t stls_served_versions(const struct smtptls_policy *policy,
			     unsigned keys);
/* The bit of a version, STLS_PROTOCOL_TLS…, or 0. */
uint8_t stls_version_bit(unsigned version);
/*
 * The versions that a hello offers; without supported_versions, all up to its
 * legacy_version.
 */
uint8_t stls_offered_versions(const struct stls_client_hello *hello);
/* 1 if the version has the group; before TLS 1.3, elliptic curves alone. */
int stls_version_has_group(uint16_t version, unsigned code);
/* 1 if the version has the suite, in both OpenSSL and GnuTLS. */
int stls_version_has_suite(uint16_t version, const struct stls_suite *suite);

#endif
