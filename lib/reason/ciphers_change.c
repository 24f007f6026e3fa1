/* SPDX-License-Identifier: MIT */
/*
 * reason/ciphers_change: a suite added to a list of ciphers, and the level.
 *
 * Words that exclude the suite for good are removed, then the suite is
 * appended. Each step is made on a copy, which is parsed again: it must keep
 * everything that the setting has, and must not admit a suite without
 * encryption or certificate. If that takes too many words, or one that is too
 * long, the whole list is replaced.
 */
#include "reason/ciphers_change.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reason/edit.h"
#include "reason/excluding_word.h"

/* If more words than this must change, the whole list is replaced. */
#define CHANGES_OF_CIPHERS 3

struct ciphers {
	struct stls_change_list *list;
	const struct smtptls_policy *policy;
	const struct stls_diagnosis *diagnosis;
	char *edited;	 /* the string after the changes so far */
	int wants_suite; /* a suite is wanted, besides the level */
	int lower;	 /* the level must be lowered */
};

static int has_row(const struct stls_cipher_list *list, size_t row)
{
	return memchr(list->suite, (int)row, list->count) != NULL;
}

static int is_bare(size_t row)
{
	return (stls_suite(row)->enc & STLS_ENC_NULL) != 0 ||
	       (stls_suite(row)->au & STLS_AU_NULL) != 0;
}

/* Whether the list has anonymous or plain suites that were not there before. */
static void find_bare(const struct ciphers *ciphers,
		      const struct stls_cipher_list *after, int *anonymous,
		      int *plain)
{
	const struct smtptls_policy *policy = ciphers->policy;
	size_t i;

	*anonymous = *plain = 0;
	for (i = 0; i < after->count; i++) {
		uint8_t row = after->suite[i];
		const struct stls_suite *suite = stls_suite(row);

		if (!is_bare(row) ||
		    !stls_suite_allowed(suite, ciphers->diagnosis->level))
			continue;
		if (memchr(policy->suite_row, row, policy->suite_count) &&
		    stls_suite_allowed(suite, policy->security_level))
			continue;
		*anonymous |= (suite->au & STLS_AU_NULL) != 0;
		*plain |= (suite->enc & STLS_ENC_NULL) != 0;
	}
}

/* 1 if the string, parsed into `after`, keeps all that the setting had. */
static int has_all(const struct ciphers *ciphers, const char *string,
		   struct stls_cipher_list *after)
{
	const struct smtptls_policy *policy = ciphers->policy;
	size_t i;

	if (stls_cipher_list_parse(after, string, strlen(string), NULL) < 0)
		return 0;
	for (i = 0; i < policy->suite_count; i++) {
		uint8_t row = policy->suite_row[i];

		if (row < STLS_SUITES_LISTED && !has_row(after, row) &&
		    (!is_bare(row) ||
		     stls_suite_allowed(stls_suite(row),
					policy->security_level)))
			return 0;
	}
	return 1;
}

/* The same, and has the suite that is wanted. */
static int has_wanted(const struct ciphers *ciphers, const char *string)
{
	struct stls_cipher_list after;

	return has_all(ciphers, string, &after) &&
	       (!ciphers->wants_suite ||
		has_row(&after, ciphers->diagnosis->suite));
}

static int can_add(const struct ciphers *ciphers, const char *add)
{
	char *added;
	int can;

	if (!add[0])
		return has_wanted(ciphers, ciphers->edited);
	added = stls_edit_add(ciphers->edited, ":", add);
	can = added && has_wanted(ciphers, added);
	free(added);
	return can;
}

static int take(struct ciphers *ciphers, char *edited)
{
	if (!edited)
		return SMTPTLS_E_NOMEM;
	free(ciphers->edited);
	ciphers->edited = edited;
	return 0;
}

/*
 * Remove one word that excludes the suite. If that admits bare suites, the word
 * is narrowed to exclude them, unless an added !aNULL or !eNULL will.
 */
