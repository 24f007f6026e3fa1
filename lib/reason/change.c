/* SPDX-License-Identifier: MIT */
/*
 * reason/change: a diagnosis as changes of the administrator's own words.
 *
 * A change is tried before it is proposed. It is made on a copy of the setting
 * as written, and the parser of that language tells whether the result keeps
 * everything that the setting had and has what is wanted too. The first change
 * that passes is proposed: an excluding word removed, a bound moved, a word
 * added. If none passes, or if the setting was not set, the whole value is
 * given.
 *
 * At most one change is made to a setting, apart from the words that exclude a
 * suite for good. No change admits a suite without encryption or certificate
 * that was not there before. Only copies are allocated.
 */
#include "reason/change.h"

#include <stdio.h>
#include <string.h>

#include "policy/key_type.h"
#include "policy/security_level.h"
#include "reason/ciphers_change.h"
#include "reason/protocols_change.h"
#include "selection/selection.h"
#include "selection/version.h"

const char *stls_key_name(unsigned key)
{
	switch (key) {
	case SMTPTLS_KEY_RSA_PSS:
		return "RSA-PSS";
	case SMTPTLS_KEY_ECDSA_P256:
		return "ECDSA P-256";
	case SMTPTLS_KEY_ECDSA_P384:
		return "ECDSA P-384";
	case SMTPTLS_KEY_ECDSA_P521:
		return "ECDSA P-521";
	case SMTPTLS_KEY_ED25519:
		return "Ed25519";
	case SMTPTLS_KEY_ED448:
		return "Ed448";
	default:
		return "RSA";
	}
}

/*
 * The word for a list of signature algorithms: not all have a TLS name that can
 * be written there.
 */
static const char *sigalg_word(uint8_t row, int brief)
{
	switch (stls_sigalg(row)->code) {
	case 0x0403:
		return brief ? "ECDSA+SHA256" : stls_sigalg(row)->name;
	case 0x0503:
		return brief ? "ECDSA+SHA384" : stls_sigalg(row)->name;
	case 0x0203:
		return "ECDSA+SHA1";
	case 0x0303:
		return "ECDSA+SHA224";
	case 0x0202:
		return "DSA+SHA1";
	case 0x0302:
		return "DSA+SHA224";
	case 0x0402:
		return "DSA+SHA256";
	case 0x0502:
		return "DSA+SHA384";
	case 0x0602:
		return "DSA+SHA512";
	default:
		return stls_sigalg(row)->name;
	}
}

/* ---- protocols ---- */

static int change_protocols(struct stls_change_list *list,
			    const struct smtptls_policy *policy,
			    const struct stls_diagnosis *diagnosis)
{
	struct smtptls_change change;
	int ret;

	if (!diagnosis->name_versions)
		return 0;
	ret = stls_change_protocols(policy->given.protocols,
				    policy->asked_versions,
				    diagnosis->name_versions, &change);
	if (ret == 0)
		stls_change_put(list, change.setting, change.action,
				change.word, change.with);
	return ret;
}

/* ---- the lists of names ---- */

/* ADD the names to the setting, or SET the default followed by them. */
static void add_names(struct stls_change_list *list, int setting,
		      const char *given, const char *otherwise,
		      const char *names)
{
	char value[256];

	if (given && given[0]) {
		if (names[0])
			stls_change_put(list, setting, SMTPTLS_CHANGE_ADD,
					names, ":");
		return;
	}
	(void)snprintf(value, sizeof(value), "%s%s%s", otherwise,
		       names[0] ? ":" : "", names);
	stls_change_put(list, setting, SMTPTLS_CHANGE_SET, "", value);
}

/* "" disables TLS 1.3: set the default, since one suite would serve few. */
static void change_ciphersuites(struct stls_change_list *list,
				const struct smtptls_policy *policy,
				const struct stls_diagnosis *diagnosis)
{
	const char *name = stls_suite(diagnosis->suite)->iana;
	const char *given = policy->given.ciphersuites;

	if (diagnosis->version != STLS_TLS1_3 ||
	    !(diagnosis->suite_off & STLS_OFF_NAME))
		return;
	if (given && !given[0] && strstr(stls_default_ciphersuites, name))
		name = "";
	add_names(list, SMTPTLS_SETTING_CIPHERSUITES, given,
		  stls_default_ciphersuites, name);
}

