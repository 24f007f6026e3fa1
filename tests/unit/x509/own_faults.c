/* SPDX-License-Identifier: MIT */
/*
 * own_faults: each sentence, and the values on either side of its limit,
 * derived from facts alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <smtptls/policy.h>

#include "policy/key_type.h"
#include "x509/own_faults.h"

#define NOW  ((time_t)1000000000) /* 2001-09-09 01:46:40 UTC */
#define DAY  ((time_t)86400)
#define MANY (1000 * DAY)

static const struct stls_own_chain_facts good = {
	.from = NOW - DAY,
	.until = NOW + MANY,
	.named = 1,
	.key_bits = 112,
	.signature_bits = 128,
};

/* Check a good certificate's facts with one change. */
#define WITH(check, change, ...)                                               \
	do {                                                                   \
		struct stls_own_chain_facts facts = good;                      \
		facts.change;                                                  \
		check(facts, __VA_ARGS__);                                     \
	} while (0)

static struct stls_own_certificates own_of(struct stls_own_certificate *cert,
					   struct stls_own_chain_facts facts)
{
	memset(cert, 0, sizeof(*cert));
	cert->keys = SMTPTLS_KEY_RSA_SIGN;
	cert->chain = facts;
	return (struct stls_own_certificates){ .count = 1, .cert = cert };
}

static void check_warning(struct stls_own_chain_facts facts, const char *wanted)
{
	struct stls_own_certificate cert;
	struct stls_own_certificates own = own_of(&cert, facts);
	struct stls_texts names = { 0 }, warnings = { 0 };

	assert_int_equal(stls_texts_copy(&names, "mx.pem"), 0);
	assert_int_equal(
		stls_own_certificates_warn(&own, &names, NOW, &warnings), 0);
	assert_int_equal(warnings.count, wanted != NULL);
	if (wanted)
		assert_string_equal(warnings.text[0], wanted);
	stls_texts_free(&warnings);
	stls_texts_free(&names);
}

static void test_warnings(void **state)
{
	static char missing[] = "CN=R3";

	(void)state;
	WITH(check_warning, key_bits = 0, NULL);
	WITH(check_warning, from = NOW, NULL);
	WITH(check_warning, from = NOW + 1,
	     "mx.pem: the certificate is not valid before 2001-09-09 "
	     "01:46:41 UTC: set the clock right, or use one that is "
	     "valid now");
	WITH(check_warning, until = NOW + 30 * DAY + 1, NULL);
	WITH(check_warning, until = NOW + 30 * DAY,
	     "mx.pem: the certificate expires on 2001-10-09 01:46:40 "
	     "UTC: renew it");
	WITH(check_warning, until = NOW,
	     "mx.pem: the certificate expires on 2001-09-09 01:46:40 "
	     "UTC: renew it");
	WITH(check_warning, until = NOW - 1,
	     "mx.pem: the certificate expired on 2001-09-09 01:46:39 UTC: "
	     "renew it");
	/* unreadable dates */
	WITH(check_warning, from = facts.until = -1, NULL);
	WITH(check_warning, named = 0,
	     "mx.pem: the certificate has no host name in its SAN, and clients "
	     "ignore its CN: have it issued with a SAN");
	WITH(check_warning, for_clients = !(facts.named = 0), NULL);
	WITH(check_warning, broken_hash = "SHA-1",
	     "mx.pem: the certificate, or one above it, is signed "
	     "with SHA-1, which clients refuse: have it signed with "
	     "SHA-256");
	WITH(check_warning, missing = missing,
	     "mx.pem: the certificate is sent alone, and clients that lack its "
	     "issuer CN=R3 will refuse it: add the issuer's certificate after "
	     "it");
}

/* ---- RFC 7633 ---- */

static const struct stls_staple fresh = { { NULL, 0 }, NOW - 1, NOW + 1 },
				stale = { { NULL, 0 }, NOW - 2, NOW };

/* Whether there is a warning, and the certificate may not replace `old`. */
static void check_demand(int clients, const struct stls_staple *staple,
			 int lacks)
{
	struct stls_own_certificate cert, old_cert;
	struct stls_own_chain_facts facts = good;
	struct stls_own_certificates own, old = own_of(&old_cert, facts);
	struct stls_texts names = { 0 }, warnings = { 0 };
	char text[256] = "";
	const struct stls_sentence error = { text, sizeof(text) };

	facts.demands_status = 1;
	facts.for_clients = clients;
	own = own_of(&cert, facts);
	if (staple)
		cert.staple = *staple;
	assert_int_equal(stls_texts_copy(&names, "mx.pem"), 0);
	assert_int_equal(
		stls_own_certificates_warn(&own, &names, NOW, &warnings), 0);
	assert_int_equal(warnings.count, lacks);
	if (lacks)
		assert_string_equal(
			warnings.text[0],
			"mx.pem: the certificate demands an OCSP status "
			"(must-staple), and none is sent: clients that use "
			"GnuTLS, and Thunderbird, refuse it: add a valid "
			"response, or have it issued without that");
	assert_int_equal(
		stls_own_certificates_worse(&own, &old, &names, NOW, &error),
		lacks ? SMTPTLS_E_CONFIG : 0);
	if (lacks)
		assert_string_equal(text,
				    "mx.pem: the certificate demands an OCSP "
				    "status (must-staple), and there is no "
				    "valid response");
	/* It is not worse than one that lacks a response too. */
	assert_int_equal(
		stls_own_certificates_worse(&own, &own, &names, NOW, &error),
		0);
	stls_texts_free(&warnings);
	stls_texts_free(&names);
}

