/* SPDX-License-Identifier: MIT */
/*
 * The sentences of refusals, from recorded ClientHellos and assembled ones, by
 * smtptls_policy_judge(); and that function itself.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../help/hello.h"
#include "reason/excluding_word.h"
#include "reason/refusal.h"
#include "reason/session_end_sentence.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define RSA	     (SMTPTLS_KEY_RSA_SIGN | SMTPTLS_KEY_RSA_ENCRYPT)
#define LIST(...)                                                              \
	(const unsigned[])                                                     \
	{                                                                      \
		__VA_ARGS__, 0                                                 \
	}

static struct smtptls_policy *make(const struct smtptls_policy_spec *spec)
{
	struct smtptls_policy *policy = NULL;
	char error[256] = "";

	if (smtptls_policy_new(&policy, spec, sizeof(*spec), error,
			       sizeof(error)) < 0)
		fail_msg("%s", error);
	return policy;
}

/* ---- recorded hellos ---- */

static const char *or_dash(const char *name)
{
	return name ? name : "-";
}

/* Without the recording program, which has a dot in its name. */
static size_t count_recorded(void)
{
	const char *top = getenv("top_srcdir");
	struct dirent *entry;
	char path[512];
	size_t count = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/tests/data/hellos", top ? top : ".");
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir)))
		count += !strchr(entry->d_name, '.');
	closedir(dir);
	return count;
}

