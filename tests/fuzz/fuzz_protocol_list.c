/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: the list of protocol versions. What must hold for any bytes:
 * positions lie inside the string, only TLS versions are enabled, some version
 * is enabled if and only if there is no error, and then some grammar has read
 * the string.
 */
#include "fuzz.h"
#include "openssl/protocol_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stls_protocol_list list;
	struct stls_span where = { 0, 0 };
	int error = stls_protocol_list_parse(&list, (const char *)data, size,
					     &where);

	CHECK((error == 0) == (list.enabled != 0));
	CHECK((list.enabled & ~STLS_PROTOCOL_TLS) == 0);
	CHECK((list.asked & ~STLS_PROTOCOL_SSL) == 0);
	if (error)
		check_where(where, size);
	else
		CHECK(list.grammars != 0);
	check_skips(&list.skips, size);
	return 0;
}
