/* SPDX-License-Identifier: MIT */
/* tls/expected: what a host expects of its peer; data only. */
#ifndef TLS_EXPECTED_H
#define TLS_EXPECTED_H

#include "base/texts.h"
#include "x509/pin.h"
#include "x509/tlsa.h"

/* More than a sender has use for (RFC 7672 section 3.2.2). */
#define STLS_NAMES_MAX 16

/* All zeros: nothing is expected. */
struct stls_expected {
	int verify;   /* enum smtptls_verify */
	char *peer;   /* client: the server's name, also for SNI; or NULL */
	int sni_only; /* `peer` is for SNI only, not to be verified */
	struct stls_texts names; /* other names that match */
	struct stls_pins pins;
	struct stls_tlsa_set tlsa;
	unsigned char *offered; /* an earlier session's bytes, or NULL */
	size_t offered_len;
};

#endif
