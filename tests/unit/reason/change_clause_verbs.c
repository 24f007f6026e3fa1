/* SPDX-License-Identifier: MIT */
/*
 * change_clause_verbs: several changes in one clause: what joins them, which of
 * them share a verb, and where the system's policy is named.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "reason/change_clause.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define ADD(setting, word)                                                     \
	{                                                                      \
		SMTPTLS_SETTING_##setting, SMTPTLS_CHANGE_ADD, word, ":"       \
	}
/* Added to a setting that is not a list, and so without a separator. */
#define ADD_ALONE(setting, word)                                               \
	{                                                                      \
		SMTPTLS_SETTING_##setting, SMTPTLS_CHANGE_ADD, word, ""        \
	}
#define SET(setting, with)                                                     \
	{                                                                      \
		SMTPTLS_SETTING_##setting, SMTPTLS_CHANGE_SET, "", with        \
	}
#define REMOVE(setting, word)                                                  \
	{                                                                      \
		SMTPTLS_SETTING_##setting, SMTPTLS_CHANGE_REMOVE, word, ""     \
	}
#define REPLACE(setting, word, with)                                           \
	{                                                                      \
		SMTPTLS_SETTING_##setting, SMTPTLS_CHANGE_REPLACE, word, with  \
	}

/* clang-format off */
static const struct {
	int count;
	struct smtptls_change changes[4];
	const char *text, *terse;
} rows[] = {
	{ 1, { ADD(PROTOCOLS, "TLSv1") },
	  "add TLSv1 to the protocols", "add TLSv1 to protocols" },
	{ 1, { ADD(SIGALGS, "a:b") },
	  "add \"a:b\" to the sigalgs", "add \"a:b\" to sigalgs" },
	{ 1, { SET(SIGALGS, "a b") },
	  "set the sigalgs to \"a b\"", "set sigalgs to \"a b\"" },
	{ 1, { SET(PROTOCOLS, "a") },
	  "set the protocols to \"a\"", "set protocols to a" },
	{ 1, { SET(SECURITY_LEVEL, "0") },
	  "set the security level to 0", "set security level to 0" },
	{ 2, { SET(PROTOCOLS, "a b"), SET(SECURITY_LEVEL, "0") },
	  "set the protocols to \"a b\" and the security level to 0",
	  "set protocols to \"a b\" and security level to 0" },
	{ 3, { ADD(PROTOCOLS, "a"), ADD(GROUPS, "b"), ADD(SIGALGS, "c") },
	  "add a to the protocols, b to the groups and c to the sigalgs",
	  "add a to protocols, b to groups and c to sigalgs" },
	{ 3, { REMOVE(CIPHERS, "!a"), REMOVE(CIPHERS, "!b"), ADD(GROUPS, "c") },
	  "remove \"!a\" and \"!b\" from the ciphers and add c to the groups",
	  "remove \"!a\" and \"!b\" from ciphers and add c to groups" },
	{ 2, { REMOVE(PROTOCOLS, "!a"), REMOVE(CIPHERS, "!b") },
	  "remove \"!a\" from the protocols and remove \"!b\" from the ciphers",
	  "remove \"!a\" from protocols and remove \"!b\" from ciphers" },
	{ 2, { REPLACE(PROTOCOLS, ">=a", ">=b"),
	       REPLACE(CIPHERS, "@SECLEVEL=2", "@SECLEVEL=0") },
	  "replace \">=a\" by \">=b\" in the protocols and replace "
	  "@SECLEVEL=2 by @SECLEVEL=0 in the ciphers",
	  "replace \">=a\" by \">=b\" in protocols and replace "
	  "@SECLEVEL=2 by @SECLEVEL=0 in ciphers" },
	{ 3, { ADD_ALONE(SYSTEM_POLICY, "a"), ADD_ALONE(SYSTEM_POLICY, "b"), ADD_ALONE(PEER, "c") },
	  "allow a and b in the system's GnuTLS policy; the peer must offer c",
	  "allow a and b in the system's GnuTLS policy; the peer must offer c" },
	{ 3, { ADD(GROUPS, "a"), ADD_ALONE(SYSTEM_POLICY, "b"), ADD_ALONE(SYSTEM_POLICY, "c") },
	  "add a to the groups, allow b and c in the system's GnuTLS policy",
	  "add a to groups, allow b and c in the system's GnuTLS policy" },
	{ 4, { ADD_ALONE(CERTIFICATE, "RSA"), ADD_ALONE(PEER, "a"), ADD_ALONE(PEER, "b"),
	       ADD_ALONE(PEER, "c") },
	  "add an RSA certificate; the peer must offer a, b and c",
	  "add RSA certificate; the peer must offer a, b and c" },
	{ 1, { REPLACE(CERTIFICATE, "RSA", "2048 bits") },
	  "have the RSA certificate issued with 2048 bits",
	  "RSA certificate with 2048 bits" },
};
/* clang-format on */

static void check(size_t i, int terse, const char *expected)
{
	char text[512] = "";
	struct stls_phrase phrase = { text, sizeof(text), 0 };

	stls_phrase_changes(&phrase, rows[i].changes, rows[i].count, terse);
	assert_string_equal(text, expected);
	assert_int_equal(phrase.len, strlen(text));
}

static void test_rows(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		check(i, 0, rows[i].text);
		check(i, 1, rows[i].terse);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests_name("change_clause", tests, NULL, NULL);
}
