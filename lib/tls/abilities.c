/* SPDX-License-Identifier: MIT */
/*
 * tls/abilities: what the loaded GnuTLS can do.
 *
 * GnuTLS is asked at run time, because a distribution may build it without an
 * algorithm, and a system's policy may disable one. A priority string is made
 * of everything in the tables, and whatever the result still enables is
 * available. Words that the loaded version does not know would be errors, so
 * they are left out of the string beforehand.
 *
 * TLS 1.3 is asked for separately, since GnuTLS drops it from a string with
 * older versions if TLS 1.2 is disabled, and from any string with the NULL
 * cipher.
 */
#include "tls/abilities.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/gnutls.h>

/* Prefixes of the names in priority strings. */
static const char group_prefix[] = "GROUP-";
static const char sign_prefix[] = "SIGN-";

#define STRING_MAX 4096
/* RFC 5246 section 7.4.1.4.1 */
#define HASH_SHA224 3
#define HASH_SHA256 4
/* Every GnuTLS has the groups in between, or has them disabled. */
#define GROUP_SECP256R1 23
#define GROUP_LAST_OLD	0x1ff

struct everything {
	char string[STRING_MAX];
	size_t len;
};

static void put(struct everything *all, const char *prefix, const char *word)
{
	char item[64];
	int len = snprintf(item, sizeof(item), ":+%s%s", prefix, word);

	if (len <= 0 || (size_t)len >= sizeof(item) ||
	    all->len + (size_t)len >= sizeof(all->string))
		return;
	memcpy(all->string + all->len, item, (size_t)len + 1);
	all->len += (size_t)len;
}

static int has_word(const struct everything *all, const char *word)
{
	const char *at = all->string;
	size_t len = strlen(word);

	while ((at = strstr(at, word))) {
		if (at[-1] == '+' && (at[len] == ':' || at[len] == '\0'))
			return 1;
		at += len;
	}
	return 0;
}

/* The rows of the tables repeat words. */
static void put_once(struct everything *all, const char *word)
{
	if (word[0] && !has_word(all, word))
		put(all, "", word);
}

static const char null_cipher[] = "NULL";

/* TLS 1.3 would be lost with these too, and no policy has their suites. */
static int needs_shared_key(const struct stls_suite *suite)
{
	return strstr(suite->gnutls_kx, "PSK") ||
	       strstr(suite->gnutls_kx, "SRP");
}

/* GnuTLS knows the words of the suites that it lists. */
static void put_suites(struct everything *all, struct stls_abilities *abilities)
{
	const char *name;
	size_t i;
	int row;

	for (i = 0;
	     (name = gnutls_cipher_suite_info(i, NULL, NULL, NULL, NULL, NULL));
	     i++) {
		row = stls_suite_by_gnutls(name, strlen(name));
		if (row < 0)
			continue;
		if (abilities->suite[row] == STLS_ABSENT)
			abilities->suite[row] = STLS_DISABLED;
		if (needs_shared_key(stls_suite((size_t)row)))
			continue;
		put_once(all, stls_suite((size_t)row)->gnutls_kx);
		if (strcmp(stls_suite((size_t)row)->gnutls_cipher,
			   null_cipher) != 0)
			put_once(all, stls_suite((size_t)row)->gnutls_cipher);
		put_once(all, stls_suite((size_t)row)->gnutls_mac);
	}
}

static void put_groups(struct everything *all)
{
	const gnutls_group_t *group = gnutls_group_list();

	for (; *group; group++)
		put(all, group_prefix, gnutls_group_get_name(*group));
}

static void put_signs(struct everything *all)
{
	const gnutls_sign_algorithm_t *sign = gnutls_sign_list();
	char word[64];

	for (; *sign; sign++) {
		(void)snprintf(word, sizeof(word), "%s%s", sign_prefix,
			       gnutls_sign_get_name(*sign));
		put_once(all, word);
	}
}

/*
 * Make the priorities of everything. A word that this GnuTLS lists but does not
 * accept is cut out, one with each attempt.
 */
