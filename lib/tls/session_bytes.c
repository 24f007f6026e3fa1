/* SPDX-License-Identifier: MIT */
/*
 * tls/session_bytes: a client's session as bytes that a host keeps, and offers
 * to the same server again.
 *
 *	8   "SMTPTLS" and the number of this format
 *	32  what the session must not escape: a digest of the configuration and
 *	    of what was expected of the server
 *	    GnuTLS's own data, in which are keys and the peer's certificates
 *	32  SHA-256 of all that stands before
 *
 * The last digest finds what was cut or damaged, and keeps it from GnuTLS, whose
 * parser can be made to crash. It is no protection from a forger: who can write
 * these bytes can put keys and certificates of his choice into them, whatever
 * the parser does; and who can read them knows the key by which the server is
 * known again. They are trusted as a key is.
 *
 * Resumption never replaces verification, which is done on resumed sessions
 * too. That a session is offered only under the settings it was made with keeps
 * servers from knowing a client again by another name, and sessions of a policy
 * or of an own certificate from outliving them. Names, pins and records count as
 * sets: DNS gives records in any order.
 */
#include "tls/session_bytes.h"

#include <stdlib.h>
#include <string.h>

#include <smtptls/conn.h>

static const unsigned char magic[] = { 'S', 'M', 'T', 'P', 'T', 'L', 'S', 1 };

#define BOUND_AT sizeof(magic)
#define DATA_AT	 (BOUND_AT + STLS_SHA256_SIZE)
#define WITHOUT	 (DATA_AT + STLS_SHA256_SIZE) /* GnuTLS's data */

/* ---- what a session is bound to ---- */

#define MEMBERS_MAX STLS_TLSA_MAX

_Static_assert(STLS_NAMES_MAX <= MEMBERS_MAX, "names are a set");
_Static_assert(STLS_PINS_MAX <= MEMBERS_MAX, "pins are a set");

struct set {
	size_t count;
	unsigned char member[MEMBERS_MAX][STLS_SHA256_SIZE];
};

/* A new member's digest, to be mixed. */
static unsigned char *add(struct set *set)
{
	return memset(set->member[set->count++], 0, STLS_SHA256_SIZE);
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, STLS_SHA256_SIZE);
}

static void mix_set(unsigned char digest[STLS_SHA256_SIZE], const char *what,
		    struct set *set)
{
	qsort(set->member, set->count, sizeof(set->member[0]), compare);
	stls_sha256_mix(digest, what, set->member,
			set->count * sizeof(set->member[0]));
	set->count = 0;
}

static void mix_record(unsigned char digest[STLS_SHA256_SIZE],
		       const struct smtptls_tlsa *record)
{
	const unsigned char fields[] = { (unsigned char)record->usage,
					 (unsigned char)record->selector,
					 (unsigned char)record->matching };

	stls_sha256_mix(digest, "record", fields, sizeof(fields));
	stls_sha256_mix(digest, "data", record->data, record->data_len);
}

static void mix_expected(unsigned char digest[STLS_SHA256_SIZE],
			 const struct stls_expected *expected)
{
	const char *peer = expected->peer ? expected->peer : "";
	const unsigned char verify = (unsigned char)expected->verify;
	struct set set = { 0 };
	size_t i;

	stls_sha256_mix(digest, "verification", &verify, 1);
	stls_sha256_mix(digest, "peer", peer, strlen(peer));
	for (i = 0; i < expected->names.count; i++)
		stls_sha256_mix(add(&set), "name", expected->names.text[i],
				strlen(expected->names.text[i]));
	mix_set(digest, "names", &set);
	for (i = 0; i < expected->pins.count; i++) {
		const struct stls_pin *pin = &expected->pins.pin[i];

		stls_sha256_mix(add(&set),
				pin->kind == SMTPTLS_PIN_SPKI ? "key"
							      : "certificate",
				pin->digest, pin->len);
	}
	mix_set(digest, "pins", &set);
	for (i = 0; i < expected->tlsa.count; i++)
		mix_record(add(&set), &expected->tlsa.usable[i].record);
	mix_set(digest, "records", &set);
}

