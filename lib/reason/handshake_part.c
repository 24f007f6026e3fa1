/* SPDX-License-Identifier: MIT */
/*
 * reason/handshake_part: what the parts of a handshake cost.
 *
 * For one level and one version, find the group, or the signature with its
 * certificate, that needs the least change of all that the peer offers, and
 * what prevents it. In a search for what the peer would have to offer,
 * everything else follows, starting with this side's preferences. Nothing is
 * allocated.
 */
#include "reason/handshake_part.h"

#include <string.h>

#include "policy/security_level.h"
#include "selection/version.h"

/* ---- what the peer offers ---- */

size_t stls_offered_sigalgs(const struct stls_client_hello *hello)
{
	return hello->sigalgs.data ? stls_numbers(&hello->sigalgs) : 2;
}

unsigned stls_offered_sigalg(const struct stls_client_hello *hello, size_t i)
{
	/* RFC 5246 section 7.4.1.4.1 */
	static const unsigned implied[] = { 0x0201, 0x0203 };

	return hello->sigalgs.data ? stls_number(&hello->sigalgs, i)
				   : implied[i];
}

static void offer_add(struct stls_offer *offer, int row)
{
	if (row >= 0 && !memchr(offer->row, row, offer->count))
		offer->row[offer->count++] = (uint8_t)row;
}

void stls_read_offers(struct stls_search *search)
{
	const struct stls_client_hello *hello = search->hello;
	const struct smtptls_policy *policy = search->policy;
	/* secp256r1 first: it works for ECDSA too. */
	static const uint8_t usual[] = { 23, 29, 24, 25 };
	size_t i;

	search->suites.count = search->groups.count = 0;
	search->sigalgs.count = 0;
	for (i = 0; i < stls_numbers(&hello->suites); i++)
		offer_add(&search->suites,
			  stls_suite_by_code(stls_number(&hello->suites, i)));
	for (i = 0; i < stls_numbers(&hello->groups); i++)
		offer_add(&search->groups,
			  stls_group_by_code(stls_number(&hello->groups, i)));
	for (i = 0; i < stls_offered_sigalgs(hello); i++)
		offer_add(&search->sigalgs,
			  stls_sigalg_by_code(stls_offered_sigalg(hello, i)));
	search->suites.offered = search->suites.count;
	search->groups.offered = search->groups.count;
	search->sigalgs.offered = search->sigalgs.count;
	/* Ask the peer first for what this side prefers. */
	for (i = 0; search->peer && i < policy->suite_count; i++)
		offer_add(&search->suites, policy->suite_row[i]);
	for (i = 0; search->peer && i < policy->group_count; i++)
		offer_add(&search->groups, policy->group[i]);
	for (i = 0; search->peer && i < policy->sigalg_count; i++)
		offer_add(&search->sigalgs, policy->sigalg[i]);
	for (i = 0; search->peer && i < sizeof(usual) / sizeof(usual[0]); i++)
		offer_add(&search->groups, stls_group_by_code(usual[i]));
	for (i = 0; search->peer && i < STLS_SUITES_OPENSSL; i++)
		offer_add(&search->suites, (int)i);
	for (i = 0; search->peer && i < STLS_GROUPS; i++)
		offer_add(&search->groups, (int)i);
	for (i = 0; search->peer && i < STLS_SIGALGS; i++)
		offer_add(&search->sigalgs, (int)i);
}

/* ---- parts ---- */

uint64_t stls_peer_cost(const struct stls_offer *offer, unsigned i,
			uint8_t *off)
{
	if (i < offer->offered)
		return i;
	*off |= STLS_OFF_PEER;
	return STLS_COST_PEER + i;
}

/* The cost of a group or a signature algorithm on this side. */
static uint64_t thing_cost(const struct stls_search *search, uint8_t ability,
			   int bits, int named, uint8_t *off)
{
	const struct smtptls_policy *policy = search->policy;
	uint64_t cost = 0;

	if (ability == STLS_ABSENT || bits < stls_security_bits(search->level))
		return STLS_IMPOSSIBLE;
	if (ability == STLS_DISABLED) {
		*off |= STLS_OFF_SYSTEM;
		cost += STLS_COST_SYSTEM;
	}
	if (!named) {
		*off |= STLS_OFF_NAME;
		cost += STLS_COST_WORD;
	}
	if (bits < stls_security_bits(policy->security_level))
		*off |= STLS_OFF_LEVEL;
	return cost;
}

static void take_cheaper(struct stls_part *best, const struct stls_part *other)
{
	if (other->cost < best->cost)
		*best = *other;
}

static int is_field(unsigned code)
{
	return code >= 0x100 && code <= 0x1ff; /* RFC 7919 */
}

void stls_find_group(const struct stls_search *search, int field, unsigned only,
		     struct stls_part *best)
{
	const struct stls_offer *offer = &search->groups;
	struct stls_part part;
	unsigned i;

