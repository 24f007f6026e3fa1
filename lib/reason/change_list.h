/* SPDX-License-Identifier: MIT */
/* reason/change_list: changes in the making. */
#ifndef REASON_CHANGE_LIST_H
#define REASON_CHANGE_LIST_H

#include <stddef.h>

#include <smtptls/policy.h>

#include "policy/system_policy.h"

/* The changes so far; those that do not fit any more are counted too. */
struct stls_change_list {
	struct smtptls_change *change;
	int count;
	int unfit; /* some word is longer than a change can say */
};

void stls_change_put(struct stls_change_list *list, int setting, int action,
		     const char *word, const char *with);
/* A line of GnuTLS's file is to go or to come; each once. */
void stls_change_put_line(struct stls_change_list *list,
			  const struct stls_system_policy *system,
			  const struct stls_system_line *line);
/* Put a word behind others, with a colon between. */
void stls_change_add_word(char *words, size_t size, const char *word);

#endif
