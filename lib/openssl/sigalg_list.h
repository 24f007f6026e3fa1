/* SPDX-License-Identifier: MIT */
/* openssl/sigalg_list: lists of signature algorithms. See sigalg_list.c. */
#ifndef STLS_OPENSSL_SIGALG_LIST_H
#define STLS_OPENSSL_SIGALG_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "openssl/list.h"

#define STLS_SIGALGS 23

struct stls_sigalg {
	char name[24]; /* TLS 1.3's name for the scheme, or one in its style */
	uint16_t code;
	char gnutls[28];       /* in a priority string, TLS 1.2 and below */
	char gnutls_tls13[32]; /* for TLS 1.3; empty: not in TLS 1.3 */
};

struct stls_sigalg_list {
	uint8_t sigalg[STLS_SIGALGS]; /* rows, the preferred one first */
	uint8_t count;
	struct stls_skips skips;
};

/* A row of the table; i is less than STLS_SIGALGS. */
const struct stls_sigalg *stls_sigalg(size_t i);

/* The row's number, or -1. */
int stls_sigalg_by_code(unsigned code);

/* A row's name, "" if OpenSSL 3.0 has only a pair; NULL past the last. */
const char *stls_sigalg_name(size_t i);

/*
 * Reads a list of signature algorithms as OpenSSL 3.0 does, and like OpenSSL
 * 3.3 skips an unknown name that has a ? before it. Returns 0, or a negative
 * enum stls_list_error with *where set (unless NULL).
 */
int stls_sigalg_list_parse(struct stls_sigalg_list *list, const char *string,
			   size_t length, struct stls_span *where);

#endif
