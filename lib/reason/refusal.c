/* SPDX-License-Identifier: MIT */
/*
 * reason/refusal: from a step of the selection to a reason, changes and a
 * sentence.
 *
 * There are three passes, each using the results of the one before: the
 * diagnosis, which examines policy and hello; the changes of settings, which
 * the parsers check; and the sentence, which needs nothing else. The reason
 * says what keeps the intersection empty at the step where the selection
 * failed, even if the easiest cure lies elsewhere.
 */
#include "reason/refusal.h"

#include <string.h>

#include "policy/key_type.h"
#include "reason/change.h"
#include "reason/diagnosis.h"
#include "reason/refusal_sentence.h"
#include "selection/version.h"

/* ---- reasons ---- */

static int reason_of_key(const struct stls_diagnosis *diagnosis)
{
	if (diagnosis->key_off & STLS_OFF_SHORT)
		return SMTPTLS_REASON_SIGALG;
	if (diagnosis->key_off & STLS_OFF_USAGE)
		return SMTPTLS_REASON_KEY_USAGE;
	return diagnosis->key & STLS_KEYS_RSA ? SMTPTLS_REASON_NEEDS_RSA
					      : SMTPTLS_REASON_NEEDS_ECDSA;
}

static int reason_of_version(const struct stls_refusal *refusal,
			     const struct stls_diagnosis *diagnosis)
{
	uint8_t bit = stls_version_bit(diagnosis->version);

	/* TLS 1.3 is enabled, but these certificates cannot serve it. */
	if (refusal->policy->selectable_versions & bit &&
	    !(diagnosis->version_off & STLS_OFF_PEER)) {
		if (diagnosis->key_off)
			return reason_of_key(diagnosis);
		if (diagnosis->sigalg_off)
			return SMTPTLS_REASON_SIGALG;
	}
	if (diagnosis->version_off & STLS_OFF_SYSTEM)
		return SMTPTLS_REASON_SYSTEM_POLICY;
	return diagnosis->hole && bit & refusal->policy->asked_versions
		       ? SMTPTLS_REASON_GNUTLS
		       : SMTPTLS_REASON_VERSION;
}

/* 1 if the ciphers name a suite that the peer offers, but it cannot be used. */
static int has_named_suite(const struct stls_refusal *refusal)
{
	const struct smtptls_policy *policy = refusal->policy;
	unsigned i;

	for (i = 0; i < policy->suite_count; i++) {
		if (stls_has_number(&refusal->hello->suites,
				    stls_suite(policy->suite_row[i])->code))
			return 1;
	}
	return 0;
}

static int reason_of_suites(const struct stls_refusal *refusal,
			    const struct stls_diagnosis *diagnosis)
{
	uint8_t off = diagnosis->suite_off;

	if (diagnosis->version != refusal->choice->version)
		return SMTPTLS_REASON_SUITES_EXCLUDED;
	if (off & STLS_OFF_PEER && diagnosis->lack == STLS_LACK_GNUTLS)
		return SMTPTLS_REASON_GNUTLS;
	if (off & STLS_OFF_PEER && diagnosis->lack == STLS_LACK_BARE &&
	    has_named_suite(refusal))
		return SMTPTLS_REASON_SECURITY_LEVEL;
	if (off & STLS_OFF_SYSTEM)
		return SMTPTLS_REASON_SYSTEM_POLICY;
	return (off & (STLS_OFF_LEVEL | STLS_OFF_NAME)) == STLS_OFF_LEVEL
		       ? SMTPTLS_REASON_SECURITY_LEVEL
		       : SMTPTLS_REASON_SUITES_EXCLUDED;
}

static int reason_of_group(const struct stls_diagnosis *diagnosis)
{
	if (diagnosis->group_off & STLS_OFF_SYSTEM)
		return SMTPTLS_REASON_SYSTEM_POLICY;
	return diagnosis->group_off & STLS_OFF_PEER &&
			       diagnosis->group_lack == STLS_LACK_GNUTLS
		       ? SMTPTLS_REASON_GNUTLS
		       : SMTPTLS_REASON_GROUP;
}

static int reason_of_sigalg(const struct stls_diagnosis *diagnosis)
{
	if (diagnosis->key_off)
		return reason_of_key(diagnosis);
	return diagnosis->sigalg_off & STLS_OFF_SYSTEM
		       ? SMTPTLS_REASON_SYSTEM_POLICY
		       : SMTPTLS_REASON_SIGALG;
}

static int reason_of(const struct stls_refusal *refusal,
		     const struct stls_diagnosis *diagnosis)
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
		return reason_of_version(refusal, diagnosis);
	case STLS_STEP_FALLBACK:
		return SMTPTLS_REASON_FALLBACK;
	case STLS_STEP_SUITES:
		return reason_of_suites(refusal, diagnosis);
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
		return reason_of_group(diagnosis);
	default:
		return reason_of_sigalg(diagnosis);
	}
}

