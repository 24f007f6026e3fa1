/* SPDX-License-Identifier: MIT */
/*
 * reason/refusal_sentence: why a hello was refused, as a sentence.
 *
 * A refusal helps only when it says what met what: what the peer offers, what
 * keeps it off, and the changes that let it in. Of the handshake that is the
 * easiest to have the first part that is kept off is told of; the changes are
 * all there. A sentence is whole within its 255 bytes: lists are shortened
 * until it fits.
 *
 * No byte of the peer's own gets into a sentence unescaped.
 */
#include "reason/refusal_sentence.h"

#include <string.h>

#include "base/ascii.h"
#include "reason/change_clause.h"
#include "reason/diagnosis_sentence.h"
#include "reason/session_end.h"
#include "selection/version.h"

/* ---- the others ---- */

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

/* No change here would make up for it. */
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
		write_sni(phrase, facts);
		break;
	case SMTPTLS_REASON_BAD_HELLO:
		stls_phrase_add(phrase,
				"peer's ClientHello %s: the peer must be "
				"changed",
				hello_error(facts->error));
		break;
	case SMTPTLS_REASON_OUTSIDE:
		write_outside(phrase, facts);
		break;
	case SMTPTLS_REASON_SSL3_HELLO:
		stls_phrase_add(phrase, "peer offers SSLv3 at best, which does "
					"not exist here: ");
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
	static const char cut[] = "...";
	char text[2 * sizeof(advice->text)];
	size_t len;
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
		writer.phrase.size = sizeof(text);
		writer.phrase.len = 0;
		write(&writer);
	} while (writer.phrase.len >= sizeof(advice->text) && !writer.terse);
	len = writer.phrase.len;
	if (len >= sizeof(advice->text)) {
		/* Five lists at once: the changes have it all. */
		len = sizeof(advice->text) - sizeof(cut);
		memcpy(text + len, cut, sizeof(cut));
		len += sizeof(cut) - 1;
	}
	memcpy(advice->text, text, len + 1);
}
