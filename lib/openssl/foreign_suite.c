/* SPDX-License-Identifier: MIT */
/*
 * openssl/foreign_suite: cipher suites under names other than OpenSSL's.
 *
 * IANA, GnuTLS, Java, Go, nmap, Schannel, LibreSSL, NSS and rustls write the
 * same parts of a suite's name in the same order, and differ in case,
 * separators, and the words around the parts. So a name is reduced to its
 * parts, and compared with the reduced names of the suite table. An exact match
 * takes precedence.
 *
 * A suite that OpenSSL 3.0 lacks is never taken for another one: neither a
 * suite with static Diffie-Hellman nor a word of an older OpenSSL, although it
 * is one letter away from a current word.
 */
#include "openssl/foreign_suite.h"

#include <stdint.h>
#include <string.h>

#include "base/ascii.h"
#include "openssl/cipher_word.h"
#include "openssl/suite_table.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define ABSENT	     "not a suite of OpenSSL 3.0"
#define OF_13	     "a suite of TLS 1.3"
#define NOT_OF_13    "not a suite of TLS 1.3"

/* A name's parts, in lower case, without separators or words around them. */
struct parts {
	char text[STLS_WORD_MAX + 1];
	size_t length;
	int tls;   /* the name began with TLS_ or SSL_ */
	int tls13; /* or had a prefix of TLS 1.3 suites only */
};

static void cut(struct parts *parts, size_t from, size_t length)
{
	memmove(parts->text + from, parts->text + from + length,
		parts->length - from - length + 1);
	parts->length -= length;
}

static int cut_prefix(struct parts *parts, const char *prefix)
{
	size_t length = strlen(prefix);

	if (strncmp(parts->text, prefix, length) != 0)
		return 0;
	cut(parts, 0, length);
	return 1;
}

/* Schannel appends the curve to the suite. */
static void cut_curve(struct parts *parts)
{
	static const char curves[][5] = { "p256", "p384", "p521" };
	size_t i;

	for (i = 0; i < COUNT(curves); i++) {
		size_t from = parts->length - 4;

		if (parts->length > 4 &&
		    strcmp(parts->text + from, curves[i]) == 0)
			cut(parts, from, 4);
	}
}

/* Returns 0 if `name` cannot be a suite's name. */
static int reduce(struct parts *parts, const char *name, size_t length)
{
	const char *with;
	size_t i;

	memset(parts, 0, sizeof(*parts));
	for (i = 0; i < length; i++) {
		char byte = (char)stls_ascii_lower(name[i]);

		if (byte == '-' || byte == '_' || byte == '.')
			continue;
		if (!stls_ascii_alnum(byte) || parts->length == STLS_WORD_MAX)
			return 0;
		parts->text[parts->length++] = byte;
	}
	cut_curve(parts);
	if (cut_prefix(parts, "tls13") || cut_prefix(parts, "aead"))
		parts->tls13 = 1;
	else if (cut_prefix(parts, "tls") || cut_prefix(parts, "ssl"))
		parts->tls = 1;
	if (cut_prefix(parts, "akewith"))
		parts->tls13 = 1;
	with = strstr(parts->text, "with");
	if (with)
		cut(parts, (size_t)(with - parts->text), 4);
	return parts->length > 0;
}

static int has_name(size_t row, const char *name, const struct parts *parts)
{
	struct parts here;

	if (parts->tls13 && row < STLS_SUITES_LISTED)
		return 0;
	return name[0] && reduce(&here, name, strlen(name)) &&
	       here.tls >= parts->tls && strcmp(here.text, parts->text) == 0;
}

static int has_parts(size_t row, const struct parts *parts)
{
	const struct stls_suite *suite = stls_suite(row);

	return has_name(row, suite->openssl, parts) ||
	       has_name(row, suite->iana, parts) ||
	       has_name(row, suite->gnutls, parts);
}

/*
 * Without a prefix, AES-256-GCM-SHA384 is a TLS 1.3 suite or one with RSA key
 * exchange: the setting decides which is tried first.
 */