static void recorded(void **state)
{
	static const struct {
		const char *name;
		struct smtptls_policy_spec spec;
		unsigned keys;
		int reason;
		const char *text; /* or the suite */
	} rows[] = {
		{ "openssl", { 0 }, RSA, 0, "TLS_AES_256_GCM_SHA384" },
		{ "openssl-records", { 0 }, RSA, 0, "TLS_AES_256_GCM_SHA384" },
		{ "openssl-tls12",
		  { 0 },
		  RSA,
		  0,
		  "ECDHE-RSA-AES256-GCM-SHA384" },
		{ "gnutls", { 0 }, RSA, 0, "TLS_AES_256_GCM_SHA384" },
		{ "python", { 0 }, RSA, 0, "TLS_AES_256_GCM_SHA384" },
		{ "curl",
		  { .protocols = "TLSv1.2" },
		  SMTPTLS_KEY_ECDSA_P256,
		  0,
		  "ECDHE-ECDSA-AES256-GCM-SHA384" },
		{ "openssl-tls10",
		  { 0 },
		  RSA,
		  SMTPTLS_REASON_VERSION,
		  "peer offers TLS 1.0, but this side has TLS 1.2-1.3: set the "
		  "protocols to \"TLSv1 TLSv1.2 TLSv1.3\" and the ciphers to "
		  "\"AESGCM:CHACHA20:-RSA:-PSK:-ADH:-DSS:@STRENGTH:+DHE:ECDHE-"
		  "RSA-AES256-SHA:@SECLEVEL=0\", which weakens all sessions" },
		{ "openssl-p521",
		  { .protocols = "TLSv1.2" },
		  RSA,
		  SMTPTLS_REASON_VERSION,
		  "peer offers TLS 1.3, but this side has TLS 1.2: add TLSv1.3 "
		  "to the protocols" },
		{ "openssl-tls12",
		  { .protocols = "TLSv1.3" },
		  RSA,
		  SMTPTLS_REASON_VERSION,
		  "peer offers up to TLS 1.2, but this side has TLS 1.3: add "
		  "TLSv1.2 to the protocols" },
		{ "sslv2",
		  { 0 },
		  RSA,
		  SMTPTLS_REASON_SSL2_HELLO,
		  "peer sent a hello in SSLv2's format: switch SSLv2 off "
		  "there" },
		{ "sslv3",
		  { 0 },
		  RSA,
		  SMTPTLS_REASON_SSL3_HELLO,
		  "peer offers SSLv3 at best, which is not supported here: the "
		  "peer must offer TLSv1.3" },
		{ "openssl-fallback",
		  { .protocols = "TLSv1.1 TLSv1.2",
		    .ciphers = "ALL:@SECLEVEL=0" },
		  RSA,
		  SMTPTLS_REASON_FALLBACK,
		  "peer fell back to TLS 1.1 although this side has TLS "
		  "1.1-1.2: the peer must offer TLSv1.2; find out why its "
		  "first attempt failed (RFC 7507)" },
		{ "openssl-rsa-only",
		  { .ciphers = "HIGH" },
		  SMTPTLS_KEY_ECDSA_P256,
		  SMTPTLS_REASON_NEEDS_RSA,
		  "peer offers up to TLS 1.2 with RSA suites only; the only "
		  "certificate is ECDSA P-256: add an RSA certificate" },
		{ "openssl-tls12",
		  { .ciphers = "ECDHE-RSA-AES128-GCM-SHA256" },
		  SMTPTLS_KEY_ECDSA_P256,
		  SMTPTLS_REASON_NEEDS_RSA,
		  "peer offers TLS 1.2 with ECDHE-ECDSA-AES256-GCM-SHA384, "
		  "ECDHE-RSA-AES256-GCM-SHA384, DHE-RSA-AES256-GCM-SHA384 and "
		  "24 more, which the ciphers do not name: add "
		  "ECDHE-ECDSA-AES256-GCM-SHA384 to the ciphers" },
		{ "openssl",
		  { .protocols = "TLSv1.2", .ciphers = "HIGH:!aRSA" },
		  RSA,
		  SMTPTLS_REASON_NEEDS_ECDSA,
		  "peer offers TLS 1.2 with ECDHE-RSA-AES256-GCM-SHA384, "
		  "ECDHE-ECDSA-AES256-GCM-SHA384, DHE-RSA-AES256-GCM-SHA384 "
		  "and 24 more, which \"!aRSA\" in the ciphers excludes: "
		  "remove \"!aRSA\" from the ciphers" },
		{ "openssl-rsa-only",
		  { .ciphers = "HIGH:!aNULL:!kRSA:!MD5" },
		  RSA,
		  SMTPTLS_REASON_SUITES_EXCLUDED,
		  "peer offers TLS 1.2 with AES256-GCM-SHA384, AES256-CCM8, "
		  "AES256-CCM and 16 more, which \"!kRSA\" in the ciphers "
		  "excludes: remove \"!kRSA\" from the ciphers" },
		{ "openssl-rsa-only",
		  { 0 },
		  RSA,
		  SMTPTLS_REASON_SUITES_EXCLUDED,
		  "peer offers TLS 1.2 with AES256-GCM-SHA384, AES256-CCM8, "
		  "AES256-CCM and 16 more, which the ciphers do not name: set "
		  "the ciphers to "
		  "\"AESGCM:CHACHA20:-RSA:-PSK:-ADH:-DSS:@STRENGTH:+DHE:AES256-"
		  "GCM-SHA384\"" },
		{ "openssl-sha1-only",
		  { 0 },
		  RSA,
		  SMTPTLS_REASON_SIGALG,
		  "peer offers the signatures rsa_pkcs1_sha1, which security "
		  "level 2 forbids: set the security level to 0, which weakens "
		  "all sessions" },
		{ "openssl-p521",
		  { .groups = "X25519:P-256" },
		  RSA,
		  SMTPTLS_REASON_GROUP,
		  "peer offers the groups secp521r1, which the groups here do "
		  "not name: add secp521r1 to the groups" },
		{ "gnutls-suiteb",
		  { 0 },
		  SMTPTLS_KEY_ECDSA_P256,
		  SMTPTLS_REASON_GROUP,
		  "peer offers the groups secp384r1; the only certificate is "
		  "ECDSA P-256: add an ECDSA P-384 certificate" },
		{ "gnutls-suiteb",
		  { 0 },
		  RSA,
		  SMTPTLS_REASON_NEEDS_ECDSA,
		  "peer offers up to TLS 1.2 with ECDSA suites only; the only "
		  "certificate is RSA: add an ECDSA P-384 certificate" },
		{ "openssl-rsa-only",
		  { .ciphers = "kRSA" },
		  SMTPTLS_KEY_RSA_SIGN,
		  SMTPTLS_REASON_KEY_USAGE,
		  "peer offers TLS 1.2 with AES256-GCM-SHA384, AES256-CCM8, "
		  "AES256-CCM and 16 more, which the keyUsage of the RSA "
		  "certificate forbids: have the RSA certificate issued with "
		  "keyEncipherment" },
		{ "openssl-rsa-only",
		  { .ciphers = "ALL:@SECLEVEL=3" },
		  RSA,
		  SMTPTLS_REASON_SECURITY_LEVEL,
		  "peer offers TLS 1.2 with AES256-GCM-SHA384, AES256-CCM8, "
		  "AES256-CCM and 16 more, which security level 3 forbids: "
		  "replace @SECLEVEL=3 by @SECLEVEL=2 in the ciphers, which "
		  "weakens all sessions" },
	};
	struct smtptls_answer answer;
	struct smtptls_policy *policy;
	unsigned char bytes[4096];
	size_t i, len;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		policy = make(&rows[i].spec);
		len = hello_load(rows[i].name, bytes, sizeof(bytes));
		assert_int_equal(smtptls_policy_judge(policy, bytes, len,
						      rows[i].keys, &answer,
						      sizeof(answer)),
				 0);
		assert_string_equal(rows[i].reason ? answer.text
						   : answer.cipher_openssl,
				    rows[i].text);
		assert_int_equal(answer.reason, rows[i].reason);
		smtptls_policy_unref(policy);
	}
}

