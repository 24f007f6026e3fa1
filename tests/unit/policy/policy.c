/* SPDX-License-Identifier: MIT */
/*
 * Policies from strings: every sentence of errors and warnings, names, defaults,
 * security levels and Suite B.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../help/policy_help.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void check_warnings(const struct smtptls_policy *policy,
			   const char *const *warnings)
{
	size_t i;

	for (i = 0; warnings[i]; i++) {
		assert_non_null(smtptls_policy_warning(policy, i));
		assert_string_equal(smtptls_policy_warning(policy, i),
				    warnings[i]);
	}
	assert_null(smtptls_policy_warning(policy, i));
}

/* The kept suites below TLS 1.3, joined with colons; or the lost ones. */
static void check_kept(const struct smtptls_policy *policy, const char *names)
{
	const struct smtptls_policy_suite *suite;
	char text[4096] = "";
	size_t i;

	for (i = 0; (suite = smtptls_policy_suite(policy, i)); i++) {
		if (suite->lost != SMTPTLS_KEPT)
			continue;
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "%s%s", text[0] ? ":" : "", suite->openssl);
	}
	assert_string_equal(text, names);
}

static void check_parts(const struct smtptls_policy *policy, const char *from,
			const char *parts)
{
	const char *at = strstr(smtptls_policy_priority(policy), from);

	assert_non_null(at);
	if (strncmp(at, parts, strlen(parts)) != 0)
		assert_string_equal(at, parts);
}

/* ---- errors ---- */

#define LEFT	   "these settings leave nothing to negotiate: "
#define NO_VERSION LEFT "protocols and ciphersuites leave no protocol version"
#define DEAD_VERSION                                                           \
	LEFT "TLSv1 and TLSv1.1 need @SECLEVEL=0 in the cipher list"

