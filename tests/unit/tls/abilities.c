/* SPDX-License-Identifier: MIT */
/*
 * What the loaded GnuTLS can do, compared with what GnuTLS reports itself; and
 * that a policy is not returned if its string enables anything else. What a
 * system's policy removes is tested with the priority strings.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <gnutls/gnutls.h>

#include "tls/abilities.h"

/* The priority string, and the word, that GnuTLS is made to refuse. */
static char *refused;
static const char *refused_word;
static int refused_by = GNUTLS_E_INVALID_REQUEST;

int __real_gnutls_priority_init2(gnutls_priority_t *priorities,
				 const char *string, const char **place,
				 unsigned flags);
int __wrap_gnutls_priority_init2(gnutls_priority_t *priorities,
				 const char *string, const char **place,
				 unsigned flags);

int __wrap_gnutls_priority_init2(gnutls_priority_t *priorities,
				 const char *string, const char **place,
				 unsigned flags)
{
	if (refused && place && strcmp(string, refused) == 0) {
		*place = string;
		return GNUTLS_E_INVALID_REQUEST;
	}
	if (refused_word && place && strstr(string, refused_word)) {
		*place = strstr(string, refused_word);
		return refused_by;
	}
	return __real_gnutls_priority_init2(priorities, string, place, flags);
}

/* An algorithm made to look insecure, as by a system's policy. */
static gnutls_sign_algorithm_t insecure = GNUTLS_SIGN_UNKNOWN;

unsigned __real_gnutls_sign_is_secure(gnutls_sign_algorithm_t algorithm);
unsigned __wrap_gnutls_sign_is_secure(gnutls_sign_algorithm_t algorithm);

unsigned __wrap_gnutls_sign_is_secure(gnutls_sign_algorithm_t algorithm)
{
	return (insecure == GNUTLS_SIGN_UNKNOWN || algorithm != insecure) &&
	       __real_gnutls_sign_is_secure(algorithm);
}

/* The only version left, as by a system's policy; 0: those of GnuTLS. */
static unsigned only_version;

int __real_gnutls_priority_protocol_list(gnutls_priority_t priorities,
					 const unsigned **list);
int __wrap_gnutls_priority_protocol_list(gnutls_priority_t priorities,
					 const unsigned **list);

int __wrap_gnutls_priority_protocol_list(gnutls_priority_t priorities,
					 const unsigned **list)
{
	if (only_version == 0)
		return __real_gnutls_priority_protocol_list(priorities, list);
	*list = &only_version;
	return 1;
}

static const char *suite_name(unsigned index)
{
	return gnutls_cipher_suite_info(index, NULL, NULL, NULL, NULL, NULL);
}

static int gnutls_names(const char *name)
{
	unsigned i;

	for (i = 0; suite_name(i); i++) {
		if (strcmp(suite_name(i), name) == 0)
			return 1;
	}
	return 0;
}

/* Whether GnuTLS enables the suite for a string with only its words. */
static int gnutls_enables(const struct stls_suite *suite)
{
	gnutls_priority_t priorities;
	char string[256];
	unsigned i, index;
	int found = 0, ret;

	snprintf(string, sizeof(string),
		 "NONE:+VERS-TLS1.%d:+CTYPE-X509:+COMP-NULL%s%s:+%s:+%s:"
		 "+GROUP-ALL:+SIGN-ALL",
		 suite->gnutls_min_version == STLS_TLS1_3 ? 3 : 2,
		 suite->gnutls_kx[0] ? ":+" : "", suite->gnutls_kx,
		 suite->gnutls_cipher, suite->gnutls_mac);
	if (gnutls_priority_init(&priorities, string, NULL) < 0)
		return 0;
	for (i = 0;; i++) {
		ret = gnutls_priority_get_cipher_suite_index(priorities, i,
							     &index);
		if (ret == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			break;
		if (ret == 0 && strcmp(suite_name(index), suite->gnutls) == 0)
			found = 1;
	}
	gnutls_priority_deinit(priorities);
	return found;
}

static void test_suites(void **state)
{
	struct stls_abilities abilities;
	unsigned row, able = 0;

	(void)state;
	assert_int_equal(stls_abilities_ask(&abilities), 0);
	for (row = 0; row < STLS_SUITES; row++) {
		const struct stls_suite *suite = stls_suite(row);
		int is = abilities.suite[row];

		if (!suite->gnutls[0] || !gnutls_names(suite->gnutls)) {
			assert_int_equal(is, STLS_ABSENT);
		} else if (strstr(suite->gnutls_kx, "PSK") ||
			   strstr(suite->gnutls_kx, "SRP")) {
			assert_int_not_equal(is, STLS_ABLE);
		} else if (gnutls_enables(suite)) {
			assert_int_equal(is, STLS_ABLE);
			able++;
		} else {
			assert_int_equal(is, STLS_DISABLED);
		}
	}
	assert_true(able > 50);
}

/* Each suite that GnuTLS names is in the table: none is overlooked. */
static void test_table_is_whole(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; suite_name(i); i++)
		assert_true(stls_suite_by_gnutls(suite_name(i),
						 strlen(suite_name(i))) >= 0);
}

