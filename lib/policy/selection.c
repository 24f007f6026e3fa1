/* SPDX-License-Identifier: MIT */
/*
 * policy/selection: what an OpenSSL 3.0 server would choose.
 *
 * A pure function of policy, ClientHello and the types of this side's
 * certificates: no allocation, no state. In OpenSSL's order:
 *
 *   1. the highest enabled version that is offered, with no way back to a
 *	lower one;
 *   2. of its suites the first that can be served, in the server's order or
 *	in the client's;
 *   3. the group: before TLS 1.3 the first common one in the same order; in TLS
 *	1.3 the first of the client's key shares that is allowed, else, by a
 *	HelloRetryRequest, the first of the server's that the client knows;
 *   4. in TLS 1.3 the certificate by the first common signature algorithm.
 *
 * The first of these that has no result is where a refusal comes from; what
 * its reason is depends on what would help (policy/cure). Where this
 * departs from OpenSSL, GnuTLS is why: an RSA certificate's keyUsage counts,
 * and DHE needs a common field when the client names any (RFC 7919 section 4).
 * One departure is deliberate: a suite of RSA without a signature algorithm
 * for it is passed over, where OpenSSL chooses it and fails.
 */
#include "policy/selection.h"

#include <string.h>

#include "policy/common_suites.h"
#include "policy/cure.h"
#include "policy/key_type.h"

#define SUITEB_AES128 0xc02b /* ECDHE-ECDSA-AES128-GCM-SHA256 */
#define P256	      23
#define P384	      24

/* How far a suite comes. */
enum stage {
	STAGE_EXCLUDED,
	STAGE_DSS,    /* GnuTLS makes no such signature */
	STAGE_KEY,    /* no certificate of its type */
	STAGE_USAGE,  /* there is, but not for this use */
	STAGE_CURVE,  /* the client does not know the certificate's */
	STAGE_GROUP,  /* no common group */
	STAGE_SIGALG, /* no common signature algorithm */
	STAGE_SERVABLE
};

struct selection {
	const struct smtptls_policy *policy;
	const struct stls_client_hello *hello;
	unsigned keys;
	unsigned signing; /* those of the keys that may sign */
	int client_order;
	uint16_t version;
};

/* ---- versions ---- */

uint8_t stls_version_bit(unsigned version)
{
	switch (version) {
	case STLS_TLS1_0:
		return STLS_PROTOCOL_TLS1_0;
	case STLS_TLS1_1:
		return STLS_PROTOCOL_TLS1_1;
	case STLS_TLS1_2:
		return STLS_PROTOCOL_TLS1_2;
	case STLS_TLS1_3:
		return STLS_PROTOCOL_TLS1_3;
	default:
		return 0;
	}
}

/*
 * OpenSSL offers no TLS 1.3 without a certificate for it: a curve that no
 * signature algorithm goes with does not count.
 */
static int can_serve_tls13(const struct smtptls_policy *policy, unsigned keys)
{
	return (keys & (SMTPTLS_KEY_RSA_SIGN | SMTPTLS_KEY_RSA_PSS |
			STLS_KEYS_EDDSA)) ||
	       keys & policy->tls13_keys & STLS_KEYS_ECDSA;
}

uint8_t stls_served_versions(const struct smtptls_policy *policy, unsigned keys)
{
	uint8_t versions = policy->exact_versions;

	if (!can_serve_tls13(policy, keys))
		versions &= (uint8_t)~STLS_PROTOCOL_TLS1_3;
	return versions;
}

uint8_t stls_offered_versions(const struct stls_client_hello *hello)
{
	uint8_t versions = 0;
	unsigned version;
	size_t i;

	for (i = 0; i < stls_numbers(&hello->versions); i++)
		versions |= stls_version_bit(stls_number(&hello->versions, i));
	if (hello->versions.data)
		return versions;
	for (version = STLS_TLS1_0;
	     version <= STLS_TLS1_2 && version <= hello->legacy_version;
	     version++)
		versions |= stls_version_bit(version);
	return versions;
}

