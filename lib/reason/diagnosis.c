/* SPDX-License-Identifier: MIT */
/*
 * reason/diagnosis: what would end a refusal.
 *
 * The selection knows the step at which peer and policy have nothing in common.
 * An administrator needs to know which change would give them something: a name
 * in a list, a lower security level, another certificate, the system's policy.
 * So each thing that the peer offers at that step is asked what keeps it off,
 * and the one that is easiest to have counts. Reason and sentence both come
 * from that, so that neither proposes what stands in the settings already.
 *
 * Nothing is allocated, and only refusals come here.
 */
#include "reason/diagnosis.h"

#include <string.h>

#include "policy/key_type.h"
#include "policy/security_level.h"
#include "selection/common_suites.h"
#include "selection/version.h"

#define OLD_VERSIONS (STLS_PROTOCOL_TLS1_0 | STLS_PROTOCOL_TLS1_1)

static void begin(struct stls_diagnosis *diagnosis)
{
	memset(diagnosis, 0, sizeof(*diagnosis));
	diagnosis->obstacle = STLS_OBSTACLE_PEER;
	diagnosis->row = -1;
}

/* Of two that are equally easy the peer prefers the first. */
static void take_easier(struct stls_diagnosis *diagnosis,
			const struct stls_diagnosis *other)
{
	if (other->obstacle < diagnosis->obstacle)
		*diagnosis = *other;
}

/* A group or a signature algorithm. */
static void find_obstacle(const struct smtptls_policy *policy, uint8_t ability,
			  int bits, struct stls_diagnosis *diagnosis)
{
	int level = policy->security_level;

	while (level > 0 && bits < stls_security_bits(level))
		level--;
	diagnosis->level = level;
	if (ability == STLS_ABSENT)
		diagnosis->obstacle = STLS_OBSTACLE_GNUTLS;
	else if (ability == STLS_DISABLED)
		diagnosis->obstacle = STLS_OBSTACLE_SYSTEM;
	else if (level < policy->security_level)
		diagnosis->obstacle = STLS_OBSTACLE_LEVEL;
	else
		diagnosis->obstacle = diagnosis->asked ? STLS_OBSTACLE_PEER
						       : STLS_OBSTACLE_NAME;
}

/* ---- versions ---- */

int stls_has_ciphersuites(const struct smtptls_policy *policy)
{
	/* Those of TLS 1.3 come first. */
	return policy->suite_count > 0 &&
	       stls_suite(policy->suite_row[0])->min_version == STLS_TLS1_3;
}

/* The one that a peer would have: its best, but no TLS 1.3 for its own sake. */
static unsigned wanted_version(const struct smtptls_policy *policy,
			       const struct stls_client_hello *hello)
{
	uint8_t offered = stls_offered_versions(hello);
	unsigned version;

	if (offered & STLS_PROTOCOL_TLS1_3 &&
	    (policy->asked_versions & STLS_PROTOCOL_TLS1_3 ||
	     offered == STLS_PROTOCOL_TLS1_3))
		return STLS_TLS1_3;
	for (version = STLS_TLS1_2; version >= STLS_TLS1_0; version--) {
		if (offered & stls_version_bit(version))
			return version;
	}
	return 0;
}

void stls_diagnosis_version(const struct smtptls_policy *policy,
			    const struct stls_client_hello *hello,
			    unsigned keys, struct stls_diagnosis *diagnosis)
{
	unsigned version = wanted_version(policy, hello);
	uint8_t bit = stls_version_bit(version);

	begin(diagnosis);
	if (!bit)
		return;
	diagnosis->row = (int)version;
	diagnosis->asked = (policy->asked_versions & bit) != 0;
	if (!(policy->abilities.versions & bit))
		diagnosis->obstacle = STLS_OBSTACLE_SYSTEM;
	else if (policy->selectable_versions & bit &&
		 !(stls_served_versions(policy, keys) & bit))
		diagnosis->obstacle = STLS_OBSTACLE_KEY;
	else if (bit & OLD_VERSIONS && policy->security_level > 0)
		diagnosis->obstacle = STLS_OBSTACLE_LEVEL;
	else if (!diagnosis->asked || version != STLS_TLS1_3)
		diagnosis->obstacle = STLS_OBSTACLE_NAME;
	else
		diagnosis->obstacle = stls_has_ciphersuites(policy)
					      ? STLS_OBSTACLE_GNUTLS
					      : STLS_OBSTACLE_CIPHERSUITES;
}

