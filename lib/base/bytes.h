/* SPDX-License-Identifier: MIT */
/* base/bytes: a view of bytes that the caller owns. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stddef.h>

/* `data` is NULL if there are none. */
struct stls_bytes {
	const unsigned char *data;
	size_t len;
};

#endif
