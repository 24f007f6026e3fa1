/* SPDX-License-Identifier: MIT */
/*
 * reason/diagnosis: what would end a refusal.
 *
 * The selection knows the step at which peer and policy have nothing in common.
 * The administrator needs to know which handshake could succeed, and what
 * prevents it. So the search covers every handshake that this peer could make
 * with a server that supports everything. Each change that a handshake needs
 * has a cost, and the cheapest handshake is the target. Costs are such that no
 * number of lesser changes outweighs a greater one:
 *
 *	a lower security level, TLS 1.0 or 1.1: all sessions become weaker
 *	a group that TLS 1.3 would disable
 *	the system's GnuTLS policy
 *	a certificate, or a new one for the same key with another keyUsage
 *	a word in a setting
 *
 * Ties go to the certificate that is easiest to get, to signatures without
 * SHA-1, to forward secrecy, to authenticated encryption, and to the peer's
 * order. Suites without encryption or certificate, and whatever the loaded
 * GnuTLS lacks, are never targets.
 *
 * With the level and the version given, suite, group and signature are
 * independent of one another, so the cost of the best handshake is a sum of
 * minima, and the loops stay small. Since a server never falls back to a lower
 * version, a target's version must be the one that is chosen after the changes.
 * If there is no target, the search runs again over what the peer does not
 * offer as well, to find what it would have to offer.
 *
 * Nothing is allocated, and only refusals get here.
 */
#include "reason/diagnosis.h"

#include <string.h>

#include "policy/security_level.h"
#include "reason/excluding_word.h"
#include "reason/handshake_part.h"
#include "selection/hello_rules.h"
#include "selection/version.h"

#define OLD_VERSIONS	       (STLS_PROTOCOL_TLS1_0 | STLS_PROTOCOL_TLS1_1)

#define RSA_PSS_RSAE_SHA256    0x0804
#define ECDSA_SECP256R1_SHA256 0x0403

/* ---- suites ---- */

static int needs_shared_key(const struct stls_suite *suite)
{
	return suite->kx & ~(STLS_KX_RSA | STLS_KX_DHE | STLS_KX_ECDHE) ||
	       suite->au & (STLS_AU_PSK | STLS_AU_SRP);
}

/* Why a suite can never be a target: enum stls_lack. */
static int lack_of(const struct smtptls_policy *policy, int row)
{
	const struct stls_suite *suite = stls_suite((size_t)row);

	if (needs_shared_key(suite))
		return STLS_LACK_SHARED;
	if (suite->enc & STLS_ENC_NULL || suite->au & STLS_AU_NULL)
		return STLS_LACK_BARE;
	if (row >= STLS_SUITES_OPENSSL)
		return STLS_LACK_NAME;
	/* GnuTLS does not sign with DSA. */
	if (policy->abilities.suite[row] == STLS_ABSENT ||
	    suite->au & STLS_AU_DSS)
		return STLS_LACK_GNUTLS;
	return STLS_LACK_OTHER;
}

static uint64_t suite_cost(const struct stls_search *search, int row,
			   struct stls_diagnosis *here)
{
	const struct smtptls_policy *policy = search->policy;
	const struct stls_suite *suite = stls_suite((size_t)row);
	uint64_t cost = 0;

	if (!stls_version_has_suite(search->version, suite) ||
	    lack_of(policy, row) != STLS_LACK_OTHER ||
	    !stls_suite_allowed(suite, search->level))
		return STLS_IMPOSSIBLE;
	here->suite_off = here->kills = 0;
	/* Disabling a version disables its suites; allowing it allows them. */
	if (policy->abilities.suite[row] == STLS_DISABLED &&
	    !(here->allow_versions & stls_version_bit(suite->min_version))) {
		here->suite_off |= STLS_OFF_SYSTEM;
		cost += STLS_COST_SYSTEM;
	}
	if (!stls_suite_allowed(suite, policy->security_level))
		here->suite_off |= STLS_OFF_LEVEL;
	if (!memchr(policy->suite_row, row, policy->suite_count)) {
		if (search->suiteb && suite->min_version != STLS_TLS1_3)
			return STLS_IMPOSSIBLE;
		here->suite_off |= STLS_OFF_NAME;
		here->kills = row < STLS_SUITES_LISTED ? search->kills[row] : 0;
		/* Giving up Suite B replaces the whole list, at one price. */
		if (policy->suiteb == STLS_SUITEB_NONE ||
		    suite->min_version == STLS_TLS1_3)
			cost += STLS_COST_WORD *
				(here->kills > 1 ? here->kills : 1U);
	}
	if (!(suite->kx & (STLS_KX_DHE | STLS_KX_ECDHE)))
		cost += STLS_COST_SECRECY;
	if (!(suite->mac & STLS_MAC_AEAD))
		cost += STLS_COST_AEAD;
	return cost;
}

