/* SPDX-License-Identifier: MIT */
/* reason/end_facts: what is known of how a session ended. */
#ifndef REASON_END_FACTS_H
#define REASON_END_FACTS_H

#include <stddef.h>

#include "policy/policy.h"
#include "x509/verdict.h"

/* Its number before it became a kind of ServerHello (RFC 8446 section 4). */
#define STLS_HELLO_RETRY_REQUEST 6

/* What helps against what nobody does on purpose. */
#define STLS_DEFECT                                                            \
	"one of the two has a defect, or something between changes the bytes"
#define STLS_OTHER_LOG                                                         \
	"a firewall between may be the cause; else the peer's own log says "   \
	"why"

/* What is known at the end; what is not is 0, of messages and alerts -1. */
struct stls_end {
	int reason;   /* enum smtptls_reason, from SMTPTLS_REASON_NO_TLS on */
	int server;   /* this side's role */
	int spoken;   /* SMTP was spoken in the clear before */
	int broken;   /* the connection was cut off, not closed */
	int notified; /* closed by a close_notify */
	int system_error;  /* by this errno, or 0 */
	unsigned limit_ms; /* TIMEOUT: the host's, or 0 */
	int begun;	   /* something of the peer's had come */
	int complete;	   /* the handshake was over */
	int last_in;	  /* the last handshake messages (RFC 8446 section 4) */
	int last_out;	  /* of either side */
	int alert;	  /* of the peer's, or -1 */
	unsigned dh_bits; /* of the parameters that it was given, or 0 */
	/*
	 * Of BAD_RECORD, BAD_MESSAGE, BAD_SIGNATURE and FLOOD what the peer
	 * sent; of INTERNAL what went wrong; of what is not common its kind.
	 */
	const char *found;
	const char *version;	   /* that was chosen, as "TLS1.1"; or NULL */
	const unsigned char *sent; /* plaintext, where TLS was to start */
	size_t sent_len;
	const struct stls_verdict *verdict; /* of the peer's certificate */
	/* What it was judged by; NULL: the priority string is the host's. */
	const struct smtptls_policy *policy;
	const struct stls_shown *shown; /* of what the peer was shown */
};

#endif
