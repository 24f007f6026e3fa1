/* SPDX-License-Identifier: MIT */
/*
 * The parser of ClientHellos: recorded ones, each of its refusals, every
 * truncation, and records split anywhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../help/hello.h"
#include "selection/client_hello.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- recorded ---- */

static void find_recorded(const char *name, struct stls_client_hello *hello,
			  unsigned char *bytes, unsigned char *memory)
{
	size_t len = hello_load(name, bytes, 4096);
	struct stls_bytes body;

	assert_int_equal(
		stls_client_hello_find(&body, bytes, len, memory, 4096), 0);
	assert_int_equal(stls_client_hello_parse(hello, body.data, body.len),
			 0);
}

static void recorded(void **state)
{
	static const struct {
		const char *name;
		unsigned version; /* the highest offered */
		unsigned suite;	  /* the first */
		unsigned group, sigalg, share;
		const char *sni;
		int fallback, renegotiation, extended_master;
	} hellos[] = {
		{ "openssl", 0x304, 0x1302, 29, 0x0403, 29, "mx.example.org", 0,
		  1, 1 },
		{ "openssl-records", 0x304, 0x1302, 29, 0x0403, 29,
		  "mx.example.org", 0, 1, 1 },
		{ "openssl-tls12", 0x303, 0xc02c, 29, 0x0403, 0, NULL, 0, 1,
		  1 },
		{ "openssl-tls10", 0x301, 0xc00a, 29, 0, 0, NULL, 0, 1, 1 },
		{ "openssl-fallback", 0x302, 0xc00a, 29, 0, 0, NULL, 1, 1, 1 },
		{ "openssl-rsa-only", 0x303, 0x009d, 0, 0x0403, 0, NULL, 0, 1,
		  1 },
		{ "openssl-sha1-only", 0x303, 0xc030, 29, 0x0201, 0, NULL, 0, 1,
		  1 },
		{ "openssl-p521", 0x304, 0x1302, 25, 0x0403, 25, NULL, 0, 1,
		  1 },
		{ "openssl-ffdhe", 0x303, 0x00a3, 0, 0x0403, 0, NULL, 0, 1, 1 },
		{ "gnutls", 0x304, 0x1302, 23, 0x0401, 23, NULL, 0, 1, 1 },
		{ "gnutls-legacy", 0x301, 0xc00a, 23, 0, 0, NULL, 0, 1, 1 },
		{ "gnutls-suiteb", 0x303, 0xc02c, 24, 0x0503, 0, NULL, 0, 1,
		  1 },
		{ "python", 0x304, 0x1302, 29, 0x0403, 29, "mx.example.org", 0,
		  1, 1 },
		{ "curl", 0x304, 0x1302, 29, 0x0403, 29, "mx.example.org", 0, 1,
		  1 },
		{ "java", 0x304, 0x1302, 29, 0x0403, 29, "mx.example.org", 0, 1,
		  1 },
		{ "java-tls10", 0x301, 0xc00a, 29, 0, 0, "mx.example.org", 0, 1,
		  1 },
		{ "node", 0x304, 0x1302, 29, 0x0403, 29, "mx.example.org", 0, 1,
		  1 },
		{ "node-tls12", 0x303, 0xc02f, 29, 0x0403, 0, "mx.example.org",
		  0, 1, 1 },
		{ "sslv3", 0x300, 0x0035, 0, 0, 0, NULL, 0, 0, 0 },
	};
	unsigned char bytes[4096], memory[4096];
	struct stls_client_hello hello;
	size_t i, at;
	int share;

	(void)state;
	for (i = 0; i < COUNT(hellos); i++) {
		find_recorded(hellos[i].name, &hello, bytes, memory);
		assert_int_equal(hello.versions.data
					 ? stls_number(&hello.versions, 0)
					 : hello.legacy_version,
				 hellos[i].version);
		assert_int_equal(stls_number(&hello.suites, 0),
				 hellos[i].suite);
		assert_int_equal(
			hello.groups.data ? stls_number(&hello.groups, 0) : 0,
			hellos[i].group);
		assert_int_equal(
			hello.sigalgs.data ? stls_number(&hello.sigalgs, 0) : 0,
			hellos[i].sigalg);
		at = 0;
		share = stls_hello_share(&hello, &at);
		assert_int_equal(share < 0 ? 0 : share, hellos[i].share);
		assert_int_equal(hello.sni.len,
				 hellos[i].sni ? strlen(hellos[i].sni) : 0);
		if (hellos[i].sni)
			assert_memory_equal(hello.sni.data, hellos[i].sni,
					    hello.sni.len);
		assert_int_equal(hello.fallback_scsv, hellos[i].fallback);
		assert_int_equal(hello.renegotiation, hellos[i].renegotiation);
		assert_int_equal(hello.extended_master,
				 hellos[i].extended_master);
		assert_int_equal(hello.binder_len, 0);
	}
}

