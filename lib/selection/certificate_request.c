/* SPDX-License-Identifier: MIT */
/*
 * selection/certificate_request: what a server requires of a client's
 * certificate (RFC 8446 section 4.3.2, RFC 5246 section 7.4.4).
 *
 * Nothing is allocated, and no byte outside the message is read. Faults that
 * GnuTLS itself refuses, such as a repeated extension, are left to it.
 */
#include "selection/certificate_request.h"

#include <string.h>

#include "openssl/sigalg_list.h"
#include "policy/key_type.h"
#include "policy/policy.h"
#include "selection/client_hello.h"
#include "selection/vector.h"

#define EXTENSION_SIGNATURE_ALGORITHMS	  13
#define EXTENSION_CERTIFICATE_AUTHORITIES 47

/* ClientCertificateType values; each names a type of key. */
#define RSA_SIGN   1
#define ECDSA_SIGN 64

static int check_authorities(struct stls_bytes left)
{
	struct stls_bytes name;

	while (left.len > 0) {
		if (stls_take_vector(&left, 2, &name) < 0)
			return -1;
	}
	return 0;
}

static int parse_tls12(struct stls_certificate_request *request,
		       struct stls_bytes rest)
{
	if (stls_take_vector(&rest, 1, &request->types) < 0)
		return -1;
	if (request->version == STLS_TLS1_2 &&
	    (stls_take_vector(&rest, 2, &request->sigalgs) < 0 ||
	     request->sigalgs.len % 2 != 0))
		return -1;
	if (stls_take_vector(&rest, 2, &request->authorities) < 0 ||
	    rest.len > 0)
		return -1;
	return check_authorities(request->authorities);
}

static int parse_extension(struct stls_certificate_request *request,
			   size_t type, struct stls_bytes data)
{
	switch (type) {
	case EXTENSION_SIGNATURE_ALGORITHMS:
		return stls_take_vector(&data, 2, &request->sigalgs) < 0 ||
				       data.len > 0 ||
				       request->sigalgs.len % 2 != 0
			       ? -1
			       : 0;
	case EXTENSION_CERTIFICATE_AUTHORITIES:
		if (stls_take_vector(&data, 2, &request->authorities) < 0 ||
		    data.len > 0)
			return -1;
		return check_authorities(request->authorities);
	default:
		return 0;
	}
}

static int parse_tls13(struct stls_certificate_request *request,
		       struct stls_bytes rest)
{
	struct stls_bytes context, extensions, data;
	size_t type;

	if (stls_take_vector(&rest, 1, &context) < 0 ||
	    stls_take_vector(&rest, 2, &extensions) < 0 || rest.len > 0)
		return -1;
	while (extensions.len > 0) {
		if (stls_take_number(&extensions, 2, &type) < 0 ||
		    stls_take_vector(&extensions, 2, &data) < 0 ||
		    parse_extension(request, type, data) < 0)
			return -1;
	}
	return request->sigalgs.data ? 0 : -1;
}

int stls_certificate_request_parse(struct stls_certificate_request *request,
				   uint16_t version, const unsigned char *body,
				   size_t len)
{
	const struct stls_bytes whole = { body, len };

	memset(request, 0, sizeof(*request));
	request->version = version;
	return version == STLS_TLS1_3 ? parse_tls13(request, whole)
				      : parse_tls12(request, whole);
}

int stls_next_authority(struct stls_bytes *left, struct stls_bytes *name)
{
	return stls_take_vector(left, 2, name) == 0;
}

/* Before TLS 1.3 the server must have named the key's certificate type. */
static int has_type(const struct stls_certificate_request *request,
		    unsigned keys)
{
	int type = keys & STLS_KEYS_RSA ? RSA_SIGN : ECDSA_SIGN;

	return request->types.len > 0 &&
	       memchr(request->types.data, type, request->types.len) != NULL;
}

/* 1 if the key can sign with `code`, an algorithm that the server has named. */
static int can_sign(const struct stls_certificate_request *request,
		    unsigned keys, unsigned code, uint32_t sigalgs)
{
	unsigned signers = request->version == STLS_TLS1_3
				   ? stls_key_of_sigalg_tls13(code)
				   : stls_keys_of_sigalg_tls12(code);
	int row = stls_sigalg_by_code(code);

	return row >= 0 && sigalgs >> row & 1 && keys & signers &&
	       !stls_keys_too_short(keys, code);
}

int stls_request_takes(const struct stls_certificate_request *request,
		       unsigned keys, uint32_t sigalgs)
{
	size_t i;

	if (request->version < STLS_TLS1_3 && !has_type(request, keys))
		return 0;
	if (request->version < STLS_TLS1_2)
		return (keys & (SMTPTLS_KEY_RSA_SIGN | STLS_KEYS_ECDSA)) != 0;
	for (i = 0; i < stls_numbers(&request->sigalgs); i++) {
		if (can_sign(request, keys, stls_number(&request->sigalgs, i),
			     sigalgs))
			return 1;
	}
	return 0;
}
