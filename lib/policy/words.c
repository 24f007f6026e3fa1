/* SPDX-License-Identifier: MIT */
/*
 * policy/words: parts of sentences.
 *
 * Text is added at the end of the caller's memory, and cut where that ends.
 * Numbers from the peer are shown by names from the tables, or as numbers; of a
 * list only the first few are named, so that a sentence stays one.
 */
#include "policy/words.h"

#include <stdarg.h>
#include <stdio.h>

#include <smtptls/policy.h>

#include "policy/selection.h"

#define SUITES_SHOWN 3
#define KEYS_SHOWN   3

void stls_words_add(struct stls_words *words, const char *format, ...)
{
	va_list args;
	int len;

	if (words->len + 1 >= words->size)
		return;
	va_start(args, format);
	len = vsnprintf(words->to + words->len, words->size - words->len,
			format, args);
	va_end(args);
	if (len > 0)
		words->len += (size_t)len;
	if (words->len >= words->size)
		words->len = words->size - 1;
}

/* ---- lists ---- */

void stls_list_add(struct stls_word_list *list, const char *name)
{
	if (list->count < list->shown)
		stls_words_add(list->words, "%s%s", list->count > 0 ? ", " : "",
			       name);
	list->count++;
}

void stls_list_add_group(struct stls_word_list *list, unsigned code)
{
	int row = stls_group_by_code(code);
	char number[16];

	(void)snprintf(number, sizeof(number), "0x%04x", code);
	stls_list_add(list, row >= 0 ? stls_group((size_t)row)->name : number);
}

void stls_list_add_sigalg(struct stls_word_list *list, unsigned code)
{
	int row = stls_sigalg_by_code(code);
	char number[16];

	(void)snprintf(number, sizeof(number), "0x%04x", code);
	stls_list_add(list, row >= 0 ? stls_sigalg((size_t)row)->name : number);
}

void stls_list_end(struct stls_word_list *list)
{
	if (list->count > list->shown)
		stls_words_add(list->words, " and %u more",
			       list->count - list->shown);
	if (list->count == 0)
		stls_words_add(list->words, "none");
}

/* ---- versions ---- */

void stls_words_versions(struct stls_words *words, uint8_t versions)
{
	unsigned low = 9, high = 0, minor;

	for (minor = 0; minor < 4; minor++) {
		if (!(versions & stls_version_bit(STLS_TLS1_0 + minor)))
			continue;
		low = low < minor ? low : minor;
		high = minor;
	}
	if (low > high)
		stls_words_add(words, "no version of TLS");
	else if (low == high)
		stls_words_add(words, "TLS 1.%u", low);
	else
		stls_words_add(words, "TLS 1.%u-1.%u", low, high);
}

void stls_words_offered(struct stls_words *words,
			const struct stls_client_hello *hello, uint8_t versions)
{
	unsigned best = STLS_TLS1_2;

	versions &= stls_offered_versions(hello);
	if (!hello->versions.data) {
		while (best > STLS_TLS1_0 &&
		       !(versions & stls_version_bit(best)))
			best--;
		if (best > STLS_TLS1_0)
			stls_words_add(words, "up to ");
		versions &= stls_version_bit(best);
	}
	stls_words_versions(words, versions);
}

/* ---- suites ---- */

const char *stls_suite_name(const struct stls_suite *suite)
{
	return suite->openssl[0] ? suite->openssl : suite->gnutls;
}

void stls_words_suites(struct stls_words *words,
		       const struct stls_client_hello *hello, uint16_t version)
{
	struct stls_word_list list = { words, SUITES_SHOWN, 0 };
	const struct stls_suite *suite;
	size_t i;
	int row;

	for (i = 0; i < stls_numbers(&hello->suites); i++) {
		row = stls_suite_by_code(stls_number(&hello->suites, i));
		if (row < 0)
			continue;
		suite = stls_suite((size_t)row);
		if (stls_version_has_suite(version, suite))
			stls_list_add(&list, stls_suite_name(suite));
	}
	stls_list_end(&list);
}

/* ---- certificates ---- */

static const struct {
	unsigned keys;
	const char *name;
} key_names[] = {
	{ SMTPTLS_KEY_RSA_SIGN | SMTPTLS_KEY_RSA_ENCRYPT, "RSA" },
	{ SMTPTLS_KEY_RSA_PSS, "RSA-PSS" },
	{ SMTPTLS_KEY_ECDSA_P256, "ECDSA P-256" },
	{ SMTPTLS_KEY_ECDSA_P384, "ECDSA P-384" },
	{ SMTPTLS_KEY_ECDSA_P521, "ECDSA P-521" },
	{ SMTPTLS_KEY_ED25519, "Ed25519" },
	{ SMTPTLS_KEY_ED448, "Ed448" },
};

#define KEY_NAMES (sizeof(key_names) / sizeof(key_names[0]))

static unsigned count_keys(unsigned keys)
{
	unsigned i, count = 0;

	for (i = 0; i < KEY_NAMES; i++)
		count += (keys & key_names[i].keys) != 0;
	return count;
}

void stls_words_keys(struct stls_words *words, unsigned keys, const char *last)
{
	unsigned i, shown = 0, count = count_keys(keys);

	for (i = 0; i < KEY_NAMES && shown < KEYS_SHOWN; i++) {
		if (!(keys & key_names[i].keys))
			continue;
		shown++;
		stls_words_add(words, "%s%s",
			       shown == 1	? ""
			       : shown == count ? last
						: ", ",
			       key_names[i].name);
	}
	if (count > shown)
		stls_words_add(words, " and %u more", count - shown);
}

void stls_words_own(struct stls_words *words, unsigned keys)
{
	unsigned count = count_keys(keys);

	if (count == 0) {
		stls_words_add(words, "there is no usable certificate");
		return;
	}
	stls_words_add(words, count == 1 ? "the only certificate is "
					 : "the certificates are ");
	stls_words_keys(words, keys, " and ");
}
