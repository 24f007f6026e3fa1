/* SPDX-License-Identifier: MIT */
/*
 * Shared by the parsers of OpenSSL's languages: the reporting of errors and
 * skipped words, and the comparison of words given by pointer and length.
 *
 * A string is given by pointer and length and may hold any bytes. OpenSSL reads
 * C strings and would stop at a NUL, silently ignoring the text after it; here
 * a NUL is an error with its position.
 *
 * Nothing here allocates, keeps state, or depends on the locale.
 */
#include "openssl/list.h"

#include <stdint.h>
#include <string.h>

const char *stls_list_error_text(int error)
{
	switch ((enum stls_list_error)error) {
	case STLS_LIST_NUL:
		return "is a NUL byte, where OpenSSL would stop reading";
	case STLS_LIST_EMPTY:
		return "is an empty list";
	case STLS_LIST_EMPTY_WORD:
		return "is where a word is missing";
	case STLS_LIST_BAD_BYTE:
		return "is a byte that no word may contain";
	case STLS_LIST_BAD_COMMAND:
		return "is not a command: STRENGTH and SECLEVEL=0 to "
		       "SECLEVEL=5 may follow an @";
	case STLS_LIST_UNKNOWN_WORD:
		return "is an unknown word";
	case STLS_LIST_DUPLICATE:
		return "is named a second time";
	case STLS_LIST_NO_SUITE:
		return "leaves no cipher suite";
	case STLS_LIST_NO_GROUP:
		return "leaves no group";
	case STLS_LIST_NO_SIGALG:
		return "leaves no signature algorithm";
	case STLS_LIST_NO_VERSION:
		return "leaves no protocol version";
	case STLS_LIST_ONLY_SSL:
		return "leaves only SSLv2 or SSLv3, which are not supported "
		       "here";
	case STLS_LIST_MIXED_GRAMMARS:
		return "mixes grammars, with itself or with what comes before "
		       "it: write the whole list as IO::Socket::SSL, Postfix, "
		       "OpenSSL and nginx, or Exim have it";
	case STLS_LIST_TWO_VERSIONS:
		return "is a second version, and IO::Socket::SSL accepts only "
		       "one: exclude versions from SSLv23 with ! instead";
	case STLS_LIST_UNCLEAR:
		return "can be read in two ways: after a colon Postfix adds a "
		       "version and IO::Socket::SSL refuses it, and after ALL "
		       "or - OpenSSL adds it and Apache takes only it";
	case STLS_LIST_NOT_EXCLUDABLE:
		return "is an operator or a command, and only names of suites "
		       "and aliases can be excluded";
	}
	return "is not understood";
}

void stls_skips_add(struct stls_skips *skips, enum stls_skip_reason reason,
		    size_t position, size_t length)
{
	if (skips->count < STLS_SKIPS_MAX) {
		struct stls_skip *skip = &skips->skip[skips->count];

		skip->where.position = position;
		skip->where.length = length;
		skip->reason = reason;
	}
	skips->count++;
}

int stls_list_fail(struct stls_span *where, enum stls_list_error error,
		   size_t position, size_t length)
{
	if (where) {
		where->position = position;
		where->length = length;
	}
	return error;
}

int stls_list_check(const char *string, size_t length, struct stls_span *where)
{
	const char *nul;

	if (length == 0)
		return stls_list_fail(where, STLS_LIST_EMPTY, 0, 0);
	nul = memchr(string, '\0', length);
	if (nul)
		return stls_list_fail(where, STLS_LIST_NUL,
				      (size_t)(nul - string), 1);
	return 0;
}

size_t stls_list_element(const char *string, size_t length, size_t at,
			 struct stls_span *element)
{
	size_t end = at;

	while (end < length && string[end] != ':')
		end++;
	while (at < end && stls_is_space(string[at]))
		at++;
	element->position = at;
	element->length = end - at;
	while (element->length > 0 &&
	       stls_is_space(string[at + element->length - 1]))
		element->length--;
	return end;
}

int stls_word_compare(const char *word, size_t length, const char *string)
{
	size_t i;

	for (i = 0; i < length; i++) {
		int difference = (uint8_t)word[i] - (uint8_t)string[i];

		if (difference != 0)
			return difference;
		if (string[i] == '\0') /* a NUL in the word itself */
			return 1;
	}
	return string[length] == '\0' ? 0 : -1;
}

int stls_word_find(const char *word, size_t length, const void *table,
		   size_t size, size_t row_size)
{
	size_t low = 0;
	size_t high = size / row_size;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const char *name = (const char *)table + middle * row_size;
		int order = stls_word_compare(word, length, name);

		if (order == 0)
			return (int)middle;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return -1;
}

int stls_is_space(char byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r');
}
