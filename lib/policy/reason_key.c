/* SPDX-License-Identifier: MIT */
/*
 * policy/reason_key: the sentences of certificates, groups and signatures.
 *
 * For a choice that has come as far as that, and no farther. What would change
 * it is said by the same words for all settings.
 */
#include "policy/reason_part.h"

#include <string.h>

#include "policy/key_type.h"

/* So many groups and signatures are shown of a list. */
#define SHOWN 2

/* ---- cures ---- */

void stls_write_cure(struct stls_words *words, const struct stls_case *facts,
		     const struct stls_cure *cure, const char *setting,
		     const char *name)
{
	int in_ciphers = strcmp(setting, "ciphers") == 0;

	switch (cure->lack) {
	case STLS_LACK_NAME:
		if (facts->policy->suiteb != STLS_SUITEB_NONE)
			stls_words_add(words,
				       ", which SUITEB in the ciphers leaves "
				       "out: remove it");
		else
			stls_words_add(words,
				       ", which the %s do not name: add %s to "
				       "them",
				       setting, name);
		break;
	case STLS_LACK_LEVEL:
		stls_words_add(words, ", which security level %d forbids: add ",
			       facts->policy->security_level);
		if (!cure->asked)
			stls_words_add(words, "%s%s%s and ", name,
				       in_ciphers ? "" : " to the ",
				       in_ciphers ? "" : setting);
		stls_words_add(words, "@SECLEVEL=%d to the ciphers",
			       cure->level);
		break;
	case STLS_LACK_SYSTEM:
		stls_words_add(words,
			       ", which the system's GnuTLS policy disables: "
			       "enable %s there",
			       name);
		if (!cure->asked)
			stls_words_add(words, " and add it to the %s", setting);
		break;
	case STLS_LACK_GNUTLS:
		stls_words_add(
			words,
			", which the loaded GnuTLS does not have" PEER_MUST);
		break;
	default:
		stls_words_add(words,
			       ", of which none can be used here" PEER_MUST);
	}
}

/* One of RSA, and one without it: more would be a catalogue. */
void stls_write_add_key(struct stls_words *words, unsigned wanted)
{
	unsigned rsa = wanted & STLS_KEYS_RSA,
		 other = wanted & ~(unsigned)STLS_KEYS_RSA;

	stls_words_add(words, ": add an ");
	stls_words_keys(words, (rsa & -rsa) | (other & -other), " or ");
	stls_words_add(words, " certificate");
}

void stls_write_lacks_usage(struct stls_words *words, const char *type,
			    const char *usage)
{
	stls_words_add(words,
		       ", but the %s certificate's keyUsage lacks %s: have it "
		       "issued with that",
		       type, usage);
}

/* ---- certificates ---- */

/* Whether the peer has suites for a certificate that is there. */
static int offers_own_type(const struct stls_case *facts)
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
static void write_or_suite(struct stls_words *words,
			   const struct stls_case *facts, const char *before)
{
	const struct stls_suite *suite;
	struct stls_cure cure;
	char word[32];

	stls_cure_suite(facts->policy, facts->hello, facts->keys, 1,
			facts->choice, &cure);
	if (cure.lack != STLS_LACK_NAME)
		return;
	suite = stls_suite((size_t)cure.row);
	if (stls_find_word(facts, suite, word))
		stls_words_add(words, "%sremove \"%s\" from the ciphers",
			       before, word);
	else
		stls_words_add(words, "%sadd %s to the ciphers", before,
			       suite->openssl);
}

/* The peer has suites of one type only, or this side leaves it no other. */
void stls_write_key(struct stls_words *words, const struct stls_case *facts,
		    const char *type, const char *other)
{
	uint8_t versions =
		(uint8_t)(2 * stls_version_bit(facts->choice->version) - 1);

	if (!(facts->keys & STLS_KEYS)) {
		stls_write_offer(words, facts);
		stls_words_add(words, "; ");
	} else {
		stls_words_add(words, "peer offers ");
		stls_words_offered(words, facts->hello, versions);
		stls_words_add(words, " with ");
		if (offers_own_type(facts))
			stls_words_add(words,
				       "%s and %s suites, of which this side "
				       "allows %s only; ",
				       type, other, type);
		else
			stls_words_add(words, "%s suites only; ", type);
	}
	stls_words_own(words, facts->keys);
	stls_words_add(words, ": add an %s certificate", type);
	write_or_suite(words, facts, ", or ");
}

void stls_write_usage(struct stls_words *words, const struct stls_case *facts)
{
	const struct stls_suite *suite = stls_suite(facts->choice->suite);

	stls_write_offer(words, facts);
	stls_write_lacks_usage(words,
			       suite->au & STLS_AU_ECDSA ? "ECDSA" : "RSA",
			       suite->kx & STLS_KX_RSA ? "keyEncipherment"
						       : "digitalSignature");
}

/* GnuTLS signs nothing by DSA. */
void stls_write_dss(struct stls_words *words, const struct stls_case *facts)
{
	size_t len;

	stls_write_offer(words, facts);
	stls_words_add(words, ", which the loaded GnuTLS does not have");
	len = words->len;
	write_or_suite(words, facts, ": ");
	if (words->len == len)
		stls_words_add(words, PEER_MUST);
}

/* ---- groups ---- */

