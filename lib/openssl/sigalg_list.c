/* SPDX-License-Identifier: MIT */
/*
 * OpenSSL's list of signature algorithms: names separated by colons, with
 * optional white space around a name.
 *
 * A name is TLS's own (rsa_pss_rsae_sha256), or an algorithm and a hash in
 * either order joined by + (ECDSA+SHA384, sha256+RSA). With a hash, PSS and
 * RSA-PSS mean the rsa_pss_rsae schemes. Names are case-sensitive. An unknown,
 * empty or repeated name is an error; an unknown name after ? is skipped and
 * reported in the list's skips.
 *
 * GnuTLS has two words for ECDSA: one ties the hash to a curve, as TLS 1.3
 * does, the other does not. Nothing is allocated; the time is linear.
 */
#include "openssl/sigalg_list.h"

#include <string.h>

/* In strcmp's order of the names. */
static const struct stls_sigalg table[STLS_SIGALGS] = {
	{ "dsa_sha1", 0x0202, "SIGN-DSA-SHA1", "" },
	{ "dsa_sha224", 0x0302, "SIGN-DSA-SHA224", "" },
	{ "dsa_sha256", 0x0402, "SIGN-DSA-SHA256", "" },
	{ "dsa_sha384", 0x0502, "SIGN-DSA-SHA384", "" },
	{ "dsa_sha512", 0x0602, "SIGN-DSA-SHA512", "" },
	{ "ecdsa_secp256r1_sha256", 0x0403, "SIGN-ECDSA-SHA256",
	  "SIGN-ECDSA-SECP256R1-SHA256" },
	{ "ecdsa_secp384r1_sha384", 0x0503, "SIGN-ECDSA-SHA384",
	  "SIGN-ECDSA-SECP384R1-SHA384" },
	{ "ecdsa_secp521r1_sha512", 0x0603, "SIGN-ECDSA-SHA512",
	  "SIGN-ECDSA-SECP521R1-SHA512" },
	{ "ecdsa_sha1", 0x0203, "SIGN-ECDSA-SHA1", "" },
	{ "ecdsa_sha224", 0x0303, "SIGN-ECDSA-SHA224", "" },
	{ "ed25519", 0x0807, "SIGN-EdDSA-Ed25519", "SIGN-EdDSA-Ed25519" },
	{ "ed448", 0x0808, "SIGN-EdDSA-Ed448", "SIGN-EdDSA-Ed448" },
	{ "rsa_pkcs1_sha1", 0x0201, "SIGN-RSA-SHA1", "" },
	{ "rsa_pkcs1_sha224", 0x0301, "SIGN-RSA-SHA224", "" },
	{ "rsa_pkcs1_sha256", 0x0401, "SIGN-RSA-SHA256", "" },
	{ "rsa_pkcs1_sha384", 0x0501, "SIGN-RSA-SHA384", "" },
	{ "rsa_pkcs1_sha512", 0x0601, "SIGN-RSA-SHA512", "" },
	{ "rsa_pss_pss_sha256", 0x0809, "SIGN-RSA-PSS-SHA256",
	  "SIGN-RSA-PSS-SHA256" },
	{ "rsa_pss_pss_sha384", 0x080a, "SIGN-RSA-PSS-SHA384",
	  "SIGN-RSA-PSS-SHA384" },
	{ "rsa_pss_pss_sha512", 0x080b, "SIGN-RSA-PSS-SHA512",
	  "SIGN-RSA-PSS-SHA512" },
	{ "rsa_pss_rsae_sha256", 0x0804, "SIGN-RSA-PSS-RSAE-SHA256",
	  "SIGN-RSA-PSS-RSAE-SHA256" },
	{ "rsa_pss_rsae_sha384", 0x0805, "SIGN-RSA-PSS-RSAE-SHA384",
	  "SIGN-RSA-PSS-RSAE-SHA384" },
	{ "rsa_pss_rsae_sha512", 0x0806, "SIGN-RSA-PSS-RSAE-SHA512",
	  "SIGN-RSA-PSS-RSAE-SHA512" },
};

const struct stls_sigalg *stls_sigalg(size_t i)
{
	return &table[i];
}

int stls_sigalg_by_code(unsigned code)
{
	int i;

	for (i = 0; i < STLS_SIGALGS; i++)
		if (table[i].code == code)
			return i;
	return -1;
}