static void no_hello(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		int error;
	} rows[] = {
		{ "", 0, STLS_HELLO_TRUNCATED },
		{ "\x16", 1, STLS_HELLO_TRUNCATED },
		{ "\x16\3\1\0\4\1\0\0", 8, STLS_HELLO_TRUNCATED },
		{ "\x16\3\1\0\4\1\0\0\1", 9, STLS_HELLO_TRUNCATED },
		{ "\x16\3\1\0\0", 5, STLS_HELLO_LENGTH },
		{ "\x16\2\1\0\1\1", 6, STLS_HELLO_NO_TLS },
		{ "\x16\3\1\0\1\2", 6, STLS_HELLO_NO_HELLO },
		{ "\x15\3\1\0\2\1\0", 7, STLS_HELLO_NO_TLS },
		{ "EHLO x\r\n", 8, STLS_HELLO_NO_TLS },
		{ "GET / HTTP/1.0\r\n", 16, STLS_HELLO_NO_TLS },
		{ "\x80\x2e\1\3\1", 5, STLS_HELLO_SSL2 },
		{ "\x16\3\1\0\4\1\0\x20\0\x16\3\1\0\1", 14,
		  STLS_HELLO_TRUNCATED },
		/* the second record has another type */
		{ "\x16\3\1\0\4\1\0\0\1\x17\3\1\0\1a", 15, STLS_HELLO_NO_TLS },
	};
	unsigned char memory[64], bytes[64];
	struct stls_bytes body;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		memcpy(bytes, rows[i].bytes, rows[i].len);
		assert_int_equal(stls_client_hello_find(&body, bytes,
							rows[i].len, memory,
							sizeof(memory)),
				 rows[i].error);
	}
}

static void ssl2_recorded(void **state)
{
	unsigned char bytes[256], memory[256];
	size_t len = hello_load("sslv2", bytes, sizeof(bytes));
	struct stls_bytes body;

	(void)state;
	assert_int_equal(stls_client_hello_find(&body, bytes, len, memory,
						sizeof(memory)),
			 STLS_HELLO_SSL2);
}

/* ---- splits ---- */

static const struct hello_spec modern = {
	.suites = (const unsigned[]){ 0x1301, 0xc02f, 0x00ff, 0x5600, 0 },
	.versions = (const unsigned[]){ 0x0304, 0x0303, 0 },
	.groups = (const unsigned[]){ 29, 23, 0 },
	.shares = (const unsigned[]){ 29, 23, 0 },
	.sigalgs = (const unsigned[]){ 0x0403, 0x0804, 0 },
	.sni = "mx.example.org",
	.binder = 48,
};

