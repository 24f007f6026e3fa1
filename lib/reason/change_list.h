/* SPDX-License-Identifier: MIT */
/* reason/change_list: a list of changes being built. */
#ifndef REASON_CHANGE_LIST_H
#define REASON_CHANGE_LIST_H

#include <stddef.h>

#include <smtptls/policy.h>

#include "policy/system_policy.h"

/* The changes so far; `count` includes those that no longer fit. */
struct stls_change_list {
	struct smtptls_change *change;
	int count;
	int unfit; /* a word was too long for its change */
};

void stls_change_put(struct stls_change_list *list, int setting, int action,
		     const char *word, const char *with);
/* Put the removal or addition of a line of GnuTLS's file, once each. */
void stls_change_put_line(struct stls_change_list *list,
			  const struct stls_system_policy *system,
			  const struct stls_system_line *line);
/* Append a word, after a colon if others precede it. */
void stls_change_add_word(char *words, size_t size, const char *word);

#endif
