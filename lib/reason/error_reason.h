/* SPDX-License-Identifier: MIT */
/* reason/error_reason: see error_reason.c. */
#ifndef REASON_ERROR_REASON_H
#define REASON_ERROR_REASON_H

/*
 * The reason (enum smtptls_reason) for an error that ended a connection and of
 * which nothing more is known; never SMTPTLS_REASON_NONE. `tls` is 1 if TLS was
 * on.
 */
int stls_error_reason(int error, int tls);

#endif