static void test_groups_and_versions(void **state)
{
	struct stls_abilities abilities;
	const gnutls_group_t *list = gnutls_group_list();
	size_t row, i;

	(void)state;
	assert_int_equal(stls_abilities_ask(&abilities), 0);
	assert_int_equal(abilities.versions, STLS_PROTOCOL_TLS);
	for (row = 0; row < STLS_GROUPS; row++) {
		const char *word = stls_group(row)->gnutls;
		int has = 0;

		for (i = 0; list[i]; i++)
			has |= word[0] &&
			       strcmp(word + strlen("GROUP-"),
				      gnutls_group_get_name(list[i])) == 0;
		assert_int_equal(abilities.group[row] == STLS_ABLE, has);
	}
	assert_int_equal(abilities.group[stls_group_by_code(23)], STLS_ABLE);
}

/* A version that is enabled enables no other. */
static void test_each_version(void **state)
{
	static const struct {
		gnutls_protocol_t protocol;
		int versions;
	} rows[] = {
		{ GNUTLS_TLS1_0, STLS_PROTOCOL_TLS1_0 },
		{ GNUTLS_TLS1_1, STLS_PROTOCOL_TLS1_1 },
		{ GNUTLS_TLS1_2, STLS_PROTOCOL_TLS1_2 },
		{ GNUTLS_TLS1_3, STLS_PROTOCOL_TLS1_3 },
		{ GNUTLS_DTLS1_2, 0 },
	};
	struct stls_abilities abilities;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		only_version = rows[i].protocol;
		assert_int_equal(stls_abilities_ask(&abilities), 0);
		only_version = 0;
		assert_int_equal(abilities.versions, rows[i].versions);
	}
}

static void test_sigalgs(void **state)
{
	static const char *const able[] = { "rsa_pkcs1_sha256", "ed25519",
					    "ecdsa_secp384r1_sha384",
					    "rsa_pss_rsae_sha512",
					    "rsa_pkcs1_sha1" };
	struct stls_abilities abilities;
	size_t row, i, found = 0;

	(void)state;
	assert_int_equal(stls_abilities_ask(&abilities), 0);
	for (row = 0; row < STLS_SIGALGS; row++) {
		for (i = 0; i < sizeof(able) / sizeof(able[0]); i++)
			if (strcmp(stls_sigalg(row)->name, able[i]) == 0) {
				assert_int_equal(abilities.sigalg[row],
						 STLS_ABLE);
				found++;
			}
	}
	assert_int_equal(found, sizeof(able) / sizeof(able[0]));
}

/* Each row is able if GnuTLS has the signature; otherwise it is absent. */
static void test_every_sigalg(void **state)
{
	struct stls_abilities abilities;
	const gnutls_sign_algorithm_t *list = gnutls_sign_list();
	size_t row, i;

	(void)state;
	assert_int_equal(stls_abilities_ask(&abilities), 0);
	for (row = 0; row < STLS_SIGALGS; row++) {
		const char *word = stls_sigalg(row)->gnutls;
		int has = 0;

		/* it has no code points for these in TLS */
		for (i = 0; list[i] && !strstr(word, "SHA224"); i++)
			has |= word[0] &&
			       strcmp(word + strlen("SIGN-"),
				      gnutls_sign_get_name(list[i])) == 0;
		assert_int_equal(abilities.sigalg[row],
				 has ? STLS_ABLE : STLS_ABSENT);
	}
}

/* ---- the final check ---- */

static struct smtptls_policy *one_suite(void)
{
	struct smtptls_policy *policy = calloc(1, sizeof(*policy));
	const struct stls_sentence none = { NULL, 0 };
	struct smtptls_policy_spec spec;
	struct stls_abilities abilities;

	assert_non_null(policy);
	memset(&spec, 0, sizeof(spec));
	spec.ciphers = "ECDHE-RSA-AES256-GCM-SHA384";
	spec.protocols = "TLSv1.2";
	assert_int_equal(stls_abilities_ask(&abilities), 0);
	assert_int_equal(stls_policy_compile(policy, &spec, &abilities, &none),
			 0);
	return policy;
}

static void check_guard(const char *from, const char *to, int ret,
			const char *sentence)
{
	struct smtptls_policy *policy = one_suite();
	char text[256] = "", *wider = malloc(4096);
	const struct stls_sentence error = { text, sizeof(text) };
	const char *at = strstr(policy->priority, from);

	assert_non_null(wider);
	assert_non_null(at);
	snprintf(wider, 4096, "%.*s%s%s", (int)(at - policy->priority),
		 policy->priority, to, at + strlen(from));
	free(policy->priority);
	policy->priority = wider;
	assert_int_equal(stls_abilities_check(policy, &error), ret);
	if (sentence)
		assert_non_null(strstr(text, sentence));
	else
		assert_string_equal(text, "");
	stls_policy_clear(policy);
	free(policy);
}

