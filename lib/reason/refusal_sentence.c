/* SPDX-License-Identifier: MIT */
/*
 * reason/refusal_sentence: why a hello was refused, as a sentence.
 *
 * A refusal helps only when it says what met what: what the peer offers, what
 * of this side's settings has none of it, and the setting that would change
 * that. Everything is found anew from policy and hello, at the time of the
 * refusal, so that a choice that succeeds keeps no notes. Nothing is allocated.
 *
 * No byte of the peer's own gets into a sentence unescaped.
 */
#include "reason/refusal_sentence.h"

#include "base/ascii.h"
#include "policy/key_type.h"
#include "reason/key_sentence.h"
#include "reason/sentence_part.h"
#include "reason/session_end.h"
#include "selection/version.h"

/* ---- versions ---- */

static const char *protocol(int version)
{
	static const char *const names[] = { "TLSv1", "TLSv1.1", "TLSv1.2",
					     "TLSv1.3" };

	return names[version - STLS_TLS1_0];
}

/* TLS 1.3 is enabled, but no certificate serves it. */
static void write_key_of_tls13(struct stls_phrase *phrase,
			       const struct stls_refusal *facts)
{
	unsigned ecdsa = facts->keys & STLS_KEYS_ECDSA;

	switch (facts->reason) {
	case SMTPTLS_REASON_KEY_USAGE:
		stls_write_lacks_usage(
			phrase, facts->keys & STLS_KEYS_RSA ? "RSA" : "ECDSA",
			"digitalSignature");
		break;
	case SMTPTLS_REASON_SIGALG:
		ecdsa &= -ecdsa;
		stls_phrase_add(phrase, ", for which an ");
		stls_phrase_keys(phrase, ecdsa, "");
		stls_phrase_add(phrase,
				" certificate needs a signature of its curve: "
				"add %s to the sigalgs",
				ecdsa == SMTPTLS_KEY_ECDSA_P256
					? "ecdsa_secp256r1_sha256"
				: ecdsa == SMTPTLS_KEY_ECDSA_P384
					? "ecdsa_secp384r1_sha384"
					: "ecdsa_secp521r1_sha512");
		break;
	default:
		stls_phrase_add(phrase, "; ");
		stls_phrase_own(phrase, facts->keys);
		stls_write_add_key(phrase, SMTPTLS_KEY_RSA_SIGN);
	}
}

/* What is served instead, and what would make it serve this peer. */
static void write_served(struct stls_phrase *phrase,
			 const struct stls_refusal *facts,
			 const struct stls_diagnosis *diagnosis)
{
	uint8_t own = stls_served_versions(facts->policy, facts->keys);
	int hole = (stls_offered_versions(facts->hello) & own) != 0;

	stls_phrase_add(phrase, ", this side has ");
	stls_phrase_versions(phrase, own);
	if (hole)
		stls_phrase_add(phrase, " without TLS 1.%d",
				diagnosis->row - STLS_TLS1_0);
	if (diagnosis->obstacle == STLS_OBSTACLE_PEER) {
		stls_phrase_add(phrase, ": the peer must be changed");
		return;
	}
	if (diagnosis->obstacle == STLS_OBSTACLE_CIPHERSUITES) {
		stls_phrase_add(phrase, ": add a suite to the ciphersuites");
		return;
	}
	stls_phrase_add(phrase, ": add ");
	if (!diagnosis->asked || diagnosis->obstacle == STLS_OBSTACLE_NAME)
		stls_phrase_add(phrase, "%s to the protocols",
				protocol(diagnosis->row));
	if (diagnosis->obstacle == STLS_OBSTACLE_LEVEL)
		stls_phrase_add(phrase, "%s@SECLEVEL=0 to the ciphers",
				diagnosis->asked ? "" : " and ");
	if (diagnosis->row == STLS_TLS1_3 &&
	    !stls_has_ciphersuites(facts->policy))
		stls_phrase_add(phrase, " and a suite to the ciphersuites");
	if (hole)
		stls_phrase_add(phrase, ", or take the older ones away");
}

