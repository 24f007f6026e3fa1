/* SPDX-License-Identifier: MIT */
/*
 * What a server chooses, by tables: a policy, a hello and the key types of its
 * certificates on one side; version, suite, group and key on the other.
 * tests/differential/handshake.c compares such cases with OpenSSL.
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
#include "selection/common_suites.h"
#include "selection/selection.h"
#include "../help/policy_help.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#define RSA	     (SMTPTLS_KEY_RSA_SIGN | SMTPTLS_KEY_RSA_ENCRYPT)
#define P256	     SMTPTLS_KEY_ECDSA_P256
#define P384	     SMTPTLS_KEY_ECDSA_P384
#define NONE	     STLS_NO_GROUP

#define ALL_0	     "ALL:@SECLEVEL=0"
#define OLD	     "TLSv1 TLSv1.1 TLSv1.2"
#define EVERY	     "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3"
#define LIST(...)                                                              \
	(const unsigned[])                                                     \
	{                                                                      \
		__VA_ARGS__, 0                                                 \
	}

struct row {
	struct smtptls_policy_spec spec;
	struct hello_spec hello;
	unsigned keys;
	int step; /* enum stls_step */
	unsigned version, suite;
	int group; /* code; 0: none */
	unsigned key;
	int flags; /* with STEP_HELLO: enum stls_hello_error */
};

/* clang-format off */
#define SUITES_12 LIST(0xc02f, 0xc02b, 0xcca8, 0x009e, 0x009c)
#define SUITES_13 LIST(0x1303, 0x1301, 0x1302, 0xc02f)
#define GROUPS	  LIST(29, 23, 24)
#define SIGALGS	  LIST(0x0804, 0x0403, 0x0503, 0x0401, 0x0201)
#define V13	  LIST(0x0304, 0x0303)
#define MODERN	  .versions = V13, .groups = GROUPS, .sigalgs = SIGALGS, \
		  .shares = LIST(29)
#define TLS12	  .groups = GROUPS, .sigalgs = SIGALGS

static const struct row versions[] = {
	{ { 0 }, { .suites = SUITES_13, MODERN }, RSA, 0, 0x0304, 0x1302, 29,
	  SMTPTLS_KEY_RSA_SIGN, 0 },
	{ { .protocols = "TLSv1.2" }, { .suites = SUITES_13, MODERN }, RSA, 0,
	  0x0303, 0xc02f, 29, SMTPTLS_KEY_RSA_SIGN, 0 },
	/* The order of the client's versions does not matter. */
	{ { 0 }, { .suites = SUITES_13, .versions = LIST(0x0303, 0x0304),
		   .groups = GROUPS, .sigalgs = SIGALGS, .shares = LIST(29) },
	  RSA, 0, 0x0304, 0x1302, 29, SMTPTLS_KEY_RSA_SIGN, 0 },
	/* Without the extension it is TLS 1.2 at best. */
	{ { 0 }, { .version = 0x0304, .suites = SUITES_13, TLS12 }, RSA, 0,
	  0x0303, 0xc02f, 29, SMTPTLS_KEY_RSA_SIGN, 0 },
	{ { .protocols = OLD, .ciphers = ALL_0 },
	  { .version = 0x0301, .suites = LIST(0x002f) }, RSA, 0, 0x0301,
	  0x002f, 0, SMTPTLS_KEY_RSA_ENCRYPT, 0 },
	/* A hole in the versions, which the client hits or avoids. */
	{ { .protocols = "TLSv1 TLSv1.2", .ciphers = ALL_0 },
	  { .version = 0x0302, .suites = LIST(0x002f) }, RSA,
	  STLS_STEP_VERSION, 0, 0, 0, 0, 0 },
	{ { .protocols = "TLSv1 TLSv1.2", .ciphers = ALL_0 },
	  { .version = 0x0301, .suites = LIST(0x002f) }, RSA, 0, 0x0301,
	  0x002f, 0, SMTPTLS_KEY_RSA_ENCRYPT, 0 },
	{ { .protocols = "TLSv1", .ciphers = ALL_0 },
	  { .version = 0x0302, .suites = LIST(0x002f) }, RSA, 0, 0x0301,
	  0x002f, 0, SMTPTLS_KEY_RSA_ENCRYPT, 0 },
	{ { .protocols = "TLSv1.1 TLSv1 TLSv1.3", .ciphers = ALL_0 },
	  { .version = 0x0303, .suites = LIST(0x002f) }, RSA, 0, 0x0302,
	  0x002f, 0, SMTPTLS_KEY_RSA_ENCRYPT, 0 },
	{ { 0 }, { .version = 0x0302, .suites = LIST(0x002f) }, RSA,
	  STLS_STEP_VERSION, 0, 0, 0, 0, 0 },
	{ { 0 }, { .version = 0x0300, .suites = LIST(0x002f) }, RSA,
	  STLS_STEP_SSL3, 0, 0, 0, 0, 0 },
	{ { .protocols = "TLSv1.3" }, { .suites = SUITES_12, TLS12 }, RSA,
	  STLS_STEP_VERSION, 0, 0, 0, 0, 0 },
	/* No falling back to TLS 1.2 when TLS 1.3 has no suite. */
	{ { .ciphersuites = "TLS_AES_256_GCM_SHA384" },
	  { .suites = LIST(0x1301, 0xc02f), MODERN }, RSA,
	  STLS_STEP_SUITES, 0, 0, 0, 0, 0 },
	/* Fallback SCSV: refused only if a better version was possible. */
	{ { 0 }, { .suites = LIST(0xc02f, 0x5600), TLS12 }, RSA,
	  STLS_STEP_FALLBACK, 0, 0, 0, 0, 0 },
	{ { .protocols = "TLSv1.2" },
	  { .suites = LIST(0xc02f, 0x5600), TLS12 }, RSA, 0, 0x0303, 0xc02f,
	  29, SMTPTLS_KEY_RSA_SIGN, 0 },
	{ { 0 }, { .version = 0x0301, .suites = LIST(0xc02f, 0x5600), TLS12 },
	  RSA, STLS_STEP_VERSION, 0, 0, 0, 0, 0 },
	/* No TLS 1.3 for a curve whose signature algorithm is not set. */
	{ { .sigalgs = "ECDSA+SHA256:RSA+SHA256" },
	  { .suites = LIST(0x1301, 0xc02b), MODERN }, P384, 0, 0x0303, 0xc02b,
	  29, P384, STLS_CHOICE_NO_TLS13 },
};

