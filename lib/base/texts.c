/* SPDX-License-Identifier: MIT */
/*
 * base/texts: a list of sentences, such as the warnings of a configuration or
 * of a policy.
 *
 * A failed addition leaves the list unchanged.
 */
#include "base/texts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <smtptls/error.h>

/* Enough for a file name and a cause. */
#define TEXT_MAX (4096 + 512)

int stls_texts_copy(struct stls_texts *texts, const char *text)
{
	char *copy = strdup(text), **grown;

	if (!copy)
		return SMTPTLS_E_NOMEM;
	grown = realloc(texts->text, (texts->count + 1) * sizeof(*grown));
	if (!grown) {
		free(copy);
		return SMTPTLS_E_NOMEM;
	}
	texts->text = grown;
	texts->text[texts->count++] = copy;
	return 0;
}

int stls_texts_add(struct stls_texts *texts, const char *format, va_list args)
{
	char text[TEXT_MAX];

	(void)vsnprintf(text, sizeof(text), format, args);
	return stls_texts_copy(texts, text);
}

const char *stls_texts_get(const struct stls_texts *texts, size_t i)
{
	return i < texts->count ? texts->text[i] : NULL;
}

void stls_texts_cut(struct stls_texts *texts, size_t count)
{
	while (texts->count > count)
		free(texts->text[--texts->count]);
}

void stls_texts_free(struct stls_texts *texts)
{
	stls_texts_cut(texts, 0);
	free(texts->text);
}
