/* SPDX-License-Identifier: MIT */
#ifndef CIPHERS_HELLO_H
#define CIPHERS_HELLO_H

#include <stddef.h>

#include <smtptls/policy.h>

/* The keys of smtptls-cert --both: "rsa,ecdsa". */
#define HELLO_DEFAULT_KEYS                                                     \
	(SMTPTLS_KEY_RSA_SIGN | SMTPTLS_KEY_RSA_ENCRYPT |                      \
	 SMTPTLS_KEY_ECDSA_P256)

/*
 * Read a list of key types, as in "rsa,ecdsa", into a mask of enum smtptls_key.
 * Returns 0, or the position, in bytes from 1, of a word that is not a key
 * type.
 */
size_t hello_keys(const char *list, unsigned *keys);

/*
 * Judge the ClientHello in a file, "-" being standard input, and print the
 * choice or the reason. Returns the program's exit status. An error in the file
 * is a line on stderr.
 */
int hello_judge(const char *file, const struct smtptls_policy *policy,
		unsigned keys, const struct smtptls_policy_spec *spec);

/* The keys of a certificate type as in a change, like "ECDSA P-256"; or 0. */
unsigned hello_key_type(const char *name);
/* Print keys in the form of --keys. */
void hello_print_keys(unsigned keys);

#endif
