/* SPDX-License-Identifier: MIT */
/* reason/diagnosis: what would end a refusal. The manual is in diagnosis.c. */
#ifndef REASON_DIAGNOSIS_H
#define REASON_DIAGNOSIS_H

#include "selection/selection.h"

/* What keeps a thing off that the peer offers, the easiest to change first. */
enum stls_obstacle {
	STLS_OBSTACLE_NAME,   /* the setting does not name it */
	STLS_OBSTACLE_LEVEL,  /* the security level forbids it */
	STLS_OBSTACLE_SYSTEM, /* the system's GnuTLS policy disables it */
	STLS_OBSTACLE_GNUTLS, /* the loaded GnuTLS does not have it */
	/* suites */
	STLS_OBSTACLE_SHARED,  /* it needs a pre-shared key or SRP */
	STLS_OBSTACLE_OPENSSL, /* no cipher list can name it */
	STLS_OBSTACLE_BARE,    /* no encryption, or no certificate */
	/* TLS 1.3 */
	STLS_OBSTACLE_CIPHERSUITES, /* there are none */
	STLS_OBSTACLE_KEY,	    /* no certificate for it */
	/* nothing here would help */
	STLS_OBSTACLE_PEER
};

struct stls_diagnosis {
	int obstacle; /* enum stls_obstacle */
	int row;      /* of its table, of versions the number; -1: PEER */
	int asked;    /* the settings name it */
	int level;    /* LACK_LEVEL: the highest that allows it */
};

/*
 * Which version of the peer's would be the easiest to switch on; of its suites
 * which one, with `must` only of those that these keys serve; and so on, for a
 * choice that has come to this step.
 */
void stls_diagnosis_version(const struct smtptls_policy *policy,
			    const struct stls_client_hello *hello,
			    unsigned keys, struct stls_diagnosis *diagnosis);
void stls_diagnosis_suite(const struct smtptls_policy *policy,
			  const struct stls_client_hello *hello, unsigned keys,
			  int must, const struct stls_choice *choice,
			  struct stls_diagnosis *diagnosis);
void stls_diagnosis_group(const struct smtptls_policy *policy,
			  const struct stls_client_hello *hello,
			  const struct stls_choice *choice,
			  struct stls_diagnosis *diagnosis);
void stls_diagnosis_sigalg(const struct smtptls_policy *policy,
			   const struct stls_client_hello *hello, unsigned keys,
			   const struct stls_choice *choice,
			   struct stls_diagnosis *diagnosis);

/*
 * The keys whose certificates could sign for this peer; `common`: with the
 * signature algorithms as they are set.
 */
unsigned stls_diagnosis_keys(const struct smtptls_policy *policy,
			     const struct stls_client_hello *hello,
			     const struct stls_choice *choice, int common);
/* The keys that a signature algorithm is for. */
unsigned stls_diagnosis_sigalg_keys(const struct smtptls_policy *policy,
				    const struct stls_choice *choice,
				    unsigned code);

/* 1 when there is a suite of TLS 1.3, enabled or not. */
int stls_has_ciphersuites(const struct smtptls_policy *policy);

/* 1 when a choice before TLS 1.3 asks such a group, 1 always with TLS 1.3. */
int stls_diagnosis_wants_group(const struct stls_choice *choice, unsigned code);

/* Signature algorithms as offered: without a list SHA-1 is meant. */
size_t stls_offered_sigalgs(const struct stls_client_hello *hello);
unsigned stls_offered_sigalg(const struct stls_client_hello *hello, size_t i);

#endif
