/* SPDX-License-Identifier: MIT */
/* tlsa: records from RDATA and text, and which of them are usable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <smtptls/outbound.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_read(void **state)
{
	static const unsigned char rdata[] = { 3, 1, 255, 0xab, 0xcd };
	struct smtptls_tlsa record;

	(void)state;
	assert_int_equal(smtptls_tlsa_read(&record, rdata, sizeof(rdata)), 0);
	assert_int_equal(record.usage, 3);
	assert_int_equal(record.selector, 1);
	assert_int_equal(record.matching, 255);
	assert_ptr_equal(record.data, rdata + 3);
	assert_int_equal(record.data_len, 2);
	assert_int_equal(smtptls_tlsa_read(&record, rdata, 3), 0);
	assert_int_equal(record.data_len, 0);
	assert_int_equal(smtptls_tlsa_read(&record, rdata, 2),
			 SMTPTLS_E_SYNTAX);
	assert_int_equal(smtptls_tlsa_read(&record, rdata, 0),
			 SMTPTLS_E_SYNTAX);
	assert_int_equal(smtptls_tlsa_read(NULL, rdata, 3), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_tlsa_read(&record, NULL, 3), SMTPTLS_E_ARG);
}

/* The data of each row is `len` zeros after these bytes. */
static const struct {
	const char *row;
	int usage, selector, matching;
	const char *data;
	size_t data_len, len;
	const char *why;
} usables[] = {
	{ "3 1 1", 3, 1, 1, "", 0, 32, NULL },
	{ "3 0 1", 3, 0, 1, "", 0, 32, NULL },
	{ "2 0 1", 2, 0, 1, "", 0, 32, NULL },
	{ "2 1 2", 2, 1, 2, "", 0, 64, NULL },
	{ "maddy 292: PKIX-TA", 0, 0, 1, "", 0, 32, "usage" },
	{ "maddy 292: PKIX-EE", 1, 1, 1, "", 0, 32, "usage" },
	{ "usage 4", 4, 1, 1, "", 0, 32, "usage" },
	{ "PrivCert", 255, 1, 1, "", 0, 32, "usage" },
	{ "usage -1", -1, 1, 1, "", 0, 32, "usage" },
	{ "maddy 292: selector 7", 3, 7, 1, "", 0, 32, "selector" },
	{ "selector 2", 3, 2, 1, "", 0, 32, "selector" },
	{ "selector -1", 3, -1, 1, "", 0, 32, "selector" },
	{ "matching type 9", 3, 1, 9, "", 0, 32, "matching" },
	{ "matching type 3", 3, 1, 3, "", 0, 32, "matching" },
	{ "matching type -1", 3, 1, -1, "", 0, 32, "matching" },
	{ "SHA-256, short", 3, 1, 1, "", 0, 31, "SHA-256" },
	{ "SHA-256, long", 3, 1, 1, "", 0, 33, "SHA-256" },
	{ "SHA-256, of SHA-512's length", 3, 1, 1, "", 0, 64, "SHA-256" },
	{ "SHA-256, empty", 3, 1, 1, "", 0, 0, "SHA-256" },
	{ "SHA-512, short", 3, 1, 2, "", 0, 63, "SHA-512" },
	{ "SHA-512, of SHA-256's length", 3, 1, 2, "", 0, 32, "SHA-512" },
	{ "full", 3, 1, 0, "\x30\x03", 2, 3, NULL },
	{ "full certificate", 2, 0, 0, "\x30\x03", 2, 3, NULL },
	{ "full, empty SEQUENCE", 3, 1, 0, "\x30\x00", 2, 0, NULL },
	{ "full, empty", 3, 1, 0, "", 0, 0, "SEQUENCE" },
	{ "full, a tag alone", 3, 1, 0, "\x30", 1, 0, "SEQUENCE" },
	{ "full, short", 3, 1, 0, "\x30\x03", 2, 2, "SEQUENCE" },
	{ "full, something behind", 3, 1, 0, "\x30\x03", 2, 4, "SEQUENCE" },
	{ "full, a SET", 3, 1, 0, "\x31\x03", 2, 3, "SEQUENCE" },
	{ "full, 127", 3, 1, 0, "\x30\x7f", 2, 127, NULL },
	{ "full, 128", 3, 1, 0, "\x30\x81\x80", 3, 128, NULL },
	{ "full, 255", 3, 1, 0, "\x30\x81\xff", 3, 255, NULL },
	{ "full, 256", 3, 1, 0, "\x30\x82\x01\x00", 4, 256, NULL },
	{ "full, 65535", 3, 1, 0, "\x30\x82\xff\xff", 4, 65535, NULL },
	{ "full, 128, one less", 3, 1, 0, "\x30\x81\x80", 3, 127, "SEQUENCE" },
	{ "full, 128, one more", 3, 1, 0, "\x30\x81\x80", 3, 129, "SEQUENCE" },
	{ "full, not the shortest length", 3, 1, 0, "\x30\x81\x7f", 3, 127,
	  "SEQUENCE" },
	{ "full, a zero before the length", 3, 1, 0, "\x30\x82\x00\x80", 4, 128,
	  "SEQUENCE" },
	{ "full, indefinite length", 3, 1, 0, "\x30\x80", 2, 2, "SEQUENCE" },
	{ "full, indefinite length, 128", 3, 1, 0, "\x30\x80", 2, 128,
	  "SEQUENCE" },
	{ "full, length cut off", 3, 1, 0, "\x30\x82\x01", 3, 0, "SEQUENCE" },
	{ "full, no length behind its count", 3, 1, 0, "\x30\x81", 2, 0,
	  "SEQUENCE" },
	{ "full, a length of 127 octets", 3, 1, 0, "\x30\xff\x01", 3, 127,
	  "SEQUENCE" },
	{ "full, a length of 9 octets that wraps", 3, 1, 0,
	  "\x30\x89\x01\x00\x00\x00\x00\x00\x00\x00\x80", 11, 128, "SEQUENCE" },
};

