/* SPDX-License-Identifier: MIT */
/* reason/edit: a word of a list exchanged. The manual is in edit.c. */
#ifndef REASON_EDIT_H
#define REASON_EDIT_H

#include <stddef.h>

/*
 * Where `word` stands in a list of ciphers or protocols, from `at` on, as a
 * word of its own: NULL if it does not.
 */
const char *stls_edit_find(const char *list, const char *at, const char *word);

/*
 * A copy with `with` in the place of each `word`; NULL when there is no memory.
 * An empty `with` takes the separators along that are left over.
 */
char *stls_edit_replace(const char *list, const char *word, const char *with);

/* A copy with `word` behind `between`; NULL when there is no memory. */
char *stls_edit_add(const char *list, const char *between, const char *word);

#endif