static void test_errors(void **state)
{
	static const struct {
		struct smtptls_policy_spec spec;
		int error;
		const char *sentence;
	} all[] = {
		{ { .ciphers = "" },
		  SMTPTLS_E_SYNTAX,
		  "ciphers: \"\" at byte 1 is an empty list" },
		{ { .ciphers = "HIGH:AES_128" },
		  SMTPTLS_E_SYNTAX,
		  "ciphers: \"AES_128\" at byte 6 is an unknown word: write "
		  "AES128 if that is meant" },
		{ { .ciphers = "HIGH:AES_x" },
		  SMTPTLS_E_SYNTAX,
		  "ciphers: \"_\" at byte 9 is a byte that no word may "
		  "contain" },
		/* words of another language, and nothing else */
		{ { .ciphers = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" },
		  SMTPTLS_E_SYNTAX,
		  "ciphers: \"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384\" at byte "
		  "1 is IANA's name of ECDHE-RSA-AES256-GCM-SHA384, and the "
		  "list leaves no cipher suite: write that" },
		{ { .ciphers = "RC4:TLS_RSA_WITH_AES_128_CBC_SHA:"
			       "TLS_RSA_WITH_AES_256_CBC_SHA" },
		  SMTPTLS_E_SYNTAX,
		  "ciphers: \"TLS_RSA_WITH_AES_128_CBC_SHA\" at byte 5 is "
		  "IANA's name of AES128-SHA, and the list leaves no cipher "
		  "suite: write that (2 more are skipped)" },
	/* more words than are kept, none of them of another language */
#define EIGHT "zz0:zz1:zz2:zz3:zz4:zz5:zz6:zz7:"
		{ { .ciphers = EIGHT EIGHT EIGHT EIGHT EIGHT },
		  SMTPTLS_E_SYNTAX,
		  "ciphers: \"zz0\" at byte 1 is unknown to OpenSSL 3.0, and "
		  "the list leaves no cipher suite (39 more are skipped)" },
#undef EIGHT
		{ { .ciphers = "SECURE128:-VERS-TLS1.0" },
		  SMTPTLS_E_SYNTAX,
		  "ciphers: \"SECURE128:-VERS-TLS1.0\" at byte 1 is a GnuTLS "
		  "priority string, and the list leaves no cipher suite: give "
		  "it to --priority or smtptls_config_set_priority()" },
		{ { .ciphers = "HIGH:%COMPAT:$tls_high_cipherlist" },
		  SMTPTLS_E_SYNTAX,
		  "ciphers: \"%\" at byte 6 is a byte that no word may "
		  "contain" },
		{ { .ciphers = "$tls_high_cipherlist" },
		  SMTPTLS_E_SYNTAX,
		  "ciphers: \"$tls_high_cipherlist\" at byte 1 is a parameter "
		  "of Postfix: write HIGH:!aNULL" },
		{ { .ciphers = "@SYSTEM" },
		  SMTPTLS_E_SYNTAX,
		  "ciphers: \"@SYSTEM\" at byte 1 is a GnuTLS priority string: "
		  "give it to --priority or smtptls_config_set_priority()" },
		{ { .ciphersuites = "TLS_AKE_WITH_AES_256_GCM_SHA384" },
		  SMTPTLS_E_SYNTAX,
		  "ciphersuites: \"TLS_AKE_WITH_AES_256_GCM_SHA384\" at byte 1 "
		  "is nmap's name of TLS_AES_256_GCM_SHA384, and the list "
		  "leaves no cipher suite: write that" },
		{ { .protocols = "MinProtocol = TLSv1.2" },
		  SMTPTLS_E_SYNTAX,
		  "protocols: \"MinProtocol = TLSv1.2\" at byte 1 is a lower "
		  "bound: write >=TLSv1.2" },
		{ { .protocols = ">= TLSv1.2" },
		  SMTPTLS_E_SYNTAX,
		  "protocols: \">= TLSv1.2\" at byte 1 is a bound in another "
		  "grammar: write >=TLSv1.2" },
		{ { .groups = "X25519:curve25519" },
		  SMTPTLS_E_SYNTAX,
		  "groups: \"curve25519\" at byte 8 is another name of X25519: "
		  "write that" },
		{ { .groups = "?p256" },
		  SMTPTLS_E_SYNTAX,
		  "groups: \"p256\" at byte 2 is another name of P-256, and "
		  "the list leaves no group: write that" },
		{ { .sigalgs = "?SIGN-RSA-SHA256" },
		  SMTPTLS_E_SYNTAX,
		  "sigalgs: \"SIGN-RSA-SHA256\" at byte 2 is GnuTLS's name of "
		  "RSA+SHA256, and the list leaves no signature algorithm: "
		  "write that" },
		{ { .sigalgs = "RSA+SHA256:SHA256withRSA" },
		  SMTPTLS_E_SYNTAX,
		  "sigalgs: \"SHA256withRSA\" at byte 12 is another name of "
		  "RSA+SHA256: write that" },
		{ { .ciphers = "HIGH:\xff" },
		  SMTPTLS_E_SYNTAX,
		  "ciphers: \"\\xff\" at byte 6 is a byte that no word may "
		  "contain" },
		{ { .ciphers = "ALL:@SECLEVEL=6" },
		  SMTPTLS_E_SYNTAX,
		  "ciphers: \"SECLEVEL=6\" at byte 6 is not a command: "
		  "STRENGTH "
		  "and SECLEVEL=0 to SECLEVEL=5 may follow an @" },
		{ { .ciphers = "RC4" },
		  SMTPTLS_E_SYNTAX,
		  "ciphers: \"RC4\" at byte 1 is unknown to OpenSSL 3.0, and "
		  "the list leaves no cipher suite" },
		{ { .ciphers = "MEDIUM:!HIGH:HIHG" },
		  SMTPTLS_E_SYNTAX,
		  "ciphers: \"HIHG\" at byte 14 is unknown to OpenSSL 3.0, "
		  "and the list leaves no cipher suite" },
		{ { .ciphers = "MEDIUM:!HIGH" },
		  SMTPTLS_E_SYNTAX,
		  "ciphers: \"MEDIUM:!HIGH\" at byte 1 leaves no cipher "
		  "suite" },
		{ { .ciphers = "ALL+" },
		  SMTPTLS_E_SYNTAX,
		  "ciphers: \"\" at byte 5 is where a word is missing" },
		{ { .protocols = "" },
		  SMTPTLS_E_SYNTAX,
		  "protocols: \"\" at byte 1 is an empty list" },
		{ { .protocols = "SSLv3" },
		  SMTPTLS_E_SYNTAX,
		  "protocols: \"SSLv3\" at byte 1 leaves only SSLv2 or SSLv3, "
		  "which are not supported here" },
		{ { .protocols = "TLSv1.2 TLSv9" },
		  SMTPTLS_E_SYNTAX,
		  "protocols: \"TLSv9\" at byte 9 is an unknown word" },
		{ { .protocols = "TLSv1.2,TLSv1_3" },
		  SMTPTLS_E_SYNTAX,
		  "protocols: \"TLSv1_3\" at byte 9 is another name of "
		  "TLSv1.3: write that" },
		{ { .protocols = "TLSv1.2,SSLv23" },
		  SMTPTLS_E_SYNTAX,
		  "protocols: \"SSLv23\" at byte 9 mixes grammars, with itself "
		  "or with what comes before it: write the whole list as "
		  "IO::Socket::SSL, Postfix, OpenSSL and nginx, or Exim have "
		  "it" },
		{ { .ciphersuites = "x:y" },
		  SMTPTLS_E_SYNTAX,
		  "ciphersuites: \"x\" at byte 1 is unknown to OpenSSL 3.0, "
		  "and the list leaves no cipher suite (1 more is skipped)" },
		{ { .groups = "P-256:P-256" },
		  SMTPTLS_E_SYNTAX,
		  "groups: \"P-256\" at byte 7 is named a second time" },
		{ { .groups = "P-256:x" },
		  SMTPTLS_E_SYNTAX,
		  "groups: \"x\" at byte 7 is an unknown word" },
		{ { .groups = "P-256::P-384" },
		  SMTPTLS_E_SYNTAX,
		  "groups: \"\" at byte 7 is where a word is missing" },
		{ { .groups = "?x" },
		  SMTPTLS_E_SYNTAX,
		  "groups: \"x\" at byte 2 is unknown to OpenSSL 3.0, and the "
		  "list leaves no group" },
		{ { .sigalgs = "RSA+SHA256:" },
		  SMTPTLS_E_SYNTAX,
		  "sigalgs: \"\" at byte 12 is where a word is missing" },
		{ { .sigalgs = "RSA+MD5" },
		  SMTPTLS_E_SYNTAX,
		  "sigalgs: \"RSA+MD5\" at byte 1 is an unknown word" },
		{ { .security_level = 6 },
		  SMTPTLS_E_ARG,
		  "security level or flags: out of range" },
		{ { .security_level = -2 },
		  SMTPTLS_E_ARG,
		  "security level or flags: out of range" },
		{ { .flags = 8 },
		  SMTPTLS_E_ARG,
		  "security level or flags: out of range" },
		{ { .protocols = "TLSv1.1" },
		  SMTPTLS_E_UNSUPPORTED,
		  DEAD_VERSION },
		{ { .protocols = "TLSv1.3", .ciphersuites = "" },
		  SMTPTLS_E_UNSUPPORTED,
		  NO_VERSION },
		{ { .groups = "sect571r1" },
		  SMTPTLS_E_UNSUPPORTED,
		  LEFT "no group is left" },
		{ { .sigalgs = "RSA+SHA1" },
		  SMTPTLS_E_UNSUPPORTED,
		  LEFT "no signature algorithm is left" },
		{ { .ciphers = "PSK", .protocols = "TLSv1.2" },
		  SMTPTLS_E_UNSUPPORTED,
		  LEFT "RSA-PSK-AES256-GCM-SHA384: it needs a pre-shared key "
		       "or SRP" },
		{ { .ciphers = "ARIA", .ciphersuites = "" },
		  SMTPTLS_E_UNSUPPORTED,
		  LEFT "ECDHE-ECDSA-ARIA256-GCM-SHA384: the loaded GnuTLS "
		       "does not have it" },
		{ { .ciphers = "AES128-SHA:@SECLEVEL=3",
		    .protocols = "TLSv1.2" },
		  SMTPTLS_E_UNSUPPORTED,
		  LEFT "AES128-SHA: it is too weak for the security level" },
	};
	struct smtptls_policy *const elsewhere = (void *)&all;
	struct smtptls_policy *policy;
	char sentence[512];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(all); i++) {
		policy = elsewhere;
		memset(sentence, 'x', sizeof(sentence));
		assert_int_equal(smtptls_policy_new(&policy, &all[i].spec,
						    sizeof(all[i].spec),
						    sentence, sizeof(sentence)),
				 all[i].error);
		assert_string_equal(sentence, all[i].sentence);
		assert_null(policy);
	}
	/* A small buffer gets what fits, and no buffer is no error. */
	assert_int_equal(smtptls_policy_new(&policy, &all[0].spec,
					    sizeof(all[0].spec), sentence, 8),
			 SMTPTLS_E_SYNTAX);
	assert_string_equal(sentence, "ciphers");
	assert_int_equal(smtptls_policy_new(&policy, &all[0].spec,
					    sizeof(all[0].spec), NULL, 8),
			 SMTPTLS_E_SYNTAX);
	assert_int_equal(smtptls_policy_new(NULL, NULL, 0, NULL, 0),
			 SMTPTLS_E_ARG);
}