static void test_usable(void **state)
{
	struct smtptls_tlsa record;
	unsigned char *data;
	const char *why;
	size_t i, size;

	(void)state;
	for (i = 0; i < COUNT(usables); i++) {
		size = usables[i].data_len + usables[i].len;
		data = calloc(1, size ? size : 1);
		assert_non_null(data);
		memcpy(data, usables[i].data, usables[i].data_len);
		record = (struct smtptls_tlsa){ usables[i].usage,
						usables[i].selector,
						usables[i].matching, data,
						size };
		why = "";
		if (smtptls_tlsa_usable(&record, &why) !=
			    (usables[i].why == NULL) ||
		    (usables[i].why ? !why || !strstr(why, usables[i].why)
				    : why != NULL))
			fail_msg("%s: %s", usables[i].row, why ? why : "-");
		assert_int_equal(smtptls_tlsa_usable(&record, NULL),
				 usables[i].why == NULL);
		free(data);
	}
	record.matching = 1;
	record.data = NULL;
	record.data_len = 32;
	assert_int_equal(smtptls_tlsa_usable(&record, &why), 0);
	record.matching = 0;
	assert_int_equal(smtptls_tlsa_usable(&record, &why), 0);
	assert_int_equal(smtptls_tlsa_usable(NULL, &why), 0);
	assert_non_null(why);
}

