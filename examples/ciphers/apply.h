/* SPDX-License-Identifier: MIT */
/* smtptls-ciphers --apply: the settings as they should be. */
#ifndef APPLY_H
#define APPLY_H

#include <smtptls/policy.h>

/*
 * Print the options that result when what `answer` proposes is followed, quoted
 * for a shell, in one line; `keys` are 0 when they were not given. The exit
 * status: 0; 3 when it is not these settings that have to be changed, and 1
 * when there is no memory.
 */
int apply_print(const struct smtptls_policy_spec *spec, unsigned keys,
		const struct smtptls_answer *answer);

/*
 * The same for the words of other languages in the strings. What is wrong with
 * those that result is a line on stderr, and the exit status is 1; else 0.
 */
int apply_hints(const struct smtptls_policy_spec *spec);

#endif