/* ---- warnings ---- */

#define OLD(versions, level)                                                   \
	"protocols: " versions " cannot be used at security level " level      \
	"; add @SECLEVEL=0 to the cipher list if it must be"

static void test_warnings(void **state)
{
	static const struct {
		struct smtptls_policy_spec spec;
		const char *warnings[4];
	} all[] = {
		{ { .ciphers = NULL }, { NULL } },
		{ { .ciphers = "HIGH:nonsense" },
		  { "ciphers: \"nonsense\" at byte 6 is unknown to OpenSSL 3.0 "
		    "and is skipped" } },
		{ { .ciphers = "AES128+AES256:HIGH" },
		  { "ciphers: \"AES128+AES256\" at byte 1 is skipped: no suite "
		    "can be all of this" } },
		{ { .ciphers = "@STRENGTH+x:HIGH" },
		  { "ciphers: \"+x\" at byte 10 is not read by OpenSSL" } },
		{ { .ciphersuites = "TLS_AES_256_GCM_SHA384:"
				    "TLS_CHACHA20_POLY1305_SHA256:"
				    "TLS_AES_128_GCM_SHA256:x" },
		  { "ciphersuites: \"x\" at byte 76 is unknown to OpenSSL 3.0 "
		    "and is skipped" } },
		{ { .ciphersuites = "TLS_AES_256_GCM_SHA384:"
				    "TLS_RSA_WITH_AES_128_CBC_SHA",
		    .ciphers = "ECDHE+AES256+AESGCM" },
		  { "ciphersuites: \"TLS_RSA_WITH_AES_128_CBC_SHA\" at byte 24 "
		    "is not a suite of TLS 1.3 and is skipped: put AES128-SHA "
		    "into the ciphers instead" } },
		{ { .ciphers = "TLS_AES_256_GCM_SHA384:HIGH:foo_bar:"
			       "!TLS_RSA_WITH_AES_128_CBC_SHA" },
		  { "ciphers: \"TLS_AES_256_GCM_SHA384\" at byte 1 is a suite "
		    "of TLS 1.3 and is skipped: put TLS_AES_256_GCM_SHA384 "
		    "into the ciphersuites instead",
		    "ciphers: \"foo_bar\" at byte 29 is unknown to OpenSSL 3.0 "
		    "and is skipped",
		    "ciphers: \"TLS_RSA_WITH_AES_128_CBC_SHA\" at byte 38 is "
		    "IANA's name of AES128-SHA and is skipped: write that" } },
		{ { .ciphers = "NORMAL:-VERS-ALL:HIGH" },
		  { "ciphers: \"NORMAL:-VERS-ALL:HIGH\" at byte 1 is a GnuTLS "
		    "priority string and is skipped: give it to --priority or "
		    "smtptls_config_set_priority()" } },
		{ { .ciphers = "tls_high_cipherlist = HIGH:@SECLEVEL=2" },
		  { "ciphers: \"tls_high_cipherlist =\" at byte 1 is the name "
		    "of a setting and is skipped: write its value alone" } },
		{ { .groups = "?x25519mlkem768:X25519" },
		  { "groups: \"x25519mlkem768\" at byte 2 is another name of "
		    "X25519MLKEM768 and is skipped: write that" } },
		{ { .protocols = "SSLv23:!SSLv2:!SSLv3:!TLSv1" },
		  { OLD("TLSv1.1", "2") } },
		{ { .protocols = "SSLv23:!SSLv2:!SSLv3", .security_level = 1 },
		  { OLD("TLSv1 and TLSv1.1", "1") } },
		{ { .protocols = "!TLSv1.1", .ciphers = "DEFAULT@SECLEVEL=3" },
		  { OLD("TLSv1", "3") } },
		{ { .protocols = "SSLv3 TLSv1.2" },
		  { "protocols: SSLv2 and SSLv3 are not supported here and "
		    "stay off" } },
		{ { .protocols = "+no_ticket +no_tlsv1 +no_tlsv1_1" },
		  { "protocols: \"+no_ticket\" at byte 1 is not a protocol "
		    "version and is skipped" } },
		{ { .protocols = "TLSv1.1 TLSv1.3",
		    .ciphers = "ALL",
		    .security_level = SMTPTLS_SECURITY_LEVEL_0 },
		  { "protocols: GnuTLS cannot combine TLSv1.3 with TLSv1 or "
		    "TLSv1.1 without TLSv1.2; TLSv1.3 is off" } },
		{ { .protocols = "TLSv1 TLSv1.2",
		    .ciphers = "ALL",
		    .security_level = SMTPTLS_SECURITY_LEVEL_0 },
		  { "protocols: a version between two others is excluded; an "
		    "OpenSSL client would offer only those below it" } },
		{ { .groups = "P-192:P-256" },
		  { "groups: secp192r1 is too weak for security level 2" } },
		{ { .groups = "?P-192:P-256" }, { NULL } },
		{ { .groups = "P-224:P-256" },
		  { "groups: secp224r1 is not a TLS 1.3 group, and is off "
		    "while TLSv1.3 is enabled" } },
		{ { .ciphers = "SUITEB128", .groups = "P-521" },
		  { "groups: ignored: the cipher list's SUITEB word determines "
		    "them" } },
		{ { .groups = "sect571r1:P-256" },
		  { "groups: sect571r1 is not available in the loaded "
		    "GnuTLS" } },
		{ { .groups = "?sect571r1:P-256" }, { NULL } },
		{ { .groups = "?x:P-256" },
		  { "groups: \"x\" at byte 2 is unknown to OpenSSL 3.0 and is "
		    "skipped" } },
		{ { .groups = "auto" }, { NULL } },
		{ { .sigalgs = "RSA+SHA1:RSA+SHA256" },
		  { "sigalgs: rsa_pkcs1_sha1 is too weak for the security "
		    "level",
		    /* TLS 1.3 has no RSA signatures of this kind */
		    "protocols: TLSv1.3 is off in the priority string, since "
		    "none of its suites can be enabled" } },
		{ { .sigalgs = "?x:RSA+SHA256:PSS+SHA256" },
		  { "sigalgs: \"x\" at byte 2 is unknown to OpenSSL 3.0 and is "
		    "skipped" } },
	};
	struct smtptls_policy *policy;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(all); i++) {
		policy = new_policy(&all[i].spec);
		check_warnings(policy, all[i].warnings);
		smtptls_policy_unref(policy);
	}
}

