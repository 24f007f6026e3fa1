/* SPDX-License-Identifier: MIT */
/*
 * selection/client_hello: a ClientHello, parsed.
 *
 * Everything that a server's choice depends on is extracted from the message,
 * as spans of the caller's memory, which must stay valid. Nothing is allocated
 * or modified, and no byte outside the message is read, whatever its lengths
 * say.
 *
 * The parser refuses whatever breaks a rule common to all versions: lengths
 * that do not fit, lists with half a number, lists that must not be empty, a
 * repeated extension, anything after pre_shared_key (RFC 8446 section 4.2.11).
 * Rules of a single version are checked once that version is chosen. Contents
 * that only the TLS library needs (the keys in the shares, the tickets) are
 * left to it.
 */
#include "selection/client_hello.h"

#include <string.h>

#include "openssl/suite_table.h"
#include "selection/vector.h"

#define RECORD_HEADER	   5
#define MESSAGE_HEADER	   4
#define CONTENT_HANDSHAKE  22
#define TYPE_CLIENT_HELLO  1
#define SCSV_RENEGOTIATION 0x00ff
#define SCSV_FALLBACK	   0x5600

enum {
	EXTENSION_SERVER_NAME = 0,
	EXTENSION_SUPPORTED_GROUPS = 10,
	EXTENSION_EC_POINT_FORMATS = 11,
	EXTENSION_SIGNATURE_ALGORITHMS = 13,
	EXTENSION_ENCRYPT_THEN_MAC = 22,
	EXTENSION_EXTENDED_MASTER_SECRET = 23,
	EXTENSION_SESSION_TICKET = 35,
	EXTENSION_PRE_SHARED_KEY = 41,
	EXTENSION_SUPPORTED_VERSIONS = 43,
	EXTENSION_PSK_KEY_EXCHANGE_MODES = 45,
	EXTENSION_SIGNATURE_ALGORITHMS_CERT = 50,
	EXTENSION_KEY_SHARE = 51,
	EXTENSION_RENEGOTIATION_INFO = 0xff01
};

/* ---- extensions ---- */

/* The extension consists of a single list, which must not be empty. */
static int whole_list(struct stls_bytes data, size_t bytes,
		      struct stls_bytes *out)
{
	if (stls_take_vector(&data, bytes, out) < 0 || data.len > 0 ||
	    out->len == 0)
		return STLS_HELLO_EXTENSION;
	return 0;
}

static int whole_numbers(struct stls_bytes data, size_t bytes,
			 struct stls_bytes *out)
{
	if (whole_list(data, bytes, out) < 0 || out->len % 2 != 0)
		return STLS_HELLO_EXTENSION;
	return 0;
}

/*
 * RFC 6066 section 3: a list of names, at most one of each type. Names of
 * unknown types have a two-byte length too.
 */
static int parse_server_name(struct stls_client_hello *hello,
			     struct stls_bytes data)
{
	struct stls_bytes list, name;
	size_t type;

	if (stls_take_vector(&data, 2, &list) < 0 || data.len > 0 ||
	    list.len == 0)
		return STLS_HELLO_EXTENSION;
	while (list.len > 0) {
		if (stls_take_number(&list, 1, &type) < 0 ||
		    stls_take_vector(&list, 2, &name) < 0 || name.len == 0)
			return STLS_HELLO_EXTENSION;
		if (type == 0 && hello->sni.data)
			return STLS_HELLO_NAMES;
		if (type == 0)
			hello->sni = name;
	}
	return 0;
}

static int parse_shares(struct stls_client_hello *hello, struct stls_bytes data)
{
	struct stls_bytes rest, key;
	size_t group;

	if (stls_take_vector(&data, 2, &hello->shares) < 0 || data.len > 0)
		return STLS_HELLO_EXTENSION;
	for (rest = hello->shares; rest.len > 0;) {
		if (stls_take_number(&rest, 2, &group) < 0 ||
		    stls_take_vector(&rest, 2, &key) < 0 || key.len == 0)
			return STLS_HELLO_EXTENSION;
	}
	return 0;
}

static int parse_pre_shared_key(struct stls_client_hello *hello,
				struct stls_bytes data)
{
	struct stls_bytes identities, binders, one;
	size_t age, identity_count = 0, binder_count = 0;

	if (stls_take_vector(&data, 2, &identities) < 0 ||
	    stls_take_vector(&data, 2, &binders) < 0 || data.len > 0)
		return STLS_HELLO_EXTENSION;
	for (; identities.len > 0; identity_count++) {
		if (stls_take_vector(&identities, 2, &one) < 0 ||
		    one.len == 0 || stls_take_number(&identities, 4, &age) < 0)
			return STLS_HELLO_EXTENSION;
	}
	for (; binders.len > 0; binder_count++) {
		if (stls_take_vector(&binders, 1, &one) < 0 || one.len < 32)
			return STLS_HELLO_EXTENSION;
		if (binder_count == 0)
			hello->binder_len = (uint8_t)one.len;
		else if (hello->binder_len != one.len)
			hello->binders_differ = 1;
	}
	if (identity_count == 0 || binder_count == 0)
		return STLS_HELLO_EXTENSION;
	return identity_count == binder_count ? 0 : STLS_HELLO_BINDERS;
}

