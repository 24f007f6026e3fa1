/* SPDX-License-Identifier: MIT */
/* hello: a ClientHello assembled for a test, or a recorded one. */
#ifndef TESTS_UNIT_HELLO_H
#define TESTS_UNIT_HELLO_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Number lists end with 0, so 0 itself cannot be listed. */
struct hello_spec {
	unsigned version; /* 0: TLS 1.2 */
	const unsigned *suites;
	const unsigned *versions, *groups, *shares, *sigalgs;
	const char *sni;
	size_t binder;	      /* length of one binder; 0: no pre_shared_key */
	int psk_mode;	      /* with a binder; 0: psk_dhe_ke */
	unsigned points;      /* the only format in ec_point_formats; 0: none */
	unsigned compression; /* a method listed before null */
	/* The length of a group's share in `key`; NULL: about 32 bytes. */
	size_t (*share)(unsigned group, unsigned char *key);
};

#define HELLO_NO_PSK_MODES (-1)
#define HELLO_PSK_KE	   (-2)

struct hello {
	unsigned char bytes[2048];
	size_t len;
};

static inline void hello_put(struct hello *hello, unsigned value, size_t bytes)
{
	if (hello->len + bytes > sizeof(hello->bytes))
		abort();
	while (bytes-- > 0)
		hello->bytes[hello->len++] =
			(unsigned char)(value >> 8 * bytes);
}

/* Reserves space for a length; hello_close() fills it in. */
static inline size_t hello_open(struct hello *hello, size_t bytes)
{
	hello_put(hello, 0, bytes);
	return hello->len;
}

static inline void hello_close(struct hello *hello, size_t start, size_t bytes)
{
	size_t end = hello->len, len = end - start;

	hello->len = start - bytes;
	hello_put(hello, (unsigned)len, bytes);
	hello->len = end;
}

static inline void hello_numbers(struct hello *hello, const unsigned *numbers)
{
	for (; *numbers; numbers++)
		hello_put(hello, *numbers, 2);
}

static inline void hello_list(struct hello *hello, unsigned type, size_t bytes,
			      const unsigned *numbers)
{
	size_t extension, list;

	if (!numbers)
		return;
	hello_put(hello, type, 2);
	extension = hello_open(hello, 2);
	list = hello_open(hello, bytes);
	hello_numbers(hello, numbers);
	hello_close(hello, list, bytes);
	hello_close(hello, extension, 2);
}

static inline void hello_shares(struct hello *hello,
				const struct hello_spec *spec)
{
	size_t extension, list, key, i, len = 32;
	const unsigned *groups = spec->shares;
	unsigned char bytes[1024];

	if (!groups)
		return;
	memset(bytes, 0x42, sizeof(bytes));
	hello_put(hello, 51, 2);
	extension = hello_open(hello, 2);
	list = hello_open(hello, 2);
	for (; *groups; groups++) {
		hello_put(hello, *groups, 2);
		key = hello_open(hello, 2);
		if (spec->share)
			len = spec->share(*groups, bytes);
		for (i = 0; i < len; i++)
			hello_put(hello, bytes[i], 1);
		hello_close(hello, key, 2);
	}
	hello_close(hello, list, 2);
	hello_close(hello, extension, 2);
}

static inline void hello_sni(struct hello *hello, const char *name)
{
	size_t extension, list, host;

	if (!name)
		return;
	hello_put(hello, 0, 2);
	extension = hello_open(hello, 2);
	list = hello_open(hello, 2);
	hello_put(hello, 0, 1);
	host = hello_open(hello, 2);
	for (; *name; name++)
		hello_put(hello, (unsigned char)*name, 1);
	hello_close(hello, host, 2);
	hello_close(hello, list, 2);
	hello_close(hello, extension, 2);
}

/* An extension that is a list of one byte. */
static inline void hello_byte(struct hello *hello, unsigned type,
			      unsigned value)
{
	hello_put(hello, type, 2);
	hello_put(hello, 2, 2);
	hello_put(hello, 1, 1);
	hello_put(hello, value, 1);
}

