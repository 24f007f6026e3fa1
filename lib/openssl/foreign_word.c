/* SPDX-License-Identifier: MIT */
/*
 * openssl/foreign_word: what a word unknown to one of OpenSSL's lists is, and
 * how to write what it means.
 *
 * Administrators paste what they find: IANA's and GnuTLS's names, lines of
 * other programs' configuration, words of another list. This code does not
 * change how such words are parsed; it is called afterwards, for the sentence
 * of an error or a warning.
 *
 * OpenSSL's lexers stop in the middle of such words (at the _ of TLS_RSA), so
 * the whole word is found first. Then the possible explanations are tried, the
 * certain ones before misspellings: the whole string is GnuTLS's; the line
 * begins with the name of a setting; the word has quotes; it is another name
 * for a word of the list; it is a word of another list.
 *
 * Nothing is allocated. A hint costs a few passes over the suite table.
 */
#include "openssl/foreign_word.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "openssl/cipher_word.h"
#include "openssl/foreign_algorithm.h"
#include "openssl/foreign_line.h"
#include "openssl/foreign_suite.h"
#include "openssl/foreign_version.h"
#include "openssl/protocol_list.h"
#include "openssl/sigalg_list.h"

#define COUNT(array)  (sizeof(array) / sizeof((array)[0]))

#define DEFAULT_ITEMS "ALL:!COMPLEMENTOFDEFAULT:!eNULL"

/* ---- words of other lists ---- */

static int word_is(const struct stls_finder *finder, const char *text)
{
	return stls_word_compare(finder->word, finder->word_length, text) == 0;
}

static int is_alone(const struct stls_finder *finder)
{
	return finder->hint->word.length == finder->hint->item.length;
}

/* Turn a hint for `setting` into one to move the word there. */
static int move_to(struct stls_finder *finder, enum stls_setting setting,
		   const char *what)
{
	struct stls_word_hint *hint = finder->hint;

	hint->setting = setting;
	hint->what = what;
	hint->cure = hint->excluded ? STLS_CURE_LEAVE_OUT : STLS_CURE_MOVE;
	return 1;
}

static int is_cipher_item(const char *text, size_t length)
{
	size_t at = length > 0 && memchr("+-!", text[0], 3) ? 1 : 0;

	for (;;) {
		struct stls_cipher_match match = { 0 };
		size_t begin = at;

		while (at < length && text[at] != '+')
			at++;
		if (stls_cipher_match_narrow(&match, text + begin,
					     at - begin) ==
		    STLS_CIPHER_WORD_UNKNOWN)
			return 0;
		if (at == length)
			return 1;
		at++;
	}
}

/* An item of the cipher list, to be moved there with its operator. */
static int hint_cipher_item(struct stls_finder *finder)
{
	char with[STLS_WORD_MAX];

	if (finder->word_length >= sizeof(with) ||
	    !is_cipher_item(finder->word, finder->word_length))
		return 0;
	memcpy(with, finder->word, finder->word_length);
	with[finder->word_length] = '\0';
	finder->hint->setting = STLS_SETTING_CIPHERS;
	return stls_word_hint(finder->hint, STLS_CURE_MOVE,
			      "a word of the ciphers", with);
}

static int hint_group(struct stls_finder *finder)
{
	return stls_foreign_group(finder->hint, finder->word,
				  finder->word_length) &&
	       move_to(finder, STLS_SETTING_GROUPS, "a group");
}

/* Only unmistakable names: RSA-SHA256, for one, may be anything. */
static int hint_sigalg(struct stls_finder *finder)
{
	const char *name;
	size_t i;
	int known = finder->word_length > 5 &&
		    memcmp(finder->word, "SIGN-", 5) == 0;

	for (i = 0; !known && (name = stls_sigalg_name(i)); i++)
		known = name[0] && word_is(finder, name);
	return known &&
	       stls_foreign_sigalg(finder->hint, finder->word,
				   finder->word_length) &&
	       move_to(finder, STLS_SETTING_SIGALGS, "a signature algorithm");
}

