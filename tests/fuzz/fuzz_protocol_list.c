/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: the list of protocol versions. What must hold for any bytes:
 * positions lie inside the string, only versions of TLS are enabled, some
 * are exactly without an error, and then some grammar has read the string.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "openssl/protocol_list.h"

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
	struct stls_protocol_list list;
	struct stls_span where = { 0, 0 };
	size_t i;
	int error = stls_protocol_list_parse(&list, (const char *)data, size,
					     &where);

	require((error == 0) == (list.enabled != 0));
	require((list.enabled & ~STLS_PROTOCOL_TLS) == 0);
	require((list.asked & ~STLS_PROTOCOL_SSL) == 0);
	if (error)
		check_span(where, size);
	else
		require(list.grammars != 0);
	for (i = 0; i < list.skips.count && i < STLS_SKIPS_MAX; i++)
		check_span(list.skips.skip[i].where, size);
	return 0;
}