/* TLS 1.3 disables secp192r1 and secp224r1; another group must remain. */
static uint64_t spare_group(const struct smtptls_policy *policy,
			    const struct stls_diagnosis *diagnosis)
{
	static const uint8_t usual[] = { 29, 24, 25 };
	unsigned i;
	int row;

	for (i = 0; i < policy->group_count; i++) {
		unsigned code = stls_group(policy->group[i])->code;

		if (code != 19 && code != 21)
			return 0;
	}
	for (i = 0; i < sizeof(usual); i++) {
		row = stls_group_by_code(usual[i]);
		if (policy->abilities.group[row] == STLS_ABLE &&
		    stls_group_bits(usual[i]) >=
			    stls_security_bits(diagnosis->level))
			return UINT64_C(1) << row;
	}
	return 0;
}

/* Add the wanted group and, if Suite B is given up, its groups. */
static void change_groups(struct stls_change_list *list,
			  const struct smtptls_policy *policy,
			  const struct stls_diagnosis *diagnosis)
{
	const char *given = policy->given.groups;
	struct stls_group_list groups;
	uint64_t named = 0, wanted = 0;
	char names[80] = "";
	unsigned i;

	if (diagnosis->group_off & STLS_OFF_NAME)
		wanted |= UINT64_C(1) << diagnosis->group;
	else if (diagnosis->loses)
		wanted |= spare_group(policy, diagnosis);
	if (diagnosis->suiteb_off)
		wanted |= policy->asked_groups;
	if (!wanted)
		return;
	if (!given)
		given = stls_default_groups;
	(void)stls_group_list_parse(&groups, given, strlen(given), NULL);
	for (i = 0; i < groups.count; i++)
		named |= UINT64_C(1) << groups.choice[i].group;
	for (i = 0; i < STLS_GROUPS; i++) {
		if (wanted & ~named & UINT64_C(1) << i)
			stls_change_add_word(names, sizeof(names),
					     stls_group(i)->name);
	}
	if (!names[0])
		return;
	/* Nothing can be added to Postfix's "auto", which means DEFAULT. */
	given += strspn(given, " \t\n\v\f\r");
	if (strncmp(given, "auto", 4) == 0)
		given = NULL;
	add_names(list, SMTPTLS_SETTING_GROUPS,
		  policy->given.groups ? given : NULL, stls_default_groups,
		  names);
}

static void change_sigalgs(struct stls_change_list *list,
			   const struct smtptls_policy *policy,
			   const struct stls_diagnosis *diagnosis)
{
	const char *given = policy->given.sigalgs;
	struct stls_sigalg_list sigalgs;
	uint32_t named = 0, wanted = 0;
	char names[80] = "";
	unsigned i;

	if (diagnosis->sigalg_off & STLS_OFF_NAME)
		wanted |= UINT32_C(1) << diagnosis->sigalg;
	if (diagnosis->suiteb_off)
		wanted |= policy->asked_sigalgs;
	if (!wanted)
		return;
	if (!given)
		given = stls_default_sigalgs;
	(void)stls_sigalg_list_parse(&sigalgs, given, strlen(given), NULL);
	for (i = 0; i < sigalgs.count; i++)
		named |= UINT32_C(1) << sigalgs.sigalg[i];
	for (i = 0; i < STLS_SIGALGS; i++) {
		if (wanted & ~named & UINT32_C(1) << i)
			stls_change_add_word(
				names, sizeof(names),
				sigalg_word((uint8_t)i, diagnosis->suiteb_off));
	}
	if (!names[0])
		return;
	add_names(list, SMTPTLS_SETTING_SIGALGS, policy->given.sigalgs,
		  stls_default_sigalgs, names);
}

/* ---- settings that are not strings ---- */

/* An RSA length above the usual that the level needs; see stls_rsa_bits(). */
static const char *length_for(unsigned key, int level)
{
	static const char *const lengths[] = { "",	    "",
					       "",	    "3072 bits",
					       "7680 bits", "15360 bits" };

	return key & STLS_KEYS_RSA ? lengths[level] : "";
}

static void change_certificate(struct stls_change_list *list,
			       const struct stls_diagnosis *diagnosis)
{
	const char *name = stls_key_name(diagnosis->key);

	if (diagnosis->key_off & STLS_OFF_SHORT)
		stls_change_put(list, SMTPTLS_SETTING_CERTIFICATE,
				SMTPTLS_CHANGE_REPLACE,
				stls_key_name(diagnosis->short_key),
				"2048 bits");
	if (diagnosis->key_off & STLS_OFF_MISSING)
		stls_change_put(list, SMTPTLS_SETTING_CERTIFICATE,
				SMTPTLS_CHANGE_ADD, name,
				length_for(diagnosis->key, diagnosis->level));
	else if (diagnosis->key_off & STLS_OFF_USAGE)
		stls_change_put(list, SMTPTLS_SETTING_CERTIFICATE,
				SMTPTLS_CHANGE_REPLACE, name,
				diagnosis->key == SMTPTLS_KEY_RSA_ENCRYPT
					? "keyEncipherment"
					: "digitalSignature");
}

