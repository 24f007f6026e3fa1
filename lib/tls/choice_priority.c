/* SPDX-License-Identifier: MIT */
/*
 * tls/choice_priority: a choice as GnuTLS priorities.
 *
 * What has been chosen is passed to GnuTLS as priorities of one suite, one
 * group and every enabled version: with the chosen version alone, GnuTLS would
 * take that for its highest, set no downgrade sentinel (RFC 8446 section 4.1.3)
 * and misjudge a fallback. A group must be there even if the suite needs none,
 * since GnuTLS has no TLS 1.3 without one.
 *
 * Making priorities takes longer than all the rest, so a limited number of them
 * is kept with the policy, for all threads and without a lock: a place is
 * filled once and stays. When all are taken, priorities are made for one
 * session and then released.
 */
#include "tls/choice_priority.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/key_type.h"

#define PLACES	   64
#define STRING_MAX 2048

/* The choice is claimed first, from 0; then its priorities are stored. */
struct place {
	_Atomic(uint32_t) choice;
	_Atomic(gnutls_priority_t) priority;
};

struct places {
	struct place place[PLACES];
};

static void places_free(void *attached)
{
	struct places *places = attached;
	unsigned i;

	for (i = 0; i < PLACES; i++) {
		gnutls_priority_t priority =
			atomic_load(&places->place[i].priority);

		if (priority)
			gnutls_priority_deinit(priority);
	}
	free(places);
}

int stls_choice_priority_prepare(struct smtptls_policy *policy)
{
	struct places *places = malloc(sizeof(*places));
	unsigned i;

	if (!places)
		return SMTPTLS_E_NOMEM;
	for (i = 0; i < PLACES; i++) {
		atomic_init(&places->place[i].choice, 0);
		atomic_init(&places->place[i].priority, NULL);
	}
	policy->attached = places;
	policy->attached_free = places_free;
	return 0;
}

/* ---- the string ---- */

static void put(char *string, const char *prefix, const char *word)
{
	size_t len = strlen(string);

	(void)snprintf(string + len, STRING_MAX - len, ":+%s%s", prefix, word);
}

static void put_versions(char *string, uint8_t versions)
{
	static const struct {
		uint8_t version;
		const char *word;
	} words[] = {
		{ STLS_PROTOCOL_TLS1_3, "TLS1.3" },
		{ STLS_PROTOCOL_TLS1_2, "TLS1.2" },
		{ STLS_PROTOCOL_TLS1_1, "TLS1.1" },
		{ STLS_PROTOCOL_TLS1_0, "TLS1.0" },
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (versions & words[i].version)
			put(string, "VERS-", words[i].word);
	}
}

static void put_groups(char *string, const struct smtptls_policy *policy,
		       const struct stls_choice *choice, unsigned key)
{
	unsigned curve = stls_curve_of_key(key);
	int row = curve ? stls_group_by_code(curve) : -1;

	if (choice->group != STLS_NO_GROUP)
		put(string, "", stls_group(choice->group)->gnutls);
	/* Before TLS 1.3 GnuTLS also needs an ECDSA certificate's curve. */
	if (choice->version != STLS_TLS1_3 && row >= 0 && row != choice->group)
		put(string, "", stls_group((size_t)row)->gnutls);
	/*
	 * For finite-field DHE or RSA: this group keeps TLS 1.3 in the string.
	 */
	if (choice->version != STLS_TLS1_3 &&
	    !(stls_suite(choice->suite)->kx & STLS_KX_ECDHE))
		put(string, "", stls_group(policy->group[0])->gnutls);
}

static void put_sigalgs(char *string, const struct smtptls_policy *policy,
			const struct stls_choice *choice, unsigned key)
{
	unsigned keys = (unsigned)(choice->flags & STLS_CHOICE_SHORT)
			<< STLS_CHOICE_SHORT_SHIFT;
	unsigned i;

	for (i = 0; i < policy->sigalg_count; i++) {
		const struct stls_sigalg *sigalg =
			stls_sigalg(policy->sigalg[i]);

		if (key && stls_key_of_sigalg(sigalg->code) != key)
			continue;
		if (stls_keys_too_short(keys, sigalg->code))
			continue;
		put(string, "", sigalg->gnutls);
		if (sigalg->gnutls_tls13[0] &&
		    strcmp(sigalg->gnutls, sigalg->gnutls_tls13) != 0)
			put(string, "", sigalg->gnutls_tls13);
	}
}

