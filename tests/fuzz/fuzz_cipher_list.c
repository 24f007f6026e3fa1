/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: the cipher list, exclusion from it, and the TLS 1.3 suites. What
 * must hold for any bytes: positions lie inside the string, a suite occurs once
 * in a list, and a result is empty if and only if there is an error.
 */
#include <string.h>

#include "fuzz.h"
#include "openssl/cipher_list.h"
#include "openssl/ciphersuite_list.h"

static void check_rows(const uint8_t *rows, size_t count, unsigned low,
		       unsigned high)
{
	uint8_t seen[STLS_SUITES] = { 0 };
	size_t i;

	for (i = 0; i < count; i++) {
		CHECK(rows[i] >= low && rows[i] < high);
		CHECK(!seen[rows[i]]++);
	}
}

static void exclude(struct stls_cipher_list *list, const char *string,
		    size_t size)
{
	struct stls_span where = { 0, 0 };
	uint8_t before = list->count;
	int error = stls_cipher_list_exclude(list, string, size, &where);

	if (error) {
		CHECK(list->count == before);
		check_where(where, size);
	}
	CHECK(list->count <= before);
	check_rows(list->suite, list->count, 0, STLS_SUITES_LISTED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *string = (const char *)data;
	struct stls_cipher_list list;
	struct stls_ciphersuite_list suites;
	struct stls_span where = { 0, 0 };
	int error = stls_cipher_list_parse(&list, string, size, &where);

	CHECK((error == 0) == (list.count > 0));
	if (error)
		check_where(where, size);
	CHECK(list.security_level >= -1 && list.security_level <= 5);
	check_rows(list.suite, list.count, 0, STLS_SUITES_LISTED);
	check_skips(&list.skips, size);

	CHECK(stls_cipher_list_parse(&list, "ALL:eNULL", 9, NULL) == 0);
	exclude(&list, string, size);
	check_skips(&list.skips, size);

	error = stls_ciphersuite_list_parse(&suites, string, size, &where);
	CHECK((error == 0) == (suites.count > 0 || size == 0));
	if (error)
		check_where(where, size);
	check_rows(suites.suite, suites.count, STLS_SUITES_LISTED,
		   STLS_SUITES_OPENSSL);
	check_skips(&suites.skips, size);
	return 0;
}
