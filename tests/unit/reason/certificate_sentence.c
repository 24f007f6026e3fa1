/* SPDX-License-Identifier: MIT */
/*
 * Sentences on a peer's certificate that say more than the error number, and
 * the settings of this side that would accept it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <smtptls.h>

#include "../help/policy_help.h"
#include "reason/error_reason.h"
#include "reason/session_end_sentence.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void check(const struct stls_end *end, const char *sentence)
{
	char text[512];

	stls_end_write(end, text, sizeof(text));
	assert_string_equal(text, sentence);
	assert_true(strlen(text) < 256);
}

/* ---- strength ---- */

struct weak {
	struct smtptls_policy_spec spec;
	struct stls_verdict verdict;
	const char *sentence;
	int setting; /* 0: nothing helps */
	int action;
	const char *word, *with;
};

static const struct weak weaks[] = {
	{ { 0 },
	  { .weak_bits = 80, .weak_length = 1024, .weak_kind = "RSA" },
	  "peer's certificate has a key of 1024 bits (RSA, 80 bits of "
	  "security), "
	  "and "
	  "security level 2 asks for 112: have it issued with a stronger key, "
	  "or set the security level to 1",
	  SMTPTLS_SETTING_SECURITY_LEVEL,
	  SMTPTLS_CHANGE_SET,
	  "",
	  "1" },
	/* of unknown strength, which level 0 accepts */
	{ { 0 },
	  { .weak_bits = 0, .weak_kind = "STREEBOG-256" },
	  "peer's certificate is signed with STREEBOG-256 (0 bits of "
	  "security), and security level 2 asks for 112: have it signed with a "
	  "stronger hash, or set the security level to 0",
	  SMTPTLS_SETTING_SECURITY_LEVEL,
	  SMTPTLS_CHANGE_SET,
	  "",
	  "0" },
	{ { .ciphers = "HIGH:@SECLEVEL=3" },
	  { .weak_bits = 112, .weak_length = 2048, .weak_kind = "RSA" },
	  "peer's certificate has a key of 2048 bits (RSA, 112 bits of "
	  "security), and security level 3 asks for 128: have it issued with a "
	  "stronger "
	  "key, or replace @SECLEVEL=3 by @SECLEVEL=2 in the ciphers",
	  SMTPTLS_SETTING_CIPHERS,
	  SMTPTLS_CHANGE_REPLACE,
	  "@SECLEVEL=3",
	  "@SECLEVEL=2" },
	{ { 0 },
	  { .weak_bits = 64, .weak_kind = "SHA1", .weak_depth = 1 },
	  "an authority above the peer's certificate is signed with SHA1 (64 "
	  "bits of security), and security level 2 asks for 112: have it "
	  "signed with a "
	  "stronger hash, or set the security level to 0",
	  SMTPTLS_SETTING_SECURITY_LEVEL,
	  SMTPTLS_CHANGE_SET,
	  "",
	  "0" },
	{ { .ciphers = "HIGH:@SECLEVEL=4" },
	  { .weak_bits = 128, .weak_kind = "EdDSA-Ed25519" },
	  "peer's certificate is signed with EdDSA-Ed25519 (128 bits of "
	  "security), and security level 4 asks for 192: have it signed with a "
	  "stronger key, or replace @SECLEVEL=4 by @SECLEVEL=3 in the ciphers",
	  SMTPTLS_SETTING_CIPHERS,
	  SMTPTLS_CHANGE_REPLACE,
	  "@SECLEVEL=4",
	  "@SECLEVEL=3" },
	/* no level accepts them */
	{ { 0 },
	  { .weak_bits = 64, .weak_kind = "MD5" },
	  "peer's certificate is signed with MD5 (64 bits of security), and "
	  "security "
	  "level 2 asks for 112: have it signed with a stronger hash",
	  0,
	  0,
	  "",
	  "" },
	{ { 0 },
	  { .weak_bits = 0, .weak_length = 512, .weak_kind = "RSA" },
	  "peer's certificate has a key of 512 bits (RSA, 0 bits of security), "
	  "and security level 2 asks for 112: have it issued with a stronger "
	  "key",
	  0,
	  0,
	  "",
	  "" },
	{ { .security_level = SMTPTLS_SECURITY_LEVEL_0 },
	  { .weak_bits = 0, .weak_length = 1024, .weak_kind = "DSA" },
	  "peer's certificate has a key of 1024 bits (DSA, 0 bits of "
	  "security), "
	  "and security level 0 asks for 0: have it issued with a stronger key",
	  0,
	  0,
	  "",
	  "" },
	/* the key sizes show nothing */
	{ { 0 },
	  { .weak_bits = -1 },
	  "peer's certificate, or one above it, has a key or signature that is "
	  "too weak: have it issued with a stronger one, or lower the security "
	  "level here",
	  0,
	  0,
	  "",
	  "" },
};

static void strength(void **state)
{
	struct smtptls_change changes[SMTPTLS_CHANGES];
	struct stls_end end = { .reason = SMTPTLS_REASON_CERT_WEAK,
				.server = 1 };
	struct smtptls_policy *policy;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(weaks); i++) {
		policy = new_policy(&weaks[i].spec);
		end.verdict = &weaks[i].verdict;
		end.policy = policy;
		check(&end, weaks[i].sentence);
		assert_int_equal(stls_end_changes(&end, changes),
				 weaks[i].setting != 0);
		if (weaks[i].setting) {
			assert_int_equal(changes[0].setting, weaks[i].setting);
			assert_int_equal(changes[0].action, weaks[i].action);
			assert_string_equal(changes[0].word, weaks[i].word);
			assert_string_equal(changes[0].with, weaks[i].with);
		}
		/* the level in a priority string is the host's business */
		end.policy = NULL;
		check(&end, weaks[COUNT(weaks) - 1].sentence);
		assert_int_equal(stls_end_changes(&end, changes), 0);
		smtptls_policy_unref(policy);
	}
}

