/* SPDX-License-Identifier: MIT */
/*
 * reason/sentence_part: what the sentences of refusals have in common: what the
 * peer offers, and what would change it, by the same words for all settings.
 */
#include "reason/sentence_part.h"

#include <string.h>

#include "base/ascii.h"
#include "policy/key_type.h"
#include "reason/excluding_word.h"
#include "selection/version.h"

/* The peer offers so much, and not one of it is left. */
void stls_write_offer(struct stls_phrase *phrase,
		      const struct stls_refusal *facts)
{
	stls_phrase_add(phrase, "peer offers ");
	stls_phrase_versions(phrase, stls_version_bit(facts->choice->version));
	stls_phrase_add(phrase, " with ");
	stls_phrase_suites(phrase, facts->hello, facts->choice->version);
}

/* The word of the ciphers that excludes it, for people; 0: there is none. */
int stls_find_word(const struct stls_refusal *facts,
		   const struct stls_suite *suite, char shown[32])
{
	struct stls_span word;

	if (!stls_find_excluding_word(facts->policy->ciphers, suite, &word))
		return 0;
	(void)stls_ascii_escape(
		shown, 32, facts->policy->ciphers + word.position, word.length);
	return 1;
}

void stls_write_change(struct stls_phrase *phrase,
		       const struct stls_refusal *facts,
		       const struct stls_diagnosis *diagnosis,
		       const char *setting, const char *name)
{
	int in_ciphers = strcmp(setting, "ciphers") == 0;

	switch (diagnosis->obstacle) {
	case STLS_OBSTACLE_NAME:
		if (facts->policy->suiteb != STLS_SUITEB_NONE)
			stls_phrase_add(phrase,
					", which SUITEB in the ciphers leaves "
					"out: remove it");
		else
			stls_phrase_add(phrase,
					", which the %s do not name: add %s to "
					"them",
					setting, name);
		break;
	case STLS_OBSTACLE_LEVEL:
		stls_phrase_add(phrase,
				", which security level %d forbids: add ",
				facts->policy->security_level);
		if (!diagnosis->asked)
			stls_phrase_add(phrase, "%s%s%s and ", name,
					in_ciphers ? "" : " to the ",
					in_ciphers ? "" : setting);
		stls_phrase_add(phrase, "@SECLEVEL=%d to the ciphers",
				diagnosis->level);
		break;
	case STLS_OBSTACLE_SYSTEM:
		stls_phrase_add(phrase,
				", which the system's GnuTLS policy disables: "
				"enable %s there",
				name);
		if (!diagnosis->asked)
			stls_phrase_add(phrase, " and add it to the %s",
					setting);
		break;
	case STLS_OBSTACLE_GNUTLS:
		stls_phrase_add(
			phrase,
			", which the loaded GnuTLS does not have" PEER_MUST);
		break;
	default:
		stls_phrase_add(phrase,
				", of which none can be used here" PEER_MUST);
	}
}

/* One of RSA, and one without it: more would be a catalogue. */
void stls_write_add_key(struct stls_phrase *phrase, unsigned wanted)
{
	unsigned rsa = wanted & STLS_KEYS_RSA,
		 other = wanted & ~(unsigned)STLS_KEYS_RSA;

	stls_phrase_add(phrase, ": add an ");
	stls_phrase_keys(phrase, (rsa & -rsa) | (other & -other), " or ");
	stls_phrase_add(phrase, " certificate");
}

void stls_write_lacks_usage(struct stls_phrase *phrase, const char *type,
			    const char *usage)
{
	stls_phrase_add(phrase,
			", but the %s certificate's keyUsage lacks %s: have it "
			"issued with that",
			type, usage);
}
