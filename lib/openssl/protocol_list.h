/* SPDX-License-Identifier: MIT */
/* openssl/protocol_list: lists of protocol versions. See protocol_list.c. */
#ifndef STLS_OPENSSL_PROTOCOL_LIST_H
#define STLS_OPENSSL_PROTOCOL_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "openssl/list.h"

#define STLS_PROTOCOL_SSL2   0x01
#define STLS_PROTOCOL_SSL3   0x02
#define STLS_PROTOCOL_TLS1_0 0x04
#define STLS_PROTOCOL_TLS1_1 0x08
#define STLS_PROTOCOL_TLS1_2 0x10
#define STLS_PROTOCOL_TLS1_3 0x20
#define STLS_PROTOCOL_SSL    (STLS_PROTOCOL_SSL2 | STLS_PROTOCOL_SSL3)
#define STLS_PROTOCOL_TLS                                                      \
	(STLS_PROTOCOL_TLS1_0 | STLS_PROTOCOL_TLS1_1 | STLS_PROTOCOL_TLS1_2 |  \
	 STLS_PROTOCOL_TLS1_3)

/* The grammars; a string is often valid in several, which agree. */
#define STLS_GRAMMAR_IO_SOCKET_SSL 0x1
#define STLS_GRAMMAR_POSTFIX	   0x2
#define STLS_GRAMMAR_OPENSSL	   0x4 /* and nginx's */
#define STLS_GRAMMAR_EXIM	   0x8

struct stls_protocol_list {
	uint8_t enabled;  /* of STLS_PROTOCOL_TLS; 0 only on an error */
	uint8_t asked;	  /* SSLv2 and SSLv3, if enabled by name */
	uint8_t grammars; /* in which the string can be read */
	struct stls_skips skips;
};

/*
 * Reads a list of protocol versions. Returns 0, or a negative enum
 * stls_list_error with *where set (unless NULL).
 */
int stls_protocol_list_parse(struct stls_protocol_list *list,
			     const char *string, size_t length,
			     struct stls_span *where);

#endif