static inline void hello_psk(struct hello *hello, size_t binder, int mode)
{
	size_t extension, list;

	if (binder == 0)
		return;
	if (mode != HELLO_NO_PSK_MODES)
		hello_byte(hello, 45,
			   mode == HELLO_PSK_KE ? 0
			   : mode		? (unsigned)mode
						: 1);
	hello_put(hello, 41, 2);
	extension = hello_open(hello, 2);
	list = hello_open(hello, 2);
	hello_put(hello, 1, 2);
	hello_put(hello, 'x', 1);
	hello_put(hello, 0, 4);
	hello_close(hello, list, 2);
	list = hello_open(hello, 2);
	hello_put(hello, (unsigned)binder, 1);
	while (binder-- > 0)
		hello_put(hello, 0, 1);
	hello_close(hello, list, 2);
	hello_close(hello, extension, 2);
}

/* The body, without record and message headers. */
static inline void hello_make(struct hello *hello,
			      const struct hello_spec *spec)
{
	size_t list, extensions, i;

	hello->len = 0;
	hello_put(hello, spec->version ? spec->version : 0x0303, 2);
	for (i = 0; i < 32; i++)
		hello_put(hello, (unsigned)i, 1);
	hello_put(hello, 0, 1);
	list = hello_open(hello, 2);
	hello_numbers(hello, spec->suites);
	hello_close(hello, list, 2);
	hello_put(hello, spec->compression ? 2 : 1, 1);
	if (spec->compression)
		hello_put(hello, spec->compression, 1);
	hello_put(hello, 0, 1);
	extensions = hello_open(hello, 2);
	hello_list(hello, 43, 1, spec->versions);
	hello_list(hello, 10, 2, spec->groups);
	hello_list(hello, 13, 2, spec->sigalgs);
	hello_shares(hello, spec);
	hello_sni(hello, spec->sni);
	if (spec->points)
		hello_byte(hello, 11, spec->points);
	hello_psk(hello, spec->binder, spec->psk_mode);
	if (hello->len == extensions)
		hello->len -= 2;
	else
		hello_close(hello, extensions, 2);
}

/* The same in one record. */
static inline void hello_record(struct hello *hello,
				const struct hello_spec *spec)
{
	size_t at;

	hello_make(hello, spec);
	if (hello->len + 9 > sizeof(hello->bytes))
		abort();
	for (at = hello->len; at > 0; at--)
		hello->bytes[at + 8] = hello->bytes[at - 1];
	hello->len += 9;
	hello->bytes[0] = 22;
	hello->bytes[1] = 3;
	hello->bytes[2] = 1;
	hello->bytes[3] = (unsigned char)((hello->len - 5) >> 8);
	hello->bytes[4] = (unsigned char)(hello->len - 5);
	hello->bytes[5] = 1;
	hello->bytes[6] = 0;
	hello->bytes[7] = (unsigned char)((hello->len - 9) >> 8);
	hello->bytes[8] = (unsigned char)(hello->len - 9);
}

/* Reads one of tests/data/hellos, which are hexadecimal; returns its length. */
static inline size_t hello_load(const char *name, unsigned char *bytes,
				size_t size)
{
	const char *top = getenv("top_srcdir");
	char path[512];
	unsigned byte;
	size_t len = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/tests/data/hellos/%s", top ? top : ".",
		 name);
	file = fopen(path, "r");
	if (!file) {
		perror(path);
		abort();
	}
	while (len < size && fscanf(file, "%2x", &byte) == 1)
		bytes[len++] = (unsigned char)byte;
	if (!feof(file)) {
		fprintf(stderr, "%s: too long, or not hexadecimal\n", path);
		abort();
	}
	fclose(file);
	return len;
}

#define NUMBERS(...) ((const unsigned[]){ __VA_ARGS__, 0 })

#endif
