/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: the group list. What must hold for any bytes: positions lie
 * inside the string, a group occurs once, tuples are numbered without gaps, and
 * a result is empty if and only if there is an error.
 */
#include "fuzz.h"
#include "openssl/group_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t seen[STLS_GROUPS] = { 0 };
	struct stls_group_list list;
	struct stls_span where = { 0, 0 };
	unsigned tuple = 0;
	size_t i;
	int error =
		stls_group_list_parse(&list, (const char *)data, size, &where);

	CHECK((error == 0) == (list.count > 0));
	if (error)
		check_where(where, size);
	for (i = 0; i < list.count; i++) {
		const struct stls_group_choice *choice = &list.choice[i];

		CHECK(choice->group < STLS_GROUPS);
		CHECK(!seen[choice->group]++);
		CHECK(choice->tuple == tuple ||
		      (i > 0 && choice->tuple == tuple + 1));
		tuple = choice->tuple;
	}
	check_skips(&list.skips, size);
	return 0;
}