static void test_hybrid_groups(void **state)
{
	struct smtptls_policy_spec spec = { .groups = "X25519MLKEM768:P-256" };
	struct smtptls_policy *policy = new_policy(&spec);
	int has = strstr(smtptls_policy_priority(policy),
			 ":+GROUP-X25519-MLKEM768:") != NULL;

	(void)state;
	if (has)
		assert_null(smtptls_policy_warning(policy, 0));
	else
		assert_string_equal(smtptls_policy_warning(policy, 0),
				    "groups: X25519MLKEM768 is not available "
				    "in the loaded GnuTLS");
	smtptls_policy_unref(policy);
	spec.groups = "?X25519MLKEM768:P-256";
	policy = new_policy(&spec);
	assert_null(smtptls_policy_warning(policy, 0));
	smtptls_policy_unref(policy);
}

static void test_many_warnings(void **state)
{
	struct smtptls_policy_spec spec = { .ciphers = NULL };
	struct smtptls_policy *policy;
	char list[512] = "HIGH";
	size_t i;

	(void)state;
	for (i = 0; i < 40; i++)
		strcat(list, ":x");
	spec.ciphers = list;
	policy = new_policy(&spec);
	for (i = 0; i < 32; i++)
		assert_non_null(strstr(smtptls_policy_warning(policy, i),
				       "is unknown"));
	assert_string_equal(smtptls_policy_warning(policy, 32),
			    "ciphers: 8 more words are skipped");
	assert_null(smtptls_policy_warning(policy, 33));
	smtptls_policy_unref(policy);
	list[strlen("HIGH") + 33 * strlen(":x")] = '\0';
	policy = new_policy(&spec);
	assert_string_equal(smtptls_policy_warning(policy, 32),
			    "ciphers: 1 more word is skipped");
	smtptls_policy_unref(policy);
	memcpy(list + strlen("HIGH") + 32 * strlen(":x"), ":AES", 5);
	policy = new_policy(&spec);
	assert_null(smtptls_policy_warning(policy, 32));
	smtptls_policy_unref(policy);
}

