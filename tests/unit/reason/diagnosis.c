/* SPDX-License-Identifier: MIT */
/*
 * What would avoid a refusal: a policy, compiled for a GnuTLS that may lack
 * something, a hello and the key types of the certificates on one side, the
 * reason and its sentence on the other. Also, no sentence exceeds its buffer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../help/hello.h"
#include "policy/key_type.h"
#include "reason/refusal.h"
#include "tls/abilities.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define RSA	     (SMTPTLS_KEY_RSA_SIGN | SMTPTLS_KEY_RSA_ENCRYPT)
#define P256	     SMTPTLS_KEY_ECDSA_P256
#define P384	     SMTPTLS_KEY_ECDSA_P384
#define ED25519	     SMTPTLS_KEY_ED25519
#define IDLE	     (SMTPTLS_KEY_ECDSA_P256 << STLS_KEYS_IDLE_SHIFT)
#define LIST(...)                                                              \
	(const unsigned[])                                                     \
	{                                                                      \
		__VA_ARGS__, 0                                                 \
	}
#define TLS13                                                                  \
	.suites = LIST(0x1301), .versions = LIST(0x0304), .groups = LIST(29),  \
	.shares = LIST(29)

/* What the loaded GnuTLS must appear to lack; 0: nothing. */
struct without {
	unsigned versions, suite, group, sigalg;
	uint8_t ability;
};

struct row {
	struct smtptls_policy_spec spec;
	struct hello_spec hello;
	unsigned keys;
	int reason;
	const char *text;
	struct without without;
};

