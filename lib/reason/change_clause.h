/* SPDX-License-Identifier: MIT */
/* reason/change_clause: changes in words. See change_clause.c. */
#ifndef REASON_CHANGE_CLAUSE_H
#define REASON_CHANGE_CLAUSE_H

#include <smtptls/policy.h>

#include "reason/phrase.h"

/*
 * "add TLSv1 to the protocols and set the security level to 0"; with `terse`,
 * without each "the". Changes that do not fit are counted: "and 2 more
 * changes". The phrase must have room for 64 bytes.
 */
void stls_phrase_changes(struct stls_phrase *phrase,
			 const struct smtptls_change *changes, int count,
			 int terse);

#endif
