/* SPDX-License-Identifier: MIT */
/*
 * reason/key_sentence: the sentences of certificates, groups and signatures,
 * for a selection that has come as far as that, and no farther.
 */
#include "reason/key_sentence.h"

#include "policy/key_type.h"
#include "selection/version.h"

/* So many groups and signatures are shown of a list. */
#define SHOWN 2

/* ---- certificates ---- */

/* Whether the peer has suites for a certificate that is there. */
static int offers_own_type(const struct stls_refusal *facts)
{
	const struct stls_bytes *suites = &facts->hello->suites;
	size_t i;
	int row;

	for (i = 0; i < stls_numbers(suites); i++) {
		row = stls_suite_by_code(stls_number(suites, i));
		if (row >= 0 &&
		    stls_version_has_suite(facts->choice->version,
					   stls_suite((size_t)row)) &&
		    stls_keys_of_suite(stls_suite((size_t)row)) & facts->keys)
			return 1;
	}
	return 0;
}

/* A suite for a certificate that is there may be easier to have than another. */
static void write_or_suite(struct stls_phrase *phrase,
			   const struct stls_refusal *facts, const char *before)
{
	const struct stls_suite *suite;
	struct stls_diagnosis diagnosis;
	char word[32];

	stls_diagnosis_suite(facts->policy, facts->hello, facts->keys, 1,
			     facts->choice, &diagnosis);
	if (diagnosis.obstacle != STLS_OBSTACLE_NAME)
		return;
	suite = stls_suite((size_t)diagnosis.row);
	if (stls_find_word(facts, suite, word))
		stls_phrase_add(phrase, "%sremove \"%s\" from the ciphers",
				before, word);
	else
		stls_phrase_add(phrase, "%sadd %s to the ciphers", before,
				suite->openssl);
}

/* The peer has suites of one type only, or this side leaves it no other. */
void stls_write_key(struct stls_phrase *phrase,
		    const struct stls_refusal *facts, const char *type,
		    const char *other)
{
	uint8_t versions =
		(uint8_t)(2 * stls_version_bit(facts->choice->version) - 1);

	if (!(facts->keys & STLS_KEYS)) {
		stls_write_offer(phrase, facts);
		stls_phrase_add(phrase, "; ");
	} else {
		stls_phrase_add(phrase, "peer offers ");
		stls_phrase_offered(phrase, facts->hello, versions);
		stls_phrase_add(phrase, " with ");
		if (offers_own_type(facts))
			stls_phrase_add(phrase,
					"%s and %s suites, of which this side "
					"allows %s only; ",
					type, other, type);
		else
			stls_phrase_add(phrase, "%s suites only; ", type);
	}
	stls_phrase_own(phrase, facts->keys);
	stls_phrase_add(phrase, ": add an %s certificate", type);
	write_or_suite(phrase, facts, ", or ");
}

void stls_write_usage(struct stls_phrase *phrase,
		      const struct stls_refusal *facts)
{
	const struct stls_suite *suite = stls_suite(facts->choice->suite);

	stls_write_offer(phrase, facts);
	stls_write_lacks_usage(phrase,
			       suite->au & STLS_AU_ECDSA ? "ECDSA" : "RSA",
			       suite->kx & STLS_KX_RSA ? "keyEncipherment"
						       : "digitalSignature");
}

/* GnuTLS signs nothing by DSA. */
void stls_write_dss(struct stls_phrase *phrase,
		    const struct stls_refusal *facts)
{
	size_t len;

	stls_write_offer(phrase, facts);
	stls_phrase_add(phrase, ", which the loaded GnuTLS does not have");
	len = phrase->len;
	write_or_suite(phrase, facts, ": ");
	if (phrase->len == len)
		stls_phrase_add(phrase, PEER_MUST);
}

/* ---- groups ---- */

static void write_offered_groups(struct stls_phrase *phrase,
				 const struct stls_refusal *facts)
{
	struct stls_name_list list = { phrase, SHOWN, 0 };
	const struct stls_bytes *groups = &facts->hello->groups;
	size_t i;

	stls_phrase_add(phrase, "peer offers the groups ");
	for (i = 0; i < stls_numbers(groups); i++) {
		unsigned code = stls_number(groups, i);

		if (stls_diagnosis_wants_group(facts->choice, code))
			stls_name_list_add_group(&list, code);
	}
	stls_name_list_end(&list);
}

/* Those of other curves, or without one, that this peer would take. */
static unsigned other_keys(const struct stls_refusal *facts)
{
	unsigned keys = stls_diagnosis_keys(facts->policy, facts->hello,
					    facts->choice, 1);
	unsigned key;

	for (key = SMTPTLS_KEY_ECDSA_P256; key <= SMTPTLS_KEY_ECDSA_P521;
	     key <<= 1) {
		if (!stls_has_number(&facts->hello->groups,
				     stls_curve_of_key(key)))
			keys &= ~key;
	}
	return keys;
}

static void write_curve(struct stls_phrase *phrase,
			const struct stls_refusal *facts)
{
	unsigned wanted = other_keys(facts);

	write_offered_groups(phrase, facts);
	stls_phrase_add(phrase, "; ");
	stls_phrase_own(phrase, facts->keys);
	if (wanted)
		stls_write_add_key(phrase, wanted);
	else
		stls_phrase_add(phrase, ": the peer must offer its curve");
}

