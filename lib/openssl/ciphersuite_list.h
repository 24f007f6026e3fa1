/* SPDX-License-Identifier: MIT */
/* openssl/ciphersuite_list: TLS 1.3 suites. See ciphersuite_list.c. */
#ifndef STLS_OPENSSL_CIPHERSUITE_LIST_H
#define STLS_OPENSSL_CIPHERSUITE_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "openssl/list.h"
#include "openssl/suite_table.h"

#define STLS_SUITES_TLS13 (STLS_SUITES_OPENSSL - STLS_SUITES_LISTED)

struct stls_ciphersuite_list {
	uint8_t suite[STLS_SUITES_TLS13]; /* rows, the preferred one first */
	uint8_t count;			  /* 0: TLS 1.3 is disabled */
	struct stls_skips skips;
};

/*
 * Reads a list of TLS 1.3 suites as OpenSSL 3.0 does. Returns 0, or a
 * negative enum stls_list_error with *where set (unless NULL).
 */
int stls_ciphersuite_list_parse(struct stls_ciphersuite_list *list,
				const char *string, size_t length,
				struct stls_span *where);

#endif
