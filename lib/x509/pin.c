/* SPDX-License-Identifier: MIT */
/*
 * x509/pin: digests, one of which a peer's certificate or key must have.
 *
 * A pin is the SHA-256 or SHA-512 digest, told apart by its length, of a whole
 * certificate or of its SubjectPublicKeyInfo. Certificates are compared by
 * their bytes alone: their contents and their issuer are not checked. The
 * caller must pass the leaf, and nothing else.
 */
#include "x509/pin.h"

#include <stdlib.h>
#include <string.h>

#include <smtptls/conn.h>

#include "x509/der.h"

int stls_pins_add(struct stls_pins *pins, int kind, const void *digest,
		  size_t len)
{
	struct stls_pin *grown;

	if (len != STLS_SHA256_SIZE && len != STLS_SHA512_SIZE)
		return SMTPTLS_E_SYNTAX;
	if (pins->count == STLS_PINS_MAX)
		return SMTPTLS_E_LIMIT;
	grown = realloc(pins->pin, (pins->count + 1) * sizeof(*grown));
	if (!grown)
		return SMTPTLS_E_NOMEM;
	pins->pin = grown;
	grown += pins->count++;
	grown->kind = kind;
	grown->len = len;
	memcpy(grown->digest, digest, len);
	return 0;
}

void stls_pins_free(struct stls_pins *pins)
{
	free(pins->pin);
	pins->pin = NULL;
	pins->count = 0;
}

static int is_pinned(const struct stls_pin *pin, const struct stls_bytes *bytes)
{
	unsigned char digest[STLS_SHA512_SIZE];

	if (pin->len == STLS_SHA256_SIZE)
		stls_sha256(bytes->data, bytes->len, digest);
	else
		stls_sha512(bytes->data, bytes->len, digest);
	return memcmp(digest, pin->digest, pin->len) == 0;
}

int stls_pins_match(const struct stls_pins *pins, const struct stls_bytes *cert)
{
	struct stls_der_parts parts;
	size_t i;
	int keyed, spki;

	keyed = stls_der_parts(cert->data, cert->len, &parts) == 0;
	for (i = 0; i < pins->count; i++) {
		spki = pins->pin[i].kind == SMTPTLS_PIN_SPKI;
		if (spki && !keyed)
			continue;
		if (is_pinned(&pins->pin[i], spki ? &parts.spki : cert))
			return 1;
	}
	return 0;
}
