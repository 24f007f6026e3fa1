/* SPDX-License-Identifier: MIT */
/*
 * reason/refusal: the reason of a refused hello.
 *
 * The selection returns the step at which it found nothing. The reason is named
 * after what would help, which the diagnosis knows: a certificate of another
 * type where no signature algorithm is common, the system's policy where that
 * takes a version away. Nothing is allocated.
 */
#include "reason/refusal.h"

#include "policy/key_type.h"
#include "reason/diagnosis.h"

static int reason_of_obstacle(int obstacle, int otherwise)
{
	if (obstacle == STLS_OBSTACLE_SYSTEM)
		return SMTPTLS_REASON_SYSTEM_POLICY;
	return obstacle == STLS_OBSTACLE_GNUTLS ? SMTPTLS_REASON_GNUTLS
						: otherwise;
}

/* A certificate for one of these is missing, or is there and may not sign. */
static int reason_of_keys(unsigned wanted, unsigned keys)
{
	if ((wanted & SMTPTLS_KEY_RSA_SIGN && keys & STLS_KEYS_RSA) ||
	    (wanted & (STLS_KEYS_ECDSA | STLS_KEYS_EDDSA) &&
	     keys & STLS_KEY_IDLE))
		return SMTPTLS_REASON_KEY_USAGE;
	return wanted & STLS_KEYS_RSA ? SMTPTLS_REASON_NEEDS_RSA
				      : SMTPTLS_REASON_NEEDS_ECDSA;
}

static int reason_of_version(const struct stls_refusal *refusal)
{
	struct stls_diagnosis diagnosis;

	stls_diagnosis_version(refusal->policy, refusal->hello, refusal->keys,
			       &diagnosis);
	if (diagnosis.obstacle != STLS_OBSTACLE_KEY)
		return reason_of_obstacle(diagnosis.obstacle,
					  SMTPTLS_REASON_VERSION);
	return refusal->keys & STLS_KEYS_ECDSA
		       ? SMTPTLS_REASON_SIGALG
		       : reason_of_keys(STLS_KEYS & ~refusal->keys,
					refusal->keys);
}

static int reason_of_suites(const struct stls_refusal *refusal)
{
	struct stls_diagnosis diagnosis;

	stls_diagnosis_suite(refusal->policy, refusal->hello, refusal->keys, 0,
			     refusal->choice, &diagnosis);
	if (diagnosis.asked && (diagnosis.obstacle == STLS_OBSTACLE_LEVEL ||
				diagnosis.obstacle == STLS_OBSTACLE_BARE))
		return SMTPTLS_REASON_SECURITY_LEVEL;
	return reason_of_obstacle(diagnosis.obstacle,
				  SMTPTLS_REASON_SUITES_EXCLUDED);
}

/* A name in a list is easier to add than a certificate, all else is not. */
static int reason_of_sigalg(const struct stls_refusal *refusal)
{
	struct stls_diagnosis diagnosis;
	unsigned wanted;

	stls_diagnosis_sigalg(refusal->policy, refusal->hello, refusal->keys,
			      refusal->choice, &diagnosis);
	if (diagnosis.obstacle == STLS_OBSTACLE_NAME)
		return SMTPTLS_REASON_SIGALG;
	wanted = stls_diagnosis_keys(refusal->policy, refusal->hello,
				     refusal->choice, 1) &
		 ~refusal->keys;
	if (!wanted && diagnosis.obstacle == STLS_OBSTACLE_PEER)
		wanted = stls_diagnosis_keys(refusal->policy, refusal->hello,
					     refusal->choice, 0) &
			 ~refusal->keys;
	if (wanted)
		return reason_of_keys(wanted, refusal->keys);
	return reason_of_obstacle(diagnosis.obstacle, SMTPTLS_REASON_SIGALG);
}

static int reason_of_group(const struct stls_refusal *refusal)
{
	struct stls_diagnosis diagnosis;

	stls_diagnosis_group(refusal->policy, refusal->hello, refusal->choice,
			     &diagnosis);
	return reason_of_obstacle(diagnosis.obstacle, SMTPTLS_REASON_GROUP);
}

int stls_refusal_reason(const struct stls_refusal *refusal)
{
	const struct stls_suite *suite = stls_suite(refusal->choice->suite);

	switch (refusal->choice->step) {
	case STLS_STEP_NONE:
		return SMTPTLS_REASON_NONE;
	case STLS_STEP_HELLO:
		return SMTPTLS_REASON_BAD_HELLO;
	case STLS_STEP_SSL3:
		return SMTPTLS_REASON_SSL3_HELLO;
	case STLS_STEP_VERSION:
		return reason_of_version(refusal);
	case STLS_STEP_FALLBACK:
		return SMTPTLS_REASON_FALLBACK;
	case STLS_STEP_SUITES:
		return reason_of_suites(refusal);
	case STLS_STEP_DSS:
		return SMTPTLS_REASON_GNUTLS;
	case STLS_STEP_KEY:
		return suite->au & STLS_AU_ECDSA ? SMTPTLS_REASON_NEEDS_ECDSA
						 : SMTPTLS_REASON_NEEDS_RSA;
	case STLS_STEP_USAGE:
		return SMTPTLS_REASON_KEY_USAGE;
	case STLS_STEP_CURVE:
		return SMTPTLS_REASON_GROUP;
	case STLS_STEP_GROUP:
		return reason_of_group(refusal);
	default:
		return reason_of_sigalg(refusal);
	}
}