/* The parts that go with a suite: its group and its signer. */
static const struct stls_part *group_of(const struct stls_search *search,
					const struct stls_suite *suite,
					struct stls_part *own)
{
	if (search->version == STLS_TLS1_3)
		return &search->group13;
	if (suite->kx & STLS_KX_DHE)
		return &search->field;
	if (suite->kx & STLS_KX_ECDHE && search->suiteb) {
		stls_find_group(search, 0, stls_suiteb_group(suite->code), own);
		return own;
	}
	if (suite->kx & STLS_KX_ECDHE)
		return &search->curve;
	memset(own, 0, sizeof(*own));
	own->row = STLS_NO_GROUP;
	return own;
}

static const struct stls_part *signer_of(const struct stls_search *search,
					 const struct stls_suite *suite)
{
	if (search->version == STLS_TLS1_3)
		return &search->any;
	if (suite->kx & STLS_KX_RSA)
		return &search->kx_rsa;
	return suite->au & STLS_AU_ECDSA ? &search->ecdsa : &search->rsa;
}

static void try_suite(struct stls_search *search, unsigned i, uint64_t cost)
{
	struct stls_diagnosis *here = &search->here;
	uint8_t row = search->suites.row[i];
	const struct stls_suite *suite = stls_suite(row);
	const struct stls_part *group, *signer;
	struct stls_part own;
	uint64_t own_cost = suite_cost(search, row, here);

	if (own_cost == STLS_IMPOSSIBLE)
		return;
	signer = signer_of(search, suite);
	if (signer->cost == STLS_IMPOSSIBLE)
		return;
	group = group_of(search, suite, &own);
	if (group->cost == STLS_IMPOSSIBLE)
		return;
	cost += own_cost + group->cost + signer->cost +
		stls_peer_cost(&search->suites, i, &here->suite_off);
	/* Asking the peer for another suite costs extra. */
	if (here->suite_off & STLS_OFF_PEER)
		cost += STLS_COST_PEER / 2;
	if (cost >= search->best_cost)
		return;
	here->suite = row;
	here->group = group->row;
	here->group_off = group->off;
	here->sigalg = signer->row;
	here->sigalg_off = signer->off;
	here->key = signer->key;
	here->key_off = signer->key_off;
	here->curve = signer->curve;
	search->best_cost = cost;
	*search->best = *here;
}

static void try_suites(struct stls_search *search, uint64_t cost)
{
	unsigned i;

	if (search->version == STLS_TLS1_3) {
		stls_find_group(search, 0, 0, &search->group13);
		stls_find_signer(search, STLS_KEYS, &search->any);
	} else {
		stls_find_group(search, 0, 0, &search->curve);
		stls_find_field(search, &search->field);
		stls_find_signer(search,
				 SMTPTLS_KEY_RSA_SIGN | SMTPTLS_KEY_RSA_PSS,
				 &search->rsa);
		stls_find_signer(search, STLS_KEYS_ECDSA | STLS_KEYS_EDDSA,
				 &search->ecdsa);
		stls_find_decrypter(search, &search->kx_rsa);
	}
	for (i = 0; i < search->suites.count; i++)
		try_suite(search, i, cost);
}

/* ---- versions ---- */

static int has_ciphersuites(const struct smtptls_policy *policy)
{
	/* Suites of TLS 1.3 come first. */
	return policy->suite_count > 0 &&
	       stls_suite(policy->suite_row[0])->min_version == STLS_TLS1_3;
}

/* The versions that the policy would have, computed as in policy/compile. */
static uint8_t versions_in_force(const struct stls_search *search,
				 unsigned asked, unsigned able)
{
	unsigned versions = asked & able;

	if (search->level > 0)
		versions &= ~(unsigned)OLD_VERSIONS;
	if (!has_ciphersuites(search->policy) && search->version != STLS_TLS1_3)
		versions &= ~(unsigned)STLS_PROTOCOL_TLS1_3;
	if (versions & OLD_VERSIONS && !(versions & STLS_PROTOCOL_TLS1_2))
		versions &= ~(unsigned)STLS_PROTOCOL_TLS1_3;
	return (uint8_t)versions;
}

/*
 * Note which versions to name and allow so that `wanted` are in force: 1, or 0
 * if they still are not.
 */
