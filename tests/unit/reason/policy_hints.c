/* SPDX-License-Identifier: MIT */
/*
 * Words of other languages as changes: each is made to the letter, and the
 * result is a policy with what was meant.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <smtptls/policy.h>

#include "../help/foreign_words.h"
#include "../help/no_memory.h"
#include "../help/policy_help.h"
#include "policy/policy.h"
#include "reason/edit.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define MAX	     64

/* Settings that are changed. */
struct settings {
	char *list[6]; /* by enum stls_setting; NULL: not set */
};

static void settings_free(struct settings *settings)
{
	size_t i;

	for (i = 0; i < COUNT(settings->list); i++)
		free(settings->list[i]);
}

static struct smtptls_policy_spec spec_of(const struct settings *settings)
{
	return (struct smtptls_policy_spec){
		.protocols = settings->list[PROTOCOLS],
		.ciphers = settings->list[CIPHERS],
		.ciphersuites = settings->list[CIPHERSUITES],
		.groups = settings->list[GROUPS],
		.sigalgs = settings->list[SIGALGS],
	};
}

static void follow(struct settings *settings,
		   const struct smtptls_change *change)
{
	char **list, *edited;

	assert_in_range(change->setting, PROTOCOLS, SIGALGS);
	list = &settings->list[change->setting];
	switch (change->action) {
	case SMTPTLS_CHANGE_SET:
		assert_string_equal(change->word, "");
		edited = strdup(change->with);
		break;
	case SMTPTLS_CHANGE_ADD:
		assert_non_null(*list);
		edited = stls_edit_add(*list, change->with, change->word);
		break;
	case SMTPTLS_CHANGE_REMOVE:
		assert_string_equal(change->with, "");
		/* fall through */
	default:
		assert_non_null(*list);
		edited = stls_edit_replace(*list, change->word, change->with);
		assert_string_not_equal(edited, *list);
	}
	free(*list);
	*list = edited;
}

static int follow_all(struct settings *settings)
{
	struct smtptls_policy_spec spec = spec_of(settings);
	struct smtptls_change changes[MAX];
	int count, i;

	count = smtptls_policy_hints(&spec, sizeof(spec), changes, MAX);
	assert_in_range(count, 0, MAX);
	for (i = 0; i < count; i++)
		follow(settings, &changes[i]);
	/* A second round must not be needed. */
	spec = spec_of(settings);
	assert_int_equal(smtptls_policy_hints(&spec, sizeof(spec), NULL, 0), 0);
	return count;
}

static int make(const struct settings *settings)
{
	struct smtptls_policy_spec spec = spec_of(settings);
	struct smtptls_policy *policy = NULL;
	char error[512];
	int ret = smtptls_policy_new(&policy, &spec, sizeof(spec), error,
				     sizeof(error));

	if (ret < 0)
		print_message("  %s\n", error);
	smtptls_policy_unref(policy);
	return ret;
}

/*
 * Accepted; or refused only because even the correct form leaves too little for
 * this GnuTLS.
 */
static void check_accepted(const struct settings *settings,
			   enum stls_setting setting, const char *meant,
			   const struct settings *besides)
{
	struct settings well = *besides;
	int ret = make(settings);

	if (ret == 0)
		return;
	assert_int_equal(ret, SMTPTLS_E_UNSUPPORTED);
	assert_non_null(meant);
	well.list[setting] = strdup(meant);
	assert_int_equal(make(&well), SMTPTLS_E_UNSUPPORTED);
	free(well.list[setting]);
}

/* The list may have further protocols that are enabled by default. */
static int protocols_obey(const char *string, const char *meant)
{
	struct stls_protocol_list is, asked;

	assert_int_equal(
		stls_protocol_list_parse(&is, string, strlen(string), NULL), 0);
	assert_int_equal(
		stls_protocol_list_parse(&asked, meant, strlen(meant), NULL),
		0);
	return strchr("!<>", meant[0]) ? !(is.enabled & ~asked.enabled)
				       : !(asked.enabled & ~is.enabled);
}

static const char *in_force(const struct settings *settings,
			    enum stls_setting setting)
{
	const char *defaults[] = { NULL,
				   stls_default_protocols,
				   stls_default_ciphers,
				   stls_default_ciphersuites,
				   stls_default_groups,
				   stls_default_sigalgs };

	return settings->list[setting] ? settings->list[setting]
				       : defaults[setting];
}

/* Which list the first foreign word belongs in, and whether it is excluded. */
static void find_place(enum stls_setting setting, const char *string,
		       struct stls_word_hint *hint)
{
	struct reading reading;
	struct stls_span where;
	size_t i;

	read_list(&reading, setting, string, strlen(string));
	for (i = 0; find_fault(&reading, i, &where); i++)
		if (stls_foreign_word(hint, setting, string, strlen(string),
				      &where))
			return;
	fail_msg("no hint for %s", string);
}