static void test_demand(void **state)
{
	(void)state;
	check_demand(0, NULL, 1);
	check_demand(0, &stale, 1);
	check_demand(0, &fresh, 0);
	check_demand(1, NULL, 0);
}

static void check_staple(int fault, time_t from, time_t until,
			 const char *wanted)
{
	const struct stls_staple staple = { { NULL, 0 }, from, until };
	struct stls_texts warnings = { 0 };

	assert_int_equal(
		stls_staple_warn(fault, &staple, "mx.ocsp", NOW, &warnings), 0);
	assert_int_equal(warnings.count, wanted != NULL);
	if (wanted)
		assert_string_equal(warnings.text[0], wanted);
	stls_texts_free(&warnings);
}

static void test_staples(void **state)
{
	(void)state;
	check_staple(0, NOW, NOW + 1, NULL);
	check_staple(0, NOW - 1, NOW,
		     "mx.ocsp: the OCSP response is not sent: it was valid "
		     "until 2001-09-09 01:46:40 UTC: fetch a new one");
	check_staple(0, NOW + 1, NOW + 2,
		     "mx.ocsp: the OCSP response is not sent: it is not valid "
		     "before 2001-09-09 01:46:41 UTC: set the clock right");
	check_staple(STLS_OCSP_REVOKED, NOW - DAY, 0,
		     "mx.ocsp: the OCSP response is not sent: the certificate "
		     "was revoked on 2001-09-08 01:46:40 UTC: replace it");
	check_staple(STLS_OCSP_MALFORMED, 0, 0,
		     "mx.ocsp: the OCSP response is not sent: it is "
		     "malformed: fetch it again");
}

/* All faults are reported; nothing is reported about unreadable parts. */
static void test_several(void **state)
{
	struct stls_own_certificate cert, two[2];
	struct stls_own_certificates own;
	struct stls_texts names = { 0 }, warnings = { 0 };
	struct stls_own_chain_facts facts = good;
	char missing[] = "CN=a";

	(void)state;
	facts.until = NOW;
	facts.named = 0;
	facts.broken_hash = "MD5";
	facts.missing = missing;
	own = own_of(&cert, facts);
	assert_int_equal(
		stls_own_certificates_warn(&own, &names, NOW, &warnings), 0);
	assert_int_equal(warnings.count, 4);
	/* without a name: the host's own */
	assert_memory_equal(warnings.text[0], "own certificate: ", 17);
	cert.keys = 0;
	assert_int_equal(
		stls_own_certificates_warn(&own, &names, NOW, &warnings), 0);
	assert_int_equal(warnings.count, 4);
	/* and a later certificate gets its warnings all the same */
	two[0] = two[1] = cert;
	two[1].keys = SMTPTLS_KEY_RSA_SIGN;
	own = (struct stls_own_certificates){ .count = 2, .cert = two };
	assert_int_equal(
		stls_own_certificates_warn(&own, &names, NOW, &warnings), 0);
	assert_int_equal(warnings.count, 8);
	/* Its keyUsage leaves no use. */
	own = own_of(&cert, good);
	cert.keys = SMTPTLS_KEY_ECDSA_P256 << STLS_KEYS_IDLE_SHIFT;
	assert_int_equal(
		stls_own_certificates_warn(&own, &names, NOW, &warnings), 0);
	assert_int_equal(warnings.count, 9);
	assert_string_equal(
		warnings.text[8],
		"own certificate: the certificate's keyUsage allows neither "
		"signatures nor key encipherment, so TLS cannot use it: have "
		"it issued with digitalSignature");
	cert.keys = SMTPTLS_KEY_RSA_ENCRYPT | SMTPTLS_KEY_RSA_SIGN
						      << STLS_KEYS_IDLE_SHIFT;
	assert_int_equal(
		stls_own_certificates_warn(&own, &names, NOW, &warnings), 0);
	assert_int_equal(warnings.count, 9);
	stls_texts_free(&warnings);
}

static void check_judge(struct stls_own_chain_facts facts, int level,
			const char *wanted)
{
	struct stls_own_certificate cert;
	struct stls_own_certificates own = own_of(&cert, facts);
	struct stls_texts names = { 0 };
	char text[256] = "";
	const struct stls_sentence error = { text, sizeof(text) };

	assert_int_equal(
		stls_own_certificates_judge(&own, &names, level, &error),
		wanted ? SMTPTLS_E_CONFIG : 0);
	assert_string_equal(text, wanted ? wanted : "");
}

static void test_strength(void **state)
{
	(void)state;
	WITH(check_judge, key_bits = facts.signature_bits = 0, 0, NULL);
	WITH(check_judge, key_bits = 112, 2, NULL);
	WITH(check_judge, key_bits = 111, 2,
	     "own certificate: the certificate's key has 111 bits of "
	     "security, but security level 2 asks for 112: use a "
	     "stronger key or a lower @SECLEVEL");
	WITH(check_judge, signature_bits = 112, 2, NULL);
	WITH(check_judge, signature_bits = 64, 2,
	     "own certificate: the certificate's signature has 64 bits of "
	     "security, but security level 2 asks for 112: have it signed "
	     "again or lower @SECLEVEL");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_warnings), cmocka_unit_test(test_demand),
		cmocka_unit_test(test_staples),	 cmocka_unit_test(test_several),
		cmocka_unit_test(test_strength),
	};

	return cmocka_run_group_tests_name("own_faults", tests, NULL, NULL);
}