static const struct row orders[] = {
	/* The server's order, then the client's. */
	{ { .ciphers = "ECDHE-RSA-CHACHA20-POLY1305:"
		       "ECDHE-RSA-AES128-GCM-SHA256" },
	  { .suites = SUITES_12, TLS12 }, RSA, 0, 0x0303, 0xcca8, 29,
	  SMTPTLS_KEY_RSA_SIGN, 0 },
	{ { .ciphers = "ECDHE-RSA-CHACHA20-POLY1305:"
		       "ECDHE-RSA-AES128-GCM-SHA256",
	    .flags = SMTPTLS_PREFER_CLIENT },
	  { .suites = SUITES_12, TLS12 }, RSA, 0, 0x0303, 0xc02f, 29,
	  SMTPTLS_KEY_RSA_SIGN, 0 },
	/* The first that OpenSSL has counts; it has none with RC4. */
	{ { .ciphers = "ECDHE-RSA-AES128-GCM-SHA256:"
		       "ECDHE-RSA-CHACHA20-POLY1305",
	    .flags = SMTPTLS_PRIORITIZE_CHACHA },
	  { .suites = LIST(0x0005, 0xcca8, 0xc02f), TLS12 }, RSA, 0, 0x0303,
	  0xcca8, 29, SMTPTLS_KEY_RSA_SIGN, 0 },
	{ { .ciphers = "ECDHE-RSA-AES128-GCM-SHA256:"
		       "ECDHE-RSA-CHACHA20-POLY1305",
	    .flags = SMTPTLS_PRIORITIZE_CHACHA },
	  { .suites = LIST(0xc02c, 0xcca8, 0xc02f), TLS12 }, RSA, 0, 0x0303,
	  0xc02f, 29, SMTPTLS_KEY_RSA_SIGN, 0 },
	/* ChaCha20 first, if it is the client's first. */
	{ { .flags = SMTPTLS_PRIORITIZE_CHACHA },
	  { .suites = LIST(0x0a0a, 0xcca8, 0xc02f), TLS12 }, RSA, 0, 0x0303,
	  0xcca8, 29, SMTPTLS_KEY_RSA_SIGN, 0 },
	{ { .ciphers = "ECDHE-RSA-AES128-GCM-SHA256:"
		       "ECDHE-RSA-CHACHA20-POLY1305",
	    .flags = SMTPTLS_PRIORITIZE_CHACHA },
	  { .suites = LIST(0xc02f, 0xcca8), TLS12 }, RSA, 0, 0x0303, 0xc02f,
	  29, SMTPTLS_KEY_RSA_SIGN, 0 },
	{ { .ciphers = "ECDHE-RSA-AES128-GCM-SHA256:"
		       "ECDHE-RSA-CHACHA20-POLY1305" },
	  { .suites = LIST(0xcca8, 0xc02f), TLS12 }, RSA, 0, 0x0303, 0xc02f,
	  29, SMTPTLS_KEY_RSA_SIGN, 0 },
	{ { .flags = SMTPTLS_PRIORITIZE_CHACHA },
	  { .suites = SUITES_13, MODERN }, RSA, 0, 0x0304, 0x1303, 29,
	  SMTPTLS_KEY_RSA_SIGN, 0 },
	/* Groups before TLS 1.3. */
	{ { .groups = "P-384:X25519" }, { .suites = SUITES_12, TLS12 }, RSA, 0,
	  0x0303, 0xcca8, 24, SMTPTLS_KEY_RSA_SIGN, 0 },
	{ { .groups = "P-384:X25519", .flags = SMTPTLS_PREFER_CLIENT },
	  { .suites = SUITES_12, TLS12 }, RSA, 0, 0x0303, 0xc02f, 29,
	  SMTPTLS_KEY_RSA_SIGN, 0 },
	/*
	 * In TLS 1.3: a group with a share, whatever the order; otherwise a
	 * retry.
	 */
	{ { .groups = "P-384:X25519" }, { .suites = SUITES_13, MODERN }, RSA,
	  0, 0x0304, 0x1302, 29, SMTPTLS_KEY_RSA_SIGN, 0 },
	{ { .groups = "P-384:P-256" }, { .suites = SUITES_13, MODERN }, RSA, 0,
	  0x0304, 0x1302, 24, SMTPTLS_KEY_RSA_SIGN, STLS_CHOICE_RETRY },
	{ { .groups = "P-521" }, { .suites = SUITES_13, MODERN }, RSA,
	  STLS_STEP_GROUP, 0, 0, 0, 0, 0 },
	/* Finite fields are for TLS 1.3, or for DHE. */
	{ { .groups = "ffdhe2048:P-256" },
	  { .suites = SUITES_12, .groups = LIST(256, 23), .sigalgs = SIGALGS },
	  RSA, 0, 0x0303, 0xcca8, 23, SMTPTLS_KEY_RSA_SIGN, 0 },
	{ { .groups = "ffdhe2048:P-256" },
	  { .suites = SUITES_13, .versions = V13, .groups = LIST(256, 23),
	    .sigalgs = SIGALGS, .shares = LIST(23, 256) }, RSA, 0, 0x0304,
	  0x1302, 23, SMTPTLS_KEY_RSA_SIGN, 0 },
};

