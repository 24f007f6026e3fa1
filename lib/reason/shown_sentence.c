/* SPDX-License-Identifier: MIT */
/*
 * reason/shown_sentence: what may be wrong with the certificate that a peer was
 * shown, in words and as changes.
 *
 * Peers refuse a certificate with whatever alert they please, or with none. So
 * everything that can be seen from here is said: what fits the alert first, and
 * what is certain before what may be in order, such as a chain without its
 * root.
 */
#include "reason/shown_sentence.h"

#include <stdio.h>
#include <string.h>

#include "reason/change.h"
#include "reason/change_list.h"

#define TEXT_MAX 255

/* Widths of names: in full, and two shorter ones to try if space is short. */
static const int widths[] = { STLS_SHOWN_NAME_SIZE - 1, 24, 12 };

/* In the order in which a peer is likely to check them. */
static const unsigned order[] = {
	STLS_SHOWN_NAME,   STLS_SHOWN_EXPIRED, STLS_SHOWN_EARLY,
	STLS_SHOWN_NO_SAN, STLS_SHOWN_CLIENTS, STLS_SHOWN_STATUS,
	STLS_SHOWN_SHORT,  STLS_SHOWN_HASH,    STLS_SHOWN_SELF,
	STLS_SHOWN_ALONE,
};

#define FAULTS (sizeof(order) / sizeof(order[0]))

/* Sort the faults into the order in which they are told. Returns how many. */
static size_t sort(const struct stls_shown *shown, unsigned first,
		   unsigned fault[FAULTS])
{
	size_t i, n = 0;

	for (i = 0; i < FAULTS; i++) {
		if (order[i] & shown->faults & first)
			fault[n++] = order[i];
	}
	for (i = 0; i < FAULTS; i++) {
		if (order[i] & shown->faults & ~first)
			fault[n++] = order[i];
	}
	return n;
}

/* ---- words ---- */

/* A name; if longer than `width`, it is cut and ends in dots. */
static const char *shorten(const char *name, int width,
			   char text[STLS_SHOWN_NAME_SIZE])
{
	if ((int)strlen(name) <= width)
		return name;
	(void)snprintf(text, STLS_SHOWN_NAME_SIZE, "%.*s...", width - 3, name);
	return text;
}

static void add_fault(struct stls_phrase *phrase,
		      const struct stls_shown *shown, unsigned fault,
		      const char *it, int width)
{
	char text[STLS_SHOWN_NAME_SIZE];

	switch (fault) {
	case STLS_SHOWN_NAME:
		stls_phrase_add(phrase,
				"it asked for \"%s\", which %s lacks: add one "
				"with that name",
				shorten(shown->asked, width, text),
				it[0] == 'i' ? "the certificate" : it);
		break;
	case STLS_SHOWN_EXPIRED:
		stls_phrase_add(phrase, "%s expired on %s: renew it", it,
				shown->date);
		break;
	case STLS_SHOWN_EARLY:
		stls_phrase_add(phrase,
				"%s is not valid before %s: set the clock "
				"right, or use one that is valid",
				it, shown->date);
		break;
	case STLS_SHOWN_NO_SAN:
		stls_phrase_add(phrase,
				"%s has no host name in its SAN: have it "
				"issued with one",
				it);
		break;
	case STLS_SHOWN_CLIENTS:
		stls_phrase_add(phrase,
				"%s is for TLS clients only: have it issued "
				"with the purpose serverAuth",
				it);
		break;
	case STLS_SHOWN_STATUS:
		stls_phrase_add(
			phrase,
			"%s demands an OCSP status (must-staple), which is not "
			"sent: have it issued without that",
			it);
		break;
	case STLS_SHOWN_SHORT:
		stls_phrase_add(phrase,
				"%s has a key of %u bits: make one of 2048", it,
				shown->bits);
		break;
	case STLS_SHOWN_HASH:
		stls_phrase_add(phrase,
				"%s, or one above it, is signed with %s: have "
				"it signed with SHA-256",
				it, shown->hash);
		break;
	case STLS_SHOWN_SELF:
		stls_phrase_add(phrase,
				"%s is self-signed: have an authority sign it, "
				"or the peer trust it",
				it);
		break;
	default:
		stls_phrase_add(
			phrase,
			"%s was sent without its issuer \"%s\": add that after "
			"it or, if a root, have the peer trust it",
			it, shorten(shown->authority, width, text));
		break;
	}
}

/* Add one more fault if it fits: 1, or 0 with nothing added. */
static int add_fitting(struct stls_phrase *phrase,
		       const struct stls_shown *shown, unsigned fault,
		       const char *it)
{
	char text[2 * TEXT_MAX] = "";
	struct stls_phrase clause;
	size_t i;

	for (i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		clause = (struct stls_phrase){ text, sizeof(text), 0 };
		add_fault(&clause, shown, fault, it, widths[i]);
		if (phrase->len + 2 + clause.len <= TEXT_MAX) {
			stls_phrase_add(phrase, "%s%s",
					it[0] == 'i' ? "; " : "", text);
			return 1;
		}
	}
	return 0;
}

int stls_phrase_shown(struct stls_phrase *phrase,
		      const struct stls_shown *shown, unsigned first)
{
	unsigned fault[FAULTS];
	size_t i, n = sort(shown, first, fault);
	char name[48] = "the certificate";
	int count = 0;

	if (shown->among)
		(void)snprintf(name, sizeof(name), "the %s certificate",
			       stls_key_name(shown->key));
	for (i = 0; i < n; i++)
		count += add_fitting(phrase, shown, fault[i],
				     count > 0 ? "it" : name);
	return count;
}

/* ---- changes ---- */

/* What to have the certificate issued with, or NULL if that is not the cure. */
static const char *issued_with(unsigned fault)
{
	switch (fault) {
	case STLS_SHOWN_EXPIRED:
		return "notAfter";
	case STLS_SHOWN_EARLY:
		return "notBefore";
	case STLS_SHOWN_NO_SAN:
		return "subjectAltName";
	case STLS_SHOWN_CLIENTS:
		return "serverAuth";
	case STLS_SHOWN_STATUS:
		return "no must-staple";
	case STLS_SHOWN_SHORT:
		return "2048 bits";
	case STLS_SHOWN_HASH:
		return "SHA-256";
	case STLS_SHOWN_SELF:
		return "issuer";
	default:
		return NULL;
	}
}

int stls_shown_changes(const struct stls_shown *shown, unsigned first,
		       struct smtptls_change changes[SMTPTLS_CHANGES])
{
	struct stls_change_list list = { .change = changes };
	const char *key = stls_key_name(shown->key), *with;
	unsigned fault[FAULTS];
	size_t i, n = sort(shown, first, fault);

	memset(changes, 0, SMTPTLS_CHANGES * sizeof(changes[0]));
	for (i = 0; i < n; i++) {
		with = issued_with(fault[i]);
		if (with)
			stls_change_put(&list, SMTPTLS_SETTING_CERTIFICATE,
					SMTPTLS_CHANGE_REPLACE, key, with);
		else if (fault[i] == STLS_SHOWN_NAME)
			stls_change_put(&list, SMTPTLS_SETTING_CERTIFICATE,
					SMTPTLS_CHANGE_ADD, key, shown->asked);
		else
			stls_change_put(&list, SMTPTLS_SETTING_CHAIN,
					SMTPTLS_CHANGE_ADD, shown->authority,
					"");
	}
	return list.count < SMTPTLS_CHANGES ? list.count : SMTPTLS_CHANGES;
}
