/* SPDX-License-Identifier: MIT */
/* reason/change_list: changes in the making. */
#ifndef REASON_CHANGE_LIST_H
#define REASON_CHANGE_LIST_H

#include <stddef.h>

#include <smtptls/policy.h>

/* The changes so far; those that do not fit any more are counted too. */
struct stls_change_list {
	struct smtptls_change *change;
	int count;
	int unfit; /* some word is longer than a change can say */
};

void stls_change_put(struct stls_change_list *list, int setting, int action,
		     const char *word, const char *with);
/* Put a word behind others, with a colon between. */
void stls_change_add_word(char *words, size_t size, const char *word);

#endif
