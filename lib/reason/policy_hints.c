/* SPDX-License-Identifier: MIT */
/*
 * reason/policy_hints: words of other languages, as changes of the settings in
 * which they occur.
 *
 * Each list is parsed as a policy parses it; where a word is at fault,
 * openssl/foreign_word tells what it is. The change is made to a copy, as
 * somebody following the hint would make it, and the copy is parsed again,
 * until no fault has a known hint. So the changes hold if they are made in
 * order.
 *
 * A word that moves to another list is added there only if that list lacks what
 * it means. A list that ends up empty is set to its default, since an empty one
 * is refused, or disables TLS 1.3. What does not fit into a struct
 * smtptls_change is left out. Nothing is allocated but the hints and the
 * copies, and GnuTLS is not consulted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "openssl/foreign_word.h"
#include "policy/policy.h"
#include "reason/edit.h"
#include "reason/protocols_change.h"

#define LIST_MAX    65536 /* as in smtptls_policy_new() */
#define CHANGES_MAX 64
#define LISTS	    (STLS_SETTING_SIGALGS + 1)

struct hints {
	char *list[LISTS]; /* the settings' copies; NULL: not set */
	struct smtptls_change change[CHANGES_MAX];
	int count;
};

struct reading {
	int error;
	struct stls_span where;
	struct stls_skips skips;
	union {
		struct stls_protocol_list protocols;
		struct stls_cipher_list ciphers;
		struct stls_ciphersuite_list ciphersuites;
		struct stls_group_list groups;
		struct stls_sigalg_list sigalgs;
	} is;
};

static const char *default_list(enum stls_setting setting)
{
	switch (setting) {
	case STLS_SETTING_PROTOCOLS:
		return stls_default_protocols;
	case STLS_SETTING_CIPHERS:
		return stls_default_ciphers;
	case STLS_SETTING_CIPHERSUITES:
		return stls_default_ciphersuites;
	case STLS_SETTING_GROUPS:
		return stls_default_groups;
	case STLS_SETTING_SIGALGS:
		return stls_default_sigalgs;
	}
	return "";
}

static void read_list(struct reading *reading, enum stls_setting setting,
		      const char *list)
{
	struct stls_span *where = &reading->where;
	size_t length = strlen(list);

	memset(reading, 0, sizeof(*reading));
	switch (setting) {
	case STLS_SETTING_PROTOCOLS:
		reading->error = stls_protocol_list_parse(
			&reading->is.protocols, list, length, where);
		reading->skips = reading->is.protocols.skips;
		break;
	case STLS_SETTING_CIPHERS:
		reading->error = stls_cipher_list_parse(&reading->is.ciphers,
							list, length, where);
		reading->skips = reading->is.ciphers.skips;
		break;
	case STLS_SETTING_CIPHERSUITES:
		reading->error = stls_ciphersuite_list_parse(
			&reading->is.ciphersuites, list, length, where);
		reading->skips = reading->is.ciphersuites.skips;
		break;
	case STLS_SETTING_GROUPS:
		reading->error = stls_group_list_parse(&reading->is.groups,
						       list, length, where);
		reading->skips = reading->is.groups.skips;
		break;
	case STLS_SETTING_SIGALGS:
		reading->error = stls_sigalg_list_parse(&reading->is.sigalgs,
							list, length, where);
		reading->skips = reading->is.sigalgs.skips;
		break;
	}
}

/* Find the i-th word at fault: 1, or 0 if there is none. */
static int find_fault(const struct reading *reading, size_t i,
		      struct stls_span *where)
{
	size_t told = reading->skips.count, j;

