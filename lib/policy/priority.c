/* SPDX-License-Identifier: MIT */
/*
 * policy/priority: a policy as a GnuTLS priority string, never wider.
 *
 * GnuTLS enables every suite whose key exchange, cipher and MAC are enabled, so
 * a priority string can only express sets of suites that are such a product.
 * For a given pair of a set of key exchanges and a set of MACs, the ciphers are
 * independent of each other: a cipher may be in the string if no suite that it
 * forms with the pair is forbidden. So trying all pairs finds the best set.
 * Best is a set that serves both TLS 1.3 and older versions, since a peer
 * without a common version is lost, while few peers lack a common suite; then
 * the largest set; then the set with the suites that come first.
 *
 * A TLS 1.3 suite has no key exchange: it is enabled along with its cipher
 * whenever its MAC (AEAD) is. It therefore counts, and can rule out a cipher,
 * like the others. And GnuTLS silently disables TLS 1.3 beside the cipher NULL:
 * then NULL is dropped. If the best set has no TLS 1.3 suite, that version is
 * dropped instead, and the search is repeated: without it, less is forbidden.
 *
 * At most 7 key exchanges and 4 MACs occur among suites that need only
 * certificates or nothing: 2,048 pairs, with some 20 ciphers each.
 */
#include "policy/priority.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX  32
#define STRING_MAX 2048

/* Distinct words, in the order of the suites that have them. */
struct words {
	const char *word[WORDS_MAX];
	unsigned count;
};

struct product {
	unsigned kx;	 /* sets of words, as bits */
	unsigned cipher; /* … */
	unsigned mac;	 /* … */
	unsigned kinds;	 /* of versions served: TLS 1.3, and older ones */
	unsigned size;	 /* number of suites */
};

struct search {
	struct smtptls_policy *policy;
	struct words kx, cipher, mac;
	/* By cipher and MAC: key exchanges that make an allowed suite. */
	uint32_t good[WORDS_MAX][WORDS_MAX];
	/* … that make a forbidden one. */
	uint32_t bad[WORDS_MAX][WORDS_MAX];
	/* TLS 1.3: the pair of cipher and MAC is itself such a suite. */
	uint8_t good13[WORDS_MAX][WORDS_MAX];
	uint8_t bad13[WORDS_MAX][WORDS_MAX];
};

/* The word's number, or -1. */
static int word_find(const struct words *words, const char *word)
{
	unsigned i;

	for (i = 0; i < words->count; i++) {
		if (strcmp(words->word[i], word) == 0)
			return (int)i;
	}
	return -1;
}

static void word_add(struct words *words, const char *word)
{
	if (word[0] && word_find(words, word) < 0 && words->count < WORDS_MAX)
		words->word[words->count++] = word;
}

/* Whether the suite is in force, or lost only by GnuTLS's syntax. */
static int wanted(const struct smtptls_policy *policy, unsigned i)
{
	int lost = policy->suite[i].lost;

	return lost == SMTPTLS_KEPT || lost == SMTPTLS_LOST_PRODUCT;
}

/* Whether some enabled version has the suite. */
static int can_be_used(const struct smtptls_policy *policy,
		       const struct stls_suite *suite)
{
	switch (suite->gnutls_min_version) {
	case STLS_TLS1_3:
		return policy->versions & STLS_PROTOCOL_TLS1_3;
	case STLS_TLS1_2:
		return policy->versions & STLS_PROTOCOL_TLS1_2;
	default:
		return policy->versions &
		       (STLS_PROTOCOL_TLS & ~STLS_PROTOCOL_TLS1_3);
	}
}

static int ends_tls13(const struct smtptls_policy *policy,
		      const struct stls_suite *suite)
{
	return policy->versions & STLS_PROTOCOL_TLS1_3 &&
	       strcmp(suite->gnutls_cipher, "NULL") == 0;
}