/* Each of them under three policies: the suite and group, or the reason. */
static void recorded_under_policies(void **state)
{
	static const struct {
		struct smtptls_policy_spec spec;
		unsigned keys;
	} servers[] = {
		{ { 0 }, RSA | SMTPTLS_KEY_ECDSA_P256 },
		/* Postfix's "medium", with old algorithms */
		{ { .protocols = ">=TLSv1",
		    .ciphers = "aNULL:-aNULL:HIGH:MEDIUM:+RC4:@STRENGTH:"
			       "@SECLEVEL=0" },
		  RSA | SMTPTLS_KEY_ECDSA_P256 },
		{ { .protocols = "TLSv1.2" }, RSA },
	};
	static const struct {
		const char *name, *answers[COUNT(servers)];
	} rows[] = {
		{ "curl",
		  { "TLS_AES_256_GCM_SHA384 x25519",
		    "TLS_AES_256_GCM_SHA384 x25519",
		    "ECDHE-RSA-AES256-GCM-SHA384 x25519" } },
		{ "gnutls",
		  { "TLS_AES_256_GCM_SHA384 secp256r1",
		    "TLS_AES_256_GCM_SHA384 secp256r1",
		    "ECDHE-RSA-AES256-GCM-SHA384 x25519" } },
		{ "gnutls-legacy",
		  { "version", "ECDHE-ECDSA-AES256-SHA x25519", "version" } },
		{ "gnutls-suiteb", { "group", "group", "needs-ecdsa" } },
		{ "java",
		  { "TLS_AES_256_GCM_SHA384 x25519",
		    "TLS_AES_256_GCM_SHA384 x25519",
		    "ECDHE-RSA-AES256-GCM-SHA384 x25519" } },
		{ "java-tls10",
		  { "version", "ECDHE-ECDSA-AES256-SHA x25519", "version" } },
		{ "node",
		  { "TLS_AES_256_GCM_SHA384 x25519",
		    "TLS_AES_256_GCM_SHA384 x25519",
		    "ECDHE-RSA-AES256-GCM-SHA384 x25519" } },
		{ "node-tls12",
		  { "ECDHE-ECDSA-AES256-GCM-SHA384 x25519",
		    "ECDHE-ECDSA-AES256-GCM-SHA384 x25519",
		    "ECDHE-RSA-AES256-GCM-SHA384 x25519" } },
		{ "openssl",
		  { "TLS_AES_256_GCM_SHA384 x25519",
		    "TLS_AES_256_GCM_SHA384 x25519",
		    "ECDHE-RSA-AES256-GCM-SHA384 x25519" } },
		{ "openssl-fallback", { "version", "fallback", "version" } },
		{ "openssl-ffdhe",
		  { "DHE-RSA-AES256-GCM-SHA384 -",
		    "DHE-RSA-AES256-GCM-SHA384 -",
		    "DHE-RSA-AES256-GCM-SHA384 -" } },
		{ "openssl-p521",
		  { "TLS_AES_256_GCM_SHA384 secp521r1",
		    "TLS_AES_256_GCM_SHA384 secp521r1", "version" } },
		{ "openssl-records",
		  { "TLS_AES_256_GCM_SHA384 x25519",
		    "TLS_AES_256_GCM_SHA384 x25519",
		    "ECDHE-RSA-AES256-GCM-SHA384 x25519" } },
		{ "openssl-rsa-only",
		  { "suites-excluded", "AES256-GCM-SHA384 -",
		    "suites-excluded" } },
		{ "openssl-sha1-only",
		  { "sigalg", "ADH-AES256-GCM-SHA384 -", "sigalg" } },
		{ "openssl-tls10",
		  { "version", "AECDH-AES256-SHA x25519", "version" } },
		{ "openssl-tls12",
		  { "ECDHE-ECDSA-AES256-GCM-SHA384 x25519",
		    "ECDHE-ECDSA-AES256-GCM-SHA384 x25519",
		    "ECDHE-RSA-AES256-GCM-SHA384 x25519" } },
		{ "python",
		  { "TLS_AES_256_GCM_SHA384 x25519",
		    "TLS_AES_256_GCM_SHA384 x25519",
		    "ECDHE-RSA-AES256-GCM-SHA384 x25519" } },
		{ "sslv2", { "ssl2-hello", "ssl2-hello", "ssl2-hello" } },
		{ "sslv3", { "ssl3-hello", "ssl3-hello", "ssl3-hello" } },
	};
	struct smtptls_answer answer;
	struct smtptls_policy *policy;
	unsigned char bytes[4096];
	char text[80];
	size_t i, j, len;

	(void)state;
	for (i = 0; i < COUNT(servers); i++) {
		policy = make(&servers[i].spec);
		for (j = 0; j < COUNT(rows); j++) {
			len = hello_load(rows[j].name, bytes, sizeof(bytes));
			assert_int_equal(
				smtptls_policy_judge(policy, bytes, len,
						     servers[i].keys, &answer,
						     sizeof(answer)),
				0);
			snprintf(text, sizeof(text), "%s %s",
				 or_dash(answer.cipher_openssl),
				 or_dash(answer.group));
			if (strcmp(answer.reason
					   ? smtptls_reason_name(answer.reason)
					   : text,
				   rows[j].answers[i]) != 0)
				fail_msg("%s, policy %zu: %s: %s", rows[j].name,
					 i, text, answer.text);
			assert_int_equal(answer.retry, 0);
		}
		smtptls_policy_unref(policy);
	}
	assert_int_equal(COUNT(rows), count_recorded());
}

