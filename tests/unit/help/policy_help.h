/* SPDX-License-Identifier: MIT */
/* policy_help: policies from strings, and configurations that have one. */
#ifndef POLICY_HELP_H
#define POLICY_HELP_H

#include <smtptls.h>

#define POLICY(...) (&(const struct smtptls_policy_spec){ __VA_ARGS__ })

/* Fails the test, with the sentence, if there is none. */
struct smtptls_policy *new_policy(const struct smtptls_policy_spec *spec);

/*
 * Not frozen, without certificates, all with the same ticket secret; `spec`
 * NULL: with the default policy.
 */
struct smtptls_config *policy_config(const struct smtptls_policy_spec *spec);
/* Add a certificate issued by "test CA". */
void add_server(struct smtptls_config *config, int algorithm,
		const char *names);
/* Fails the test, with the sentence, if it cannot be frozen. */
void freeze(struct smtptls_config *config);

#endif