static const struct row versions[] = {
	{ { 0 },
	  { TLS13, .sigalgs = LIST(0x0804) },
	  RSA,
	  SMTPTLS_REASON_SYSTEM_POLICY,
	  "peer offers TLS 1.3, but the system's GnuTLS policy disables TLS "
	  "1.3: allow TLSv1.3 there",
	  { .versions = STLS_PROTOCOL_TLS1_3 } },
	{ { .protocols = "TLSv1.2" },
	  { TLS13, .sigalgs = LIST(0x0804) },
	  RSA,
	  SMTPTLS_REASON_SYSTEM_POLICY,
	  "peer offers TLS 1.3, but the system's GnuTLS policy disables TLS "
	  "1.3: add TLSv1.3 to the protocols and allow TLSv1.3 there",
	  { .versions = STLS_PROTOCOL_TLS1_3 } },
	{ { 0 },
	  { .suites = LIST(0xc02f),
	    .groups = LIST(29),
	    .sigalgs = LIST(0x0804) },
	  RSA,
	  SMTPTLS_REASON_SYSTEM_POLICY,
	  "peer offers up to TLS 1.2, but the system's GnuTLS policy disables "
	  "TLS 1.2: allow TLSv1.2 there",
	  { .versions = STLS_PROTOCOL_TLS1_2 } },
	{ { .protocols = "TLSv1.1 TLSv1.3", .ciphers = "ALL:@SECLEVEL=0" },
	  { TLS13, .sigalgs = LIST(0x0804) },
	  RSA,
	  SMTPTLS_REASON_GNUTLS,
	  "peer offers TLS 1.3, which GnuTLS cannot combine with TLS 1.0 or "
	  "1.1 without TLS 1.2: add TLSv1.2 to the protocols",
	  { 0 } },
	{ { .protocols = ">=TLSv1" },
	  { .suites = LIST(0x002f), .version = 0x0301 },
	  RSA,
	  SMTPTLS_REASON_VERSION,
	  "peer offers TLS 1.0, which security level 2 forbids: set the "
	  "ciphers to "
	  "\"AESGCM:CHACHA20:-RSA:-PSK:-ADH:-DSS:@STRENGTH:+DHE:AES128-SHA:@"
	  "SECLEVEL=0\", which weakens all sessions",
	  { 0 } },
	{ { .ciphersuites = "" },
	  { TLS13, .sigalgs = LIST(0x0804) },
	  RSA,
	  SMTPTLS_REASON_VERSION,
	  "peer offers TLS 1.3 with TLS_AES_128_GCM_SHA256, which the "
	  "ciphersuites do not name: set the ciphersuites to "
	  "\"TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_"
	  "GCM_SHA256\"",
	  { 0 } },
	{ { .protocols = "TLSv1.2", .ciphersuites = "" },
	  { TLS13, .sigalgs = LIST(0x0804) },
	  RSA,
	  SMTPTLS_REASON_VERSION,
	  "peer offers TLS 1.3, but this side has TLS 1.2: add TLSv1.3 to the "
	  "protocols and set the ciphersuites to "
	  "\"TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_"
	  "GCM_SHA256\"",
	  { 0 } },
	{ { 0 },
	  { TLS13, .sigalgs = LIST(0x0804) },
	  SMTPTLS_KEY_RSA_ENCRYPT,
	  SMTPTLS_REASON_KEY_USAGE,
	  "peer offers TLS 1.3 with the signatures rsa_pss_rsae_sha256, which "
	  "the keyUsage of the RSA certificate forbids: have the RSA "
	  "certificate issued with digitalSignature",
	  { 0 } },
	{ { 0 },
	  { TLS13, .sigalgs = LIST(0x0403) },
	  IDLE,
	  SMTPTLS_REASON_KEY_USAGE,
	  "peer offers TLS 1.3 with the signatures ecdsa_secp256r1_sha256, "
	  "which the keyUsage of the ECDSA P-256 certificate forbids: have the "
	  "ECDSA P-256 certificate issued with digitalSignature",
	  { 0 } },
	{ { .sigalgs = "ECDSA+SHA256:RSA+SHA256" },
	  { TLS13, .sigalgs = LIST(0x0503) },
	  P384,
	  SMTPTLS_REASON_SIGALG,
	  "peer offers the signatures ecdsa_secp384r1_sha384, which the "
	  "sigalgs do not name: add ecdsa_secp384r1_sha384 to the sigalgs; "
	  "other TLS 1.3 peers may fail",
	  { 0 } },
	/* those of the best version it offers, since none was chosen */
	{ { .protocols = "TLSv1.3" },
	  { .suites = LIST(0xc02f),
	    .groups = LIST(25),
	    .sigalgs = LIST(0x0401),
	    .points = 1 },
	  RSA,
	  SMTPTLS_REASON_BAD_HELLO,
	  "peer's ClientHello lacks uncompressed points in ec_point_formats: "
	  "the peer must be fixed",
	  { 0 } },
	/* one common suite is enough for other peers, a rare one is not */
	{ { .protocols = "TLSv1.2", .ciphersuites = "TLS_AES_256_GCM_SHA384" },
	  { .suites = LIST(0x1302),
	    .versions = LIST(0x0304),
	    .groups = LIST(29),
	    .shares = LIST(29),
	    .sigalgs = LIST(0x0804) },
	  RSA,
	  SMTPTLS_REASON_VERSION,
	  "peer offers TLS 1.3, but this side has TLS 1.2: add TLSv1.3 to the "
	  "protocols",
	  { 0 } },
	{ { .protocols = "TLSv1.2", .ciphersuites = "TLS_AES_128_CCM_SHA256" },
	  { .suites = LIST(0x1304),
	    .versions = LIST(0x0304),
	    .groups = LIST(29),
	    .shares = LIST(29),
	    .sigalgs = LIST(0x0804) },
	  RSA,
	  SMTPTLS_REASON_VERSION,
	  "peer offers TLS 1.3, but this side has TLS 1.2: add TLSv1.3 to the "
	  "protocols; other TLS 1.3 peers may fail",
	  { 0 } },
	/* what is lost, and which peers are, beside a better version */
	{ { .protocols = "TLSv1.2", .groups = "P-224:X25519" },
	  { TLS13, .sigalgs = LIST(0x0804) },
	  RSA,
	  SMTPTLS_REASON_VERSION,
	  "peer offers TLS 1.3, but this side has TLS 1.2: add TLSv1.3 to the "
	  "protocols, which switches secp192r1 and secp224r1 off",
	  { 0 } },
	{ { .protocols = "TLSv1.2", .groups = "P-224" },
	  { TLS13, .sigalgs = LIST(0x0804) },
	  RSA,
	  SMTPTLS_REASON_VERSION,
	  "peer offers TLS 1.3, but this side has TLS 1.2: add TLSv1.3 to the "
	  "protocols and x25519 to the groups, which switches secp192r1 and "
	  "secp224r1 off",
	  { 0 } },
	{ { .protocols = "TLSv1.2", .groups = "P-224" },
	  { .suites = LIST(0x1301),
	    .versions = LIST(0x0304),
	    .groups = LIST(24),
	    .shares = LIST(24),
	    .sigalgs = LIST(0x0804) },
	  RSA,
	  SMTPTLS_REASON_VERSION,
	  "peer offers TLS 1.3, but this side has TLS 1.2: add TLSv1.3 to the "
	  "protocols and secp384r1 to the groups, which switches secp192r1 and "
	  "secp224r1 off; other TLS 1.3 peers may fail",
	  { 0 } },
	{ { .protocols = "TLSv1.2", .groups = "P-384" },
	  { .suites = LIST(0x1301),
	    .versions = LIST(0x0304),
	    .groups = LIST(24),
	    .shares = LIST(24),
	    .sigalgs = LIST(0x0804) },
	  RSA,
	  SMTPTLS_REASON_VERSION,
	  "peer offers TLS 1.3, but this side has TLS 1.2: add TLSv1.3 to the "
	  "protocols; other TLS 1.3 peers may fail",
	  { 0 } },
	{ { .protocols = "TLSv1.2", .groups = "P-256" },
	  { .suites = LIST(0x1301),
	    .versions = LIST(0x0304),
	    .groups = LIST(23),
	    .shares = LIST(23),
	    .sigalgs = LIST(0x0804) },
	  RSA,
	  SMTPTLS_REASON_VERSION,
	  "peer offers TLS 1.3, but this side has TLS 1.2: add TLSv1.3 to the "
	  "protocols",
	  { 0 } },
	{ { 0 },
	  { TLS13, .sigalgs = LIST(0x0804) },
	  0,
	  SMTPTLS_REASON_NEEDS_RSA,
	  "peer offers TLS 1.3 with the signatures rsa_pss_rsae_sha256; there "
	  "is no usable certificate: add an RSA certificate",
	  { 0 } },
};

