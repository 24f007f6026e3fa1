/* SPDX-License-Identifier: MIT */
/* tls/hook: a policy inside a handshake. See hook.c. */
#ifndef TLS_HOOK_H
#define TLS_HOOK_H

#include <gnutls/gnutls.h>

#include "selection/selection.h"
#include "x509/own_certificates.h"

#define STLS_REASON_TEXT 256

/* One session's judge. The members after `chosen` start as zeros. */
struct stls_judge {
	const struct smtptls_policy *policy; /* NULL: only the SNI is judged */
	const struct smtptls_policy *shadow; /* a server's, or NULL */
	const struct stls_own_certificates *own;
	/* Credentials with one of them each; or NULL, as for a host's own. */
	const gnutls_certificate_credentials_t *single;
	int asks;   /* a client's certificate is requested */
	int strict; /* a name that no certificate covers is refused */
	int chosen; /* the host chooses by the name in the hello */
	int judged; /* a hello was judged, and accepted */
	struct stls_choice choice;
	int reason; /* enum smtptls_reason */
	char text[STLS_REASON_TEXT];
	/*
	 * The same with the changes that would help; NULL if nothing was
	 * refused, or if memory ran out.
	 */
	struct smtptls_advice *advice;
	int shadow_reason; /* as `reason`, under `shadow` */
	char *shadow_text; /* NULL if memory ran out */
};

/* 1 if there is something to judge, which needs a hook. */
static inline int stls_judge_wanted(const struct stls_judge *judge)
{
	return judge->policy || judge->strict || judge->chosen || judge->shadow;
}

/* Free what the judge has found. */
void stls_judge_clear(struct stls_judge *judge);

/*
 * To be called for every message by a session's hook, which is set for
 * GNUTLS_HANDSHAKE_ANY and GNUTLS_HOOK_PRE; the arguments are GnuTLS's. Returns
 * 0, or the error with which the handshake must fail; the reason of a refusal
 * is in `judge`.
 */
int stls_judge_message(struct stls_judge *judge, gnutls_session_t tls,
		       unsigned type, unsigned incoming,
		       const gnutls_datum_t *message);

/*
 * The error by which a handshake has failed, or a better one if the hello was
 * good only for resuming a session, but GnuTLS did not resume it and then found
 * no signature algorithm. In that case `judge` has the reason.
 */
int stls_judge_failure(struct stls_judge *judge, int ret);

/*
 * Check the outcome of a handshake against the policy; `server` is 1 on a
 * server. Returns 0, or -1 with the reason in `judge`.
 */
int stls_judge_result(struct stls_judge *judge, gnutls_session_t tls,
		      int server);

#endif
