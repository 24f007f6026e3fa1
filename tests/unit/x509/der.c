/* SPDX-License-Identifier: MIT */
/*
 * der: the parts of a certificate, with lengths of every size, truncated
 * anywhere, and with wrong lengths.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "x509/der.h"

#define SEQUENCE 0x30
#define INTEGER	 0x02
#define VERSION	 0xa0

/* DER is written from the end. */
struct der {
	unsigned char bytes[1 << 18];
	size_t start;
};

static void put_byte(struct der *der, size_t byte)
{
	assert_true(der->start > 0);
	der->bytes[--der->start] = (unsigned char)byte;
}

/* Put a header before the content that ends at `end`. */
static void put_header(struct der *der, unsigned tag, size_t end)
{
	size_t len = end - der->start, octets = 0;

	if (len < 0x80) {
		put_byte(der, len);
	} else {
		for (; len >> 8 * octets; octets++)
			put_byte(der, len >> 8 * octets & 0xff);
		put_byte(der, 0x80 | octets);
	}
	put_byte(der, tag);
}

static void put_element(struct der *der, unsigned tag, size_t len)
{
	size_t end = der->start;

	while (len-- > 0)
		put_byte(der, 0x55);
	put_header(der, tag, end);
}

struct shape {
	int version;
	size_t field, spki, behind; /* lengths */
};

static void make(struct der *der, const struct shape *shape)
{
	size_t all, tbs;
	int i;

	der->start = sizeof(der->bytes);
	all = der->start;
	put_element(der, SEQUENCE, 2); /* the algorithm */
	tbs = der->start;
	if (shape->behind)
		put_element(der, 0xa3, shape->behind);
	put_element(der, SEQUENCE, shape->spki);
	for (i = 0; i < 4; i++)
		put_element(der, SEQUENCE, i == 3 ? shape->field : 0);
	put_element(der, INTEGER, 1);
	if (shape->version)
		put_element(der, VERSION, 3);
	put_header(der, SEQUENCE, tbs);
	put_header(der, SEQUENCE, all);
}

static void test_shapes(void **state)
{
	static const struct shape shapes[] = {
		{ 0, 0, 0, 0 },	    { 0, 0, 1, 0 },	{ 1, 5, 0, 0 },
		{ 1, 5, 9, 7 },	    { 1, 127, 127, 0 }, { 1, 128, 128, 1 },
		{ 1, 255, 256, 9 }, { 0, 256, 255, 9 }, { 1, 65535, 9, 9 },
		{ 1, 65536, 9, 9 }, { 1, 9, 65536, 9 }, { 1, 9, 70000, 0 },
	};
	static struct der der;
	struct stls_der_parts parts;
	size_t i, j, header;

	(void)state;
	for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		const size_t len = shapes[i].spki;

		make(&der, &shapes[i]);
		assert_int_equal(stls_der_parts(der.bytes + der.start,
						sizeof(der.bytes) - der.start,
						&parts),
				 0);
		header = len < 0x80	 ? 2
			 : len < 0x100	 ? 3
			 : len < 0x10000 ? 4
					 : 5;
		assert_int_equal(parts.spki.len, header + len);
		assert_int_equal(parts.spki.data[0], SEQUENCE);
		for (j = header; j < parts.spki.len; j++)
			assert_int_equal(parts.spki.data[j], 0x55);
		/* it is followed by the algorithm, of four bytes */
		assert_ptr_equal(parts.tbs.data + parts.tbs.len,
				 der.bytes + sizeof(der.bytes) - 4);
	}
}

/* A certificate cut after the key is enough; one cut earlier is not. */
static void test_cuts(void **state)
{
	static const struct shape shape = { 1, 200, 9, 0 };
	static struct der der;
	struct stls_der_parts parts;
	unsigned char *copy;
	size_t len, whole;

	(void)state;
	make(&der, &shape);
	whole = sizeof(der.bytes) - der.start;
	for (len = 0; len < whole; len++) {
		copy = malloc(len + 1);
		assert_non_null(copy);
		memcpy(copy, der.bytes + der.start, len);
		assert_int_equal(stls_der_parts(copy, len, &parts), -1);
		free(copy);
	}
}

static void test_lengths(void **state)
{
#define FIELDS "\x30\0\x30\0\x30\0\x30\0\x30\0"
	static const struct {
		const char *bytes;
		size_t len;
	} rows[] = {
		/*
		 * indefinite length, too many length bytes, longer than the
		 * data
		 */
		{ "\x30\x80\x30\0", 4 },
		{ "\x30\x0e\x30\x0c\2\x80" FIELDS, 16 },
		/* not to be read as two elements */
		{ "\x30\x0d\x30\x0b\2\x80\0\x30\0\x30\0\x30\0\x30\0", 15 },
		{ "\x30\x84\0\0\0\2\x30\0", 8 },
		{ "\x30\x84\0\0\0\x0e\x30\x0c\2\0" FIELDS, 20 },
		{ "\x30\x82\0", 3 },
		{ "\x30\x03\x30\0", 4 },
		{ "\x30\x02\x30\1", 4 },
		/* another tag, or too little content */
		{ "\x31\x02\x30\0", 4 },
		{ "\x30\x02\x31\0", 4 },
		{ "\x30\x02\x30\0", 4 },
		{ "\x30\x04\x30\2\xa0\1", 6 },
		{ "\x30\x0e\x30\x0c\2\0\x30\0\x30\0\x30\0\x30\0\x31\0", 16 },
	};
	struct stls_der_parts parts;
	size_t i;

	(void)state;
	assert_int_equal(
		stls_der_parts("\x30\x0e\x30\x0c\2\0" FIELDS, 16, &parts), 0);
	/* an empty key, whose length is the last byte */
	assert_int_equal(stls_der_parts("\x30\x0f\x30\x0d\2\0\x30\0\x30\0"
					"\x30\0\x30\0\x30\x81\0",
					17, &parts),
			 0);
	assert_int_equal(parts.spki.len, 3);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
			stls_der_parts(rows[i].bytes, rows[i].len, &parts), -1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_lengths),
	};

	return cmocka_run_group_tests_name("der", tests, NULL, NULL);
}