static const struct row suites[] = {
	/* the best one, not the first */
	{ { 0 },
	  { .suites = LIST(0x002f, 0xc014, 0x009c, 0xc09e, 0xc0ac, 0xc09f),
	    .sigalgs = LIST(0x0401) },
	  RSA,
	  SMTPTLS_REASON_SUITES_EXCLUDED,
	  "peer offers TLS 1.2 with DHE-RSA-AES128-CCM, AES128-SHA, "
	  "ECDHE-RSA-AES256-SHA and 3 more, which the ciphers do not name: set "
	  "the ciphers to "
	  "\"AESGCM:CHACHA20:-RSA:-PSK:-ADH:-DSS:@STRENGTH:+DHE:DHE-RSA-AES128-"
	  "CCM\"",
	  { 0 } },
	{ { .ciphers = "HIGH:!AESCCM:!SHA1:!kRSA" },
	  { .suites = LIST(0x002f, 0xc014, 0xc09e), .sigalgs = LIST(0x0401) },
	  RSA,
	  SMTPTLS_REASON_SUITES_EXCLUDED,
	  "peer offers TLS 1.2 with DHE-RSA-AES128-CCM, AES128-SHA, "
	  "ECDHE-RSA-AES256-SHA, which \"!AESCCM\" in the ciphers excludes: "
	  "remove \"!AESCCM\" from the ciphers",
	  { 0 } },
	{ { .ciphers = "SUITEB128", .sigalgs = "RSA+SHA256" },
	  { .suites = LIST(0xc02f),
	    .groups = LIST(23),
	    .sigalgs = LIST(0x0401) },
	  RSA,
	  SMTPTLS_REASON_SUITES_EXCLUDED,
	  "peer offers TLS 1.2 with ECDHE-RSA-AES128-GCM-SHA256, which "
	  "\"SUITEB128\" in the ciphers leaves out: set the ciphers to "
	  "\"ECDHE+aECDSA+AESGCM:+AES256:ECDHE-RSA-AES128-GCM-SHA256\" and "
	  "add \"ECDSA+SHA256:ECDSA+SHA384\" to the sigalgs",
	  { 0 } },
	{ { .ciphers = "SUITEB128",
	    .sigalgs = "RSA+SHA256:RSA+SHA384",
	    .groups = "P-521" },
	  { .suites = LIST(0xc02f),
	    .groups = LIST(23),
	    .sigalgs = LIST(0x0601) },
	  RSA,
	  SMTPTLS_REASON_SUITES_EXCLUDED,
	  "peer offers up to TLS 1.2: set the ciphers to "
	  "\"ECDHE+aECDSA+AESGCM:+AES256:ECDHE-RSA-AES128-GCM-SHA256\", add "
	  "\"secp256r1:secp384r1\" to the groups and "
	  "\"ECDSA+SHA256:ECDSA+SHA384:rsa_pkcs1_sha512\" to the sigalgs",
	  { 0 } },
	/* the suite that fewest words exclude, wherever the peer lists it */
	{ { .ciphers = "HIGH:!AES128:!ECDHE" },
	  { .suites = LIST(0xc02f, 0x009e),
	    .groups = LIST(23, 29),
	    .sigalgs = LIST(0x0401) },
	  RSA,
	  SMTPTLS_REASON_SUITES_EXCLUDED,
	  "peer offers TLS 1.2 with DHE-RSA-AES128-GCM-SHA256, "
	  "ECDHE-RSA-AES128-GCM-SHA256, which \"!AES128\" in the ciphers "
	  "excludes: remove \"!AES128\" from the ciphers",
	  { 0 } },
	/* DEFAULT is spelled out only for a suite that it excludes */
	{ { .ciphers = "DEFAULT:!CAMELLIA" },
	  { .suites = LIST(0x0045), .sigalgs = LIST(0x0401) },
	  RSA,
	  SMTPTLS_REASON_SUITES_EXCLUDED,
	  "peer offers TLS 1.2 with DHE-RSA-CAMELLIA128-SHA, which "
	  "\"!CAMELLIA\" in the ciphers excludes: remove \"!CAMELLIA\" from "
	  "the ciphers, replace \"DEFAULT\" by "
	  "\"ALL:!aNULL:!eNULL:-COMPLEMENTOFDEFAULT\" in the ciphers and add "
	  "DHE-RSA-CAMELLIA128-SHA to the ciphers",
	  { 0 } },
	{ { .ciphers = "DEFAULT:!kRSA" },
	  { .suites = LIST(0x002f), .sigalgs = LIST(0x0401) },
	  RSA,
	  SMTPTLS_REASON_SUITES_EXCLUDED,
	  "peer offers TLS 1.2 with AES128-SHA, which \"!kRSA\" in the ciphers "
	  "excludes: remove \"!kRSA\" from the ciphers",
	  { 0 } },
	/* words that cannot be changed, or too many */
	{ { .ciphers = "DEFAULT:DEFAULT" },
	  { .suites = LIST(0xc09c), .sigalgs = LIST(0x0401) },
	  RSA,
	  SMTPTLS_REASON_SUITES_EXCLUDED,
	  "peer offers TLS 1.2 with AES128-CCM, which the ciphers do not name: "
	  "set the ciphers to \"ALL:-aNULL:@SECLEVEL=2\"",
	  { 0 } },
	{ { .ciphers =
		    "HIGH:!SHA1:!kRSA:!AESCCM:!AES128:!AES128-CCM:!AES:!RSA" },
	  { .suites = LIST(0xc09c), .sigalgs = LIST(0x0401) },
	  RSA,
	  SMTPTLS_REASON_SUITES_EXCLUDED,
	  "peer offers TLS 1.2 with AES128-CCM, which the ciphers do not name: "
	  "set the ciphers to \"HIGH:!SHA1\"",
	  { 0 } },
	{ { .ciphers = "AES256-SHA256:@SECLEVEL=2" },
	  { .suites = LIST(0x0002, 0xc018, 0x00a8), .sigalgs = LIST(0x0401) },
	  RSA,
	  SMTPTLS_REASON_SUITES_EXCLUDED,
	  "peer offers TLS 1.2 with NULL-SHA, AECDH-AES128-SHA, "
	  "PSK-AES128-GCM-SHA256, without encryption or certificate: the peer "
	  "must offer AES256-SHA256",
	  { 0 } },
	{ { .ciphers = "ALL" },
	  { .suites = LIST(0x00a8) },
	  RSA,
	  SMTPTLS_REASON_SUITES_EXCLUDED,
	  "peer offers TLS 1.2 with PSK-AES128-GCM-SHA256, and this side has "
	  "no pre-shared keys: the peer must offer DHE-RSA-AES256-GCM-SHA384 "
	  "and rsa_pss_rsae_sha256",
	  { 0 } },
	{ { 0 },
	  { .suites = LIST(0x000a) },
	  RSA,
	  SMTPTLS_REASON_SUITES_EXCLUDED,
	  "peer offers TLS 1.2 with TLS_RSA_3DES_EDE_CBC_SHA1, which OpenSSL's "
	  "ciphers cannot name: the peer must offer DHE-RSA-AES256-GCM-SHA384 "
	  "and rsa_pss_rsae_sha256",
	  { 0 } },
	{ { .ciphers = "ALL:eNULL" },
	  { .suites = LIST(0x0002) },
	  RSA,
	  SMTPTLS_REASON_SECURITY_LEVEL,
	  "peer offers TLS 1.2 with NULL-SHA, without encryption or "
	  "certificate: the peer must offer DHE-RSA-AES256-GCM-SHA384 and "
	  "rsa_pss_rsae_sha256",
	  { 0 } },
	{ { .ciphers = "ECDHE-RSA-AES256-GCM-SHA384:@SECLEVEL=4" },
	  { .suites = LIST(0x002f), .sigalgs = LIST(0x0401) },
	  RSA,
	  SMTPTLS_REASON_SUITES_EXCLUDED,
	  "peer offers TLS 1.2 with AES128-SHA, which security level 4 "
	  "forbids: add \"AES128-SHA:@SECLEVEL=2\" to the ciphers, which "
	  "weakens all sessions",
	  { 0 } },
	{ { 0 },
	  { .suites = LIST(0xc02f),
	    .groups = LIST(29),
	    .sigalgs = LIST(0x0804) },
	  RSA,
	  SMTPTLS_REASON_SYSTEM_POLICY,
	  "peer offers TLS 1.2 with ECDHE-RSA-AES128-GCM-SHA256, which the "
	  "system's GnuTLS policy disables: allow ECDHE-RSA-AES128-GCM-SHA256 "
	  "there",
	  { .suite = 0xc02f, .ability = STLS_DISABLED } },
	{ { .ciphers = "ECDHE-RSA-AES256-GCM-SHA384" },
	  { .suites = LIST(0xc02f),
	    .groups = LIST(29),
	    .sigalgs = LIST(0x0804) },
	  RSA,
	  SMTPTLS_REASON_SYSTEM_POLICY,
	  "peer offers TLS 1.2 with ECDHE-RSA-AES128-GCM-SHA256, which the "
	  "system's GnuTLS policy disables: add ECDHE-RSA-AES128-GCM-SHA256 to "
	  "the ciphers and allow ECDHE-RSA-AES128-GCM-SHA256 there",
	  { .suite = 0xc02f, .ability = STLS_DISABLED } },
	{ { .ciphers = "ALL" },
	  { .suites = LIST(0xc02b, 0x00a2),
	    .groups = LIST(23),
	    .sigalgs = LIST(0x0403) },
	  RSA,
	  SMTPTLS_REASON_NEEDS_ECDSA,
	  "peer offers up to TLS 1.2 with ECDSA suites only; the only "
	  "certificate is RSA: add an ECDSA P-256 certificate",
	  { 0 } },
	{ { .ciphers = "ALL:!SHA1" },
	  { .suites = LIST(0x002f, 0x00a2), .sigalgs = LIST(0x0401) },
	  RSA,
	  SMTPTLS_REASON_GNUTLS,
	  "peer offers TLS 1.2 with AES128-SHA, DHE-DSS-AES128-GCM-SHA256, "
	  "which \"!SHA1\" in the ciphers excludes: remove \"!SHA1\" from the "
	  "ciphers",
	  { 0 } },
	{ { .ciphers = "HIGH" },
	  { .suites = LIST(0xc02b),
	    .groups = LIST(29, 23),
	    .sigalgs = LIST(0x403) },
	  IDLE,
	  SMTPTLS_REASON_KEY_USAGE,
	  "peer offers TLS 1.2 with ECDHE-ECDSA-AES128-GCM-SHA256, which the "
	  "keyUsage of the ECDSA P-256 certificate forbids: have the ECDSA "
	  "P-256 certificate issued with digitalSignature",
	  { 0 } },
};

