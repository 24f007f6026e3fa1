/* SPDX-License-Identifier: MIT */
/* selection/client_hello: a ClientHello, parsed. Manual in client_hello.c. */
#ifndef SELECTION_CLIENT_HELLO_H
#define SELECTION_CLIENT_HELLO_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/*
 * What is wrong with a hello. A parse returns those up to SSL3_VERSION; the
 * rest depends on the version, and is found by the selection.
 */
enum stls_hello_error {
	STLS_HELLO_TRUNCATED = -1,     /* it may go on: more bytes are needed */
	STLS_HELLO_TOO_LONG = -2,      /* longer than the memory for it */
	STLS_HELLO_SSL2 = -3,	       /* SSLv2's format */
	STLS_HELLO_NO_HELLO = -4,      /* TLS, but another message */
	STLS_HELLO_NO_TLS = -5,	       /* no TLS at all */
	STLS_HELLO_LENGTH = -6,	       /* a length that does not fit */
	STLS_HELLO_EXTENSION = -7,     /* the same within hello->extension */
	STLS_HELLO_DUPLICATE = -8,     /* hello->extension comes twice */
	STLS_HELLO_NAMES = -9,	       /* two host names */
	STLS_HELLO_BINDERS = -10,      /* not as many as pre-shared keys */
	STLS_HELLO_PSK_PLACE = -11,    /* something behind pre_shared_key */
	STLS_HELLO_NO_NULL = -12,      /* it insists on compression */
	STLS_HELLO_SSL3_VERSION = -13, /* SSLv3's beside supported_versions */
	/* before TLS 1.3 */
	STLS_HELLO_POINTS = -14, /* curves without uncompressed points */
	/* in TLS 1.3 */
	STLS_HELLO_COMPRESSION = -15, /* other methods beside null */
	STLS_HELLO_NO_GROUPS = -16,
	STLS_HELLO_NO_SHARES = -17,
	STLS_HELLO_NO_SIGALGS = -18,
	STLS_HELLO_NO_PSK_MODES = -19,
	STLS_HELLO_SHARE_GROUP = -20, /* of a group that is not listed */
	STLS_HELLO_SHARE_TWICE = -21
};

/*
 * The data of an extension is NULL where it is not there. Lists of two-byte
 * numbers have an even length, which is checked.
 */
struct stls_client_hello {
	uint16_t legacy_version;
	uint16_t extension;	  /* its number, where an error names one */
	uint8_t binder_len;	  /* of the first pre-shared key; 0: none */
	uint8_t binders_differ;	  /* the lengths are not all the same */
	uint8_t fallback_scsv;	  /* RFC 7507 */
	uint8_t renegotiation;	  /* RFC 5746, as extension or as SCSV */
	uint8_t extended_master;  /* RFC 7627 */
	uint8_t encrypt_then_mac; /* RFC 7366 */
	uint8_t psk_modes;	  /* bits: 1 psk_ke, 2 psk_dhe_ke, 4 others */
	struct stls_bytes suites; /* numbers, SCSVs and GREASE too */
	struct stls_bytes compression;
	struct stls_bytes points;   /* ec_point_formats */
	struct stls_bytes versions; /* numbers */
	struct stls_bytes groups;   /* numbers */
	struct stls_bytes shares;   /* see stls_hello_share() */
	struct stls_bytes sigalgs;  /* numbers */
	struct stls_bytes sigalgs_cert;
	struct stls_bytes sni;	  /* the host name, which may be any bytes */
	struct stls_bytes ticket; /* RFC 5077; a length of 0 is a request */
};

/*
 * Parse the body of a ClientHello message, without the four bytes of its
 * header. Returns 0 or an error from LENGTH on.
 */
int stls_client_hello_parse(struct stls_client_hello *hello,
			    const unsigned char *body, size_t len);

/*
 * Find the body in what a client has sent: TLS records. A message in several
 * records is put together in `memory` of `size` bytes; in one it stays where
 * it is. Returns 0 or an error up to LENGTH.
 */
int stls_client_hello_find(struct stls_bytes *body, const unsigned char *bytes,
			   size_t len, unsigned char *memory, size_t size);

/* The i-th number of a list; there are stls_numbers() of them. */
static inline size_t stls_numbers(const struct stls_bytes *list)
{
	return list->len / 2;
}

static inline unsigned stls_number(const struct stls_bytes *list, size_t i)
{
	return (unsigned)list->data[2 * i] << 8 | list->data[2 * i + 1];
}

/* 1 when the list holds the number. */
int stls_has_number(const struct stls_bytes *list, unsigned number);

/*
 * The group of the key share at *at, from 0, which then stands at the next
 * one; -1 behind the last.
 */
int stls_hello_share(const struct stls_client_hello *hello, size_t *at);

#endif
