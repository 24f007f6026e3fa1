/* SPDX-License-Identifier: MIT */
/*
 * openssl/foreign_line: a string that is not just a list: a GnuTLS priority
 * string, a line of a program's configuration, or a value with its quotes.
 */
#include "openssl/foreign_line.h"

#include <string.h>

#include "base/ascii.h"
#include "openssl/foreign_version.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static size_t first_word(const struct stls_finder *finder)
{
	size_t at = 0;

	while (at < finder->length && stls_is_space(finder->string[at]))
		at++;
	return at;
}

static int string_begins(const struct stls_finder *finder, size_t at,
			 const char *text)
{
	size_t length = strlen(text);

	return finder->length - at >= length &&
	       memcmp(finder->string + at, text, length) == 0;
}

/* GnuTLS's SUITEB128 is left out: here it is OpenSSL's word. */
static int is_priority_string(const struct stls_finder *finder)
{
	static const char levels[][12] = { "NORMAL",	"PERFORMANCE",
					   "SECURE128", "SECURE192",
					   "SECURE256", "PFS",
					   "LEGACY",	"@SYSTEM" };
	size_t at = first_word(finder), i;

	if (string_begins(finder, at, "NONE:+"))
		return 1;
	for (i = 0; i < COUNT(levels); i++) {
		size_t end = at + strlen(levels[i]);

		if (string_begins(finder, at, levels[i]) &&
		    (end == finder->length ||
		     stls_is_list_separator(STLS_SETTING_CIPHERS,
					    finder->string[end])))
			return 1;
	}
	return 0;
}

int stls_foreign_priority(struct stls_finder *finder)
{
	struct stls_word_hint *hint = finder->hint;

	if (!is_priority_string(finder))
		return 0;
	hint->word.position = first_word(finder);
	hint->word.length = finder->length - hint->word.position;
	hint->item = hint->word;
	return stls_word_hint(hint, STLS_CURE_PRIORITY,
			      "a GnuTLS priority string", "");
}

enum directive { VALUE, LOWER, UPPER };

/* Names of settings whose value is a list or a bound on versions. */
static const struct {
	char name[32];
	enum directive directive;
} directives[] = {
	{ "CipherString", VALUE }, /* OpenSSL */
	{ "Ciphersuites", VALUE },
	{ "Groups", VALUE },
	{ "Curves", VALUE },
	{ "SignatureAlgorithms", VALUE },
	{ "Protocol", VALUE },
	{ "MinProtocol", LOWER },
	{ "MaxProtocol", UPPER },
	{ "ssl_ciphers", VALUE }, /* nginx */
	{ "ssl_protocols", VALUE },
	{ "ssl_ecdh_curve", VALUE },
	{ "SSLCipherSuite", VALUE }, /* Apache */
	{ "SSLProtocol", VALUE },
	{ "SSLOpenSSLConfCmd", VALUE },
	{ "ssl_cipher_list", VALUE }, /* Dovecot */
	{ "ssl_cipher_suites", VALUE },
	{ "ssl_curve_list", VALUE },
	{ "ssl_min_protocol", LOWER },
	{ "ssl-default-bind-ciphers", VALUE }, /* HAProxy */
	{ "ssl-default-bind-ciphersuites", VALUE },
	{ "ssl-default-bind-curves", VALUE },
	{ "ssl-min-ver", LOWER },
	{ "ssl-max-ver", UPPER },
	{ "tls_require_ciphers", VALUE }, /* Exim */
	{ "openssl_options", VALUE },
	{ "tls_eccurve", VALUE },
	{ "tls_high_cipherlist", VALUE }, /* Postfix */
	{ "tls_medium_cipherlist", VALUE },
	{ "tls_eecdh_auto_curves", VALUE },
	{ "smtpd_tls_ciphers", VALUE },
	{ "smtpd_tls_mandatory_ciphers", VALUE },
	{ "smtpd_tls_protocols", VALUE },
	{ "smtpd_tls_mandatory_protocols", VALUE },
	{ "smtp_tls_ciphers", VALUE },
	{ "smtp_tls_mandatory_ciphers", VALUE },
	{ "smtp_tls_protocols", VALUE },
	{ "smtp_tls_mandatory_protocols", VALUE },
	{ "tls_ciphers", VALUE }, /* qpsmtpd */
	{ "tls_protocols", VALUE },
};

static int is_name_byte(char byte)
{
	return stls_ascii_letter(byte) || byte == '_' || byte == '-';
}

static int find_directive(const char *name, size_t length)
{
	size_t i;

	for (i = 0; i < COUNT(directives); i++) {
		if (strlen(directives[i].name) == length &&
		    stls_ascii_equal(directives[i].name, name, length))
			return (int)i;
	}
	return -1;
}

/* Where the value begins: after white space, an =, or both; otherwise `at`. */
static size_t find_value(const struct stls_finder *finder, size_t at)
{
	int equals = 0;

	while (at < finder->length &&
	       (stls_is_space(finder->string[at]) ||
		(finder->string[at] == '=' && !equals))) {
		equals |= finder->string[at] == '=';
		at++;
	}
	return at;
}

/* "MinProtocol = TLSv1.2", "ssl_ciphers HIGH". */
int stls_foreign_directive(struct stls_finder *finder)
{
	struct stls_word_hint *hint = finder->hint;
	size_t begin = first_word(finder), end = begin, value, value_end;
	int found;

	while (end < finder->length && is_name_byte(finder->string[end]))
		end++;
	found = find_directive(finder->string + begin, end - begin);
	value = find_value(finder, end);
	if (hint->item.position != begin || found < 0 || value == end ||
	    value == finder->length)
		return 0;
	if (directives[found].directive == VALUE) {
		hint->word.length = value - begin;
		return stls_word_hint(hint, STLS_CURE_REPLACE,
				      "the name of a setting", "");
	}
	value_end = value;
	while (value_end < finder->length &&
	       !stls_is_list_separator(STLS_SETTING_PROTOCOLS,
				       finder->string[value_end]))
		value_end++;
	if (finder->setting != STLS_SETTING_PROTOCOLS ||
	    !stls_foreign_version_bound(hint, finder->string + value,
					value_end - value,
					directives[found].directive == LOWER))
		return 0;
	hint->word.length = value_end - begin;
	return 1;
}

static int is_printable(const char *text, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return 0;
	return 1;
}

static int is_quote(char byte)
{
	return byte == '"' || byte == '\'' || byte == '`' || byte == ';';
}

int stls_foreign_quotes(struct stls_finder *finder)
{
	const char *begin = finder->word, *end = begin + finder->word_length;
	char with[STLS_WORD_MAX];

	if (!is_printable(begin, finder->word_length))
		return 0;
	while (begin < end && is_quote(*begin))
		begin++;
	while (begin < end && is_quote(end[-1]))
		end--;
	if (begin == end || (size_t)(end - begin) == finder->word_length ||
	    (size_t)(end - begin) >= sizeof(with))
		return 0;
	memcpy(with, begin, (size_t)(end - begin));
	with[end - begin] = '\0';
	return stls_word_hint(finder->hint, STLS_CURE_REPLACE,
			      "a word with quotes or a semicolon", with);
}