static void check_word(enum stls_setting setting, const char *string,
		       const char *meant, const struct settings *besides)
{
	struct settings settings = { { NULL } };
	struct stls_word_hint hint;
	const char *list;
	size_t i;
	int count;

	for (i = 1; i < COUNT(settings.list); i++)
		if (besides->list[i])
			settings.list[i] = strdup(besides->list[i]);
	free(settings.list[setting]);
	settings.list[setting] = strdup(string);
	find_place(setting, string, &hint);
	count = follow_all(&settings);
	if (hint.cure == STLS_CURE_PRIORITY) {
		assert_int_equal(count, 0);
		settings_free(&settings);
		return;
	}
	assert_true(count > 0);
	check_accepted(&settings, setting, meant, besides);
	list = in_force(&settings, hint.setting);
	if (meant && strcmp(meant, "HIGH") == 0 && strstr(list, "!aNULL"))
		meant = "HIGH:!aNULL";
	if (!meant)
		;
	else if (hint.setting == PROTOCOLS && setting != PROTOCOLS)
		assert_true(protocols_obey(list, meant));
	else
		assert_int_equal(means(hint.setting, list, meant),
				 !hint.excluded || setting == PROTOCOLS);
	settings_free(&settings);
}

static void test_words(void **state)
{
	static char suites[] = "TLS_CHACHA20_POLY1305_SHA256",
		    with_ccm[] = "TLS_CHACHA20_POLY1305_SHA256:"
				 "TLS_AES_128_CCM_SHA256",
		    nothing[] = "", group[] = "P-384", automatic[] = "auto",
		    sigalgs[] = "ECDSA+SHA384:RSA+SHA512",
		    ciphers[] = "ECDHE+AESGCM", tls12[] = "TLSv1.2",
		    bound[] = ">=TLSv1.1";
	const struct settings besides[] = {
		{ { NULL } },
		{ { NULL, tls12, ciphers, suites, group, sigalgs } },
		{ { NULL, bound, ciphers, with_ccm, automatic, sigalgs } },
		{ { NULL, bound, NULL, nothing, automatic, NULL } },
	};
	size_t i, j;

	(void)state;
	for (j = 0; j < COUNT(besides); j++) {
		for (i = 0; i < COUNT(foreign_words); i++) {
			print_message("%zu %s\n", j, foreign_words[i].string);
			check_word(foreign_words[i].setting,
				   foreign_words[i].string,
				   foreign_words[i].meant, &besides[j]);
		}
	}
}

/* ---- the changes themselves ---- */