static int remove_word(struct ciphers *ciphers, const char *word)
{
	struct stls_cipher_list after;
	char with[1024] = "";
	int anonymous, plain;
	char *without = stls_edit_replace(ciphers->edited, word, "");

	if (!without)
		return SMTPTLS_E_NOMEM;
	if (!ciphers->lower && has_all(ciphers, without, &after)) {
		find_bare(ciphers, &after, &anonymous, &plain);
		(void)snprintf(with, sizeof(with), "%s%s%s%s%s",
			       anonymous ? word : "", anonymous ? "+aNULL" : "",
			       anonymous && plain ? ":" : "", plain ? word : "",
			       plain ? "+eNULL" : "");
	}
	if (!with[0]) {
		stls_change_put(ciphers->list, SMTPTLS_SETTING_CIPHERS,
				SMTPTLS_CHANGE_REMOVE, word, "");
		return take(ciphers, without);
	}
	free(without);
	stls_change_put(ciphers->list, SMTPTLS_SETTING_CIPHERS,
			SMTPTLS_CHANGE_REPLACE, word, with);
	return take(ciphers, stls_edit_replace(ciphers->edited, word, with));
}

static int remove_excluders(struct ciphers *ciphers)
{
	struct stls_excluder excluder;
	size_t at = 0;
	char *word;
	int ret;

	while (stls_next_excluder(ciphers->edited, &at,
				  ciphers->diagnosis->suite, &excluder)) {
		if (excluder.sign != '!')
			continue;
		word = strndup(ciphers->edited + excluder.item.position,
			       excluder.item.length);
		if (!word)
			return SMTPTLS_E_NOMEM;
		ret = remove_word(ciphers, word);
		free(word);
		if (ret < 0)
			return ret;
		at = excluder.item.position;
	}
	return 0;
}

/*
 * A leading DEFAULT excludes suites for good too. Its expansion removes them
 * with a - instead, so that the suite can be added.
 */
static int spell_default(struct ciphers *ciphers)
{
	static const char word[] = "DEFAULT",
			  with[] = "ALL:!aNULL:!eNULL:-COMPLEMENTOFDEFAULT";
	const char *string = ciphers->edited;

	if (!ciphers->wants_suite || strncmp(string, word, strlen(word)) != 0 ||
	    !(stls_suite(ciphers->diagnosis->suite)->tags &
	      STLS_TAG_NOT_DEFAULT))
		return 0;
	if (stls_edit_find(string, string, word) != string ||
	    strstr(string + 1, word))
		return 0;
	stls_change_put(ciphers->list, SMTPTLS_SETTING_CIPHERS,
			SMTPTLS_CHANGE_REPLACE, word, with);
	return take(ciphers, stls_edit_replace(string, word, with));
}

/* The effective "@SECLEVEL=n" is the one with the level in force. */
static void write_level(char word[16], int level)
{
	(void)snprintf(word, 16, "@SECLEVEL=%d", level);
}

/* What must be appended, including the level; may be empty. */
static void write_addition(const struct ciphers *ciphers,
			   const struct stls_cipher_list *after, char add[80])
{
	const struct stls_diagnosis *diagnosis = ciphers->diagnosis;
	int named = !ciphers->wants_suite || has_row(after, diagnosis->suite);
	int anonymous = 0, plain = 0;
	char level[16];

	if (ciphers->lower)
		find_bare(ciphers, after, &anonymous, &plain);
	add[0] = '\0';
	if (named && !anonymous && !plain)
		return;
	write_level(level, diagnosis->level);
	(void)snprintf(add, 80, "%s%s%s%s%s",
		       named ? "" : stls_suite(diagnosis->suite)->openssl,
		       !named && ciphers->lower ? ":" : "",
		       anonymous ? "!aNULL:" : "", plain ? "!eNULL:" : "",
		       ciphers->lower ? level : "");
}

static void lower_level(const struct ciphers *ciphers)
{
	char word[16], with[16];

	write_level(word, ciphers->policy->security_level);
	write_level(with, ciphers->diagnosis->level);
	if (ciphers->edited &&
	    stls_edit_find(ciphers->edited, ciphers->edited, word))
		stls_change_put(ciphers->list, SMTPTLS_SETTING_CIPHERS,
				SMTPTLS_CHANGE_REPLACE, word, with);
	else
		stls_change_put(ciphers->list, SMTPTLS_SETTING_SECURITY_LEVEL,
				SMTPTLS_CHANGE_SET, "",
				with + strlen("@SECLEVEL="));
}

/* Set the whole value: `begin`, the suite, the level. */
static void set_ciphers(const struct ciphers *ciphers, const char *begin)
{
	const struct stls_diagnosis *diagnosis = ciphers->diagnosis;
	char value[256], level[16];

	write_level(level, diagnosis->level);
	(void)snprintf(value, sizeof(value), "%s%s%s%s%s", begin,
		       ciphers->wants_suite ? ":" : "",
		       ciphers->wants_suite
			       ? stls_suite(diagnosis->suite)->openssl
			       : "",
		       ciphers->lower ? ":" : "", ciphers->lower ? level : "");
	stls_change_put(ciphers->list, SMTPTLS_SETTING_CIPHERS,
			SMTPTLS_CHANGE_SET, "", value);
}

