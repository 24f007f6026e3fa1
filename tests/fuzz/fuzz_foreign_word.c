/* SPDX-License-Identifier: MIT */
/*
 * Words of other programs' languages. The first byte says which list the rest
 * is.
 *
 * Whatever the list is: the words of a hint lie in it, and its change, made to
 * the letter, repairs the fault that it was given for. As changes of a policy's
 * settings they can all be made, one after another.
 */
#include <string.h>

#include <smtptls/policy.h>

#include "fuzz.h"
#include "../unit/help/hint_help.h"
#include "reason/edit.h"

/* Whether this place still has a word that the list does not know. */
static int is_fault(enum stls_setting setting, const char *string,
		    size_t length, size_t place, size_t end)
{
	struct reading reading;
	struct stls_span where;
	size_t i;

	read_list(&reading, setting, string, length);
	for (i = 0; find_fault(&reading, i, &where); i++) {
		if (reading.error == STLS_LIST_MIXED_GRAMMARS ||
		    reading.error == STLS_LIST_EMPTY_WORD)
			return 0;
		if (where.position >= place && where.position < end)
			return 1;
	}
	return 0;
}

static void check_change(const struct stls_word_hint *hint,
			 enum stls_setting setting, const char *string,
			 size_t length)
{
	char *out = malloc(length + STLS_WORD_MAX);
	size_t changed, end;

	if (!out)
		abort();
	changed = apply_hint(hint, out, string, length);
	CHECK(changed != length || memcmp(out, string, length) != 0);
	end = hint->word.position + strlen(hint->with);
	/*
	 * The content of quotes, or what follows a name, may be foreign as
	 * well.
	 */
	if (hint->cure == STLS_CURE_RENAME || hint->cure == STLS_CURE_SLIP ||
	    (hint->cure == STLS_CURE_REPLACE && hint->with[0] &&
	     strncmp(hint->what, "a word with quotes", 18) != 0))
		CHECK(!is_fault(setting, out, changed, hint->word.position,
				end));
	free(out);
}

static void check_fault(enum stls_setting setting, const char *string,
			size_t length, const struct stls_span *where)
{
	struct stls_word_hint hint;
	char text[256] = "";

	if (!stls_foreign_word(&hint, setting, string, length, where)) {
		CHECK(hint.cure == STLS_CURE_NONE);
		check_where(hint.word, length);
		return;
	}
	check_where(hint.word, length);
	check_where(hint.item, length);
	stls_word_hint_text(&hint, " and is skipped", text);
	CHECK(text[0] && strlen(text) + 1 < sizeof(text));
	if (hint.cure != STLS_CURE_PRIORITY)
		check_change(&hint, setting, string, length);
}

static void follow(char **list, const struct smtptls_change *change)
{
	const char *old = *list ? *list : "";
	char *edited = NULL;

	switch (change->action) {
	case SMTPTLS_CHANGE_SET:
		edited = strdup(change->with);
		break;
	case SMTPTLS_CHANGE_ADD:
		CHECK(*list && change->word[0]);
		edited = stls_edit_add(old, change->with, change->word);
		break;
	case SMTPTLS_CHANGE_REMOVE:
		CHECK(change->with[0] == '\0');
		/* fall through */
	case SMTPTLS_CHANGE_REPLACE:
		edited = stls_edit_replace(old, change->word, change->with);
	}
	CHECK(edited && (!*list || strcmp(edited, *list) != 0));
	free(*list);
	*list = edited;
}

static void check_changes(enum stls_setting setting, const char *string)
{
	struct smtptls_change changes[64];
	struct smtptls_policy_spec spec = { 0 };
	const char **fields[] = { NULL,		 &spec.protocols,
				  &spec.ciphers, &spec.ciphersuites,
				  &spec.groups,	 &spec.sigalgs };
	char *lists[6] = { NULL };
	int count, i;

	*fields[setting] = string;
	count = smtptls_policy_hints(&spec, sizeof(spec), changes, 64);
	if (count == SMTPTLS_E_LIMIT)
		return;
	CHECK(count >= 0 && count <= 64);
	lists[setting] = strdup(string);
	for (i = 0; i < count; i++) {
		CHECK(changes[i].setting >= 1 && changes[i].setting <= 5);
		follow(&lists[changes[i].setting], &changes[i]);
	}
	for (i = 1; i < 6; i++)
		free(lists[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum stls_setting setting;
	struct reading reading;
	struct stls_span where;
	char *string;
	size_t i;

	if (size == 0)
		return 0;
	setting = (enum stls_setting)((data[0] - (uint8_t)'0') % 5u + 1);
	/* an exact-size copy, so that a read past its end is detected */
	string = malloc(size);
	if (!string)
		abort();
	memcpy(string, data + 1, size - 1);
	read_list(&reading, setting, string, size - 1);
	for (i = 0; find_fault(&reading, i, &where); i++)
		check_fault(setting, string, size - 1, &where);
	free(string);
	string = calloc(1, size);
	if (!string)
		abort();
	memcpy(string, data + 1, size - 1);
	check_changes(setting, string);
	free(string);
	return 0;
}
