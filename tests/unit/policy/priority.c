/* SPDX-License-Identifier: MIT */
/*
 * Priority strings: what the product rule removes, and which of equally large
 * sets is taken; versions that lose their suites; and what a system's policy
 * removes, each in a child process, since GnuTLS reads that policy when it is
 * loaded. Whether the set is always the largest is left to the differential
 * tests.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <gnutls/gnutls.h>

#include "../help/policy_help.h"
#include "tls/abilities.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct smtptls_policy *make(const char *ciphers,
				   const char *ciphersuites,
				   const char *protocols, int level)
{
	return new_policy(
		POLICY(.ciphers = ciphers, .ciphersuites = ciphersuites,
		       .protocols = protocols, .security_level = level));
}

static const struct smtptls_policy_suite *
find(const struct smtptls_policy *policy, const char *name)
{
	const struct smtptls_policy_suite *suite;
	size_t i;

	for (i = 0; (suite = smtptls_policy_suite(policy, i)); i++) {
		if (strcmp(suite->openssl, name) == 0)
			return suite;
	}
	fail_msg("no %s", name);
	return NULL;
}

static void check_suite(const struct smtptls_policy *policy, const char *name,
			int lost, const char *conflict)
{
	const struct smtptls_policy_suite *suite = find(policy, name);

	assert_int_equal(suite->lost, lost);
	assert_int_equal(suite->cause == NULL, lost == SMTPTLS_KEPT);
	if (conflict)
		assert_string_equal(suite->conflict, conflict);
	else
		assert_null(suite->conflict);
}

static int has_word(const struct smtptls_policy *policy, const char *word)
{
	const char *priority = smtptls_policy_priority(policy);
	const char *at = priority;
	size_t len = strlen(word);

	while ((at = strstr(at, word))) {
		if ((at == priority || at[-1] == ':') &&
		    (at[len] == ':' || at[len] == '\0'))
			return 1;
		at += len;
	}
	return 0;
}

static int warns(const struct smtptls_policy *policy, const char *warning)
{
	size_t i;

	for (i = 0; smtptls_policy_warning(policy, i); i++) {
		if (strcmp(smtptls_policy_warning(policy, i), warning) == 0)
			return 1;
	}
	return 0;
}

/* A sentence is as expected and names the line that must go, the second one. */
static int blames(const char *sentence, const char *beginning, const char *line)
{
	char expected[256];
	size_t len;

	(void)snprintf(expected, sizeof(expected), "%s: remove \"%s\" from ",
		       beginning, line);
	len = strlen(sentence);
	return strncmp(sentence, expected, strlen(expected)) == 0 && len > 8 &&
	       strcmp(sentence + len - 8, ", line 2") == 0;
}

static int warns_of(const struct smtptls_policy *policy, const char *beginning,
		    const char *line)
{
	size_t i;

	for (i = 0; smtptls_policy_warning(policy, i); i++) {
		if (blames(smtptls_policy_warning(policy, i), beginning, line))
			return 1;
	}
	return 0;
}

