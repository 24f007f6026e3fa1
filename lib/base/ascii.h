/* SPDX-License-Identifier: MIT */
/* base/ascii: letters without a locale, and text made fit to be shown. */
#ifndef BASE_ASCII_H
#define BASE_ASCII_H

#include <stddef.h>

static inline unsigned char stls_ascii_lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* 1 when `a` and `b` are the same but for the case of ASCII letters. */
int stls_ascii_equal(const char *a, const char *b, size_t len);

/*
 * Write `len` bytes of `text` to `out`, of `size` > 0 bytes, as a string of
 * printable ASCII: a backslash is doubled, anything else becomes \xHH. What
 * does not fit is left out and replaced by "...".  Returns the string's length.
 */
size_t stls_ascii_escape(char *out, size_t size, const void *text, size_t len);

#endif
