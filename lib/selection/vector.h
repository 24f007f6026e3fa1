/* SPDX-License-Identifier: MIT */
/*
 * selection/vector: TLS's presentation language (RFC 8446 section 3), read from
 * the front. Each function consumes what it reads off `from` and returns 0, or
 * -1 if too few bytes are left; the results are then meaningless.
 */
#ifndef SELECTION_VECTOR_H
#define SELECTION_VECTOR_H

#include <stddef.h>

#include "base/bytes.h"

static inline int stls_take(struct stls_bytes *from, size_t len,
			    struct stls_bytes *out)
{
	if (from->len < len)
		return -1;
	out->data = from->data;
	out->len = len;
	from->data += len;
	from->len -= len;
	return 0;
}

static inline int stls_take_number(struct stls_bytes *from, size_t bytes,
				   size_t *number)
{
	struct stls_bytes taken;
	size_t i;

	if (stls_take(from, bytes, &taken) < 0)
		return -1;
	*number = 0;
	for (i = 0; i < bytes; i++)
		*number = *number << 8 | taken.data[i];
	return 0;
}

/* A length of `bytes` bytes, then as many bytes as it says. */
static inline int stls_take_vector(struct stls_bytes *from, size_t bytes,
				   struct stls_bytes *out)
{
	size_t len;

	if (stls_take_number(from, bytes, &len) < 0)
		return -1;
	return stls_take(from, len, out);
}

#endif
