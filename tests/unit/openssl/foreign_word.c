/* SPDX-License-Identifier: MIT */
/*
 * Words of other programs' languages, as administrators paste them: how each is
 * described, and that the proposed change, made to the letter, yields what was
 * meant.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <gnutls/gnutls.h>

#include "../help/foreign_words.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- the table ---- */

/* The first fault with a hint, as sentences report it; 0 if there is none. */
/* Text after the end of a string, which must not be read. */
#define BEHIND " = =:, x"

static void put_behind(char to[1024], const char *string)
{
	assert_true(strlen(string) + sizeof(BEHIND) <= 1024);
	strcpy(to, string);
	strcat(to, BEHIND);
}

static int first_hint(struct stls_word_hint *hint, enum stls_setting setting,
		      const char *string)
{
	struct reading reading;
	struct stls_span where;
	size_t length = strlen(string), i;
	char longer[1024];

	put_behind(longer, string);
	read_list(&reading, setting, longer, length);
	for (i = 0; find_fault(&reading, i, &where); i++)
		if (stls_foreign_word(hint, setting, longer, length, &where))
			return 1;
	return 0;
}

static void check_priority(const char *string)
{
	gnutls_priority_t priority;

	assert_int_equal(gnutls_priority_init(&priority, string, NULL), 0);
	gnutls_priority_deinit(priority);
}

/* Follow hints until the list has no fault, and check what it means then. */
static void check_cure(enum stls_setting setting, const char *given,
		       const char *meant)
{
	char string[512], changed[512 + STLS_WORD_MAX];
	enum stls_setting where = setting;
	struct stls_word_hint hint;
	struct reading reading;
	struct stls_span fault;
	int steps = 0, out = 0;

	strcpy(string, given);
	while (first_hint(&hint, setting, string)) {
		assert_true(++steps <= 3);
		if (hint.cure == STLS_CURE_PRIORITY) {
			check_priority(string);
			return;
		}
		changed[apply_hint(&hint, changed, string, strlen(string))] =
			'\0';
		strcpy(string, changed);
		out |= hint.excluded;
		if (hint.cure == STLS_CURE_MOVE) {
			assert_true(means(hint.setting, hint.with, meant));
			where = hint.setting;
		}
		if (hint.cure == STLS_CURE_LEAVE_OUT) {
			assert_string_equal(hint.with, meant);
			assert_true(means(hint.setting, hint.with, meant));
			where = hint.setting;
		}
	}
	assert_true(steps > 0);
	read_list(&reading, setting, string, strlen(string));
	assert_false(find_fault(&reading, 0, &fault));
	/* What an exclusion in the ciphers names must be excluded. */
	if (where == setting && meant)
		assert_int_equal(means(setting, string, meant),
				 !(out && setting == CIPHERS));
}

static void test_words(void **state)
{
	size_t i;

	(void)state;
	assert_true(COUNT(foreign_words) >= 60);
	for (i = 0; i < COUNT(foreign_words); i++) {
		struct stls_word_hint hint;
		char text[256] = "";

		print_message("%s\n", foreign_words[i].string);
		assert_true(first_hint(&hint, foreign_words[i].setting,
				       foreign_words[i].string));
		stls_word_hint_text(&hint, "", text);
		assert_memory_equal(text, "is ", 3);
		assert_string_equal(text + 3, foreign_words[i].hint);
		check_cure(foreign_words[i].setting, foreign_words[i].string,
			   foreign_words[i].meant);
	}
}

/* ---- words of no other language ---- */