static const struct row groups[] = {
	{ { 0 },
	  { .suites = LIST(0x1301),
	    .versions = LIST(0x0304),
	    .groups = LIST(29),
	    .shares = LIST(29),
	    .sigalgs = LIST(0x0804) },
	  RSA,
	  SMTPTLS_REASON_SYSTEM_POLICY,
	  "peer offers the groups x25519, which the system's GnuTLS policy "
	  "disables: allow x25519 there",
	  { .group = 29, .ability = STLS_DISABLED } },
	{ { .groups = "P-256" },
	  { .suites = LIST(0x1301),
	    .versions = LIST(0x0304),
	    .groups = LIST(29),
	    .shares = LIST(29),
	    .sigalgs = LIST(0x0804) },
	  RSA,
	  SMTPTLS_REASON_SYSTEM_POLICY,
	  "peer offers the groups x25519, which the system's GnuTLS policy "
	  "disables: add x25519 to the groups and allow x25519 there",
	  { .group = 29, .ability = STLS_DISABLED } },
	{ { .groups = "brainpoolP256r1:P-256" },
	  { .suites = LIST(0xc02f),
	    .groups = LIST(26),
	    .sigalgs = LIST(0x0804) },
	  RSA,
	  SMTPTLS_REASON_GNUTLS,
	  "peer offers the groups brainpoolP256r1, which the loaded GnuTLS "
	  "does not have: the peer must offer secp256r1",
	  { 0 } },
	{ { .groups = "P-256" },
	  { .suites = LIST(0xc02f),
	    .groups = LIST(0x0a0a, 26, 24, 30),
	    .sigalgs = LIST(0x0804) },
	  RSA,
	  SMTPTLS_REASON_GROUP,
	  "peer offers the groups secp384r1, 0x0a0a, brainpoolP256r1 and 1 "
	  "more, which the groups here do not name: add secp384r1 to the "
	  "groups",
	  { 0 } },
	{ { .groups = "P-384", .ciphers = "HIGH:@SECLEVEL=4" },
	  { .suites = LIST(0x1302),
	    .versions = LIST(0x0304),
	    .groups = LIST(23),
	    .shares = LIST(23),
	    .sigalgs = LIST(0x0805) },
	  RSA,
	  SMTPTLS_REASON_GROUP,
	  "peer offers the groups secp256r1, which security level 4 forbids: "
	  "replace @SECLEVEL=4 by @SECLEVEL=3 in the ciphers and add secp256r1 "
	  "to the groups, which weakens all sessions",
	  { 0 } },
	/* a DHE field, which no list controls */
	{ { .groups = "X25519:ffdhe3072", .ciphers = "DHE:@SECLEVEL=3" },
	  { .suites = LIST(0x009f),
	    .groups = LIST(29, 256),
	    .sigalgs = LIST(0x0804) },
	  RSA,
	  SMTPTLS_REASON_GROUP,
	  "peer offers the groups ffdhe2048, which security level 3 forbids: "
	  "replace @SECLEVEL=3 by @SECLEVEL=2 in the ciphers, which weakens "
	  "all sessions",
	  { 0 } },
	/* the first one */
	{ { .protocols = "TLSv1.2",
	    .groups = "P-256",
	    .ciphers = "ECDHE:@SECLEVEL=1" },
	  { .suites = LIST(0xc030),
	    .groups = LIST(19),
	    .sigalgs = LIST(0x0804) },
	  RSA,
	  SMTPTLS_REASON_GROUP,
	  "peer offers the groups secp192r1, which the groups here do not "
	  "name: add secp192r1 to the groups",
	  { 0 } },
	/* FFDHE groups do not serve ECDHE, and are not named */
	{ { .groups = "P-256", .ciphers = "ECDHE" },
	  { .suites = LIST(0xc030),
	    .groups = LIST(29, 256, 260, 30),
	    .sigalgs = LIST(0x0804) },
	  RSA,
	  SMTPTLS_REASON_GROUP,
	  "peer offers the groups x25519, x448, which the groups here do not "
	  "name: add x25519 to the groups",
	  { 0 } },
	{ { .ciphers = "SUITEB192", .ciphersuites = "" },
	  { .suites = LIST(0xc02c),
	    .groups = LIST(23, 29),
	    .sigalgs = LIST(0x0503, 0x0403) },
	  P256,
	  SMTPTLS_REASON_GROUP,
	  "peer offers the groups secp256r1, x25519, which \"SUITEB192\" in "
	  "the ciphers leaves out: set the ciphers to "
	  "\"ECDHE-ECDSA-AES256-GCM-SHA384\"",
	  { 0 } },
	/* each suite of Suite B has its own group */
	{ { .ciphers = "SUITEB128", .ciphersuites = "" },
	  { .suites = LIST(0xc02b),
	    .groups = LIST(29),
	    .sigalgs = LIST(0x0403, 0x0503) },
	  P256,
	  SMTPTLS_REASON_GROUP,
	  "peer offers the groups x25519; the only certificate is ECDSA P-256: "
	  "the peer must offer secp256r1",
	  { 0 } },
	{ { .ciphers = "SUITEB192", .ciphersuites = "" },
	  { .suites = LIST(0xc02c),
	    .groups = LIST(29),
	    .sigalgs = LIST(0x0503) },
	  P384,
	  SMTPTLS_REASON_GROUP,
	  "peer offers the groups x25519; the only certificate is ECDSA P-384: "
	  "the peer must offer secp384r1",
	  { 0 } },
	/* the certificate's curve */
	{ { 0 },
	  { .suites = LIST(0xc02b, 0xc02f),
	    .groups = LIST(29, 24),
	    .sigalgs = LIST(0x0403, 0x0503, 0x0804, 0x0807) },
	  P256,
	  SMTPTLS_REASON_GROUP,
	  "peer offers the groups x25519, secp384r1; the only certificate is "
	  "ECDSA P-256: add an RSA certificate",
	  { 0 } },
	{ { 0 },
	  { .suites = LIST(0xc02b),
	    .groups = LIST(29, 23),
	    .sigalgs = LIST(0x0403) },
	  P384,
	  SMTPTLS_REASON_GROUP,
	  "peer offers the groups x25519, secp256r1; the only certificate is "
	  "ECDSA P-384: add an ECDSA P-256 certificate",
	  { 0 } },
	{ { 0 },
	  { .suites = LIST(0xc02b),
	    .groups = LIST(29),
	    .sigalgs = LIST(0x0403, 0x0807) },
	  P384,
	  SMTPTLS_REASON_GROUP,
	  "peer offers the groups x25519; the only certificate is ECDSA P-384: "
	  "add an Ed25519 certificate",
	  { 0 } },
};

