/* SPDX-License-Identifier: MIT */
/*
 * policy/reason: reasons as sentences.
 *
 * A refusal helps only when it says what met what: what the peer offers, what
 * of this side's settings has none of it, and the setting that would change
 * that. Everything is found anew from policy and hello, at the time of the
 * refusal, so that a choice that succeeds keeps no notes. Nothing is allocated.
 *
 * No byte of the peer's own gets into a sentence unescaped.
 */
#include "policy/reason.h"

#include <string.h>

#include "base/ascii.h"
#include "policy/excluder.h"
#include "policy/key_type.h"
#include "policy/reason_part.h"
#include "policy/session_reason.h"

/* ---- versions ---- */

static const char *protocol(int version)
{
	static const char *const names[] = { "TLSv1", "TLSv1.1", "TLSv1.2",
					     "TLSv1.3" };

	return names[version - STLS_TLS1_0];
}

/* TLS 1.3 is enabled, but no certificate serves it. */
static void write_key_of_tls13(struct stls_words *words,
			       const struct stls_case *facts)
{
	unsigned ecdsa = facts->keys & STLS_KEYS_ECDSA;

	switch (facts->choice->reason) {
	case SMTPTLS_REASON_KEY_USAGE:
		stls_write_lacks_usage(
			words, facts->keys & STLS_KEYS_RSA ? "RSA" : "ECDSA",
			"digitalSignature");
		break;
	case SMTPTLS_REASON_SIGALG:
		ecdsa &= -ecdsa;
		stls_words_add(words, ", for which an ");
		stls_words_keys(words, ecdsa, "");
		stls_words_add(words,
			       " certificate needs a signature of its curve: "
			       "add %s to the sigalgs",
			       ecdsa == SMTPTLS_KEY_ECDSA_P256
				       ? "ecdsa_secp256r1_sha256"
			       : ecdsa == SMTPTLS_KEY_ECDSA_P384
				       ? "ecdsa_secp384r1_sha384"
				       : "ecdsa_secp521r1_sha512");
		break;
	default:
		stls_words_add(words, "; ");
		stls_words_own(words, facts->keys);
		stls_write_add_key(words, SMTPTLS_KEY_RSA_SIGN);
	}
}

/* What is served instead, and what would make it serve this peer. */
static void write_served(struct stls_words *words,
			 const struct stls_case *facts,
			 const struct stls_cure *cure)
{
	uint8_t own = stls_served_versions(facts->policy, facts->keys);
	int hole = (stls_offered_versions(facts->hello) & own) != 0;

	stls_words_add(words, ", this side has ");
	stls_words_versions(words, own);
	if (hole)
		stls_words_add(words, " without TLS 1.%d",
			       cure->row - STLS_TLS1_0);
	if (cure->lack == STLS_LACK_PEER) {
		stls_words_add(words, ": the peer must be changed");
		return;
	}
	if (cure->lack == STLS_LACK_CIPHERSUITES) {
		stls_words_add(words, ": add a suite to the ciphersuites");
		return;
	}
	stls_words_add(words, ": add ");
	if (!cure->asked || cure->lack == STLS_LACK_NAME)
		stls_words_add(words, "%s to the protocols",
			       protocol(cure->row));
	if (cure->lack == STLS_LACK_LEVEL)
		stls_words_add(words, "%s@SECLEVEL=0 to the ciphers",
			       cure->asked ? "" : " and ");
	if (cure->row == STLS_TLS1_3 && !stls_has_ciphersuites(facts->policy))
		stls_words_add(words, " and a suite to the ciphersuites");
	if (hole)
		stls_words_add(words, ", or take the older ones away");
}

