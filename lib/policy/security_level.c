/* SPDX-License-Identifier: MIT */
/*
 * policy/security_level: the strength that OpenSSL's security levels require.
 *
 * The figures are OpenSSL's, which follow NIST SP 800-57. Suites are judged in
 * openssl/suite_table.c, where their attributes are.
 */
#include "policy/security_level.h"

#include <smtptls/policy.h>

int stls_security_bits(int level)
{
	static const int bits[] = { 0, 80, 112, 128, 192, 256 };

	return bits[level];
}

/* OpenSSL's figures for its groups. */
int stls_group_bits(unsigned code)
{
	switch (code) {
	case 19: /* secp192r1 */
		return 80;
	case 21:  /* secp224r1 */
	case 256: /* ffdhe2048 */
		return 112;
	case 24:     /* secp384r1 */
	case 260:    /* ffdhe8192 */
	case 0x11eb: /* SecP256r1MLKEM768 */
	case 0x11ec: /* X25519MLKEM768 */
		return 192;
	case 30: /* x448 */
		return 224;
	case 25:     /* secp521r1 */
	case 0x11ed: /* SecP384r1MLKEM1024 */
		return 256;
	default:
		return 128;
	}
}

/* The bits of a key whose type implies its length. */
int stls_key_bits(unsigned key)
{
	switch (key) {
	case SMTPTLS_KEY_ECDSA_P384:
		return 192;
	case SMTPTLS_KEY_ED448:
		return 224;
	case SMTPTLS_KEY_ECDSA_P521:
		return 256;
	default:
		return 128;
	}
}

/* Half the hash's length, except for SHA-1; for EdDSA, RFC 8032's figures. */
int stls_sigalg_bits(unsigned code)
{
	switch (code) {
	case 0x0807: /* ed25519 */
		return 128;
	case 0x0808: /* ed448 */
		return 224;
	case 0x0804: /* rsa_pss_… */
	case 0x0809:
		return 128;
	case 0x0805:
	case 0x080a:
		return 192;
	case 0x0806:
	case 0x080b:
		return 256;
	default:
		break;
	}
	switch (code >> 8) {
	case 2: /* SHA-1 */
		return 64;
	case 3:
		return 112;
	case 4:
		return 128;
	case 5:
		return 192;
	default:
		return 256;
	}
}

/*
 * RSA_security_bits() rounds the formula of NIST SP 800-56B, so that its steps
 * lie below the lengths in use; values between the steps do not matter here.
 */
int stls_rsa_bits(unsigned length)
{
	if (length >= 13914)
		return 256;
	if (length >= 6947)
		return 192;
	if (length >= 2671)
		return 128;
	if (length >= 1963)
		return 112;
	return length >= 920 ? 80 : 0;
}

/* BN_security_bits(): DSA and finite-field DH by the modulus's length. */
int stls_modulus_bits(unsigned length)
{
	if (length >= 15360)
		return 256;
	if (length >= 7680)
		return 192;
	if (length >= 3072)
		return 128;
	if (length >= 2048)
		return 112;
	return length >= 1024 ? 80 : 0;
}