/* A resumed session is one of the certificate that was shown first. */
static void mix_own(unsigned char digest[STLS_SHA256_SIZE],
		    gnutls_certificate_credentials_t credentials)
{
	gnutls_datum_t der;
	unsigned i;

	for (i = 0;
	     gnutls_certificate_get_crt_raw(credentials, i, 0, &der) == 0; i++)
		stls_sha256_mix(digest, "own certificate", der.data, der.size);
}

static void bind(const struct smtptls_config *config,
		 const struct stls_expected *expected,
		 unsigned char digest[STLS_SHA256_SIZE])
{
	memcpy(digest, config->settings, STLS_SHA256_SIZE);
	stls_sha256_mix(digest, "policy", config->priority_digest,
			STLS_SHA256_SIZE);
	mix_own(digest, config->credentials);
	mix_expected(digest, expected);
}

/* ---- reading ---- */

int stls_session_bytes_check(const unsigned char *bytes, size_t len)
{
	unsigned char digest[STLS_SHA256_SIZE];
	size_t end;

	if (len <= WITHOUT || len > SMTPTLS_SESSION_MAX ||
	    memcmp(bytes, magic, sizeof(magic)) != 0)
		return SMTPTLS_E_SYNTAX;
	end = len - STLS_SHA256_SIZE;
	stls_sha256(bytes, end, digest);
	return memcmp(bytes + end, digest, STLS_SHA256_SIZE) == 0
		       ? 0
		       : SMTPTLS_E_SYNTAX;
}

int stls_session_bytes_open(const struct smtptls_config *config,
			    const struct stls_expected *expected,
			    gnutls_datum_t *data)
{
	unsigned char digest[STLS_SHA256_SIZE];

	if (!expected->offered)
		return 0;
	bind(config, expected, digest);
	if (memcmp(expected->offered + BOUND_AT, digest, STLS_SHA256_SIZE) != 0)
		return 0;
	data->data = expected->offered + DATA_AT;
	data->size = (unsigned)(expected->offered_len - WITHOUT);
	return 1;
}

/* ---- writing ---- */

/*
 * Whether GnuTLS has something to resume by. Under TLS 1.3 it would else give
 * some bytes that mean nothing.
 */
static int has_session(gnutls_session_t tls)
{
	gnutls_datum_t id;

	if (gnutls_session_get_flags(tls) & GNUTLS_SFLAGS_SESSION_TICKET)
		return 0;
	if (gnutls_protocol_get_version(tls) == GNUTLS_TLS1_3)
		return SMTPTLS_E_AGAIN;
	return gnutls_session_get_id2(tls, &id) == 0 && id.size > 0
		       ? 0
		       : SMTPTLS_E_UNSUPPORTED;
}

static void write_bytes(const struct smtptls_config *config,
			const struct stls_expected *expected,
			const gnutls_datum_t *data, unsigned char *bytes)
{
	memcpy(bytes, magic, sizeof(magic));
	bind(config, expected, bytes + BOUND_AT);
	memcpy(bytes + DATA_AT, data->data, data->size);
	stls_sha256(bytes, DATA_AT + data->size, bytes + DATA_AT + data->size);
}

ssize_t stls_session_bytes_make(gnutls_session_t tls,
				const struct smtptls_config *config,
				const struct stls_expected *expected,
				unsigned char *buffer, size_t size)
{
	gnutls_datum_t data;
	ssize_t ret = has_session(tls);

	if (ret < 0)
		return ret;
	ret = gnutls_session_get_data2(tls, &data);
	if (ret < 0)
		return ret == GNUTLS_E_MEMORY_ERROR ? SMTPTLS_E_NOMEM
						    : SMTPTLS_E_UNSUPPORTED;
	if (data.size > SMTPTLS_SESSION_MAX - WITHOUT) {
		ret = SMTPTLS_E_UNSUPPORTED;
	} else {
		ret = (ssize_t)(WITHOUT + data.size);
		if (buffer && size < (size_t)ret)
			ret = SMTPTLS_E_LIMIT;
		else if (buffer)
			write_bytes(config, expected, &data, buffer);
	}
	explicit_bzero(data.data, data.size);
	gnutls_free(data.data);
	return ret;
}
