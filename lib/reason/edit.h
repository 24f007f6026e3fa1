/* SPDX-License-Identifier: MIT */
/* reason/edit: replacing a word of a list. See edit.c. */
#ifndef REASON_EDIT_H
#define REASON_EDIT_H

#include <stddef.h>

/*
 * Find `word`, as a word of its own, from `at` on in a list of ciphers or
 * protocols; NULL if it is not there.
 */
const char *stls_edit_find(const char *list, const char *at, const char *word);

/*
 * A copy with `with` in place of each `word`; NULL if there is no memory. If
 * `with` is empty, the separators left over are removed too.
 */
char *stls_edit_replace(const char *list, const char *word, const char *with);

/* A copy with `between` and `word` appended; NULL if there is no memory. */
char *stls_edit_add(const char *list, const char *between, const char *word);

#endif