/*
 * The client has said no more than its best version (RFC 5246 appendix E.1),
 * and that is not enabled. GnuTLS answers with its own best one above, which no
 * client takes; without that one it would leave the downgrade sentinel out. By
 * OpenSSL's answer a client that knows the sentinel feels attacked.
 */
static int is_in_hole(const struct selection *selection)
{
	const struct stls_client_hello *hello = selection->hello;
	unsigned version;

	if (hello->versions.data || selection->version == hello->legacy_version)
		return 0;
	for (version = hello->legacy_version + 1U; version <= STLS_TLS1_2;
	     version++) {
		if (selection->policy->exact_versions &
		    stls_version_bit(version))
			return 1;
	}
	return 0;
}

static int choose_version(struct selection *selection)
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
				       ? SMTPTLS_REASON_FALLBACK
				       : 0;
		}
		better = 1;
	}
	if (!hello->versions.data && hello->legacy_version <= STLS_SSL3)
		return SMTPTLS_REASON_SSL3_HELLO;
	return SMTPTLS_REASON_VERSION;
}

int stls_version_has_suite(uint16_t version, const struct stls_suite *suite)
{
	if (version == STLS_TLS1_3)
		return suite->min_version == STLS_TLS1_3;
	return suite->min_version <= version &&
	       suite->gnutls_min_version <= version;
}

/* ---- signatures ---- */

static int offers_sigalg(const struct selection *selection, unsigned code)
{
	const struct stls_client_hello *hello = selection->hello;

	if (hello->sigalgs.data)
		return stls_has_number(&hello->sigalgs, code);
	/* RFC 5246 section 7.4.1.4.1: SHA-1 is meant. */
	return code == 0x0201 || code == 0x0203;
}

/* Which of the keys may sign before TLS 1.3; 0 with REASON_SIGALG: none can. */
static int find_signing(struct selection *selection)
{
	const struct smtptls_policy *policy = selection->policy;
	unsigned i, shared = 0, mask = 0;

	if (selection->version < STLS_TLS1_2) {
		selection->signing = selection->keys &
				     (SMTPTLS_KEY_RSA_SIGN | STLS_KEYS_ECDSA);
		return 0;
	}
	for (i = 0; i < policy->sigalg_count; i++) {
		unsigned code = stls_sigalg(policy->sigalg[i])->code;

		if (!offers_sigalg(selection, code))
			continue;
		shared++;
		/* Suite B: the hash goes with the curve. */
		mask |= policy->suiteb == STLS_SUITEB_NONE
				? stls_keys_of_sigalg_tls12(code)
				: stls_key_of_sigalg_tls13(code);
	}
	selection->signing = selection->keys & mask;
	return shared == 0 && selection->hello->sigalgs.data
		       ? SMTPTLS_REASON_SIGALG
		       : 0;
}

/* The keys without those whose curve the client does not know. */
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

/* secp192r1 and secp224r1 end with TLS 1.2, all else but curves begins after. */
int stls_version_has_group(uint16_t version, unsigned code)
{
	int old = code == 19 || code == 21;

	return version == STLS_TLS1_3 ? !old : code < 256;
}

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

/* ECDHE before TLS 1.3; a client without a list gets none, as by OpenSSL. */
static int curve(const struct selection *selection,
		 const struct stls_suite *suite)
{
	unsigned code;

	if (selection->policy->suiteb != STLS_SUITEB_NONE) {
		code = suite->code == SUITEB_AES128 ? P256 : P384;
		return stls_has_number(&selection->hello->groups, code)
			       ? policy_group(selection, code)
			       : -1;
	}
	return selection->client_order ? first_of_client(selection)
				       : first_of_server(selection);
}