static void whole(void **state)
{
	struct stls_client_hello parsed;
	struct hello hello;
	size_t at = 0;

	(void)state;
	hello_make(&hello, &modern);
	assert_int_equal(
		stls_client_hello_parse(&parsed, hello.bytes, hello.len), 0);
	assert_int_equal(parsed.legacy_version, 0x0303);
	assert_int_equal(parsed.binder_len, 48);
	assert_int_equal(parsed.binders_differ, 0);
	assert_int_equal(parsed.fallback_scsv, 1);
	assert_int_equal(parsed.renegotiation, 1);
	assert_int_equal(stls_numbers(&parsed.suites), 4);
	assert_true(stls_has_number(&parsed.groups, 23));
	assert_false(stls_has_number(&parsed.groups, 24));
	assert_int_equal(stls_hello_share(&parsed, &at), 29);
	assert_int_equal(stls_hello_share(&parsed, &at), 23);
	assert_int_equal(stls_hello_share(&parsed, &at), -1);
	assert_null(parsed.ticket.data);
	assert_null(parsed.sigalgs_cert.data);
}

/* Each proper prefix is refused, except one that is a complete hello. */
static void truncated(void **state)
{
	struct stls_client_hello parsed;
	unsigned char *copy;
	struct hello hello;
	size_t len, good = 0;

	(void)state;
	hello_make(&hello, &modern);
	for (len = 0; len < hello.len; len++) {
		copy = malloc(len + 1);
		assert_non_null(copy);
		memcpy(copy, hello.bytes, len);
		if (stls_client_hello_parse(&parsed, copy, len) == 0)
			good++;
		free(copy);
	}
	/* The one without extensions. */
	assert_int_equal(good, 1);
}

static void longer(void **state)
{
	struct stls_client_hello parsed;
	struct hello hello;

	(void)state;
	hello_make(&hello, &modern);
	hello_put(&hello, 0, 1);
	assert_int_equal(
		stls_client_hello_parse(&parsed, hello.bytes, hello.len),
		STLS_HELLO_LENGTH);
}

/* The record's fragments, `cut` bytes each. */
static size_t cut_records(const struct hello *hello, size_t cut,
			  unsigned char *to)
{
	size_t at, n, len = 0;

	for (at = 5; at < hello->len; at += n) {
		n = hello->len - at < cut ? hello->len - at : cut;
		memcpy(to + len, "\x16\3\1", 3);
		to[len + 3] = (unsigned char)(n >> 8);
		to[len + 4] = (unsigned char)n;
		memcpy(to + len + 5, hello->bytes + at, n);
		len += n + 5;
	}
	return len;
}

/* A message in one record is not copied. */
static void one_record(void **state)
{
	struct stls_bytes body;
	struct hello hello;

	(void)state;
	hello_record(&hello, &modern);
	assert_int_equal(
		stls_client_hello_find(&body, hello.bytes, hello.len, NULL, 0),
		0);
	assert_ptr_equal(body.data, hello.bytes + 9);
	assert_int_equal(body.len, hello.len - 9);
}

static void several_records(void **state)
{
	unsigned char bytes[4096], memory[1024];
	struct stls_bytes body;
	struct hello hello;
	size_t cut, len;

	(void)state;
	hello_record(&hello, &modern);
	for (cut = 1; cut <= hello.len; cut++) {
		len = cut_records(&hello, cut, bytes);
		assert_int_equal(stls_client_hello_find(&body, bytes, len,
							memory, sizeof(memory)),
				 0);
		assert_int_equal(body.len, hello.len - 9);
		assert_memory_equal(body.data, hello.bytes + 9, body.len);
		assert_int_equal(stls_client_hello_find(&body, bytes, len - 1,
							memory, sizeof(memory)),
				 STLS_HELLO_TRUNCATED);
	}
	len = cut_records(&hello, 16, bytes);
	assert_int_equal(stls_client_hello_find(&body, bytes, len, memory,
						hello.len - 6),
			 STLS_HELLO_TOO_LONG);
	assert_int_equal(stls_client_hello_find(&body, bytes, len, memory,
						hello.len - 5),
			 0);
}

/* ---- refusals of single extensions ---- */

static const struct hello_spec plain = {
	.suites = (const unsigned[]){ 0xc02f, 0 },
	.sni = "a",
};