/* ---- authorities and purposes ---- */

static void authorities(void **state)
{
	static const char name[] =
		"\"CN=An Authority with a Long Name,O=Example,C...\"";
	struct smtptls_change changes[SMTPTLS_CHANGES];
	struct stls_verdict verdict = { .issuer = 1 };
	struct stls_end end = { .reason = SMTPTLS_REASON_CERT_TRUST,
				.server = 1,
				.verdict = &verdict };

	(void)state;
	strcpy(verdict.names, name);
	check(&end, "no trusted authority has signed the peer's certificate: "
		    "its issuer \"CN=An Authority with a Long Name,O=Example,"
		    "C...\" was not sent and is not known here: have it sent, "
		    "if it is an intermediate, or add it to the CA file");
	assert_int_equal(stls_end_changes(&end, changes), 1);
	assert_int_equal(changes[0].setting, SMTPTLS_SETTING_CA);
	assert_int_equal(changes[0].action, SMTPTLS_CHANGE_ADD);
	assert_string_equal(changes[0].word,
			    "CN=An Authority with a Long Name,O=Example,C...");
	verdict.issuer = 0;
	check(&end, "no trusted authority has signed the peer's certificate, "
		    "but \"CN=An Authority with a Long Name,O=Example,C...\": "
		    "add that to the CA file, or have it signed by one that is "
		    "trusted");
	end.reason = SMTPTLS_REASON_CERT_MISSING;
	check(&end,
	      "peer presented no certificate from the authorities "
	      "asked for, \"CN=An Authority with a Long Name,O=Example,C...\": "
	      "install one there, add the authority of the one that it "
	      "has to the CA file, or demand none");
	assert_int_equal(stls_end_changes(&end, changes), 1);
	assert_string_equal(changes[0].word, "");
	end.server = 0;
	check(&end, "peer presented no certificate: install one there, or "
		    "verify none");
	assert_int_equal(stls_end_changes(&end, changes), 0);
	end.reason = SMTPTLS_REASON_CERT_TRUST;
	verdict.names[0] = '\0';
	check(&end, "no trusted authority has signed the peer's certificate: "
		    "add its authority here, or have it signed by one that is "
		    "trusted");
	assert_int_equal(stls_end_changes(&end, changes), 0);
}

static void purposes(void **state)
{
	struct smtptls_change changes[SMTPTLS_CHANGES];
	struct stls_verdict verdict = { .for_servers = 1 };
	struct stls_end end = { .reason = SMTPTLS_REASON_CERT_PURPOSE,
				.server = 1,
				.verdict = &verdict };

	(void)state;
	check(&end, "peer's certificate is not for TLS clients: have it issued "
		    "with the purpose clientAuth, or set the client purpose to "
		    "any here");
	assert_int_equal(stls_end_changes(&end, changes), 1);
	assert_int_equal(changes[0].setting, SMTPTLS_SETTING_CLIENT_PURPOSE);
	assert_string_equal(changes[0].with, "any");
	verdict.for_servers = 0;
	check(&end,
	      "peer's certificate is for neither TLS clients nor servers: "
	      "have it issued with the purpose clientAuth");
	assert_int_equal(stls_end_changes(&end, changes), 0);
	verdict.any_purpose = 1;
	check(&end,
	      "peer's certificate is for neither TLS clients nor servers: "
	      "have it issued with the purpose clientAuth or serverAuth");
	assert_int_equal(stls_end_changes(&end, changes), 0);
}

/* ---- each error ---- */

static void every_error(void **state)
{
	int error, reason;

	(void)state;
	for (error = -1; smtptls_error_info(error); error--) {
		for (int tls = 0; tls < 2; tls++) {
			reason = stls_error_reason(error, tls);
			assert_true(reason > SMTPTLS_REASON_NONE);
			assert_non_null(smtptls_reason_name(reason));
		}
	}
	assert_true(error < -20);
	assert_int_equal(stls_error_reason(SMTPTLS_E_IO, 0),
			 SMTPTLS_REASON_CLOSED);
	assert_int_equal(stls_error_reason(SMTPTLS_E_IO, 1),
			 SMTPTLS_REASON_TRUNCATED);
	assert_int_equal(stls_error_reason(SMTPTLS_E_TIMEOUT, 0),
			 SMTPTLS_REASON_TIMEOUT);
	assert_int_equal(stls_error_reason(SMTPTLS_E_NOMEM, 1),
			 SMTPTLS_REASON_INTERNAL);
	assert_int_equal(stls_error_reason(SMTPTLS_E_CONFIG, 0),
			 SMTPTLS_REASON_CONFIG);
	assert_int_equal(stls_error_reason(SMTPTLS_E_REFUSED, 0),
			 SMTPTLS_REASON_ENDED_HERE);
	assert_int_equal(stls_error_reason(SMTPTLS_E_CERT_REVOKED, 1),
			 SMTPTLS_REASON_CERT_REVOKED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strength),
		cmocka_unit_test(authorities),
		cmocka_unit_test(purposes),
		cmocka_unit_test(every_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