static const struct row curves[] = {
	/* the certificate's curve also serves as the group */
	{ { .groups = "X25519:P-384" },
	  { .suites = LIST(0xc02c),
	    .groups = LIST(30),
	    .sigalgs = LIST(0x0503) },
	  P384,
	  SMTPTLS_REASON_GROUP,
	  "peer offers the groups x448; the only certificate is ECDSA P-384: "
	  "the peer must offer secp384r1",
	  { 0 } },
	{ { .groups = "X25519" },
	  { .suites = LIST(0xc02c),
	    .groups = LIST(30),
	    .sigalgs = LIST(0x0503) },
	  P384,
	  SMTPTLS_REASON_GROUP,
	  "peer offers the groups x448; the only certificate is ECDSA P-384: "
	  "the peer must offer x25519 and secp384r1",
	  { 0 } },
};

static const struct row sigalgs[] = {
	{ { 0 },
	  { TLS13, .sigalgs = LIST(0x0806) },
	  RSA | STLS_KEY_SHORT_512,
	  SMTPTLS_REASON_SIGALG,
	  "peer offers the signatures rsa_pss_rsae_sha512, for which this "
	  "side's RSA key is too short: have the RSA certificate issued with "
	  "2048 bits",
	  { 0 } },
	{ { 0 },
	  { TLS13, .sigalgs = LIST(0x080b) },
	  RSA | STLS_KEY_SHORT_512,
	  SMTPTLS_REASON_SIGALG,
	  "peer offers the signatures rsa_pss_pss_sha512, for which this "
	  "side's RSA key is too short: have the RSA certificate issued with "
	  "2048 bits and add an RSA-PSS certificate",
	  { 0 } },
	{ { .security_level = 3 },
	  { TLS13, .sigalgs = LIST(0x0804) },
	  P256,
	  SMTPTLS_REASON_NEEDS_RSA,
	  "peer offers TLS 1.3 with the signatures rsa_pss_rsae_sha256; the "
	  "only certificate is ECDSA P-256: add an RSA certificate with 3072 "
	  "bits",
	  { 0 } },
	{ { .security_level = 4 },
	  { .suites = LIST(0x1302),
	    .versions = LIST(0x0304),
	    .groups = LIST(30),
	    .shares = LIST(30),
	    .sigalgs = LIST(0x0805, 0x0503) },
	  SMTPTLS_KEY_ECDSA_P521,
	  SMTPTLS_REASON_NEEDS_ECDSA,
	  "peer offers TLS 1.3 with the signatures rsa_pss_rsae_sha384, "
	  "ecdsa_secp384r1_sha384; the only certificate is ECDSA P-521: add an "
	  "ECDSA P-384 certificate",
	  { 0 } },
	{ { .sigalgs = "RSA-PSS+SHA512" },
	  { TLS13, .sigalgs = LIST(0x0806, 0x0805) },
	  RSA | STLS_KEY_SHORT_512,
	  SMTPTLS_REASON_SIGALG,
	  "peer offers the signatures rsa_pss_rsae_sha384, "
	  "rsa_pss_rsae_sha512, which the sigalgs do not name: add "
	  "rsa_pss_rsae_sha384 to the sigalgs",
	  { 0 } },
	{ { .ciphers = "AES128-GCM-SHA256" },
	  { .suites = LIST(0x009c), .sigalgs = LIST(0x0806) },
	  RSA | STLS_KEY_SHORT_512,
	  SMTPTLS_REASON_SIGALG,
	  "peer offers the signatures rsa_pss_rsae_sha512, for which this "
	  "side's RSA key is too short: have the RSA certificate issued with "
	  "2048 bits",
	  { 0 } },
	/* TLS 1.2 requires one of RSA, although RSA only decrypts. */
	{ { .ciphers = "AES128-GCM-SHA256", .sigalgs = "ECDSA+SHA256" },
	  { .suites = LIST(0x009c), .sigalgs = LIST(0x0403, 0x0401) },
	  RSA,
	  SMTPTLS_REASON_SIGALG,
	  "peer offers the signatures rsa_pkcs1_sha256, "
	  "ecdsa_secp256r1_sha256, which the sigalgs do not name: add "
	  "rsa_pkcs1_sha256 to the sigalgs",
	  { 0 } },
	{ { 0 },
	  { TLS13, .sigalgs = LIST(0x0804) },
	  P256,
	  SMTPTLS_REASON_NEEDS_RSA,
	  "peer offers TLS 1.3 with the signatures rsa_pss_rsae_sha256; the "
	  "only certificate is ECDSA P-256: add an RSA certificate",
	  { 0 } },
	{ { 0 },
	  { TLS13, .sigalgs = LIST(0x0804, 0x0403) },
	  ED25519,
	  SMTPTLS_REASON_NEEDS_RSA,
	  "peer offers TLS 1.3 with the signatures rsa_pss_rsae_sha256, "
	  "ecdsa_secp256r1_sha256; the only certificate is Ed25519: add an RSA "
	  "certificate",
	  { 0 } },
	{ { 0 },
	  { TLS13, .sigalgs = LIST(0x0403) },
	  P384,
	  SMTPTLS_REASON_NEEDS_ECDSA,
	  "peer offers TLS 1.3 with the signatures ecdsa_secp256r1_sha256; the "
	  "only certificate is ECDSA P-384: add an ECDSA P-256 certificate",
	  { 0 } },
	{ { 0 },
	  { TLS13, .sigalgs = LIST(0x0804) },
	  ED25519 | SMTPTLS_KEY_RSA_ENCRYPT,
	  SMTPTLS_REASON_KEY_USAGE,
	  "peer offers TLS 1.3 with the signatures rsa_pss_rsae_sha256, which "
	  "the keyUsage of the RSA certificate forbids: have the RSA "
	  "certificate issued with digitalSignature",
	  { 0 } },
	{ { 0 },
	  { TLS13, .sigalgs = LIST(0x0403) },
	  RSA | IDLE,
	  SMTPTLS_REASON_KEY_USAGE,
	  "peer offers TLS 1.3 with the signatures ecdsa_secp256r1_sha256, "
	  "which the keyUsage of the ECDSA P-256 certificate forbids: have the "
	  "ECDSA P-256 certificate issued with digitalSignature",
	  { 0 } },
	/* a name in a list is easier to add than a certificate */
	{ { .sigalgs = "rsa_pss_rsae_sha256:ECDSA+SHA256" },
	  { TLS13, .sigalgs = LIST(0x0403, 0x0806) },
	  RSA,
	  SMTPTLS_REASON_SIGALG,
	  "peer offers the signatures rsa_pss_rsae_sha512, "
	  "ecdsa_secp256r1_sha256, which the sigalgs do not name: add "
	  "rsa_pss_rsae_sha512 to the sigalgs",
	  { 0 } },
	{ { .sigalgs = "rsa_pss_rsae_sha256" },
	  { TLS13, .sigalgs = LIST(0x0403) },
	  RSA,
	  SMTPTLS_REASON_NEEDS_ECDSA,
	  "peer offers TLS 1.3 with the signatures ecdsa_secp256r1_sha256; the "
	  "only certificate is RSA: add ecdsa_secp256r1_sha256 to the sigalgs "
	  "and an ECDSA P-256 certificate",
	  { 0 } },
	{ { 0 },
	  { TLS13, .sigalgs = LIST(0x0804) },
	  RSA,
	  SMTPTLS_REASON_SYSTEM_POLICY,
	  "peer offers the signatures rsa_pss_rsae_sha256, which the system's "
	  "GnuTLS policy disables: allow rsa_pss_rsae_sha256 there",
	  { .sigalg = 0x0804, .ability = STLS_DISABLED } },
	{ { 0 },
	  { TLS13, .sigalgs = LIST(0x0401, 0x0201) },
	  RSA,
	  SMTPTLS_REASON_SIGALG,
	  "peer offers the signatures rsa_pkcs1_sha256, rsa_pkcs1_sha1, none "
	  "of which can be used here: the peer must offer rsa_pss_rsae_sha256",
	  { 0 } },
	/* before TLS 1.3, where the suite says who signs */
	{ { 0 },
	  { .suites = LIST(0xc02f, 0xc02b),
	    .groups = LIST(29, 23),
	    .sigalgs = LIST(0x0401) },
	  P256,
	  SMTPTLS_REASON_NEEDS_RSA,
	  "peer offers TLS 1.2 with the signatures rsa_pkcs1_sha256; the only "
	  "certificate is ECDSA P-256: add an RSA certificate",
	  { 0 } },
	{ { .sigalgs = "RSA+SHA256" },
	  { .suites = LIST(0xc02f),
	    .groups = LIST(29),
	    .sigalgs = LIST(0x0601) },
	  RSA,
	  SMTPTLS_REASON_SIGALG,
	  "peer offers the signatures rsa_pkcs1_sha512, which the sigalgs do "
	  "not name: add rsa_pkcs1_sha512 to the sigalgs",
	  { 0 } },
	{ { .sigalgs = "RSA+SHA256" },
	  { .suites = LIST(0xc02f), .groups = LIST(29) },
	  RSA,
	  SMTPTLS_REASON_SIGALG,
	  "peer sends no list of signatures, which means rsa_pkcs1_sha1, "
	  "ecdsa_sha1, which security level 2 forbids: set the security level "
	  "to 0 and add rsa_pkcs1_sha1 to the sigalgs, which weakens all "
	  "sessions",
	  { 0 } },
	{ { .ciphers = "SUITEB192", .ciphersuites = "" },
	  { .suites = LIST(0xc02c),
	    .groups = LIST(23, 24),
	    .sigalgs = LIST(0x0403, 0x0503) },
	  P256,
	  SMTPTLS_REASON_SIGALG,
	  "peer offers the signatures ecdsa_secp256r1_sha256, "
	  "ecdsa_secp384r1_sha384, which \"SUITEB192\" in the ciphers leaves "
	  "out: set the ciphers to \"ECDHE-ECDSA-AES256-GCM-SHA384\"",
	  { 0 } },
	/*
	 * a certificate that other peers with these suites may be unable to
	 * verify
	 */
	{ { .protocols = "TLSv1.3" },
	  { .suites = LIST(0x1302),
	    .versions = LIST(0x0304),
	    .groups = LIST(29),
	    .shares = LIST(29),
	    .sigalgs = LIST(0x0503) },
	  IDLE,
	  SMTPTLS_REASON_NEEDS_ECDSA,
	  "peer offers TLS 1.3 with the signatures ecdsa_secp384r1_sha384; "
	  "there is no usable certificate: add an ECDSA P-384 certificate; "
	  "other TLS 1.3 peers may fail",
	  { 0 } },
};

