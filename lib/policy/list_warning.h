/* SPDX-License-Identifier: MIT */
/* policy/list_warning: the sentences of lists that are wrong or seldom meant. */
#ifndef POLICY_LIST_WARNING_H
#define POLICY_LIST_WARNING_H

#include "openssl/list.h"
#include "openssl/word_hint.h"
#include "policy/policy.h"

/*
 * The sentence of a parser's error: the word, its place, why, and what would
 * mend it. `skips` are those of the list. Returns SMTPTLS_E_SYNTAX.
 */
int stls_list_failed(const struct stls_sentence *sentence,
		     enum stls_setting setting, const char *string,
		     const struct stls_span *where, int error,
		     const struct stls_skips *skips);

/* A warning for each part without an effect; 0 or SMTPTLS_E_NOMEM. */
int stls_list_warn(struct smtptls_policy *policy, enum stls_setting setting,
		   const char *string, const struct stls_skips *skips);

#endif