static void test_changes(void **state)
{
	static const struct {
		struct smtptls_policy_spec spec;
		struct smtptls_change changes[3];
	} rows[] = {
#define CHANGE(list, act, w, by)                                               \
	{ .setting = SMTPTLS_SETTING_##list,                                   \
	  .action = SMTPTLS_CHANGE_##act,                                      \
	  .word = w,                                                           \
	  .with = by }
		{ { .ciphers = "HIGH:TLS_RSA_WITH_AES_128_CBC_SHA" },
		  { CHANGE(CIPHERS, REPLACE, "TLS_RSA_WITH_AES_128_CBC_SHA",
			   "AES128-SHA") } },
		/* with the operator, and combined with others */
		{ { .ciphers = "HIGH:!anull:ECHDE+AESGCM" },
		  { CHANGE(CIPHERS, REPLACE, "!anull", "!aNULL"),
		    CHANGE(CIPHERS, REPLACE, "ECHDE+AESGCM",
			   "ECDHE+AESGCM") } },
		/* already in the default */
		{ { .ciphers = "HIGH:TLS_AES_256_GCM_SHA384" },
		  { CHANGE(CIPHERS, REMOVE, "TLS_AES_256_GCM_SHA384", "") } },
		{ { .ciphers = "HIGH:TLS_AES_256_GCM_SHA384",
		    .ciphersuites = "TLS_AES_128_GCM_SHA256" },
		  { CHANGE(CIPHERSUITES, ADD, "TLS_AES_256_GCM_SHA384", ":"),
		    CHANGE(CIPHERS, REMOVE, "TLS_AES_256_GCM_SHA384", "") } },
		{ { .ciphers = "HIGH:TLS_AES_256_GCM_SHA384",
		    .ciphersuites = "" },
		  { CHANGE(CIPHERSUITES, SET, "",
			   "TLS_AES_256_GCM_SHA384:"
			   "TLS_CHACHA20_POLY1305_SHA256:"
			   "TLS_AES_128_GCM_SHA256"),
		    CHANGE(CIPHERS, REMOVE, "TLS_AES_256_GCM_SHA384", "") } },
		/* nothing is left: back to the default */
		{ { .ciphersuites = "ECDHE-RSA-AES256-GCM-SHA384" },
		  { CHANGE(CIPHERSUITES, SET, "",
			   "TLS_AES_256_GCM_SHA384:"
			   "TLS_CHACHA20_POLY1305_SHA256:"
			   "TLS_AES_128_GCM_SHA256") } },
		{ { .ciphers = "!aNULL:TLS_AES_256_GCM_SHA384" },
		  { CHANGE(CIPHERS, SET, "",
			   "AESGCM:CHACHA20:-RSA:-PSK:-ADH:-DSS:@STRENGTH:"
			   "+DHE:!aNULL") } },
		{ { .protocols = "HIGH", .ciphers = "AES" },
		  { CHANGE(CIPHERS, ADD, "HIGH", ":"),
		    CHANGE(PROTOCOLS, SET, "", "TLSv1.2 TLSv1.3") } },
		/* no suite without a certificate is added */
		{ { .ciphersuites = "TLS_AES_128_GCM_SHA256:HIGH",
		    .ciphers = "ECDHE+AESGCM" },
		  { CHANGE(CIPHERS, ADD, "HIGH:!aNULL:!eNULL", ":"),
		    CHANGE(CIPHERSUITES, REMOVE, "HIGH", "") } },
		{ { .ciphers = "HIGH:!TLS_AES_128_GCM_SHA256",
		    .ciphersuites =
			    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384" },
		  { CHANGE(CIPHERSUITES, REMOVE, "TLS_AES_128_GCM_SHA256", ""),
		    CHANGE(CIPHERS, REMOVE, "!TLS_AES_128_GCM_SHA256", "") } },
		{ { .ciphers = "HIGH:!TLS_AES_128_GCM_SHA256" },
		  { CHANGE(CIPHERSUITES, SET, "",
			   "TLS_AES_256_GCM_SHA384:"
			   "TLS_CHACHA20_POLY1305_SHA256"),
		    CHANGE(CIPHERS, REMOVE, "!TLS_AES_128_GCM_SHA256", "") } },
		{ { .ciphers = "HIGH:!secp256R1", .groups = "P-256:P-384" },
		  { CHANGE(GROUPS, ADD, "-secp256r1", ":"),
		    CHANGE(CIPHERS, REMOVE, "!secp256R1", "") } },
		{ { .ciphers = "HIGH:GROUP-SECP224R1", .groups = " auto" },
		  { CHANGE(GROUPS, SET, "", "DEFAULT:secp224r1"),
		    CHANGE(CIPHERS, REMOVE, "GROUP-SECP224R1", "") } },
		{ { .ciphers = "HIGH:!TLSv1.3" },
		  { CHANGE(PROTOCOLS, SET, "", "TLSv1.2"),
		    CHANGE(CIPHERS, REMOVE, "!TLSv1.3", "") } },
		{ { .ciphers = "HIGH:TLSv1.3", .protocols = "SSLv23:!TLSv1_3" },
		  { CHANGE(PROTOCOLS, REMOVE, "!TLSv1_3", ""),
		    CHANGE(CIPHERS, REMOVE, "TLSv1.3", "") } },
		/* already in the list */
		{ { .groups = "curve25519:X25519" },
		  { CHANGE(GROUPS, REMOVE, "curve25519", "") } },
		{ { .ciphers = "ssl_ciphers=HIGH:!aNULL" },
		  { CHANGE(CIPHERS, REMOVE, "ssl_ciphers=", "") } },
		{ { .protocols = "MinProtocol = TLSv1.2" },
		  { CHANGE(PROTOCOLS, REPLACE, "MinProtocol = TLSv1.2",
			   ">=TLSv1.2") } },
		/* no hint is known */
		{ { .ciphers = "HIGH:foo_bar", .groups = "x" }, { { 0 } } },
		{ { .ciphers = "SECURE128:-VERS-TLS1.0" }, { { 0 } } },
		{ { .ciphers = "HIGH:!aNULL", .groups = "X25519" }, { { 0 } } },
		{ { .ciphers = NULL }, { { 0 } } },
		/* an item of maximum length, and one byte more */
		{ { .ciphers = "HIGH:ECHDE+AES128+AES128+AES+AES+AES+AES+AES+"
			       "AES+AES+AES+AES+AES+AES+AES+AES+AES+AES" },
		  { CHANGE(CIPHERS, REPLACE,
			   "ECHDE+AES128+AES128+AES+AES+AES+AES+AES+AES+AES+"
			   "AES+AES+AES+AES+AES+AES+AES+AES",
			   "ECDHE+AES128+AES128+AES+AES+AES+AES+AES+AES+AES+"
			   "AES+AES+AES+AES+AES+AES+AES+AES") } },
		{ { .ciphers = "HIGH:ECHDE+AES128+AES+AES+AES+AES+AES+AES+AES+"
			       "AES+AES+AES+AES+AES+AES+AES+AES+AES+AES" },
		  { { 0 } } },
	};
	struct smtptls_change changes[4];
	size_t i, expected, j;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		for (expected = 0; expected < 3; expected++)
			if (!rows[i].changes[expected].setting)
				break;
		memset(changes, 0xff, sizeof(changes));
		print_message("row %zu\n", i);
		j = (size_t)smtptls_policy_hints(
			&rows[i].spec, sizeof(rows[i].spec), changes, 3);
		assert_int_equal(j, expected);
		assert_memory_equal(changes, rows[i].changes,
				    expected * sizeof(changes[0]));
		/* No more changes are written than there are. */
		assert_int_equal(changes[expected].setting, -1);
	}
}

