/* SPDX-License-Identifier: MIT */
#ifndef STLS_OPENSSL_GROUP_LIST_H
#define STLS_OPENSSL_GROUP_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "openssl/list.h"

#define STLS_GROUPS 38

struct stls_group {
	uint16_t code;
	char name[20];	 /* IANA's */
	char gnutls[28]; /* in a priority string; empty: GnuTLS has no such */
};

/*
 * tuple numbers the tuples of OpenSSL 3.5 from 0; without a / all groups are
 * in the first. optional: a ? stood before the name, or it came from DEFAULT,
 * so that a TLS library without the group is no reason for a warning.
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

/* The row's number, or -1. */
int stls_group_by_code(unsigned code);

/* The i-th of the names that are read, or NULL past the last. */
const char *stls_group_name(size_t i);

/*
 * Reads a list of groups. Returns 0, or a negative enum stls_list_error with
 * *where set (unless NULL) and *list without groups.
 */
int stls_group_list_parse(struct stls_group_list *list, const char *string,
			  size_t length, struct stls_span *where);

#endif
