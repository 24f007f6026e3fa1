/* SPDX-License-Identifier: MIT */
/* reason/end_facts: what is known of how a session ended. */
#ifndef REASON_END_FACTS_H
#define REASON_END_FACTS_H

#include <stddef.h>

#include "policy/policy.h"
#include "x509/verdict.h"

/*
 * HelloRetryRequest's number before it became a kind of ServerHello (RFC 8446
 * section 4).
 */
#define STLS_HELLO_RETRY_REQUEST 6

/* The cure for what nobody does on purpose. */
#define STLS_DEFECT                                                            \
	"one side has a defect, or something in between changes the bytes"
#define STLS_OTHER_LOG                                                         \
	"a firewall in between may be the cause; else the peer's own log "     \
	"says "                                                                \
	"why"

/* What is known at the end. Unknown facts are 0; messages and alerts, -1. */
struct stls_end {
	int reason;	   /* enum smtptls_reason */
	int server;	   /* this side's role */
	int spoken;	   /* SMTP was spoken in plaintext before */
	int broken;	   /* the connection was cut off, not closed */
	int notified;	   /* closed by a close_notify */
	int system_error;  /* the errno that ended it, or 0 */
	unsigned limit_ms; /* TIMEOUT: the host's limit, or 0 */
	int begun;	   /* the peer had begun TLS */
	int complete;	   /* the handshake was complete */
	int last_in;	   /* last message received (RFC 8446 section 4) */
	int last_out;	   /* last message sent */
	int alert;	   /* the peer's, or -1 */
	unsigned dh_bits;  /* of the DHE parameters sent, or 0 */
	/*
	 * BAD_RECORD, BAD_MESSAGE, BAD_SIGNATURE, FLOOD: what the peer sent.
	 * INTERNAL, SIGNER, TOKEN: what went wrong. VERSION, SUITES_EXCLUDED,
	 * GROUP, SIGALG: what is not common.
	 */
	const char *found;
	const char *version;	   /* version chosen, as "TLS1.1", or NULL */
	const unsigned char *sent; /* plaintext, where TLS was to start */
	size_t sent_len;
	const struct stls_verdict *verdict; /* of the peer's certificate */
	/* NULL: no policy judged it, the host set the priority string. */
	const struct smtptls_policy *policy;
	const struct stls_shown *shown; /* the certificate the peer was shown */
};

#endif