static const struct row keys[] = {
	/* Before TLS 1.3, the suite decides. */
	{ { .ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256:"
		       "ECDHE-RSA-AES128-GCM-SHA256" },
	  { .suites = SUITES_12, TLS12 }, RSA | P256, 0, 0x0303, 0xc02b, 29,
	  P256, 0 },
	{ { .ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256:"
		       "ECDHE-RSA-AES128-GCM-SHA256" },
	  { .suites = SUITES_12, TLS12 }, RSA, 0, 0x0303, 0xc02f, 29,
	  SMTPTLS_KEY_RSA_SIGN, 0 },
	/* The curve must be the client's too. */
	{ { 0 },
	  { .suites = LIST(0xc02b, 0xc02f), .groups = LIST(29),
	    .sigalgs = SIGALGS }, RSA | P256, 0, 0x0303, 0xc02f, 29,
	  SMTPTLS_KEY_RSA_SIGN, 0 },
	{ { 0 },
	  { .suites = LIST(0xc02b), .groups = LIST(29), .sigalgs = SIGALGS },
	  P256, STLS_STEP_CURVE, 0, 0, 0, 0, 0 },
	/* In TLS 1.3 the signature algorithms decide, in the server's order. */
	{ { .sigalgs = "ECDSA+SHA256:rsa_pss_rsae_sha256" },
	  { .suites = SUITES_13, MODERN }, RSA | P256, 0, 0x0304, 0x1302, 29,
	  P256, 0 },
	{ { .sigalgs = "ECDSA+SHA256:rsa_pss_rsae_sha256",
	    .flags = SMTPTLS_PREFER_CLIENT },
	  { .suites = SUITES_13, MODERN }, RSA | P256, 0, 0x0304, 0x1303, 29,
	  SMTPTLS_KEY_RSA_SIGN, 0 },
	{ { .sigalgs = "ECDSA+SHA256:rsa_pss_rsae_sha256" },
	  { .suites = SUITES_13, MODERN }, RSA | P384, 0, 0x0304, 0x1302, 29,
	  SMTPTLS_KEY_RSA_SIGN, 0 },
	{ { 0 },
	  { .suites = SUITES_13, .versions = V13, .groups = GROUPS,
	    .shares = LIST(29), .sigalgs = LIST(0x0401, 0x0201) }, RSA,
	  STLS_STEP_SIGALG, 0, 0, 0, 0, 0 },
	/* keyUsage. */
	{ { .ciphers = "kRSA:kECDHE" },
	  { .suites = LIST(0x009c, 0xc02f), TLS12 }, SMTPTLS_KEY_RSA_SIGN, 0,
	  0x0303, 0xc02f, 29, SMTPTLS_KEY_RSA_SIGN, 0 },
	{ { .ciphers = "kRSA:kECDHE" },
	  { .suites = LIST(0x009c, 0xc02f), TLS12 }, SMTPTLS_KEY_RSA_ENCRYPT,
	  0, 0x0303, 0x009c, 0, SMTPTLS_KEY_RSA_ENCRYPT, STLS_CHOICE_NO_TLS13 },
	{ { .ciphers = "kRSA" }, { .suites = LIST(0x009c), TLS12 },
	  SMTPTLS_KEY_RSA_SIGN, STLS_STEP_USAGE, 0, 0, 0, 0, 0 },
	{ { 0 }, { .suites = LIST(0xc02f), TLS12 }, SMTPTLS_KEY_RSA_ENCRYPT,
	  STLS_STEP_USAGE, 0, 0, 0, 0, 0 },
	/* The wrong key type. */
	{ { 0 }, { .suites = LIST(0xc02f, 0x009e), TLS12 }, P256,
	  STLS_STEP_KEY, 0, 0, 0, 0, 0 },
	{ { 0 }, { .suites = LIST(0xc02b), TLS12 }, RSA,
	  STLS_STEP_KEY, 0, 0, 0, 0, 0 },
	/* Ed25519 serves ECDSA suites in TLS 1.2, and TLS 1.3. */
	{ { 0 },
	  { .suites = LIST(0xc02b), .groups = GROUPS,
	    .sigalgs = LIST(0x0807) }, SMTPTLS_KEY_ED25519, 0, 0x0303, 0xc02b,
	  29, SMTPTLS_KEY_ED25519, 0 },
	{ { 0 },
	  { .suites = LIST(0xc02b), .groups = GROUPS,
	    .sigalgs = LIST(0x0403) }, SMTPTLS_KEY_ED25519,
	  STLS_STEP_SIGALG, 0, 0, 0, 0, 0 },
	/* Without authentication, and without a certificate. */
	{ { .protocols = "TLSv1.2", .ciphers = "aNULL:HIGH:@SECLEVEL=0" },
	  { .suites = LIST(0xc018), TLS12 }, 0, 0, 0x0303, 0xc018, 29, 0, 0 },
};