/* ---- suites ---- */

static int needs_shared_key(const struct stls_suite *suite)
{
	return suite->kx & ~(STLS_KX_RSA | STLS_KX_DHE | STLS_KX_ECDHE) ||
	       suite->au & (STLS_AU_PSK | STLS_AU_SRP);
}

static void find_suite_obstacle(const struct smtptls_policy *policy, int row,
				struct stls_diagnosis *diagnosis)
{
	const struct stls_suite *suite = stls_suite((size_t)row);
	uint8_t ability = policy->abilities.suite[row];

	diagnosis->row = row;
	diagnosis->asked =
		memchr(policy->suite_row, row, policy->suite_count) != NULL;
	diagnosis->level = policy->security_level;
	while (!stls_suite_allowed(suite, diagnosis->level))
		diagnosis->level--;
	if (needs_shared_key(suite))
		diagnosis->obstacle = STLS_OBSTACLE_SHARED;
	else if (row >= STLS_SUITES_OPENSSL)
		diagnosis->obstacle = STLS_OBSTACLE_OPENSSL;
	else if (suite->enc & STLS_ENC_NULL || suite->au & STLS_AU_NULL)
		diagnosis->obstacle = STLS_OBSTACLE_BARE;
	else if (ability == STLS_ABSENT || suite->au & STLS_AU_DSS)
		diagnosis->obstacle =
			STLS_OBSTACLE_GNUTLS; /* it signs nothing by DSA */
	else if (ability == STLS_DISABLED)
		diagnosis->obstacle = STLS_OBSTACLE_SYSTEM;
	else if (diagnosis->level < policy->security_level)
		diagnosis->obstacle = STLS_OBSTACLE_LEVEL;
	else
		diagnosis->obstacle = diagnosis->asked ? STLS_OBSTACLE_PEER
						       : STLS_OBSTACLE_NAME;
}

/* What speaks for a suite: a certificate, forward secrecy, AEAD. */
static int rank(const struct stls_suite *suite, unsigned keys)
{
	return 4 * ((stls_keys_of_suite(suite) & keys) != 0) +
	       2 * ((suite->kx & (STLS_KX_DHE | STLS_KX_ECDHE)) != 0) +
	       ((suite->mac & STLS_MAC_AEAD) != 0);
}

/* The strongest of those that are equally easy. */
static int is_better(const struct stls_diagnosis *one,
		     const struct stls_diagnosis *other, unsigned keys)
{
	if (one->obstacle != other->obstacle || other->row < 0)
		return one->obstacle < other->obstacle;
	if (one->level != other->level)
		return one->level > other->level;
	return rank(stls_suite((size_t)one->row), keys) >
	       rank(stls_suite((size_t)other->row), keys);
}

void stls_diagnosis_suite(const struct smtptls_policy *policy,
			  const struct stls_client_hello *hello, unsigned keys,
			  int must, const struct stls_choice *choice,
			  struct stls_diagnosis *diagnosis)
{
	struct stls_diagnosis other;
	size_t i;
	int row;

	begin(diagnosis);
	for (i = 0; i < stls_numbers(&hello->suites); i++) {
		row = stls_suite_by_code(stls_number(&hello->suites, i));
		if (row < 0 || !stls_version_has_suite(choice->version,
						       stls_suite((size_t)row)))
			continue;
		if (must &&
		    !(stls_keys_of_suite(stls_suite((size_t)row)) & keys))
			continue;
		find_suite_obstacle(policy, row, &other);
		if (is_better(&other, diagnosis, keys))
			*diagnosis = other;
	}
}

/* ---- groups ---- */

static int is_field(unsigned code)
{
	return code >= 0x100 && code <= 0x1ff; /* RFC 7919 */
}

int stls_diagnosis_wants_group(const struct stls_choice *choice, unsigned code)
{
	int dhe = stls_suite(choice->suite)->kx & STLS_KX_DHE;

	return choice->version == STLS_TLS1_3 || is_field(code) == (dhe != 0);
}