/* GnuTLS must accept the string and enable exactly the suites that are kept. */
static void check_enabled(const struct smtptls_policy *policy)
{
	const struct smtptls_policy_suite *suite;
	gnutls_priority_t priorities;
	unsigned i, index, kept = 0, enabled = 0;
	int ret;

	assert_int_equal(gnutls_priority_init(&priorities,
					      smtptls_policy_priority(policy),
					      NULL),
			 0);
	for (i = 0; (suite = smtptls_policy_suite(policy, i)); i++)
		kept += suite->lost == SMTPTLS_KEPT;
	for (i = 0;; i++) {
		const char *name;
		size_t j;
		int found = 0;

		ret = gnutls_priority_get_cipher_suite_index(priorities, i,
							     &index);
		if (ret == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			break;
		if (ret < 0)
			continue;
		name = gnutls_cipher_suite_info(index, NULL, NULL, NULL, NULL,
						NULL);
		for (j = 0; (suite = smtptls_policy_suite(policy, j)); j++)
			found |= suite->lost == SMTPTLS_KEPT &&
				 strcmp(suite->gnutls, name) == 0;
		assert_true(found);
		enabled++;
	}
	assert_int_equal(enabled, kept);
	gnutls_priority_deinit(priorities);
}

#define OFF(version)                                                           \
	"protocols: " version " is off in the priority string, since none of " \
	"its suites can be enabled"

/* ---- the product rule ---- */

static void test_product(void **state)
{
	/* The fourth corner of a square is forbidden. */
	struct smtptls_policy *policy =
		make("ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:"
		     "DHE-RSA-AES256-GCM-SHA384",
		     NULL, "TLSv1.2", 0);

	(void)state;
	check_suite(policy, "ECDHE-RSA-AES256-GCM-SHA384", SMTPTLS_KEPT, NULL);
	check_suite(policy, "ECDHE-RSA-AES128-GCM-SHA256", SMTPTLS_KEPT, NULL);
	check_suite(policy, "DHE-RSA-AES256-GCM-SHA384", SMTPTLS_LOST_PRODUCT,
		    "DHE-RSA-AES128-GCM-SHA256");
	assert_non_null(strstr(find(policy, "DHE-RSA-AES256-GCM-SHA384")->cause,
			       "would enable a forbidden one"));
	assert_false(has_word(policy, "+DHE-RSA"));
	check_enabled(policy);
	smtptls_policy_unref(policy);
}

static void test_product_of_macs(void **state)
{
	/* AES-128-CBC with SHA-1 is forbidden, with SHA-256 it is not. */
	struct smtptls_policy *policy = make(
		"AES128-SHA256:AES256-SHA256:AES256-SHA", NULL, "TLSv1.2", 0);

	(void)state;
	check_suite(policy, "AES128-SHA256", SMTPTLS_KEPT, NULL);
	check_suite(policy, "AES256-SHA256", SMTPTLS_KEPT, NULL);
	check_suite(policy, "AES256-SHA", SMTPTLS_LOST_PRODUCT, "AES128-SHA");
	check_enabled(policy);
	smtptls_policy_unref(policy);
}

static void test_more_beats_first(void **state)
{
	struct smtptls_policy *policy =
		make("DHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:"
		     "ECDHE-RSA-CHACHA20-POLY1305",
		     NULL, "TLSv1.2", 0);

	(void)state;
	check_suite(policy, "DHE-RSA-AES128-GCM-SHA256", SMTPTLS_LOST_PRODUCT,
		    "DHE-RSA-AES256-GCM-SHA384");
	check_suite(policy, "ECDHE-RSA-AES256-GCM-SHA384", SMTPTLS_KEPT, NULL);
	check_suite(policy, "ECDHE-RSA-CHACHA20-POLY1305", SMTPTLS_KEPT, NULL);
	check_enabled(policy);
	smtptls_policy_unref(policy);
}

static void check_tie(const char *first, const char *second)
{
	struct smtptls_policy *policy;
	char list[128];

	snprintf(list, sizeof(list), "%s:%s", first, second);
	policy = make(list, NULL, "TLSv1.2", 0);
	check_suite(policy, first, SMTPTLS_KEPT, NULL);
	assert_int_equal(find(policy, second)->lost, SMTPTLS_LOST_PRODUCT);
	assert_non_null(find(policy, second)->conflict);
	check_enabled(policy);
	smtptls_policy_unref(policy);
}

static void test_ties(void **state)
{
	static const char *const pairs[][2] = {
		{ "ECDHE-RSA-AES256-GCM-SHA384", "DHE-RSA-AES128-GCM-SHA256" },
		{ "ECDHE-RSA-AES128-SHA", "AES256-SHA" },
		{ "AES128-SHA256", "AES256-SHA" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(pairs); i++) {
		check_tie(pairs[i][0], pairs[i][1]);
		check_tie(pairs[i][1], pairs[i][0]);
	}
}

/* ---- versions ---- */

static void test_tls13_counts(void **state)
{
	/* Two suites of TLS 1.3 against one, which would enable others. */
	struct smtptls_policy *policy = make(
		"ECDHE-RSA-AES128-GCM-SHA256",
		"TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256", NULL, 0);

	(void)state;
	check_suite(policy, "ECDHE-RSA-AES128-GCM-SHA256", SMTPTLS_LOST_PRODUCT,
		    "ECDHE-RSA-AES256-GCM-SHA384");
	assert_true(warns(policy, OFF("TLSv1.2")));
	assert_false(has_word(policy, "+VERS-TLS1.2"));
	check_enabled(policy);
	smtptls_policy_unref(policy);
}

static void test_tls13_without_suites(void **state)
{
	/* Three against one, which is lost, and the version with it. */
	struct smtptls_policy *policy =
		make("ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-SHA:"
		     "ECDHE-RSA-AES256-SHA:ECDHE-RSA-AES128-GCM-SHA256",
		     "TLS_CHACHA20_POLY1305_SHA256", NULL, 0);

	(void)state;
	check_suite(policy, "TLS_CHACHA20_POLY1305_SHA256",
		    SMTPTLS_LOST_PRODUCT, "ECDHE-RSA-CHACHA20-POLY1305");
	/* Once TLS 1.3 is off, it no longer forbids these. */
	check_suite(policy, "ECDHE-RSA-AES256-GCM-SHA384", SMTPTLS_KEPT, NULL);
	check_suite(policy, "ECDHE-RSA-AES128-GCM-SHA256", SMTPTLS_KEPT, NULL);
	assert_true(warns(policy, OFF("TLSv1.3")));
	assert_false(has_word(policy, "+VERS-TLS1.3"));
	check_enabled(policy);
	smtptls_policy_unref(policy);
}

static void test_tls13_too_weak(void **state)
{
	/*
	 * Level 4 removes TLS 1.3's suite: nothing may be forbidden for its
	 * sake.
	 */
	struct smtptls_policy *policy =
		make("ECDHE-ECDSA-AES256-GCM-SHA384:@SECLEVEL=4",
		     "TLS_AES_128_GCM_SHA256", NULL, 0);

	(void)state;
	check_suite(policy, "TLS_AES_128_GCM_SHA256",
		    SMTPTLS_LOST_SECURITY_LEVEL, NULL);
	check_suite(policy, "ECDHE-ECDSA-AES256-GCM-SHA384", SMTPTLS_KEPT,
		    NULL);
	assert_true(warns(policy, OFF("TLSv1.3")));
	check_enabled(policy);
	smtptls_policy_unref(policy);
}

static void test_null(void **state)
{
	static const char ciphers[] =
		"NULL-SHA256:AES256-SHA256:AES256-GCM-SHA384";
	struct smtptls_policy *policy = make(ciphers, "TLS_AES_256_GCM_SHA384",
					     NULL, SMTPTLS_SECURITY_LEVEL_0);

	(void)state;
	check_suite(policy, "NULL-SHA256", SMTPTLS_LOST_PRODUCT, NULL);
	assert_string_equal(find(policy, "NULL-SHA256")->cause,
			    "GnuTLS cannot combine it with TLS 1.3");
	check_suite(policy, "AES256-SHA256", SMTPTLS_KEPT, NULL);
	check_suite(policy, "AES256-GCM-SHA384", SMTPTLS_KEPT, NULL);
	check_suite(policy, "TLS_AES_256_GCM_SHA384", SMTPTLS_KEPT, NULL);
	assert_false(has_word(policy, "+NULL"));
	check_enabled(policy);
	smtptls_policy_unref(policy);

	policy = make(ciphers, NULL, "TLSv1.2", SMTPTLS_SECURITY_LEVEL_0);
	check_suite(policy, "NULL-SHA256", SMTPTLS_KEPT, NULL);
	assert_true(has_word(policy, "+NULL"));
	check_enabled(policy);
	smtptls_policy_unref(policy);
}

static void test_old_versions(void **state)
{
	struct smtptls_policy *policy =
		make("ECDHE-RSA-AES128-GCM-SHA256", "", "TLSv1 TLSv1.1 TLSv1.2",
		     SMTPTLS_SECURITY_LEVEL_0);

	(void)state;
	assert_true(warns(policy, OFF("TLSv1")));
	assert_true(warns(policy, OFF("TLSv1.1")));
	assert_false(has_word(policy, "+VERS-TLS1.0"));
	assert_false(has_word(policy, "+VERS-TLS1.1"));
	assert_true(has_word(policy, "+VERS-TLS1.2"));
	check_enabled(policy);
	smtptls_policy_unref(policy);
}

/* ---- the rest of the string ---- */

static void test_profiles(void **state)
{
	static const char *const profiles[] = {
		"%PROFILE_VERY_WEAK", "%PROFILE_LOW",	"%PROFILE_MEDIUM",
		"%PROFILE_HIGH",      "%PROFILE_ULTRA", "%PROFILE_FUTURE"
	};
	struct smtptls_policy *policy;
	int level;

	(void)state;
	for (level = 0; level <= 5; level++) {
		policy = make("ALL", NULL, NULL,
			      level ? level : SMTPTLS_SECURITY_LEVEL_0);
		assert_true(has_word(policy, profiles[level]));
		assert_true(has_word(policy, "%SERVER_PRECEDENCE"));
		check_enabled(policy);
		smtptls_policy_unref(policy);
	}
}

static void test_preference(void **state)
{
	struct smtptls_policy *policy =
		new_policy(POLICY(.flags = SMTPTLS_PREFER_CLIENT));

	(void)state;
	assert_false(has_word(policy, "%SERVER_PRECEDENCE"));
	check_enabled(policy);
	smtptls_policy_unref(policy);
}

/* The longest string that can be requested must fit. */
static void test_longest(void **state)
{
	struct smtptls_policy *policy = new_policy(
		POLICY(.ciphers = "ALL:COMPLEMENTOFALL:@SECLEVEL=0",
		       .protocols = "TLSv1 TLSv1.1 TLSv1.2",
		       .groups = "X25519:P-256:X448:P-384:P-521:ffdhe2048:"
				 "ffdhe3072:"
				 "ffdhe4096:ffdhe6144:ffdhe8192:P-192:P-224:"
				 "?X25519MLKEM768:?SecP256r1MLKEM768:"
				 "?SecP384r1MLKEM1024",
		       .sigalgs =
			       "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:"
			       "ed448:rsa_pss_pss_sha256:rsa_pss_pss_sha384:"
			       "rsa_pss_pss_sha512:PSS+SHA256:PSS+SHA384:"
			       "PSS+SHA512:RSA+SHA256:RSA+SHA384:RSA+SHA512:"
			       "ECDSA+SHA224:RSA+SHA224:ECDSA+SHA1:RSA+SHA1:"
			       "DSA+SHA1:DSA+SHA224:DSA+SHA256:DSA+SHA384:"
			       "DSA+SHA512"));

	(void)state;
	assert_true(has_word(policy, "%PROFILE_VERY_WEAK"));
	check_enabled(policy);
	smtptls_policy_unref(policy);
}

/* ---- the system's policy ---- */

static void system_cipher(void)
{
	struct smtptls_policy *policy = make(NULL, NULL, NULL, 0);

	check_suite(policy, "TLS_AES_128_GCM_SHA256", SMTPTLS_LOST_SYSTEM,
		    NULL);
	check_suite(policy, "ECDHE-RSA-AES128-GCM-SHA256", SMTPTLS_LOST_SYSTEM,
		    NULL);
	check_suite(policy, "ECDHE-RSA-AES256-GCM-SHA384", SMTPTLS_KEPT, NULL);
	check_enabled(policy);
	smtptls_policy_unref(policy);
	/*
	 * A disabled algorithm cannot forbid anything: otherwise this would
	 * conflict.
	 */
	policy = make("ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:"
		      "DHE-RSA-AES256-GCM-SHA384",
		      NULL, "TLSv1.2", 0);
	check_suite(policy, "DHE-RSA-AES256-GCM-SHA384", SMTPTLS_KEPT, NULL);
	check_enabled(policy);
	smtptls_policy_unref(policy);
}

static void system_kx(void)
{
	struct smtptls_policy *policy = make(NULL, NULL, NULL, 0);

	check_suite(policy, "DHE-RSA-AES256-GCM-SHA384", SMTPTLS_LOST_SYSTEM,
		    NULL);
	check_suite(policy, "ECDHE-RSA-AES256-GCM-SHA384", SMTPTLS_KEPT, NULL);
	assert_false(has_word(policy, "+DHE-RSA"));
	check_enabled(policy);
	smtptls_policy_unref(policy);
}

static void system_group(void)
{
	struct smtptls_policy *policy = make(NULL, NULL, NULL, 0);

	assert_null(smtptls_policy_warning(policy, 0));
	assert_false(has_word(policy, "+GROUP-X25519"));
	smtptls_policy_unref(policy);
	policy = new_policy(POLICY(.groups = "X25519:P-256"));
	assert_true(warns_of(policy,
			     "groups: x25519 is disabled by the system's "
			     "GnuTLS policy",
			     "tls-disabled-group = GROUP-X25519"));
	assert_false(has_word(policy, "+GROUP-X25519"));
	check_enabled(policy);
	smtptls_policy_unref(policy);
}

static void system_sigalg(void)
{
	struct smtptls_policy *policy =
		new_policy(POLICY(.sigalgs = "RSA+SHA512:RSA+SHA256"));
	struct stls_abilities abilities;

	assert_int_equal(stls_abilities_ask(&abilities), 0);
	assert_int_equal(abilities.sigalg[stls_sigalg_by_code(0x0601)],
			 STLS_DISABLED);
	assert_int_equal(abilities.sigalg[stls_sigalg_by_code(0x0401)],
			 STLS_ABLE);
	assert_true(has_word(policy, "+SIGN-RSA-SHA256"));
	assert_false(has_word(policy, "+SIGN-RSA-SHA512"));
	check_enabled(policy);
	smtptls_policy_unref(policy);
}

static void system_tls13(void)
{
	struct smtptls_policy *policy = make(NULL, NULL, NULL, 0);

	check_suite(policy, "TLS_AES_256_GCM_SHA384", SMTPTLS_LOST_SYSTEM,
		    NULL);
	check_suite(policy, "ECDHE-RSA-AES128-GCM-SHA256", SMTPTLS_KEPT, NULL);
	assert_true(warns_of(policy,
			     "protocols: TLSv1.3 is disabled by the system's "
			     "GnuTLS policy",
			     "disabled-version = tls1.3"));
	check_enabled(policy);
	smtptls_policy_unref(policy);
}

static void system_tls12(void)
{
	struct smtptls_policy *policy = make(NULL, NULL, NULL, 0);
	struct smtptls_policy_spec spec;
	char sentence[256];

	check_suite(policy, "TLS_AES_256_GCM_SHA384", SMTPTLS_KEPT, NULL);
	check_suite(policy, "ECDHE-RSA-AES128-GCM-SHA256", SMTPTLS_LOST_SYSTEM,
		    NULL);
	assert_true(warns_of(policy,
			     "protocols: TLSv1.2 is disabled by the system's "
			     "GnuTLS policy",
			     "disabled-version = tls1.2"));
	check_enabled(policy);
	smtptls_policy_unref(policy);
	/* The hole that this leaves costs TLS 1.3, and is reported. */
	policy = make("ALL", NULL, "TLSv1.1 TLSv1.2 TLSv1.3",
		      SMTPTLS_SECURITY_LEVEL_0);
	assert_true(warns(policy,
			  "protocols: GnuTLS cannot combine TLSv1.3 with TLSv1 "
			  "or TLSv1.1 without TLSv1.2; TLSv1.3 is off"));
	check_enabled(policy);
	smtptls_policy_unref(policy);
	memset(&spec, 0, sizeof(spec));
	spec.protocols = "TLSv1.2";
	assert_int_equal(smtptls_policy_new(&policy, &spec, sizeof(spec),
					    sentence, sizeof(sentence)),
			 SMTPTLS_E_UNSUPPORTED);
	assert_true(blames(sentence,
			   "these settings leave nothing to negotiate: the "
			   "system's GnuTLS policy disables the protocol "
			   "versions",
			   "disabled-version = tls1.2"));
}

static void system_all_wanted(void)
{
	struct smtptls_policy_spec spec;
	struct smtptls_policy *policy;
	char sentence[256];

	memset(&spec, 0, sizeof(spec));
	spec.ciphers = "ECDHE-RSA-CHACHA20-POLY1305";
	spec.ciphersuites = "";
	assert_int_equal(smtptls_policy_new(&policy, &spec, sizeof(spec),
					    sentence, sizeof(sentence)),
			 SMTPTLS_E_UNSUPPORTED);
	assert_true(blames(sentence,
			   "these settings leave nothing to negotiate: "
			   "ECDHE-RSA-CHACHA20-POLY1305: the system's GnuTLS "
			   "policy disables it",
			   "tls-disabled-cipher = CHACHA20-POLY1305"));
}

static const struct {
	const char *overrides;
	void (*check)(void);
} systems[] = {
	{ "tls-disabled-cipher = AES-128-GCM", system_cipher },
	{ "tls-disabled-kx = DHE-RSA", system_kx },
	{ "tls-disabled-group = GROUP-X25519", system_group },
	{ "insecure-sig = RSA-SHA512", system_sigalg },
	{ "disabled-version = tls1.3", system_tls13 },
	{ "disabled-version = tls1.2", system_tls12 },
	{ "tls-disabled-cipher = CHACHA20-POLY1305", system_all_wanted },
};

/* Which of them the child runs; cmocka does not pass arguments to tests. */
static size_t chosen;

static void test_chosen(void **state)
{
	(void)state;
	systems[chosen].check();
}

static int run_child(const char *number)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_chosen) };

	chosen = strtoul(number, NULL, 10);
	(void)alarm(120);
	if (chosen >= COUNT(systems))
		return 99;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

