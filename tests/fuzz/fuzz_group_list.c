/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: the group list. What must hold for any bytes: positions lie
 * inside the string, a group stands once, tuples are numbered without gaps,
 * and a result is empty exactly with an error.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "openssl/group_list.h"

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
	uint8_t seen[STLS_GROUPS] = { 0 };
	struct stls_group_list list;
	struct stls_span where = { 0, 0 };
	unsigned tuple = 0;
	size_t i;
	int error =
		stls_group_list_parse(&list, (const char *)data, size, &where);

	require((error == 0) == (list.count > 0));
	if (error)
		check_span(where, size);
	for (i = 0; i < list.count; i++) {
		const struct stls_group_choice *choice = &list.choice[i];

		require(choice->group < STLS_GROUPS);
		require(!seen[choice->group]++);
		require(choice->tuple == tuple ||
			(i > 0 && choice->tuple == tuple + 1));
		tuple = choice->tuple;
	}
	for (i = 0; i < list.skips.count && i < STLS_SKIPS_MAX; i++)
		check_span(list.skips.skip[i].where, size);
	return 0;
}
