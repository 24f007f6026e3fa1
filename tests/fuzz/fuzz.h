/* SPDX-License-Identifier: MIT */
/* fuzz: what fuzz targets share. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "openssl/list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)                                                       \
	do {                                                                   \
		if (!(condition)) {                                            \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, \
				__LINE__, #condition);                         \
			abort();                                               \
		}                                                              \
	} while (0)

/* A span lies inside the string. */
static inline void check_where(struct stls_span where, size_t size)
{
	CHECK(where.position <= size);
	CHECK(where.length <= size - where.position);
}

static inline void check_skips(const struct stls_skips *skips, size_t size)
{
	size_t i;

	for (i = 0; i < skips->count && i < STLS_SKIPS_MAX; i++)
		check_where(skips->skip[i].where, size);
}

#endif