/*
 * The last resort for a long string whose words cannot be changed one by one:
 * all suites, but of the bare ones only those that were there.
 */
static void set_all(struct ciphers *ciphers)
{
	const struct smtptls_policy *policy = ciphers->policy;
	char begin[240], level[16];
	size_t i;

	(void)snprintf(begin, sizeof(begin), "ALL:-aNULL");
	for (i = 0; i < policy->suite_count; i++) {
		if (stls_policy_allows(policy, i) &&
		    is_bare(policy->suite_row[i]))
			stls_change_add_word(begin, sizeof(begin),
					     policy->suite[i].openssl);
	}
	if (!ciphers->lower) {
		write_level(level, policy->security_level);
		stls_change_add_word(begin, sizeof(begin), level);
	}
	ciphers->wants_suite = 0;
	set_ciphers(ciphers, begin);
}

static const char *suiteb_ciphers(enum stls_suiteb suiteb)
{
	switch (suiteb) {
	case STLS_SUITEB_128_ONLY:
		return "ECDHE-ECDSA-AES128-GCM-SHA256";
	case STLS_SUITEB_192:
		return "ECDHE-ECDSA-AES256-GCM-SHA384";
	default:
		return "ECDHE+aECDSA+AESGCM:+AES256";
	}
}

/* Set the edited string with the addition as the whole value, if that fits. */
static int set_edited(struct ciphers *ciphers, const char *add)
{
	char value[256];
	int len = snprintf(value, sizeof(value), "%s%s%s", ciphers->edited,
			   add[0] ? ":" : "", add);

	if (len < 0 || (size_t)len >= sizeof(value) ||
	    !has_wanted(ciphers, value))
		return 0;
	stls_change_put(ciphers->list, SMTPTLS_SETTING_CIPHERS,
			SMTPTLS_CHANGE_SET, "", value);
	if (ciphers->lower && !strstr(add, "@SECLEVEL="))
		lower_level(ciphers);
	return 1;
}

static int edit_ciphers(struct ciphers *ciphers)
{
	struct stls_cipher_list after;
	struct stls_change_list *list = ciphers->list;
	int before = list->count, ret = 0;
	char add[80] = "";

	if (ciphers->wants_suite)
		ret = remove_excluders(ciphers);
	if (ret == 0)
		ret = spell_default(ciphers);
	if (ret < 0)
		return ret;
	if (has_all(ciphers, ciphers->edited, &after))
		write_addition(ciphers, &after, add);
	if (!list->unfit && list->count - before <= CHANGES_OF_CIPHERS &&
	    can_add(ciphers, add)) {
		if (add[0])
			stls_change_put(list, SMTPTLS_SETTING_CIPHERS,
					SMTPTLS_CHANGE_ADD, add, ":");
		else if (ciphers->lower)
			lower_level(ciphers);
		return 0;
	}
	list->count = before;
	list->unfit = 0;
	if (!set_edited(ciphers, add))
		set_all(ciphers);
	return 0;
}

int stls_change_ciphers(struct stls_change_list *list,
			const struct smtptls_policy *policy,
			const struct stls_diagnosis *diagnosis)
{
	struct ciphers ciphers = {
		.list = list,
		.policy = policy,
		.diagnosis = diagnosis,
		.wants_suite = diagnosis->suite_off & STLS_OFF_NAME &&
			       diagnosis->version != STLS_TLS1_3,
		.lower = diagnosis->level < policy->security_level
	};
	int ret;

	if (!ciphers.wants_suite && !ciphers.lower && !diagnosis->suiteb_off)
		return 0;
	if (diagnosis->suiteb_off) {
		set_ciphers(&ciphers, suiteb_ciphers(policy->suiteb));
		return 0;
	}
	if (!policy->given.ciphers && ciphers.wants_suite) {
		set_ciphers(&ciphers, stls_default_ciphers);
		return 0;
	}
	if (!policy->given.ciphers || policy->suiteb != STLS_SUITEB_NONE) {
		lower_level(&ciphers);
		return 0;
	}
	ciphers.edited = strdup(policy->given.ciphers);
	if (!ciphers.edited)
		return SMTPTLS_E_NOMEM;
	ret = edit_ciphers(&ciphers);
	free(ciphers.edited);
	return ret;
}