/* ---- meaning ---- */

static void test_defaults(void **state)
{
	struct smtptls_policy_spec zeros;
	struct smtptls_policy *policy, *same;

	(void)state;
	assert_int_equal(smtptls_policy_new(&policy, NULL, 0, NULL, 0), 0);
	check_kept(policy,
		   "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:"
		   "TLS_AES_128_GCM_SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
		   "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:"
		   "ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256:"
		   "ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:"
		   "DHE-RSA-CHACHA20-POLY1305:DHE-RSA-AES128-GCM-SHA256");
	assert_int_equal(smtptls_policy_security_level(policy), 2);
	assert_null(smtptls_policy_warning(policy, 0));
	check_parts(policy, "NONE",
		    "NONE:+CTYPE-X509:+COMP-NULL:"
		    "+VERS-TLS1.3:+VERS-TLS1.2:+ECDHE-ECDSA");
	assert_null(strstr(smtptls_policy_priority(policy), "SHA1"));
	memset(&zeros, 0, sizeof(zeros));
	same = new_policy(&zeros);
	assert_string_equal(smtptls_policy_priority(same),
			    smtptls_policy_priority(policy));
	smtptls_policy_unref(same);
	smtptls_policy_unref(policy);
}

/* What else a suite needs, present or not. */
static void test_parameters(void **state)
{
	static const char
		no_curve[] = "groups has no elliptic curve for it",
		no_field[] = "groups has no ffdhe group for it",
		no_dsa[] = "sigalgs has no DSA for it",
		no_tls13[] =
			"no allowed signature algorithm can be used in TLS 1.3";
	static const struct {
		const char *ciphers, *groups, *sigalgs;
		const char *cause[3]; /* of the TLS 1.3 suite, of ciphers */
	} rows[] = {
		{ "ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES128-GCM-SHA256",
		  "ffdhe8192:P-256",
		  NULL,
		  { NULL, NULL, NULL } },
		{ "ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES128-GCM-SHA256",
		  "P-256",
		  NULL,
		  { NULL, NULL, no_field } },
		{ "ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES128-GCM-SHA256",
		  "ffdhe2048",
		  NULL,
		  { NULL, no_curve, NULL } },
		{ "ECDHE-RSA-AES128-GCM-SHA256:DHE-DSS-AES128-GCM-SHA256",
		  "P-256:ffdhe2048",
		  "RSA+SHA256:DSA+SHA256",
		  { no_tls13, NULL, NULL } },
		{ "ECDHE-RSA-AES128-GCM-SHA256:DHE-DSS-AES128-GCM-SHA256",
		  "P-256:ffdhe2048",
		  "RSA+SHA256:ECDSA+SHA256",
		  { NULL, NULL, no_dsa } },
	};
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct smtptls_policy *policy = new_policy(
			POLICY(.ciphers = rows[i].ciphers,
			       .ciphersuites = "TLS_AES_128_GCM_SHA256",
			       .groups = rows[i].groups,
			       .sigalgs = rows[i].sigalgs));

		for (j = 0; j < COUNT(rows[i].cause); j++) {
			const struct smtptls_policy_suite *suite =
				smtptls_policy_suite(policy, j);
			const char *cause = rows[i].cause[j];

			print_message("%s: %s\n", suite->openssl,
				      cause ? cause : "kept");
			assert_int_equal(suite->lost,
					 cause ? SMTPTLS_LOST_PARAMETERS
					       : SMTPTLS_KEPT);
			if (cause)
				assert_string_equal(suite->cause, cause);
		}
		smtptls_policy_unref(policy);
	}
}