static int parse_with(struct stls_client_hello *parsed, unsigned type,
		      const char *data, size_t len)
{
	struct hello hello;
	size_t i, extensions;

	hello_make(&hello, &plain);
	/* SNI is the only one: a header of four bytes and six bytes of data. */
	extensions = hello.len - 10;
	hello_put(&hello, type, 2);
	hello_put(&hello, (unsigned)len, 2);
	for (i = 0; i < len; i++)
		hello_put(&hello, (unsigned char)data[i], 1);
	hello_close(&hello, extensions, 2);
	return stls_client_hello_parse(parsed, hello.bytes, hello.len);
}

#define ONE_KEY "\0\7\0\1x\0\0\0\0"
#define BINDER                                                                 \
	"\x20"                                                                 \
	"01234567890123456789012345678901"

static void extensions(void **state)
{
	static const struct {
		unsigned type;
		const char *data;
		size_t len;
		int error;
	} rows[] = {
		{ 0, "\0\4\0\0\1b", 6, STLS_HELLO_DUPLICATE },
		{ 10, "\0\2\0\x1d", 4, 0 },
		{ 10, "\0\0", 2, STLS_HELLO_EXTENSION },
		{ 10, "\0\1\0", 3, STLS_HELLO_EXTENSION },
		{ 10, "\0\2\0\x1d\0", 5, STLS_HELLO_EXTENSION },
		{ 10, "\0\4\0\x1d", 4, STLS_HELLO_EXTENSION },
		{ 10, "", 0, STLS_HELLO_EXTENSION },
		{ 13, "\0\2\4\3", 4, 0 },
		{ 13, "\0\3\4\3\0", 5, STLS_HELLO_EXTENSION },
		{ 50, "\0\2\4\3", 4, 0 },
		{ 50, "\0\0", 2, STLS_HELLO_EXTENSION },
		{ 43, "\2\3\4", 3, 0 },
		{ 43, "\0", 1, STLS_HELLO_EXTENSION },
		{ 43, "\1\3", 2, STLS_HELLO_EXTENSION },
		{ 51, "\0\0", 2, 0 },
		{ 51, "\0\5\0\x1d\0\1x", 7, 0 },
		{ 51, "\0\4\0\x1d\0\0", 6, STLS_HELLO_EXTENSION },
		{ 51, "\0\5\0\x1d\0\2x", 7, STLS_HELLO_EXTENSION },
		{ 45, "\1\1", 2, 0 },
		{ 45, "\0", 1, STLS_HELLO_EXTENSION },
		{ 23, "", 0, 0 },
		{ 23, "\0", 1, STLS_HELLO_EXTENSION },
		{ 22, "\0", 1, STLS_HELLO_EXTENSION },
		{ 35, "anything", 8, 0 },
		{ 0xff01, "\0", 1, 0 },
		{ 0xff01, "", 0, STLS_HELLO_EXTENSION },
		{ 0xff01, "\1", 1, STLS_HELLO_EXTENSION },
		{ 41, "\0\0\0\0", 4, STLS_HELLO_EXTENSION },
		{ 41, "\0\7\0\1x\0\0\0\0\0\2\1x", 13, STLS_HELLO_EXTENSION },
		{ 41, "\0\6\0\0\0\0\0\0", 8, STLS_HELLO_EXTENSION },
		{ 41, ONE_KEY "\0\x21" BINDER, 44, 0 },
		{ 41, ONE_KEY "\0\x21" BINDER "x", 45, STLS_HELLO_EXTENSION },
		{ 41, ONE_KEY "\0\x22" BINDER, 44, STLS_HELLO_EXTENSION },
		{ 41, ONE_KEY, 9, STLS_HELLO_EXTENSION },
		{ 41, ONE_KEY "\0\0", 11, STLS_HELLO_EXTENSION },
		{ 41, ONE_KEY "\0\x42" BINDER BINDER, 77, STLS_HELLO_BINDERS },
		{ 11, "\1\0", 2, 0 },
		{ 11, "\0", 1, STLS_HELLO_EXTENSION },
		{ 63, "\0", 1, 0 },
		{ 0x0a0a, "grease", 6, 0 },
	};
	struct stls_client_hello parsed;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		assert_int_equal(parse_with(&parsed, rows[i].type, rows[i].data,
					    rows[i].len),
				 rows[i].error);
		if (rows[i].error < 0)
			assert_int_equal(parsed.extension, rows[i].type);
	}
}