static void write_file(const char *path, const char *overrides)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fprintf(file, "[overrides]\n%s\n", overrides);
	assert_int_equal(fclose(file), 0);
}

/* Under valgrind, /proc/self/exe would be valgrind. */
static const char *program;

static void test_systems(void **state)
{
	const char *top = getenv("TMPDIR");
	char path[256], number[16];
	int status, fd;
	pid_t child;
	size_t i;

	(void)state;
	snprintf(path, sizeof(path), "%s/smtptls-priority-XXXXXX",
		 top && top[0] ? top : "/tmp");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	for (i = 0; i < COUNT(systems); i++) {
		write_file(path, systems[i].overrides);
		snprintf(number, sizeof(number), "%zu", i);
		child = fork();
		if (child == 0) {
			setenv("GNUTLS_SYSTEM_PRIORITY_FILE", path, 1);
			setenv("GNUTLS_SYSTEM_PRIORITY_FAIL_ON_INVALID", "1",
			       1);
			execl(program, program, number, (char *)NULL);
			_exit(99);
		}
		status = -1;
		if (child > 0)
			(void)waitpid(child, &status, 0);
		if (status != 0)
			(void)unlink(path);
		print_message("%s: %d\n", systems[i].overrides, status);
		assert_int_equal(status, 0);
	}
	assert_int_equal(unlink(path), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_product),
		cmocka_unit_test(test_product_of_macs),
		cmocka_unit_test(test_more_beats_first),
		cmocka_unit_test(test_ties),
		cmocka_unit_test(test_tls13_counts),
		cmocka_unit_test(test_tls13_without_suites),
		cmocka_unit_test(test_tls13_too_weak),
		cmocka_unit_test(test_null),
		cmocka_unit_test(test_old_versions),
		cmocka_unit_test(test_profiles),
		cmocka_unit_test(test_preference),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_systems),
	};

	program = argv[0];
	if (argc > 1)
		return run_child(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