/*
 * DHE before TLS 1.3: a row, STLS_NO_GROUP for this side's own parameters, or
 * -1: RFC 7919 section 4 lets nothing else pass when the client names fields.
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

static int choose_group_tls13(const struct selection *selection,
			      struct stls_choice *choice)
{
	const struct stls_client_hello *hello = selection->hello;
	size_t at = 0;
	int group, row;

	/* RFC 8446 section 9.2. */
	if (!hello->groups.data || !hello->shares.data)
		return SMTPTLS_REASON_BAD_HELLO;
	while ((group = stls_hello_share(hello, &at)) >= 0) {
		row = policy_group(selection, (unsigned)group);
		if (row >= 0 &&
		    stls_has_number(&hello->groups, (unsigned)group)) {
			choice->group = (uint8_t)row;
			return 0;
		}
	}
	row = first_of_server(selection);
	if (row < 0)
		return SMTPTLS_REASON_GROUP;
	choice->group = (uint8_t)row;
	choice->flags |= STLS_CHOICE_RETRY;
	return 0;
}

/* ---- suites ---- */

static enum stage judge_rsa(const struct selection *selection,
			    struct stls_choice *choice)
{
	choice->group = STLS_NO_GROUP;
	choice->key = SMTPTLS_KEY_RSA_ENCRYPT;
	if (selection->keys & SMTPTLS_KEY_RSA_ENCRYPT)
		return STAGE_SERVABLE;
	return selection->keys & STLS_KEYS_RSA ? STAGE_USAGE : STAGE_KEY;
}

/* The certificate of a suite that signs its key exchange. */
static enum stage judge_signer(const struct selection *selection,
			       const struct stls_suite *suite,
			       struct stls_choice *choice)
{
	unsigned type = SMTPTLS_KEY_RSA_SIGN | SMTPTLS_KEY_RSA_PSS, keys;

	choice->key = 0;
	if (suite->au & STLS_AU_NULL)
		return STAGE_SERVABLE;
	if (suite->au & STLS_AU_ECDSA)
		type = STLS_KEYS_ECDSA | STLS_KEYS_EDDSA;
	keys = selection->keys & type;
	if (!keys)
		return selection->keys & (suite->au & STLS_AU_ECDSA
						  ? STLS_KEY_IDLE
						  : STLS_KEYS_RSA)
			       ? STAGE_USAGE
			       : STAGE_KEY;
	keys = known_to_client(selection, keys);
	if (!keys)
		return STAGE_CURVE;
	keys &= selection->signing;
	choice->key = lowest_key(keys);
	return keys ? STAGE_SERVABLE : STAGE_SIGALG;
}

/* How far a suite comes before TLS 1.3; fills the rest of the choice. */
static enum stage judge(const struct selection *selection,
			const struct stls_suite *suite,
			struct stls_choice *choice)
{
	enum stage stage;
	int group;

	if (suite->kx & STLS_KX_RSA)
		return judge_rsa(selection, choice);
	if (suite->au & STLS_AU_DSS)
		return STAGE_DSS;
	stage = judge_signer(selection, suite, choice);
	if (stage < STAGE_GROUP)
		return stage;
	group = suite->kx & STLS_KX_ECDHE ? curve(selection, suite)
					  : field(selection);
	if (group < 0)
		return STAGE_GROUP;
	choice->group = (uint8_t)group;
	return stage;
}

static uint8_t step_of_stage(enum stage stage)
{
	switch (stage) {
	case STAGE_SIGALG:
		return STLS_STEP_SIGALG;
	case STAGE_GROUP:
		return STLS_STEP_GROUP;
	case STAGE_CURVE:
		return STLS_STEP_CURVE;
	default:
		return STLS_STEP_KEY;
	}
}

static int reason_of_stage(enum stage stage, const struct stls_suite *suite)
{
	switch (stage) {
	case STAGE_SIGALG:
		return SMTPTLS_REASON_SIGALG;
	case STAGE_GROUP:
	case STAGE_CURVE:
		return SMTPTLS_REASON_GROUP;
	case STAGE_USAGE:
		return SMTPTLS_REASON_KEY_USAGE;
	case STAGE_DSS:
		return SMTPTLS_REASON_GNUTLS;
	default:
		return suite->au & STLS_AU_ECDSA ? SMTPTLS_REASON_NEEDS_ECDSA
						 : SMTPTLS_REASON_NEEDS_RSA;
	}
}

