/* SPDX-License-Identifier: MIT */
/*
 * reason/change_clause: changes as instructions, in words.
 *
 * Words are shown as they must be written, in quotation marks where they would
 * blend into the sentence. What the peer must do comes last. Consecutive
 * changes of one kind share a verb. A change is written whole or not at all;
 * those that do not fit are counted.
 */
#include "reason/change_clause.h"

#include <string.h>

#define FILE_SHOWN 60

static const char *setting_name(int setting)
{
	switch (setting) {
	case SMTPTLS_SETTING_PROTOCOLS:
		return "protocols";
	case SMTPTLS_SETTING_CIPHERS:
		return "ciphers";
	case SMTPTLS_SETTING_CIPHERSUITES:
		return "ciphersuites";
	case SMTPTLS_SETTING_GROUPS:
		return "groups";
	case SMTPTLS_SETTING_SIGALGS:
		return "sigalgs";
	case SMTPTLS_SETTING_CERTIFICATE:
		return "certificate";
	case SMTPTLS_SETTING_SYSTEM_POLICY:
		return "system's GnuTLS policy";
	case SMTPTLS_SETTING_PEER:
		return "peer";
	default:
		return "security level";
	}
}

static const char *quote(const char *word)
{
	return strpbrk(word, ":!, ") ? "\"" : "";
}

static int is_list(int setting)
{
	return setting >= SMTPTLS_SETTING_PROTOCOLS &&
	       setting <= SMTPTLS_SETTING_SIGALGS;
}

/* Quote the values of lists; in a terse sentence, only those with spaces. */
static const char *quote_value(const struct smtptls_change *change,
			       const char *the)
{
	return is_list(change->setting) && (the[0] || strchr(change->with, ' '))
		       ? "\""
		       : "";
}

/* 1 if both remove words from the same list. */
static int removes_too(const struct smtptls_change *change,
		       const struct smtptls_change *next)
{
	return change->action == SMTPTLS_CHANGE_REMOVE && !change->with[0] &&
	       next->action == SMTPTLS_CHANGE_REMOVE &&
	       change->setting == next->setting;
}

/* 1 if the verb of the previous change serves for this one too. */
static int shares_verb(const struct smtptls_change *before,
		       const struct smtptls_change *change)
{
	if (!before || before->action != change->action)
		return 0;
	if (change->setting > SMTPTLS_SETTING_CERTIFICATE)
		return before->setting == change->setting;
	if (change->action == SMTPTLS_CHANGE_SET)
		return 1;
	if (removes_too(before, change))
		return 1;
	return change->action == SMTPTLS_CHANGE_ADD &&
	       before->setting <= SMTPTLS_SETTING_CERTIFICATE;
}

/* A certificate, with what it must have besides its type. */
static void add_certificate(struct stls_phrase *phrase,
			    const struct smtptls_change *change, int verb,
			    const char *the)
{
	static const char bits[] = " bits";
	const char *length = strstr(change->with, bits), *name = change->with;

	if (length)
		name = length + strlen(bits);
	stls_phrase_add(phrase, "%s%s%s certificate%s%.*s%s",
			verb ? "add " : "", the[0] ? "an " : "", change->word,
			length ? " with " : "", (int)(name - change->with),
			change->with, name[0] ? " for it" : "");
}

static void add_addition(struct stls_phrase *phrase,
			 const struct smtptls_change *change, int verb,
			 const char *the)
{
	const char *word = change->word;
	const char *q = is_list(change->setting) ? quote(word) : "";

	switch (change->setting) {
	case SMTPTLS_SETTING_PEER:
		stls_phrase_add(phrase, "%s%s",
				verb ? "the peer must offer " : "", word);
		break;
	case SMTPTLS_SETTING_SYSTEM_POLICY:
		stls_phrase_add(phrase, "%s%s", verb ? "allow " : "", word);
		break;
	case SMTPTLS_SETTING_CERTIFICATE:
		add_certificate(phrase, change, verb, the);
		break;
	default:
		stls_phrase_add(phrase, "%s%s%s%s to %s%s", verb ? "add " : "",
				q, word, q, the, setting_name(change->setting));
	}
}

/*
 * A line of GnuTLS's file, where it is known: "remove … from FILE, line 7", and
 * for the next line "… from line 8". Of a long path the end is shown; a terse
 * sentence shows none of it.
 */