static int enable_versions(struct stls_search *search, unsigned wanted)
{
	const struct smtptls_policy *policy = search->policy;
	struct stls_diagnosis *here = &search->here;

	here->name_versions =
		(uint8_t)(wanted & ~(unsigned)policy->asked_versions);
	here->allow_versions =
		(uint8_t)(wanted & ~(unsigned)policy->abilities.versions);
	search->in_force =
		versions_in_force(search, policy->asked_versions | wanted,
				  policy->abilities.versions | wanted);
	return (wanted & ~(unsigned)search->in_force) == 0;
}

static unsigned count_bits(unsigned bits)
{
	unsigned count = 0;

	for (; bits; bits &= bits - 1)
		count++;
	return count;
}

static int has_old_group(const struct smtptls_policy *policy)
{
	unsigned i;

	for (i = 0; i < policy->group_count; i++) {
		if (stls_is_old_group(stls_group(policy->group[i])->code))
			return 1;
	}
	return 0;
}

/*
 * Whether this version is the one chosen after the changes, and is not taken
 * for a fallback or a hole among the versions; see choose_version() and
 * is_in_hole() in selection/selection.
 */
static int is_chosen(struct stls_search *search)
{
	const struct stls_client_hello *hello = search->hello;
	unsigned version, bit;

	search->no_tls13 = 0;
	for (version = search->version + 1U; version <= STLS_TLS1_3;
	     version++) {
		bit = stls_version_bit(version);
		if (!(search->in_force & bit))
			continue;
		if (bit == STLS_PROTOCOL_TLS1_3 &&
		    !stls_serves_tls13(search, search->keys, 0)) {
			search->no_tls13 =
				search->versions & bit || hello->fallback_scsv;
			continue;
		}
		if (search->versions & bit || hello->fallback_scsv)
			return 0;
		if (!hello->versions.data && version <= STLS_TLS1_2 &&
		    search->version != hello->legacy_version)
			return 0;
	}
	return 1;
}

/* The hello must follow the version's rules and allow a full handshake. */
static int keeps_rules(const struct stls_search *search)
{
	return stls_check_hello_rules(search->hello, search->version) == 0 &&
	       (search->version != STLS_TLS1_3 || search->hello->sigalgs.data);
}

static void try_version(struct stls_search *search)
{
	const struct smtptls_policy *policy = search->policy;
	struct stls_diagnosis *here = &search->here;
	unsigned bit = stls_version_bit(search->version), before, added;
	uint64_t cost = 0;
	int old;

	if (!keeps_rules(search))
		return;
	if (bit & OLD_VERSIONS && search->level > 0)
		return;
	before = policy->selectable_versions;
	if (!enable_versions(search, before | bit)) {
		/* TLS 1.3 beside TLS 1.0 or 1.1 needs TLS 1.2 too. */
		if (!enable_versions(search,
				     before | bit | STLS_PROTOCOL_TLS1_2))
			return;
		here->hole = bit != STLS_PROTOCOL_TLS1_2;
	} else {
		here->hole = 0;
	}
	if (!is_chosen(search))
		return;
	/* TLS 1.1 adds no weakness if TLS 1.0 is enabled. */
	added = bit & ~before;
	old = added & OLD_VERSIONS && !(before & (bit - 1));
	here->version = search->version;
	here->level = (uint8_t)search->level;
	here->in_force = search->in_force;
	here->version_off = 0;
	if (here->name_versions) {
		here->version_off |= STLS_OFF_NAME;
		cost += STLS_COST_WORD;
	}
	if (here->allow_versions)
		here->version_off |= STLS_OFF_SYSTEM;
	if (added & OLD_VERSIONS && policy->security_level > 0)
		here->version_off |= STLS_OFF_LEVEL;
	if (!(search->versions & bit)) {
		here->version_off |= STLS_OFF_PEER;
		/* Avoid sending a peer back to a deprecated version. */
		cost += bit & OLD_VERSIONS ? STLS_COST_MISSING : STLS_COST_PEER;
	}
	cost += STLS_COST_SYSTEM * count_bits(here->allow_versions);
	here->weaker = search->level < policy->security_level || old;
	cost += STLS_COST_WEAKER *
		(unsigned)(policy->security_level - search->level + old);
	if (search->level < policy->security_level)
		cost += STLS_COST_WORD;
	here->loses = search->in_force & STLS_PROTOCOL_TLS1_3 & ~before &&
		      has_old_group(policy);
	if (here->loses)
		cost += STLS_COST_LOSES;
	/* Without Suite B, the lists must name what it implied. */
	here->suiteb_off =
		policy->suiteb != STLS_SUITEB_NONE && !search->suiteb;
	if (here->suiteb_off)
		cost += 2 * STLS_COST_WORD;
	try_suites(search, cost);
}