/* The first that can be served, else why the one that came farthest cannot. */
static int choose_suite(const struct selection *selection, const uint8_t *rows,
			unsigned count, struct stls_choice *choice)
{
	enum stage best = STAGE_EXCLUDED, stage;
	int reason = SMTPTLS_REASON_SUITES_EXCLUDED;
	uint8_t farthest = rows[0];
	unsigned i;

	for (i = 0; i < count; i++) {
		const struct stls_suite *suite = stls_suite(rows[i]);

		stage = judge(selection, suite, choice);
		choice->suite = rows[i];
		if (stage == STAGE_SERVABLE)
			return 0;
		if (stage > best) {
			best = stage;
			farthest = rows[i];
			reason = reason_of_stage(stage, suite);
		}
	}
	choice->suite = farthest;
	choice->step = step_of_stage(best);
	return reason;
}

/* ---- the end of TLS 1.3's ---- */

static int sigalg_serves(const struct selection *selection, unsigned code,
			 struct stls_choice *choice)
{
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

static int choose_key_tls13(const struct selection *selection,
			    struct stls_choice *choice)
{
	const struct stls_bytes *sigalgs = &selection->hello->sigalgs;
	const struct smtptls_policy *policy = selection->policy;
	size_t i;

	if (!sigalgs->data)
		return SMTPTLS_REASON_BAD_HELLO;
	for (i = 0; selection->client_order && i < stls_numbers(sigalgs); i++) {
		unsigned code = stls_number(sigalgs, i);

		if (policy_has_sigalg(policy, code) &&
		    sigalg_serves(selection, code, choice))
			return 0;
	}
	for (i = 0; !selection->client_order && i < policy->sigalg_count; i++) {
		unsigned code = stls_sigalg(policy->sigalg[i])->code;

		if (stls_has_number(sigalgs, code) &&
		    sigalg_serves(selection, code, choice))
			return 0;
	}
	return SMTPTLS_REASON_SIGALG;
}

static int finish_tls13(const struct selection *selection, uint8_t row,
			struct stls_choice *choice)
{
	const struct stls_client_hello *hello = selection->hello;
	unsigned hash_len = stls_suite(row)->code == 0x1302 ? 48 : 32;
	int reason;

	choice->suite = row;
	choice->step = STLS_STEP_GROUP;
	reason = choose_group_tls13(selection, choice);
	if (reason == 0) {
		choice->step = STLS_STEP_SIGALG;
		reason = choose_key_tls13(selection, choice);
	}
	if (hello->binder_len > 0 &&
	    (hello->binders_differ || hello->binder_len != hash_len))
		choice->flags |= STLS_CHOICE_NO_TICKETS;
	return reason;
}

static int choose(struct selection *selection, struct stls_choice *choice)
{
	uint8_t rows[STLS_POLICY_SUITES];
	unsigned count;
	int reason;

	reason = choose_version(selection);
	choice->version = selection->version;
	if (reason != 0)
		return reason;
	if (is_in_hole(selection))
		return SMTPTLS_REASON_VERSION;
	count = stls_common_suites(selection->policy, selection->hello,
				   selection->version, rows);
	choice->step = STLS_STEP_SUITES;
	if (count == 0)
		return SMTPTLS_REASON_SUITES_EXCLUDED;
	if (selection->version == STLS_TLS1_3)
		return finish_tls13(selection, rows[0], choice);
	choice->step = STLS_STEP_SIGALG;
	reason = find_signing(selection);
	return reason != 0 ? reason
			   : choose_suite(selection, rows, count, choice);
}

int stls_select(const struct smtptls_policy *policy,
		const struct stls_client_hello *hello, unsigned keys,
		struct stls_choice *choice)
{
	struct selection selection = { .policy = policy,
				       .hello = hello,
				       .keys = keys };

	memset(choice, 0, sizeof(*choice));
	choice->group = STLS_NO_GROUP;
	if (!can_serve_tls13(policy, keys))
		choice->flags |= STLS_CHOICE_NO_TLS13;
	selection.client_order = stls_client_order(policy);
	choice->reason = choose(&selection, choice);
	choice->reason = stls_cure_reason(policy, hello, keys, choice);
	return choice->reason;
}
