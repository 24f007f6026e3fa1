/* SPDX-License-Identifier: MIT */
/* openssl/cipher_list: cipher lists of TLS 1.2 and below. See cipher_list.c. */
#ifndef STLS_OPENSSL_CIPHER_LIST_H
#define STLS_OPENSSL_CIPHER_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "openssl/list.h"
#include "openssl/suite_table.h"

/* What a SUITEB word requires besides the suites. */
enum stls_suiteb {
	STLS_SUITEB_NONE,
	STLS_SUITEB_128_ONLY, /* P-256 with SHA-256 and nothing else */
	STLS_SUITEB_128,      /* P-256 with SHA-256, P-384 with SHA-384 */
	STLS_SUITEB_192	      /* P-384 with SHA-384 and nothing else */
};

struct stls_cipher_list {
	uint8_t suite[STLS_SUITES_LISTED]; /* rows, the preferred one first */
	uint8_t count;
	int8_t security_level; /* -1: the string sets none */
	enum stls_suiteb suiteb;
	struct stls_skips skips;
};

/*
 * Reads a cipher list as OpenSSL 3.0 does. Returns 0, or a negative enum
 * stls_list_error with *where set (unless NULL) and *list without suites.
 */
int stls_cipher_list_parse(struct stls_cipher_list *list, const char *string,
			   size_t length, struct stls_span *where);

/*
 * Removes suites as Postfix's tls_exclude_ciphers does: words separated by
 * commas, white space or colons, each as if ":!word" ended the cipher list.
 * This may leave no suite at all. Returns as above; on an error *list is
 * unchanged.
 */
int stls_cipher_list_exclude(struct stls_cipher_list *list, const char *string,
			     size_t length, struct stls_span *where);

/*
 * Whether OpenSSL uses one of the list's suites at a security level: see
 * stls_suite_allowed. Besides, Suite B has no signature algorithm of level 5.
 */
int stls_cipher_list_allows(const struct stls_cipher_list *list,
			    const struct stls_suite *suite, int security_level);

#endif
