/* SPDX-License-Identifier: MIT */
#ifndef CIPHERS_HELLO_H
#define CIPHERS_HELLO_H

#include <stddef.h>

#include <smtptls/policy.h>

/* Those of smtptls-cert --both: "rsa,ecdsa". */
#define HELLO_DEFAULT_KEYS                                                     \
	(SMTPTLS_KEY_RSA_SIGN | SMTPTLS_KEY_RSA_ENCRYPT |                      \
	 SMTPTLS_KEY_ECDSA_P256)

/*
 * Read a list of types of keys, as in "rsa,ecdsa", into a mask of enum
 * smtptls_key; the place of the word that is none, in bytes from 1, or 0.
 */
size_t hello_keys(const char *list, unsigned *keys);

/*
 * Judge the ClientHello that a file holds, "-" being standard input, and print
 * the choice or the reason; gives the program's exit status. What is wrong with
 * the file is a line on stderr.
 */
int hello_judge(const char *file, const struct smtptls_policy *policy,
		unsigned keys, const struct smtptls_policy_spec *spec);

/* The keys of a certificate's type as changes have it: "ECDSA P-256"; or 0. */
unsigned hello_key_type(const char *name);
/* Print keys as --keys reads them. */
void hello_print_keys(unsigned keys);

#endif