static const struct row signatures[] = {
	/* SHA-1 only: refused at level 2, enough at level 0. */
	{ { 0 },
	  { .suites = LIST(0xc02f), .groups = GROUPS,
	    .sigalgs = LIST(0x0201) }, RSA, STLS_STEP_SIGALG, 0, 0, 0, 0,
	  0 },
	{ { .protocols = OLD, .ciphers = ALL_0 },
	  { .suites = LIST(0xc02f), .groups = GROUPS,
	    .sigalgs = LIST(0x0201) }, RSA, 0, 0x0303, 0xc02f, 29,
	  SMTPTLS_KEY_RSA_SIGN, 0 },
	/* No extension means SHA-1. */
	{ { 0 }, { .suites = LIST(0xc02f), .groups = GROUPS }, RSA,
	  STLS_STEP_SIGALG, 0, 0, 0, 0, 0 },
	/* RSA key exchange signs nothing, but needs an RSA algorithm. */
	{ { .ciphers = "kRSA" }, { .suites = LIST(0x009c) }, RSA,
	  STLS_STEP_SIGALG, 0, 0, 0, 0, 0 },
	{ { .protocols = OLD, .ciphers = ALL_0 }, { .suites = LIST(0x009c) },
	  RSA, 0, 0x0303, 0x009c, 0, SMTPTLS_KEY_RSA_ENCRYPT, 0 },
	{ { .ciphers = "kRSA" },
	  { .suites = LIST(0x009c), .sigalgs = LIST(0x0809) }, RSA,
	  STLS_STEP_SIGALG, 0, 0, 0, 0, 0 },
	{ { .ciphers = "kRSA" },
	  { .suites = LIST(0x009c), .sigalgs = LIST(0x0809, 0x0403) }, RSA,
	  STLS_STEP_SIGALG, 0, 0, 0, 0, 0 },
	{ { .ciphers = "kRSA" },
	  { .suites = LIST(0x009c), .sigalgs = LIST(0x0804) },
	  SMTPTLS_KEY_RSA_ENCRYPT, 0, 0x0303, 0x009c, 0,
	  SMTPTLS_KEY_RSA_ENCRYPT, STLS_CHOICE_NO_TLS13 },
	{ { .ciphers = "kRSA:kECDHE" },
	  { .suites = LIST(0x009c, 0xc02b), .groups = GROUPS,
	    .sigalgs = LIST(0x0809, 0x0403) }, RSA | P256, 0, 0x0303, 0xc02b,
	  29, P256, 0 },
	{ { .protocols = EVERY, .ciphers = "kRSA:@SECLEVEL=0" },
	  { .version = 0x0302, .suites = LIST(0x002f) }, RSA, 0, 0x0302,
	  0x002f, 0, SMTPTLS_KEY_RSA_ENCRYPT, 0 },
	/* TLS 1.0 signs with whatever there is. */
	{ { .protocols = EVERY, .ciphers = ALL_0 },
	  { .version = 0x0301, .suites = LIST(0xc013), .groups = GROUPS }, RSA,
	  0, 0x0301, 0xc013, 29, SMTPTLS_KEY_RSA_SIGN, 0 },
	/* A short RSA key cannot use all algorithms, in either version. */
	{ { 0 },
	  { .suites = LIST(0xc02f), .groups = GROUPS,
	    .sigalgs = LIST(0x0806) }, RSA | STLS_KEY_SHORT_512,
	  STLS_STEP_SIGALG, 0, 0, 0, 0, 0 },
	{ { 0 },
	  { .suites = LIST(0xc02f), .groups = GROUPS,
	    .sigalgs = LIST(0x0806, 0x0805) }, RSA | STLS_KEY_SHORT_512,
	  0, 0x0303, 0xc02f, 29, SMTPTLS_KEY_RSA_SIGN, 0x20 },
	{ { 0 },
	  { .suites = LIST(0x1301), .versions = V13, .groups = GROUPS,
	    .shares = LIST(29), .sigalgs = LIST(0x0806) },
	  RSA | STLS_KEY_SHORT_512, STLS_STEP_SIGALG, 0, 0, 0, 0, 0 },
	{ { 0 },
	  { .suites = LIST(0x1301), .versions = V13, .groups = GROUPS,
	    .shares = LIST(29), .sigalgs = LIST(0x0806, 0x0804) },
	  RSA | STLS_KEY_SHORT_512, 0, 0x0304, 0x1301, 29,
	  SMTPTLS_KEY_RSA_SIGN, 0x20 },
	/* RSA without a usable signature algorithm is skipped. */
	{ { .ciphers = "ECDHE-RSA-AES128-GCM-SHA256:"
		       "ECDHE-ECDSA-AES128-GCM-SHA256" },
	  { .suites = LIST(0xc02f, 0xc02b), .groups = GROUPS,
	    .sigalgs = LIST(0x0403) }, RSA | P256, 0, 0x0303, 0xc02b, 29, P256,
	  0 },
};

