/* SPDX-License-Identifier: MIT */
/* policy/list_warning: sentences about invalid or probably mistaken lists. */
#ifndef POLICY_LIST_WARNING_H
#define POLICY_LIST_WARNING_H

#include "openssl/list.h"
#include "openssl/word_hint.h"
#include "policy/policy.h"

/*
 * Write the sentence of a parser's error: the word, its position, the reason,
 * and what would fix it. `skips` are those of the list. Returns
 * SMTPTLS_E_SYNTAX.
 */
int stls_list_failed(const struct stls_sentence *sentence,
		     enum stls_setting setting, const char *string,
		     const struct stls_span *where, int error,
		     const struct stls_skips *skips);

/* Add a warning for each part that has no effect; 0 or SMTPTLS_E_NOMEM. */
int stls_list_warn(struct smtptls_policy *policy, enum stls_setting setting,
		   const char *string, const struct stls_skips *skips);

#endif