/* ---- assembled hellos ---- */

static void made(void **state)
{
	const struct {
		struct hello_spec hello;
		struct smtptls_policy_spec spec;
		unsigned keys;
		const char *text;
	} rows[] = {
		{ { .suites = LIST(0xc018), .groups = LIST(29) },
		  { .ciphers = "HIGH:aNULL" },
		  RSA,
		  "peer offers TLS 1.2 with AECDH-AES128-SHA, without "
		  "encryption or certificate: the peer must offer "
		  "ECDHE-RSA-AES256-GCM-SHA384 and rsa_pss_rsae_sha256" },
		{ { .suites = LIST(0xc060), .groups = LIST(29) },
		  { .ciphers = "ALL" },
		  RSA,
		  "peer offers TLS 1.2 with ECDHE-ARIA128-GCM-SHA256, which "
		  "the loaded GnuTLS does not have: the peer must offer "
		  "ECDHE-RSA-AES256-GCM-SHA384 and rsa_pss_rsae_sha256" },
		{ { .suites = LIST(0xfefe) },
		  { 0 },
		  RSA,
		  "peer offers TLS 1.2 with no suite that is known here: the "
		  "peer must offer DHE-RSA-AES256-GCM-SHA384 and "
		  "rsa_pss_rsae_sha256" },
		{ { .suites = LIST(0x1301),
		    .versions = LIST(0x0304),
		    .groups = LIST(29),
		    .shares = LIST(29),
		    .sigalgs = LIST(0x0804) },
		  { .ciphersuites = "TLS_AES_256_GCM_SHA384" },
		  RSA,
		  "peer offers TLS 1.3 with TLS_AES_128_GCM_SHA256, which the "
		  "ciphersuites do not name: add TLS_AES_128_GCM_SHA256 to the "
		  "ciphersuites" },
		{ { .suites = LIST(0x1301), .versions = LIST(0x0304) },
		  { 0 },
		  RSA,
		  "peer's ClientHello lacks supported_groups, which TLS 1.3 "
		  "requires: the peer must be fixed" },
		/* RSA key exchange needs an RSA algorithm. */
		{ { .suites = LIST(0x009d), .sigalgs = LIST(0x0809) },
		  { .ciphers = "kRSA" },
		  RSA,
		  "peer offers the signatures rsa_pss_pss_sha256, none of "
		  "which can be used here: the peer must offer "
		  "rsa_pss_rsae_sha256" },
		{ { .suites = LIST(0x009d), .sigalgs = LIST(0x0809, 0x0403) },
		  { .ciphers = "kRSA" },
		  RSA,
		  "peer offers the signatures rsa_pss_pss_sha256, "
		  "ecdsa_secp256r1_sha256, none of which can be used here: the "
		  "peer must offer rsa_pss_rsae_sha256" },
		{ { .suites = LIST(0x009d) },
		  { .ciphers = "kRSA" },
		  RSA,
		  "peer sends no list of signatures, which means "
		  "rsa_pkcs1_sha1, ecdsa_sha1, which security level 2 forbids: "
		  "add \"!eNULL:@SECLEVEL=0\" to the ciphers, which weakens "
		  "all sessions" },
		{ { .suites = LIST(0xc02f), .sigalgs = LIST(0x0804) },
		  { 0 },
		  RSA,
		  "peer offers ECDHE without a list of groups: the peer must "
		  "offer x25519" },
		{ { .suites = LIST(0xc02f, 0x002f), .sigalgs = LIST(0x0804) },
		  { 0 },
		  RSA,
		  "peer offers TLS 1.2 with AES128-SHA, "
		  "ECDHE-RSA-AES128-GCM-SHA256, which the ciphers do not name: "
		  "set the ciphers to "
		  "\"AESGCM:CHACHA20:-RSA:-PSK:-ADH:-DSS:@STRENGTH:+DHE:AES128-"
		  "SHA\"" },
		{ { .suites = LIST(0xc02b),
		    .groups = LIST(29, 0x4242),
		    .sigalgs = LIST(0x0403) },
		  { .groups = "X25519" },
		  SMTPTLS_KEY_ECDSA_P256,
		  "peer offers the groups x25519, 0x4242; the only certificate "
		  "is ECDSA P-256: the peer must offer secp256r1" },
		{ { .suites = LIST(0xc02b),
		    .groups = LIST(29, 23),
		    .sigalgs = LIST(0x7777) },
		  { .sigalgs = "ECDSA+SHA256" },
		  RSA | SMTPTLS_KEY_ECDSA_P256 | SMTPTLS_KEY_ED25519,
		  "peer offers the signatures 0x7777, none of which can be "
		  "used here: the peer must offer ecdsa_secp256r1_sha256" },
		{ { .suites = LIST(0xc02f),
		    .groups = LIST(29),
		    .sigalgs = LIST(0x0804) },
		  { 0 },
		  0,
		  "peer offers TLS 1.2 with ECDHE-RSA-AES128-GCM-SHA256; there "
		  "is no usable certificate: add an RSA certificate" },
		{ { .suites = LIST(0xc02f, 0x1301),
		    .versions = LIST(0x0304, 0x0303, 0x0302, 0x0301),
		    .groups = LIST(29),
		    .sigalgs = LIST(0x0804) },
		  { .protocols = "TLSv1.2" },
		  SMTPTLS_KEY_ECDSA_P256,
		  "peer offers TLS 1.0-1.2 with RSA suites only; the only "
		  "certificate is ECDSA P-256: add an RSA certificate" },
		{ { .suites = LIST(0x002f, 0xc009), .version = 0x0301 },
		  { .protocols = "TLSv1", .ciphers = "kRSA:@SECLEVEL=0" },
		  SMTPTLS_KEY_ED25519 | SMTPTLS_KEY_ECDSA_P384,
		  "peer offers TLS 1.0 with AES128-SHA, "
		  "ECDHE-ECDSA-AES128-SHA; the certificates are ECDSA P-384 "
		  "and Ed25519: add an RSA certificate" },
		/* a change that the level forbids is not proposed */
		{ { .suites = LIST(0xc02b, 0xc02c, 0xc030),
		    .groups = LIST(24, 23),
		    .sigalgs = LIST(0x0503, 0x0805) },
		  { .ciphers = "ECDHE-RSA-AES256-GCM-SHA384:@SECLEVEL=4" },
		  SMTPTLS_KEY_ECDSA_P256,
		  "peer offers TLS 1.2 with ECDHE-ECDSA-AES256-GCM-SHA384, "
		  "ECDHE-ECDSA-AES128-GCM-SHA256, ECDHE-RSA-AES256-GCM-SHA384, "
		  "which the ciphers do not name: add "
		  "ECDHE-ECDSA-AES256-GCM-SHA384 to the ciphers" },
		{ { .suites = LIST(0xc030, 0xc02b),
		    .groups = LIST(24, 23),
		    .sigalgs = LIST(0x0503, 0x0805) },
		  { .ciphers = "ECDHE-RSA-AES256-GCM-SHA384:@SECLEVEL=4" },
		  SMTPTLS_KEY_ECDSA_P256,
		  "peer offers TLS 1.2 with the signatures "
		  "ecdsa_secp384r1_sha384, rsa_pss_rsae_sha384; the only "
		  "certificate is ECDSA P-256: add an RSA certificate with "
		  "7680 bits" },
		/* GnuTLS does not sign with DSA */
		{ { .suites = LIST(0x0032), .sigalgs = LIST(0x0402) },
		  { .ciphers = "ALL:@SECLEVEL=0",
		    .sigalgs = "DSA+SHA256:RSA+SHA256" },
		  RSA,
		  "peer offers TLS 1.2 with DHE-DSS-AES128-SHA, which the "
		  "loaded GnuTLS does not have: the peer must offer "
		  "DHE-RSA-AES256-GCM-SHA384 and rsa_pkcs1_sha256" },
		{ { .suites = LIST(0xc02f), .versions = LIST(0x0305) },
		  { 0 },
		  RSA,
		  "peer offers no version of TLS, but this side has TLS "
		  "1.2-1.3: the peer must offer TLSv1.2, x25519 and "
		  "rsa_pss_rsae_sha256" },
	};
	struct smtptls_answer answer;
	struct smtptls_policy *policy;
	struct hello hello;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		policy = make(&rows[i].spec);
		hello_record(&hello, &rows[i].hello);
		assert_int_equal(smtptls_policy_judge(policy, hello.bytes,
						      hello.len, rows[i].keys,
						      &answer, sizeof(answer)),
				 0);
		assert_string_equal(answer.text, rows[i].text);
		smtptls_policy_unref(policy);
	}
}