	switch (reading->error) {
	case STLS_LIST_UNKNOWN_WORD:
	case STLS_LIST_BAD_BYTE:
	case STLS_LIST_BAD_COMMAND:
	case STLS_LIST_EMPTY_WORD:
	case STLS_LIST_MIXED_GRAMMARS:
		*where = reading->where;
		return i == 0;
	}
	if (told > STLS_SKIPS_MAX)
		told = STLS_SKIPS_MAX;
	for (j = 0; j < told; j++) {
		const struct stls_skip *skip = &reading->skips.skip[j];

		if (skip->reason != STLS_SKIP_UNKNOWN &&
		    skip->reason != STLS_SKIP_NOT_TLS13)
			continue;
		*where = skip->where;
		if (i-- == 0)
			return 1;
	}
	return 0;
}

/* ---- making a change ---- */

/*
 * Make a change and enter it: 1, 0 if it does not fit or makes no difference,
 * or SMTPTLS_E_NOMEM.
 */
static int change(struct hints *hints, enum stls_setting setting, int action,
		  const char *word, const char *with)
{
	struct smtptls_change *entry = &hints->change[hints->count];
	const char *old = hints->list[setting] ? hints->list[setting] : "";
	char *edited;

	if (hints->count == CHANGES_MAX ||
	    strlen(word) >= sizeof(entry->word) ||
	    strlen(with) >= sizeof(entry->with))
		return 0;
	if (action == SMTPTLS_CHANGE_SET)
		edited = strdup(with);
	else if (action == SMTPTLS_CHANGE_ADD)
		edited = stls_edit_add(old, with, word);
	else
		edited = stls_edit_replace(old, word, with);
	if (!edited)
		return SMTPTLS_E_NOMEM;
	if (hints->list[setting] && strcmp(old, edited) == 0) {
		free(edited);
		return 0;
	}
	free(hints->list[setting]);
	hints->list[setting] = edited;
	memset(entry, 0, sizeof(*entry));
	entry->setting = (int)setting;
	entry->action = action;
	strcpy(entry->word, word);
	strcpy(entry->with, with);
	hints->count++;
	return 1;
}

/* ---- changes to another list ---- */

static int has_rows(const uint8_t *has, size_t has_count, const uint8_t *rows,
		    size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!memchr(has, rows[i], has_count))
			return 0;
	return 1;
}

static int has_groups(const struct stls_group_list *has,
		      const struct stls_group_list *groups)
{
	size_t i, j;

	for (i = 0; i < groups->count; i++) {
		for (j = 0; j < has->count; j++)
			if (has->choice[j].group == groups->choice[i].group)
				break;
		if (j == has->count)
			return 0;
	}
	return 1;
}

/* Whether `has` contains everything in `other`. */
static int has_all(enum stls_setting setting, const struct reading *has,
		   const struct reading *other)
{
	switch (setting) {
	case STLS_SETTING_CIPHERS:
		return has_rows(has->is.ciphers.suite, has->is.ciphers.count,
				other->is.ciphers.suite,
				other->is.ciphers.count);
	case STLS_SETTING_CIPHERSUITES:
		return has_rows(has->is.ciphersuites.suite,
				has->is.ciphersuites.count,
				other->is.ciphersuites.suite,
				other->is.ciphersuites.count);
	case STLS_SETTING_GROUPS:
		return has_groups(&has->is.groups, &other->is.groups);
	case STLS_SETTING_SIGALGS:
		return has_rows(has->is.sigalgs.sigalg, has->is.sigalgs.count,
				other->is.sigalgs.sigalg,
				other->is.sigalgs.count);
	case STLS_SETTING_PROTOCOLS:
		break;
	}
	return 0;
}

static int is_bare(const struct stls_cipher_list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		const struct stls_suite *suite = stls_suite(list->suite[i]);

		if (suite->enc & STLS_ENC_NULL || suite->au & STLS_AU_NULL)
			return 1;
	}
	return 0;
}

/* HIGH alone has suites without a certificate: no hint may add any. */
static const char *clothed(const char *list, const char *word, char *to,
			   size_t size)
{
	struct reading before, added;

	read_list(&before, STLS_SETTING_CIPHERS, list);
	read_list(&added, STLS_SETTING_CIPHERS, word);
	if (is_bare(&before.is.ciphers) || !is_bare(&added.is.ciphers))
		return word;
	(void)snprintf(to, size, "%s:!aNULL:!eNULL", word);
	return to;
}

