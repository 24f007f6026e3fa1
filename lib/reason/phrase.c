/* SPDX-License-Identifier: MIT */
/*
 * reason/phrase: parts of sentences.
 *
 * Text is appended in the caller's memory, and truncated at its end. Numbers
 * from the peer are shown as names from the tables, or as numbers. Of a list
 * only the first few are named, to keep the sentence readable.
 */
#include "reason/phrase.h"

#include <stdarg.h>
#include <stdio.h>

#include <smtptls/policy.h>

#include "selection/version.h"

#define KEYS_SHOWN 3

void stls_phrase_add(struct stls_phrase *phrase, const char *format, ...)
{
	va_list args;
	int len;

	if (phrase->len + 1 >= phrase->size)
		return;
	va_start(args, format);
	len = vsnprintf(phrase->to + phrase->len, phrase->size - phrase->len,
			format, args);
	va_end(args);
	if (len > 0)
		phrase->len += (size_t)len;
	if (phrase->len >= phrase->size)
		phrase->len = phrase->size - 1;
}

/* ---- lists ---- */

void stls_name_list_add(struct stls_name_list *list, const char *name)
{
	if (list->count < list->shown)
		stls_phrase_add(list->phrase, "%s%s",
				list->count > 0 ? ", " : "", name);
	list->count++;
}

void stls_name_list_add_group(struct stls_name_list *list, unsigned code)
{
	int row = stls_group_by_code(code);
	char number[16];

	(void)snprintf(number, sizeof(number), "0x%04x", code);
	stls_name_list_add(list,
			   row >= 0 ? stls_group((size_t)row)->name : number);
}

void stls_name_list_add_sigalg(struct stls_name_list *list, unsigned code)
{
	int row = stls_sigalg_by_code(code);
	char number[16];

	(void)snprintf(number, sizeof(number), "0x%04x", code);
	stls_name_list_add(list,
			   row >= 0 ? stls_sigalg((size_t)row)->name : number);
}

void stls_name_list_end(struct stls_name_list *list)
{
	if (list->count > list->shown)
		stls_phrase_add(list->phrase, " and %u more",
				list->count - list->shown);
	if (list->count == 0)
		stls_phrase_add(list->phrase, "none");
}

/* ---- versions ---- */

void stls_phrase_versions(struct stls_phrase *phrase, uint8_t versions)
{
	unsigned low = 9, high = 0, minor;

	for (minor = 0; minor < 4; minor++) {
		if (!(versions & stls_version_bit(STLS_TLS1_0 + minor)))
			continue;
		if (low > high)
			low = minor;
		high = minor;
	}
	if (low > high)
		stls_phrase_add(phrase, "no version of TLS");
	else if (low == high)
		stls_phrase_add(phrase, "TLS 1.%u", low);
	else
		stls_phrase_add(phrase, "TLS 1.%u-1.%u", low, high);
}

void stls_phrase_offered(struct stls_phrase *phrase,
			 const struct stls_client_hello *hello,
			 uint8_t versions)
{
	unsigned best = STLS_TLS1_2;

	versions &= stls_offered_versions(hello);
	if (!hello->versions.data) {
		while (best > STLS_TLS1_0 &&
		       !(versions & stls_version_bit(best)))
			best--;
		if (best > STLS_TLS1_0)
			stls_phrase_add(phrase, "up to ");
		versions &= stls_version_bit(best);
	}
	stls_phrase_versions(phrase, versions);
}

/* ---- suites ---- */

const char *stls_suite_name(const struct stls_suite *suite)
{
	return suite->openssl[0] ? suite->openssl : suite->gnutls;
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

void stls_phrase_keys(struct stls_phrase *phrase, unsigned keys,
		      const char *last)
{
	unsigned i, shown = 0, count = count_keys(keys);

	for (i = 0; i < KEY_NAMES && shown < KEYS_SHOWN; i++) {
		if (!(keys & key_names[i].keys))
			continue;
		shown++;
		stls_phrase_add(phrase, "%s%s",
				shown == 1	 ? ""
				: shown == count ? last
						 : ", ",
				key_names[i].name);
	}
	if (count > shown)
		stls_phrase_add(phrase, " and %u more", count - shown);
}

void stls_phrase_own(struct stls_phrase *phrase, unsigned keys)
{
	unsigned count = count_keys(keys);

	if (count == 0) {
		stls_phrase_add(phrase, "there is no usable certificate");
		return;
	}
	stls_phrase_add(phrase, count == 1 ? "the only certificate is "
					   : "the certificates are ");
	stls_phrase_keys(phrase, keys, " and ");
}