/* The choice knows no group without a list. */
static void write_no_groups(struct stls_phrase *phrase,
			    const struct stls_refusal *facts)
{
	const struct stls_bytes *suites = &facts->hello->suites;
	const struct stls_suite *suite;
	size_t i;
	int row;

	stls_phrase_add(phrase, "peer offers ECDHE without a list of groups: ");
	for (i = 0; i < stls_numbers(suites); i++) {
		row = stls_suite_by_code(stls_number(suites, i));
		if (row < 0 || row >= STLS_SUITES_OPENSSL)
			continue;
		suite = stls_suite((size_t)row);
		if (!(suite->kx & STLS_KX_ECDHE) &&
		    stls_keys_of_suite(suite) & facts->keys) {
			stls_phrase_add(phrase, "add %s to the ciphers",
					suite->openssl);
			return;
		}
	}
	stls_phrase_add(phrase, "the peer must name some");
}

void stls_write_group(struct stls_phrase *phrase,
		      const struct stls_refusal *facts)
{
	struct stls_diagnosis diagnosis;

	if (!facts->hello->groups.data) {
		write_no_groups(phrase, facts);
		return;
	}
	if (facts->choice->step == STLS_STEP_CURVE) {
		write_curve(phrase, facts);
		return;
	}
	stls_diagnosis_group(facts->policy, facts->hello, facts->choice,
			     &diagnosis);
	write_offered_groups(phrase, facts);
	stls_write_change(phrase, facts, &diagnosis, "groups here",
			  diagnosis.row < 0
				  ? ""
				  : stls_group((size_t)diagnosis.row)->name);
}

/* ---- signatures ---- */

/* The signatures that the peer offers, of certificates of these types. */
static void write_offered_sigalgs(struct stls_phrase *phrase,
				  const struct stls_refusal *facts,
				  unsigned keys)
{
	struct stls_name_list list = { phrase, SHOWN, 0 };
	size_t i;

	for (i = 0; i < stls_offered_sigalgs(facts->hello); i++) {
		unsigned code = stls_offered_sigalg(facts->hello, i);

		if (keys == STLS_KEYS ||
		    stls_diagnosis_sigalg_keys(facts->policy, facts->choice,
					       code) &
			    keys)
			stls_name_list_add_sigalg(&list, code);
	}
	stls_name_list_end(&list);
}

/* 1 when the peer offers what a longer RSA key could sign by. */
static int lacks_length(const struct stls_refusal *facts)
{
	size_t i;

	for (i = 0; i < stls_offered_sigalgs(facts->hello); i++) {
		if (stls_keys_too_short(facts->keys,
					stls_offered_sigalg(facts->hello, i)))
			return 1;
	}
	return 0;
}

static void write_length(struct stls_phrase *phrase,
			 const struct stls_refusal *facts)
{
	stls_phrase_add(phrase, "peer offers the signatures ");
	write_offered_sigalgs(phrase, facts, STLS_KEYS);
	stls_phrase_add(phrase, ", for which this side's RSA key is too short: "
				"use one of 2048 bits");
}

void stls_write_sigalg(struct stls_phrase *phrase,
		       const struct stls_refusal *facts)
{
	struct stls_diagnosis diagnosis;

	stls_diagnosis_sigalg(facts->policy, facts->hello, facts->keys,
			      facts->choice, &diagnosis);
	if (diagnosis.row < 0 && lacks_length(facts)) {
		write_length(phrase, facts);
		return;
	}
	stls_phrase_add(phrase, facts->hello->sigalgs.data
					? "peer offers the signatures "
					: "peer offers, by naming none, the "
					  "signatures ");
	write_offered_sigalgs(phrase, facts,
			      diagnosis.row < 0 ? STLS_KEYS : facts->keys);
	if (diagnosis.row >= 0) {
		stls_phrase_add(phrase, " for ");
		stls_phrase_keys(phrase, facts->keys, " and ");
	}
	stls_write_change(phrase, facts, &diagnosis, "sigalgs",
			  diagnosis.row < 0
				  ? ""
				  : stls_sigalg((size_t)diagnosis.row)->name);
}

/* No certificate can make a signature that the peer takes. */
void stls_write_signer(struct stls_phrase *phrase,
		       const struct stls_refusal *facts)
{
	unsigned wanted = stls_diagnosis_keys(facts->policy, facts->hello,
					      facts->choice, 1) &
			  ~facts->keys;
	int common = wanted != 0;

	if (!common)
		wanted = stls_diagnosis_keys(facts->policy, facts->hello,
					     facts->choice, 0) &
			 ~facts->keys;
	stls_phrase_add(phrase, "peer offers ");
	stls_phrase_versions(phrase, stls_version_bit(facts->choice->version));
	stls_phrase_add(phrase, " with the signatures ");
	write_offered_sigalgs(phrase, facts, STLS_KEYS);
	if (facts->reason == SMTPTLS_REASON_KEY_USAGE) {
		stls_write_lacks_usage(phrase,
				       wanted & SMTPTLS_KEY_RSA_SIGN &&
						       facts->keys &
							       STLS_KEYS_RSA
					       ? "RSA"
					       : "ECDSA",
				       "digitalSignature");
		return;
	}
	stls_phrase_add(phrase, "; ");
	stls_phrase_own(phrase, facts->keys);
	stls_write_add_key(phrase, wanted);
	if (!common)
		stls_phrase_add(phrase, " and its signature to the sigalgs");
}
