/* SPDX-License-Identifier: MIT */
/* policy_help: policies from strings, and configurations that have one. */
#ifndef POLICY_HELP_H
#define POLICY_HELP_H

#include <smtptls.h>

#define POLICY(...) (&(const struct smtptls_policy_spec){ __VA_ARGS__ })

/* The test fails, with the sentence, where there is none. */
struct smtptls_policy *new_policy(const struct smtptls_policy_spec *spec);

/*
 * Not frozen, without certificates, with the same ticket secret as all of
 * these; `spec` NULL: with the default policy.
 */
struct smtptls_config *policy_config(const struct smtptls_policy_spec *spec);
/* A certificate by "test CA". */
void add_server(struct smtptls_config *config, int algorithm,
		const char *names);
/* The test fails, with the sentence, where it cannot be frozen. */
void freeze(struct smtptls_config *config);

#endif