/* Record a suite that GnuTLS would enable with these words. */
static void enter(struct search *search, const struct stls_suite *suite,
		  int allowed)
{
	int c = word_find(&search->cipher, suite->gnutls_cipher);
	int m = word_find(&search->mac, suite->gnutls_mac);
	int k;

	if (c < 0 || m < 0)
		return;
	if (suite->gnutls_min_version == STLS_TLS1_3) {
		if (allowed)
			search->good13[c][m] = 1;
		else
			search->bad13[c][m] = 1;
		return;
	}
	k = word_find(&search->kx, suite->gnutls_kx);
	if (k < 0)
		return;
	if (allowed)
		search->good[c][m] |= UINT32_C(1) << k;
	else
		search->bad[c][m] |= UINT32_C(1) << k;
}

static void prepare(struct search *search, struct smtptls_policy *policy,
		    const struct stls_abilities *abilities)
{
	const struct stls_suite *suite;
	unsigned i;

	memset(search, 0, sizeof(*search));
	search->policy = policy;
	for (i = 0; i < policy->suite_count; i++) {
		if (!wanted(policy, i))
			continue;
		suite = stls_suite(policy->suite_row[i]);
		word_add(&search->kx, suite->gnutls_kx);
		word_add(&search->cipher, suite->gnutls_cipher);
		word_add(&search->mac, suite->gnutls_mac);
	}
	for (i = 0; i < STLS_SUITES; i++) {
		suite = stls_suite(i);
		if (abilities->suite[i] == STLS_ABLE &&
		    can_be_used(policy, suite))
			enter(search, suite,
			      stls_policy_has_suite(policy, (int)i) &&
				      !ends_tls13(policy, suite));
	}
}

static unsigned bits(uint32_t set)
{
	unsigned n = 0;

	for (; set; set &= set - 1)
		n++;
	return n;
}

struct gain {
	unsigned tls13, older; /* suites */
};

/* Count the suites that a cipher makes; -1: a forbidden one, or none at all. */
static int add_gain(const struct search *search, unsigned c,
		    const struct product *product, struct gain *gain)
{
	struct gain more = *gain;
	unsigned m;

	for (m = 0; m < search->mac.count; m++) {
		if (!(product->mac >> m & 1))
			continue;
		if (search->bad[c][m] & product->kx || search->bad13[c][m])
			return -1;
		more.older += bits(search->good[c][m] & product->kx);
		more.tls13 += search->good13[c][m];
	}
	if (more.older == gain->older && more.tls13 == gain->tls13)
		return -1;
	*gain = more;
	return 0;
}

static void fill_ciphers(const struct search *search, struct product *product)
{
	struct gain gain = { 0, 0 };
	unsigned c;

	product->cipher = 0;
	for (c = 0; c < search->cipher.count; c++) {
		if (add_gain(search, c, product, &gain) == 0)
			product->cipher |= 1U << c;
	}
	product->size = gain.older + gain.tls13;
	product->kinds =
		(gain.older > 0 ? 1U : 0U) + (gain.tls13 > 0 ? 1U : 0U);
}

static int holds(const struct search *search, const struct product *product,
		 const struct stls_suite *suite)
{
	int c = word_find(&search->cipher, suite->gnutls_cipher);
	int m = word_find(&search->mac, suite->gnutls_mac);
	int k = word_find(&search->kx, suite->gnutls_kx);

	if (!can_be_used(search->policy, suite))
		return 0;
	if (c < 0 || m < 0 || !(product->cipher >> c & 1) ||
	    !(product->mac >> m & 1))
		return 0;
	return suite->gnutls_min_version == STLS_TLS1_3 ||
	       (k >= 0 && product->kx >> k & 1);
}

/* 1 if `a` has the first suite in which the two differ. */
static int comes_first(const struct search *search, const struct product *a,
		       const struct product *b)
{
	const struct smtptls_policy *policy = search->policy;
	unsigned i;

	for (i = 0; i < policy->suite_count; i++) {
		const struct stls_suite *suite;
		int in_a, in_b;

		if (!wanted(policy, i))
			continue;
		suite = stls_suite(policy->suite_row[i]);
		in_a = holds(search, a, suite);
		in_b = holds(search, b, suite);
		if (in_a != in_b)
			return in_a;
	}
	return 0;
}

static int is_better(const struct search *search, const struct product *a,
		     const struct product *b)
{
	if (a->kinds != b->kinds)
		return a->kinds > b->kinds;
	if (a->size != b->size)
		return a->size > b->size;
	return a->size > 0 && comes_first(search, a, b);
}