static int init_all(struct everything *all, gnutls_priority_t *priorities)
{
	const char *place;
	char *word, *end;
	int ret, tries;

	for (tries = 0; tries < 256; tries++) {
		place = NULL;
		ret = gnutls_priority_init2(priorities, all->string, &place, 0);
		if (ret == 0 || ret == GNUTLS_E_MEMORY_ERROR || !place ||
		    place <= all->string)
			return ret;
		word = all->string + (place - all->string);
		while (word > all->string && *word != ':')
			word--;
		end = word + 1 + strcspn(word + 1, ":");
		memmove(word, end, strlen(end) + 1);
	}
	return ret;
}

enum { NO_ROW = -1, NO_MORE = -2 };

/*
 * The row of the *at-th enabled suite in the suite table, NO_ROW if the table
 * does not have it, or NO_MORE past the last. Advances *at.
 */
static int next_suite(gnutls_priority_t priorities, unsigned *at,
		      const char **name)
{
	unsigned index;
	int ret;

	do {
		ret = gnutls_priority_get_cipher_suite_index(priorities,
							     (*at)++, &index);
		if (ret == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			return NO_MORE;
	} while (ret < 0);
	*name = gnutls_cipher_suite_info(index, NULL, NULL, NULL, NULL, NULL);
	return *name ? stls_suite_by_gnutls(*name, strlen(*name)) : NO_ROW;
}

static void ask_suites(gnutls_priority_t priorities,
		       struct stls_abilities *abilities)
{
	const char *name;
	unsigned at = 0;
	int row;

	while ((row = next_suite(priorities, &at, &name)) != NO_MORE) {
		if (row != NO_ROW)
			abilities->suite[row] = STLS_ABLE;
	}
}

static void ask_groups(gnutls_priority_t priorities,
		       struct stls_abilities *abilities)
{
	const unsigned *list;
	int count = gnutls_priority_group_list(priorities, &list), i;
	unsigned row;

	for (row = 0; row < STLS_GROUPS; row++) {
		const char *word = stls_group(row)->gnutls;

		if (stls_group(row)->code >= GROUP_SECP256R1 &&
		    stls_group(row)->code <= GROUP_LAST_OLD && word[0] &&
		    abilities->group[row] == STLS_ABSENT)
			abilities->group[row] = STLS_DISABLED;
		for (i = 0; word[0] && i < count; i++) {
			if (strcmp(word + strlen(group_prefix),
				   gnutls_group_get_name(
					   (gnutls_group_t)list[i])) == 0)
				abilities->group[row] = STLS_ABLE;
		}
	}
}

/*
 * Whether a system's policy marks it as insecure: then GnuTLS makes no such
 * signature, although it stays enabled. SHA-1 is always marked, and works.
 */
static int is_insecure(const struct stls_sigalg *sigalg)
{
	const char *tls13 = sigalg->gnutls_tls13;

	return sigalg->code >> 8 >= HASH_SHA256 &&
	       (!gnutls_sign_is_secure(gnutls_sign_get_id(
			sigalg->gnutls + strlen(sign_prefix))) ||
		(tls13[0] && !gnutls_sign_is_secure(gnutls_sign_get_id(
				     tls13 + strlen(sign_prefix)))));
}

static void ask_signs(gnutls_priority_t priorities,
		      struct stls_abilities *abilities)
{
	const unsigned *list;
	int count = gnutls_priority_sign_list(priorities, &list), i;
	unsigned row;

	for (row = 0; row < STLS_SIGALGS; row++) {
		const char *word = stls_sigalg(row)->gnutls;

		/* GnuTLS lists SHA-224, but has no TLS number for it. */
		if (stls_sigalg(row)->code >> 8 == HASH_SHA224)
			continue;
		if (abilities->sigalg[row] == STLS_ABSENT &&
		    gnutls_sign_get_id(word + strlen(sign_prefix)) !=
			    GNUTLS_SIGN_UNKNOWN)
			abilities->sigalg[row] = STLS_DISABLED;
		if (is_insecure(stls_sigalg(row)))
			continue;
		for (i = 0; i < count; i++) {
			if (strcmp(word + strlen(sign_prefix),
				   gnutls_sign_get_name(
					   (gnutls_sign_algorithm_t)list[i])) ==
			    0)
				abilities->sigalg[row] = STLS_ABLE;
		}
	}
}

static void ask_versions(gnutls_priority_t priorities,
			 struct stls_abilities *abilities)
{
	const unsigned *list;
	int count = gnutls_priority_protocol_list(priorities, &list), i;

	for (i = 0; i < count; i++) {
		switch ((gnutls_protocol_t)list[i]) {
		case GNUTLS_TLS1_0:
			abilities->versions |= STLS_PROTOCOL_TLS1_0;
			break;
		case GNUTLS_TLS1_1:
			abilities->versions |= STLS_PROTOCOL_TLS1_1;
			break;
		case GNUTLS_TLS1_2:
			abilities->versions |= STLS_PROTOCOL_TLS1_2;
			break;
		case GNUTLS_TLS1_3:
			abilities->versions |= STLS_PROTOCOL_TLS1_3;
			break;
		default:
			break;
		}
	}
}

static int ask(struct everything *all, struct stls_abilities *abilities)
{
	gnutls_priority_t priorities;
	int ret = init_all(all, &priorities);

	if (ret == GNUTLS_E_MEMORY_ERROR)
		return SMTPTLS_E_NOMEM;
	/* A system's policy may leave nothing: then nothing is available. */
	if (ret < 0)
		return 0;
	ask_suites(priorities, abilities);
	ask_groups(priorities, abilities);
	ask_signs(priorities, abilities);
	ask_versions(priorities, abilities);
	gnutls_priority_deinit(priorities);
	return 0;
}

int stls_abilities_ask(struct stls_abilities *abilities)
{
	static const char *const starts[] = {
		"NONE:+CTYPE-X509:+COMP-NULL:+VERS-TLS1.3",
		"NONE:+CTYPE-X509:+COMP-NULL:+VERS-TLS1.2:+VERS-TLS1.1:"
		"+VERS-TLS1.0:+NULL",
	};
	struct everything *all;
	int ret = 0;
	size_t i;

	memset(abilities, 0, sizeof(*abilities));
	all = malloc(sizeof(*all));
	if (!all)
		return SMTPTLS_E_NOMEM;
	for (i = 0; ret == 0 && i < sizeof(starts) / sizeof(starts[0]); i++) {
		all->len = strlen(starts[i]);
		memcpy(all->string, starts[i], all->len + 1);
		put_suites(all, abilities);
		put_groups(all);
		put_signs(all);
		ret = ask(all, abilities);
	}
	free(all);
	return ret;
}

int stls_abilities_restricted(const struct stls_abilities *abilities)
{
	unsigned row;

	if (abilities->versions != STLS_PROTOCOL_TLS ||
	    memchr(abilities->group, STLS_DISABLED, sizeof(abilities->group)) ||
	    memchr(abilities->sigalg, STLS_DISABLED, sizeof(abilities->sigalg)))
		return 1;
	for (row = 0; row < STLS_SUITES; row++) {
		if (abilities->suite[row] == STLS_DISABLED &&
		    !needs_shared_key(stls_suite(row)))
			return 1;
	}
	return 0;
}

int stls_abilities_check(const struct smtptls_policy *policy,
			 const struct stls_sentence *error)
{
	gnutls_priority_t priorities;
	const char *place = "", *name = NULL;
	unsigned at = 0;
	int ret, row;

	ret = gnutls_priority_init2(&priorities, policy->priority, &place, 0);
	if (ret == GNUTLS_E_MEMORY_ERROR)
		return SMTPTLS_E_NOMEM;
	if (ret < 0)
		return stls_sentence(error, SMTPTLS_E_UNSUPPORTED,
				     "GnuTLS refuses the priority string: %s at"
				     " \"%s\"",
				     gnutls_strerror(ret), place);
	do {
		row = next_suite(priorities, &at, &name);
	} while (row >= 0 && stls_policy_has_suite(policy, row));
	gnutls_priority_deinit(priorities);
	if (row == NO_MORE)
		return 0;
	return stls_sentence(error, SMTPTLS_E_UNSUPPORTED,
			     "the loaded GnuTLS would enable %s, which these "
			     "settings forbid",
			     name ? name : "an unknown suite");
}