	best->cost = STLS_IMPOSSIBLE;
	for (i = 0; i < offer->count; i++) {
		uint8_t row = offer->row[i];
		unsigned code = stls_group(row)->code;
		uint64_t cost;
		int named = (int)(search->named_groups >> row & 1);

		if (search->version != STLS_TLS1_3 &&
		    is_field(code) != (field != 0))
			continue;
		/* Suite B leaves no choice of groups. */
		if ((only && code != only) || (search->suiteb && !named))
			continue;
		if (!field && !stls_version_has_group(search->version, code))
			continue;
		if (stls_is_old_group(code) &&
		    search->in_force & STLS_PROTOCOL_TLS1_3)
			continue;
		memset(&part, 0, sizeof(part));
		part.row = row;
		/* The groups setting does not govern DHE before TLS 1.3. */
		cost = thing_cost(search, search->policy->abilities.group[row],
				  stls_group_bits(code), field || named,
				  &part.off);
		if (cost == STLS_IMPOSSIBLE)
			continue;
		part.cost = cost + stls_peer_cost(offer, i, &part.off);
		take_cheaper(best, &part);
	}
}

/* A client without FFDHE groups (RFC 7919) takes this side's parameters. */
void stls_find_field(const struct stls_search *search, struct stls_part *best)
{
	unsigned i;

	for (i = 0; i < stls_numbers(&search->hello->groups); i++) {
		if (is_field(stls_number(&search->hello->groups, i))) {
			stls_find_group(search, 1, 0, best);
			return;
		}
	}
	memset(best, 0, sizeof(*best));
	best->row = STLS_NO_GROUP;
}

/* The easiest to get first. */
static const uint8_t key_order[] = {
	SMTPTLS_KEY_RSA_SIGN, SMTPTLS_KEY_ECDSA_P256, SMTPTLS_KEY_ECDSA_P384,
	SMTPTLS_KEY_ED25519,  SMTPTLS_KEY_ECDSA_P521, SMTPTLS_KEY_RSA_PSS,
	SMTPTLS_KEY_ED448,    SMTPTLS_KEY_RSA_ENCRYPT
};

#define KEY_TYPES (sizeof(key_order) / sizeof(key_order[0]))

static uint64_t key_cost(const struct stls_search *search, unsigned key,
			 uint8_t *off)
{
	uint64_t i = 0;

	while (key_order[i] != key)
		i++;
	if (search->keys & key)
		return i;
	if (search->idle & key) {
		*off |= STLS_OFF_USAGE;
		return STLS_COST_USAGE + i;
	}
	/* A certificate that the level forbids is refused at startup. */
	if (!(key & STLS_KEYS_RSA) &&
	    stls_key_bits(key) < stls_security_bits(search->level))
		return STLS_IMPOSSIBLE;
	/* An RSA key of 7680 bits or more is a last resort. */
	if (key & STLS_KEYS_RSA && search->level > 3)
		i += KEY_TYPES;
	*off |= STLS_OFF_MISSING;
	return STLS_COST_MISSING + i * STLS_COST_KEY_TYPE;
}

/*
 * The cost of a longer RSA key, if this side's is too short for an algorithm.
 * No other key can use the algorithm while the short one is there.
 */
static uint64_t length_cost(const struct stls_search *search, unsigned code,
			    uint8_t *off)
{
	if (!stls_keys_too_short(search->too_short, code))
		return 0;
	*off |= STLS_OFF_SHORT;
	return STLS_COST_MISSING;
}

/* Before TLS 1.3, a client that lists groups must list an ECDSA key's curve. */
static uint64_t curve_cost(const struct stls_search *search, unsigned key,
			   struct stls_part *part)
{
	unsigned code = stls_curve_of_key(key);

	part->curve = STLS_NO_GROUP;
	/* For ECDHE, a peer without a list would have to send one. */
	if (!code || search->version == STLS_TLS1_3 ||
	    (!search->hello->groups.data && !search->peer) ||
	    stls_has_number(&search->hello->groups, code))
		return 0;
	if (!search->peer)
		return STLS_IMPOSSIBLE;
	part->curve = (uint8_t)stls_group_by_code(code);
	return STLS_COST_PEER;
}

unsigned stls_keys_with(const struct stls_search *search, unsigned key,
			uint8_t key_off)
{
	if (key & STLS_RSA_BOTH && key_off & STLS_OFF_MISSING)
		key = STLS_RSA_BOTH;
	return search->keys | key;
}

/* Decides as stls_served_versions() does. */
int stls_serves_tls13(const struct stls_search *search, unsigned keys,
		      unsigned more_of_sigalgs)
{
	return keys & (SMTPTLS_KEY_RSA_SIGN | SMTPTLS_KEY_RSA_PSS |
		       STLS_KEYS_EDDSA) ||
	       keys & STLS_KEYS_ECDSA &
		       (search->policy->tls13_keys | search->suiteb_keys |
			more_of_sigalgs);
}

static unsigned keys_of_sigalg(const struct stls_search *search, unsigned code)
{
	return search->version == STLS_TLS1_3 || search->suiteb
		       ? stls_key_of_sigalg_tls13(code)
		       : stls_keys_of_sigalg_tls12(code);
}

