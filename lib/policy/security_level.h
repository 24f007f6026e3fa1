/* SPDX-License-Identifier: MIT */
/* policy/security_level: OpenSSL's figures. See the .c file. */
#ifndef POLICY_SECURITY_LEVEL_H
#define POLICY_SECURITY_LEVEL_H

/* The bits of security that a level of 0 to 5 requires. */
int stls_security_bits(int level);

/* The bits of security of an algorithm or a key. */
int stls_group_bits(unsigned code);
int stls_sigalg_bits(unsigned code);
int stls_key_bits(unsigned key); /* enum smtptls_key, except RSA */
int stls_rsa_bits(unsigned length);
int stls_modulus_bits(unsigned length); /* DSA, Diffie-Hellman */

#endif
