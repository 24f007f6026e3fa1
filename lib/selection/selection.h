/* SPDX-License-Identifier: MIT */
/* selection/selection: what a server chooses. See selection.c. */
#ifndef SELECTION_SELECTION_H
#define SELECTION_SELECTION_H

#include "selection/client_hello.h"
#include "policy/policy.h"

/* All of enum smtptls_key. */
#define STLS_KEYS 0xffU

/* Stands for a group's row where there is none. */
#define STLS_NO_GROUP 0xff

enum stls_choice_flag {
	STLS_CHOICE_RETRY = 1, /* a HelloRetryRequest comes first */
	/* A ticket of the client's needs a different hash from the suite's.
	 * GnuTLS would fail, where OpenSSL does a full handshake. */
	STLS_CHOICE_NO_TICKETS = 2,
	/* TLS 1.3 is enabled, but no certificate can serve it: leave it out of
	 * the versions, or GnuTLS would choose it. */
	STLS_CHOICE_NO_TLS13 = 4,
	/* Without signature_algorithms, the hello allows resumption only. */
	STLS_CHOICE_RESUMES_ONLY = 8,
	/* STLS_KEY_SHORT_…, shifted: GnuTLS must not choose algorithms that an
	 * RSA key is too short for. */
	STLS_CHOICE_SHORT = 0xe0
};
#define STLS_CHOICE_SHORT_SHIFT 11

/* The flags that the priority string depends on. */
#define STLS_CHOICE_SAID                                                       \
	(STLS_CHOICE_NO_TICKETS | STLS_CHOICE_NO_TLS13 | STLS_CHOICE_SHORT)

/*
 * The step at which peer and policy have nothing in common. The steps that
 * concern a suite are in the order in which it passes them.
 */
enum stls_step {
	STLS_STEP_NONE,	 /* there is a choice */
	STLS_STEP_HELLO, /* it breaks a rule of the version: see `error` */
	STLS_STEP_SSL3,	 /* the peer's best version is SSLv3 */
	STLS_STEP_VERSION,
	STLS_STEP_FALLBACK, /* RFC 7507 */
	STLS_STEP_SUITES,   /* no common suite */
	STLS_STEP_DSS,	    /* GnuTLS does not sign with DSA */
	STLS_STEP_KEY,	    /* no certificate of the suite's type */
	STLS_STEP_USAGE,    /* there is one, but its keyUsage forbids it */
	STLS_STEP_CURVE,    /* the peer lacks the certificate's curve */
	STLS_STEP_GROUP,    /* no common group */
	STLS_STEP_SIGALG    /* no common signature algorithm */
};

/* Without a choice, the members after `suite` mean nothing, except `error`. */
struct stls_choice {
	uint16_t version; /* STLS_TLS1_…; 0 if there is no common one */
	uint8_t step;	  /* enum stls_step */
	uint8_t suite; /* row; from STEP_DSS on, of the one that got farthest */
	uint8_t group; /* row, or STLS_NO_GROUP */
	uint8_t key;   /* one of enum smtptls_key; 0: no certificate */
	uint8_t flags; /* enum stls_choice_flag */
	int8_t error;  /* STEP_HELLO: enum stls_hello_error */
};

/*
 * Choose for a server with certificates of the types `keys` (enum smtptls_key,
 * STLS_KEYS_IDLE, STLS_KEY_SHORT_…). Returns choice->step: 0, or the step that
 * failed.
 */
enum stls_step stls_select(const struct smtptls_policy *policy,
			   const struct stls_client_hello *hello, unsigned keys,
			   struct stls_choice *choice);

#endif
