/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: the list of signature algorithms. What must hold for any bytes:
 * positions lie inside the string, a scheme occurs once, and a result is empty
 * if and only if there is an error.
 */
#include "fuzz.h"
#include "openssl/sigalg_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t seen[STLS_SIGALGS] = { 0 };
	struct stls_sigalg_list list;
	struct stls_span where = { 0, 0 };
	size_t i;
	int error =
		stls_sigalg_list_parse(&list, (const char *)data, size, &where);

	CHECK((error == 0) == (list.count > 0));
	if (error)
		check_where(where, size);
	for (i = 0; i < list.count; i++) {
		CHECK(list.sigalg[i] < STLS_SIGALGS);
		CHECK(!seen[list.sigalg[i]]++);
	}
	check_skips(&list.skips, size);
	return 0;
}