static const struct row fields[] = {
	/* The client names none: this side's own DH parameters. */
	{ { 0 }, { .suites = LIST(0x009e), TLS12 }, RSA, 0, 0x0303, 0x009e, 0,
	  SMTPTLS_KEY_RSA_SIGN, 0 },
	/* It names some, which need not be in this side's group list. */
	{ { .groups = "X25519" },
	  { .suites = LIST(0x009e), .groups = LIST(29, 0x0123, 257, 256),
	    .sigalgs = SIGALGS }, RSA, 0, 0x0303, 0x009e, 257,
	  SMTPTLS_KEY_RSA_SIGN, 0 },
	/* Too weak for the level, or unknown: then no DHE. */
	{ { .ciphers = "kEDH:kECDHE:@SECLEVEL=3" },
	  { .suites = LIST(0x009e, 0xc02f), .groups = LIST(29, 256),
	    .sigalgs = SIGALGS }, RSA, 0, 0x0303, 0xc02f, 29,
	  SMTPTLS_KEY_RSA_SIGN, 0 },
	{ { 0 },
	  { .suites = LIST(0x009e), .groups = LIST(0x01ff),
	    .sigalgs = SIGALGS }, RSA, STLS_STEP_GROUP, 0, 0, 0, 0, 0 },
	/* A client without a list of groups gets no ECDHE. */
	{ { 0 }, { .suites = LIST(0xc02f), .sigalgs = SIGALGS }, RSA,
	  STLS_STEP_GROUP, 0, 0, 0, 0, 0 },
};

static const struct row excluded[] = {
	{ { .ciphers = "HIGH:!kRSA" }, { .suites = LIST(0x009c), TLS12 }, RSA,
	  STLS_STEP_SUITES, 0, 0, 0, 0, 0 },
	{ { .ciphers = "HIGH:aNULL" }, { .suites = LIST(0xc018), TLS12 }, RSA,
	  STLS_STEP_SUITES, 0, 0, 0, 0, 0 },
	/* ARIA, which GnuTLS does not have. */
	{ { .ciphers = "ALL" }, { .suites = LIST(0xc060), TLS12 }, RSA,
	  STLS_STEP_SUITES, 0, 0, 0, 0, 0 },
	{ { 0 }, { .suites = LIST(0xfefe, 0x00ff), TLS12 }, RSA,
	  STLS_STEP_SUITES, 0, 0, 0, 0, 0 },
};

