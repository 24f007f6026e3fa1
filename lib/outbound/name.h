/* SPDX-License-Identifier: MIT */
/* outbound/name: host names and their normal form. */
#ifndef OUTBOUND_NAME_H
#define OUTBOUND_NAME_H

#include <stddef.h>

#include <smtptls/outbound.h>

/*
 * The length of a host name without its final dot; 0 if these bytes are not a
 * host name. Host names have no underscores, but some MX hosts in DNS do:
 * `underscore` 1 allows them.
 */
size_t stls_name_len(const char *name, size_t len, int underscore);

/* 1 if the string is a host name, underscores allowed. */
int stls_name_valid(const char *name);

/* 1 if two valid names are the same name. */
int stls_name_equal(const char *a, const char *b);

/* Write a valid name in its normal form. */
void stls_name_normal(char out[SMTPTLS_NAME_SIZE], const char *name);

#endif