static void binders(void **state)
{
#define TWO_KEYS "\0\x0e\0\1x\0\0\0\0\0\1y\0\0\0\0"
	static const struct {
		const char *data;
		size_t len;
		unsigned differ;
	} rows[] = {
		{ TWO_KEYS "\0\x42" BINDER BINDER, 84, 0 },
		{ TWO_KEYS "\0\x43" BINDER "\x21"
			   "012345678901234567890123456789012",
		  85, 1 },
	};
	struct stls_client_hello parsed;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		assert_int_equal(
			parse_with(&parsed, 41, rows[i].data, rows[i].len), 0);
		assert_int_equal(parsed.binder_len, 32);
		assert_int_equal(parsed.binders_differ, rows[i].differ);
	}
}

/* SNI only: the type of each name, and its length. */
static void server_names(void **state)
{
	static const struct {
		const char *data;
		size_t len;
		int error;
		const char *sni;
	} rows[] = {
		{ "\0\4\0\0\1b", 6, 0, "b" },
		{ "\0\x8\7\0\1a\0\0\1b", 10, 0, "b" },
		{ "\0\x8\0\0\1a\7\0\1b", 10, 0, "a" },
		{ "\0\4\7\0\1b", 6, 0, NULL },
		{ "\0\x8\0\0\1a\0\0\1b", 10, STLS_HELLO_NAMES, NULL },
		{ "\0\3\0\0\0", 5, STLS_HELLO_EXTENSION, NULL },
		{ "\0\0", 2, STLS_HELLO_EXTENSION, NULL },
		{ "\0\5\0\0\1bx", 7, STLS_HELLO_EXTENSION, NULL },
		{ "\0\4\0\0\1bx", 7, STLS_HELLO_EXTENSION, NULL },
	};
	struct stls_client_hello parsed;
	struct hello hello;
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		hello_make(&hello, &(const struct hello_spec){
					   .suites = plain.suites });
		hello_put(&hello, (unsigned)rows[i].len + 4, 2);
		hello_put(&hello, 0, 2);
		hello_put(&hello, (unsigned)rows[i].len, 2);
		for (j = 0; j < rows[i].len; j++)
			hello_put(&hello, (unsigned char)rows[i].data[j], 1);
		assert_int_equal(stls_client_hello_parse(&parsed, hello.bytes,
							 hello.len),
				 rows[i].error);
		if (rows[i].error == 0 && rows[i].sni)
			assert_memory_equal(parsed.sni.data, rows[i].sni, 1);
		else if (rows[i].error == 0)
			assert_null(parsed.sni.data);
	}
}

/* Unknown extensions may occur twice; none of the others may. */
static void twice(void **state)
{
	static const struct {
		unsigned type[3];
		int error;
	} rows[] = {
		{ { 63, 0xff01, 63 }, 0 },
		{ { 64, 64, 0xffff }, 0 },
		{ { 62, 63, 62 }, STLS_HELLO_DUPLICATE },
		{ { 0xff01, 62, 0xff01 }, STLS_HELLO_DUPLICATE },
	};
	struct stls_client_hello parsed;
	struct hello hello;
	size_t extensions, i, j;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		hello_make(&hello, &(const struct hello_spec){
					   .suites = plain.suites });
		extensions = hello_open(&hello, 2);
		for (j = 0; j < 3; j++) {
			hello_put(&hello, rows[i].type[j], 2);
			hello_put(&hello, 1, 2);
			hello_put(&hello, 0, 1);
		}
		hello_close(&hello, extensions, 2);
		assert_int_equal(stls_client_hello_parse(&parsed, hello.bytes,
							 hello.len),
				 rows[i].error);
	}
}

