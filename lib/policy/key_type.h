/* SPDX-License-Identifier: MIT */
/* policy/key_type: keys and signature algorithms. Manual in key_type.c. */
#ifndef POLICY_KEY_TYPE_H
#define POLICY_KEY_TYPE_H

#include <smtptls/policy.h>

#include "openssl/suite_table.h"

#define STLS_KEYS_ECDSA                                                        \
	(SMTPTLS_KEY_ECDSA_P256 | SMTPTLS_KEY_ECDSA_P384 |                     \
	 SMTPTLS_KEY_ECDSA_P521)
#define STLS_KEYS_EDDSA (SMTPTLS_KEY_ED25519 | SMTPTLS_KEY_ED448)
#define STLS_KEYS_RSA                                                          \
	(SMTPTLS_KEY_RSA_SIGN | SMTPTLS_KEY_RSA_ENCRYPT | SMTPTLS_KEY_RSA_PSS)

/*
 * Beside enum smtptls_key, shifted: what a certificate would be good for if its
 * keyUsage did not lack the bit for it.
 */
#define STLS_KEYS_IDLE_SHIFT 8
#define STLS_KEYS_IDLE	     0xff00U

/*
 * Beside them too: the RSA key is too short for PSS with a hash of 64 bytes, of
 * 48 bytes, of 32 bytes.
 */
#define STLS_KEY_SHORT_512 0x10000U
#define STLS_KEY_SHORT_384 0x20000U
#define STLS_KEY_SHORT_256 0x40000U
#define STLS_KEYS_SHORT	   0x70000U

/* Those of an RSA key of so many bits. */
unsigned stls_short_key(unsigned rsa_bits);
/* 1 when an algorithm is not for these keys, since RSA's is too short. */
int stls_keys_too_short(unsigned keys, unsigned code);

/* The one key (enum smtptls_key) of an algorithm in TLS 1.3, or 0. */
unsigned stls_key_of_sigalg_tls13(unsigned code);
/* The same, and RSA's for its algorithms of older versions. */
unsigned stls_key_of_sigalg(unsigned code);
/* The keys that may use it in TLS 1.2, where curves do not count. */
unsigned stls_keys_of_sigalg_tls12(unsigned code);
/* Those whose certificate a suite before TLS 1.3 may need; 0: it needs none. */
unsigned stls_keys_of_suite(const struct stls_suite *suite);
/* The code of the group that is an ECDSA key's curve, or 0. */
unsigned stls_curve_of_key(unsigned key);

#endif
