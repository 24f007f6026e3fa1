/* SPDX-License-Identifier: MIT */
/* policy/selection: what a server chooses. The manual is in selection.c. */
#ifndef POLICY_SELECTION_H
#define POLICY_SELECTION_H

#include "policy/client_hello.h"
#include "policy/policy.h"

/* All of enum smtptls_key. */
#define STLS_KEYS 0xffU

/* In the place of a group's row. */
#define STLS_NO_GROUP 0xff

enum stls_choice_flag {
	STLS_CHOICE_RETRY = 1, /* a HelloRetryRequest is due first */
	/* A ticket would bring a hash that the suite does not have; GnuTLS
	 * fails then, where OpenSSL makes a full handshake. */
	STLS_CHOICE_NO_TICKETS = 2,
	/* TLS 1.3 is enabled, but no certificate can serve it: it must not
	 * be among the versions, where GnuTLS would choose it. */
	STLS_CHOICE_NO_TLS13 = 4
};

/* Those that priorities depend on. */
#define STLS_CHOICE_SAID (STLS_CHOICE_NO_TICKETS | STLS_CHOICE_NO_TLS13)

/* Where a choice that has a reason came to its end. */
enum stls_step {
	STLS_STEP_VERSION,
	STLS_STEP_SUITES, /* none is common */
	STLS_STEP_KEY,	  /* no certificate of the suite's type, or its use */
	STLS_STEP_CURVE,  /* the peer does not know the certificate's */
	STLS_STEP_GROUP,
	STLS_STEP_SIGALG
};

/* With a reason, all behind `suite` says nothing. */
struct stls_choice {
	int reason;	  /* enum smtptls_reason */
	uint16_t version; /* STLS_TLS1_…; 0 if there is no common one */
	uint8_t step;	  /* enum stls_step; with a reason only */
	uint8_t suite;	  /* row; from STEP_KEY on the one that came farthest */
	uint8_t group;	  /* row, or STLS_NO_GROUP */
	uint8_t key;	  /* one of enum smtptls_key; 0: no certificate */
	uint8_t flags;	  /* enum stls_choice_flag */
};

/*
 * Choose for a server whose certificates are of the types `keys` (enum
 * smtptls_key, and STLS_KEY_IDLE). Returns 0, or the reason, which is also in `choice`.
 */
int stls_select(const struct smtptls_policy *policy,
		const struct stls_client_hello *hello, unsigned keys,
		struct stls_choice *choice);

/* The versions, STLS_PROTOCOL_TLS…, that these certificates can serve. */
uint8_t stls_served_versions(const struct smtptls_policy *policy,
			     unsigned keys);
/* The bit of a version, STLS_PROTOCOL_TLS…, or 0. */
uint8_t stls_version_bit(unsigned version);
/* What a hello offers; without the extension, all that may be meant. */
uint8_t stls_offered_versions(const struct stls_client_hello *hello);
/* 1 when the version has the group: elliptic curves or all that is newer. */
int stls_version_has_group(uint16_t version, unsigned code);
/* 1 when the version has the suite, for OpenSSL and for GnuTLS. */
int stls_version_has_suite(uint16_t version, const struct stls_suite *suite);

#endif
