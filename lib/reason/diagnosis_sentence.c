/* SPDX-License-Identifier: MIT */
/*
 * reason/diagnosis_sentence: a diagnosis in words.
 *
 * Of the handshake that is easiest to enable, the first part that is prevented
 * is described: what the peer offers there, beginning with that part, and what
 * prevents it. Then come all the changes, with their side effects.
 */
#include "reason/diagnosis_sentence.h"

#include <string.h>

#include "policy/key_type.h"
#include "reason/change_clause.h"
#include "reason/excluding_word.h"
#include "reason/handshake_part.h"
#include "selection/version.h"

/* The word of a setting that must be removed or replaced, or NULL. */
static const char *word_in_the_way(const struct stls_writer *writer,
				   int setting)
{
	const struct smtptls_advice *advice = writer->advice;
	int i;

	for (i = 0; i < advice->change_count; i++) {
		const struct smtptls_change *change = &advice->changes[i];

		if (change->setting == setting && change->word[0] != '@' &&
		    (change->action == SMTPTLS_CHANGE_REMOVE ||
		     change->action == SMTPTLS_CHANGE_REPLACE))
			return change->word;
	}
	return NULL;
}

/* Write the obstacle to what the peer offers, as a clause with "which". */
static void write_obstacle(struct stls_writer *writer, uint8_t off, int setting,
			   const char *name)
{
	struct stls_phrase *phrase = &writer->phrase;
	const char *word = word_in_the_way(writer, setting);

	if (off & STLS_OFF_SYSTEM)
		stls_phrase_add(phrase,
				", which the system's GnuTLS policy disables");
	else if (writer->diagnosis->suiteb_off)
		stls_phrase_add(
			phrase, ", which \"%.*s\" in the ciphers leaves out",
			(int)strcspn(writer->facts->policy->given.ciphers,
				     ":,; "),
			writer->facts->policy->given.ciphers);
	else if (off & STLS_OFF_NAME && word)
		stls_phrase_add(phrase, ", which \"%s\" in the %s excludes",
				word, name);
	else if (off & STLS_OFF_LEVEL)
		stls_phrase_add(phrase, ", which security level %d forbids",
				writer->facts->policy->security_level);
	else
		stls_phrase_add(phrase, ", which the %s do not name", name);
}

/* ---- versions ---- */

static void write_version(struct stls_writer *writer)
{
	const struct stls_diagnosis *diagnosis = writer->diagnosis;
	const struct stls_refusal *facts = writer->facts;
	struct stls_phrase *phrase = &writer->phrase;
	uint8_t own = stls_served_versions(facts->policy, facts->keys);
	uint8_t off = diagnosis->version_off;

	stls_phrase_add(phrase, "peer offers ");
	stls_phrase_offered(phrase, facts->hello, STLS_PROTOCOL_TLS);
	if (off & STLS_OFF_SYSTEM) {
		stls_phrase_add(phrase,
				", but the system's GnuTLS policy disables ");
		stls_phrase_versions(phrase, diagnosis->allow_versions);
	} else if (diagnosis->hole) {
		stls_phrase_add(
			phrase,
			", which GnuTLS cannot combine with %s without TLS 1.2",
			diagnosis->version == STLS_TLS1_3 ? "TLS 1.0 or 1.1"
							  : "TLS 1.3");
	} else if (word_in_the_way(writer, SMTPTLS_SETTING_PROTOCOLS) ||
		   (off & (STLS_OFF_LEVEL | STLS_OFF_NAME)) == STLS_OFF_LEVEL) {
		write_obstacle(writer, off, SMTPTLS_SETTING_PROTOCOLS,
			       "protocols");
	} else {
		stls_phrase_add(phrase, ", but this side has ");
		stls_phrase_versions(phrase, own);
		if (stls_offered_versions(facts->hello) & own &&
		    !(own & stls_version_bit(diagnosis->version)))
			stls_phrase_add(phrase, " without TLS 1.%d",
					diagnosis->version - STLS_TLS1_0);
	}
}

/* ---- suites ---- */

static void list_suite(struct stls_name_list *list, uint16_t version, int row)
{
	const struct stls_suite *suite = stls_suite((size_t)row);

	if (stls_version_has_suite(version, suite))
		stls_name_list_add(list, stls_suite_name(suite));
}

