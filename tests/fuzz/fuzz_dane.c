/* SPDX-License-Identifier: MIT */
/*
 * fuzz_dane: any bytes as a server's certificates and its TLSA records.
 *
 * The first byte is the number of certificates; each follows after its length
 * of two bytes. The rest is records: three bytes of usage, selector and
 * matching type, two bytes of data length, and the data. With 0x80 in the
 * matching type the record is a correct one for one of the certificates, which
 * the length chooses, and no data follows. What must hold: nothing is read
 * outside the bytes, each record is counted once, a verdict has a reason or a
 * matching record, and a pin of the leaf leads to the same verdict. A violation
 * aborts.
 */
#include <string.h>

#include <smtptls.h>

#include "fuzz.h"
#include "x509/dane.h"
#include "x509/der.h"
#include "x509/digest.h"

#define CERTS_MAX 18 /* more than a chain may have */

struct input {
	const uint8_t *data;
	size_t size;
	gnutls_datum_t cert[CERTS_MAX];
	unsigned count;
};

/* The next `len` bytes, or as many as are left. */
static struct stls_bytes take(struct input *input, size_t len)
{
	struct stls_bytes bytes = { input->data, len };

	if (bytes.len > input->size)
		bytes.len = input->size;
	input->data += bytes.len;
	input->size -= bytes.len;
	return bytes;
}

static size_t take_number(struct input *input, size_t octets)
{
	struct stls_bytes bytes = take(input, octets);
	size_t number = 0, i;

	for (i = 0; i < bytes.len; i++)
		number = number << 8 | bytes.data[i];
	return number;
}

static void take_certs(struct input *input)
{
	size_t count = take_number(input, 1) % (CERTS_MAX + 1);
	struct stls_bytes bytes;

	while (input->count < count) {
		bytes = take(input, take_number(input, 2));
		input->cert[input->count++] =
			(gnutls_datum_t){ (unsigned char *)bytes.data,
					  (unsigned)bytes.len };
	}
}

static void check_parts(const gnutls_datum_t *cert)
{
	struct stls_der_parts parts;
	const unsigned char *end = cert->data + cert->size;

	if (stls_der_parts(cert->data, cert->size, &parts) < 0)
		return;
	CHECK(parts.tbs.data > cert->data && parts.tbs.data < end);
	CHECK(parts.tbs.len <= (size_t)(end - parts.tbs.data));
	CHECK(parts.spki.data > parts.tbs.data);
	CHECK(parts.spki.data + parts.spki.len <=
	      parts.tbs.data + parts.tbs.len);
}

/* The data of a record that matches one of the certificates. */
static int associate(const struct input *input, size_t which,
		     struct smtptls_tlsa *record,
		     unsigned char digest[STLS_SHA512_SIZE])
{
	const gnutls_datum_t *cert;
	struct stls_der_parts parts;
	struct stls_bytes part;

	if (input->count == 0)
		return -1;
	cert = &input->cert[which % input->count];
	if (stls_der_parts(cert->data, cert->size, &parts) < 0)
		return -1;
	part = (struct stls_bytes){ cert->data, cert->size };
	if (record->selector == 1)
		part = parts.spki;
	record->data = record->matching ? digest : part.data;
	record->data_len =
		record->matching ? (size_t)record->matching * 32 : part.len;
	if (record->matching == 1)
		stls_sha256(part.data, part.len, digest);
	else if (record->matching == 2)
		stls_sha512(part.data, part.len, digest);
	return record->matching > 2 ? -1 : 0;
}

static void take_record(struct input *input, struct stls_tlsa_set *set)
{
	unsigned char digest[STLS_SHA512_SIZE];
	struct smtptls_tlsa record = { 0 };
	struct stls_bytes data;
	unsigned added = set->added;
	size_t len;
	int ret;

	record.usage = (int)take_number(input, 1);
	record.selector = (int)take_number(input, 1);
	record.matching = (int)take_number(input, 1);
	len = take_number(input, 2);
	if (record.matching & 0x80) {
		record.matching &= 0x7f;
		if (associate(input, len, &record, digest) < 0)
			return;
	} else {
		data = take(input, len);
		record.data = data.data;
		record.data_len = data.len;
	}
	ret = stls_tlsa_add(set, &record);
	CHECK(ret == (added == STLS_TLSA_MAX ? SMTPTLS_E_LIMIT : 0));
	CHECK(set->added == added + (ret == 0));
	CHECK(set->count + set->unusable == set->added);
}

static const struct smtptls_tlsa *find(const struct stls_tlsa_set *set,
				       unsigned number)
{
	size_t i;

	for (i = 0; i < set->count; i++) {
		if (set->usable[i].number == number)
			return &set->usable[i].record;
	}
	return NULL;
}

static void check_verdict(const struct stls_verdict *verdict,
			  const struct stls_tlsa_set *set)
{
	const struct smtptls_tlsa *record = find(set, verdict->record);

	CHECK((verdict->error == 0) == (verdict->reason == 0));
	CHECK(verdict->error == 0 ||
	      (verdict->error <= SMTPTLS_E_CERT_MISSING &&
	       verdict->error >= SMTPTLS_E_CERT_TLSA));
	CHECK(verdict->error != 0 || record);
	CHECK(verdict->record == 0 || record);
	CHECK(verdict->error != SMTPTLS_E_CERT_TLSA || !record);
	if (record && record->usage == STLS_DANE_EE)
		CHECK(verdict->error == 0 && verdict->depth == 0);
	CHECK(verdict->depth <= STLS_CHAIN_MAX);
}

/* A pin of the leaf amounts to a DANE-EE record. */
static void check_pin(const struct stls_peer *peer)
{
	unsigned char digest[STLS_SHA256_SIZE];
	struct stls_pins pins = { .count = 0 };
	struct stls_peer pinned = *peer;
	struct stls_verdict verdict;

	if (peer->count == 0)
		return;
	stls_sha256(peer->chain[0].data, peer->chain[0].size, digest);
	CHECK(stls_pins_add(&pins, SMTPTLS_PIN_CERT, digest, sizeof(digest)) ==
	      0);
	pinned.pins = &pins;
	pinned.bits = 0;
	CHECK(stls_verify_pins(&pinned, &verdict) == verdict.error);
	CHECK(verdict.error == 0 ||
	      verdict.reason == SMTPTLS_REASON_CERT_MALFORMED);
	stls_pins_free(&pins);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const name = "mx.example.org";
	struct input input = { .data = data, .size = size };
	struct stls_tlsa_set set = { .count = 0 };
	struct stls_peer peer = {
		.chain = input.cert,
		.flags = GNUTLS_PROFILE_TO_VFLAGS(GNUTLS_PROFILE_MEDIUM),
		.server = 1,
		.name = &name,
		.name_count = 1,
		.bits = 112,
	};
	struct stls_verdict verdict;
	unsigned i;

	take_certs(&input);
	peer.count = input.count;
	for (i = 0; i < input.count; i++)
		check_parts(&input.cert[i]);
	while (input.size > 0 && set.added < STLS_TLSA_MAX)
		take_record(&input, &set);
	if (set.count > 0) {
		CHECK(stls_dane_verify(&peer, &set, &verdict) == verdict.error);
		check_verdict(&verdict, &set);
	}
	check_pin(&peer);
	stls_tlsa_free(&set);
	return 0;
}
