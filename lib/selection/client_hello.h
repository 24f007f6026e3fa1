/* SPDX-License-Identifier: MIT */
/* selection/client_hello: a ClientHello, parsed. See client_hello.c. */
#ifndef SELECTION_CLIENT_HELLO_H
#define SELECTION_CLIENT_HELLO_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/*
 * What is wrong with a hello. The parser returns the errors up to SSL3_VERSION;
 * the others depend on the version and are found by the selection.
 */
enum stls_hello_error {
	STLS_HELLO_TRUNCATED = -1,     /* may be incomplete: needs more bytes */
	STLS_HELLO_TOO_LONG = -2,      /* exceeds the memory for it */
	STLS_HELLO_SSL2 = -3,	       /* SSLv2's format */
	STLS_HELLO_NO_HELLO = -4,      /* TLS, but another message */
	STLS_HELLO_NO_TLS = -5,	       /* no TLS at all */
	STLS_HELLO_LENGTH = -6,	       /* a length that does not fit */
	STLS_HELLO_EXTENSION = -7,     /* the same within hello->extension */
	STLS_HELLO_DUPLICATE = -8,     /* hello->extension is repeated */
	STLS_HELLO_NAMES = -9,	       /* two host names */
	STLS_HELLO_BINDERS = -10,      /* not one for each pre-shared key */
	STLS_HELLO_PSK_PLACE = -11,    /* an extension after pre_shared_key */
	STLS_HELLO_NO_NULL = -12,      /* does not offer null compression */
	STLS_HELLO_SSL3_VERSION = -13, /* SSLv3 with supported_versions */
	/* before TLS 1.3 */
	STLS_HELLO_POINTS = -14, /* curves without uncompressed points */
	/* in TLS 1.3 */
	STLS_HELLO_COMPRESSION = -15, /* methods other than null */
	STLS_HELLO_NO_GROUPS = -16,
	STLS_HELLO_NO_SHARES = -17,
	STLS_HELLO_NO_SIGALGS = -18,
	STLS_HELLO_NO_PSK_MODES = -19,
	STLS_HELLO_SHARE_GROUP = -20, /* of a group not in the list */
	STLS_HELLO_SHARE_TWICE = -21
};

/*
 * The data of an absent extension is NULL. Lists of two-byte numbers have been
 * checked to have an even length.
 */
struct stls_client_hello {
	uint16_t legacy_version;
	uint16_t extension;	  /* its number, if the error concerns one */
	uint8_t binder_len;	  /* of the first pre-shared key; 0: none */
	uint8_t binders_differ;	  /* the lengths differ */
	uint8_t fallback_scsv;	  /* RFC 7507 */
	uint8_t renegotiation;	  /* RFC 5746, as an extension or SCSV */
	uint8_t extended_master;  /* RFC 7627 */
	uint8_t encrypt_then_mac; /* RFC 7366 */
	uint8_t psk_modes;	  /* bits: 1 psk_ke, 2 psk_dhe_ke, 4 others */
	struct stls_bytes suites; /* numbers, including SCSVs and GREASE */
	struct stls_bytes compression;
	struct stls_bytes points;   /* ec_point_formats */
	struct stls_bytes versions; /* numbers */
	struct stls_bytes groups;   /* numbers */
	struct stls_bytes shares;   /* see stls_hello_share() */
	struct stls_bytes sigalgs;  /* numbers */
	struct stls_bytes sigalgs_cert;
	struct stls_bytes sni;	  /* the host name; may hold any bytes */
	struct stls_bytes ticket; /* RFC 5077; of length 0: a request for one */
};

/*
 * Parse the body of a ClientHello message, without its four-byte header.
 * Returns 0 or an error from LENGTH on.
 */
int stls_client_hello_parse(struct stls_client_hello *hello,
			    const unsigned char *body, size_t len);

/*
 * Find the body in the TLS records that a client has sent. A message that spans
 * several records is reassembled in `memory` of `size` bytes; otherwise it
 * stays where it is. Returns 0 or an error up to LENGTH.
 */
int stls_client_hello_find(struct stls_bytes *body, const unsigned char *bytes,
			   size_t len, unsigned char *memory, size_t size);

/* The i-th number of a list, which has stls_numbers() of them. */
static inline size_t stls_numbers(const struct stls_bytes *list)
{
	return list->len / 2;
}

static inline unsigned stls_number(const struct stls_bytes *list, size_t i)
{
	return (unsigned)list->data[2 * i] << 8 | list->data[2 * i + 1];
}

/* 1 if the list contains the number. */
int stls_has_number(const struct stls_bytes *list, unsigned number);

/*
 * The group of the key share at offset *at, which starts at 0 and is advanced
 * to the next share; -1 after the last.
 */
int stls_hello_share(const struct stls_client_hello *hello, size_t *at);

#endif
