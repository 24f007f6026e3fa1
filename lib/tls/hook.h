/* SPDX-License-Identifier: MIT */
/* tls/hook: a policy inside a handshake. The manual is in hook.c. */
#ifndef TLS_HOOK_H
#define TLS_HOOK_H

#include <gnutls/gnutls.h>

#include "selection/selection.h"
#include "x509/own_certificates.h"

#define STLS_REASON_TEXT 256

/* One session's judge. What is behind `chosen` begins as zeros. */
struct stls_judge {
	const struct smtptls_policy *policy; /* NULL: only the SNI is judged */
	const struct smtptls_policy *shadow; /* a server's, or NULL */
	const struct stls_own_certificates *own;
	/* Each of them alone, or NULL; the host's own have none. */
	const gnutls_certificate_credentials_t *single;
	int asks;   /* a client's certificate is asked for */
	int strict; /* a name that no certificate covers is refused */
	int chosen; /* the host chooses by the name, which it has to see */
	int judged; /* a hello was, and a choice was found */
	struct stls_choice choice;
	int reason; /* enum smtptls_reason */
	char text[STLS_REASON_TEXT];
	/* The same with the changes that would help; NULL: there was no
	 * refusal, or no memory. */
	struct smtptls_advice *advice;
	int shadow_reason; /* as `reason`, under `shadow` */
	char *shadow_text; /* NULL when memory ran out */
};

/* 1 when there is something to be judged, for which a hook is needed. */
static inline int stls_judge_wanted(const struct stls_judge *judge)
{
	return judge->policy || judge->strict || judge->chosen || judge->shadow;
}

/* What it has found is forgotten. */
void stls_judge_clear(struct stls_judge *judge);

/*
 * What a session's hook has to do, with GNUTLS_HANDSHAKE_ANY and
 * GNUTLS_HOOK_PRE, for every message; the arguments are GnuTLS's. Returns 0, or
 * the error by which the handshake shall fail; then `judge` has the reason.
 */
int stls_judge_message(struct stls_judge *judge, gnutls_session_t tls,
		       unsigned type, unsigned incoming,
		       const gnutls_datum_t *message);

/*
 * The error by which a handshake has failed, or a better one: GnuTLS did not
 * resume the session of a hello that is good for no more, and found nothing to
 * sign by. Then `judge` has the reason.
 */
int stls_judge_failure(struct stls_judge *judge, int ret);

/*
 * Compare what a handshake has come to with the policy; `server` is this
 * side's role. Returns 0, or -1 with the reason in `judge`.
 */
int stls_judge_result(struct stls_judge *judge, gnutls_session_t tls,
		      int server);

#endif
