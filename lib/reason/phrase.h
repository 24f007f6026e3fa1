/* SPDX-License-Identifier: MIT */
/* reason/phrase: parts of sentences. See phrase.c. */
#ifndef REASON_PHRASE_H
#define REASON_PHRASE_H

#include <stddef.h>

#include "selection/client_hello.h"
#include "openssl/suite_table.h"

/* A sentence being written; it is truncated to `size` > 0 bytes. */
struct stls_phrase {
	char *to;
	size_t size;
	size_t len;
};

/* A list of names: the first `shown` are shown, the others counted. */
struct stls_name_list {
	struct stls_phrase *phrase;
	unsigned shown;
	unsigned count;
};

void stls_phrase_add(struct stls_phrase *phrase, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

void stls_name_list_add(struct stls_name_list *list, const char *name);
void stls_name_list_add_group(struct stls_name_list *list, unsigned code);
void stls_name_list_add_sigalg(struct stls_name_list *list, unsigned code);
/* Say how many were not shown, or that there are none. */
void stls_name_list_end(struct stls_name_list *list);

/* "TLS 1.0-1.2", from bits of STLS_PROTOCOL_TLS…; gaps are not shown. */
void stls_phrase_versions(struct stls_phrase *phrase, uint8_t versions);
/* Those of `versions` that the hello offers, as far as is known. */
void stls_phrase_offered(struct stls_phrase *phrase,
			 const struct stls_client_hello *hello,
			 uint8_t versions);
/* "RSA", "ECDSA P-256 and Ed25519": a mask of enum smtptls_key. */
void stls_phrase_keys(struct stls_phrase *phrase, unsigned keys,
		      const char *last);
/* "the only certificate is ECDSA P-256", "the certificates are … and …" */
void stls_phrase_own(struct stls_phrase *phrase, unsigned keys);

/* OpenSSL's name of a suite, or GnuTLS's. */
const char *stls_suite_name(const struct stls_suite *suite);

#endif
