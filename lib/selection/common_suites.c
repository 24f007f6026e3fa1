/* SPDX-License-Identifier: MIT */
/*
 * selection/common_suites: what a client offers and a policy allows, in order.
 *
 * The order is the server's, or the client's if the policy says so; under Suite
 * B it is always the server's. With the server's order, the policy may put
 * ChaCha20 suites first for a client that does so too (a device without AES
 * instructions).
 */
#include "selection/common_suites.h"

#include "selection/version.h"

struct offer {
	const struct smtptls_policy *policy;
	const struct stls_client_hello *hello;
	uint16_t version;
	int client_order;
};

/* A set of rows of the suite table. */
struct row_set {
	uint32_t word[(STLS_SUITES + 31) / 32];
};

static void row_add(struct row_set *set, unsigned row)
{
	set->word[row / 32] |= UINT32_C(1) << row % 32;
}

/* Remove a row from the set; 1 if it was there. */
static int row_take(struct row_set *set, unsigned row)
{
	uint32_t bit = UINT32_C(1) << row % 32;
	int was = (set->word[row / 32] & bit) != 0;

	set->word[row / 32] &= ~bit;
	return was;
}

static int prefers_chacha(const struct offer *offer)
{
	const struct stls_bytes *suites = &offer->hello->suites;
	size_t i;
	int row;

	if (offer->client_order ||
	    !(offer->policy->flags & SMTPTLS_PRIORITIZE_CHACHA) ||
	    offer->policy->suiteb != STLS_SUITEB_NONE)
		return 0;
	/* The first suite that OpenSSL knows: GREASE and SCSVs do not count. */
	for (i = 0; i < stls_numbers(suites); i++) {
		row = stls_suite_by_code(stls_number(suites, i));
		if (row >= 0 && row < STLS_SUITES_OPENSSL)
			return stls_suite((size_t)row)->enc ==
			       STLS_ENC_CHACHA20;
	}
	return 0;
}

/* The common suites of the version, the preferred one first. */
static unsigned list_suites(const struct offer *offer, uint8_t *rows)
{
	const struct stls_bytes *suites = &offer->hello->suites;
	const struct smtptls_policy *policy = offer->policy;
	struct row_set set = { { 0 } };
	unsigned count = 0, j;
	size_t i;
	int row;

	if (offer->client_order) {
		for (j = 0; j < policy->suite_count; j++) {
			if (stls_policy_allows(policy, j))
				row_add(&set, policy->suite_row[j]);
		}
	}
	for (i = 0; i < stls_numbers(suites); i++) {
		row = stls_suite_by_code(stls_number(suites, i));
		if (row < 0 || !stls_version_has_suite(offer->version,
						       stls_suite((size_t)row)))
			continue;
		if (!offer->client_order)
			row_add(&set, (unsigned)row);
		else if (row_take(&set, (unsigned)row))
			rows[count++] = (uint8_t)row;
	}
	for (j = 0; !offer->client_order && j < policy->suite_count; j++) {
		if (stls_policy_allows(policy, j) &&
		    row_take(&set, policy->suite_row[j]))
			rows[count++] = policy->suite_row[j];
	}
	return count;
}

/* Stable: move the ChaCha20 suites to the front. */
static void move_chacha(uint8_t *rows, unsigned count)
{
	uint8_t others[STLS_POLICY_SUITES] = { 0 };
	unsigned i, chacha = 0, rest = 0;

	for (i = 0; i < count; i++) {
		if (stls_suite(rows[i])->enc == STLS_ENC_CHACHA20)
			rows[chacha++] = rows[i];
		else
			others[rest++] = rows[i];
	}
	for (i = 0; i < rest; i++)
		rows[chacha + i] = others[i];
}

int stls_client_order(const struct smtptls_policy *policy)
{
	return policy->flags & SMTPTLS_PREFER_CLIENT &&
	       policy->suiteb == STLS_SUITEB_NONE;
}

unsigned stls_common_suites(const struct smtptls_policy *policy,
			    const struct stls_client_hello *hello,
			    uint16_t version, uint8_t rows[STLS_POLICY_SUITES])
{
	struct offer offer = { policy, hello, version,
			       stls_client_order(policy) };
	unsigned count = list_suites(&offer, rows);

	if (count > 0 && prefers_chacha(&offer))
		move_chacha(rows, count);
	return count;
}