static void test_guard(void **state)
{
	(void)state;
	check_guard("NONE", "NONE", 0, NULL);
	check_guard(":+AES-256-GCM", ":+AES-256-GCM:+AES-128-GCM",
		    SMTPTLS_E_UNSUPPORTED, "TLS_ECDHE_RSA_AES_128_GCM_SHA256");
	check_guard(":+ECDHE-RSA", ":+ECDHE-RSA:+DHE-RSA",
		    SMTPTLS_E_UNSUPPORTED, "TLS_DHE_RSA_AES_256_GCM_SHA384");
	check_guard(":+VERS-TLS1.2", ":+VERS-TLS1.2:+VERS-TLS1.3",
		    SMTPTLS_E_UNSUPPORTED, "TLS_AES_256_GCM_SHA384");
	check_guard(":+AEAD", ":+AEAD:+NONSENSE", SMTPTLS_E_UNSUPPORTED,
		    "\"+NONSENSE");
	check_guard("NONE", "NORMAL", SMTPTLS_E_UNSUPPORTED, "would enable");
}

/* A word that GnuTLS lists but refuses costs only that word. */
static void test_word_refused(void **state)
{
	struct stls_abilities all, rest;
	size_t row = (size_t)stls_group_by_code(30); /* x448 */

	(void)state;
	assert_int_equal(stls_abilities_ask(&all), 0);
	assert_int_equal(all.group[row], STLS_ABLE);
	refused_word = "GROUP-X448";
	refused_by = GNUTLS_E_MEMORY_ERROR;
	assert_int_equal(stls_abilities_ask(&rest), SMTPTLS_E_NOMEM);
	refused_by = GNUTLS_E_INVALID_REQUEST;
	assert_int_equal(stls_abilities_ask(&rest), 0);
	refused_word = NULL;
	assert_int_not_equal(rest.group[row], STLS_ABLE);
	rest.group[row] = STLS_ABLE;
	assert_memory_equal(&rest, &all, sizeof(all));
}

/* An insecure algorithm is not able, from SHA-256 on. */
static void test_insecure(void **state)
{
	static const struct {
		gnutls_sign_algorithm_t algorithm;
		unsigned code;
		int able;
	} rows[] = {
		{ GNUTLS_SIGN_RSA_SHA1, 0x0201, 1 },
		{ GNUTLS_SIGN_RSA_SHA256, 0x0401, 0 },
		{ GNUTLS_SIGN_RSA_SHA512, 0x0601, 0 },
		{ GNUTLS_SIGN_RSA_PSS_RSAE_SHA256, 0x0804, 0 },
		{ GNUTLS_SIGN_ECDSA_SHA256, 0x0403, 0 },
		{ GNUTLS_SIGN_ECDSA_SECP256R1_SHA256, 0x0403, 0 },
	};
	struct stls_abilities abilities;
	size_t i, row;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		row = (size_t)stls_sigalg_by_code(rows[i].code);
		assert_int_equal(stls_abilities_ask(&abilities), 0);
		assert_int_equal(abilities.sigalg[row], STLS_ABLE);
		insecure = rows[i].algorithm;
		assert_int_equal(stls_abilities_ask(&abilities), 0);
		insecure = GNUTLS_SIGN_UNKNOWN;
		assert_int_equal(abilities.sigalg[row],
				 rows[i].able ? STLS_ABLE : STLS_DISABLED);
	}
}

/* A new policy gets this check. */
static void test_new_policy(void **state)
{
	static const struct smtptls_policy_spec spec = {
		.ciphers = "ECDHE-RSA-AES256-GCM-SHA384"
	};
	struct smtptls_policy *policy;
	char text[256];

	(void)state;
	assert_int_equal(smtptls_policy_new(&policy, &spec, sizeof(spec), text,
					    sizeof(text)),
			 0);
	refused = strdup(smtptls_policy_priority(policy));
	smtptls_policy_unref(policy);
	assert_non_null(refused);
	assert_int_equal(smtptls_policy_new(&policy, &spec, sizeof(spec), text,
					    sizeof(text)),
			 SMTPTLS_E_UNSUPPORTED);
	assert_non_null(strstr(text, "GnuTLS refuses the priority string"));
	free(refused);
	refused = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_suites),
		cmocka_unit_test(test_table_is_whole),
		cmocka_unit_test(test_groups_and_versions),
		cmocka_unit_test(test_each_version),
		cmocka_unit_test(test_sigalgs),
		cmocka_unit_test(test_every_sigalg),
		cmocka_unit_test(test_guard),
		cmocka_unit_test(test_word_refused),
		cmocka_unit_test(test_insecure),
		cmocka_unit_test(test_new_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
