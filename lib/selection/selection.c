/* SPDX-License-Identifier: MIT */
/*
 * selection/selection: what an OpenSSL 3.0 server would choose.
 *
 * A pure function of the policy, the ClientHello and the types of this side's
 * certificates: no allocation, no state. It chooses in OpenSSL's order:
 *
 *   1. the highest enabled version that is offered, with no way back to a
 *	lower one;
 *   2. the first of its suites that can be served, in the server's or the
 *	client's order;
 *   3. the group: before TLS 1.3, the first common one in the same order; in
 *	TLS 1.3, the first allowed one among the client's key shares, else,
 *	with a HelloRetryRequest, the first of the server's that the client
 *	supports;
 *   4. in TLS 1.3, the certificate, by the first common signature algorithm.
 *
 * The first step without a result causes the refusal; the reason given for it
 * depends on what would help (reason/diagnosis). Where the choice differs from
 * OpenSSL's, the cause is GnuTLS: an RSA certificate's keyUsage counts, and DHE
 * needs a common FFDHE group if the client names any (RFC 7919 section 4). One
 * difference is deliberate: a suite with RSA key exchange is skipped if the
 * client has no RSA signature algorithm in common; OpenSSL chooses it and
 * fails.
 */
#include "selection/selection.h"

#include <string.h>

#include "policy/key_type.h"
#include "selection/common_suites.h"
#include "selection/hello_rules.h"
#include "selection/version.h"

struct selection {
	const struct smtptls_policy *policy;
	const struct stls_client_hello *hello;
	unsigned keys;
	unsigned sigalg_keys; /* of those, the ones with a common sigalg */
	int client_order;
	uint16_t version;
};

/* ---- versions ---- */

/*
 * 1 if the client states its highest version alone (RFC 5246 appendix E.1), and
 * that version is disabled between enabled ones. GnuTLS would answer with its
 * own highest version, above the client's, which no client accepts; with that
 * version disabled, it would omit the downgrade sentinel. OpenSSL answers with
 * the lower version and the sentinel, which a client that checks it takes for
 * an attack.
 */
static int is_in_hole(const struct selection *selection)
{
	const struct stls_client_hello *hello = selection->hello;
	unsigned version;

	if (hello->versions.data || selection->version == hello->legacy_version)
		return 0;
	for (version = hello->legacy_version + 1U; version <= STLS_TLS1_2;
	     version++) {
		if (selection->policy->selectable_versions &
		    stls_version_bit(version))
			return 1;
	}
	return 0;
}

static enum stls_step choose_version(struct selection *selection)
{
	const struct stls_client_hello *hello = selection->hello;
	uint8_t served =
		stls_served_versions(selection->policy, selection->keys);
	uint8_t offered = stls_offered_versions(hello);
	unsigned version;
	int better = 0;

	for (version = STLS_TLS1_3; version >= STLS_TLS1_0; version--) {
		if (!(served & stls_version_bit(version)))
			continue;
		if (offered & stls_version_bit(version)) {
			selection->version = (uint16_t)version;
			return better && hello->fallback_scsv
				       ? STLS_STEP_FALLBACK
				       : STLS_STEP_NONE;
		}
		better = 1;
	}
	if (!hello->versions.data && hello->legacy_version <= STLS_SSL3)
		return STLS_STEP_SSL3;
	return STLS_STEP_VERSION;
}

/* ---- signatures ---- */

static int offers_sigalg(const struct selection *selection, unsigned code)
{
	const struct stls_client_hello *hello = selection->hello;

	if (stls_keys_too_short(selection->keys, code))
		return 0;
	if (hello->sigalgs.data)
		return stls_has_number(&hello->sigalgs, code);
	/* RFC 5246 section 7.4.1.4.1: SHA-1 is implied. */
	return code == 0x0201 || code == 0x0203;
}

/* Before TLS 1.3. STEP_SIGALG: there is no common algorithm at all. */
static enum stls_step find_sigalg_keys(struct selection *selection)
{
	const struct smtptls_policy *policy = selection->policy;
	unsigned i, shared = 0, keys = 0;