static void take_away(struct stls_abilities *abilities,
		      const struct without *without)
{
	int row;

	abilities->versions &= (uint8_t)~without->versions;
	row = stls_suite_by_code(without->suite);
	if (without->suite)
		abilities->suite[row] = without->ability;
	row = stls_group_by_code(without->group);
	if (without->group)
		abilities->group[row] = without->ability;
	row = stls_sigalg_by_code(without->sigalg);
	if (without->sigalg)
		abilities->sigalg[row] = without->ability;
}

static void compile(struct smtptls_policy *policy,
		    const struct smtptls_policy_spec *spec,
		    const struct without *without)
{
	struct stls_abilities abilities;
	char error[256] = "";

	assert_int_equal(stls_abilities_ask(&abilities), 0);
	if (without)
		take_away(&abilities, without);
	memset(policy, 0, sizeof(*policy));
	if (stls_policy_compile(
		    policy, spec, &abilities,
		    &(struct stls_sentence){ error, sizeof(error) }) < 0)
		fail_msg("%s", error);
}

/* Check the reason, the sentence, and that it mentions every change. */
static void advise(const struct smtptls_policy *policy,
		   const struct stls_client_hello *hello, unsigned keys,
		   struct smtptls_advice *advice)
{
	struct stls_choice choice;
	const struct stls_refusal facts = { .policy = policy,
					    .hello = hello,
					    .keys = keys,
					    .choice = &choice };
	int i;