/* ---- each list ---- */

static int hint_postfix(struct stls_finder *finder)
{
	static const char grades[][8] = { "high", "medium", "low", "export" };
	static const char *const parameters[] = {
		"tls_high_cipherlist",	  "tls_medium_cipherlist",
		"tls_low_cipherlist",	  "$tls_high_cipherlist",
		"$tls_medium_cipherlist", "$tls_low_cipherlist",
		"${tls_high_cipherlist}", "${tls_medium_cipherlist}",
		"${tls_low_cipherlist}",
	};
	size_t i;

	for (i = 0; i < COUNT(grades); i++) {
		if (word_is(finder, grades[i]))
			return stls_word_hint(finder->hint, STLS_CURE_REPLACE,
					      "a cipher grade of Postfix",
					      "HIGH:!aNULL");
	}
	for (i = 0; i < COUNT(parameters); i++) {
		if (word_is(finder, parameters[i]))
			return stls_word_hint(finder->hint, STLS_CURE_REPLACE,
					      "a parameter of Postfix",
					      "HIGH:!aNULL");
	}
	return 0;
}

/* Words that are valid only as a whole item, not as a part of one. */
static int hint_whole_item(struct stls_finder *finder)
{
	size_t at = finder->hint->item.position;
	char with[STLS_WORD_MAX];

	if (word_is(finder, "PROFILE=SYSTEM"))
		return stls_word_hint(finder->hint, STLS_CURE_REPLACE,
				      "the word of Fedora and Red Hat for the "
				      "system's ciphers",
				      at == 0 ? "DEFAULT" : DEFAULT_ITEMS);
	if (word_is(finder, "DEFAULT"))
		return stls_word_hint(
			finder->hint, STLS_CURE_REPLACE,
			"a word that counts at the beginning only",
			DEFAULT_ITEMS);
	if (finder->word_length == strlen("SECLEVEL=0") &&
	    memcmp(finder->word, "SECLEVEL=", 9) == 0 &&
	    finder->word[9] >= '0' && finder->word[9] <= '5') {
		(void)snprintf(with, sizeof(with), "@SECLEVEL=%c",
			       finder->word[9]);
		return stls_word_hint(finder->hint, STLS_CURE_REPLACE,
				      "a command without its @", with);
	}
	return hint_postfix(finder);
}

static int hint_command(struct stls_finder *finder)
{
	struct stls_nearest nearest;
	char command[] = "SECLEVEL=0";

	stls_nearest_begin(&nearest, finder->word, finder->word_length);
	stls_nearest_try(&nearest, "STRENGTH", "STRENGTH");
	for (; command[9] <= '5'; command[9]++)
		stls_nearest_try(&nearest, command, command);
	return stls_nearest_found(&nearest) &&
	       stls_word_hint(finder->hint, STLS_CURE_SLIP, NULL, nearest.with);
}

static int hint_cipher(struct stls_finder *finder)
{
	struct stls_word_hint *hint = finder->hint;

	if (finder->string[hint->item.position] == '@')
		return hint_command(finder);
	return (is_alone(finder) && hint_whole_item(finder)) ||
	       stls_foreign_suite(hint, finder->word, finder->word_length) ||
	       stls_foreign_version_moved(hint, finder->word,
					  finder->word_length) ||
	       hint_group(finder) || hint_sigalg(finder) ||
	       stls_foreign_suite_near(hint, finder->word, finder->word_length);
}

static int hint_ciphersuite(struct stls_finder *finder)
{
	return stls_foreign_suite(finder->hint, finder->word,
				  finder->word_length) ||
	       hint_cipher_item(finder) ||
	       stls_foreign_suite_near(finder->hint, finder->word,
				       finder->word_length);
}

