/* SPDX-License-Identifier: MIT */
/*
 * outbound/name: host names and their normal form: lower case, no final dot.
 *
 * A host name consists of labels of ASCII letters, digits and hyphens (RFC 1123
 * section 2.1), A-labels included. U-labels, IP addresses and anything longer
 * than DNS allows are not host names. Names are compared in normal form only: a
 * final dot or a capital letter never makes two names differ.
 */
#include "outbound/name.h"

#include <string.h>

#include "base/ascii.h"

#define LABEL_MAX 63

static int is_label_char(char c, int underscore)
{
	return stls_ascii_alnum(c) || c == '-' || (c == '_' && underscore);
}

/* The length of the label at the start of the text; 0: there is none. */
static size_t label_len(const char *text, size_t len, int underscore)
{
	size_t n = 0;

	while (n < len && is_label_char(text[n], underscore))
		n++;
	if (n == 0 || n > LABEL_MAX || text[0] == '-' || text[n - 1] == '-')
		return 0;
	return n;
}

static int is_number(const char *label, size_t len)
{
	while (len > 0 && stls_ascii_digit(label[len - 1]))
		len--;
	return len == 0;
}

size_t stls_name_len(const char *name, size_t len, int underscore)
{
	size_t at = 0, n;

	if (len > 0 && name[len - 1] == '.')
		len--;
	if (len >= SMTPTLS_NAME_SIZE)
		return 0;
	for (;;) {
		n = label_len(name + at, len - at, underscore);
		if (n == 0)
			return 0;
		if (at + n == len)
			break;
		if (name[at + n] != '.')
			return 0;
		at += n + 1;
	}
	/* no top-level domain is a number: this is an IPv4 address */
	return is_number(name + at, n) ? 0 : len;
}

int stls_name_valid(const char *name)
{
	return stls_name_len(name, strlen(name), 1) > 0;
}

int stls_name_equal(const char *a, const char *b)
{
	size_t len = stls_name_len(a, strlen(a), 1);

	return stls_name_len(b, strlen(b), 1) == len &&
	       stls_ascii_equal(a, b, len);
}

void stls_name_normal(char out[SMTPTLS_NAME_SIZE], const char *name)
{
	size_t len = stls_name_len(name, strlen(name), 1), i;

	for (i = 0; i < len; i++)
		out[i] = (char)stls_ascii_lower(name[i]);
	out[len] = '\0';
}
