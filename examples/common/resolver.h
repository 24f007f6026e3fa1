/* SPDX-License-Identifier: MIT */
/* resolver: DNS queries through libunbound, validated here. */
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

/* The result of a query, for answer_free(). */
struct answer {
	struct ub_result *result;
	int done;
	struct smtptls_dns dns;
};

/*
 * Query `server`, "ADDR@PORT", or those of resolv.conf if it is NULL. The trust
 * anchors are in the file `anchor`, or in the system's if it is NULL. A query
 * may take `timeout_ms`. Returns NULL with a sentence in *error; otherwise
 * *error is a warning if there is no trust anchor at all, else NULL.
 */
struct resolver *resolver_open(const char *server, const char *anchor,
			       int timeout_ms, const char **error);
void resolver_close(struct resolver *resolver);
/* No query lasts beyond this time, of CLOCK_MONOTONIC in milliseconds. */
void resolver_set_deadline(struct resolver *resolver, long long deadline_ms);

struct answer resolver_ask(struct resolver *resolver, const char *name,
			   int type);
void answer_free(struct answer *answer);

/* Get the i-th record's data; 0 past the last. */
int answer_data(const struct answer *answer, int i, const unsigned char **data,
		size_t *len);
/*
 * If the name that was asked for is a CNAME, the final name, else "". It is as
 * in DNS, in presentation format.
 */
void answer_canonical(const struct answer *answer, const char *asked,
		      char name[SMTPTLS_NAME_SIZE]);
/* Write a name in wire format as text, whatever bytes it has; 0, or -1. */
int wire_name(char *text, size_t size, const unsigned char *wire, size_t len);

#endif