#define TEN  "aaaaaaaaaa"
#define LONG TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static void test_no_hint(void **state)
{
	static const struct {
		enum stls_setting setting;
		const char *string;
		const char *shown; /* the whole word nevertheless */
	} none[] = {
		/* removed from OpenSSL, and one letter from a valid word */
		{ CIPHERS, "HIGH:!DES", "DES" },
		{ CIPHERS, "HIGH:!kECDHe", "kECDHe" },
		{ CIPHERS, "HIGH:!kECDH", "kECDH" },
		{ CIPHERS, "HIGH:!aDH", "aDH" },
		{ CIPHERS, "HIGH:!aECDH", "aECDH" },
		{ CIPHERS, "HIGH:!SSLv2", "SSLv2" },
		{ CIPHERS, "HIGH:!EXPORT", "EXPORT" },
		{ CIPHERS, "HIGH:!ECDH-RSA-AES256-SHA", "ECDH-RSA-AES256-SHA" },
		{ CIPHERS, "HIGH:DH-RSA-AES256-SHA", "DH-RSA-AES256-SHA" },
		{ CIPHERS, "HIGH:DES-CBC3-SHA", "DES-CBC3-SHA" },
		{ CIPHERS, "HIGH:!EXP-RC4-MD5", "EXP-RC4-MD5" },
		/* the lexer stops before the end of the word */
		{ CIPHERS, "HIGH:foo_bar", "foo_bar" },
		{ CIPHERS, "HIGH:AES+foo_bar+RSA", "foo_bar" },
		{ CIPHERS, "HIGH:+foo_bar,AES", "foo_bar" },
		/* equally near to two words */
		{ CIPHERS, "HIGH:xECDH", "xECDH" },
		/* valid only as a whole item, not as a part of one */
		{ CIPHERS, "HIGH:!DEFAULT", "DEFAULT" },
		{ CIPHERS, "HIGH:!default", "default" },
		{ CIPHERS, "-default:HIGH", "default" },
		{ CIPHERS, "HIGH:-tls_high_cipherlist", "tls_high_cipherlist" },
		{ CIPHERS, "ALL:@SECLEVEL=6", "SECLEVEL=6" },
		{ CIPHERS, "HIGH:NORMAL", "NORMAL" },
		{ CIPHERS, "ALL+", "" },
		{ CIPHERS, "ALL:!", "" },
		{ CIPHERS, "HIGH:;\xff", "\xff" },
		{ CIPHERS, "HIGH:ssl_ciphers", "ssl_ciphers" },
		{ CIPHERSUITES, "TLS_AES_128_GCM_SHA256:x:", "x" },
		/* an item that takes no such prefix */
		{ GROUPS, "*DEFAUL", "DEFAUL" },
		/* nonexistent versions */
		{ PROTOCOLS, "TLSv1.2 TLSv9", "TLSv9" },
		{ PROTOCOLS, "TLSv1.4", "TLSv1.4" },
		{ PROTOCOLS, "TLSv1.2 SSL2", "SSL2" },
		{ PROTOCOLS, ">TLSv1.3", ">TLSv1.3" },
		{ PROTOCOLS, "TLS", "TLS" },
		{ PROTOCOLS, "1", "1" },
		/*
		 * no word of Exim's adds a version, and no word of SSLv23's is
		 * a bound
		 */
		{ PROTOCOLS, "+no_sslv3 +no_tlsv1 VERS-TLS1.2", "VERS-TLS1.2" },
		{ PROTOCOLS, "SSLv23:TLSv1.2+", "TLSv1.2+" },
		{ PROTOCOLS, "MinProtocol = foo", "MinProtocol" },
		{ PROTOCOLS, "MinProtocol", "MinProtocol" },
		{ PROTOCOLS, "MinProtocol ", "MinProtocol" },
		{ CIPHERS, "ssl_ciphers", "ssl_ciphers" },
		{ PROTOCOLS, "MinProtocol == TLSv1.2", "MinProtocol" },
		{ CIPHERS, "HIGH:\"\001abc\"", "\"\001abc\"" },
		{ GROUPS, "P-256:x", "x" },
		{ GROUPS, "P-256::P-384", "" },
		{ GROUPS, "P-256/group", "group" },
		/* longer than any name */
		{ GROUPS, LONG, LONG },
		{ SIGALGS, LONG, LONG },
		{ SIGALGS, "RSA+MD5", "RSA+MD5" },
		{ SIGALGS, "RSA+SHA256:", "" },
		{ SIGALGS, "sha256sha384rsa", "sha256sha384rsa" },
		{ SIGALGS, "PSS+SHA1", "PSS+SHA1" },
		{ SIGALGS, "RSA", "RSA" },
		{ SIGALGS, "\"RSA+SHA256 ECDSA+SHA256\"",
		  "\"RSA+SHA256 ECDSA+SHA256\"" },
		/* ambiguous, or more than a name */
		{ CIPHERS, "HIGH:RSA-SHA256", "RSA-SHA256" },
		{ CIPHERS, "ECDHE_RSA_AES128_GCM_SHA256/x",
		  "ECDHE_RSA_AES128_GCM_SHA256/x" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(none); i++) {
		struct stls_word_hint hint;
		struct reading reading;
		struct stls_span where;
		size_t length = strlen(none[i].string);
		char string[1024], text[256] = "x";

		print_message("%s\n", none[i].string);
		put_behind(string, none[i].string);
		read_list(&reading, none[i].setting, string, length);
		assert_true(find_fault(&reading, 0, &where));
		assert_int_equal(stls_foreign_word(&hint, none[i].setting,
						   string, length, &where),
				 0);
		assert_int_equal(hint.cure, STLS_CURE_NONE);
		assert_int_equal(hint.word.length, strlen(none[i].shown));
		assert_memory_equal(string + hint.word.position, none[i].shown,
				    hint.word.length);
		stls_word_hint_text(&hint, "", text);
		assert_string_equal(text, "");
	}
}

/* The word, the item to remove, and the list that receives the replacement. */
static void test_data(void **state)
{
	static const char string[] = "HIGH:!ECDHE+TLS_AES_128_CCM_SHA256:AES";
	struct stls_span where = { 13, 3 };
	struct stls_word_hint hint;

	(void)state;
	assert_true(stls_foreign_word(&hint, CIPHERS, string, strlen(string),
				      &where));
	assert_int_equal(hint.cure, STLS_CURE_LEAVE_OUT);
	assert_int_equal(hint.setting, CIPHERSUITES);
	assert_int_equal(hint.excluded, 1);
	assert_int_equal(hint.item.position, 5);
	assert_int_equal(hint.item.length, 29);
	assert_int_equal(hint.word.position, 12);
	assert_int_equal(hint.word.length, 22);
	assert_string_equal(hint.with, "TLS_AES_128_CCM_SHA256");
}

/* Every name of every suite leads to that suite, in either case. */
static void test_all_suites(void **state)
{
	size_t i, j, k;

	(void)state;
	for (i = 0; i < STLS_SUITES_OPENSSL; i++) {
		const struct stls_suite *suite = stls_suite(i);
		const char *names[] = { suite->iana, suite->gnutls };
		struct stls_word_hint hint;

		for (j = 0; j < COUNT(names); j++) {
			struct stls_span where = { 0, 1 };
			char lower[64];

			if (!names[j][0])
				continue;
			for (k = 0; names[j][k]; k++)
				lower[k] =
					names[j][k] >= 'A' && names[j][k] <= 'Z'
						? (char)(names[j][k] + 32)
						: names[j][k];
			assert_true(stls_foreign_word(&hint, CIPHERS, names[j],
						      k, &where));
			assert_string_equal(hint.with, suite->openssl);
			assert_true(stls_foreign_word(&hint, CIPHERS, lower, k,
						      &where));
			assert_string_equal(hint.with, suite->openssl);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_no_hint),
		cmocka_unit_test(test_data),
		cmocka_unit_test(test_all_suites),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
