/* SPDX-License-Identifier: MIT */
/* x509/pin: digests of a peer's certificate or key. See pin.c. */
#ifndef X509_PIN_H
#define X509_PIN_H

#include <stddef.h>

#include "base/bytes.h"
#include "x509/digest.h"

/* More than any change of keys needs. */
#define STLS_PINS_MAX 16

struct stls_pin {
	int kind; /* enum smtptls_pin */
	size_t len;
	unsigned char digest[STLS_SHA512_SIZE];
};

/* All zeros: none. */
struct stls_pins {
	struct stls_pin *pin;
	size_t count;
};

/*
 * Add a copy of a pin; `kind` is an enum smtptls_pin. Returns 0,
 * SMTPTLS_E_SYNTAX if no digest has the length `len`, SMTPTLS_E_LIMIT or
 * SMTPTLS_E_NOMEM.
 */
int stls_pins_add(struct stls_pins *pins, int kind, const void *digest,
		  size_t len);
void stls_pins_free(struct stls_pins *pins);

/* 1 when a certificate, in DER, or its key matches one of the pins. */
int stls_pins_match(const struct stls_pins *pins,
		    const struct stls_bytes *cert);

#endif
