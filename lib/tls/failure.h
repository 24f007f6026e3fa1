/* SPDX-License-Identifier: MIT */
/* tls/failure: what GnuTLS's errors mean. See failure.c. */
#ifndef TLS_FAILURE_H
#define TLS_FAILURE_H

struct stls_failure {
	int error;	   /* GnuTLS's */
	int reason;	   /* enum smtptls_reason */
	const char *found; /* as in struct stls_end */
};

/* The meaning of an error by which a session has failed; never NULL. */
const struct stls_failure *stls_failure(int error);

#endif
