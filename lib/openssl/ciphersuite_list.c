/* SPDX-License-Identifier: MIT */
/*
 * OpenSSL's list of TLS 1.3 cipher suites: IANA names separated by colons,
 * with optional white space around a name.
 *
 * The empty string is a list without suites, which disables TLS 1.3. Otherwise
 * at least one name must be a TLS 1.3 suite; other names are ignored, as
 * OpenSSL ignores them, and reported in the list's skips. There are two
 * deliberate differences from OpenSSL: a TLS 1.2 suite, which OpenSSL would
 * put in front of the cipher list, is ignored too; and a repeated name, which
 * OpenSSL would list twice, counts once.
 *
 * Nothing is allocated; the time is linear in the length.
 */
#include "openssl/ciphersuite_list.h"

#include <string.h>

static void add(struct stls_ciphersuite_list *list, const char *string,
		const struct stls_span *name)
{
	int row = stls_suite_by_iana(string + name->position, name->length);

	if (row < 0 || stls_suite((size_t)row)->min_version != STLS_TLS1_3) {
		stls_skips_add(&list->skips,
			       row < 0 ? STLS_SKIP_UNKNOWN
				       : STLS_SKIP_NOT_TLS13,
			       name->position, name->length);
		return;
	}
	if (!memchr(list->suite, row, list->count))
		list->suite[list->count++] = (uint8_t)row;
}

int stls_ciphersuite_list_parse(struct stls_ciphersuite_list *list,
				const char *string, size_t length,
				struct stls_span *where)
{
	struct stls_span name;
	size_t at;
	size_t end;
	int error;

	memset(list, 0, sizeof *list);
	if (length == 0)
		return 0;
	error = stls_list_check(string, length, where);
	if (error)
		return error;
	for (at = 0; at <= length; at = end + 1) {
		end = stls_list_element(string, length, at, &name);
		if (name.length > 0)
			add(list, string, &name);
	}
	if (list->count == 0)
		return stls_list_fail(where, STLS_LIST_NO_SUITE, 0, length);
	return 0;
}