/* ---- the search ---- */

/* What the lists would name without Suite B; the policy does not keep it. */
static void read_without_suiteb(struct stls_search *search)
{
	const struct stls_given *given = &search->policy->given;
	const char *string =
		given->groups ? given->groups : stls_default_groups;
	struct stls_group_list groups;
	struct stls_sigalg_list sigalgs;
	unsigned i;

	(void)stls_group_list_parse(&groups, string, strlen(string), NULL);
	string = given->sigalgs ? given->sigalgs : stls_default_sigalgs;
	(void)stls_sigalg_list_parse(&sigalgs, string, strlen(string), NULL);
	search->named_groups = 0;
	search->named_sigalgs = 0;
	for (i = 0; i < groups.count; i++)
		search->named_groups |= UINT64_C(1) << groups.choice[i].group;
	for (i = 0; i < sigalgs.count; i++)
		search->named_sigalgs |= UINT32_C(1) << sigalgs.sigalg[i];
	for (i = 0; i < STLS_SIGALGS; i++) {
		if (search->policy->asked_sigalgs >> i & 1)
			search->suiteb_keys |=
				stls_key_of_sigalg_tls13(stls_sigalg(i)->code);
	}
}

static void try_levels(struct stls_search *search)
{
	unsigned version;

	for (search->level = search->policy->security_level; search->level >= 0;
	     search->level--) {
		for (version = STLS_TLS1_3; version >= STLS_TLS1_0; version--) {
			search->version = (uint16_t)version;
			if (search->peer ||
			    search->versions & stls_version_bit(version))
				try_version(search);
		}
	}
}

static void try_all(struct stls_search *search, int peer)
{
	const struct smtptls_policy *policy = search->policy;

	search->peer = peer;
	stls_read_offers(search);
	search->suiteb = policy->suiteb != STLS_SUITEB_NONE;
	search->suiteb_keys = 0;
	search->named_groups = policy->asked_groups;
	search->named_sigalgs = policy->asked_sigalgs;
	try_levels(search);
	if (!search->suiteb)
		return;
	search->suiteb = 0;
	read_without_suiteb(search);
	try_levels(search);
}

/* If the peer must add a group and a key's curve, make them the same. */
static void join_curve(const struct stls_search *search)
{
	struct stls_diagnosis *best = search->best;

	if (best->curve == STLS_NO_GROUP ||
	    !(best->group_off & STLS_OFF_PEER) ||
	    best->group == STLS_NO_GROUP || best->group == best->curve ||
	    search->policy->suiteb != STLS_SUITEB_NONE ||
	    stls_group_bits(stls_group(best->curve)->code) <
		    stls_security_bits(best->level))
		return;
	if (memchr(search->policy->group, best->curve,
		   search->policy->group_count))
		best->group_off = STLS_OFF_PEER;
	else if (!(best->group_off & STLS_OFF_NAME) ||
		 search->policy->abilities.group[best->curve] != STLS_ABLE ||
		 search->policy->asked_groups >> best->curve & 1)
		return;
	best->group = best->curve;
}

/* 1 if the policy has the group after the changes. */
static int has_group(const struct stls_search *search, unsigned code)
{
	const struct smtptls_policy *policy = search->policy;
	const struct stls_diagnosis *best = search->best;
	int row = stls_group_by_code(code);

	return memchr(policy->group, row, policy->group_count) ||
	       (best->group_off & STLS_OFF_NAME && best->group == row);
}

static int has_sigalg(const struct stls_search *search, unsigned code)
{
	const struct smtptls_policy *policy = search->policy;
	const struct stls_diagnosis *best = search->best;
	int row = stls_sigalg_by_code(code);

	return memchr(policy->sigalg, row, policy->sigalg_count) ||
	       (best->sigalg_off & STLS_OFF_NAME && best->sigalg == row);
}

/*
 * A server never falls back to a lower version. So if the changes raise the
 * highest version, peers that offer it can no longer use the previous one, and
 * must find what they need in the new one: 1 if typical peers do.
 */