/* ---- the rest ---- */

static void names(void **state)
{
	int reason;

	(void)state;
	for (reason = 0; smtptls_reason_name(reason); reason++)
		assert_true(strlen(smtptls_reason_name(reason)) > 2);
	assert_int_equal(reason, SMTPTLS_REASON_TOKEN + 1);
	assert_null(smtptls_reason_name(-1));
	assert_string_equal(smtptls_reason_name(SMTPTLS_REASON_NONE), "none");
	assert_string_equal(smtptls_reason_name(SMTPTLS_REASON_VERSION),
			    "version");
	assert_string_equal(smtptls_reason_name(SMTPTLS_REASON_SIGALG),
			    "sigalg");
	assert_string_equal(smtptls_reason_name(SMTPTLS_REASON_OUTSIDE),
			    "outside");
	assert_string_equal(smtptls_reason_name(SMTPTLS_REASON_DH_PARAMETERS),
			    "dh-parameters");
	assert_string_equal(smtptls_reason_name(SMTPTLS_REASON_ALPN), "alpn");
	assert_string_equal(smtptls_reason_name(SMTPTLS_REASON_CERT_NAME),
			    "cert-name");
	assert_string_equal(smtptls_reason_name(SMTPTLS_REASON_CERT_STATUS),
			    "cert-status");
	assert_string_equal(smtptls_reason_name(SMTPTLS_REASON_CERT_PIN),
			    "cert-pin");
	assert_string_equal(smtptls_reason_name(SMTPTLS_REASON_CERT_TLSA),
			    "cert-tlsa");
	assert_string_equal(
		smtptls_reason_name(SMTPTLS_REASON_LEFT_AFTER_HANDSHAKE),
		"left-after-handshake");
	assert_string_equal(smtptls_reason_name(SMTPTLS_REASON_TLS_REQUIRED),
			    "tls-required");
	assert_string_equal(smtptls_reason_name(SMTPTLS_REASON_SIGNER),
			    "signer");
	assert_string_equal(smtptls_reason_name(SMTPTLS_REASON_TOKEN), "token");
}