/* A rule of the chosen version is broken. */
#define BROKEN(error) RSA, STLS_STEP_HELLO, 0, 0, 0, 0, error

static const struct row rules[] = {
	{ { 0 },
	  { .suites = SUITES_13, .versions = V13, .sigalgs = SIGALGS,
	    .shares = LIST(29) }, BROKEN(STLS_HELLO_NO_GROUPS) },
	{ { 0 },
	  { .suites = SUITES_13, .versions = V13, .groups = GROUPS,
	    .sigalgs = SIGALGS }, BROKEN(STLS_HELLO_NO_SHARES) },
	{ { 0 },
	  { .suites = SUITES_13, .versions = V13, .groups = GROUPS,
	    .shares = LIST(29) }, BROKEN(STLS_HELLO_NO_SIGALGS) },
	/* Checked before anything in common is looked for. */
	{ { 0 }, { .suites = LIST(0xfefe), .versions = V13 },
	  BROKEN(STLS_HELLO_NO_GROUPS) },
	{ { 0 }, { .suites = SUITES_13, MODERN, .compression = 1 },
	  BROKEN(STLS_HELLO_COMPRESSION) },
	{ { 0 },
	  { .suites = SUITES_13, .versions = V13, .groups = GROUPS,
	    .sigalgs = SIGALGS, .shares = LIST(29, 25) },
	  BROKEN(STLS_HELLO_SHARE_GROUP) },
	{ { 0 },
	  { .suites = SUITES_13, .versions = V13, .groups = GROUPS,
	    .sigalgs = SIGALGS, .shares = LIST(29, 23, 29) },
	  BROKEN(STLS_HELLO_SHARE_TWICE) },
	{ { 0 },
	  { .suites = SUITES_13, .versions = V13, .groups = LIST(0xffff, 29),
	    .sigalgs = SIGALGS, .shares = LIST(0xffff, 29) }, RSA, 0, 0x0304,
	  0x1302, 29, SMTPTLS_KEY_RSA_SIGN, 0 },
	{ { 0 },
	  { .suites = SUITES_13, .versions = V13, .groups = LIST(0xfffe, 29),
	    .sigalgs = SIGALGS, .shares = LIST(0xffff, 29) },
	  BROKEN(STLS_HELLO_SHARE_GROUP) },
	{ { 0 },
	  { .suites = SUITES_13, MODERN, .binder = 32, .psk_mode = HELLO_NO_PSK_MODES },
	  BROKEN(STLS_HELLO_NO_PSK_MODES) },
	{ { 0 },
	  { .suites = SUITES_13, MODERN, .binder = 32, .psk_mode = 7 },
	  RSA, 0, 0x0304, 0x1302, 29, SMTPTLS_KEY_RSA_SIGN,
	  STLS_CHOICE_NO_TICKETS },
	/* A pre-shared key needs no signature, if it can be used. */
	{ { 0 },
	  { .suites = SUITES_13, .versions = V13, .groups = GROUPS,
	    .shares = LIST(29), .binder = 48 }, RSA, 0, 0x0304, 0x1302, 29, 0,
	  STLS_CHOICE_RESUMES_ONLY },
	{ { 0 },
	  { .suites = SUITES_13, .versions = V13, .groups = GROUPS,
	    .shares = LIST(29), .binder = 48, .psk_mode = HELLO_PSK_KE },
	  BROKEN(STLS_HELLO_NO_SIGALGS) },
	{ { 0 },
	  { .suites = SUITES_13, .versions = V13, .sigalgs = SIGALGS,
	    .shares = LIST(29), .binder = 48 },
	  BROKEN(STLS_HELLO_NO_GROUPS) },
	/* These rules do not apply to a client that gets TLS 1.2. */
	{ { .protocols = "TLSv1.2" },
	  { .suites = SUITES_12, .versions = V13, .groups = GROUPS,
	    .sigalgs = SIGALGS, .shares = LIST(25, 25), .binder = 48,
	    .psk_mode = HELLO_NO_PSK_MODES, .compression = 1 }, RSA, 0, 0x0303, 0xcca8,
	  29, SMTPTLS_KEY_RSA_SIGN, 0 },
	/* Point formats. */
	{ { .protocols = "TLSv1.2" },
	  { .suites = SUITES_12, TLS12, .points = 1 },
	  BROKEN(STLS_HELLO_POINTS) },
	{ { .protocols = "TLSv1.2" },
	  { .suites = LIST(0x009e), .groups = LIST(256), .sigalgs = SIGALGS,
	    .points = 1 }, RSA, 0, 0x0303, 0x009e, 256,
	  SMTPTLS_KEY_RSA_SIGN, 0 },
	{ { 0 }, { .suites = SUITES_13, MODERN, .points = 1 }, RSA, 0,
	  0x0304, 0x1302, 29, SMTPTLS_KEY_RSA_SIGN, 0 },
};