	if (selection->version < STLS_TLS1_2) {
		selection->sigalg_keys = SMTPTLS_KEY_RSA_SIGN | STLS_KEYS_ECDSA;
		return STLS_STEP_NONE;
	}
	for (i = 0; i < policy->sigalg_count; i++) {
		unsigned code = stls_sigalg(policy->sigalg[i])->code;

		if (!offers_sigalg(selection, code))
			continue;
		shared++;
		/* Suite B ties the hash to the curve. */
		keys |= policy->suiteb == STLS_SUITEB_NONE
				? stls_keys_of_sigalg_tls12(code)
				: stls_key_of_sigalg_tls13(code);
	}
	selection->sigalg_keys = keys;
	return shared == 0 && selection->hello->sigalgs.data ? STLS_STEP_SIGALG
							     : STLS_STEP_NONE;
}

/* The keys, except those on curves that the client does not support. */
static unsigned known_to_client(const struct selection *selection,
				unsigned keys)
{
	unsigned key, known = keys;

	if (!selection->hello->groups.data)
		return keys;
	for (key = SMTPTLS_KEY_ECDSA_P256; key <= SMTPTLS_KEY_ECDSA_P521;
	     key <<= 1) {
		if (!stls_has_number(&selection->hello->groups,
				     stls_curve_of_key(key)))
			known &= ~key;
	}
	return known;
}

static uint8_t lowest_key(unsigned keys)
{
	return (uint8_t)(keys & -keys);
}

/* ---- groups ---- */

static int policy_group(const struct selection *selection, unsigned code)
{
	const struct smtptls_policy *policy = selection->policy;
	unsigned i;

	if (!stls_version_has_group(selection->version, code))
		return -1;
	for (i = 0; i < policy->group_count; i++) {
		if (stls_group(policy->group[i])->code == code)
			return policy->group[i];
	}
	return -1;
}

static int first_of_client(const struct selection *selection)
{
	const struct stls_bytes *groups = &selection->hello->groups;
	size_t i;
	int row;

	for (i = 0; i < stls_numbers(groups); i++) {
		row = policy_group(selection, stls_number(groups, i));
		if (row >= 0)
			return row;
	}
	return -1;
}

static int first_of_server(const struct selection *selection)
{
	const struct smtptls_policy *policy = selection->policy;
	unsigned i;

	for (i = 0; i < policy->group_count; i++) {
		unsigned code = stls_group(policy->group[i])->code;

		if (stls_version_has_group(selection->version, code) &&
		    stls_has_number(&selection->hello->groups, code))
			return policy->group[i];
	}
	return -1;
}

/* ECDHE before TLS 1.3. As in OpenSSL, a client without a list gets none. */
static int curve(const struct selection *selection,
		 const struct stls_suite *suite)
{
	unsigned code;

	if (selection->policy->suiteb != STLS_SUITEB_NONE) {
		code = stls_suiteb_group(suite->code);
		return stls_has_number(&selection->hello->groups, code)
			       ? policy_group(selection, code)
			       : -1;
	}
	return selection->client_order ? first_of_client(selection)
				       : first_of_server(selection);
}

/*
 * DHE before TLS 1.3: a row, STLS_NO_GROUP for this side's own parameters, or
 * -1. If the client names FFDHE groups, RFC 7919 section 4 allows no other
 * parameters.
 */
static int field(const struct selection *selection)
{
	const struct stls_bytes *groups = &selection->hello->groups;
	const struct smtptls_policy *policy = selection->policy;
	int found = STLS_NO_GROUP;
	size_t i;
	unsigned j;

	for (i = 0; i < stls_numbers(groups); i++) {
		unsigned code = stls_number(groups, i);

		if (code < 0x100 || code > 0x1ff)
			continue;
		found = -1;
		for (j = 0; j < policy->field_count; j++) {
			if (stls_group(policy->field[j])->code == code)
				return policy->field[j];
		}
	}
	return found;
}

static enum stls_step choose_group_tls13(const struct selection *selection,
					 struct stls_choice *choice)
{
	const struct stls_client_hello *hello = selection->hello;
	size_t at = 0;
	int group, row;