/* Some reasons concern only the session. */
static void write_sentence(const struct stls_refusal *facts, char *text,
			   size_t size)
{
	char found[16];
	const struct stls_end end = { .reason = facts->reason,
				      .found = found,
				      .sent = (const unsigned char *)"EHLO",
				      .sent_len = 4,
				      .last_in = -1,
				      .last_out = -1 };
	struct smtptls_advice advice;

	(void)snprintf(found, sizeof(found), "a thing %d", end.reason);
	if (end.reason >= SMTPTLS_REASON_NO_TLS) {
		stls_end_write(&end, text, size);
		return;
	}
	assert_int_equal(stls_refusal_advise(facts, &advice), 0);
	advice.text[size - 1] = '\0';
	strcpy(text, advice.text);
}

/* Each reason has its own sentence, complete in the buffer given. */
static void sentences(void **state)
{
	struct smtptls_policy_spec spec = { 0 };
	struct smtptls_policy *policy = make(&spec);
	char text[256], seen[96][256] = { "" };
	struct stls_choice choice;
	struct stls_refusal facts;
	struct stls_client_hello parsed;
	struct hello hello;
	int reason, i;
	size_t size;

	(void)state;
	hello_make(&hello, &(struct hello_spec){
				   .suites = LIST(0xc02f),
				   .sni = "a\xff\"b",
			   });
	assert_int_equal(
		stls_client_hello_parse(&parsed, hello.bytes, hello.len), 0);
	/* the reasons after it are tested with smtp/dialogue_reason */
	for (reason = 1; reason <= SMTPTLS_REASON_INJECTION; reason++) {
		/* Reasons of a step are tested in diagnosis.c. */
		if (reason == SMTPTLS_REASON_VERSION ||
		    (reason >= SMTPTLS_REASON_FALLBACK &&
		     reason <= SMTPTLS_REASON_SIGALG))
			continue;
		memset(&choice, 0, sizeof(choice));
		choice.version = 0x0303;
		memset(&facts, 0, sizeof(facts));
		facts.reason = reason;
		facts.policy = policy;
		facts.hello = &parsed;
		facts.keys = RSA;
		facts.choice = &choice;
		write_sentence(&facts, text, sizeof(text));
		assert_true(strlen(text) > 10);
		for (i = 0; i < reason - 1; i++)
			assert_string_not_equal(text, seen[i]);
		strcpy(seen[reason - 1], text);
		for (size = 1; size < sizeof(text); size++) {
			memset(text, 'x', sizeof(text));
			write_sentence(&facts, text, size);
			assert_true(strlen(text) < size);
			assert_memory_equal(text, seen[reason - 1],
					    strlen(text));
			assert_int_equal(text[size], 'x');
		}
	}
	assert_string_equal(
		seen[SMTPTLS_REASON_SNI - 1],
		"no certificate has the name \"a\\xff\"b\" that the peer asked "
		"for: it must ask for another, or turn off strict SNI here");
	smtptls_policy_unref(policy);
}