/* "peer offers TLS 1.2 with …": the target's suite comes first. */
static void write_offer(struct stls_writer *writer)
{
	const struct stls_diagnosis *diagnosis = writer->diagnosis;
	const struct stls_bytes *suites = &writer->facts->hello->suites;
	struct stls_name_list list = { &writer->phrase, writer->shown, 0 };
	int row, first = -1;
	size_t i;

	stls_phrase_add(&writer->phrase, "peer offers ");
	stls_phrase_versions(&writer->phrase,
			     stls_version_bit(diagnosis->version));
	stls_phrase_add(&writer->phrase, " with ");
	if (!(diagnosis->suite_off & STLS_OFF_PEER)) {
		first = diagnosis->suite;
		list_suite(&list, diagnosis->version, first);
	}
	for (i = 0; i < stls_numbers(suites); i++) {
		row = stls_suite_by_code(stls_number(suites, i));
		if (row >= 0 && row != first)
			list_suite(&list, diagnosis->version, row);
	}
	stls_name_list_end(&list);
}

static void write_groups(struct stls_writer *writer);
static void write_sigalgs(struct stls_writer *writer);

/* 1 if GnuTLS has one of the peer's groups for this version. */
static int has_possible_group(const struct stls_writer *writer)
{
	const struct stls_bytes *groups = &writer->facts->hello->groups;
	size_t i;
	int row;

	for (i = 0; i < stls_numbers(groups); i++) {
		row = stls_group_by_code(stls_number(groups, i));
		if (row >= 0 &&
		    stls_version_has_group(writer->diagnosis->version,
					   stls_number(groups, i)) &&
		    writer->facts->policy->abilities.group[row] != STLS_ABSENT)
			return 1;
	}
	return 0;
}

/* The suites can be used, but no group or no signature goes with them. */
static void write_other_lack(struct stls_writer *writer)
{
	if (has_possible_group(writer))
		write_sigalgs(writer);
	else
		write_groups(writer);
}

static void write_suites_of_peer(struct stls_writer *writer)
{
	static const char *const lacks[] = {
		[STLS_LACK_SHARED] = ", and this side has no pre-shared keys",
		[STLS_LACK_NAME] = ", which OpenSSL's ciphers cannot name",
		[STLS_LACK_BARE] = ", without encryption or certificate",
		[STLS_LACK_GNUTLS] = ", which the loaded GnuTLS does not have",
	};
	struct stls_phrase *phrase = &writer->phrase;

	if (writer->diagnosis->lack == STLS_LACK_OTHER) {
		write_other_lack(writer);
		return;
	}
	if (writer->diagnosis->lack == STLS_LACK_KNOWN) {
		stls_phrase_add(phrase, "peer offers ");
		stls_phrase_versions(
			phrase, stls_version_bit(writer->diagnosis->version));
		stls_phrase_add(phrase, " with no suite that is known here");
		return;
	}
	write_offer(writer);
	stls_phrase_add(phrase, "%s", lacks[writer->diagnosis->lack]);
}

/*
 * Name the word with a - that took the suite out, though not for good: 1, or 0
 * if none did.
 */
static int write_taken_out(struct stls_writer *writer)
{
	const struct stls_diagnosis *diagnosis = writer->diagnosis;
	const char *ciphers = writer->facts->policy->given.ciphers;
	struct stls_excluder excluder = { .sign = 0 };
	size_t at = 0;

	if (!ciphers || diagnosis->suite_off != STLS_OFF_NAME ||
	    diagnosis->suiteb_off || diagnosis->kills > 0)
		return 0;
	while (stls_next_excluder(ciphers, &at, diagnosis->suite, &excluder))
		;
	if (excluder.sign != '-' || excluder.item.length > 40)
		return 0;
	stls_phrase_add(
		&writer->phrase, ", which \"%.*s\" in the ciphers removes",
		(int)excluder.item.length, ciphers + excluder.item.position);
	return 1;
}

static void write_suites(struct stls_writer *writer)
{
	const struct stls_diagnosis *diagnosis = writer->diagnosis;
	int tls13 = diagnosis->version == STLS_TLS1_3;

	if (diagnosis->suite_off & STLS_OFF_PEER) {
		write_suites_of_peer(writer);
		return;
	}
	write_offer(writer);
	if (!tls13 && write_taken_out(writer))
		return;
	write_obstacle(writer, diagnosis->suite_off,
		       tls13 ? SMTPTLS_SETTING_CIPHERSUITES
			     : SMTPTLS_SETTING_CIPHERS,
		       tls13 ? "ciphersuites" : "ciphers");
}

/* ---- groups ---- */