	(void)stls_select(policy, hello, keys, &choice);
	assert_int_equal(stls_refusal_advise(&facts, advice), 0);
	for (i = 0; i < advice->change_count; i++)
		assert_non_null(strstr(advice->text, advice->changes[i].word));
}

static void check(const struct row *row)
{
	struct stls_client_hello parsed;
	struct smtptls_policy policy;
	struct smtptls_advice advice;
	struct hello hello;

	compile(&policy, &row->spec, &row->without);
	hello_make(&hello, &row->hello);
	assert_int_equal(
		stls_client_hello_parse(&parsed, hello.bytes, hello.len), 0);
	advise(&policy, &parsed, row->keys, &advice);
	assert_string_equal(advice.text, row->text);
	assert_int_equal(advice.reason, row->reason);
	stls_policy_clear(&policy);
}

#define TABLE(name)                                                            \
	static void check_##name(void **state)                                 \
	{                                                                      \
		size_t i;                                                      \
                                                                               \
		(void)state;                                                   \
		for (i = 0; i < COUNT(name); i++)                              \
			check(&name[i]);                                       \
	}

TABLE(versions)
TABLE(suites)
TABLE(groups)
TABLE(curves)
TABLE(sigalgs)

/* ---- lengths ---- */

/* With the longest names that exist. */
static void lengths(void **state)
{
	static const struct smtptls_policy_spec specs[] = {
		{ .ciphers = "ALL:@SECLEVEL=5",
		  .ciphersuites = "TLS_AES_256_GCM_SHA384",
		  .sigalgs = "rsa_pss_rsae_sha512:RSA+SHA512",
		  .groups = "P-521" },
		{ .ciphers = "ECDHE+AESGCM:-ECDHE+AESGCM+aECDSA+AES256+SHA384+"
			     "HIGH:!kRSA+aRSA+AES+CAMELLIA128+SHA1+HIGH+LOW:"
			     "AES128-SHA:!AES128+kRSA+SHA1+aRSA+HIGH+SSLv3+"
			     "AES128+kRSA+SHA1+aRSA+HIGH",
		  .sigalgs = "ed25519",
		  .groups = "X448" },
		{ .protocols = "TLSv1 TLSv1.2",
		  .ciphers = "AES128-SHA:@SECLEVEL=0" },
	};
	const struct hello_spec hellos[] = {
		{ .suites = LIST(0xc008, 0xc0af, 0xc0ad, 0xc073, 0xc02c, 0x9f),
		  .groups = LIST(0x11ed, 0x11eb, 26, 27, 256),
		  .versions = LIST(0x0304, 0x0303, 0x0302, 0x0301),
		  .sigalgs = LIST(0x0403, 0x0503, 0x0603, 0x0804, 0x0201),
		  .shares = LIST(29) },
		{ .suites = LIST(0xc02c), .groups = LIST(23) },
		{ .suites = LIST(0x002f), .sigalgs = LIST(0x0603) },
	};
	static const unsigned some[] = { 0,    P256,
					 0xf8, STLS_KEYS,
					 IDLE, SMTPTLS_KEY_RSA_ENCRYPT };
	struct stls_client_hello parsed;
	struct smtptls_policy policy;
	struct smtptls_advice advice;
	struct hello hello;
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(specs) * COUNT(hellos); i++) {
		compile(&policy, &specs[i / COUNT(hellos)], NULL);
		hello_make(&hello, &hellos[i % COUNT(hellos)]);
		assert_int_equal(stls_client_hello_parse(&parsed, hello.bytes,
							 hello.len),
				 0);
		for (j = 0; j < COUNT(some); j++)
			advise(&policy, &parsed, some[j], &advice);
		stls_policy_clear(&policy);
	}
}

