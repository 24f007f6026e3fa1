/* SPDX-License-Identifier: MIT */
/* policy/cure: what would end a refusal. The manual is in cure.c. */
#ifndef POLICY_CURE_H
#define POLICY_CURE_H

#include "policy/selection.h"

/* What keeps a thing off that the peer offers, the easiest to change first. */
enum stls_lack {
	STLS_LACK_NAME,	  /* the setting does not name it */
	STLS_LACK_LEVEL,  /* the security level forbids it */
	STLS_LACK_SYSTEM, /* the system's GnuTLS policy disables it */
	STLS_LACK_GNUTLS, /* the loaded GnuTLS does not have it */
	/* suites */
	STLS_LACK_SHARED,  /* it needs a pre-shared key or SRP */
	STLS_LACK_OPENSSL, /* no cipher list can name it */
	STLS_LACK_BARE,	   /* no encryption, or no certificate */
	/* TLS 1.3 */
	STLS_LACK_CIPHERSUITES, /* there are none */
	STLS_LACK_KEY,		/* no certificate for it */
	/* nothing here would help */
	STLS_LACK_PEER
};

struct stls_cure {
	int lack;  /* enum stls_lack */
	int row;   /* of its table, of versions the number; -1: PEER */
	int asked; /* the settings name it */
	int level; /* LACK_LEVEL: the highest that allows it */
};

/*
 * Which version of the peer's would be the easiest to switch on; of its suites
 * which one, with `must` only of those that these keys serve; and so on, for a
 * choice that has come to this step.
 */
void stls_cure_version(const struct smtptls_policy *policy,
		       const struct stls_client_hello *hello, unsigned keys,
		       struct stls_cure *cure);
void stls_cure_suite(const struct smtptls_policy *policy,
		     const struct stls_client_hello *hello, unsigned keys,
		     int must, const struct stls_choice *choice,
		     struct stls_cure *cure);
void stls_cure_group(const struct smtptls_policy *policy,
		     const struct stls_client_hello *hello,
		     const struct stls_choice *choice, struct stls_cure *cure);
void stls_cure_sigalg(const struct smtptls_policy *policy,
		      const struct stls_client_hello *hello, unsigned keys,
		      const struct stls_choice *choice, struct stls_cure *cure);

/*
 * The keys whose certificates could sign for this peer; `common`: with the
 * signature algorithms as they are set.
 */
unsigned stls_cure_keys(const struct smtptls_policy *policy,
			const struct stls_client_hello *hello,
			const struct stls_choice *choice, int common);
/* The keys that a signature algorithm is for. */
unsigned stls_cure_sigalg_keys(const struct smtptls_policy *policy,
			       const struct stls_choice *choice, unsigned code);

/* 1 when there is a suite of TLS 1.3, enabled or not. */
int stls_has_ciphersuites(const struct smtptls_policy *policy);

/* 1 when a choice before TLS 1.3 asks such a group, 1 always with TLS 1.3. */
int stls_cure_wants_group(const struct stls_choice *choice, unsigned code);

/* Signature algorithms as offered: without a list SHA-1 is meant. */
size_t stls_offered_sigalgs(const struct stls_client_hello *hello);
unsigned stls_offered_sigalg(const struct stls_client_hello *hello, size_t i);

/* The reason of a choice that has failed, by what would end it. */
int stls_cure_reason(const struct smtptls_policy *policy,
		     const struct stls_client_hello *hello, unsigned keys,
		     const struct stls_choice *choice);

#endif
