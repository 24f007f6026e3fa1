/* SPDX-License-Identifier: MIT */
/* outbound/dane: where to look up TLSA records, and what the answers mean. */
#ifndef OUTBOUND_DANE_H
#define OUTBOUND_DANE_H

#include <smtptls/outbound.h>

enum stls_dane {
	STLS_DANE_NONE,	    /* as without DANE */
	STLS_DANE_UNUSABLE, /* records, but none is usable */
	STLS_DANE_USABLE,
	STLS_DANE_FAILED, /* a look-up failed: the host is not tried */
	STLS_DANE_BOGUS
};

/* What the records of a host mean, and where they are. */
struct stls_dane_result {
	enum stls_dane dane;
	const char *base; /* the TLSA base domain that decided, or NULL */
	const struct smtptls_tlsa_set *set;
};

/* The host's i-th base domain, whose records are in tlsa[i], or NULL. */
const char *stls_dane_base(const struct smtptls_outbound_host *host, int i);

struct stls_dane_result
stls_dane_result(const struct smtptls_outbound_host *host);

#endif