static void write_version(struct stls_words *words,
			  const struct stls_case *facts)
{
	struct stls_cure cure;

	stls_cure_version(facts->policy, facts->hello, facts->keys, &cure);
	stls_words_add(words, "peer offers ");
	stls_words_offered(words, facts->hello, STLS_PROTOCOL_TLS);
	switch (cure.lack) {
	case STLS_LACK_KEY:
		write_key_of_tls13(words, facts);
		break;
	case STLS_LACK_SYSTEM:
		stls_words_add(words,
			       ", but the system's GnuTLS policy disables "
			       "TLS 1.%d: enable it there",
			       cure.row - STLS_TLS1_0);
		if (!cure.asked)
			stls_words_add(words, " and add %s to the protocols",
				       protocol(cure.row));
		break;
	case STLS_LACK_GNUTLS:
		stls_words_add(words,
			       ", which GnuTLS does not have beside TLS 1.0 or "
			       "1.1 without TLS 1.2: add TLSv1.2 to the "
			       "protocols");
		break;
	default:
		write_served(words, facts, &cure);
	}
}

static void write_fallback(struct stls_words *words,
			   const struct stls_case *facts)
{
	stls_words_add(words, "peer fell back to ");
	stls_words_versions(words, stls_version_bit(facts->choice->version));
	stls_words_add(words, " although this side has ");
	stls_words_versions(words,
			    stls_served_versions(facts->policy, facts->keys));
	stls_words_add(words,
		       ": find out why its first attempt failed (RFC 7507)");
}

/* ---- suites ---- */

/* The peer offers so much, and not one of it is left. */
void stls_write_offer(struct stls_words *words, const struct stls_case *facts)
{
	stls_words_add(words, "peer offers ");
	stls_words_versions(words, stls_version_bit(facts->choice->version));
	stls_words_add(words, " with ");
	stls_words_suites(words, facts->hello, facts->choice->version);
}

/* The word of the ciphers that excludes it, for people; 0: there is none. */
int stls_find_word(const struct stls_case *facts,
		   const struct stls_suite *suite, char shown[32])
{
	struct stls_span word;

	if (!stls_find_excluder(facts->policy->ciphers, suite, &word))
		return 0;
	(void)stls_ascii_escape(
		shown, 32, facts->policy->ciphers + word.position, word.length);
	return 1;
}

static void write_suites(struct stls_words *words,
			 const struct stls_case *facts)
{
	const struct stls_suite *suite;
	struct stls_cure cure;
	char word[32];

	stls_cure_suite(facts->policy, facts->hello, facts->keys, 0,
			facts->choice, &cure);
	if (cure.row < 0) {
		stls_words_add(words, "peer offers ");
		stls_words_versions(words,
				    stls_version_bit(facts->choice->version));
		stls_words_add(words,
			       " with no suite that is known here" PEER_MUST);
		return;
	}
	suite = stls_suite((size_t)cure.row);
	stls_write_offer(words, facts);
	switch (cure.lack) {
	case STLS_LACK_SHARED:
		stls_words_add(words,
			       ", and here are no pre-shared keys" PEER_MUST);
		break;
	case STLS_LACK_OPENSSL:
		stls_words_add(
			words,
			", which OpenSSL's ciphers cannot name" PEER_MUST);
		break;
	case STLS_LACK_BARE:
		stls_words_add(words,
			       ", without encryption or certificate" PEER_MUST);
		break;
	default:
		if (cure.lack == STLS_LACK_NAME &&
		    stls_find_word(facts, suite, word))
			stls_words_add(words,
				       ", which \"%s\" in the ciphers "
				       "excludes: remove it",
				       word);
		else
			stls_write_cure(words, facts, &cure,
					suite->min_version == STLS_TLS1_3
						? "ciphersuites"
						: "ciphers",
					stls_suite_name(suite));
	}
}

/* ---- the others ---- */

static const char *hello_error(int error)
{
	switch (error) {
	case STLS_HELLO_LENGTH:
		return "has lengths that do not fit";
	case STLS_HELLO_DUPLICATE:
		return "has the same extension twice";
	case STLS_HELLO_ILLEGAL:
		return "has a value that TLS forbids";
	default:
		return "lacks an extension that TLS 1.3 demands";
	}
}