/* The groups for a suite of the target's kind, the target's first. */
static void write_offered_groups(struct stls_writer *writer)
{
	const struct stls_diagnosis *diagnosis = writer->diagnosis;
	const struct stls_bytes *groups = &writer->facts->hello->groups;
	struct stls_name_list list = { &writer->phrase, writer->shown, 0 };
	int dhe = stls_suite(diagnosis->suite)->kx & STLS_KX_DHE;
	unsigned code, first = 0;
	size_t i;

	stls_phrase_add(&writer->phrase, "peer offers the groups ");
	if (diagnosis->group != STLS_NO_GROUP &&
	    !(diagnosis->group_off & STLS_OFF_PEER) && diagnosis->group_off) {
		first = stls_group(diagnosis->group)->code;
		stls_name_list_add_group(&list, first);
	}
	for (i = 0; i < stls_numbers(groups); i++) {
		code = stls_number(groups, i);
		if (code != first &&
		    (diagnosis->version == STLS_TLS1_3 ||
		     (code >= 0x100 && code <= 0x1ff) == (dhe != 0)))
			stls_name_list_add_group(&list, code);
	}
	stls_name_list_end(&list);
}

static void write_groups(struct stls_writer *writer)
{
	const struct stls_diagnosis *diagnosis = writer->diagnosis;
	struct stls_phrase *phrase = &writer->phrase;

	if (!writer->facts->hello->groups.data) {
		stls_phrase_add(phrase,
				"peer offers ECDHE without a list of groups");
		return;
	}
	write_offered_groups(writer);
	if (diagnosis->group_off && !(diagnosis->group_off & STLS_OFF_PEER))
		write_obstacle(writer, diagnosis->group_off,
			       SMTPTLS_SETTING_GROUPS, "groups here");
	else if (diagnosis->group_lack == STLS_LACK_GNUTLS)
		stls_phrase_add(phrase,
				", which the loaded GnuTLS does not have");
	else
		stls_phrase_add(phrase, ", none of which can be used here");
}

/* ---- signatures and certificates ---- */

/* The target's algorithm first, then all others. */
static void write_offered_sigalgs(struct stls_writer *writer)
{
	const struct stls_diagnosis *diagnosis = writer->diagnosis;
	const struct stls_client_hello *hello = writer->facts->hello;
	struct stls_name_list list = { &writer->phrase, writer->shown, 0 };
	unsigned code, first = 0;
	size_t i;

	if (diagnosis->sigalg != STLS_NO_SIGALG && diagnosis->sigalg_off &&
	    !(diagnosis->sigalg_off & STLS_OFF_PEER)) {
		first = stls_sigalg(diagnosis->sigalg)->code;
		stls_name_list_add_sigalg(&list, first);
	}
	for (i = 0; i < stls_offered_sigalgs(hello); i++) {
		code = stls_offered_sigalg(hello, i);
		if (code != first)
			stls_name_list_add_sigalg(&list, code);
	}
	stls_name_list_end(&list);
}

static void write_sigalgs(struct stls_writer *writer)
{
	const struct stls_diagnosis *diagnosis = writer->diagnosis;
	struct stls_phrase *phrase = &writer->phrase;

	stls_phrase_add(
		phrase,
		writer->facts->hello->sigalgs.data
			? "peer offers the signatures "
			: "peer sends no list of signatures, which means ");
	write_offered_sigalgs(writer);
	if (diagnosis->needs_peer) {
		stls_phrase_add(phrase, ", none of which can be used here");
		return;
	}
	write_obstacle(writer, diagnosis->sigalg_off, SMTPTLS_SETTING_SIGALGS,
		       "sigalgs");
}

/* The keys that the peer's suites of the target's version can use. */
static unsigned offered_keys(const struct stls_writer *writer)
{
	const struct stls_bytes *suites = &writer->facts->hello->suites;
	unsigned keys = 0;
	size_t i;
	int row;

	for (i = 0; i < stls_numbers(suites); i++) {
		row = stls_suite_by_code(stls_number(suites, i));
		if (row >= 0 &&
		    stls_version_has_suite(writer->diagnosis->version,
					   stls_suite((size_t)row)))
			keys |= stls_keys_of_suite(stls_suite((size_t)row));
	}
	return keys;
}

/* Write what the peer requires that no certificate here provides. */
static void write_demand(struct stls_writer *writer)
{
	const struct stls_diagnosis *diagnosis = writer->diagnosis;
	const struct stls_client_hello *hello = writer->facts->hello;
	struct stls_phrase *phrase = &writer->phrase;
	unsigned keys = writer->facts->keys & STLS_KEYS,
		 offered = offered_keys(writer), key, known = keys;

	for (key = SMTPTLS_KEY_ECDSA_P256; key <= SMTPTLS_KEY_ECDSA_P521;
	     key <<= 1) {
		if (!stls_has_number(&hello->groups, stls_curve_of_key(key)))
			known &= ~key;
	}
	if (diagnosis->version != STLS_TLS1_3 &&
	    (!keys || writer->diagnosis->key_off & STLS_OFF_USAGE)) {
		write_offer(writer);
	} else if (diagnosis->version != STLS_TLS1_3 && !(offered & keys)) {
		stls_phrase_add(phrase, "peer offers ");
		stls_phrase_offered(
			phrase, hello,
			(uint8_t)(2 * stls_version_bit(diagnosis->version) -
				  1));
		stls_phrase_add(phrase, " with %s suites only",
				offered & STLS_KEYS_RSA ? "RSA" : "ECDSA");
	} else if (diagnosis->version != STLS_TLS1_3 && hello->groups.data &&
		   !(offered & known)) {
		write_offered_groups(writer);
	} else if (diagnosis->version < STLS_TLS1_2) {
		write_offer(writer);
	} else {
		stls_phrase_add(phrase, "peer offers ");
		stls_phrase_versions(phrase,
				     stls_version_bit(diagnosis->version));
		stls_phrase_add(phrase, " with the signatures ");
		write_offered_sigalgs(writer);
	}
}