/* The last word that excludes a suite, and how many do so permanently. */
static void excluders(void **state)
{
	static const struct {
		const char *ciphers, *suite, *word;
		unsigned kills;
	} rows[] = {
		{ "HIGH:!kRSA", "AES128-SHA", "!kRSA", 1 },
		{ "HIGH:-kRSA", "AES128-SHA", "-kRSA", 0 },
		{ "HIGH!SHA1!kRSA", "AES128-SHA", "!kRSA", 2 },
		{ "DEFAULT!kRSA", "AES128-SHA", "!kRSA", 1 },
		{ "!aRSA+kRSA,HIGH", "AES128-SHA", "!aRSA+kRSA", 1 },
		{ "ALL:-RSA:!SHA1 !kRSA", "AES128-SHA", "!kRSA", 2 },
		{ "ALL:-RSA:-AES128:RSA", "AES128-SHA", "-AES128", 0 },
		{ "ALL:!kEDH", "AES128-SHA", NULL, 0 },
		{ "ALL:!", "AES128-SHA", NULL, 0 },
		{ "ALL:!x+!kRSA", "AES128-SHA", NULL, 0 },
		{ "ALL:@SECLEVEL=1!kRSA", "AES128-SHA", NULL, 0 },
		{ "", "AES128-SHA", NULL, 0 },
	};
	uint8_t kills[STLS_SUITES_LISTED];
	struct stls_excluder excluder;
	size_t i, at, row, length;
	const char *word;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		row = (size_t)stls_suite_by_openssl(rows[i].suite,
						    strlen(rows[i].suite));
		word = NULL;
		length = at = 0;
		while (stls_next_excluder(rows[i].ciphers, &at, row,
					  &excluder)) {
			word = rows[i].ciphers + excluder.item.position;
			length = excluder.item.length;
			assert_int_equal(excluder.sign, word[0]);
		}
		assert_int_equal(word != NULL, rows[i].word != NULL);
		if (word) {
			assert_int_equal(length, strlen(rows[i].word));
			assert_memory_equal(word, rows[i].word, length);
		}
		stls_count_excluders(rows[i].ciphers, kills);
		assert_int_equal(kills[row], rows[i].kills);
	}
}

