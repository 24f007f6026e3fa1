/* SPDX-License-Identifier: MIT */
/* smtptls-ciphers --apply: the settings after the proposed changes. */
#ifndef APPLY_H
#define APPLY_H

#include <smtptls/policy.h>

/*
 * Print the options that result from the changes that `answer` proposes, quoted
 * for a shell, in one line; `keys` is 0 if not given. Returns the exit status:
 * 0, 3 if no change of these settings would help, or 1 without memory.
 */
int apply_print(const struct smtptls_policy_spec *spec, unsigned keys,
		const struct smtptls_answer *answer);

/*
 * The same for words of other languages in the strings. An error in the
 * resulting strings is a line on stderr, with exit status 1; else it is 0.
 */
int apply_hints(const struct smtptls_policy_spec *spec);

#endif