/* ---- the advice ---- */

/* 1 if the selection failed at a step that the diagnosis can explain. */
static int is_diagnosable(const struct stls_refusal *refusal)
{
	return refusal->reason == 0 &&
	       refusal->choice->step != STLS_STEP_HELLO &&
	       refusal->choice->step != STLS_STEP_SSL3;
}

/* Enter what the peer must do, where no search is needed. */
static void tell_peer(struct smtptls_advice *advice, int action,
		      const char *word)
{
	struct smtptls_change *change = &advice->changes[0];

	memset(advice->changes, 0, sizeof(advice->changes));
	change->setting = SMTPTLS_SETTING_PEER;
	change->action = action;
	strcpy(change->word, word);
	advice->change_count = 1;
}

static const char *best_version(const struct stls_refusal *refusal)
{
	uint8_t served = stls_served_versions(refusal->policy, refusal->keys);
	unsigned version = STLS_TLS1_3;

	while (version > STLS_TLS1_0 && !(served & stls_version_bit(version)))
		version--;
	return stls_protocol_name(version);
}

/* The key type that the peer would get, else one that this side has. */
static uint8_t key_for_name(const struct stls_refusal *refusal)
{
	unsigned keys = refusal->keys & STLS_KEYS;

	if (refusal->choice->key)
		return refusal->choice->key;
	return keys ? (uint8_t)(keys & -keys) : SMTPTLS_KEY_RSA_SIGN;
}

/* Add a certificate for this name, with all else that the peer needs. */
static int find_changes_for_name(const struct stls_refusal *refusal,
				 struct stls_diagnosis *diagnosis,
				 struct smtptls_change *changes)
{
	int count, i;

	if (!refusal->name)
		return 0;
	if (refusal->policy && refusal->choice->step != STLS_STEP_NONE)
		stls_diagnose(refusal->policy, refusal->hello, refusal->keys,
			      diagnosis);
	/* No search was made, or the peer must also retry (RFC 7507). */
	if (!diagnosis->version) {
		diagnosis->key = key_for_name(refusal);
		diagnosis->curve = STLS_NO_GROUP;
		if (refusal->policy)
			diagnosis->level =
				(uint8_t)refusal->policy->security_level;
	}
	diagnosis->key_off &= (uint8_t)~STLS_OFF_USAGE;
	diagnosis->key_off |= STLS_OFF_MISSING;
	count = stls_find_changes(refusal->policy, diagnosis, changes);
	for (i = 0; i < count; i++) {
		if (changes[i].setting == SMTPTLS_SETTING_CERTIFICATE &&
		    changes[i].action == SMTPTLS_CHANGE_ADD)
			stls_change_name(&changes[i], refusal->name);
	}
	return count;
}

int stls_refusal_advise(const struct stls_refusal *refusal,
			struct smtptls_advice *advice)
{
	struct stls_diagnosis diagnosis = { 0 };
	int count = 0;

	memset(advice, 0, sizeof(*advice));
	if (refusal->reason == 0 && refusal->choice->step == STLS_STEP_NONE)
		return 0;
	if (is_diagnosable(refusal)) {
		stls_diagnose(refusal->policy, refusal->hello, refusal->keys,
			      &diagnosis);
		count = stls_find_changes(refusal->policy, &diagnosis,
					  advice->changes);
	} else if (refusal->reason == SMTPTLS_REASON_SNI) {
		count = find_changes_for_name(refusal, &diagnosis,
					      advice->changes);
	}
	advice->change_count = count < 0 ? 0 : count;
	advice->reason = refusal->reason ? refusal->reason
					 : reason_of(refusal, &diagnosis);
	/* No server could serve such a hello. */
	if (is_diagnosable(refusal) && !diagnosis.version &&
	    !refusal->hello->fallback_scsv)
		advice->reason = SMTPTLS_REASON_BAD_HELLO;
	if (advice->reason == SMTPTLS_REASON_SSL2_HELLO)
		tell_peer(advice, SMTPTLS_CHANGE_REMOVE, "SSLv2");
	else if (advice->reason == SMTPTLS_REASON_SSL3_HELLO ||
		 (is_diagnosable(refusal) && refusal->hello->fallback_scsv &&
		  (diagnosis.version_off & STLS_OFF_PEER ||
		   !diagnosis.version)))
		tell_peer(advice, SMTPTLS_CHANGE_ADD, best_version(refusal));
	stls_refusal_write(refusal, &diagnosis, advice);
	return count < 0 ? count : 0;
}
