/* SPDX-License-Identifier: MIT */
/* resolver: questions to DNS, validated here, by libunbound. */
#ifndef RESOLVER_H
#define RESOLVER_H

#include <stddef.h>

#include <smtptls.h>

enum {
	DNS_A = 1,
	DNS_CNAME = 5,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_TLSA = 52
};

struct resolver;
struct ub_result;

/* What came of a question; answer_free() is due. */
struct answer {
	struct ub_result *result;
	int done;
	struct smtptls_dns dns;
};

/*
 * Ask `server`, "ADDR@PORT", or those of resolv.conf where that is NULL; trust
 * begins with the keys in the file `anchor`, or in the system's where that is
 * NULL. A question has `timeout_ms`. Returns NULL with a sentence in *error,
 * which is also set, to a warning, where there is no key at all; else to NULL.
 */
struct resolver *resolver_open(const char *server, const char *anchor,
			       int timeout_ms, const char **error);
void resolver_close(struct resolver *resolver);
/* No question lasts longer than to this CLOCK_MONOTONIC, in milliseconds. */
void resolver_set_deadline(struct resolver *resolver, long long deadline_ms);

struct answer resolver_ask(struct resolver *resolver, const char *name,
			   int type);
void answer_free(struct answer *answer);

/* The i-th record's data; 0 past the last. */
int answer_data(const struct answer *answer, int i, const unsigned char **data,
		size_t *len);
/*
 * Where the name that was asked for is a CNAME: the final name, else "". It is
 * what DNS has, in presentation format.
 */
void answer_canonical(const struct answer *answer, const char *asked,
		      char name[SMTPTLS_NAME_SIZE]);
/* A name in wire format as text, whatever bytes are in it; 0, or -1. */
int wire_name(char *text, size_t size, const unsigned char *wire, size_t len);

#endif
