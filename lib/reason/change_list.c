/* SPDX-License-Identifier: MIT */
/*
 * reason/change_list: a list of changes being built. Changes that are too many
 * or too long are noted, and left to the caller.
 */
#include "reason/change_list.h"

#include <stdio.h>
#include <string.h>

#define PATH_KEPT 240

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

void stls_change_put_line(struct stls_change_list *list,
			  const struct stls_system_policy *system,
			  const struct stls_system_line *line)
{
	char with[sizeof(list->change->with)];
	int i, len;

	/* Keep the end of a path that is too long. */
	len = (int)strlen(system->file);
	len = len > PATH_KEPT ? len - PATH_KEPT : 0;
	if (line->number)
		(void)snprintf(with, sizeof(with), "%s:%u", system->file + len,
			       line->number);
	else
		(void)snprintf(with, sizeof(with), "%s", system->file + len);
	for (i = 0; i < list->count && i < SMTPTLS_CHANGES; i++) {
		if (strcmp(list->change[i].word, line->text) == 0 &&
		    strcmp(list->change[i].with, with) == 0)
			return;
	}
	stls_change_put(list, SMTPTLS_SETTING_SYSTEM_POLICY,
			line->number ? SMTPTLS_CHANGE_REMOVE
				     : SMTPTLS_CHANGE_ADD,
			line->text, with);
}

void stls_change_add_word(char *words, size_t size, const char *word)
{
	size_t len = strlen(words);

	(void)snprintf(words + len, size - len, "%s%s", len > 0 ? ":" : "",
		       word);
}