static void write_sni(struct stls_words *words, const struct stls_case *facts)
{
	char name[80] = "";

	if (facts->hello)
		(void)stls_ascii_escape(name, sizeof(name),
					facts->hello->sni.data,
					facts->hello->sni.len);
	stls_words_add(words,
		       "no certificate has the name \"%s\" that the peer asked "
		       "for: add "
		       "one, or do without strict SNI",
		       name);
}

/* Those that need no facts. */
static const char *fixed(int reason)
{
	switch (reason) {
	case SMTPTLS_REASON_SSL3_HELLO:
		return "peer offers SSLv3 at best, which does not exist here: "
		       "the peer must be changed";
	case SMTPTLS_REASON_UNJUDGED:
		return "the hello was never judged by the policy: the host has "
		       "replaced the session's handshake hook";
	default:
		return stls_end_sentence(reason, 1);
	}
}

static void write_outside(struct stls_words *words,
			  const struct stls_case *facts)
{
	stls_words_add(
		words,
		"GnuTLS agreed to %s, which the policy does not allow: the "
		"host "
		"has replaced the session's priorities, or the peer is broken",
		facts->suite ? stls_suite_name(facts->suite) : "something");
}

/* By where the choice came to its end. */
static void write_of_choice(struct stls_words *words,
			    const struct stls_case *facts)
{
	int reason = facts->choice->reason;

	switch (facts->choice->step) {
	case STLS_STEP_VERSION:
		write_version(words, facts);
		break;
	case STLS_STEP_SUITES:
		write_suites(words, facts);
		break;
	case STLS_STEP_KEY:
		if (reason == SMTPTLS_REASON_NEEDS_RSA)
			stls_write_key(words, facts, "RSA", "ECDSA");
		else if (reason == SMTPTLS_REASON_NEEDS_ECDSA)
			stls_write_key(words, facts, "ECDSA", "RSA");
		else if (reason == SMTPTLS_REASON_KEY_USAGE)
			stls_write_usage(words, facts);
		else
			stls_write_dss(words, facts);
		break;
	case STLS_STEP_CURVE:
	case STLS_STEP_GROUP:
		stls_write_group(words, facts);
		break;
	default:
		if (reason == SMTPTLS_REASON_NEEDS_RSA ||
		    reason == SMTPTLS_REASON_NEEDS_ECDSA ||
		    reason == SMTPTLS_REASON_KEY_USAGE)
			stls_write_signer(words, facts);
		else
			stls_write_sigalg(words, facts);
	}
}

void stls_reason_write(const struct stls_case *facts, char *to, size_t size)
{
	struct stls_words words = { to, size, 0 };

	if (size == 0)
		return;
	to[0] = '\0';
	switch (facts->choice->reason) {
	case SMTPTLS_REASON_NONE:
		break;
	case SMTPTLS_REASON_VERSION:
	case SMTPTLS_REASON_SUITES_EXCLUDED:
	case SMTPTLS_REASON_SECURITY_LEVEL:
	case SMTPTLS_REASON_SYSTEM_POLICY:
	case SMTPTLS_REASON_GNUTLS:
	case SMTPTLS_REASON_NEEDS_RSA:
	case SMTPTLS_REASON_NEEDS_ECDSA:
	case SMTPTLS_REASON_KEY_USAGE:
	case SMTPTLS_REASON_GROUP:
	case SMTPTLS_REASON_SIGALG:
		write_of_choice(&words, facts);
		break;
	case SMTPTLS_REASON_FALLBACK:
		write_fallback(&words, facts);
		break;
	case SMTPTLS_REASON_SNI:
		write_sni(&words, facts);
		break;
	case SMTPTLS_REASON_BAD_HELLO:
		stls_words_add(
			&words,
			"peer's ClientHello %s: the peer must be changed",
			hello_error(facts->error));
		break;
	case SMTPTLS_REASON_OUTSIDE:
		write_outside(&words, facts);
		break;
	default:
		stls_words_add(&words, "%s", fixed(facts->choice->reason));
	}
}