static void write_version(struct stls_phrase *phrase,
			  const struct stls_refusal *facts)
{
	struct stls_diagnosis diagnosis;

	stls_diagnosis_version(facts->policy, facts->hello, facts->keys,
			       &diagnosis);
	stls_phrase_add(phrase, "peer offers ");
	stls_phrase_offered(phrase, facts->hello, STLS_PROTOCOL_TLS);
	switch (diagnosis.obstacle) {
	case STLS_OBSTACLE_KEY:
		write_key_of_tls13(phrase, facts);
		break;
	case STLS_OBSTACLE_SYSTEM:
		stls_phrase_add(phrase,
				", but the system's GnuTLS policy disables "
				"TLS 1.%d: enable it there",
				diagnosis.row - STLS_TLS1_0);
		if (!diagnosis.asked)
			stls_phrase_add(phrase, " and add %s to the protocols",
					protocol(diagnosis.row));
		break;
	case STLS_OBSTACLE_GNUTLS:
		stls_phrase_add(
			phrase,
			", which GnuTLS does not have beside TLS 1.0 or "
			"1.1 without TLS 1.2: add TLSv1.2 to the "
			"protocols");
		break;
	default:
		write_served(phrase, facts, &diagnosis);
	}
}

static void write_fallback(struct stls_phrase *phrase,
			   const struct stls_refusal *facts)
{
	stls_phrase_add(phrase, "peer fell back to ");
	stls_phrase_versions(phrase, stls_version_bit(facts->choice->version));
	stls_phrase_add(phrase, " although this side has ");
	stls_phrase_versions(phrase,
			     stls_served_versions(facts->policy, facts->keys));
	stls_phrase_add(phrase,
			": find out why its first attempt failed (RFC 7507)");
}

/* ---- suites ---- */

static void write_suites(struct stls_phrase *phrase,
			 const struct stls_refusal *facts)
{
	const struct stls_suite *suite;
	struct stls_diagnosis diagnosis;
	char word[32];

	stls_diagnosis_suite(facts->policy, facts->hello, facts->keys, 0,
			     facts->choice, &diagnosis);
	if (diagnosis.row < 0) {
		stls_phrase_add(phrase, "peer offers ");
		stls_phrase_versions(phrase,
				     stls_version_bit(facts->choice->version));
		stls_phrase_add(phrase,
				" with no suite that is known here" PEER_MUST);
		return;
	}
	suite = stls_suite((size_t)diagnosis.row);
	stls_write_offer(phrase, facts);
	switch (diagnosis.obstacle) {
	case STLS_OBSTACLE_SHARED:
		stls_phrase_add(phrase,
				", and here are no pre-shared keys" PEER_MUST);
		break;
	case STLS_OBSTACLE_OPENSSL:
		stls_phrase_add(
			phrase,
			", which OpenSSL's ciphers cannot name" PEER_MUST);
		break;
	case STLS_OBSTACLE_BARE:
		stls_phrase_add(
			phrase,
			", without encryption or certificate" PEER_MUST);
		break;
	default:
		if (diagnosis.obstacle == STLS_OBSTACLE_NAME &&
		    stls_find_word(facts, suite, word))
			stls_phrase_add(phrase,
					", which \"%s\" in the ciphers "
					"excludes: remove it",
					word);
		else
			stls_write_change(phrase, facts, &diagnosis,
					  suite->min_version == STLS_TLS1_3
						  ? "ciphersuites"
						  : "ciphers",
					  stls_suite_name(suite));
	}
}

/* ---- malformed hellos ---- */

static const char *extension_name(unsigned number)
{
	switch (number) {
	case 0:
		return "server_name";
	case 10:
		return "supported_groups";
	case 11:
		return "ec_point_formats";
	case 13:
		return "signature_algorithms";
	case 22:
		return "encrypt_then_mac";
	case 23:
		return "extended_master_secret";
	case 35:
		return "session_ticket";
	case 41:
		return "pre_shared_key";
	case 43:
		return "supported_versions";
	case 45:
		return "psk_key_exchange_modes";
	case 50:
		return "signature_algorithms_cert";
	case 51:
		return "key_share";
	case 0xff01:
		return "renegotiation_info";
	default:
		return NULL;
	}
}

