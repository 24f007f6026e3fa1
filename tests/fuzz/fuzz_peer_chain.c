/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: a peer's certificates, their names, and the expected name. What
 * must hold for any bytes: there is a reason if and only if there is an error;
 * names are shown if and only if they are the fault, and are escaped; without
 * an expected name, the faults are those of the chain; a normal form is its own
 * normal form.
 *
 * The input is a name up to a newline, a byte of options, and certificates in
 * DER, each preceded by a two-byte length. An option makes the last one
 * trusted: otherwise what is above a leaf would hardly ever be examined.
 */
#include <string.h>

#include <smtptls/error.h>
#include <smtptls/policy.h>

#include "fuzz.h"
#include "reason/certificate_sentence.h"
#include "x509/name.h"
#include "x509/verify.h"

#define CHAIN 20
#define NAME  300

enum option { TRUST = 1, SERVER = 2, ANY = 4, WEAK = 8 };

struct input {
	char name[NAME];
	int options;
	gnutls_datum_t cert[CHAIN];
	unsigned count;
};

static int take(struct input *input, const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\n', size < NAME ? size : NAME - 1);
	size_t len;

	memset(input, 0, sizeof(*input));
	if (!end)
		return 0;
	memcpy(input->name, data, (size_t)(end - data));
	size -= (size_t)(end - data) + 1;
	data = end + 1;
	if (size == 0)
		return 0;
	input->options = *data++;
	size--;
	while (size >= 2 && input->count < CHAIN) {
		len = (size_t)data[0] << 8 | data[1];
		data += 2;
		size -= 2;
		if (len > size)
			len = size;
		input->cert[input->count].data = (unsigned char *)data;
		input->cert[input->count++].size = (unsigned)len;
		data += len;
		size -= len;
	}
	return 1;
}

/* What holds for every verdict. */
static void check(const struct stls_verdict *verdict)
{
	struct stls_end end = { .reason = verdict->reason, .verdict = verdict };
	char text[512];
	size_t i;

	CHECK(verdict->error <= 0);
	CHECK((verdict->reason == 0) == (verdict->error == 0) ||
	      verdict->error == SMTPTLS_E_NOMEM);
	CHECK(strlen(verdict->names) < sizeof(verdict->names));
	CHECK(verdict->names[0] == '\0' ||
	      verdict->reason == SMTPTLS_REASON_CERT_MISSING ||
	      verdict->reason == SMTPTLS_REASON_CERT_TRUST ||
	      verdict->reason == SMTPTLS_REASON_CERT_NAME);
	CHECK(verdict->names[0] != '\0' ||
	      verdict->reason != SMTPTLS_REASON_CERT_NAME);
	for (end.server = 0; end.server < 2; end.server++) {
		stls_certificate_write(&end, text, sizeof(text));
		CHECK(strlen(text) < 256);
		for (i = 0; text[i]; i++)
			CHECK(text[i] >= ' ' && text[i] <= '~');
	}
}

static void judge(const struct input *input)
{
	const char *name = input->name;
	struct stls_verdict verdict;
	struct stls_peer peer = {
		.chain = input->cert,
		.count = input->count,
		.flags = GNUTLS_PROFILE_TO_VFLAGS(
			input->options & WEAK ? GNUTLS_PROFILE_VERY_WEAK
					      : GNUTLS_PROFILE_MEDIUM),
		.server = (input->options & SERVER) != 0,
		.any_purpose = (input->options & ANY) != 0,
		.name = &name,
		.name_count = 1,
	};
	int error;

	CHECK(gnutls_x509_trust_list_init(&peer.trust, 0) == 0);
	if (input->options & TRUST && input->count > 0)
		(void)gnutls_x509_trust_list_add_trust_mem(
			peer.trust, &input->cert[input->count - 1], NULL,
			GNUTLS_X509_FMT_DER, 0, 0);
	error = stls_verify(&peer, &verdict);
	CHECK(error == verdict.error);
	check(&verdict);
	/* Without a name, the only faults are those of the chain. */
	peer.name_count = 0;
	CHECK(stls_verify(&peer, &verdict) ==
	      (error == SMTPTLS_E_CERT_NAME ? 0 : error));
	gnutls_x509_trust_list_deinit(peer.trust, 1);
}

/* The normal form is its own normal form, and covers itself. */
static void check_name(const char *name)
{
	char once[STLS_NAME_SIZE], twice[STLS_NAME_SIZE];
	size_t len;

	len = stls_name_normalize_presented(once, name, strlen(name));
	CHECK(len == strlen(once) && len < STLS_NAME_SIZE);
	if (len == 0)
		return;
	CHECK(stls_name_normalize_presented(twice, once, len) == len);
	CHECK(strcmp(once, twice) == 0);
	if (once[0] != '*')
		CHECK(stls_is_host(once) && stls_name_covers(once, once));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input;

	if (!take(&input, data, size))
		return 0;
	check_name(input.name);
	/* A name that a connection accepts needs no escaping. */
	if (stls_is_host(input.name))
		judge(&input);
	return 0;
}