/* Nothing can be added to Postfix's "auto", which means DEFAULT. */
static int is_set(const struct hints *hints, enum stls_setting setting)
{
	const char *list = hints->list[setting];

	return list && list[0] &&
	       (setting != STLS_SETTING_GROUPS ||
		strncmp(list + strspn(list, " \t\n\v\f\r"), "auto", 4) != 0);
}

/* Add the word to what is set, or else to the default. */
static int add(struct hints *hints, enum stls_setting setting, const char *word)
{
	char value[512];
	int len;

	if (is_set(hints, setting))
		return change(hints, setting, SMTPTLS_CHANGE_ADD, word, ":");
	len = snprintf(value, sizeof(value), "%s:%s", default_list(setting),
		       word);
	if (len < 0 || (size_t)len >= sizeof(value))
		return 0;
	return change(hints, setting, SMTPTLS_CHANGE_SET, "", value);
}

/* Add a version, "!TLSv1" or a bound; the latter two take versions away. */
static int bring_version(struct hints *hints, const char *word)
{
	const enum stls_setting setting = STLS_SETTING_PROTOCOLS;
	const char *list = hints->list[setting];
	struct reading has, wanted;
	struct smtptls_change proposed;
	uint8_t versions;
	int ret = 0;

	read_list(&has, setting, list ? list : default_list(setting));
	read_list(&wanted, setting, word);
	if (has.error || wanted.error)
		return 1;
	if (!strchr("!<>", word[0])) {
		versions = wanted.is.protocols.enabled;
		if ((has.is.protocols.enabled | versions) ==
		    has.is.protocols.enabled)
			return 1;
		ret = stls_change_protocols(list, has.is.protocols.enabled,
					    versions, &proposed);
	} else {
		versions =
			has.is.protocols.enabled & wanted.is.protocols.enabled;
		if (versions == 0 || versions == has.is.protocols.enabled)
			return 1;
		ret = stls_change_protocols(NULL, 0, versions, &proposed);
	}
	return ret < 0 ? ret
		       : change(hints, setting, proposed.action, proposed.word,
				proposed.with);
}

/* Add what a word says to the list it belongs in: 1, 0 or an error. */
static int bring(struct hints *hints, enum stls_setting setting,
		 const char *word)
{
	const char *list = hints->list[setting];
	const char *otherwise = default_list(setting);
	char longer[STLS_WORD_MAX + sizeof(":!aNULL:!eNULL")];
	struct reading has, wanted;

	if (setting == STLS_SETTING_PROTOCOLS)
		return bring_version(hints, word);
	read_list(&wanted, setting, word);
	read_list(&has, setting, is_set(hints, setting) ? list : otherwise);
	/* Alone, a word that only excludes or orders yields an empty list. */
	if (wanted.error == 0 && has_all(setting, &has, &wanted))
		return list && !list[0]
			       ? change(hints, setting, SMTPTLS_CHANGE_SET, "",
					otherwise)
			       : 1;
	if (setting == STLS_SETTING_CIPHERS)
		word = clothed(is_set(hints, setting) ? list : otherwise, word,
			       longer, sizeof(longer));
	return add(hints, setting, word);
}

/* Exclude what a word of another list excludes: 1, 0 or an error. */
static int leave_out(struct hints *hints, enum stls_setting setting,
		     const char *word)
{
	const char *list = hints->list[setting];
	char without[STLS_WORD_MAX + 1], *edited;
	struct reading has, unwanted;
	int ret;

	if (list && !list[0])
		return 1;
	read_list(&has, setting, list ? list : default_list(setting));
	read_list(&unwanted, setting, word);
	if (has.error || unwanted.error || !has_all(setting, &has, &unwanted))
		return 1;
	if (setting == STLS_SETTING_GROUPS) {
		(void)snprintf(without, sizeof(without), "-%s", word);
		return add(hints, setting, without);
	}
	if (list)
		return change(hints, setting, SMTPTLS_CHANGE_REMOVE, word, "");
	edited = stls_edit_replace(default_list(setting), word, "");
	if (!edited)
		return SMTPTLS_E_NOMEM;
	ret = change(hints, setting, SMTPTLS_CHANGE_SET, "", edited);
	free(edited);
	return ret;
}

