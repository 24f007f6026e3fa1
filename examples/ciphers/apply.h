/* SPDX-License-Identifier: MIT */
/* smtptls-ciphers --hello FILE --apply: the settings that let a client in. */
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

#endif