static void write_key(struct stls_writer *writer)
{
	const struct stls_diagnosis *diagnosis = writer->diagnosis;
	unsigned keys = writer->facts->keys & STLS_KEYS;

	if (diagnosis->key_off & STLS_OFF_SHORT) {
		stls_phrase_add(&writer->phrase, "peer offers the signatures ");
		write_offered_sigalgs(writer);
		stls_phrase_add(&writer->phrase,
				", for which this side's RSA key is too short");
		return;
	}
	write_demand(writer);
	if (diagnosis->key_off & STLS_OFF_USAGE) {
		stls_phrase_add(&writer->phrase,
				", which the keyUsage of the ");
		stls_phrase_keys(&writer->phrase, diagnosis->key, "");
		stls_phrase_add(&writer->phrase, " certificate forbids");
		return;
	}
	stls_phrase_add(&writer->phrase, "; ");
	stls_phrase_own(&writer->phrase, keys);
}

/* ---- the whole sentence ---- */

static void write_versions_only(struct stls_writer *writer)
{
	stls_phrase_add(&writer->phrase, "peer offers ");
	stls_phrase_offered(&writer->phrase, writer->facts->hello,
			    STLS_PROTOCOL_TLS);
}

/* Suite B leaves out a group or signature that would go with its suites. */
static void write_suiteb(struct stls_writer *writer)
{
	if (writer->facts->choice->step == STLS_STEP_SIGALG) {
		write_sigalgs(writer);
		return;
	}
	write_offered_groups(writer);
	write_obstacle(writer, 0, SMTPTLS_SETTING_GROUPS, "groups here");
}

static void write_price(struct stls_writer *writer)
{
	const struct stls_diagnosis *diagnosis = writer->diagnosis;
	struct stls_phrase *phrase = &writer->phrase;

	if (diagnosis->weaker)
		stls_phrase_add(phrase,
				writer->terse ? "; weakens all"
					      : ", which weakens all sessions");
	if (diagnosis->loses)
		stls_phrase_add(phrase, writer->terse
						? "; secp192r1, secp224r1 off"
						: ", which switches secp192r1 "
						  "and secp224r1 off");
	if (diagnosis->raises)
		stls_phrase_add(phrase,
				writer->terse
					? "; TLS 1.%d may fail"
					: "; other TLS 1.%d peers may fail",
				diagnosis->raises - STLS_TLS1_0);
}

void stls_write_changes(struct stls_writer *writer, const char *end)
{
	struct stls_phrase *phrase = &writer->phrase;
	struct stls_writer price = *writer;
	char text[128];

	/* The side effects are always stated: reserve room for them. */
	price.phrase = (struct stls_phrase){ text, sizeof(text), 0 };
	write_price(&price);
	phrase->size -= price.phrase.len + strlen(end);
	stls_phrase_changes(phrase, writer->advice->changes,
			    writer->advice->change_count, writer->terse);
	phrase->size += price.phrase.len + strlen(end);
	write_price(writer);
	stls_phrase_add(phrase, "%s", end);
}

void stls_write_diagnosis(struct stls_writer *writer)
{
	const struct stls_diagnosis *diagnosis = writer->diagnosis;
	struct stls_phrase *phrase = &writer->phrase;

	if (writer->terse)
		;
	else if (writer->shown == 0)
		write_versions_only(writer);
	else if (diagnosis->version_off || diagnosis->hole)
		write_version(writer);
	else if (diagnosis->suite_off)
		write_suites(writer);
	else if (diagnosis->suiteb_off)
		write_suiteb(writer);
	else if (diagnosis->key_off || diagnosis->curve != STLS_NO_GROUP)
		write_key(writer);
	else if (diagnosis->group_off)
		write_groups(writer);
	else
		write_sigalgs(writer);
	if (!writer->terse)
		stls_phrase_add(phrase, ": ");
	stls_write_changes(writer, "");
}