/* The i-th signature algorithm with the cheapest of its keys. */
static void find_key(const struct stls_search *search, unsigned i,
		     unsigned keys, struct stls_part *best)
{
	uint8_t row = search->sigalgs.row[i];
	unsigned code = stls_sigalg(row)->code, tls13, t;
	int named = (int)(search->named_sigalgs >> row & 1);

	keys &= keys_of_sigalg(search, code);
	for (t = 0; t < KEY_TYPES; t++) {
		struct stls_part part = { .row = row, .key = key_order[t] };
		uint64_t cost, more, length, own;

		if (!(keys & part.key))
			continue;
		tls13 = stls_key_of_sigalg_tls13(code);
		/*
		 * Suite B leaves no choice, but in TLS 1.3 the sigalgs setting
		 * decides.
		 */
		if (search->suiteb && !named)
			continue;
		if (search->version == STLS_TLS1_3 &&
		    part.key & STLS_KEYS_ECDSA &&
		    !(search->policy->tls13_keys & part.key))
			named = 0;
		cost = thing_cost(search, search->policy->abilities.sigalg[row],
				  stls_sigalg_bits(code), named, &part.off);
		more = curve_cost(search, part.key, &part);
		length = length_cost(search, code, &part.key_off);
		own = key_cost(search, part.key, &part.key_off);
		if (cost == STLS_IMPOSSIBLE || more == STLS_IMPOSSIBLE ||
		    own == STLS_IMPOSSIBLE)
			continue;
		cost += more + length + own +
			stls_peer_cost(&search->sigalgs, i, &part.off);
		if (stls_sigalg_bits(code) < 112)
			cost += STLS_COST_SIGALG;
		if (search->no_tls13 &&
		    stls_serves_tls13(
			    search,
			    stls_keys_with(search, part.key, part.key_off),
			    named ? 0 : tls13))
			continue;
		part.cost = cost;
		take_cheaper(best, &part);
	}
}

void stls_find_signer(const struct stls_search *search, unsigned keys,
		      struct stls_part *best)
{
	unsigned i, t;

	best->cost = STLS_IMPOSSIBLE;
	if (search->version >= STLS_TLS1_2) {
		for (i = 0; i < search->sigalgs.count; i++)
			find_key(search, i, keys, best);
		return;
	}
	keys &= SMTPTLS_KEY_RSA_SIGN | STLS_KEYS_ECDSA;
	for (t = 0; t < KEY_TYPES; t++) {
		struct stls_part part = { .row = STLS_NO_SIGALG,
					  .key = key_order[t] };
		uint64_t more, own;

		if (!(keys & part.key))
			continue;
		more = curve_cost(search, part.key, &part);
		own = key_cost(search, part.key, &part.key_off);
		if (more == STLS_IMPOSSIBLE || own == STLS_IMPOSSIBLE)
			continue;
		part.cost = more + own;
		if (search->no_tls13 &&
		    stls_serves_tls13(
			    search,
			    stls_keys_with(search, part.key, part.key_off), 0))
			continue;
		take_cheaper(best, &part);
	}
}

/* In TLS 1.2 an RSA algorithm is required, although RSA only decrypts. */
static void find_rsa_sigalg(const struct stls_search *search,
			    struct stls_part *best)
{
	unsigned i;

	best->cost = STLS_IMPOSSIBLE;
	if (search->version < STLS_TLS1_2) {
		memset(best, 0, sizeof(*best));
		best->row = STLS_NO_SIGALG;
		return;
	}
	for (i = 0; i < search->sigalgs.count; i++) {
		uint8_t row = search->sigalgs.row[i];
		struct stls_part part = { .row = row };
		unsigned code = stls_sigalg(row)->code;
		int named = (int)(search->named_sigalgs >> row & 1);
		uint64_t cost, length;

		if (!(keys_of_sigalg(search, code) & SMTPTLS_KEY_RSA_SIGN))
			continue;
		cost = thing_cost(search, search->policy->abilities.sigalg[row],
				  stls_sigalg_bits(code), named, &part.off);
		length = length_cost(search, code, &part.key_off);
		if (cost == STLS_IMPOSSIBLE ||
		    (search->no_tls13 && !named &&
		     stls_serves_tls13(search, search->keys,
				       stls_key_of_sigalg_tls13(code))))
			continue;
		part.cost = cost + length +
			    stls_peer_cost(&search->sigalgs, i, &part.off);
		take_cheaper(best, &part);
	}
}

void stls_find_decrypter(const struct stls_search *search,
			 struct stls_part *best)
{
	uint64_t cost;

	find_rsa_sigalg(search, best);
	best->key = SMTPTLS_KEY_RSA_ENCRYPT;
	best->curve = STLS_NO_GROUP;
	if (best->cost == STLS_IMPOSSIBLE)
		return;
	cost = key_cost(search, SMTPTLS_KEY_RSA_ENCRYPT, &best->key_off);
	/* One new RSA certificate both signs and decrypts, at one price. */
	if (best->key_off & STLS_OFF_MISSING)
		cost = STLS_COST_MISSING;
	best->cost += cost;
	if (search->no_tls13 && best->key_off & STLS_OFF_MISSING)
		best->cost = STLS_IMPOSSIBLE;
}
