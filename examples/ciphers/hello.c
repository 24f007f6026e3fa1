/* SPDX-License-Identifier: MIT */
/*
 * smtptls-ciphers --hello: what a server would do with a recorded ClientHello.
 *
 * A recording is TLS records as sent by a client, or the same bytes in
 * hexadecimal. The first byte tells which, since a record begins with one that
 * no text begins with. A file is read to its end, but no further than 512 KiB:
 * enough for the longest hello, in records of one byte each, in spaced
 * hexadecimal.
 *
 * Nothing is printed on standard output if there is no hello to judge.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply.h"
#include "hello.h"

enum { FILE_MAX = 512 * 1024 };

enum { CHOSEN = 0, MALFORMED = 1, REFUSED = 3 }; /* exit status */

static const struct key {
	const char *name;
	unsigned mask;
} key_types[] = {
	{ "rsa", SMTPTLS_KEY_RSA_SIGN | SMTPTLS_KEY_RSA_ENCRYPT },
	{ "rsa-pss", SMTPTLS_KEY_RSA_PSS },
	{ "ecdsa", SMTPTLS_KEY_ECDSA_P256 },
	{ "ecdsa-p384", SMTPTLS_KEY_ECDSA_P384 },
	{ "ecdsa-p521", SMTPTLS_KEY_ECDSA_P521 },
	{ "ed25519", SMTPTLS_KEY_ED25519 },
	{ "ed448", SMTPTLS_KEY_ED448 },
};

enum { N_KEY_TYPES = sizeof(key_types) / sizeof(key_types[0]) };

size_t hello_keys(const char *list, unsigned *keys)
{
	const char *word = list;
	size_t len, i;

	for (*keys = 0;; word += len + 1) {
		len = strcspn(word, ",");
		for (i = 0; i < N_KEY_TYPES; i++)
			if (strlen(key_types[i].name) == len &&
			    memcmp(key_types[i].name, word, len) == 0)
				break;
		if (i == N_KEY_TYPES)
			return (size_t)(word - list) + 1;
		*keys |= key_types[i].mask;
		if (!word[len])
			return 0;
	}
}

unsigned hello_key_type(const char *name)
{
	static const char *const types[N_KEY_TYPES] = {
		"RSA",	       "RSA-PSS", "ECDSA P-256", "ECDSA P-384",
		"ECDSA P-521", "Ed25519", "Ed448"
	};

	for (size_t i = 0; i < N_KEY_TYPES; i++)
		if (strcmp(types[i], name) == 0)
			return key_types[i].mask;
	return 0;
}

void hello_print_keys(unsigned keys)
{
	const char *comma = "";

	for (size_t i = 0; i < N_KEY_TYPES; i++) {
		if (!(key_types[i].mask & keys))
			continue;
		printf("%s%s", comma, key_types[i].name);
		comma = ",";
	}
}

static const char *key_name(int key)
{
	for (size_t i = 0; i < N_KEY_TYPES; i++)
		if (key_types[i].mask & (unsigned)key)
			return key_types[i].name;
	return "-";
}

static int complain(const char *name, const char *what)
{
	fprintf(stderr, "smtptls-ciphers: --hello %s: %s\n", name, what);
	return MALFORMED;
}

/* ------------------------------------------------------------------------ */
/* Reading                                                                   */

/* Read a whole file into `bytes`, of FILE_MAX; 0, or -1 and a complaint. */
static int read_file(const char *name, unsigned char *bytes, size_t *len)
{
	FILE *file = strcmp(name, "-") == 0 ? stdin : fopen(name, "rb");
	int ret = -1;

	if (!file) {
		complain(name, strerror(errno));
		return -1;
	}
	*len = fread(bytes, 1, FILE_MAX, file);
	if (*len == FILE_MAX && getc(file) != EOF)
		complain(name, "longer than 512 KiB");
	else if (ferror(file))
		complain(name, strerror(errno));
	else
		ret = 0;
	if (file != stdin)
		fclose(file);
	return ret;
}

/* The type of TLS's handshake records, or SSLv2's two-byte length. */
static int is_raw(const unsigned char *bytes, size_t len)
{
	return len > 0 && (bytes[0] == 0x16 || bytes[0] & 0x80);
}

static int is_space(unsigned char c)
{
	return c && strchr(" \t\r\n\f\v", c);
}

/* Decode in place, since bytes are shorter; 0, or -1 and a complaint. */
static int read_hex(const char *name, unsigned char *bytes, size_t *len)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	size_t n = 0; /* digits */
	char what[80];

	for (size_t i = 0; i < *len; i++) {
		unsigned char c = bytes[i];
		const char *digit = c ? strchr(digits, c) : NULL;
		if (is_space(c))
			continue;
		if (!digit) {
			snprintf(what, sizeof(what),
				 "neither TLS records nor hexadecimal (byte "
				 "%zu)",
				 i + 1);
			complain(name, what);
			return -1;
		}
		unsigned value = (unsigned)(digit - digits) % 16;
		bytes[n / 2] = (unsigned char)(n % 2 ? bytes[n / 2] | value
						     : value << 4);
		n++;
	}
	if (n % 2) {
		complain(name, "an odd number of hexadecimal digits");
		return -1;
	}
	*len = n / 2;
	return 0;
}

/* ------------------------------------------------------------------------ */
/* The answer                                                                */

static const char *or_dash(const char *name)
{
	return name ? name : "-";
}

static int print_answer(const struct smtptls_answer *answer)
{
	if (answer->reason) {
		printf("reason: %s (%d)\ncause: %s\n",
		       smtptls_reason_name(answer->reason), answer->reason,
		       answer->text);
		return REFUSED;
	}
	printf("protocol: %s\nopenssl: %s\niana: %s\ngnutls: %s\n"
	       "group: %s\nkey: %s\nretry: %s\n",
	       answer->protocol, or_dash(answer->cipher_openssl),
	       or_dash(answer->cipher_iana), or_dash(answer->cipher_gnutls),
	       or_dash(answer->group), key_name(answer->key),
	       answer->retry ? "yes" : "no");
	return CHOSEN;
}

int hello_judge(const char *file, const struct smtptls_policy *policy,
		unsigned keys, const struct smtptls_policy_spec *spec)
{
	unsigned char *bytes = malloc(FILE_MAX);
	struct smtptls_answer answer;
	int status = MALFORMED;
	size_t len;

	if (!bytes)
		return complain(file, strerror(ENOMEM));
	if (read_file(file, bytes, &len) < 0 ||
	    (!is_raw(bytes, len) && read_hex(file, bytes, &len) < 0))
		goto out;
	switch (smtptls_policy_judge(policy, bytes, len,
				     keys ? keys : HELLO_DEFAULT_KEYS, &answer,
				     sizeof(answer))) {
	case 0:
		status = spec ? apply_print(spec, keys, &answer)
			      : print_answer(&answer);
		break;
	case SMTPTLS_E_NOMEM:
		complain(file, strerror(ENOMEM));
		break;
	case SMTPTLS_E_AGAIN:
		complain(file, "the ClientHello is cut off");
		break;
	case SMTPTLS_E_LIMIT:
		complain(file, "the ClientHello is longer than 16 KiB");
		break;
	default:
		complain(file, "not a ClientHello");
		break;
	}
out:
	free(bytes);
	return status;
}
