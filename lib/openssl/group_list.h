/* SPDX-License-Identifier: MIT */
/* openssl/group_list: lists of key exchange groups. See group_list.c. */
#ifndef STLS_OPENSSL_GROUP_LIST_H
#define STLS_OPENSSL_GROUP_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "openssl/list.h"

#define STLS_GROUPS 38

/* Some of their numbers (IANA's "TLS Supported Groups"). */
enum {
	STLS_SECP192R1 = 19,
	STLS_SECP224R1 = 21,
	STLS_SECP256R1 = 23,
	STLS_SECP384R1 = 24,
	STLS_SECP521R1 = 25,
	STLS_X25519 = 29
};

struct stls_group {
	uint16_t code;
	char name[20];	 /* IANA's */
	char gnutls[28]; /* in a priority string; empty: GnuTLS lacks it */
};

/*
 * tuple is the number, from 0, of the group's tuple in OpenSSL 3.5's syntax;
 * without a / all groups are in the first. optional: the name had a ? or came
 * from DEFAULT, so that there is no warning if the TLS library lacks the group.
 */
struct stls_group_choice {
	unsigned tuple;
	uint8_t group; /* row of the table */
	uint8_t optional;
	uint8_t key_share;
	uint8_t by_default;
};

struct stls_group_list {
	struct stls_group_choice choice[STLS_GROUPS]; /* preferred first */
	uint8_t count;
	struct stls_skips skips;
};

/* A row of the table; i is less than STLS_GROUPS. */
const struct stls_group *stls_group(size_t i);
/*
 * secp192r1 and secp224r1: TLS 1.3 has no such groups (RFC 8446 section 4.2.7),
 * but GnuTLS would use them there.
 */
static inline int stls_is_old_group(unsigned code)
{
	return code == STLS_SECP192R1 || code == STLS_SECP224R1;
}

/* The row's number, or -1. */
int stls_group_by_code(unsigned code);

/* The i-th accepted name, or NULL past the last. */
const char *stls_group_name(size_t i);

/*
 * Reads a list of groups. Returns 0, or a negative enum stls_list_error with
 * *where set (unless NULL) and *list without groups.
 */
int stls_group_list_parse(struct stls_group_list *list, const char *string,
			  size_t length, struct stls_span *where);

#endif
