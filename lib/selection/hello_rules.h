/* SPDX-License-Identifier: MIT */
/* selection/hello_rules: what a version requires. See hello_rules.c. */
#ifndef SELECTION_HELLO_RULES_H
#define SELECTION_HELLO_RULES_H

#include "selection/client_hello.h"

/* 0, or the rule that the hello breaks (enum stls_hello_error). */
int stls_check_hello_rules(const struct stls_client_hello *hello,
			   uint16_t version);

/*
 * 1 if a TLS 1.3 hello without signature_algorithms offers a pre-shared key
 * that does not need them: it allows nothing but resumption.
 */
int stls_only_resumes(const struct stls_client_hello *hello);

#endif