static const struct row tickets[] = {
	{ { .ciphersuites = "TLS_AES_256_GCM_SHA384" },
	  { .suites = SUITES_13, MODERN, .binder = 48 }, RSA, 0, 0x0304,
	  0x1302, 29, SMTPTLS_KEY_RSA_SIGN, 0 },
	{ { .ciphersuites = "TLS_AES_256_GCM_SHA384" },
	  { .suites = SUITES_13, MODERN, .binder = 32 }, RSA, 0, 0x0304,
	  0x1302, 29, SMTPTLS_KEY_RSA_SIGN, STLS_CHOICE_NO_TICKETS },
	{ { .ciphersuites = "TLS_AES_128_GCM_SHA256" },
	  { .suites = SUITES_13, MODERN, .binder = 48 }, RSA, 0, 0x0304,
	  0x1301, 29, SMTPTLS_KEY_RSA_SIGN, STLS_CHOICE_NO_TICKETS },
	{ { .groups = "P-256" }, { .suites = SUITES_13, MODERN, .binder = 32 },
	  RSA, 0, 0x0304, 0x1302, 23, SMTPTLS_KEY_RSA_SIGN,
	  STLS_CHOICE_NO_TICKETS | STLS_CHOICE_RETRY },
};

/* Suite B: the server's order, the suite's own group, the curve's hash. */
static const struct row suiteb[] = {
	{ { .ciphers = "SUITEB128", .ciphersuites = "",
	    .flags = SMTPTLS_PREFER_CLIENT },
	  { .suites = LIST(0xc02c, 0xc02b), TLS12 }, P256, 0, 0x0303, 0xc02b,
	  23, P256, 0 },
	{ { .ciphers = "SUITEB128", .ciphersuites = "" },
	  { .suites = LIST(0xc02c), TLS12 }, P384, 0, 0x0303, 0xc02c, 24, P384,
	  0 },
	{ { .ciphers = "SUITEB192", .ciphersuites = "" },
	  { .suites = LIST(0xc02c, 0xc02b), TLS12 }, P384, 0, 0x0303, 0xc02c,
	  24, P384, 0 },
	{ { .ciphers = "SUITEB192", .ciphersuites = "" },
	  { .suites = LIST(0xc02c), TLS12 }, P256, STLS_STEP_SIGALG, 0, 0,
	  0, 0, 0 },
	{ { .ciphers = "SUITEB192", .ciphersuites = "" },
	  { .suites = LIST(0xc02c), .groups = LIST(23),
	    .sigalgs = LIST(0x0503) }, P384, STLS_STEP_CURVE, 0, 0, 0, 0,
	  0 },
};
/* clang-format on */

static void check(const struct row *row)
{
	struct stls_client_hello parsed;
	struct smtptls_policy *policy = new_policy(&row->spec);
	struct stls_choice choice;
	struct hello hello;

	hello_make(&hello, &row->hello);
	assert_int_equal(
		stls_client_hello_parse(&parsed, hello.bytes, hello.len), 0);
	assert_int_equal(stls_select(policy, &parsed, row->keys, &choice),
			 row->step);
	assert_int_equal(choice.step, row->step);
	assert_int_equal(choice.error,
			 row->step == STLS_STEP_HELLO ? row->flags : 0);
	if (row->step == 0) {
		assert_int_equal(choice.version, row->version);
		assert_int_equal(stls_suite(choice.suite)->code, row->suite);
		assert_int_equal(choice.group == STLS_NO_GROUP
					 ? 0
					 : stls_group(choice.group)->code,
				 row->group);
		assert_int_equal(choice.key, row->key);
		assert_int_equal(choice.flags, row->flags);
	}
	smtptls_policy_unref(policy);
}

static void check_rows(const struct row *rows, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		check(&rows[i]);
}

#define TABLE(name)                                                            \
	static void check_##name(void **state)                                 \
	{                                                                      \
		(void)state;                                                   \
		check_rows(name, COUNT(name));                                 \
	}

TABLE(versions)
TABLE(orders)
TABLE(keys)
TABLE(signatures)
TABLE(fields)
TABLE(excluded)
TABLE(rules)
TABLE(tickets)
TABLE(suiteb)