void stls_diagnosis_group(const struct smtptls_policy *policy,
			  const struct stls_client_hello *hello,
			  const struct stls_choice *choice,
			  struct stls_diagnosis *diagnosis)
{
	struct stls_diagnosis other;
	size_t i;

	begin(diagnosis);
	for (i = 0; i < stls_numbers(&hello->groups); i++) {
		unsigned code = stls_number(&hello->groups, i);

		memset(&other, 0, sizeof(other));
		other.row = stls_group_by_code(code);
		if (other.row < 0 || !stls_diagnosis_wants_group(choice, code))
			continue;
		if (choice->version != STLS_TLS1_3 && is_field(code))
			other.asked = 1; /* no list of groups rules these */
		else if (!stls_version_has_group(choice->version, code))
			continue;
		else
			other.asked =
				(int)(policy->asked_groups >> other.row & 1);
		find_obstacle(policy, policy->abilities.group[other.row],
			      stls_group_bits(code), &other);
		take_easier(diagnosis, &other);
	}
}

/* ---- signatures ---- */

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

unsigned stls_diagnosis_sigalg_keys(const struct smtptls_policy *policy,
				    const struct stls_choice *choice,
				    unsigned code)
{
	return choice->version == STLS_TLS1_3 ||
			       policy->suiteb != STLS_SUITEB_NONE
		       ? stls_key_of_sigalg_tls13(code)
		       : stls_keys_of_sigalg_tls12(code);
}

/*
 * Those of the keys for which the common suites need a signature algorithm. A
 * key that exchanges keys need not be one that may sign.
 */
static unsigned signing_keys(const struct smtptls_policy *policy,
			     const struct stls_client_hello *hello,
			     const struct stls_choice *choice, unsigned keys)
{
	uint8_t rows[STLS_POLICY_SUITES];
	unsigned i, count, found = 0;

	if (choice->version == STLS_TLS1_3)
		return keys;
	count = stls_common_suites(policy, hello, choice->version, rows);
	for (i = 0; i < count; i++) {
		const struct stls_suite *suite = stls_suite(rows[i]);

		if (suite->kx & (STLS_KX_DHE | STLS_KX_ECDHE))
			found |= stls_keys_of_suite(suite) & keys;
		else if (suite->kx & STLS_KX_RSA &&
			 keys & SMTPTLS_KEY_RSA_ENCRYPT)
			found |= SMTPTLS_KEY_RSA_SIGN;
	}
	return found;
}

void stls_diagnosis_sigalg(const struct smtptls_policy *policy,
			   const struct stls_client_hello *hello, unsigned keys,
			   const struct stls_choice *choice,
			   struct stls_diagnosis *diagnosis)
{
	struct stls_diagnosis other;
	unsigned own = keys;
	size_t i;

	begin(diagnosis);
	keys = signing_keys(policy, hello, choice, keys);
	for (i = 0; i < stls_offered_sigalgs(hello); i++) {
		unsigned code = stls_offered_sigalg(hello, i);

		memset(&other, 0, sizeof(other));
		other.row = stls_sigalg_by_code(code);
		if (other.row < 0 || stls_keys_too_short(own, code) ||
		    !(stls_diagnosis_sigalg_keys(policy, choice, code) & keys))
			continue;
		other.asked = (int)(policy->asked_sigalgs >> other.row & 1);
		find_obstacle(policy, policy->abilities.sigalg[other.row],
			      stls_sigalg_bits(code), &other);
		take_easier(diagnosis, &other);
	}
}

unsigned stls_diagnosis_keys(const struct smtptls_policy *policy,
			     const struct stls_client_hello *hello,
			     const struct stls_choice *choice, int common)
{
	unsigned keys = 0;
	size_t i;

	for (i = 0; i < stls_offered_sigalgs(hello); i++) {
		unsigned code = stls_offered_sigalg(hello, i);
		int row = stls_sigalg_by_code(code);

		if (row < 0 || policy->abilities.sigalg[row] != STLS_ABLE ||
		    stls_sigalg_bits(code) <
			    stls_security_bits(policy->security_level))
			continue;
		if (!common || policy->asked_sigalgs >> row & 1)
			keys |= stls_diagnosis_sigalg_keys(policy, choice,
							   code);
	}
	return keys & signing_keys(policy, hello, choice, STLS_KEYS);
}