void stls_change_name(struct smtptls_change *change, const char *name)
{
	size_t len = strlen(change->with), size = sizeof(change->with);

	/* If both do not fit, keep the name, which cannot be guessed. */
	if (len + strlen(", ") + strlen(name) >= size)
		len = 0;
	(void)snprintf(change->with + len, size - len, "%s%s",
		       len > 0 ? ", " : "", name);
}

/* Change the system policy's lines or, if none is known, allow the name. */
static void allow(struct stls_change_list *list,
		  const struct stls_system_policy *system, int kind,
		  unsigned which, const char *name)
{
	struct stls_system_line lines[STLS_SYSTEM_LINES];
	unsigned count = stls_system_lines(system, kind, which, lines), i;

	if (count == 0)
		stls_change_put(list, SMTPTLS_SETTING_SYSTEM_POLICY,
				SMTPTLS_CHANGE_ADD, name, "");
	for (i = 0; i < count; i++)
		stls_change_put_line(list, system, &lines[i]);
}

static void allow_each(struct stls_change_list *list,
		       const struct stls_system_policy *system,
		       const struct stls_diagnosis *diagnosis)
{
	unsigned version;

	for (version = STLS_TLS1_0; version <= STLS_TLS1_3; version++) {
		if (diagnosis->allow_versions & stls_version_bit(version))
			allow(list, system, STLS_SYSTEM_VERSION,
			      stls_version_bit(version),
			      stls_protocol_name(version));
	}
	if (diagnosis->suite_off & STLS_OFF_SYSTEM)
		allow(list, system, STLS_SYSTEM_SUITE, diagnosis->suite,
		      stls_suite(diagnosis->suite)->openssl);
	if (diagnosis->group_off & STLS_OFF_SYSTEM)
		allow(list, system, STLS_SYSTEM_GROUP, diagnosis->group,
		      stls_group(diagnosis->group)->name);
	if (diagnosis->sigalg_off & STLS_OFF_SYSTEM)
		allow(list, system, STLS_SYSTEM_SIGALG, diagnosis->sigalg,
		      sigalg_word(diagnosis->sigalg, 0));
}

/* What the peer would have to offer. */
static void ask_peer(struct stls_change_list *list,
		     const struct stls_diagnosis *diagnosis)
{
	const int setting = SMTPTLS_SETTING_PEER, action = SMTPTLS_CHANGE_ADD;

	if (diagnosis->version_off & STLS_OFF_PEER)
		stls_change_put(list, setting, action,
				stls_protocol_name(diagnosis->version), "");
	if (diagnosis->suite_off & STLS_OFF_PEER)
		stls_change_put(list, setting, action,
				stls_suite(diagnosis->suite)->openssl, "");
	if (diagnosis->group_off & STLS_OFF_PEER)
		stls_change_put(list, setting, action,
				stls_group(diagnosis->group)->name, "");
	if (diagnosis->curve != STLS_NO_GROUP &&
	    !(diagnosis->group_off & STLS_OFF_PEER &&
	      diagnosis->group == diagnosis->curve))
		stls_change_put(list, setting, action,
				stls_group(diagnosis->curve)->name, "");
	if (diagnosis->sigalg_off & STLS_OFF_PEER)
		stls_change_put(list, setting, action,
				sigalg_word(diagnosis->sigalg, 0), "");
}

int stls_find_changes(const struct smtptls_policy *policy,
		      const struct stls_diagnosis *diagnosis,
		      struct smtptls_change changes[SMTPTLS_CHANGES])
{
	struct stls_change_list list = { .change = changes };
	int ret;

	memset(changes, 0, SMTPTLS_CHANGES * sizeof(changes[0]));
	if (!diagnosis->version || !policy) {
		change_certificate(&list, diagnosis);
		return list.count;
	}
	ret = change_protocols(&list, policy, diagnosis);
	if (ret == 0)
		ret = stls_change_ciphers(&list, policy, diagnosis);
	if (ret < 0)
		return ret;
	change_ciphersuites(&list, policy, diagnosis);
	change_groups(&list, policy, diagnosis);
	change_sigalgs(&list, policy, diagnosis);
	change_certificate(&list, diagnosis);
	allow_each(&list, &policy->system, diagnosis);
	ask_peer(&list, diagnosis);
	return list.count < SMTPTLS_CHANGES ? list.count : SMTPTLS_CHANGES;
}
