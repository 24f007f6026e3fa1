/* SPDX-License-Identifier: MIT */
/* reason/system_error: see system_error.c. */
#ifndef REASON_SYSTEM_ERROR_H
#define REASON_SYSTEM_ERROR_H

#include <stddef.h>

/* The name of an errno that a socket may have, "ECONNRESET", or NULL. */
const char *stls_system_error_name(int number);

/* What the peer did to cause it, in words; NULL: it was not the peer. */
const char *stls_system_error_what(int number);

/*
 * Write a sentence about the errno of a system call that has failed on the
 * connection; `when` is an adverbial such as "before TLS".
 */
void stls_system_error_write(int number, const char *when, char *text,
			     size_t size);

#endif