static struct product find_largest(const struct search *search)
{
	struct product best = { 0, 0, 0, 0, 0 }, product;
	unsigned kx_end = 1U << search->kx.count;
	unsigned mac_end = 1U << search->mac.count;

	for (product.kx = 0; product.kx < kx_end; product.kx++) {
		for (product.mac = 1; product.mac < mac_end; product.mac++) {
			fill_ciphers(search, &product);
			if (is_better(search, &product, &best))
				best = product;
		}
	}
	return best;
}

/* A forbidden suite that would be enabled along with `suite`. */
static const struct stls_suite *
find_conflict(const struct search *search, const struct product *product,
	      const struct stls_abilities *abilities,
	      const struct stls_suite *suite)
{
	struct product wider = *product;
	int k = word_find(&search->kx, suite->gnutls_kx);
	unsigned i;

	wider.cipher |= 1U << word_find(&search->cipher, suite->gnutls_cipher);
	wider.mac |= 1U << word_find(&search->mac, suite->gnutls_mac);
	if (k >= 0)
		wider.kx |= 1U << k;
	for (i = 0; i < STLS_SUITES; i++) {
		const struct stls_suite *other = stls_suite(i);

		if (abilities->suite[i] == STLS_ABLE &&
		    !stls_policy_has_suite(search->policy, (int)i) &&
		    holds(search, &wider, other))
			return other;
	}
	return NULL;
}

/* Mark the suites of a search, perhaps the second one, as kept or lost. */
static void mark(const struct search *search, const struct product *product,
		 const struct stls_abilities *abilities)
{
	struct smtptls_policy *policy = search->policy;
	unsigned i;

	for (i = 0; i < policy->suite_count; i++) {
		const struct stls_suite *suite, *conflict;
		struct smtptls_policy_suite *out = &policy->suite[i];

		suite = stls_suite(policy->suite_row[i]);
		if (!wanted(policy, i) || !can_be_used(policy, suite))
			continue;
		out->lost = SMTPTLS_KEPT;
		out->cause = out->conflict = NULL;
		if (holds(search, product, suite))
			continue;
		out->lost = SMTPTLS_LOST_PRODUCT;
		if (ends_tls13(policy, suite)) {
			out->cause = "GnuTLS cannot combine it with TLS 1.3";
			continue;
		}
		out->cause = "GnuTLS enables suites by their parts, and would "
			     "enable a forbidden one with it";
		conflict = find_conflict(search, product, abilities, suite);
		if (conflict)
			out->conflict = conflict->openssl[0] ? conflict->openssl
							     : conflict->gnutls;
	}
}

static int has_tls13(const struct search *search, const struct product *product)
{
	const struct smtptls_policy *policy = search->policy;
	unsigned i;

	for (i = 0; i < policy->suite_count; i++) {
		const struct stls_suite *suite =
			stls_suite(policy->suite_row[i]);

		if (suite->gnutls_min_version == STLS_TLS1_3 &&
		    wanted(policy, i) && holds(search, product, suite))
			return 1;
	}
	return 0;
}

/*
 * Drop versions without a suite, since they would fail late, in the handshake.
 * Warn of them and of those in `versions` that have been dropped before.
 */
static int drop_empty_versions(struct smtptls_policy *policy, uint8_t versions)
{
	static const struct {
		uint8_t version;
		const char *name;
	} names[] = {
		{ STLS_PROTOCOL_TLS1_0, "TLSv1" },
		{ STLS_PROTOCOL_TLS1_1, "TLSv1.1" },
		{ STLS_PROTOCOL_TLS1_2, "TLSv1.2" },
		{ STLS_PROTOCOL_TLS1_3, "TLSv1.3" },
	};
	uint8_t left = 0, gone;
	unsigned i;
	int ret = 0;

	for (i = 0; i < policy->suite_count; i++) {
		uint16_t min;

		if (policy->suite[i].lost != SMTPTLS_KEPT)
			continue;
		min = stls_suite(policy->suite_row[i])->gnutls_min_version;
		if (min == STLS_TLS1_3)
			left |= STLS_PROTOCOL_TLS1_3;
		else
			left |= STLS_PROTOCOL_TLS1_2;
		if (min < STLS_TLS1_2)
			left |= STLS_PROTOCOL_TLS1_0 | STLS_PROTOCOL_TLS1_1;
	}
	policy->versions &= left;
	gone = versions & (uint8_t)~policy->versions;
	for (i = 0; ret == 0 && i < sizeof(names) / sizeof(names[0]); i++) {
		if (gone & names[i].version)
			ret = stls_policy_warn(
				policy,
				"protocols: %s is off in the priority string, "
				"since none of its suites can be enabled",
				names[i].name);
	}
	return ret;
}

