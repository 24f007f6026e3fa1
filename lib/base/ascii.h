/* SPDX-License-Identifier: MIT */
/* base/ascii: locale-independent letters, and escaping of text for display. */
#ifndef BASE_ASCII_H
#define BASE_ASCII_H

#include <stddef.h>

static inline unsigned char stls_ascii_lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static inline int stls_ascii_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline int stls_ascii_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline int stls_ascii_alnum(char c)
{
	return stls_ascii_letter(c) || stls_ascii_digit(c);
}

/* The value of a hexadecimal digit of either case, or -1 if `c` is not one. */
static inline int stls_ascii_hex(char c)
{
	if (stls_ascii_digit(c))
		return c - '0';
	c = (char)stls_ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* 1 if `a` and `b` are equal, ignoring the case of ASCII letters. */
int stls_ascii_equal(const char *a, const char *b, size_t len);

/*
 * Write `len` bytes of `text` to `out`, of `size` > 0 bytes, as a string of
 * printable ASCII: a backslash is doubled, an unprintable byte becomes \xHH.
 * Text that does not fit is replaced by "...". Returns the string's length.
 */
size_t stls_ascii_escape(char *out, size_t size, const void *text, size_t len);

#endif
