/* SPDX-License-Identifier: MIT */
/* selection/client_hello: a ClientHello, parsed. Manual in client_hello.c. */
#ifndef SELECTION_CLIENT_HELLO_H
#define SELECTION_CLIENT_HELLO_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* What a parse returns when it is not 0. */
enum stls_hello_error {
	STLS_HELLO_TRUNCATED = -1, /* it may go on: more bytes are needed */
	STLS_HELLO_LENGTH = -2,	   /* a length that lies */
	STLS_HELLO_DUPLICATE = -3, /* an extension that comes twice */
	STLS_HELLO_ILLEGAL = -4,   /* a value that RFC 8446 forbids */
	STLS_HELLO_SSL2 = -5,	   /* SSLv2's format */
	STLS_HELLO_NO_HELLO = -6,  /* TLS, but another message */
	STLS_HELLO_NO_TLS = -7,	   /* no TLS at all */
	STLS_HELLO_TOO_LONG = -8   /* longer than the memory for it */
};

/*
 * The data of an extension is NULL where it is not there. Lists of two-byte
 * numbers have an even length, which is checked.
 */
struct stls_client_hello {
	uint16_t legacy_version;
	uint8_t binder_len;	  /* of the first pre-shared key; 0: none */
	uint8_t binders_differ;	  /* the lengths are not all the same */
	uint8_t fallback_scsv;	  /* RFC 7507 */
	uint8_t renegotiation;	  /* RFC 5746, as extension or as SCSV */
	uint8_t extended_master;  /* RFC 7627 */
	uint8_t encrypt_then_mac; /* RFC 7366 */
	uint8_t psk_modes;	  /* bits: 1 psk_ke, 2 psk_dhe_ke */
	struct stls_bytes suites; /* numbers, SCSVs and GREASE too */
	struct stls_bytes compression;
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
 * header. Returns 0 or one of LENGTH, DUPLICATE, ILLEGAL.
 */
int stls_client_hello_parse(struct stls_client_hello *hello,
			    const unsigned char *body, size_t len);

/*
 * Find the body in what a client has sent: TLS records. A message in several
 * records is put together in `memory` of `size` bytes; in one it stays where
 * it is. Returns 0 or any of the errors but DUPLICATE and ILLEGAL.
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