static void judge(void **state)
{
	const struct hello_spec spec13 = {
		.suites = (const unsigned[]){ 0x1301, 0 },
		.versions = (const unsigned[]){ 0x0304, 0 },
		.groups = (const unsigned[]){ 23, 0 },
		.shares = (const unsigned[]){ 23, 0 },
		.sigalgs = (const unsigned[]){ 0x0403, 0 },
	};
	struct smtptls_policy_spec spec = { .groups = "P-256" };
	struct smtptls_policy *policy = make(&spec);
	struct smtptls_answer answer;
	unsigned char *big;
	struct hello hello;

	(void)state;
	hello_record(&hello, &spec13);
	memset(&answer, 0x55, sizeof(answer));
	assert_int_equal(smtptls_policy_judge(policy, hello.bytes, hello.len,
					      SMTPTLS_KEY_ECDSA_P256, &answer,
					      sizeof(answer)),
			 0);
	assert_int_equal(answer.reason, 0);
	assert_string_equal(answer.protocol, "TLSv1.3");
	assert_string_equal(answer.cipher_openssl, "TLS_AES_128_GCM_SHA256");
	assert_string_equal(answer.cipher_iana, "TLS_AES_128_GCM_SHA256");
	assert_string_equal(answer.cipher_gnutls, "TLS_AES_128_GCM_SHA256");
	assert_string_equal(answer.group, "secp256r1");
	assert_int_equal(answer.key, SMTPTLS_KEY_ECDSA_P256);
	assert_int_equal(answer.retry, 0);
	assert_string_equal(answer.text, "");
	/* Fields that a caller's older header does not have stay untouched. */
	memset(&answer, 0x55, sizeof(answer));
	assert_int_equal(smtptls_policy_judge(policy, hello.bytes, hello.len,
					      SMTPTLS_KEY_ECDSA_P256, &answer,
					      sizeof(int)),
			 0);
	assert_int_equal(answer.reason, 0);
	assert_int_equal(answer.text[0], 0x55);
	assert_int_equal(smtptls_policy_judge(policy, hello.bytes,
					      hello.len - 1, RSA, &answer,
					      sizeof(answer)),
			 SMTPTLS_E_AGAIN);
	assert_int_equal(smtptls_policy_judge(policy, "EHLO", 4, RSA, &answer,
					      sizeof(answer)),
			 SMTPTLS_E_SYNTAX);
	assert_int_equal(smtptls_policy_judge(NULL, hello.bytes, hello.len, RSA,
					      &answer, sizeof(answer)),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_policy_judge(policy, NULL, 1, RSA, &answer,
					      sizeof(answer)),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_policy_judge(policy, hello.bytes, hello.len,
					      0x100, &answer, sizeof(answer)),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_policy_judge(policy, hello.bytes, hello.len,
					      RSA, &answer, 0),
			 SMTPTLS_E_ARG);
	big = calloc(1, 40000);
	assert_non_null(big);
	memcpy(big, "\x16\3\1\x40\0\1\0\x7f\xff", 9);
	memcpy(big + 5 + 16384, "\x16\3\1\x40\0", 5);
	assert_int_equal(smtptls_policy_judge(policy, big, 40000, RSA, &answer,
					      sizeof(answer)),
			 SMTPTLS_E_LIMIT);
	free(big);
	smtptls_policy_unref(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded),
		cmocka_unit_test(recorded_under_policies),
		cmocka_unit_test(made),
		cmocka_unit_test(names),
		cmocka_unit_test(sentences),
		cmocka_unit_test(excluders),
		cmocka_unit_test(judge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