/* What is wrong, for those that concern no extension that varies. */
static const char *hello_error(int error)
{
	switch (error) {
	case STLS_HELLO_NAMES:
		return "has two host names in server_name";
	case STLS_HELLO_BINDERS:
		return "has more or fewer binders than pre-shared keys";
	case STLS_HELLO_PSK_PLACE:
		return "has an extension behind pre_shared_key";
	case STLS_HELLO_NO_NULL:
		return "insists on compression";
	case STLS_HELLO_SSL3_VERSION:
		return "has SSLv3's legacy_version beside supported_versions";
	case STLS_HELLO_POINTS:
		return "lacks uncompressed points in ec_point_formats";
	case STLS_HELLO_COMPRESSION:
		return "offers compression, which TLS 1.3 forbids";
	case STLS_HELLO_NO_GROUPS:
		return "lacks supported_groups, which TLS 1.3 demands";
	case STLS_HELLO_NO_SHARES:
		return "lacks key_share, which TLS 1.3 demands";
	case STLS_HELLO_NO_SIGALGS:
		return "lacks signature_algorithms, which TLS 1.3 demands";
	case STLS_HELLO_NO_PSK_MODES:
		return "lacks psk_key_exchange_modes, which pre_shared_key "
		       "demands";
	case STLS_HELLO_SHARE_GROUP:
		return "has a key share of a group that is not among its "
		       "supported_groups";
	case STLS_HELLO_SHARE_TWICE:
		return "has two key shares of the same group";
	default:
		return "has lengths that do not fit";
	}
}

static void write_bad_hello(struct stls_phrase *phrase,
			    const struct stls_refusal *facts)
{
	int error = stls_refusal_hello_error(facts);
	unsigned number = facts->hello ? facts->hello->extension : 0;
	const char *name = extension_name(number);

	stls_phrase_add(phrase, "peer's ClientHello ");
	if (error == STLS_HELLO_EXTENSION)
		stls_phrase_add(phrase, "has lengths that do not fit in %s",
				name);
	else if (error == STLS_HELLO_DUPLICATE && name)
		stls_phrase_add(phrase, "has %s twice", name);
	else if (error == STLS_HELLO_DUPLICATE)
		stls_phrase_add(phrase, "has the extension %u twice", number);
	else
		stls_phrase_add(phrase, "%s", hello_error(error));
	stls_phrase_add(phrase, ": the peer must be changed");
}

/* ---- the others ---- */

static void write_sni(struct stls_phrase *phrase,
		      const struct stls_refusal *facts)
{
	char name[80] = "";

	if (facts->hello)
		(void)stls_ascii_escape(name, sizeof(name),
					facts->hello->sni.data,
					facts->hello->sni.len);
	stls_phrase_add(
		phrase,
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

static void write_outside(struct stls_phrase *phrase,
			  const struct stls_refusal *facts)
{
	stls_phrase_add(
		phrase,
		"GnuTLS agreed to %s, which the policy does not allow: the "
		"host "
		"has replaced the session's priorities, or the peer is broken",
		facts->suite ? stls_suite_name(facts->suite) : "something");
}

/* By the step at which the selection came to its end. */
static void write_of_step(struct stls_phrase *phrase,
			  const struct stls_refusal *facts)
{
	switch (facts->choice->step) {
	case STLS_STEP_VERSION:
		write_version(phrase, facts);
		break;
	case STLS_STEP_SUITES:
		write_suites(phrase, facts);
		break;
	case STLS_STEP_DSS:
		stls_write_dss(phrase, facts);
		break;
	case STLS_STEP_KEY:
		if (facts->reason == SMTPTLS_REASON_NEEDS_RSA)
			stls_write_key(phrase, facts, "RSA", "ECDSA");
		else
			stls_write_key(phrase, facts, "ECDSA", "RSA");
		break;
	case STLS_STEP_USAGE:
		stls_write_usage(phrase, facts);
		break;
	case STLS_STEP_CURVE:
	case STLS_STEP_GROUP:
		stls_write_group(phrase, facts);
		break;
	default:
		if (facts->reason == SMTPTLS_REASON_NEEDS_RSA ||
		    facts->reason == SMTPTLS_REASON_NEEDS_ECDSA ||
		    facts->reason == SMTPTLS_REASON_KEY_USAGE)
			stls_write_signer(phrase, facts);
		else
			stls_write_sigalg(phrase, facts);
	}
}

void stls_refusal_write(const struct stls_refusal *facts, char *to, size_t size)
{
	struct stls_phrase phrase = { to, size, 0 };

	if (size == 0)
		return;
	to[0] = '\0';
	switch (facts->reason) {
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
		write_of_step(&phrase, facts);
		break;
	case SMTPTLS_REASON_FALLBACK:
		write_fallback(&phrase, facts);
		break;
	case SMTPTLS_REASON_SNI:
		write_sni(&phrase, facts);
		break;
	case SMTPTLS_REASON_BAD_HELLO:
		write_bad_hello(&phrase, facts);
		break;
	case SMTPTLS_REASON_OUTSIDE:
		write_outside(&phrase, facts);
		break;
	default:
		stls_phrase_add(&phrase, "%s", fixed(facts->reason));
	}
}