static int parse_psk_modes(struct stls_client_hello *hello,
			   struct stls_bytes data)
{
	struct stls_bytes list;
	size_t i;

	if (whole_list(data, 1, &list) < 0)
		return STLS_HELLO_EXTENSION;
	for (i = 0; i < list.len; i++) {
		hello->psk_modes |=
			(uint8_t)(list.data[i] < 2 ? 1U << list.data[i] : 4U);
	}
	return 0;
}

static int parse_renegotiation(struct stls_client_hello *hello,
			       struct stls_bytes data)
{
	struct stls_bytes verify;

	if (stls_take_vector(&data, 1, &verify) < 0 || data.len > 0)
		return STLS_HELLO_EXTENSION;
	hello->renegotiation = 1;
	return 0;
}

static int parse_extension(struct stls_client_hello *hello, size_t type,
			   struct stls_bytes data)
{
	switch (type) {
	case EXTENSION_SERVER_NAME:
		return parse_server_name(hello, data);
	case EXTENSION_SUPPORTED_GROUPS:
		return whole_numbers(data, 2, &hello->groups);
	case EXTENSION_EC_POINT_FORMATS:
		return whole_list(data, 1, &hello->points);
	case EXTENSION_SIGNATURE_ALGORITHMS:
		return whole_numbers(data, 2, &hello->sigalgs);
	case EXTENSION_SIGNATURE_ALGORITHMS_CERT:
		return whole_numbers(data, 2, &hello->sigalgs_cert);
	case EXTENSION_SUPPORTED_VERSIONS:
		return whole_numbers(data, 1, &hello->versions);
	case EXTENSION_KEY_SHARE:
		return parse_shares(hello, data);
	case EXTENSION_PRE_SHARED_KEY:
		return parse_pre_shared_key(hello, data);
	case EXTENSION_PSK_KEY_EXCHANGE_MODES:
		return parse_psk_modes(hello, data);
	case EXTENSION_RENEGOTIATION_INFO:
		return parse_renegotiation(hello, data);
	case EXTENSION_SESSION_TICKET:
		hello->ticket = data;
		return 0;
	case EXTENSION_EXTENDED_MASTER_SECRET:
		hello->extended_master = 1;
		return data.len > 0 ? STLS_HELLO_EXTENSION : 0;
	case EXTENSION_ENCRYPT_THEN_MAC:
		hello->encrypt_then_mac = 1;
		return data.len > 0 ? STLS_HELLO_EXTENSION : 0;
	default:
		return 0;
	}
}

/*
 * Extensions from number 63 on are not parsed, so repeating one has no effect.
 * renegotiation_info is the exception and gets bit 63.
 */
static int is_duplicate(uint64_t *seen, size_t type)
{
	uint64_t bit;

	if (type == EXTENSION_RENEGOTIATION_INFO)
		type = 63;
	else if (type >= 63)
		return 0;
	bit = UINT64_C(1) << type;
	if (*seen & bit)
		return 1;
	*seen |= bit;
	return 0;
}

static int parse_extensions(struct stls_client_hello *hello,
			    struct stls_bytes list)
{
	struct stls_bytes data;
	uint64_t seen = 0;
	size_t type;
	int ret;

