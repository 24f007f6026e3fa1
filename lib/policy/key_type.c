/* SPDX-License-Identifier: MIT */
/*
 * policy/key_type: which of a server's keys can use a signature algorithm.
 *
 * RFC 8446 section 4.2.3: in TLS 1.3 an ECDSA algorithm implies the curve, and
 * RSA signs with PSS only; before TLS 1.3 any hash may be used with any curve.
 * PSS needs a key that is long enough for its hash and salt.
 */
#include "policy/key_type.h"

#include <smtptls/policy.h>

#include "openssl/group_list.h"

/* RFC 8017 section 9.1.1, with a salt as long as the hash (RFC 8446 4.2.3). */
static int has_room(unsigned rsa_bits, unsigned hash_len)
{
	return (rsa_bits + 6) / 8 >= 2 * hash_len + 2;
}

unsigned stls_short_key(unsigned rsa_bits)
{
	return (has_room(rsa_bits, 64) ? 0U : STLS_KEY_SHORT_512) |
	       (has_room(rsa_bits, 48) ? 0U : STLS_KEY_SHORT_384) |
	       (has_room(rsa_bits, 32) ? 0U : STLS_KEY_SHORT_256);
}

int stls_keys_too_short(unsigned keys, unsigned code)
{
	switch (code) {
	case 0x0804:
	case 0x0809:
		return (keys & STLS_KEY_SHORT_256) != 0;
	case 0x0805:
	case 0x080a:
		return (keys & STLS_KEY_SHORT_384) != 0;
	case 0x0806:
	case 0x080b:
		return (keys & STLS_KEY_SHORT_512) != 0;
	default:
		return 0;
	}
}

unsigned stls_key_of_sigalg_tls13(unsigned code)
{
	switch (code) {
	case 0x0403:
		return SMTPTLS_KEY_ECDSA_P256;
	case 0x0503:
		return SMTPTLS_KEY_ECDSA_P384;
	case 0x0603:
		return SMTPTLS_KEY_ECDSA_P521;
	case 0x0804:
	case 0x0805:
	case 0x0806:
		return SMTPTLS_KEY_RSA_SIGN;
	case 0x0807:
		return SMTPTLS_KEY_ED25519;
	case 0x0808:
		return SMTPTLS_KEY_ED448;
	case 0x0809:
	case 0x080a:
	case 0x080b:
		return SMTPTLS_KEY_RSA_PSS;
	default:
		return 0;
	}
}

unsigned stls_key_of_sigalg(unsigned code)
{
	return code >> 8 < 8 && (code & 0xff) == 1
		       ? SMTPTLS_KEY_RSA_SIGN
		       : stls_key_of_sigalg_tls13(code);
}

unsigned stls_keys_of_sigalg_tls12(unsigned code)
{
	if (code >> 8 == 8)
		return stls_key_of_sigalg_tls13(code);
	switch (code & 0xff) {
	case 1:
		return SMTPTLS_KEY_RSA_SIGN;
	case 3:
		return STLS_KEYS_ECDSA;
	default:
		return 0;
	}
}

unsigned stls_keys_of_suite(const struct stls_suite *suite)
{
	if (suite->kx & ~(STLS_KX_RSA | STLS_KX_DHE | STLS_KX_ECDHE))
		return 0;
	if (suite->au & STLS_AU_ECDSA)
		return STLS_KEYS_ECDSA | STLS_KEYS_EDDSA;
	return suite->au & STLS_AU_RSA ? STLS_KEYS_RSA : 0U;
}

unsigned stls_curve_of_key(unsigned key)
{
	switch (key) {
	case SMTPTLS_KEY_ECDSA_P256:
		return STLS_SECP256R1;
	case SMTPTLS_KEY_ECDSA_P384:
		return STLS_SECP384R1;
	case SMTPTLS_KEY_ECDSA_P521:
		return STLS_SECP521R1;
	default:
		return 0;
	}
}
