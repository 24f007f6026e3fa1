/* SPDX-License-Identifier: MIT */
/* policy/key_type: keys and signature algorithms. See key_type.c. */
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
 * The bits of enum smtptls_key, shifted: what a certificate could be used for
 * if its keyUsage did not lack the bit for it.
 */
#define STLS_KEYS_IDLE_SHIFT 8
#define STLS_KEYS_IDLE	     0xff00U

/*
 * Further bits: the RSA key is too short for PSS with a hash of 64, 48 or 32
 * bytes.
 */
#define STLS_KEY_SHORT_512 0x10000U
#define STLS_KEY_SHORT_384 0x20000U
#define STLS_KEY_SHORT_256 0x40000U
#define STLS_KEYS_SHORT	   0x70000U

/* The STLS_KEY_SHORT bits of an RSA key of `rsa_bits` bits. */
unsigned stls_short_key(unsigned rsa_bits);
/* 1 if the RSA key among `keys` is too short for the algorithm. */
int stls_keys_too_short(unsigned keys, unsigned code);

/* The one key (enum smtptls_key) of an algorithm in TLS 1.3, or 0. */
unsigned stls_key_of_sigalg_tls13(unsigned code);
/* The same, but also RSA's for the PKCS #1 v1.5 algorithms. */
unsigned stls_key_of_sigalg(unsigned code);
/* The keys that may use it in TLS 1.2, where it does not imply a curve. */
unsigned stls_keys_of_sigalg_tls12(unsigned code);
/* The keys whose certificates a suite before TLS 1.3 can use; 0 if none. */
unsigned stls_keys_of_suite(const struct stls_suite *suite);
/* The code of the group that is an ECDSA key's curve, or 0. */
unsigned stls_curve_of_key(unsigned key);

#endif