/* Bytes after the list belong to another extension. */
static void psk_modes(void **state)
{
	static const struct {
		const char *data;
		size_t len;
		unsigned modes;
	} rows[] = {
		{ "\1\0", 2, 1 },     { "\1\1", 2, 2 },	    { "\1\2", 2, 4 },
		{ "\3\1\0\1", 4, 3 }, { "\2\xff\1", 3, 6 },
	};
	struct stls_client_hello parsed;
	struct hello hello;
	size_t extensions, i, j;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		hello_make(&hello, &(const struct hello_spec){
					   .suites = plain.suites });
		extensions = hello_open(&hello, 2);
		hello_put(&hello, 45, 2);
		hello_put(&hello, (unsigned)rows[i].len, 2);
		for (j = 0; j < rows[i].len; j++)
			hello_put(&hello, (unsigned char)rows[i].data[j], 1);
		hello_put(&hello, i % 2 ? 0x00ee : 0xffee, 2);
		hello_put(&hello, 0, 2);
		hello_close(&hello, extensions, 2);
		assert_int_equal(stls_client_hello_parse(&parsed, hello.bytes,
							 hello.len),
				 0);
		assert_int_equal(parsed.psk_modes, rows[i].modes);
	}
}

static void pre_shared_key_is_last(void **state)
{
	struct stls_client_hello parsed;
	struct hello hello;
	size_t list;

	(void)state;
	hello_make(&hello, &modern);
	/* Random and lengths precede the extensions. */
	list = 2 + 32 + 1 + 2 + 8 + 2 + 2;
	hello_put(&hello, 23, 2);
	hello_put(&hello, 0, 2);
	hello_close(&hello, list, 2);
	assert_int_equal(
		stls_client_hello_parse(&parsed, hello.bytes, hello.len),
		STLS_HELLO_PSK_PLACE);
}

static void head(void **state)
{
	struct stls_client_hello parsed;
	struct hello hello;

	(void)state;
	hello_make(&hello, &modern);
	hello.bytes[34] = 33; /* length of the session id */
	assert_int_equal(
		stls_client_hello_parse(&parsed, hello.bytes, hello.len),
		STLS_HELLO_LENGTH);
	hello_make(&hello, &modern);
	hello.bytes[36] = 7; /* length of the suites: an odd number */
	assert_int_equal(
		stls_client_hello_parse(&parsed, hello.bytes, hello.len),
		STLS_HELLO_LENGTH);
	hello_make(&hello, &modern);
	hello.bytes[46] = 1; /* compression without "null" */
	assert_int_equal(
		stls_client_hello_parse(&parsed, hello.bytes, hello.len),
		STLS_HELLO_NO_NULL);
	hello_make(&hello, &modern);
	hello.bytes[1] = 0; /* SSLv3 */
	assert_int_equal(
		stls_client_hello_parse(&parsed, hello.bytes, hello.len),
		STLS_HELLO_SSL3_VERSION);
	hello_make(&hello, &plain);
	hello.bytes[1] = 0;
	assert_int_equal(
		stls_client_hello_parse(&parsed, hello.bytes, hello.len), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded),
		cmocka_unit_test(no_hello),
		cmocka_unit_test(ssl2_recorded),
		cmocka_unit_test(whole),
		cmocka_unit_test(truncated),
		cmocka_unit_test(longer),
		cmocka_unit_test(one_record),
		cmocka_unit_test(several_records),
		cmocka_unit_test(extensions),
		cmocka_unit_test(binders),
		cmocka_unit_test(server_names),
		cmocka_unit_test(twice),
		cmocka_unit_test(psk_modes),
		cmocka_unit_test(pre_shared_key_is_last),
		cmocka_unit_test(head),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
