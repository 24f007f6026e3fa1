/* SPDX-License-Identifier: MIT */
/*
 * openssl/foreign_version: protocol versions under names that no list of
 * protocols accepts: GnuTLS's VERS-TLS1.2, Go's, Schannel's, HAProxy's, those
 * of OpenSSL's C macros, curl's, and what people make up (TLSv1.2+).
 *
 * They are read as a sign, "TLS" or "SSL", and digits, with optional
 * separators. The answer is written in the grammar of the text around the word,
 * as far as that is known.
 */
#include "openssl/foreign_version.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "openssl/protocol_list.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TEXT_MAX     32
#define DOTTED	     (STLS_GRAMMAR_POSTFIX | STLS_GRAMMAR_OPENSSL)
#define OTHER_NAME   "another name"

enum intent { ENABLE, EXCLUDE, FLOOR, CEILING };

struct version {
	enum intent intent;
	int number;	/* -1: SSLv3; else TLS 1.number */
	int step;	/* 1 for > and -1 for <, to make them >= and <= */
	int plus;	/* there was a + before it */
	const char *at; /* where reading continues */
};

static int take(struct version *version, const char *prefix)
{
	size_t length = strlen(prefix);

	if (strncmp(version->at, prefix, length) != 0)
		return 0;
	version->at += length;
	return 1;
}

static void skip_separator(struct version *version)
{
	if (*version->at && strchr("._- ", *version->at))
		version->at++;
}

static void read_sign(struct version *version)
{
	if (take(version, ">=") || take(version, "=>")) {
		version->intent = FLOOR;
	} else if (take(version, "<=") || take(version, "=<")) {
		version->intent = CEILING;
	} else if (take(version, ">")) {
		version->intent = FLOOR;
		version->step = 1;
	} else if (take(version, "<")) {
		version->intent = CEILING;
		version->step = -1;
	} else if (take(version, "!")) {
		version->intent = EXCLUDE;
	} else if (take(version, "+")) {
		version->plus = 1;
	} else if (take(version, "-")) {
		/* --tlsv1.2 and -no_tls1_1 (curl, openssl); else a minus */
		if (!take(version, "-") && strncmp(version->at, "no_", 3) != 0)
			version->intent = EXCLUDE;
	} else {
		(void)(take(version, "==") || take(version, "="));
	}
	skip_separator(version);
}

static void read_prefixes(struct version *version)
{
	static const char prefixes[][10] = { "ssl_op_",	 "op_",	    "vers-",
					     "version_", "version", "force-" };
	size_t i;

	for (i = 0; i < COUNT(prefixes); i++)
		(void)take(version, prefixes[i]);
	if (take(version, "no_") || take(version, "no-"))
		version->intent = EXCLUDE;
}

static int read_number(struct version *version)
{
	int ssl = take(version, "ssl");
	int named = ssl || take(version, "tls");
	int digit;

	skip_separator(version);
	named |= take(version, "v");
	skip_separator(version);
	digit = *version->at;
	if (!named && !(digit == '1' && version->at[1] == '.'))
		return 0;
	if (digit != (ssl ? '3' : '1'))
		return 0;
	version->at++;
	if (*version->at && strchr("._-", *version->at) &&
	    stls_ascii_digit(version->at[1]))
		version->at++;
	digit = stls_ascii_digit(*version->at) ? *version->at++ : '0';
	if (digit > (ssl ? '0' : '3'))
		return 0;
	version->number = ssl ? -1 : digit - '0';
	return 1;
}

/* Returns 0 if `text` is not a version. */
static int read_version(struct version *version, const char *text)
{
	memset(version, 0, sizeof(*version));
	version->at = text;
	read_sign(version);
	read_prefixes(version);
	if (!read_number(version))
		return 0;
	(void)(take(version, "_version") || take(version, "_method"));
	if (version->intent == ENABLE &&
	    (take(version, "+") || take(version, " or later")))
		version->intent = FLOOR;
	version->number += version->step;
	return *version->at == '\0' && version->number >= -1 &&
	       version->number <= 3;
}

static int lower_copy(char text[TEXT_MAX], const char *word, size_t length)
{
	size_t i;

	if (length >= TEXT_MAX)
		return 0;
	for (i = 0; i < length; i++)
		text[i] = (char)stls_ascii_lower(word[i]);
	text[length] = '\0';
	return 1;
}

static const char *name_of(int number, unsigned grammars)
{
	static const char names[][2][8] = {
		{ "SSLv3", "SSLv3" },	  { "TLSv1", "TLSv1" },
		{ "TLSv1_1", "TLSv1.1" }, { "TLSv1_2", "TLSv1.2" },
		{ "TLSv1_3", "TLSv1.3" },
	};

	return names[number + 1][(grammars & DOTTED) != 0];
}

static const char *exim_option(int number)
{
	static const char options[][16] = { "+no_sslv3", "+no_tlsv1",
					    "+no_tlsv1_1", "+no_tlsv1_2",
					    "+no_tlsv1_3" };

	return options[number + 1];
}

