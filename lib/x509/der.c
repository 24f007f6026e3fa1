/* SPDX-License-Identifier: MIT */
/*
 * x509/der: finds the parts of a certificate in its DER.
 *
 * Pins and TLSA records are digests of the certificate's own bytes. GnuTLS
 * would encode a key again, perhaps differently, so its bytes are located here
 * (RFC 5280 section 4.1). Lengths are checked against the bytes available;
 * nothing else is checked.
 */
#include "x509/der.h"

#include <string.h>

#define SEQUENCE 0x30
#define VERSION	 0xa0 /* [0], absent in v1 */

#define ANY	 (-1)

/* The length of the first element, 0 if malformed; *head: of its header. */
static size_t measure(const struct stls_bytes *in, size_t *head)
{
	size_t octets, len = 0, i;

	if (in->len < 2)
		return 0;
	*head = 2;
	if (in->data[1] < 0x80) {
		len = in->data[1];
	} else {
		octets = in->data[1] & 0x7fU;
		if (octets == 0 || octets > 3 || in->len - 2 < octets)
			return 0;
		for (i = 0; i < octets; i++)
			len = len << 8 | in->data[2 + i];
		*head += octets;
	}
	return in->len - *head < len ? 0 : *head + len;
}

/* Take an element off the front, `whole` with its header; 0 or -1. */
static int take(struct stls_bytes *in, int tag, struct stls_bytes *whole)
{
	size_t head, len = measure(in, &head);

	if (len == 0 || (tag != ANY && in->data[0] != tag))
		return -1;
	whole->data = in->data;
	whole->len = len;
	in->data += len;
	in->len -= len;
	return 0;
}

/* Step into the SEQUENCE at the front, which becomes `whole`. */
static int enter(struct stls_bytes *in, struct stls_bytes *whole)
{
	size_t head;

	if (take(in, SEQUENCE, whole) < 0)
		return -1;
	(void)measure(whole, &head);
	in->data = whole->data + head;
	in->len = whole->len - head;
	return 0;
}

int stls_der_parts(const void *der, size_t len, struct stls_der_parts *parts)
{
	struct stls_bytes in = { der, len }, element;
	int i;

	if (enter(&in, &element) < 0 || enter(&in, &parts->tbs) < 0)
		return -1;
	if (in.len > 0 && in.data[0] == VERSION &&
	    take(&in, VERSION, &element) < 0)
		return -1;
	/* serialNumber, signature, issuer, validity, subject */
	for (i = 0; i < 5; i++) {
		if (take(&in, ANY, i == 2 ? &parts->issuer : &element) < 0)
			return -1;
	}
	return take(&in, SEQUENCE, &parts->spki);
}

int stls_der_demands_status(const void *der, size_t len)
{
	static const unsigned char oid[] = { 0x2b, 6, 1, 5, 5, 7, 1, 24 };

	return memmem(der, len, oid, sizeof(oid)) != NULL;
}
