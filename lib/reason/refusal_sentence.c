/* SPDX-License-Identifier: MIT */
/*
 * reason/refusal_sentence: why a hello was refused, as a sentence.
 *
 * A refusal helps only if it says what conflicts: what the peer offers, what
 * prevents the handshake, and the changes that let the peer in. Of the
 * handshake that is easiest to enable, the first part that is prevented is
 * described, but all changes are listed. A sentence is complete within its 255
 * bytes: lists are shortened until it fits.
 *
 * Nothing that the peer sent gets into a sentence unescaped.
 */
#include "reason/refusal_sentence.h"

#include <string.h>

#include "base/ascii.h"
#include "reason/change_clause.h"
#include "reason/diagnosis_sentence.h"
#include "reason/session_end_sentence.h"
#include "selection/hello_rules.h"
#include "selection/version.h"

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

/* What is wrong, for errors that do not name an extension. */
static const char *hello_error(int error)
{
	switch (error) {
	case STLS_HELLO_NAMES:
		return "has two host names in server_name";
	case STLS_HELLO_BINDERS:
		return "has more or fewer binders than pre-shared keys";
	case STLS_HELLO_PSK_PLACE:
		return "has an extension after pre_shared_key";
	case STLS_HELLO_NO_NULL:
		return "insists on compression";
	case STLS_HELLO_SSL3_VERSION:
		return "has SSLv3's legacy_version alongside "
		       "supported_versions";
	case STLS_HELLO_POINTS:
		return "lacks uncompressed points in ec_point_formats";
	case STLS_HELLO_COMPRESSION:
		return "offers compression, which TLS 1.3 forbids";
	case STLS_HELLO_NO_GROUPS:
		return "lacks supported_groups, which TLS 1.3 requires";
	case STLS_HELLO_NO_SHARES:
		return "lacks key_share, which TLS 1.3 requires";
	case STLS_HELLO_NO_SIGALGS:
		return "lacks signature_algorithms, which TLS 1.3 requires";
	case STLS_HELLO_NO_PSK_MODES:
		return "lacks psk_key_exchange_modes, which pre_shared_key "
		       "requires";
	case STLS_HELLO_SHARE_GROUP:
		return "has a key share for a group that is not among its "
		       "supported_groups";
	case STLS_HELLO_SHARE_TWICE:
		return "has two key shares for the same group";
	default:
		return "has inconsistent lengths";
	}
}

/*
 * If no error was found, no version that the peer offers can be served. Then
 * report the rule broken by the highest of its versions that breaks one.
 */
static int hello_error_of(const struct stls_refusal *facts)
{
	int error = stls_refusal_hello_error(facts);
	unsigned version;

	if (error < 0 || !facts->hello)
		return error;
	for (version = STLS_TLS1_3; version >= STLS_TLS1_0; version--) {
		if (!(stls_offered_versions(facts->hello) &
		      stls_version_bit(version)))
			continue;
		error = stls_check_hello_rules(facts->hello, (uint16_t)version);
		if (error < 0)
			return error;
	}
	return STLS_HELLO_NO_SIGALGS;
}

static void write_bad_hello(struct stls_phrase *phrase,
			    const struct stls_refusal *facts)
{
	int error = hello_error_of(facts);
	unsigned number = facts->hello ? facts->hello->extension : 0;
	const char *name = extension_name(number);

	stls_phrase_add(phrase, "peer's ClientHello ");
	if (error == STLS_HELLO_EXTENSION)
		stls_phrase_add(phrase, "has inconsistent lengths in %s", name);
	else if (error == STLS_HELLO_DUPLICATE && name)
		stls_phrase_add(phrase, "has %s twice", name);
	else if (error == STLS_HELLO_DUPLICATE)
		stls_phrase_add(phrase, "has extension %u twice", number);
	else
		stls_phrase_add(phrase, "%s", hello_error(error));
	stls_phrase_add(phrase, ": the peer must be fixed");
}

/* ---- other sentences ---- */

