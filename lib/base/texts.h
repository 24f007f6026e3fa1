/* SPDX-License-Identifier: MIT */
/* base/texts: a list of sentences. */
#ifndef BASE_TEXTS_H
#define BASE_TEXTS_H

#include <stdarg.h>
#include <stddef.h>

/* All zeros is an empty list. */
struct stls_texts {
	char **text;
	size_t count;
};

/* Add a sentence, formatted as by vprintf(); 0 or SMTPTLS_E_NOMEM. */
int stls_texts_add(struct stls_texts *texts, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));
/* Add a copy of a string; 0 or SMTPTLS_E_NOMEM. */
int stls_texts_copy(struct stls_texts *texts, const char *text);
/* The i-th sentence, from 0; NULL past the last. */
const char *stls_texts_get(const struct stls_texts *texts, size_t i);
/* Free all sentences after the first `count`. */
void stls_texts_cut(struct stls_texts *texts, size_t count);
void stls_texts_free(struct stls_texts *texts);

#endif