/* ---- changes in the list itself ---- */

/* Copy a span as a string: 1, or 0 if it does not fit. */
static int copy(char *to, size_t size, const char *list,
		const struct stls_span *span)
{
	if (span->length >= size)
		return 0;
	memcpy(to, list + span->position, span->length);
	to[span->length] = '\0';
	return 1;
}

static int is_within(const struct stls_span *word, const struct stls_span *item)
{
	return word->position >= item->position &&
	       word->position + word->length <= item->position + item->length;
}

/* Replace the word, and the operators that it has, by what it means. */
static int exchange(struct hints *hints, enum stls_setting setting,
		    const struct stls_word_hint *hint)
{
	const struct stls_span *word = &hint->word;
	struct stls_span span = *word;
	char was[sizeof(hints->change->word)], with[256], *edited;
	const char *list = hints->list[setting];
	struct reading after;

	if (hint->with[0] && is_within(word, &hint->item))
		span = hint->item;
	if (!copy(was, sizeof(was), list, &span))
		return 0;
	if (!hint->with[0]) {
		/* Spaces after a setting's name are removed along with it. */
		while (span.length > 0 && was[span.length - 1] == ' ')
			was[--span.length] = '\0';
		return change(hints, setting, SMTPTLS_CHANGE_REMOVE, was, "");
	}
	(void)snprintf(with, sizeof(with), "%.*s%s%s",
		       (int)(word->position - span.position),
		       list + span.position, hint->with,
		       was + (word->position - span.position) + word->length);
	edited = stls_edit_replace(list, was, with);
	if (!edited)
		return SMTPTLS_E_NOMEM;
	read_list(&after, setting, edited);
	free(edited);
	/* The list already has the replacement. */
	if (after.error == STLS_LIST_DUPLICATE)
		return change(hints, setting, SMTPTLS_CHANGE_REMOVE, was, "");
	return change(hints, setting, SMTPTLS_CHANGE_REPLACE, was, with);
}

static int follow(struct hints *hints, enum stls_setting setting,
		  const struct stls_word_hint *hint)
{
	char item[sizeof(hints->change->word)];
	int ret = 1;

	switch (hint->cure) {
	case STLS_CURE_NONE:
	case STLS_CURE_PRIORITY:
		return 0;
	case STLS_CURE_RENAME:
	case STLS_CURE_REPLACE:
	case STLS_CURE_SLIP:
		return exchange(hints, setting, hint);
	case STLS_CURE_MOVE:
	case STLS_CURE_LEAVE_OUT:
	case STLS_CURE_REMOVE:
		break;
	}
	if (hints->count + 2 > CHANGES_MAX ||
	    !copy(item, sizeof(item), hints->list[setting], &hint->item))
		return 0;
	if (hint->cure == STLS_CURE_MOVE)
		ret = bring(hints, hint->setting, hint->with);
	else if (hint->cure == STLS_CURE_LEAVE_OUT)
		ret = leave_out(hints, hint->setting, hint->with);
	return ret <= 0 ? ret
			: change(hints, setting, SMTPTLS_CHANGE_REMOVE, item,
				 "");
}

/* Mend the first fault that has a hint: 1, 0 if there is none, or an error. */
static int mend(struct hints *hints, enum stls_setting setting)
{
	const char *list = hints->list[setting];
	struct stls_word_hint hint;
	struct reading reading;
	struct stls_span where;
	int ret = 0;
	size_t i;

	read_list(&reading, setting, list);
	for (i = 0; ret == 0 && find_fault(&reading, i, &where); i++) {
		if (stls_foreign_word(&hint, setting, list, strlen(list),
				      &where))
			ret = follow(hints, setting, &hint);
	}
	return ret;
}