/* "TLS 1.2" is two words of the list. */
static int hint_two_words(struct stls_finder *finder, unsigned grammars)
{
	struct stls_word_hint *hint = finder->hint;
	size_t end = hint->word.position + hint->word.length;

	if (end == finder->length || finder->string[end] != ' ')
		return 0;
	for (end++;
	     end < finder->length &&
	     !stls_is_list_separator(finder->setting, finder->string[end]);)
		end++;
	if (!stls_foreign_version(hint, finder->word, end - hint->word.position,
				  grammars))
		return 0;
	hint->word.length = hint->item.length = end - hint->word.position;
	return 1;
}

/* The grammars in which the text around the word is valid. */
static unsigned grammars_around(const struct stls_finder *finder)
{
	const struct stls_span *word = &finder->hint->word;
	size_t end = word->position + word->length;
	struct stls_protocol_list before, behind;
	unsigned grammars;

	(void)stls_protocol_list_parse(&before, finder->string, word->position,
				       NULL);
	if (end == finder->length)
		return before.grammars;
	grammars = before.grammars;
	if (finder->string[end] == ':')
		grammars &= STLS_GRAMMAR_IO_SOCKET_SSL | STLS_GRAMMAR_POSTFIX;
	else if (finder->string[end] == ',')
		grammars &= STLS_GRAMMAR_OPENSSL | STLS_GRAMMAR_POSTFIX;
	while (end < finder->length &&
	       stls_is_list_separator(finder->setting, finder->string[end]))
		end++;
	(void)stls_protocol_list_parse(&behind, finder->string + end,
				       finder->length - end, NULL);
	if (grammars & behind.grammars)
		grammars &= behind.grammars;
	return grammars;
}

static int hint_protocol(struct stls_finder *finder)
{
	struct stls_word_hint *hint = finder->hint;
	unsigned grammars = grammars_around(finder);

	return stls_foreign_version(hint, finder->word, finder->word_length,
				    grammars) ||
	       hint_two_words(finder, grammars) || hint_cipher_item(finder) ||
	       stls_foreign_version_near(hint, finder->word,
					 finder->word_length, grammars);
}

static int hint_list(struct stls_finder *finder)
{
	struct stls_word_hint *hint = finder->hint;

	switch (finder->setting) {
	case STLS_SETTING_PROTOCOLS:
		return hint_protocol(finder);
	case STLS_SETTING_CIPHERS:
		return hint_cipher(finder);
	case STLS_SETTING_CIPHERSUITES:
		return hint_ciphersuite(finder);
	case STLS_SETTING_GROUPS:
		return stls_foreign_group(hint, finder->word,
					  finder->word_length) ||
		       hint_sigalg(finder) ||
		       stls_foreign_group_near(hint, finder->word,
					       finder->word_length);
	case STLS_SETTING_SIGALGS:
		return stls_foreign_sigalg(hint, finder->word,
					   finder->word_length) ||
		       hint_group(finder) ||
		       stls_foreign_sigalg_near(hint, finder->word,
						finder->word_length);
	}
	return 0;
}

/* The hint repeats the word, so that the fault must be another one. */
static int is_itself(const struct stls_finder *finder)
{
	const struct stls_word_hint *hint = finder->hint;

	return hint->setting == finder->setting &&
	       stls_word_compare(finder->string + hint->word.position,
				 hint->word.length, hint->with) == 0;
}

int stls_foreign_word(struct stls_word_hint *hint, enum stls_setting setting,
		      const char *string, size_t length,
		      const struct stls_span *found)
{
	struct stls_finder finder = { .hint = hint,
				      .setting = setting,
				      .string = string,
				      .length = length };
	int found_one = 0;

	memset(hint, 0, sizeof(*hint));
	hint->setting = setting;
	stls_find_whole_word(&finder, found->position);
	if (stls_foreign_priority(&finder) || stls_foreign_directive(&finder) ||
	    stls_foreign_quotes(&finder) ||
	    (finder.word_length > 0 && hint_list(&finder)))
		found_one = !is_itself(&finder);
	if (!found_one)
		hint->cure = STLS_CURE_NONE;
	return found_one;
}