/* If words cannot be changed one by one: the rest in full, or not at all. */
static void whole_list(void **state)
{
	static const char begin[] = "ALL:!AES128:!SHA256:!kECDHE:!ECDHE:",
			  left[] = "ALL:";
	const struct hello_spec spec = { .suites = LIST(0xc027),
					 .groups = LIST(29),
					 .sigalgs = LIST(0x0401) };
	char ciphers[300], rest[300];
	struct stls_client_hello parsed;
	struct smtptls_policy policy;
	struct smtptls_advice advice;
	struct hello hello;
	size_t len;

	(void)state;
	hello_make(&hello, &spec);
	assert_int_equal(
		stls_client_hello_parse(&parsed, hello.bytes, hello.len), 0);
	for (len = 254; len < 259; len++) {
		memset(rest, 'z', len);
		memcpy(rest, left, strlen(left));
		rest[len] = '\0';
		strcpy(ciphers, begin);
		strcat(ciphers, rest + strlen(left));
		compile(&policy,
			&(struct smtptls_policy_spec){ .ciphers = ciphers },
			NULL);
		advise(&policy, &parsed, RSA, &advice);
		assert_int_equal(advice.change_count, 1);
		assert_int_equal(advice.changes[0].action, SMTPTLS_CHANGE_SET);
		assert_string_equal(advice.changes[0].with,
				    len < sizeof(advice.changes[0].with)
					    ? rest
					    : "ALL:-aNULL:@SECLEVEL=2");
		stls_policy_clear(&policy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_versions),
		cmocka_unit_test(check_suites),
		cmocka_unit_test(check_groups),
		cmocka_unit_test(check_curves),
		cmocka_unit_test(check_sigalgs),
		cmocka_unit_test(lengths),
		cmocka_unit_test(whole_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
