/* SPDX-License-Identifier: MIT */
/*
 * fuzz_tlsa: any bytes as a TLSA record, in presentation format and as RDATA.
 *
 * The first byte is the size of the buffer for the data. What must hold: no
 * buffer is overrun, a record that was read is written, and read again, as the
 * same record, and a usable record is one that mail can use. A violation
 * aborts.
 */
#include <string.h>

#include <smtptls/outbound.h>

#include "fuzz.h"

static void check_usable(const struct smtptls_tlsa *record)
{
	const char *why = "";
	int usable = smtptls_tlsa_usable(record, &why);

	CHECK(usable == (why == NULL));
	if (!usable)
		return;
	CHECK(record->usage == 2 || record->usage == 3);
	CHECK(record->selector == 0 || record->selector == 1);
	if (record->matching == 0)
		CHECK(record->data_len >= 2 && record->data[0] == 0x30);
	else
		CHECK(record->data_len == (size_t)record->matching * 32);
}

static void check_again(const struct smtptls_tlsa *record)
{
	size_t size = 2 * record->data_len + 13;
	unsigned char *data = malloc(record->data_len);
	char *text = malloc(size);
	struct smtptls_tlsa again;
	int len;

	CHECK(data && text);
	len = smtptls_tlsa_format(record, text, size);
	CHECK(len > 0 && strlen(text) == (size_t)len);
	CHECK(smtptls_tlsa_parse(&again, text, (size_t)len, data,
				 record->data_len) == 0);
	CHECK(again.usage == record->usage);
	CHECK(again.selector == record->selector);
	CHECK(again.matching == record->matching);
	CHECK(again.data_len == record->data_len);
	CHECK(memcmp(again.data, record->data, record->data_len) == 0);
	CHECK(smtptls_tlsa_usable(&again, NULL) ==
	      smtptls_tlsa_usable(record, NULL));
	if (record->data_len > 1)
		CHECK(smtptls_tlsa_parse(&again, text, (size_t)len, data,
					 record->data_len - 1) ==
		      SMTPTLS_E_LIMIT);
	free(text);
	free(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smtptls_tlsa record;
	unsigned char *room;
	int ret;

	if (size == 0)
		return 0;
	room = malloc(data[0] ? data[0] : 1);
	CHECK(room);
	ret = smtptls_tlsa_parse(&record, (const char *)data + 1, size - 1,
				 room, data[0]);
	if (ret == 0) {
		CHECK(record.data == room && record.data_len <= data[0]);
		CHECK(record.data_len > 0);
		check_usable(&record);
		check_again(&record);
	} else {
		CHECK(ret == SMTPTLS_E_SYNTAX || ret == SMTPTLS_E_LIMIT);
	}
	free(room);
	ret = smtptls_tlsa_read(&record, data + 1, size - 1);
	CHECK((ret == 0) == (size > 3));
	if (ret == 0) {
		check_usable(&record);
		if (record.data_len > 0 && record.data_len <= 65532)
			check_again(&record);
	}
	return 0;
}
