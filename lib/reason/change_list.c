/* SPDX-License-Identifier: MIT */
/*
 * reason/change_list: changes in the making. What is too much or too long is
 * counted, and left to whoever asks.
 */
#include "reason/change_list.h"

#include <stdio.h>
#include <string.h>

void stls_change_put(struct stls_change_list *list, int setting, int action,
		     const char *word, const char *with)
{
	struct smtptls_change *change;

	list->unfit |= strlen(word) >= sizeof(change->word) ||
		       strlen(with) >= sizeof(change->with);
	if (list->count++ >= SMTPTLS_CHANGES)
		return;
	change = &list->change[list->count - 1];
	change->setting = setting;
	change->action = action;
	(void)snprintf(change->word, sizeof(change->word), "%s", word);
	(void)snprintf(change->with, sizeof(change->with), "%s", with);
}

void stls_change_add_word(char *words, size_t size, const char *word)
{
	size_t len = strlen(words);

	(void)snprintf(words + len, size - len, "%s%s", len > 0 ? ":" : "",
		       word);
}
