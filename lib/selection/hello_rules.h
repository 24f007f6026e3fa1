/* SPDX-License-Identifier: MIT */
/* selection/hello_rules: what a version demands. Manual in hello_rules.c. */
#ifndef SELECTION_HELLO_RULES_H
#define SELECTION_HELLO_RULES_H

#include "selection/client_hello.h"

/* 0, or the rule (enum stls_hello_error) of the version that is broken. */
int stls_check_hello_rules(const struct stls_client_hello *hello,
			   uint16_t version);

/*
 * 1 when a hello of TLS 1.3 without signature_algorithms offers a pre-shared
 * key that could do without: a resumption is all that it allows.
 */
int stls_only_resumes(const struct stls_client_hello *hello);

#endif