/* Refill a list that has nothing left. Returns 0 or SMTPTLS_E_NOMEM. */
static int refill(struct hints *hints, enum stls_setting setting)
{
	const char *list = hints->list[setting];
	struct reading reading;
	char value[512];
	int i, kept = 0, len;

	read_list(&reading, setting, list);
	if (list[0] && reading.error != STLS_LIST_EMPTY &&
	    reading.error != STLS_LIST_NO_SUITE &&
	    reading.error != STLS_LIST_NO_GROUP &&
	    reading.error != STLS_LIST_NO_SIGALG &&
	    reading.error != STLS_LIST_NO_VERSION)
		return 0;
	/* Keep the ciphers' words that exclude or order. */
	len = snprintf(value, sizeof(value), "%s%s%s", default_list(setting),
		       setting == STLS_SETTING_CIPHERS && list[0] ? ":" : "",
		       setting == STLS_SETTING_CIPHERS ? list : "");
	if (len < 0 || (size_t)len >= sizeof(hints->change->with))
		return 0;
	/* The whole value makes earlier changes to the list superfluous. */
	for (i = 0; i < hints->count; i++)
		if (hints->change[i].setting != (int)setting)
			hints->change[kept++] = hints->change[i];
	hints->count = kept;
	i = change(hints, setting, SMTPTLS_CHANGE_SET, "", value);
	return i < 0 ? i : 0;
}

static int find_hints(struct hints *hints)
{
	int mended[LISTS] = { 0 };
	int setting, ret = 0, steps;

	for (setting = 1; setting < LISTS; setting++) {
		if (!hints->list[setting])
			continue;
		for (steps = 0; steps < STLS_SKIPS_MAX; steps++) {
			ret = mend(hints, (enum stls_setting)setting);
			if (ret <= 0)
				break;
			mended[setting] = 1;
		}
		if (ret < 0)
			return ret;
	}
	for (setting = 1; setting < LISTS; setting++) {
		if (mended[setting])
			ret = refill(hints, (enum stls_setting)setting);
		if (ret < 0)
			return ret;
	}
	return hints->count;
}

static int copy_lists(struct hints *hints,
		      const struct smtptls_policy_spec *spec)
{
	const char *lists[LISTS] = { NULL,	    spec->protocols,
				     spec->ciphers, spec->ciphersuites,
				     spec->groups,  spec->sigalgs };
	int i;

	for (i = 1; i < LISTS; i++)
		if (lists[i] && strlen(lists[i]) > LIST_MAX)
			return SMTPTLS_E_LIMIT;
	for (i = 1; i < LISTS; i++) {
		if (!lists[i])
			continue;
		hints->list[i] = strdup(lists[i]);
		if (!hints->list[i])
			return SMTPTLS_E_NOMEM;
	}
	return 0;
}

int smtptls_policy_hints(const struct smtptls_policy_spec *spec, size_t size,
			 struct smtptls_change *changes, size_t count)
{
	struct smtptls_policy_spec full;
	struct hints *hints;
	int i, ret;

	if (!spec || size == 0 || (!changes && count > 0))
		return SMTPTLS_E_ARG;
	memset(&full, 0, sizeof(full));
	memcpy(&full, spec, size < sizeof(full) ? size : sizeof(full));
	hints = calloc(1, sizeof(*hints));
	if (!hints)
		return SMTPTLS_E_NOMEM;
	ret = copy_lists(hints, &full);
	if (ret == 0)
		ret = find_hints(hints);
	for (i = 0; i < ret && (size_t)i < count; i++)
		changes[i] = hints->change[i];
	for (i = 1; i < LISTS; i++)
		free(hints->list[i]);
	free(hints);
	return ret;
}
