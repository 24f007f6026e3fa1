/* SPDX-License-Identifier: MIT */
/*
 * tls/session_bytes: a client's session as bytes that a host keeps, and offers
 * to the same server again.
 *
 *	8   "SMTPTLS" and the number of this format
 *	32  what the session is bound to: a digest of the configuration and of
 *	    what was expected of the server
 *	    GnuTLS's own data, with keys and the peer's certificates
 *	64  SHA-512 of everything before it, which costs less than SHA-256 on a
 *	    CPU without instructions for either
 *
 * The last digest detects truncation and damage, and keeps such data away from
 * GnuTLS, whose parser can be made to crash. It does not protect against
 * forgery: whoever can write these bytes can put any keys and certificates into
 * them, whatever the parser does, and whoever can read them knows the key that
 * identifies the server on resumption. They must be trusted like a key.
 *
 * Resumption never replaces verification, which is done on resumed sessions
 * too. A session is offered only under the settings it was made with, so that
 * servers cannot recognize a client under another name, and sessions do not
 * outlive a policy or an own certificate. Names, pins and records are compared
 * as sets, since DNS returns records in any order.
 */
#include "tls/session_bytes.h"

#include <stdlib.h>
#include <string.h>

#include <nettle/sha2.h>

#include <smtptls/conn.h>

static const unsigned char magic[] = { 'S', 'M', 'T', 'P', 'T', 'L', 'S', 1 };

#define BOUND_AT sizeof(magic)
#define DATA_AT	 (BOUND_AT + STLS_SHA256_SIZE)
#define WITHOUT	 (DATA_AT + STLS_SHA512_SIZE) /* all but GnuTLS's data */

/* ---- what a session is bound to ---- */

#define MEMBERS_MAX STLS_TLSA_MAX

_Static_assert(STLS_NAMES_MAX <= MEMBERS_MAX, "names are a set");
_Static_assert(STLS_PINS_MAX <= MEMBERS_MAX, "pins are a set");

struct set {
	size_t count;
	unsigned char member[MEMBERS_MAX][STLS_SHA256_SIZE];
};

/* Each part follows its length, so that none can pass for another. */
static void put(struct sha256_ctx *ctx, const void *data, size_t len)
{
	const unsigned char size[] = { (unsigned char)(len >> 24),
				       (unsigned char)(len >> 16),
				       (unsigned char)(len >> 8),
				       (unsigned char)len };

	sha256_update(ctx, sizeof(size), size);
	sha256_update(ctx, len, data);
}

static void put_number(struct sha256_ctx *ctx, int number)
{
	const unsigned char byte = (unsigned char)number;

	put(ctx, &byte, 1);
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, STLS_SHA256_SIZE);
}

static void end_member(struct sha256_ctx *ctx, struct set *set)
{
	sha256_digest(ctx, STLS_SHA256_SIZE, set->member[set->count++]);
}

static void put_set(struct sha256_ctx *ctx, struct set *set)
{
	qsort(set->member, set->count, sizeof(set->member[0]), compare);
	put(ctx, set->member, set->count * sizeof(set->member[0]));
	set->count = 0;
}

static void put_expected(struct sha256_ctx *ctx,
			 const struct stls_expected *expected)
{
	struct sha256_ctx member;
	struct set set;
	size_t i;

	set.count = 0;
	sha256_init(&member); /* each digest resets it */
	put_number(ctx, expected->verify);
	put(ctx, expected->peer ? expected->peer : "",
	    expected->peer ? strlen(expected->peer) : 0);
	put_number(ctx, expected->sni_only);
	for (i = 0; i < expected->names.count; i++) {
		put(&member, expected->names.text[i],
		    strlen(expected->names.text[i]));
		end_member(&member, &set);
	}
	put_set(ctx, &set);
	for (i = 0; i < expected->pins.count; i++) {
		put_number(&member, expected->pins.pin[i].kind);
		put(&member, expected->pins.pin[i].digest,
		    expected->pins.pin[i].len);
		end_member(&member, &set);
	}
	put_set(ctx, &set);
	for (i = 0; i < expected->tlsa.count; i++) {
		const struct smtptls_tlsa *record =
			&expected->tlsa.usable[i].record;

		put_number(&member, record->usage);
		put_number(&member, record->selector);
		put_number(&member, record->matching);
		put(&member, record->data, record->data_len);
		end_member(&member, &set);
	}
	put_set(ctx, &set);
}

/* A resumed session belongs to the certificate that was shown at first. */
static void put_own(struct sha256_ctx *ctx,
		    gnutls_certificate_credentials_t credentials)
{
	gnutls_datum_t der;
	unsigned i;

	for (i = 0;
	     gnutls_certificate_get_crt_raw(credentials, i, 0, &der) == 0; i++)
		put(ctx, der.data, der.size);
}

static void bind(const struct smtptls_config *config,
		 const struct stls_expected *expected,
		 unsigned char digest[STLS_SHA256_SIZE])
{
	struct sha256_ctx ctx;

	sha256_init(&ctx);
	put(&ctx, config->settings, STLS_SHA256_SIZE);
	put(&ctx, config->priority_digest, STLS_SHA256_SIZE);
	put_expected(&ctx, expected);
	put_own(&ctx, config->credentials);
	sha256_digest(&ctx, STLS_SHA256_SIZE, digest);
}

/* ---- reading ---- */

int stls_session_bytes_check(const unsigned char *bytes, size_t len)
{
	unsigned char digest[STLS_SHA512_SIZE];
	size_t end;

	if (len <= WITHOUT || len > SMTPTLS_SESSION_MAX ||
	    memcmp(bytes, magic, sizeof(magic)) != 0)
		return SMTPTLS_E_SYNTAX;
	end = len - STLS_SHA512_SIZE;
	stls_sha512(bytes, end, digest);
	return memcmp(bytes + end, digest, STLS_SHA512_SIZE) == 0
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
 * Check that GnuTLS has something to resume; 0, or an error. Without this check
 * it would return meaningless bytes under TLS 1.3.
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
	stls_sha512(bytes, DATA_AT + data->size, bytes + DATA_AT + data->size);
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
