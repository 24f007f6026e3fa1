/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: the list of signature algorithms. What must hold for any bytes:
 * positions lie inside the string, a scheme stands once, and a result is
 * empty exactly with an error.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "openssl/sigalg_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
	if (!condition)
		abort();
}

static void check_span(struct stls_span span, size_t size)
{
	require(span.position <= size);
	require(span.length <= size - span.position);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t seen[STLS_SIGALGS] = { 0 };
	struct stls_sigalg_list list;
	struct stls_span where = { 0, 0 };
	size_t i;
	int error =
		stls_sigalg_list_parse(&list, (const char *)data, size, &where);

	require((error == 0) == (list.count > 0));
	if (error)
		check_span(where, size);
	for (i = 0; i < list.count; i++) {
		require(list.sigalg[i] < STLS_SIGALGS);
		require(!seen[list.sigalg[i]]++);
	}
	for (i = 0; i < list.skips.count && i < STLS_SKIPS_MAX; i++)
		check_span(list.skips.skip[i].where, size);
	return 0;
}
