/* SPDX-License-Identifier: MIT */
/*
 * openssl/foreign_algorithm: groups and signature algorithms under names other
 * than OpenSSL's: NIST's P256, GnuTLS's GROUP-X25519, OpenSSH's nistp256, names
 * from drafts; SIGN-RSA-SHA256, Java's SHA256withRSA, Go's PKCS1WithSHA256,
 * rustls's ECDSA_NISTP256_SHA256, JOSE's PS256.
 *
 * A name is reduced to its letters and digits. A group is found by the reduced
 * name; a signature algorithm by the few words in it, in any order: a hash, the
 * type of key, the padding.
 */
#include "openssl/foreign_algorithm.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "openssl/group_list.h"
#include "openssl/sigalg_list.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ANOTHER	     "another name"

/* Keep letters, in lower case, and digits; 0: other bytes, or too long. */
static int reduce(char text[STLS_WORD_MAX], const char *word, size_t length,
		  const char *separators)
{
	size_t used = 0, i;

	for (i = 0; i < length; i++) {
		char byte = (char)stls_ascii_lower(word[i]);

		if (byte && strchr(separators, byte))
			continue;
		if (!stls_ascii_alnum(byte) || used + 1 == STLS_WORD_MAX)
			return 0;
		text[used++] = byte;
	}
	text[used] = '\0';
	return used > 0;
}

static const char *skip_prefix(const char *text, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(text, prefix, length) == 0 ? text + length : text;
}

/* ---- groups ---- */

static const char *find_group(const char *text)
{
	static const struct {
		char text[24];
		char name[16];
	} others[] = {
		{ "25519", "X25519" },
		{ "curve25519", "X25519" },
		{ "448", "X448" },
		{ "curve448", "X448" },
		{ "goldilocks", "X448" },
		{ "prime384v1", "P-384" },
		{ "prime521v1", "P-521" },
		{ "mlkem768x25519", "X25519MLKEM768" },
	};
	const char *name;
	size_t i;

	for (i = 0; i < COUNT(others); i++) {
		if (strcmp(text, others[i].text) == 0)
			return others[i].name;
	}
	for (i = 0; (name = stls_group_name(i)); i++) {
		char here[STLS_WORD_MAX];

		if (reduce(here, name, strlen(name), "-") &&
		    strcmp(text, here) == 0)
			return name;
	}
	return NULL;
}

int stls_foreign_group(struct stls_word_hint *hint, const char *word,
		       size_t length)
{
	static const char prefixes[][8] = { "group", "curve", "nist", "ecdh",
					    "ec" };
	char text[STLS_WORD_MAX];
	const char *rest = text, *name;
	size_t i;

	if (!reduce(text, word, length, "-_. "))
		return 0;
	if (strcmp(text, "x25519kyber768") == 0 ||
	    strcmp(text, "x25519kyber768draft00") == 0)
		return stls_word_hint(hint, STLS_CURE_REPLACE,
				      "a draft of X25519MLKEM768",
				      "X25519MLKEM768");
	name = find_group(text);
	for (i = 0; !name && i < COUNT(prefixes); i++) {
		rest = skip_prefix(rest, prefixes[i]);
		name = find_group(rest);
	}
	if (!name)
		return 0;
	return stls_word_hint(hint, STLS_CURE_RENAME,
			      strncmp(text, "group", 5) == 0 ? "GnuTLS's name"
							     : ANOTHER,
			      name);
}

int stls_foreign_group_near(struct stls_word_hint *hint, const char *word,
			    size_t length)
{
	struct stls_nearest nearest;
	const char *name;
	size_t i;

	stls_nearest_begin(&nearest, word, length);
	for (i = 0; (name = stls_group_name(i)); i++)
		stls_nearest_try(&nearest, name, name);
	/* No prefix has an effect on DEFAULT. */
	if (hint->word.length == hint->item.length)
		stls_nearest_try(&nearest, "DEFAULT", "DEFAULT");
	if (!stls_nearest_found(&nearest))
		return 0;
	return stls_word_hint(hint, STLS_CURE_SLIP, NULL, nearest.with);
}

/* ---- signature algorithms ---- */

#define RSA    0x01
#define PSS    0x02
#define PSSKEY 0x04
#define ECDSA  0x08
#define DSA    0x10
#define PKCS1  0x20
#define FILLER 0x00

struct signature {
	unsigned kind;
	int bits; /* of the hash; 0: none */
};

/* A word comes before any word that is a prefix of it. */
static const struct {
	char text[12];
	uint8_t kind;
	uint16_t bits;
} signature_words[] = {
	{ "sha512", FILLER, 512 },   { "sha384", FILLER, 384 },
	{ "sha256", FILLER, 256 },   { "sha224", FILLER, 224 },
	{ "sha1", FILLER, 1 },	     { "nistp256", FILLER, 0 },
	{ "nistp384", FILLER, 0 },   { "nistp521", FILLER, 0 },
	{ "secp256r1", FILLER, 0 },  { "secp384r1", FILLER, 0 },
	{ "secp521r1", FILLER, 0 },  { "p256", FILLER, 0 },
	{ "p384", FILLER, 0 },	     { "p521", FILLER, 0 },
	{ "encryption", FILLER, 0 }, { "with", FILLER, 0 },
	{ "and", FILLER, 0 },	     { "sign", FILLER, 0 },
	{ "rsassapss", PSS, 0 },     { "rsapsspss", PSS | PSSKEY, 0 },
	{ "rsapssrsae", PSS, 0 },    { "rsapss", PSS, 0 },
	{ "pss", PSS, 0 },	     { "pkcs1", PKCS1, 0 },
	{ "rsa", RSA, 0 },	     { "ecdsa", ECDSA, 0 },
	{ "dsa", DSA, 0 },
};