static int is_usual(const struct stls_search *search, unsigned version,
		    unsigned keys)
{
	static const struct {
		uint8_t keys;
		uint16_t code;
	} usual[] = {
		{ SMTPTLS_KEY_RSA_SIGN, RSA_PSS_RSAE_SHA256 },
		{ SMTPTLS_KEY_ECDSA_P256, ECDSA_SECP256R1_SHA256 },
	};
	const char *suites = search->policy->given.ciphersuites;
	size_t i;

	if (version == STLS_TLS1_3 && suites && suites[0] &&
	    !strstr(suites, "TLS_AES_128_GCM_SHA256") &&
	    !strstr(suites, "TLS_AES_256_GCM_SHA384"))
		return 0;
	if (!has_group(search, STLS_SECP256R1) &&
	    !has_group(search, STLS_X25519))
		return 0;
	for (i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		if (keys & usual[i].keys && has_sigalg(search, usual[i].code))
			return 1;
	}
	return 0;
}

static unsigned highest(unsigned versions)
{
	unsigned version = STLS_TLS1_3;

	while (version > STLS_TLS1_0 && !(versions & stls_version_bit(version)))
		version--;
	return version;
}

/* The highest version after the changes if they raise it, else 0. */
static unsigned new_best(const struct stls_search *search)
{
	const struct stls_diagnosis *best = search->best;
	unsigned before, after = best->in_force, more = 0;

	before = stls_served_versions(search->policy, search->keys);
	if (best->sigalg_off & STLS_OFF_NAME)
		more = stls_key_of_sigalg_tls13(
			stls_sigalg(best->sigalg)->code);
	if (!stls_serves_tls13(search,
			       stls_keys_with(search, best->key, best->key_off),
			       more))
		after &= ~(unsigned)STLS_PROTOCOL_TLS1_3;
	return highest(after) > highest(before) ? highest(after) : 0;
}

/* The lack of the peer's suite that is nearest to being usable. */
static int find_lack(const struct stls_search *search)
{
	int lack = STLS_LACK_KNOWN, other;
	unsigned i;

	for (i = 0; i < search->suites.offered; i++) {
		if (!stls_version_has_suite(search->best->version,
					    stls_suite(search->suites.row[i])))
			continue;
		other = lack_of(search->policy, search->suites.row[i]);
		if (other > lack)
			lack = other;
	}
	return lack;
}

/* LACK_GNUTLS if the peer offers a known group that GnuTLS lacks. */
static int find_group_lack(const struct stls_search *search)
{
	unsigned i;

	for (i = 0; i < search->groups.offered; i++) {
		if (search->policy->abilities.group[search->groups.row[i]] ==
		    STLS_ABSENT)
			return STLS_LACK_GNUTLS;
	}
	return STLS_LACK_KNOWN;
}

void stls_diagnose(const struct smtptls_policy *policy,
		   const struct stls_client_hello *hello, unsigned keys,
		   struct stls_diagnosis *diagnosis)
{
	struct stls_search search = { .policy = policy,
				      .hello = hello,
				      .keys = keys & STLS_KEYS,
				      .best = diagnosis,
				      .best_cost = STLS_IMPOSSIBLE };
	unsigned version;

	memset(diagnosis, 0, sizeof(*diagnosis));
	search.too_short = keys & STLS_KEYS_SHORT;
	search.idle = keys >> STLS_KEYS_IDLE_SHIFT & STLS_KEYS;
	if (keys & STLS_RSA_BOTH)
		search.idle |= STLS_RSA_BOTH & ~keys;
	search.versions = stls_offered_versions(hello);
	if (policy->given.ciphers && policy->suiteb == STLS_SUITEB_NONE)
		stls_count_excluders(policy->given.ciphers, search.kills);
	try_all(&search, 0);
	if (search.best_cost == STLS_IMPOSSIBLE)
		try_all(&search, 1);
	if (search.best_cost == STLS_IMPOSSIBLE)
		return;
	join_curve(&search);
	diagnosis->short_key = keys & STLS_RSA_BOTH ? SMTPTLS_KEY_RSA_SIGN
						    : SMTPTLS_KEY_RSA_PSS;
	diagnosis->needs_peer =
		((diagnosis->version_off | diagnosis->suite_off |
		  diagnosis->group_off | diagnosis->sigalg_off) &
		 STLS_OFF_PEER) ||
		diagnosis->curve != STLS_NO_GROUP;
	version = new_best(&search);
	if (version && !is_usual(&search, version,
				 stls_keys_with(&search, diagnosis->key,
						diagnosis->key_off)))
		diagnosis->raises = (uint16_t)version;
	diagnosis->lack = (uint8_t)find_lack(&search);
	diagnosis->group_lack = (uint8_t)find_group_lack(&search);
}