	while ((group = stls_hello_share(hello, &at)) >= 0) {
		row = policy_group(selection, (unsigned)group);
		if (row >= 0 &&
		    stls_has_number(&hello->groups, (unsigned)group)) {
			choice->group = (uint8_t)row;
			return STLS_STEP_NONE;
		}
	}
	row = first_of_server(selection);
	if (row < 0)
		return STLS_STEP_GROUP;
	choice->group = (uint8_t)row;
	choice->flags |= STLS_CHOICE_RETRY;
	return STLS_STEP_NONE;
}

/* ---- suites ---- */

/* 1 if the keyUsage of a certificate of these types forbids this use. */
static int is_idle(const struct selection *selection, unsigned keys)
{
	static const unsigned rsa =
		SMTPTLS_KEY_RSA_SIGN | SMTPTLS_KEY_RSA_ENCRYPT;

	return (keys & rsa && selection->keys & rsa) ||
	       selection->keys & keys << STLS_KEYS_IDLE_SHIFT;
}

/*
 * In TLS 1.2, OpenSSL requires a common RSA signature algorithm, although
 * nothing is signed.
 */
static enum stls_step judge_rsa(const struct selection *selection,
				struct stls_choice *choice)
{
	choice->group = STLS_NO_GROUP;
	choice->key = SMTPTLS_KEY_RSA_ENCRYPT;
	if (!(selection->keys & SMTPTLS_KEY_RSA_ENCRYPT))
		return is_idle(selection, SMTPTLS_KEY_RSA_ENCRYPT)
			       ? STLS_STEP_USAGE
			       : STLS_STEP_KEY;
	return selection->sigalg_keys & SMTPTLS_KEY_RSA_SIGN ? STLS_STEP_NONE
							     : STLS_STEP_SIGALG;
}

/* Choose the certificate for a suite that signs its key exchange. */
static enum stls_step judge_signer(const struct selection *selection,
				   const struct stls_suite *suite,
				   struct stls_choice *choice)
{
	unsigned type = SMTPTLS_KEY_RSA_SIGN | SMTPTLS_KEY_RSA_PSS, keys;

	choice->key = 0;
	if (suite->au & STLS_AU_NULL)
		return STLS_STEP_NONE;
	if (suite->au & STLS_AU_ECDSA)
		type = STLS_KEYS_ECDSA | STLS_KEYS_EDDSA;
	keys = selection->keys & type;
	if (!keys)
		return is_idle(selection, type) ? STLS_STEP_USAGE
						: STLS_STEP_KEY;
	keys = known_to_client(selection, keys);
	if (!keys)
		return STLS_STEP_CURVE;
	keys &= selection->sigalg_keys;
	choice->key = lowest_key(keys);
	return keys ? STLS_STEP_NONE : STLS_STEP_SIGALG;
}

/* How far a suite gets before TLS 1.3; fills in the rest of the choice. */
static enum stls_step judge(const struct selection *selection,
			    const struct stls_suite *suite,
			    struct stls_choice *choice)
{
	enum stls_step step;
	int group;

	if (suite->kx & STLS_KX_RSA)
		return judge_rsa(selection, choice);
	if (suite->au & STLS_AU_DSS)
		return STLS_STEP_DSS;
	step = judge_signer(selection, suite, choice);
	if (step != STLS_STEP_NONE && step < STLS_STEP_GROUP)
		return step;
	group = suite->kx & STLS_KX_ECDHE ? curve(selection, suite)
					  : field(selection);
	if (group < 0)
		return STLS_STEP_GROUP;
	choice->group = (uint8_t)group;
	return step;
}

/* The first suite that can be served, else the step of the farthest one. */
static enum stls_step choose_suite(const struct selection *selection,
				   const uint8_t *rows, unsigned count,
				   struct stls_choice *choice)
{
	enum stls_step best = STLS_STEP_SUITES, step;
	uint8_t farthest = rows[0];
	unsigned i;

	for (i = 0; i < count; i++) {
		step = judge(selection, stls_suite(rows[i]), choice);
		choice->suite = rows[i];
		if (step == STLS_STEP_NONE)
			return step;
		if (step > best) {
			best = step;
			farthest = rows[i];
		}
	}
	choice->suite = farthest;
	return best;
}

/* ---- the rest of TLS 1.3 ---- */

