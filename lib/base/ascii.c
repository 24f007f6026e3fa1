/* SPDX-License-Identifier: MIT */
/*
 * base/ascii: locale-independent letters, and escaping of text for display.
 *
 * The C library compares letters by the program's locale, in which the lower
 * case of I need not be i; SMTP and TLS mean ASCII. What a peer sends ends up
 * in logs and terminals, so it is escaped wherever it enters a sentence.
 */
#include "base/ascii.h"

#include <string.h>

int stls_ascii_equal(const char *a, const char *b, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (stls_ascii_lower(a[i]) != stls_ascii_lower(b[i]))
			return 0;
	}
	return 1;
}

/* Write one byte's escaped form to `form`; returns its length. */
static size_t escape_byte(char form[4], unsigned char byte)
{
	static const char digits[] = "0123456789abcdef";

	if (byte == '\\') {
		form[0] = form[1] = '\\';
		return 2;
	}
	if (byte >= ' ' && byte <= '~') {
		form[0] = (char)byte;
		return 1;
	}
	form[0] = '\\';
	form[1] = 'x';
	form[2] = digits[byte >> 4];
	form[3] = digits[byte & 15];
	return 4;
}

size_t stls_ascii_escape(char *out, size_t size, const void *text, size_t len)
{
	static const char cut[] = "...";
	const unsigned char *byte = text;
	size_t used = 0, safe = 0, i;

	for (i = 0; i < len; i++) {
		char form[4];
		size_t n = escape_byte(form, byte[i]);

		if (used + n >= size)
			break;
		memcpy(out + used, form, n);
		used += n;
		if (used + sizeof(cut) <= size)
			safe = used;
	}
	if (i < len && size >= sizeof(cut)) {
		memcpy(out + safe, cut, sizeof(cut));
		return safe + sizeof(cut) - 1;
	}
	out[used] = '\0';
	return used;
}