static int find_parts(const struct parts *parts, enum stls_setting setting)
{
	size_t first =
		setting == STLS_SETTING_CIPHERSUITES ? STLS_SUITES_LISTED : 0;
	size_t i;

	for (i = 0; i < STLS_SUITES; i++) {
		size_t row = (first + i) % STLS_SUITES;

		if (has_parts(row, parts))
			return (int)row;
	}
	return -1;
}

static int begins(const char *word, size_t length, const char *prefix)
{
	size_t prefix_length = strlen(prefix);

	return length >= prefix_length &&
	       stls_ascii_equal(word, prefix, prefix_length);
}

static const char *whose_name(const char *word, size_t length)
{
	static const struct {
		char prefix[12];
		const char *what;
	} prefixes[] = {
		{ "TLS_AKE_", "nmap's name" },
		{ "AEAD-", "LibreSSL's name" },
		{ "TLS13_", "rustls's name" },
		{ "SSL_", "Java's old name" },
	};
	size_t i;

	if (length > 5 && memcmp(word + length - 5, "_P", 2) == 0)
		return "Schannel's name";
	for (i = 0; i < COUNT(prefixes); i++) {
		if (begins(word, length, prefixes[i].prefix))
			return prefixes[i].what;
	}
	if (stls_suite_by_iana(word, length) >= 0)
		return "IANA's name";
	if (stls_suite_by_gnutls(word, length) >= 0)
		return "GnuTLS's name";
	return "another spelling";
}

static int is_13(int row)
{
	return stls_suite((size_t)row)->min_version == STLS_TLS1_3;
}

static int hint_suite(struct stls_word_hint *hint, int row, const char *word,
		      size_t length)
{
	const char *name = stls_suite((size_t)row)->openssl;
	int here = is_13(row) == (hint->setting == STLS_SETTING_CIPHERSUITES);

	if (!name[0])
		return stls_word_hint(hint, STLS_CURE_REMOVE, ABSENT, "");
	if (here)
		return stls_word_hint(hint, STLS_CURE_RENAME,
				      whose_name(word, length), name);
	if (!is_13(row)) {
		hint->setting = STLS_SETTING_CIPHERS;
		return stls_word_hint(hint, STLS_CURE_MOVE, NOT_OF_13, name);
	}
	hint->setting = STLS_SETTING_CIPHERSUITES;
	return stls_word_hint(
		hint, hint->excluded ? STLS_CURE_LEAVE_OUT : STLS_CURE_MOVE,
		OF_13, name);
}

/* GnuTLS's names for parts of a suite. */
static int hint_part(struct stls_word_hint *hint, const struct parts *parts)
{
	static const struct {
		char parts[20];
		char with[16];
	} words[] = {
		{ "aes128gcm", "AES128+AESGCM" },
		{ "aes256gcm", "AES256+AESGCM" },
		{ "aes128cbc", "AES128+CBC" },
		{ "aes256cbc", "AES256+CBC" },
		{ "chacha20poly1305", "CHACHA20" },
		{ "camellia128cbc", "CAMELLIA128" },
		{ "camellia256cbc", "CAMELLIA256" },
		{ "ecdhersa", "ECDHE+aRSA" },
		{ "ecdheecdsa", "ECDHE+aECDSA" },
		{ "dhersa", "DHE+aRSA" },
		{ "anondh", "ADH" },
		{ "anonecdh", "AECDH" },
	};
	size_t i;

	for (i = 0; i < COUNT(words); i++) {
		if (strcmp(words[i].parts, parts->text) == 0)
			return stls_word_hint(hint, STLS_CURE_RENAME,
					      "another name", words[i].with);
	}
	return 0;
}