static void add_line(struct stls_phrase *phrase,
		     const struct smtptls_change *change, int verb,
		     const char *the)
{
	int removes = change->action == SMTPTLS_CHANGE_REMOVE;
	const char *file = change->with,
		   *end = removes ? strrchr(file, ':') : file + strlen(file);

	if (end - file > FILE_SHOWN)
		file = end - FILE_SHOWN;
	stls_phrase_add(phrase, "%s\"%s\"",
			!verb	  ? ""
			: removes ? "remove "
				  : "add ",
			change->word);
	if (verb && the[0])
		stls_phrase_add(phrase, " %s %.*s%s",
				removes ? "from" : "to [overrides] in",
				(int)(end - file), file,
				removes ? ", line " : "");
	else if (verb)
		stls_phrase_add(phrase, " %s GnuTLS's own file%s",
				removes ? "from" : "to",
				removes ? ", line " : "");
	else if (removes)
		stls_phrase_add(phrase, " from line ");
	if (removes)
		stls_phrase_add(phrase, "%s", end + 1);
}

static int is_line(const struct smtptls_change *change)
{
	return change->setting == SMTPTLS_SETTING_SYSTEM_POLICY &&
	       change->with[0];
}

static void add_change(struct stls_phrase *phrase,
		       const struct smtptls_change *change, int verb, int more,
		       const char *the)
{
	const char *name = setting_name(change->setting);
	const char *q = change->word[0] == '@' ? "" : "\"";

	if (is_line(change))
		add_line(phrase, change, verb, the);
	else if (change->action == SMTPTLS_CHANGE_ADD)
		add_addition(phrase, change, verb, the);
	else if (change->setting == SMTPTLS_SETTING_CERTIFICATE)
		stls_phrase_add(
			phrase,
			the[0] ? "have the %s certificate issued with %s"
			       : "%s certificate with %s",
			change->word, change->with);
	else if (change->action == SMTPTLS_CHANGE_REMOVE)
		stls_phrase_add(phrase, "%s\"%s\"%s%s%s", verb ? "remove " : "",
				change->word, more ? "" : " from ",
				more ? "" : the, more ? "" : name);
	else if (change->action == SMTPTLS_CHANGE_REPLACE)
		stls_phrase_add(phrase, "replace %s%s%s by %s%s%s in %s%s", q,
				change->word, q, q, change->with, q, the, name);
	else
		stls_phrase_add(phrase, "%s%s%s to %s%s%s", verb ? "set " : "",
				the, name, quote_value(change, the),
				change->with, quote_value(change, the));
}

/* Name the system's policy after the last thing that it must allow. */
static void end_system(struct stls_phrase *phrase,
		       const struct smtptls_change *change,
		       const struct smtptls_change *next)
{
	if (change->setting == SMTPTLS_SETTING_SYSTEM_POLICY &&
	    !change->with[0] && (!next || next->setting != change->setting))
		stls_phrase_add(phrase, "%s",
				strstr(phrase->to, "system's GnuTLS policy")
					? " there"
					: " in the system's GnuTLS policy");
}

/* What the peer must do is a clause of its own. */
static int is_last_of_list(const struct smtptls_change *change,
			   const struct smtptls_change *next)
{
	return !next || (next->setting == SMTPTLS_SETTING_PEER &&
			 change->setting != SMTPTLS_SETTING_PEER);
}

static void add_joint(struct stls_phrase *phrase,
		      const struct smtptls_change *before,
		      const struct smtptls_change *change,
		      const struct smtptls_change *next)
{
	if (change->setting == SMTPTLS_SETTING_PEER &&
	    before->setting != SMTPTLS_SETTING_PEER)
		stls_phrase_add(phrase, "; ");
	else
		stls_phrase_add(phrase, "%s",
				is_last_of_list(change, next) ||
						removes_too(before, change)
					? " and "
					: ", ");
}

/* Bytes reserved after a change for the count of the others. */
static size_t room_for_rest(int rest)
{
	return rest > 0 ? sizeof(" and 8 more changes") - 1 : 0;
}

/* Write what stands for the changes that do not fit. */
static void add_rest(struct stls_phrase *phrase,
		     const struct smtptls_change *change, int first, int rest)
{
	if (first)
		stls_phrase_add(phrase, "change the %s (longer than a line)",
				setting_name(change->setting));
	rest -= first;
	if (rest > 0)
		stls_phrase_add(phrase, " and %d more change%s", rest,
				rest > 1 ? "s" : "");
}

void stls_phrase_changes(struct stls_phrase *phrase,
			 const struct smtptls_change *changes, int count,
			 int terse)
{
	const char *the = terse ? "" : "the ";
	size_t len;
	int i;

	for (i = 0; i < count; i++) {
		const struct smtptls_change *change = &changes[i],
					    *before = i > 0 ? change - 1 : NULL,
					    *next = i + 1 < count ? change + 1
								  : NULL;

		len = phrase->len;
		if (before)
			add_joint(phrase, before, change, next);
		add_change(phrase, change, !shares_verb(before, change),
			   next && removes_too(change, next), the);
		end_system(phrase, change, next);
		if (phrase->len + room_for_rest(count - i - 1) + 1 <
		    phrase->size)
			continue;
		phrase->len = len;
		phrase->to[len] = '\0';
		add_rest(phrase, change, i == 0, count - i);
		return;
	}
}