static const struct {
	const char *text;
	const char *formatted; /* NULL: not a record */
} texts[] = {
	{ "3 1 1 0aB1", "3 1 1 0ab1" },
	{ "0 0 0 00", "0 0 0 00" },
	{ "100 99 10 09afAF90", "100 99 10 09afaf90" },
	{ "DANE-EE(3)SPKI(1)SHA2-256(1)00", "3 1 1 00" },
	{ "DANE-EE(9) 1 00", NULL },
	{ "DANE-EE 3) 1 1 00", NULL },
	{ "SPKI 1 00", NULL },
	{ "a 1 1 00", NULL },
	{ "3- 1 1 00", NULL },
	{ "255 255 255 ff", "255 255 255 ff" },
	{ "003 01 1 00", "3 1 1 00" },
	{ "  3\t1  1\t00  ", "3 1 1 00" },
	{ "3 1 1 00\n", "3 1 1 00" },
	{ "3 1 1 00\r\n\r\n ", "3 1 1 00" },
	{ "3 1 1 00 ; a comment (", "3 1 1 00" },
	{ "3 1 1 00;\n; more\n", "3 1 1 00" },
	{ "3 1 1 00 11 22 3 3", "3 1 1 00112233" },
	{ "3 1 1 (00)", "3 1 1 00" },
	{ "3 1 1(00)", "3 1 1 00" },
	{ "( 3 1 1\n\t00 ; one\n\t11 )", "3 1 1 0011" },
	{ "3 1 1 ( 00 )( 11\r\n22 )", "3 1 1 001122" },
	{ "3 1 1 ((00))", "3 1 1 00" },
	{ "( 3 1 1 00 ) ; )", "3 1 1 00" },
	{ "DANE-EE SPKI SHA2-256 00", "3 1 1 00" },
	{ "DANE-TA Cert SHA2-512 00", "2 0 2 00" },
	{ "PKIX-TA cert full 00", "0 0 0 00" },
	{ "pkix-ee SpKi FULL 00", "1 1 0 00" },
	{ "PrivCert PrivSel PrivMatch 00", "255 255 255 00" },
	{ "DANE-EE(3) SPKI(1) SHA2-256(1) 00", "3 1 1 00" },
	{ "DANE-TA(2) Cert(0) SHA2-512(2) (00)", "2 0 2 00" },
	{ "PrivCert(255) 1 1 00", "255 1 1 00" },
	{ "DANE-EE (1 1 00)", "3 1 1 00" },
	{ "DANE-EE SPKI SHA2-256(\n00)", "3 1 1 00" },
	{ "DANE-EE(2) SPKI SHA2-256 00", NULL },
	{ "DANE-EE() SPKI SHA2-256 00", NULL },
	{ "DANE-EE(0003) SPKI SHA2-256 00", NULL },
	{ "3(3) 1 1 00", NULL },
	{ "DANE-EE", NULL },
	{ "DANE-EE(", NULL },
	{ "DANE-EE(3", NULL },
	{ "SPKI DANE-EE SHA2-256 00", NULL },
	{ "DANE SPKI SHA2-256 00", NULL },
	{ "DANE-EEE SPKI SHA2-256 00", NULL },
	{ "3 1 SHA-256 00", NULL },
	{ "", NULL },
	{ "3", NULL },
	{ "3 1", NULL },
	{ "3 1 1", NULL },
	{ "3 1 1 ", NULL },
	{ "3 1 1 ()", NULL },
	{ "3 1 1 0", NULL },
	{ "3 1 1 000", NULL },
	{ "3 1 1 0g", NULL },
	{ "3 1 1 0x00", NULL },
	{ "3 1 1 00-11", NULL },
	{ "3 1 1 \"00\"", NULL },
	{ "311 00", NULL },
	{ "256 1 1 00", NULL },
	{ "3 256 1 00", NULL },
	{ "3 1 256 00", NULL },
	{ "3 1 0001 00", NULL },
	{ "-1 1 1 00", NULL },
	{ "+3 1 1 00", NULL },
	{ "3 1 1 (00", NULL },
	{ "3 1 1 00)", NULL },
	{ "3 1 1 )00(", NULL },
	{ "3 1 1 00\n11", NULL },
	{ "3 1 1\n00", NULL },
	{ "\n3 1 1 00", NULL },
	{ "3 1 1 00\n3 1 1 11", NULL },
	{ "3 1 1 ; 00", NULL },
	{ "3 1 1 ( 00 ; )", NULL },
	{ "_25._tcp.mx TLSA 3 1 1 00", NULL },
};

static int parse(struct smtptls_tlsa *record, const char *text, size_t len,
		 unsigned char *data, size_t size)
{
	char *block = malloc(len ? len : 1);
	int ret;

	assert_non_null(block);
	memcpy(block, text, len);
	ret = smtptls_tlsa_parse(record, block, len, data, size);
	free(block);
	return ret;
}

static void test_texts(void **state)
{
	struct smtptls_tlsa record;
	unsigned char data[8];
	char text[64];
	size_t i;
	int ret;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		ret = parse(&record, texts[i].text, strlen(texts[i].text), data,
			    sizeof(data));
		if (ret != (texts[i].formatted ? 0 : SMTPTLS_E_SYNTAX))
			fail_msg("\"%s\": %d", texts[i].text, ret);
		if (!texts[i].formatted)
			continue;
		assert_ptr_equal(record.data, data);
		ret = smtptls_tlsa_format(&record, text, sizeof(text));
		assert_int_equal(ret, strlen(texts[i].formatted));
		assert_string_equal(text, texts[i].formatted);
	}
	assert_int_equal(parse(&record, "3 1 1 00\0", 9, data, 8),
			 SMTPTLS_E_SYNTAX);
	assert_int_equal(parse(&record, "3 1 1 0\0", 8, data, 8),
			 SMTPTLS_E_SYNTAX);
}