/* Words of older versions of OpenSSL that 3.0 does not know. */
static int is_retired(const char *word, size_t length)
{
	static const char words[][12] = {
		"DES",	  "EXP",    "EXPORT", "EXPORT40", "EXPORT56", "IDEA",
		"RC2",	  "RC4",    "SEED",   "SSLv2",	  "aDH",      "aECDH",
		"aGOST",  "aKRB5",  "kDH",    "kDHd",	  "kDHr",     "kECDH",
		"kECDHe", "kECDHr", "kFZA",   "kGOST",	  "kKRB5",    "KRB5",
	};
	static const char prefixes[][12] = { "ECDH-RSA-", "ECDH-ECDSA-",
					     "DH-RSA-",	  "DH-DSS-",
					     "EXP-",	  "EXP1024-" };
	size_t i;

	for (i = 0; i < COUNT(words); i++) {
		if (stls_word_compare(word, length, words[i]) == 0)
			return 1;
	}
	for (i = 0; i < COUNT(prefixes); i++) {
		if (begins(word, length, prefixes[i]))
			return 1;
	}
	return 0;
}

static int ends(const char *word, size_t length, const char *suffix)
{
	size_t suffix_length = strlen(suffix);

	return length >= suffix_length && memcmp(word + length - suffix_length,
						 suffix, suffix_length) == 0;
}

/* A name in IANA's style, of a suite that OpenSSL 3.0 lacks. */
static int is_absent(const char *word, size_t length)
{
	static const char parts[][12] = { "TLS_DH_", "TLS_ECDH_", "_RC4_",
					  "_RC2_",   "_DES_",	  "_DES40_",
					  "_3DES_",  "_IDEA_",	  "_SEED_",
					  "_EXPORT", "TLS_KRB" };
	char text[STLS_WORD_MAX];
	size_t i;

	if (length >= sizeof(text) ||
	    !(begins(word, length, "TLS_") || begins(word, length, "SSL_")))
		return 0;
	memcpy(text, word, length);
	text[length] = '\0';
	for (i = 0; i < COUNT(parts); i++) {
		if (strstr(text, parts[i]))
			return 1;
	}
	return 0;
}

int stls_foreign_suite(struct stls_word_hint *hint, const char *word,
		       size_t length)
{
	struct parts parts;
	int row;

	if (ends(word, length, "_SCSV"))
		return stls_word_hint(
			hint, STLS_CURE_REMOVE,
			"not a suite but a signalling value (SCSV)", "");
	row = stls_suite_by_openssl(word, length);
	if (row < 0)
		row = stls_suite_by_iana(word, length);
	if (row < 0)
		row = stls_suite_by_gnutls(word, length);
	if (row < 0 && reduce(&parts, word, length)) {
		row = find_parts(&parts, hint->setting);
		if (row < 0 && hint->setting == STLS_SETTING_CIPHERS &&
		    hint_part(hint, &parts))
			return 1;
	}
	if (row >= 0)
		return hint_suite(hint, row, word, length);
	if (is_absent(word, length))
		return stls_word_hint(hint, STLS_CURE_REMOVE, ABSENT, "");
	return 0;
}

/* Whether the word begins the list, the only place where DEFAULT is read. */
static int begins_list(const struct stls_word_hint *hint)
{
	return hint->word.position == 0 &&
	       hint->word.length == hint->item.length;
}

int stls_foreign_suite_near(struct stls_word_hint *hint, const char *word,
			    size_t length)
{
	int want_13 = hint->setting == STLS_SETTING_CIPHERSUITES;
	struct stls_nearest nearest;
	const char *alias;
	size_t i;

	if (is_retired(word, length))
		return 0;
	stls_nearest_begin(&nearest, word, length);
	for (i = 0; !want_13 && (alias = stls_cipher_alias(i)); i++)
		stls_nearest_try(&nearest, alias, alias);
	if (!want_13)
		stls_nearest_try(&nearest, "DEFAULT",
				 begins_list(hint) ? "DEFAULT" : "");
	for (i = 0; i < STLS_SUITES_OPENSSL; i++) {
		const struct stls_suite *suite = stls_suite(i);

		if (is_13((int)i) != want_13)
			continue;
		stls_nearest_try(&nearest, suite->openssl, suite->openssl);
		stls_nearest_try(&nearest, suite->iana, suite->openssl);
	}
	if (!stls_nearest_found(&nearest))
		return 0;
	return stls_word_hint(hint, STLS_CURE_SLIP, NULL, nearest.with);
}