static void put(char *string, const char *prefix, const char *word)
{
	size_t len = strlen(string);

	(void)snprintf(string + len, STRING_MAX - len, ":+%s%s", prefix, word);
}

static void put_words(char *string, const struct words *words, unsigned set)
{
	unsigned i;

	for (i = 0; i < words->count; i++) {
		if (set >> i & 1)
			put(string, "", words->word[i]);
	}
}

static void put_versions(char *string, uint8_t versions)
{
	if (versions & STLS_PROTOCOL_TLS1_3)
		put(string, "VERS-", "TLS1.3");
	if (versions & STLS_PROTOCOL_TLS1_2)
		put(string, "VERS-", "TLS1.2");
	if (versions & STLS_PROTOCOL_TLS1_1)
		put(string, "VERS-", "TLS1.1");
	if (versions & STLS_PROTOCOL_TLS1_0)
		put(string, "VERS-", "TLS1.0");
}

static void put_sigalgs(char *string, const struct smtptls_policy *policy)
{
	unsigned i;

	for (i = 0; i < policy->sigalg_count; i++) {
		const struct stls_sigalg *sigalg =
			stls_sigalg(policy->sigalg[i]);

		put(string, "", sigalg->gnutls);
		if (sigalg->gnutls_tls13[0] &&
		    strcmp(sigalg->gnutls, sigalg->gnutls_tls13) != 0)
			put(string, "", sigalg->gnutls_tls13);
	}
}

/* The nearest of GnuTLS's verification profiles for a peer's chain. */
static const char *profile(int security_level)
{
	static const char *const profiles[] = {
		"VERY_WEAK", "LOW", "MEDIUM", "HIGH", "ULTRA", "FUTURE"
	};

	return profiles[security_level];
}

static int write_string(const struct search *search,
			const struct product *product)
{
	struct smtptls_policy *policy = search->policy;
	char string[STRING_MAX] = "NONE:+CTYPE-X509:+COMP-NULL";
	size_t len;
	unsigned i;

	put_versions(string, policy->versions);
	put_words(string, &search->kx, product->kx);
	put_words(string, &search->cipher, product->cipher);
	put_words(string, &search->mac, product->mac);
	for (i = 0; i < policy->group_count; i++)
		put(string, "", stls_group(policy->group[i])->gnutls);
	put_sigalgs(string, policy);
	len = strlen(string);
	(void)snprintf(string + len, sizeof(string) - len, "%s:%%PROFILE_%s",
		       policy->flags & SMTPTLS_PREFER_CLIENT
			       ? ""
			       : ":%SERVER_PRECEDENCE",
		       profile(policy->security_level));
	if (strlen(string) == STRING_MAX - 1)
		return SMTPTLS_E_LIMIT;
	policy->priority = strdup(string);
	return policy->priority ? 0 : SMTPTLS_E_NOMEM;
}

int stls_priority_make(struct smtptls_policy *policy,
		       const struct stls_abilities *abilities)
{
	struct product product;
	struct search *search;
	uint8_t versions = policy->versions;
	int ret = SMTPTLS_E_UNSUPPORTED;

	search = malloc(sizeof(*search));
	if (!search)
		return SMTPTLS_E_NOMEM;
	prepare(search, policy, abilities);
	product = find_largest(search);
	if (versions & STLS_PROTOCOL_TLS1_3 && !has_tls13(search, &product)) {
		mark(search, &product, abilities);
		policy->versions &= (uint8_t)~STLS_PROTOCOL_TLS1_3;
		prepare(search, policy, abilities);
		product = find_largest(search);
	}
	if (product.size > 0) {
		mark(search, &product, abilities);
		ret = drop_empty_versions(policy, versions);
		if (ret == 0)
			ret = write_string(search, &product);
	}
	free(search);
	return ret;
}
