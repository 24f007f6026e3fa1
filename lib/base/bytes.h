/* SPDX-License-Identifier: MIT */
/* base/bytes: bytes of the caller's. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stddef.h>

/* `data` is NULL where there are none. */
struct stls_bytes {
	const unsigned char *data;
	size_t len;
};

#endif
