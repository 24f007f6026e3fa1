/* SPDX-License-Identifier: MIT */
/* policy/excluder: the word that excludes a suite. Manual in excluder.c. */
#ifndef POLICY_EXCLUDER_H
#define POLICY_EXCLUDER_H

#include "openssl/list.h"
#include "openssl/suite_table.h"

/*
 * Find the item of a cipher list, with its sign, that takes a suite away: 1
 * with its place in *item, or 0 when no item does.
 */
int stls_find_excluder(const char *ciphers, const struct stls_suite *suite,
		       struct stls_span *item);

#endif