	while (list.len > 0) {
		if (stls_take_number(&list, 2, &type) < 0 ||
		    stls_take_vector(&list, 2, &data) < 0)
			return STLS_HELLO_LENGTH;
		hello->extension = (uint16_t)type;
		if (is_duplicate(&seen, type))
			return STLS_HELLO_DUPLICATE;
		if (type == EXTENSION_PRE_SHARED_KEY && list.len > 0)
			return STLS_HELLO_PSK_PLACE;
		ret = parse_extension(hello, type, data);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* ---- the message ---- */

static void note_scsvs(struct stls_client_hello *hello)
{
	size_t i;

	for (i = 0; i < stls_numbers(&hello->suites); i++) {
		switch (stls_number(&hello->suites, i)) {
		case SCSV_RENEGOTIATION:
			hello->renegotiation = 1;
			break;
		case SCSV_FALLBACK:
			hello->fallback_scsv = 1;
			break;
		default:
			break;
		}
	}
}

int stls_client_hello_parse(struct stls_client_hello *hello,
			    const unsigned char *body, size_t len)
{
	struct stls_bytes rest = { body, len }, extensions = { NULL, 0 };
	struct stls_bytes skipped;
	size_t version;
	int ret;

	memset(hello, 0, sizeof(*hello));
	if (stls_take_number(&rest, 2, &version) < 0 ||
	    stls_take(&rest, 32, &skipped) < 0 ||
	    stls_take_vector(&rest, 1, &skipped) < 0 || skipped.len > 32 ||
	    stls_take_vector(&rest, 2, &hello->suites) < 0 ||
	    stls_take_vector(&rest, 1, &hello->compression) < 0)
		return STLS_HELLO_LENGTH;
	hello->legacy_version = (uint16_t)version;
	if (hello->suites.len == 0 || hello->suites.len % 2 != 0 ||
	    hello->compression.len == 0)
		return STLS_HELLO_LENGTH;
	if (rest.len > 0 &&
	    (stls_take_vector(&rest, 2, &extensions) < 0 || rest.len > 0))
		return STLS_HELLO_LENGTH;
	note_scsvs(hello);
	ret = parse_extensions(hello, extensions);
	if (ret < 0)
		return ret;
	/* RFC 8446 appendix D.5. */
	if (hello->versions.data && hello->legacy_version <= STLS_SSL3)
		return STLS_HELLO_SSL3_VERSION;
	/* RFC 5246 section 7.4.1.2 and RFC 8446 section 4.1.2. */
	return memchr(hello->compression.data, 0, hello->compression.len)
		       ? 0
		       : STLS_HELLO_NO_NULL;
}

int stls_has_number(const struct stls_bytes *list, unsigned number)
{
	size_t i;

	for (i = 0; i < stls_numbers(list); i++) {
		if (stls_number(list, i) == number)
			return 1;
	}
	return 0;
}

int stls_hello_share(const struct stls_client_hello *hello, size_t *at)
{
	struct stls_bytes rest = hello->shares, key;
	size_t group;

	if (*at >= rest.len)
		return -1;
	rest.data += *at;
	rest.len -= *at;
	if (stls_take_number(&rest, 2, &group) < 0 ||
	    stls_take_vector(&rest, 2, &key) < 0)
		return -1;
	*at = hello->shares.len - rest.len;
	return (int)group;
}

/* ---- records ---- */

/*
 * SSLv2's hello starts with a two-byte length with the high bit set, the
 * message type 1 and the version.
 */
static int is_ssl2(const struct stls_bytes *bytes)
{
	return bytes->len >= 3 && bytes->data[0] & 0x80 && bytes->data[2] == 1;
}

/* Take the next record off `bytes`: 0, TRUNCATED, NO_TLS or LENGTH. */
static int take_record(struct stls_bytes *bytes, struct stls_bytes *fragment)
{
	struct stls_bytes rest = *bytes;
	size_t type, version;

	if (bytes->len > 0 && bytes->data[0] != CONTENT_HANDSHAKE)
		return STLS_HELLO_NO_TLS;
	if (bytes->len > 1 && bytes->data[1] != 3)
		return STLS_HELLO_NO_TLS;
	if (stls_take_number(&rest, 1, &type) < 0 ||
	    stls_take_number(&rest, 2, &version) < 0 ||
	    stls_take_vector(&rest, 2, fragment) < 0)
		return STLS_HELLO_TRUNCATED;
	*bytes = rest;
	return fragment->len == 0 ? STLS_HELLO_LENGTH : 0;
}

/* Reassemble the message from its records. */
static int collect(struct stls_bytes *message, struct stls_bytes rest,
		   unsigned char *memory, size_t size)
{
	struct stls_bytes fragment;
	size_t held = 0, len = MESSAGE_HEADER;
	int ret;

	while (held < len) {
		ret = take_record(&rest, &fragment);
		if (ret < 0)
			return ret;
		if (fragment.len > size - held)
			return STLS_HELLO_TOO_LONG;
		memcpy(memory + held, fragment.data, fragment.len);
		held += fragment.len;
		if (held >= MESSAGE_HEADER)
			len = MESSAGE_HEADER + ((size_t)memory[1] << 16 |
						(size_t)memory[2] << 8 |
						memory[3]);
	}
	message->data = memory;
	message->len = held;
	return 0;
}

int stls_client_hello_find(struct stls_bytes *body, const unsigned char *bytes,
			   size_t len, unsigned char *memory, size_t size)
{
	struct stls_bytes rest = { bytes, len }, message;
	size_t type, message_len;
	int ret;

	if (is_ssl2(&rest))
		return STLS_HELLO_SSL2;
	ret = take_record(&rest, &message);
	if (ret < 0)
		return ret;
	if (message.data[0] != TYPE_CLIENT_HELLO)
		return STLS_HELLO_NO_HELLO;
	rest = message;
	if (stls_take_number(&rest, 1, &type) < 0 ||
	    stls_take_number(&rest, 3, &message_len) < 0 ||
	    rest.len < message_len) {
		rest.data = bytes;
		rest.len = len;
		ret = collect(&message, rest, memory, size);
		if (ret < 0)
			return ret;
		rest = message;
		(void)stls_take_number(&rest, 1, &type);
		(void)stls_take_number(&rest, 3, &message_len);
	}
	return stls_take(&rest, message_len, body);
}