static void test_names(void **state)
{
	struct smtptls_policy_spec spec = {
		.ciphers = "ECDHE-RSA-AES256-GCM-SHA384:ARIA128-GCM-SHA256",
		.protocols = "TLSv1.2"
	};
	struct smtptls_policy *policy = new_policy(&spec);
	const struct smtptls_policy_suite *suite;

	(void)state;
	suite = smtptls_policy_suite(policy, 0);
	assert_string_equal(suite->openssl, "TLS_AES_256_GCM_SHA384");
	assert_string_equal(suite->protocol, "TLSv1.3");
	assert_int_equal(suite->lost, SMTPTLS_LOST_PROTOCOLS);
	assert_string_equal(suite->cause, "no enabled protocol version has it");
	suite = smtptls_policy_suite(policy, 3);
	assert_string_equal(suite->openssl, "ECDHE-RSA-AES256-GCM-SHA384");
	assert_string_equal(suite->iana,
			    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
	assert_string_equal(suite->gnutls, "TLS_ECDHE_RSA_AES_256_GCM_SHA384");
	assert_string_equal(suite->protocol, "TLSv1.2");
	assert_int_equal(suite->lost, SMTPTLS_KEPT);
	suite = smtptls_policy_suite(policy, 4);
	assert_string_equal(suite->openssl, "ARIA128-GCM-SHA256");
	assert_null(suite->gnutls);
	assert_int_equal(suite->lost, SMTPTLS_LOST_GNUTLS);
	assert_null(smtptls_policy_suite(policy, 5));
	smtptls_policy_unref(policy);
	assert_null(smtptls_policy_suite(NULL, 0));
	assert_null(smtptls_policy_warning(NULL, 0));
	assert_null(smtptls_policy_priority(NULL));
	assert_int_equal(smtptls_policy_security_level(NULL), SMTPTLS_E_ARG);
}

static void test_levels(void **state)
{
	static const struct {
		const char *ciphers;
		int given;
		int level;
	} all[] = {
		{ NULL, 0, 2 },
		{ NULL, SMTPTLS_SECURITY_LEVEL_0, 0 },
		{ NULL, 1, 1 },
		{ NULL, 3, 3 },
		{ "ALL", 4, 4 },
		{ "ALL:@SECLEVEL=0", 0, 0 },
		{ "ALL:@SECLEVEL=0", 3, 0 },
		{ "ALL:@SECLEVEL=3", SMTPTLS_SECURITY_LEVEL_0, 3 },
		{ "@SECLEVEL=1:ALL:@SECLEVEL=2", 5, 2 },
	};
	struct smtptls_policy *policy;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(all); i++) {
		struct smtptls_policy_spec spec = { .ciphers = all[i].ciphers };

		spec.security_level = all[i].given;
		policy = new_policy(&spec);
		assert_int_equal(smtptls_policy_security_level(policy),
				 all[i].level);
		smtptls_policy_unref(policy);
	}
}