static void write_fallback(struct stls_writer *writer)
{
	struct stls_phrase *phrase = &writer->phrase;
	const struct stls_refusal *facts = writer->facts;
	uint8_t offered = stls_offered_versions(facts->hello), best = 0x20;

	while (best > 1 && !(offered & best))
		best >>= 1;
	stls_phrase_add(phrase, "peer fell back to ");
	stls_phrase_versions(phrase, best);
	stls_phrase_add(phrase, " although this side has ");
	stls_phrase_versions(phrase,
			     stls_served_versions(facts->policy, facts->keys));
	stls_phrase_add(phrase, ": ");
	stls_phrase_changes(phrase, writer->advice->changes,
			    writer->advice->change_count, writer->terse);
	stls_phrase_add(phrase,
			"; find out why its first attempt failed (RFC 7507)");
}

static void write_sni(struct stls_writer *writer)
{
	struct stls_phrase *phrase = &writer->phrase;
	const struct stls_refusal *facts = writer->facts;
	const struct smtptls_advice *advice = writer->advice;
	char name[80] = "";

	if (facts->hello)
		(void)stls_ascii_escape(name, sizeof(name),
					facts->hello->sni.data,
					facts->hello->sni.len);
	stls_phrase_add(phrase,
			writer->terse
				? "no certificate has the name \"%s\": "
				: "no certificate has the name \"%s\" that the "
				  "peer asked for: ",
			name);
	if (advice->change_count == 0) {
		stls_phrase_add(
			phrase,
			"it must ask for another, or turn off strict SNI here");
		return;
	}
	stls_write_changes(writer, advice->change_count == 1
					   ? ", or turn off strict SNI"
					   : "");
}

/* Sentences that need no facts. */
static const char *fixed(int reason)
{
	switch (reason) {
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

/* 1 if the peer must try again: no change here would do instead. */
static int is_fallback(const struct stls_writer *writer)
{
	return writer->advice->change_count > 0 && writer->facts->hello &&
	       writer->facts->hello->fallback_scsv &&
	       writer->advice->changes[0].setting == SMTPTLS_SETTING_PEER &&
	       (writer->diagnosis->version_off & STLS_OFF_PEER ||
		!writer->diagnosis->version);
}

static void write(struct stls_writer *writer)
{
	const struct stls_refusal *facts = writer->facts;
	struct stls_phrase *phrase = &writer->phrase;

	switch (writer->advice->reason) {
	case SMTPTLS_REASON_SNI:
		write_sni(writer);
		break;
	case SMTPTLS_REASON_BAD_HELLO:
		write_bad_hello(phrase, facts);
		break;
	case SMTPTLS_REASON_OUTSIDE:
		write_outside(phrase, facts);
		break;
	case SMTPTLS_REASON_SSL3_HELLO:
		stls_phrase_add(phrase, "peer offers SSLv3 at best, which is "
					"not supported here: ");
		stls_phrase_changes(phrase, writer->advice->changes,
				    writer->advice->change_count,
				    writer->terse);
		break;
	default:
		if (is_fallback(writer))
			write_fallback(writer);
		else if (writer->diagnosis->version)
			stls_write_diagnosis(writer);
		else
			stls_phrase_add(phrase, "%s",
					fixed(writer->advice->reason));
	}
}

void stls_refusal_write(const struct stls_refusal *refusal,
			const struct stls_diagnosis *diagnosis,
			struct smtptls_advice *advice)
{
	char text[2 * sizeof(advice->text)] = "";
	struct stls_writer writer = { .facts = refusal,
				      .diagnosis = diagnosis,
				      .advice = advice,
				      .shown = 4 };

	do {
		if (writer.shown > 0)
			writer.shown--;
		else
			writer.terse = 1;
		text[0] = '\0';
		writer.phrase.to = text;
		/* In the last round, what does not fit is only counted. */
		writer.phrase.size =
			writer.terse ? sizeof(advice->text) : sizeof(text);
		writer.phrase.len = 0;
		write(&writer);
	} while (!writer.terse &&
		 writer.phrase.len + 1 >= sizeof(advice->text));
	memcpy(advice->text, text, writer.phrase.len + 1);
}
