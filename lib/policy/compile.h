/* SPDX-License-Identifier: MIT */
/* policy/compile: what the compiler's parts share while a policy is made. */
#ifndef POLICY_COMPILE_H
#define POLICY_COMPILE_H

#include "policy/policy.h"

struct compiler {
	struct smtptls_policy *policy;
	const struct smtptls_policy_spec *spec;
	const struct stls_abilities *abilities;
	const struct stls_sentence *error;
	struct stls_protocol_list protocols;
	struct stls_cipher_list ciphers;
	struct stls_ciphersuite_list ciphersuites;
	struct stls_group_list groups;
	struct stls_sigalg_list sigalgs;
	uint8_t disabled; /* versions asked for that the system disables */
};

/*
 * Add the suites that the lists ask for, in OpenSSL's order, and judge each: it
 * is in force, or lost for any reason but the syntax of priority strings.
 */
void stls_suites_add(const struct compiler *compiler);

/* Report that nothing is left, and why; returns SMTPTLS_E_UNSUPPORTED. */
int stls_nothing_left(const struct compiler *compiler);

#endif