/* Write the version in one of these grammars; 0: none can express it. */
static int write_version(char with[STLS_WORD_MAX],
			 const struct version *version, unsigned grammars)
{
	const char *sign = "";

	if (grammars == 0)
		return 0;
	if (grammars == STLS_GRAMMAR_EXIM) {
		if (version->intent != EXCLUDE)
			return 0;
		(void)snprintf(with, STLS_WORD_MAX, "%s",
			       exim_option(version->number));
		return 1;
	}
	switch (version->intent) {
	case ENABLE:
		if (version->plus && grammars & STLS_GRAMMAR_OPENSSL)
			sign = "+";
		break;
	case EXCLUDE:
		sign = grammars & (STLS_GRAMMAR_POSTFIX |
				   STLS_GRAMMAR_IO_SOCKET_SSL)
			       ? "!"
			       : "-";
		break;
	case FLOOR:
	case CEILING:
		if (!(grammars & STLS_GRAMMAR_POSTFIX))
			return 0;
		sign = version->intent == FLOOR ? ">=" : "<=";
		break;
	}
	(void)snprintf(with, STLS_WORD_MAX, "%s%s", sign,
		       name_of(version->number, grammars));
	return 1;
}

static const char *whose_name(const char *text)
{
	return strstr(text, "vers-") ? "GnuTLS's name" : OTHER_NAME;
}

int stls_foreign_version(struct stls_word_hint *hint, const char *word,
			 size_t length, unsigned grammars)
{
	char text[TEXT_MAX], with[STLS_WORD_MAX];
	struct version version;

	if (!lower_copy(text, word, length))
		return 0;
	if (strcmp(text, "-vers-all") == 0 ||
	    strcmp(text, "-vers-tls-all") == 0)
		return stls_word_hint(hint, STLS_CURE_REMOVE,
				      "GnuTLS's way to begin with nothing", "");
	if (!read_version(&version, text) ||
	    !write_version(with, &version, grammars) ||
	    stls_word_compare(word, length, with) == 0)
		return 0;
	if (version.intent == ENABLE)
		return stls_word_hint(hint, STLS_CURE_RENAME, whose_name(text),
				      with);
	return stls_word_hint(hint, STLS_CURE_REPLACE,
			      version.intent == EXCLUDE
				      ? "an exclusion in another grammar"
				      : "a bound in another grammar",
			      with);
}

int stls_foreign_version_moved(struct stls_word_hint *hint, const char *word,
			       size_t length)
{
	char text[TEXT_MAX], with[STLS_WORD_MAX];
	struct version version;

	if (!lower_copy(text, word, length) || !read_version(&version, text))
		return 0;
	if (hint->excluded)
		version.intent = EXCLUDE;
	if (!write_version(with, &version, STLS_GRAMMAR_POSTFIX))
		return 0;
	hint->setting = STLS_SETTING_PROTOCOLS;
	return stls_word_hint(hint, STLS_CURE_MOVE, "a protocol version", with);
}

int stls_foreign_version_bound(struct stls_word_hint *hint, const char *value,
			       size_t length, int lower)
{
	char text[TEXT_MAX], with[STLS_WORD_MAX];
	struct version version;

	if (!lower_copy(text, value, length) || !read_version(&version, text) ||
	    version.intent != ENABLE)
		return 0;
	version.intent = lower ? FLOOR : CEILING;
	(void)write_version(with, &version, STLS_GRAMMAR_POSTFIX);
	return stls_word_hint(hint, STLS_CURE_REPLACE,
			      lower ? "a lower bound" : "an upper bound", with);
}

/* TLSv1.9 does not exist, but is not a misspelling of TLSv1.3. */
static int same_digits(const char *a, const char *b)
{
	static const char digits[] = "0123456789";

	for (;;) {
		a += strcspn(a, digits);
		b += strcspn(b, digits);
		if (*a != *b)
			return 0;
		if (*a == '\0')
			return 1;
		a++;
		b++;
	}
}

int stls_foreign_version_near(struct stls_word_hint *hint, const char *word,
			      size_t length, unsigned grammars)
{
	char text[TEXT_MAX], with[STLS_WORD_MAX];
	struct stls_nearest nearest;
	size_t sign;
	int number;

	if (!lower_copy(text, word, length))
		return 0;
	sign = text[0] == '>' || text[0] == '<' ? 2 : 0;
	if (sign == 0)
		sign = strspn(text, "!-+") > 0;
	if (sign > length || (sign == 2 && text[1] != '='))
		return 0;
	stls_nearest_begin(&nearest, word + sign, length - sign);
	for (number = -1; number <= 3; number++) {
		const char *name = name_of(number, grammars);

		if (same_digits(text, name))
			stls_nearest_try(&nearest, name, name);
	}
	if (!stls_nearest_found(&nearest))
		return 0;
	memcpy(with, word, sign);
	(void)snprintf(with + sign, sizeof(with) - sign, "%.8s", nearest.with);
	return stls_word_hint(hint, STLS_CURE_SLIP, NULL, with);
}