/* JOSE's names (RFC 7518), and schemes whose names contain no hash. */
static const struct {
	char text[16];
	char name[20];
} whole_names[] = {
	{ "rs256", "RSA+SHA256" },	    { "rs384", "RSA+SHA384" },
	{ "rs512", "RSA+SHA512" },	    { "ps256", "rsa_pss_rsae_sha256" },
	{ "ps384", "rsa_pss_rsae_sha384" }, { "ps512", "rsa_pss_rsae_sha512" },
	{ "es256", "ECDSA+SHA256" },	    { "es384", "ECDSA+SHA384" },
	{ "es512", "ECDSA+SHA512" },	    { "ed25519", "ed25519" },
	{ "eddsaed25519", "ed25519" },	    { "ed448", "ed448" },
	{ "eddsaed448", "ed448" },
};

static const char *next_word(const char *text, struct signature *signature)
{
	size_t i;

	for (i = 0; i < COUNT(signature_words); i++) {
		const char *rest = skip_prefix(text, signature_words[i].text);

		if (rest == text)
			continue;
		if (signature_words[i].bits && signature->bits)
			return NULL;
		signature->kind |= signature_words[i].kind;
		if (signature_words[i].bits)
			signature->bits = signature_words[i].bits;
		return rest;
	}
	return NULL;
}

static int read_signature(const char *text, struct signature *signature)
{
	memset(signature, 0, sizeof(*signature));
	while (text && *text)
		text = next_word(text, signature);
	return text && signature->bits;
}

static int write_signature(char with[STLS_WORD_MAX],
			   const struct signature *signature)
{
	const char *kind;

	switch (signature->kind) {
	case PSS | PSSKEY:
		kind = "rsa_pss_pss_sha";
		break;
	case PSS:
	case PSS | RSA:
		kind = "rsa_pss_rsae_sha";
		break;
	case RSA:
	case PKCS1:
	case RSA | PKCS1:
		kind = "RSA+SHA";
		break;
	case ECDSA:
		kind = "ECDSA+SHA";
		break;
	case DSA:
		kind = "DSA+SHA";
		break;
	default:
		return 0;
	}
	if (signature->kind & PSS && signature->bits < 256)
		return 0;
	(void)snprintf(with, STLS_WORD_MAX, "%s%d", kind, signature->bits);
	return 1;
}

int stls_foreign_sigalg(struct stls_word_hint *hint, const char *word,
			size_t length)
{
	char text[STLS_WORD_MAX], with[STLS_WORD_MAX] = "";
	struct signature signature;
	const char *rest;
	size_t i;

	if (!reduce(text, word, length, "-_+. "))
		return 0;
	rest = skip_prefix(text, "sign");
	for (i = 0; i < COUNT(whole_names); i++) {
		if (strcmp(rest, whole_names[i].text) == 0)
			strcpy(with, whole_names[i].name);
	}
	if (!with[0] && (!read_signature(text, &signature) ||
			 !write_signature(with, &signature)))
		return 0;
	return stls_word_hint(hint, STLS_CURE_RENAME,
			      length > 5 && memcmp(word, "SIGN-", 5) == 0
				      ? "GnuTLS's name"
				      : ANOTHER,
			      with);
}

int stls_foreign_sigalg_near(struct stls_word_hint *hint, const char *word,
			     size_t length)
{
	static const char kinds[][8] = { "RSA", "ECDSA", "DSA", "PSS",
					 "RSA-PSS" };
	static const char hashes[][8] = { "SHA1", "SHA224", "SHA256", "SHA384",
					  "SHA512" };
	struct stls_nearest nearest;
	const char *name;
	size_t i, j;

	stls_nearest_begin(&nearest, word, length);
	for (i = 0; (name = stls_sigalg_name(i)); i++)
		if (name[0])
			stls_nearest_try(&nearest, name, name);
	for (i = 0; i < COUNT(kinds); i++) {
		for (j = 0; j < COUNT(hashes); j++) {
			char pair[20];

			/* PSS has no hash below SHA-256. */
			if (i >= 3 && j < 2)
				continue;
			(void)snprintf(pair, sizeof(pair), "%.7s+%.6s",
				       kinds[i], hashes[j]);
			stls_nearest_try(&nearest, pair, pair);
		}
	}
	if (!stls_nearest_found(&nearest))
		return 0;
	return stls_word_hint(hint, STLS_CURE_SLIP, NULL, nearest.with);
}