static void test_data_sizes(void **state)
{
	static const char text[] = "3 1 1 00112233";
	struct smtptls_tlsa record;
	unsigned char *data;
	size_t size;

	(void)state;
	for (size = 1; size < 6; size++) {
		data = malloc(size);
		assert_non_null(data);
		assert_int_equal(parse(&record, text, strlen(text), data, size),
				 size < 4 ? SMTPTLS_E_LIMIT : 0);
		if (size >= 4)
			assert_memory_equal(data, "\x00\x11\x22\x33", 4);
		free(data);
	}
}

static void test_text_sizes(void **state)
{
	static const unsigned char data[] = { 0, 0x1f };
	static const struct smtptls_tlsa record = { 255, 10, 9, data, 2 };
	static const char whole[] = "255 10 9 001f";
	char *text;
	size_t size;

	(void)state;
	for (size = 0; size < sizeof(whole) + 2; size++) {
		text = malloc(size ? size : 1);
		assert_non_null(text);
		text[0] = '#';
		if (size < sizeof(whole)) {
			assert_int_equal(
				smtptls_tlsa_format(&record, text, size),
				SMTPTLS_E_LIMIT);
			assert_int_equal(text[0], size == 0 ? '#' : '\0');
		} else {
			assert_int_equal(
				smtptls_tlsa_format(&record, text, size),
				sizeof(whole) - 1);
			assert_string_equal(text, whole);
		}
		free(text);
	}
}

/* The header says what size always suffices. */
static void test_longest_text(void **state)
{
	static unsigned char data[65533];
	static char text[2 * sizeof(data) + 13];
	struct smtptls_tlsa record = { 255, 255, 255, data, 65532 };

	(void)state;
	assert_int_equal(smtptls_tlsa_format(&record, text, 2 * 65532 + 13),
			 2 * 65532 + 12);
	record.data_len++;
	assert_int_equal(smtptls_tlsa_format(&record, text, sizeof(text)),
			 SMTPTLS_E_ARG);
	record.data_len = 0;
	assert_int_equal(smtptls_tlsa_format(&record, text, 13), 11);
	assert_string_equal(text, "255 255 255");
	record.data = NULL;
	assert_int_equal(smtptls_tlsa_format(&record, text, 12), 11);
}

static void test_wrong_arguments(void **state)
{
	static const unsigned char data[1];
	struct smtptls_tlsa record = { 0, 0, 0, data, 1 };
	unsigned char bytes[4];
	char text[64];

	(void)state;
	assert_int_equal(smtptls_tlsa_parse(NULL, "", 0, bytes, 4),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_tlsa_parse(&record, NULL, 0, bytes, 4),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_tlsa_parse(&record, "", 0, NULL, 4),
			 SMTPTLS_E_ARG);
	record = (struct smtptls_tlsa){ 0, 0, 0, data, 1 };
	assert_int_equal(smtptls_tlsa_format(NULL, text, 64), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_tlsa_format(&record, NULL, 64), SMTPTLS_E_ARG);
	record.usage = 256;
	assert_int_equal(smtptls_tlsa_format(&record, text, 64), SMTPTLS_E_ARG);
	record.usage = 0;
	record.selector = -1;
	assert_int_equal(smtptls_tlsa_format(&record, text, 64), SMTPTLS_E_ARG);
	record.selector = 0;
	record.matching = 256;
	assert_int_equal(smtptls_tlsa_format(&record, text, 64), SMTPTLS_E_ARG);
	record.matching = 0;
	record.data = NULL;
	assert_int_equal(smtptls_tlsa_format(&record, text, 64), SMTPTLS_E_ARG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_usable),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_data_sizes),
		cmocka_unit_test(test_text_sizes),
		cmocka_unit_test(test_longest_text),
		cmocka_unit_test(test_wrong_arguments),
	};

	return cmocka_run_group_tests_name("tlsa", tests, NULL, NULL);
}
