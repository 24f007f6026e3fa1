/* SPDX-License-Identifier: MIT */
/*
 * reason/edit: replacing a word of a list, as a person with an editor would.
 *
 * In lists of ciphers and of protocols, a word with a sign may follow another
 * word without a separator. So a word with a sign matches wherever it starts,
 * and every word must end where no byte of a word follows.
 */
#include "reason/edit.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"

static int is_separator(char byte)
{
	return byte && strchr(":,;/ \t\n\v\f\r", byte);
}

static int goes_on(char byte)
{
	return stls_ascii_alnum(byte) || (byte && strchr("-.=_+", byte));
}

const char *stls_edit_find(const char *list, const char *at, const char *word)
{
	size_t len = strlen(word);

	for (; (at = strstr(at, word)); at++) {
		/* A value directly follows "ssl_ciphers=". */
		if (goes_on(at[len]) && word[len - 1] != '=')
			continue;
		/* "TLSv1" is not a word of "<=TLSv1". */
		if (at == list || !goes_on(word[0]) ||
		    (!goes_on(at[-1]) && !strchr("!<>@", at[-1])))
			return at;
	}
	return NULL;
}

char *stls_edit_replace(const char *list, const char *word, const char *with)
{
	size_t len = strlen(word), more = strlen(with), size = 1, used = 0;
	const char *at = list, *found;
	char *copy;

	for (; (found = stls_edit_find(list, at, word)); at = found + len)
		size += more;
	copy = malloc(strlen(list) + size);
	if (!copy)
		return NULL;
	for (at = list; (found = stls_edit_find(list, at, word));) {
		memcpy(copy + used, at, (size_t)(found - at));
		used += (size_t)(found - at);
		memcpy(copy + used, with, more);
		used += more;
		at = found + len;
		if (more == 0 && (used == 0 || is_separator(copy[used - 1]))) {
			while (is_separator(*at))
				at++;
		}
	}
	strcpy(copy + used, at);
	used += strlen(at);
	while (more == 0 && used > 0 && is_separator(copy[used - 1]))
		copy[--used] = '\0';
	return copy;
}

char *stls_edit_add(const char *list, const char *between, const char *word)
{
	char *copy = malloc(strlen(list) + strlen(between) + strlen(word) + 1);

	if (!copy)
		return NULL;
	strcpy(copy, list);
	strcat(copy, between);
	strcat(copy, word);
	return copy;
}