static int make(const struct smtptls_policy *policy,
		const struct stls_choice *choice, unsigned key,
		gnutls_priority_t *priority)
{
	static const char *const profiles[] = {
		"VERY_WEAK", "LOW", "MEDIUM", "HIGH", "ULTRA", "FUTURE"
	};
	const struct stls_suite *suite = stls_suite(choice->suite);
	char string[STRING_MAX] = "NONE:+CTYPE-X509:+COMP-NULL";
	uint8_t versions = policy->selectable_versions;
	size_t len;

	if (choice->flags & STLS_CHOICE_NO_TLS13)
		versions &= (uint8_t)~STLS_PROTOCOL_TLS1_3;
	put_versions(string, versions);
	if (suite->gnutls_kx[0])
		put(string, "", suite->gnutls_kx);
	put(string, "", suite->gnutls_cipher);
	put(string, "", suite->gnutls_mac);
	put_groups(string, policy, choice, key);
	put_sigalgs(string, policy, choice,
		    choice->version == STLS_TLS1_3 ? key : 0);
	len = strlen(string);
	(void)snprintf(string + len, sizeof(string) - len,
		       ":%%SERVER_PRECEDENCE:%%PROFILE_%s%s",
		       profiles[policy->security_level],
		       choice->flags & STLS_CHOICE_NO_TICKETS ? ":%NO_TICKETS"
							      : "");
	return gnutls_priority_init2(priority, string, NULL, 0);
}

/* ---- the places ---- */

/* The choice as a number, never 0. */
static uint32_t number(const struct stls_choice *choice, unsigned key)
{
	return (uint32_t)choice->suite << 24 | (uint32_t)choice->group << 16 |
	       (uint32_t)(key & 0xff) << 8 |
	       (uint32_t)(choice->flags & STLS_CHOICE_SAID) | 1;
}

/*
 * The priorities kept for a choice, or NULL with *place set to where to look
 * for a free one: PLACES if there is none, or if another thread is storing
 * these priorities now. Places are taken in order, so the first free one is the
 * end.
 */
static gnutls_priority_t find(struct places *places, uint32_t choice,
			      unsigned *place)
{
	unsigned i;

	*place = PLACES;
	for (i = 0; i < PLACES; i++) {
		uint32_t here = atomic_load_explicit(&places->place[i].choice,
						     memory_order_relaxed);

		if (here == choice)
			return atomic_load_explicit(&places->place[i].priority,
						    memory_order_acquire);
		if (here == 0) {
			*place = i;
			break;
		}
	}
	return NULL;
}

/* Keep the priorities if there is a place; 1 if they are kept. */
static int keep(struct places *places, unsigned i, uint32_t choice,
		gnutls_priority_t priority)
{
	uint32_t here;

	for (; i < PLACES; i++) {
		here = 0;
		if (atomic_compare_exchange_strong(&places->place[i].choice,
						   &here, choice)) {
			atomic_store_explicit(&places->place[i].priority,
					      priority, memory_order_release);
			return 1;
		}
		/* Another thread has just stored the same. */
		if (here == choice)
			break;
	}
	return 0;
}

int stls_choice_priority_set(const struct smtptls_policy *policy,
			     gnutls_session_t tls,
			     const struct stls_choice *choice, unsigned key)
{
	struct places *places = policy->attached;
	uint32_t wanted = number(choice, key);
	gnutls_priority_t priority;
	unsigned place;
	int ret;

	priority = find(places, wanted, &place);
	if (priority)
		return gnutls_priority_set(tls, priority);
	ret = make(policy, choice, key, &priority);
	if (ret < 0)
		return ret;
	ret = gnutls_priority_set(tls, priority);
	/* The session holds a reference of its own. */
	if (ret < 0 || !keep(places, place, wanted, priority))
		gnutls_priority_deinit(priority);
	return ret;
}