/* Number 0 is reserved (RFC 8446 section 4.2.7), and its share is ignored. */
static void check_share_of_group_0(void **state)
{
	const struct hello_spec spec = {
		.suites = SUITES_13,
		.versions = V13,
		.groups = LIST(0xa5a5, 29),
		.sigalgs = SIGALGS,
		.shares = LIST(0xa5a5, 29),
	};
	struct smtptls_policy *policy =
		new_policy(&(struct smtptls_policy_spec){ 0 });
	struct stls_client_hello parsed;
	struct stls_choice choice;
	struct hello hello;
	size_t i, zeros = 0;

	(void)state;
	hello_make(&hello, &spec);
	for (i = 0; i + 1 < hello.len; i++) {
		if (memcmp(hello.bytes + i, "\xa5\xa5", 2) == 0) {
			memset(hello.bytes + i, 0, 2);
			zeros++;
		}
	}
	assert_int_equal(zeros, 2);
	assert_int_equal(
		stls_client_hello_parse(&parsed, hello.bytes, hello.len), 0);
	assert_int_equal(stls_select(policy, &parsed, RSA, &choice), 0);
	assert_int_equal(stls_group(choice.group)->code, 29);
	assert_int_equal(choice.flags, 0);
	smtptls_policy_unref(policy);
}

/* Entries after the last suite do not count, whatever they were before. */
static void check_common_suites(void **state)
{
	const struct hello_spec spec = { .suites = SUITES_13, MODERN };
	struct smtptls_policy *policy =
		new_policy(&(struct smtptls_policy_spec){
			.flags = SMTPTLS_PRIORITIZE_CHACHA });
	struct stls_client_hello parsed;
	uint8_t rows[STLS_POLICY_SUITES];
	struct hello hello;
	size_t i;

	(void)state;
	hello_make(&hello, &spec);
	assert_int_equal(
		stls_client_hello_parse(&parsed, hello.bytes, hello.len), 0);
	for (i = 0; i < COUNT(rows); i++)
		rows[i] = (uint8_t)stls_suite_by_code(0xcca8);
	assert_int_equal(stls_common_suites(policy, &parsed, STLS_TLS1_3, rows),
			 3);
	assert_int_equal(stls_suite(rows[0])->code, 0x1303);
	assert_int_equal(stls_suite(rows[1])->code, 0x1302);
	assert_int_equal(stls_suite(rows[2])->code, 0x1301);
	smtptls_policy_unref(policy);
}

/* Of suites that get equally far, the preferred one is reported. */
static void check_farthest(void **state)
{
	const struct hello_spec spec = { .suites = LIST(0xc02f, 0xc030),
					 .groups = LIST(30),
					 .sigalgs = SIGALGS };
	struct smtptls_policy *policy =
		new_policy(&(struct smtptls_policy_spec){ .groups = "P-256" });
	struct stls_client_hello parsed;
	struct stls_choice choice;
	struct hello hello;

	(void)state;
	hello_make(&hello, &spec);
	assert_int_equal(
		stls_client_hello_parse(&parsed, hello.bytes, hello.len), 0);
	(void)stls_select(policy, &parsed, RSA, &choice);
	assert_int_equal(choice.step, STLS_STEP_GROUP);
	assert_int_equal(stls_suite(choice.suite)->code, 0xc030);
	smtptls_policy_unref(policy);
}

/* Entries after the client's last signature algorithm do not count. */
static void check_end_of_sigalgs(void **state)
{
	const struct hello_spec spec = { .suites = LIST(0x1301),
					 .versions = V13,
					 .groups = GROUPS,
					 .sigalgs = LIST(0x0403, 0x0804),
					 .shares = LIST(29) };
	struct smtptls_policy *policy = new_policy(&(
		struct smtptls_policy_spec){ .flags = SMTPTLS_PREFER_CLIENT });
	struct stls_client_hello parsed;
	struct stls_choice choice;
	struct hello hello;

	(void)state;
	hello_make(&hello, &spec);
	assert_int_equal(
		stls_client_hello_parse(&parsed, hello.bytes, hello.len), 0);
	assert_int_equal(stls_select(policy, &parsed, RSA, &choice), 0);
	parsed.sigalgs.len -= 2;
	assert_int_equal(stls_select(policy, &parsed, RSA, &choice),
			 STLS_STEP_SIGALG);
	smtptls_policy_unref(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_versions),
		cmocka_unit_test(check_orders),
		cmocka_unit_test(check_keys),
		cmocka_unit_test(check_signatures),
		cmocka_unit_test(check_fields),
		cmocka_unit_test(check_excluded),
		cmocka_unit_test(check_rules),
		cmocka_unit_test(check_share_of_group_0),
		cmocka_unit_test(check_common_suites),
		cmocka_unit_test(check_farthest),
		cmocka_unit_test(check_end_of_sigalgs),
		cmocka_unit_test(check_tickets),
		cmocka_unit_test(check_suiteb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
