/* SPDX-License-Identifier: MIT */
/* x509/tlsa: TLSA records, and which of them matches. See tlsa.c. */
#ifndef X509_TLSA_H
#define X509_TLSA_H

#include <stddef.h>

#include <smtptls/outbound.h>

#include "base/bytes.h"

/* More than any domain needs, usable or not. */
#define STLS_TLSA_MAX 64
/* RDATA without its first three bytes. */
#define STLS_TLSA_DATA_MAX 65532

#define STLS_DANE_TA	   2
#define STLS_DANE_EE	   3

struct stls_tlsa {
	struct smtptls_tlsa record; /* the set owns its data */
	unsigned number;	    /* from 1, in the order of addition */
};

/* All zeros: none. */
struct stls_tlsa_set {
	struct stls_tlsa *usable;
	size_t count; /* of usable records */
	unsigned added, unusable;
};

/*
 * Add a copy of a record, if it is usable. Returns 0, SMTPTLS_E_LIMIT or
 * SMTPTLS_E_NOMEM.
 */
int stls_tlsa_add(struct stls_tlsa_set *set, const struct smtptls_tlsa *record);
void stls_tlsa_free(struct stls_tlsa_set *set);

/* 1 when there is a usable record of this usage. */
int stls_tlsa_has(const struct stls_tlsa_set *set, int usage);

/*
 * The first record of this usage that matches a certificate in DER, or NULL. Of
 * a selector's digests, only the strongest count (RFC 7671 section 9).
 */
const struct stls_tlsa *stls_tlsa_match(const struct stls_tlsa_set *set,
					int usage,
					const struct stls_bytes *cert);

#endif