static void write_offered_groups(struct stls_words *words,
				 const struct stls_case *facts)
{
	struct stls_word_list list = { words, SHOWN, 0 };
	const struct stls_bytes *groups = &facts->hello->groups;
	size_t i;

	stls_words_add(words, "peer offers the groups ");
	for (i = 0; i < stls_numbers(groups); i++) {
		unsigned code = stls_number(groups, i);

		if (stls_cure_wants_group(facts->choice, code))
			stls_list_add_group(&list, code);
	}
	stls_list_end(&list);
}

/* Those of other curves, or without one, that this peer would take. */
static unsigned other_keys(const struct stls_case *facts)
{
	unsigned keys =
		stls_cure_keys(facts->policy, facts->hello, facts->choice, 1);
	unsigned key;

	for (key = SMTPTLS_KEY_ECDSA_P256; key <= SMTPTLS_KEY_ECDSA_P521;
	     key <<= 1) {
		if (!stls_has_number(&facts->hello->groups,
				     stls_curve_of_key(key)))
			keys &= ~key;
	}
	return keys;
}

static void write_curve(struct stls_words *words, const struct stls_case *facts)
{
	unsigned wanted = other_keys(facts);

	write_offered_groups(words, facts);
	stls_words_add(words, "; ");
	stls_words_own(words, facts->keys);
	if (wanted)
		stls_write_add_key(words, wanted);
	else
		stls_words_add(words, ": the peer must offer its curve");
}

/* The choice knows no group without a list. */
static void write_no_groups(struct stls_words *words,
			    const struct stls_case *facts)
{
	const struct stls_bytes *suites = &facts->hello->suites;
	const struct stls_suite *suite;
	size_t i;
	int row;

	stls_words_add(words, "peer offers ECDHE without a list of groups: ");
	for (i = 0; i < stls_numbers(suites); i++) {
		row = stls_suite_by_code(stls_number(suites, i));
		if (row < 0 || row >= STLS_SUITES_OPENSSL)
			continue;
		suite = stls_suite((size_t)row);
		if (!(suite->kx & STLS_KX_ECDHE) &&
		    stls_keys_of_suite(suite) & facts->keys) {
			stls_words_add(words, "add %s to the ciphers",
				       suite->openssl);
			return;
		}
	}
	stls_words_add(words, "the peer must name some");
}

void stls_write_group(struct stls_words *words, const struct stls_case *facts)
{
	struct stls_cure cure;

	if (!facts->hello->groups.data) {
		write_no_groups(words, facts);
		return;
	}
	if (facts->choice->step == STLS_STEP_CURVE) {
		write_curve(words, facts);
		return;
	}
	stls_cure_group(facts->policy, facts->hello, facts->choice, &cure);
	write_offered_groups(words, facts);
	stls_write_cure(words, facts, &cure, "groups here",
			cure.row < 0 ? "" : stls_group((size_t)cure.row)->name);
}

/* ---- signatures ---- */

/* The signatures that the peer offers, of certificates of these types. */
static void write_offered_sigalgs(struct stls_words *words,
				  const struct stls_case *facts, unsigned keys)
{
	struct stls_word_list list = { words, SHOWN, 0 };
	size_t i;

	for (i = 0; i < stls_offered_sigalgs(facts->hello); i++) {
		unsigned code = stls_offered_sigalg(facts->hello, i);

		if (keys == STLS_KEYS ||
		    stls_cure_sigalg_keys(facts->policy, facts->choice, code) &
			    keys)
			stls_list_add_sigalg(&list, code);
	}
	stls_list_end(&list);
}

void stls_write_sigalg(struct stls_words *words, const struct stls_case *facts)
{
	struct stls_cure cure;

	stls_cure_sigalg(facts->policy, facts->hello, facts->keys,
			 facts->choice, &cure);
	stls_words_add(words, facts->hello->sigalgs.data
				      ? "peer offers the signatures "
				      : "peer offers, by naming none, the "
					"signatures ");
	write_offered_sigalgs(words, facts,
			      cure.row < 0 ? STLS_KEYS : facts->keys);
	if (cure.row >= 0) {
		stls_words_add(words, " for ");
		stls_words_keys(words, facts->keys, " and ");
	}
	stls_write_cure(words, facts, &cure, "sigalgs",
			cure.row < 0 ? ""
				     : stls_sigalg((size_t)cure.row)->name);
}

/* No certificate can make a signature that the peer takes. */
void stls_write_signer(struct stls_words *words, const struct stls_case *facts)
{
	unsigned wanted =
		stls_cure_keys(facts->policy, facts->hello, facts->choice, 1) &
		~facts->keys;
	int common = wanted != 0;

	if (!common)
		wanted = stls_cure_keys(facts->policy, facts->hello,
					facts->choice, 0) &
			 ~facts->keys;
	stls_words_add(words, "peer offers ");
	stls_words_versions(words, stls_version_bit(facts->choice->version));
	stls_words_add(words, " with the signatures ");
	write_offered_sigalgs(words, facts, STLS_KEYS);
	if (facts->choice->reason == SMTPTLS_REASON_KEY_USAGE) {
		stls_write_lacks_usage(words,
				       wanted & SMTPTLS_KEY_RSA_SIGN &&
						       facts->keys &
							       STLS_KEYS_RSA
					       ? "RSA"
					       : "ECDSA",
				       "digitalSignature");
		return;
	}
	stls_words_add(words, "; ");
	stls_words_own(words, facts->keys);
	stls_write_add_key(words, wanted);
	if (!common)
		stls_words_add(words, " and its signature to the sigalgs");
}
