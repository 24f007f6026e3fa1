/* SPDX-License-Identifier: MIT */
/* reason/error_reason: manual in error_reason.c. */
#ifndef REASON_ERROR_REASON_H
#define REASON_ERROR_REASON_H

/*
 * The reason (enum smtptls_reason) of an error by which a connection has failed
 * and of which nothing more is known; never SMTPTLS_REASON_NONE. `tls`: TLS was
 * on.
 */
int stls_error_reason(int error, int tls);

#endif