static int sigalg_serves(const struct selection *selection, unsigned code,
			 struct stls_choice *choice)
{
	if (stls_keys_too_short(selection->keys, code))
		return 0;
	choice->key =
		(uint8_t)(stls_key_of_sigalg_tls13(code) & selection->keys);
	return choice->key != 0;
}

static int policy_has_sigalg(const struct smtptls_policy *policy, unsigned code)
{
	unsigned i;

	for (i = 0; i < policy->sigalg_count; i++) {
		if (stls_sigalg(policy->sigalg[i])->code == code)
			return 1;
	}
	return 0;
}

static enum stls_step choose_key_tls13(const struct selection *selection,
				       struct stls_choice *choice)
{
	const struct stls_bytes *sigalgs = &selection->hello->sigalgs;
	const struct smtptls_policy *policy = selection->policy;
	size_t i;

	if (stls_only_resumes(selection->hello)) {
		choice->flags |= STLS_CHOICE_RESUMES_ONLY;
		return STLS_STEP_NONE;
	}
	for (i = 0; selection->client_order && i < stls_numbers(sigalgs); i++) {
		unsigned code = stls_number(sigalgs, i);

		if (policy_has_sigalg(policy, code) &&
		    sigalg_serves(selection, code, choice))
			return STLS_STEP_NONE;
	}
	for (i = 0; !selection->client_order && i < policy->sigalg_count; i++) {
		unsigned code = stls_sigalg(policy->sigalg[i])->code;

		if (stls_has_number(sigalgs, code) &&
		    sigalg_serves(selection, code, choice))
			return STLS_STEP_NONE;
	}
	return STLS_STEP_SIGALG;
}

static enum stls_step finish_tls13(const struct selection *selection,
				   uint8_t row, struct stls_choice *choice)
{
	const struct stls_client_hello *hello = selection->hello;
	unsigned hash_len = stls_suite(row)->code == 0x1302 ? 48 : 32;
	enum stls_step step;

	choice->suite = row;
	step = choose_group_tls13(selection, choice);
	if (step == STLS_STEP_NONE)
		step = choose_key_tls13(selection, choice);
	if (hello->binder_len > 0 &&
	    (hello->binders_differ || hello->binder_len != hash_len))
		choice->flags |= STLS_CHOICE_NO_TICKETS;
	return step;
}

static enum stls_step choose(struct selection *selection,
			     struct stls_choice *choice)
{
	uint8_t rows[STLS_POLICY_SUITES];
	enum stls_step step;
	unsigned count;

	step = choose_version(selection);
	choice->version = selection->version;
	if (step != STLS_STEP_NONE)
		return step;
	if (is_in_hole(selection))
		return STLS_STEP_VERSION;
	choice->error = (int8_t)stls_check_hello_rules(selection->hello,
						       selection->version);
	if (choice->error < 0)
		return STLS_STEP_HELLO;
	count = stls_common_suites(selection->policy, selection->hello,
				   selection->version, rows);
	if (count == 0)
		return STLS_STEP_SUITES;
	if (selection->version == STLS_TLS1_3)
		return finish_tls13(selection, rows[0], choice);
	step = find_sigalg_keys(selection);
	return step != STLS_STEP_NONE
		       ? step
		       : choose_suite(selection, rows, count, choice);
}

enum stls_step stls_select(const struct smtptls_policy *policy,
			   const struct stls_client_hello *hello, unsigned keys,
			   struct stls_choice *choice)
{
	struct selection selection = { .policy = policy,
				       .hello = hello,
				       .keys = keys };
	enum stls_step step;

	memset(choice, 0, sizeof(*choice));
	choice->group = STLS_NO_GROUP;
	choice->flags =
		(uint8_t)(keys >> STLS_CHOICE_SHORT_SHIFT & STLS_CHOICE_SHORT);
	if (policy->selectable_versions & STLS_PROTOCOL_TLS1_3 &&
	    !(stls_served_versions(policy, keys) & STLS_PROTOCOL_TLS1_3))
		choice->flags |= STLS_CHOICE_NO_TLS13;
	selection.client_order = stls_client_order(policy);
	step = choose(&selection, choice);
	choice->step = (uint8_t)step;
	return step;
}