/* OpenSSL has no name for some schemes, only the pair of algorithm and hash. */
static int is_pair_only(size_t row)
{
	return (table[row].code & 0xff) == 0x02 || table[row].code == 0x0203 ||
	       table[row].code == 0x0303;
}

const char *stls_sigalg_name(size_t i)
{
	if (i >= STLS_SIGALGS)
		return NULL;
	return is_pair_only(i) ? "" : table[i].name;
}

static int find_name(const char *name, size_t length)
{
	int row = stls_word_find(name, length, table, sizeof table,
				 sizeof table[0]);

	return row < 0 || is_pair_only((size_t)row) ? -1 : row;
}

struct part {
	char word[8];
	uint8_t number; /* in TLS 1.2's registries */
};

#define PSS 0xff /* has no number in those registries */

static int find_part(const struct part *parts, size_t size, const char *word,
		     size_t length)
{
	int i = stls_word_find(word, length, parts, size, sizeof *parts);

	return i < 0 ? 0 : parts[i].number;
}

static int find_algorithm(const char *word, size_t length)
{
	static const struct part algorithms[] = {
		{ "DSA", 2 }, { "ECDSA", 3 },	  { "PSS", PSS },
		{ "RSA", 1 }, { "RSA-PSS", PSS },
	};

	return find_part(algorithms, sizeof algorithms, word, length);
}

static int find_hash(const char *word, size_t length)
{
	static const struct part hashes[] = {
		{ "SHA1", 2 },	 { "SHA224", 3 }, { "SHA256", 4 },
		{ "SHA384", 5 }, { "SHA512", 6 }, { "sha1", 2 },
		{ "sha224", 3 }, { "sha256", 4 }, { "sha384", 5 },
		{ "sha512", 6 },
	};

	return find_part(hashes, sizeof hashes, word, length);
}

static int find_pair(const char *left, size_t left_length, const char *right,
		     size_t right_length)
{
	int algorithm = find_algorithm(left, left_length);
	int hash = find_hash(right, right_length);

	if (!algorithm || !hash) {
		algorithm = find_algorithm(right, right_length);
		hash = find_hash(left, left_length);
	}
	if (!algorithm || !hash)
		return -1;
	if (algorithm == PSS) /* SHA-256 and up: 0x0804 to 0x0806 */
		return hash < 4 ? -1
				: stls_sigalg_by_code(0x0800u + (unsigned)hash);
	return stls_sigalg_by_code((unsigned)hash << 8 | (unsigned)algorithm);
}

static int find(const char *word, size_t length)
{
	const char *plus = memchr(word, '+', length);
	size_t left;

	if (!plus)
		return find_name(word, length);
	left = (size_t)(plus - word);
	return find_pair(word, left, plus + 1, length - left - 1);
}

static int add(struct stls_sigalg_list *list, const char *string,
	       struct stls_span name, struct stls_span *where)
{
	int optional = name.length > 0 && string[name.position] == '?';
	int row;

	if (optional) {
		name.position++;
		name.length--;
	}
	if (name.length == 0)
		return stls_list_fail(where, STLS_LIST_EMPTY_WORD,
				      name.position, 0);
	row = find(string + name.position, name.length);
	if (row < 0 && optional) {
		stls_skips_add(&list->skips, STLS_SKIP_UNKNOWN, name.position,
			       name.length);
		return 0;
	}
	if (row < 0)
		return stls_list_fail(where, STLS_LIST_UNKNOWN_WORD,
				      name.position, name.length);
	if (memchr(list->sigalg, row, list->count))
		return stls_list_fail(where, STLS_LIST_DUPLICATE, name.position,
				      name.length);
	list->sigalg[list->count++] = (uint8_t)row;
	return 0;
}

int stls_sigalg_list_parse(struct stls_sigalg_list *list, const char *string,
			   size_t length, struct stls_span *where)
{
	struct stls_span name;
	size_t at;
	size_t end;
	int error;

	memset(list, 0, sizeof *list);
	error = stls_list_check(string, length, where);
	for (at = 0; error == 0 && at <= length; at = end + 1) {
		end = stls_list_element(string, length, at, &name);
		error = add(list, string, name, where);
	}
	if (error == 0 && list->count == 0)
		error = stls_list_fail(where, STLS_LIST_NO_SIGALG, 0, length);
	if (error)
		list->count = 0;
	return error;
}