/* ---- limits ---- */

static void test_bounds(void **state)
{
	struct smtptls_policy_spec spec = { .ciphers = "HIGH:!anull:!enull" };
	struct smtptls_change changes[2];
	char *text = malloc(65538);
	size_t i;

	(void)state;
	memset(changes, 0xff, sizeof(changes));
	assert_int_equal(smtptls_policy_hints(&spec, sizeof(spec), changes, 1),
			 2);
	assert_string_equal(changes[0].word, "!anull");
	assert_int_equal(changes[1].setting, -1);
	assert_int_equal(smtptls_policy_hints(&spec, sizeof(spec), NULL, 0), 2);
	assert_int_equal(smtptls_policy_hints(&spec, sizeof(spec), NULL, 1),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_policy_hints(NULL, sizeof(spec), changes, 1),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_policy_hints(&spec, 0, changes, 1),
			 SMTPTLS_E_ARG);
	/* a caller that only has the protocols */
	assert_int_equal(
		smtptls_policy_hints(&spec, sizeof(spec.protocols), changes, 1),
		0);
	/* the first 32 of a list, and the longest list */
	strcpy(text, "HIGH");
	for (i = 0; i < 40; i++)
		sprintf(text + strlen(text), ":!tls1_%zu:!anull+AES%zu", i, i);
	spec.ciphers = text;
	assert_in_range(smtptls_policy_hints(&spec, sizeof(spec), NULL, 0), 0,
			64);
	memset(text, ':', 65536);
	text[65536] = '\0';
	assert_int_equal(smtptls_policy_hints(&spec, sizeof(spec), NULL, 0), 0);
	strcpy(text + 65536, ":");
	assert_int_equal(smtptls_policy_hints(&spec, sizeof(spec), NULL, 0),
			 SMTPTLS_E_LIMIT);
	free(text);
}

static void test_no_memory(void **state)
{
	static const struct smtptls_policy_spec specs[] = {
		{ .ciphers = "HIGH:!anull:TLS_AES_128_CCM_SHA256:!TLSv1.1",
		  .protocols = "ssl_protocols TLSv1.1 TLS1.2",
		  .groups = "ed25519" },
		{ .ciphers = "HIGH:!TLS_AES_128_GCM_SHA256:TLSv1.3",
		  .protocols = ">=TLSv1.1 <=TLSv1.2" },
	};
	size_t i;
	int n, ret, expected;

	(void)state;
	for (i = 0; i < COUNT(specs); i++) {
		expected = smtptls_policy_hints(&specs[i], sizeof(specs[i]),
						NULL, 0);
		assert_true(expected > 0);
		for (n = 0, ret = -1; ret < 0 && n < 200; n++) {
			allocations_left = n;
			ret = smtptls_policy_hints(&specs[i], sizeof(specs[i]),
						   NULL, 0);
			allocations_left = -1;
			if (ret < 0)
				assert_int_equal(ret, SMTPTLS_E_NOMEM);
		}
		assert_int_equal(ret, expected);
		assert_true(n > 5);
	}
}

/* An item too long for a change is left alone; the others are not. */
static void test_too_long(void **state)
{
#define FIVE "AES+AES+AES+AES+AES+"
#define LONG FIVE FIVE FIVE FIVE
	static const char *const lists[] = {
		LONG "TLS_RSA_WITH_AES_256_CBC_SHA:"
		     "TLS_RSA_WITH_AES_128_CBC_SHA",
		"HIGH:" LONG "TLS_AES_128_GCM_SHA256:"
		"TLS_RSA_WITH_AES_128_CBC_SHA",
	};
#undef FIVE
#undef LONG
	struct smtptls_change changes[2];
	struct smtptls_policy_spec spec = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(lists); i++) {
		spec.ciphers = lists[i];
		assert_int_equal(
			smtptls_policy_hints(&spec, sizeof(spec), changes, 2),
			1);
		assert_string_equal(changes[0].word,
				    "TLS_RSA_WITH_AES_128_CBC_SHA");
		assert_string_equal(changes[0].with, "AES128-SHA");
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests_name("policy_hints", tests, NULL, NULL);
}