static void test_suiteb(void **state)
{
	static const struct {
		const char *word;
		const char *suites;
		const char *rest; /* of the priority string */
	} all[] = {
		{ "SUITEB128ONLY", "ECDHE-ECDSA-AES128-GCM-SHA256",
		  ":+GROUP-SECP256R1:+SIGN-ECDSA-SHA256:"
		  "+SIGN-ECDSA-SECP256R1-SHA256:%SERVER_PRECEDENCE" },
		{ "SUITEB128",
		  "ECDHE-ECDSA-AES128-GCM-SHA256:"
		  "ECDHE-ECDSA-AES256-GCM-SHA384",
		  ":+GROUP-SECP256R1:+GROUP-SECP384R1:+SIGN-ECDSA-SHA256:"
		  "+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-ECDSA-SHA384:"
		  "+SIGN-ECDSA-SECP384R1-SHA384:%SERVER_PRECEDENCE" },
		{ "SUITEB192", "ECDHE-ECDSA-AES256-GCM-SHA384",
		  ":+GROUP-SECP384R1:+SIGN-ECDSA-SHA384:"
		  "+SIGN-ECDSA-SECP384R1-SHA384:%SERVER_PRECEDENCE" },
	};
	struct smtptls_policy *policy;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(all); i++) {
		struct smtptls_policy_spec spec = { .ciphers = all[i].word,
						    .protocols = "TLSv1.2" };

		policy = new_policy(&spec);
		check_kept(policy, all[i].suites);
		check_parts(policy, ":+GROUP-", all[i].rest);
		smtptls_policy_unref(policy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_hybrid_groups),
		cmocka_unit_test(test_many_warnings),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_suiteb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
