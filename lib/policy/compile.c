/* SPDX-License-Identifier: MIT */
/*
 * policy/compile: compile OpenSSL's strings to a policy.
 *
 * The parsers in lib/openssl determine what each string means to OpenSSL. Here
 * the parts are combined as OpenSSL does when it makes a context of them: the
 * security level removes suites, groups, signature algorithms and versions, and
 * suites without an enabled version are removed. Next goes whatever the loaded
 * TLS library cannot do, and last what its priority strings cannot express
 * (priority.c).
 *
 * What an administrator should know about valid strings becomes a warning.
 * Strings that leave nothing are refused: a server that can serve nobody is a
 * mistake that should show at startup.
 */
#include "policy/compile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/list_warning.h"
#include "policy/selectable.h"
#include "policy/priority.h"
#include "policy/security_level.h"

#define STRING_MAX    65536
#define LEVEL_DEFAULT 2

const char stls_default_protocols[] = "TLSv1.2 TLSv1.3";

/*
 * Mozilla's "intermediate" in its order: only forward secrecy and AEAD. It is
 * short, since to add a suite one has to repeat the whole string.
 */
const char stls_default_ciphers[] =
	"AESGCM:CHACHA20:-RSA:-PSK:-ADH:-DSS:@STRENGTH:+DHE";

const char stls_default_ciphersuites[] =
	"TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:"
	"TLS_AES_128_GCM_SHA256";

const char stls_default_groups[] = "DEFAULT";

/* OpenSSL 3.0's default; the security level removes the weak algorithms. */
const char stls_default_sigalgs[] =
	"ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:ed448:"
	"rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:"
	"rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:"
	"RSA+SHA256:RSA+SHA384:RSA+SHA512:ECDSA+SHA224:RSA+SHA224:"
	"ECDSA+SHA1:RSA+SHA1";

/* Suite B replaces groups and sigalgs (RFC 6460, OpenSSL's SUITEB words). */
const char *stls_suiteb_groups(enum stls_suiteb suiteb)
{
	static const char *const groups[] = {
		[STLS_SUITEB_128_ONLY] = "P-256",
		[STLS_SUITEB_128] = "P-256:P-384",
		[STLS_SUITEB_192] = "P-384",
	};

	return groups[suiteb];
}

const char *stls_suiteb_sigalgs(enum stls_suiteb suiteb)
{
	static const char *const sigalgs[] = {
		[STLS_SUITEB_128_ONLY] = "ECDSA+SHA256",
		[STLS_SUITEB_128] = "ECDSA+SHA256:ECDSA+SHA384",
		[STLS_SUITEB_192] = "ECDSA+SHA384",
	};

	return sigalgs[suiteb];
}

/* ---- parts ---- */

static const char *given(const char *string, const char *otherwise)
{
	return string ? string : otherwise;
}

static int check_lengths(const struct compiler *compiler)
{
	const struct smtptls_policy_spec *spec = compiler->spec;
	const struct {
		const char *what, *string;
	} strings[] = {
		{ "protocols", spec->protocols },
		{ "ciphers", spec->ciphers },
		{ "ciphersuites", spec->ciphersuites },
		{ "groups", spec->groups },
		{ "sigalgs", spec->sigalgs },
	};
	size_t i;

	for (i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		if (strings[i].string && strlen(strings[i].string) > STRING_MAX)
			return stls_sentence(compiler->error, SMTPTLS_E_LIMIT,
					     "%s: longer than 64 KiB",
					     strings[i].what);
	}
	return 0;
}

static int read_ciphers(struct compiler *compiler)
{
	const char *string =
		given(compiler->spec->ciphers, stls_default_ciphers);
	struct stls_span where;
	int ret, level = compiler->spec->security_level;

	ret = stls_cipher_list_parse(&compiler->ciphers, string, strlen(string),
				     &where);
	if (ret < 0)
		return stls_list_failed(compiler->error, STLS_SETTING_CIPHERS,
					string, &where, ret,
					&compiler->ciphers.skips);
	if (level == SMTPTLS_SECURITY_LEVEL_0)
		level = 0;
	else if (level == 0)
		level = LEVEL_DEFAULT;
	if (compiler->ciphers.security_level >= 0)
		level = compiler->ciphers.security_level;
	compiler->policy->security_level = level;
	compiler->policy->suiteb = (uint8_t)compiler->ciphers.suiteb;
	return stls_list_warn(compiler->policy, STLS_SETTING_CIPHERS, string,
			      &compiler->ciphers.skips);
}

static int read_ciphersuites(struct compiler *compiler)
{
	const char *string =
		given(compiler->spec->ciphersuites, stls_default_ciphersuites);
	struct stls_span where;
	int ret;

	/* As in OpenSSL, the empty string disables TLS 1.3. */
	if (!string[0])
		return 0;
	ret = stls_ciphersuite_list_parse(&compiler->ciphersuites, string,
					  strlen(string), &where);
	if (ret < 0)
		return stls_list_failed(
			compiler->error, STLS_SETTING_CIPHERSUITES, string,
			&where, ret, &compiler->ciphersuites.skips);
	return stls_list_warn(compiler->policy, STLS_SETTING_CIPHERSUITES,
			      string, &compiler->ciphersuites.skips);
}

/* OpenSSL has TLS 1.0 and 1.1 at level 0 only, whatever the protocols say. */
static int warn_of_old_versions(struct compiler *compiler, uint8_t old)
{
	return stls_policy_warn(
		compiler->policy,
		"protocols: %s%s%s cannot be used at security level %d; "
		"add @SECLEVEL=0 to the cipher list if it must be",
		old & STLS_PROTOCOL_TLS1_0 ? "TLSv1" : "",
		old == (STLS_PROTOCOL_TLS1_0 | STLS_PROTOCOL_TLS1_1) ? " and "
								     : "",
		old & STLS_PROTOCOL_TLS1_1 ? "TLSv1.1" : "",
		compiler->policy->security_level);
}

static int has_hole(uint8_t versions)
{
	uint8_t lowest = (uint8_t)(versions & -versions);

	/* Adding the lowest bit to a run of bits carries through all of it. */
	return ((versions + lowest) & versions) != 0;
}

static int mend_holes(struct compiler *compiler)
{
	uint8_t *versions = &compiler->policy->versions;
	static const uint8_t old = STLS_PROTOCOL_TLS1_0 | STLS_PROTOCOL_TLS1_1;

	if (!has_hole(*versions))
		return 0;
	if (*versions & STLS_PROTOCOL_TLS1_3 && *versions & old &&
	    !(*versions & STLS_PROTOCOL_TLS1_2)) {
		*versions &= (uint8_t)~STLS_PROTOCOL_TLS1_3;
		return stls_policy_warn(
			compiler->policy,
			"protocols: GnuTLS cannot combine TLSv1.3 with TLSv1 "
			"or TLSv1.1 without TLSv1.2; TLSv1.3 is off");
	}
	return stls_policy_warn(
		compiler->policy,
		"protocols: a version between two others is excluded; an "
		"OpenSSL client would offer only those below it");
}

/* GnuTLS itself has all four versions: a missing one has been disabled. */
static int drop_disabled(struct compiler *compiler)
{
	struct smtptls_policy *policy = compiler->policy;
	static const char *const names[] = { "TLSv1", "TLSv1.1", "TLSv1.2",
					     "TLSv1.3" };
	char cure[STLS_CURE_SIZE];
	unsigned i;
	int ret = 0;

	compiler->disabled =
		policy->versions & (uint8_t)~compiler->abilities->versions;
	policy->versions &= compiler->abilities->versions;
	for (i = 0; ret == 0 && i < sizeof(names) / sizeof(names[0]); i++) {
		if (compiler->disabled & STLS_PROTOCOL_TLS1_0 << i)
			ret = stls_policy_warn(
				policy,
				"protocols: %s is disabled by the system's "
				"GnuTLS policy%s",
				names[i],
				stls_policy_system_cure(
					policy, STLS_SYSTEM_VERSION,
					STLS_PROTOCOL_TLS1_0 << i, cure));
	}
	return ret;
}

static int read_protocols(struct compiler *compiler)
{
	const char *string =
		given(compiler->spec->protocols, stls_default_protocols);
	struct smtptls_policy *policy = compiler->policy;
	struct stls_span where;
	uint8_t old;
	int ret;

	ret = stls_protocol_list_parse(&compiler->protocols, string,
				       strlen(string), &where);
	if (ret < 0)
		return stls_list_failed(compiler->error, STLS_SETTING_PROTOCOLS,
					string, &where, ret,
					&compiler->protocols.skips);
	ret = stls_list_warn(compiler->policy, STLS_SETTING_PROTOCOLS, string,
			     &compiler->protocols.skips);
	if (ret == 0 && compiler->protocols.asked)
		ret = stls_policy_warn(policy,
				       "protocols: SSLv2 and SSLv3 are not "
				       "supported here and stay off");
	if (ret < 0)
		return ret;
	policy->versions = compiler->protocols.enabled;
	policy->asked_versions = policy->versions;
	old = policy->versions & (STLS_PROTOCOL_TLS1_0 | STLS_PROTOCOL_TLS1_1);
	if (policy->security_level > 0 && old) {
		policy->versions &= (uint8_t)~old;
		ret = warn_of_old_versions(compiler, old);
	}
	if (compiler->ciphersuites.count == 0)
		policy->versions &= (uint8_t)~STLS_PROTOCOL_TLS1_3;
	if (ret == 0)
		ret = drop_disabled(compiler);
	return ret < 0 ? ret : mend_holes(compiler);
}

static int add_group(const struct compiler *compiler,
		     const struct stls_group_choice *choice)
{
	struct smtptls_policy *policy = compiler->policy;
	const struct stls_group *group = stls_group(choice->group);
	int level = policy->security_level;
	char cure[STLS_CURE_SIZE];

	policy->asked_groups |= UINT64_C(1) << choice->group;
	if (stls_group_bits(group->code) < stls_security_bits(level))
		return choice->optional
			       ? 0
			       : stls_policy_warn(policy,
						  "groups: %s is too weak for "
						  "security level %d",
						  group->name, level);
	if (compiler->abilities->group[choice->group] == STLS_DISABLED &&
	    !choice->optional)
		return stls_policy_warn(
			policy,
			"groups: %s is disabled by the system's GnuTLS "
			"policy%s",
			group->name,
			stls_policy_system_cure(policy, STLS_SYSTEM_GROUP,
						choice->group, cure));
	if (compiler->abilities->group[choice->group] != STLS_ABLE)
		return choice->optional
			       ? 0
			       : stls_policy_warn(policy,
						  "groups: %s is not available "
						  "in the loaded GnuTLS",
						  group->name);
	if (stls_is_old_group(group->code) &&
	    policy->versions & STLS_PROTOCOL_TLS1_3)
		return stls_policy_warn(policy,
					"groups: %s is not a TLS 1.3 group, "
					"and is off while TLSv1.3 is enabled",
					group->name);
	policy->group[policy->group_count++] = choice->group;
	return 0;
}

static int parse_groups(struct compiler *compiler, const char *string)
{
	struct stls_span where;
	int ret;

	ret = stls_group_list_parse(&compiler->groups, string, strlen(string),
				    &where);
	if (ret < 0)
		return stls_list_failed(compiler->error, STLS_SETTING_GROUPS,
					string, &where, ret,
					&compiler->groups.skips);
	return stls_list_warn(compiler->policy, STLS_SETTING_GROUPS, string,
			      &compiler->groups.skips);
}

/* With Suite B the string has no effect, although it has to be valid. */
static int warn_of_suiteb(const struct compiler *compiler, const char *what,
			  const char *given_string)
{
	if (!given_string || compiler->ciphers.suiteb == STLS_SUITEB_NONE)
		return 0;
	return stls_policy_warn(
		compiler->policy,
		"%s: ignored: the cipher list's SUITEB word determines them",
		what);
}

static int read_groups(struct compiler *compiler)
{
	unsigned i;
	int ret;

	ret = parse_groups(compiler,
			   given(compiler->spec->groups, stls_default_groups));
	if (ret == 0)
		ret = warn_of_suiteb(compiler, "groups",
				     compiler->spec->groups);
	if (ret == 0 && compiler->ciphers.suiteb != STLS_SUITEB_NONE)
		ret = parse_groups(
			compiler, stls_suiteb_groups(compiler->ciphers.suiteb));
	for (i = 0; ret == 0 && i < compiler->groups.count; i++)
		ret = add_group(compiler, &compiler->groups.choice[i]);
	return ret;
}

static int parse_sigalgs(struct compiler *compiler, const char *string)
{
	struct stls_span where;
	int ret;

	ret = stls_sigalg_list_parse(&compiler->sigalgs, string, strlen(string),
				     &where);
	if (ret < 0)
		return stls_list_failed(compiler->error, STLS_SETTING_SIGALGS,
					string, &where, ret,
					&compiler->sigalgs.skips);
	return stls_list_warn(compiler->policy, STLS_SETTING_SIGALGS, string,
			      &compiler->sigalgs.skips);
}

static int read_sigalgs(struct compiler *compiler)
{
	struct smtptls_policy *policy = compiler->policy;
	char cure[STLS_CURE_SIZE];
	unsigned i;
	int ret;

	ret = parse_sigalgs(
		compiler, given(compiler->spec->sigalgs, stls_default_sigalgs));
	if (ret == 0)
		stls_selectable_sigalgs(policy, &compiler->sigalgs);
	if (ret == 0)
		ret = warn_of_suiteb(compiler, "sigalgs",
				     compiler->spec->sigalgs);
	if (ret == 0 && compiler->ciphers.suiteb != STLS_SUITEB_NONE)
		ret = parse_sigalgs(
			compiler,
			stls_suiteb_sigalgs(compiler->ciphers.suiteb));
	for (i = 0; ret == 0 && i < compiler->sigalgs.count; i++) {
		uint8_t row = compiler->sigalgs.sigalg[i];
		const struct stls_sigalg *sigalg = stls_sigalg(row);
		const char *why = NULL, *how = "";

		policy->asked_sigalgs |= UINT32_C(1) << row;
		if (stls_sigalg_bits(sigalg->code) <
		    stls_security_bits(policy->security_level))
			why = "too weak for the security level";
		else if (compiler->abilities->sigalg[row] == STLS_DISABLED)
			why = "disabled by the system's GnuTLS policy",
			how = stls_policy_system_cure(
				policy, STLS_SYSTEM_SIGALG, row, cure);
		else if (compiler->abilities->sigalg[row] != STLS_ABLE)
			why = "not available in the loaded GnuTLS";
		if (!why)
			policy->sigalg[policy->sigalg_count++] = row;
		else if (compiler->spec->sigalgs)
			ret = stls_policy_warn(policy, "sigalgs: %s is %s%s",
					       sigalg->name, why, how);
	}
	return ret;
}

/* ---- the whole ---- */

static int keep(char **copy, const char *string)
{
	if (!string)
		return 0;
	*copy = strdup(string);
	return *copy ? 0 : SMTPTLS_E_NOMEM;
}

static int keep_given(const struct compiler *compiler)
{
	const struct smtptls_policy_spec *spec = compiler->spec;
	struct stls_given *given = &compiler->policy->given;
	int ret = keep(&given->protocols, spec->protocols);

	if (ret == 0)
		ret = keep(&given->ciphers, spec->ciphers);
	if (ret == 0)
		ret = keep(&given->ciphersuites, spec->ciphersuites);
	if (ret == 0)
		ret = keep(&given->groups, spec->groups);
	if (ret == 0)
		ret = keep(&given->sigalgs, spec->sigalgs);
	return ret;
}

static int read_all(struct compiler *compiler)
{
	int ret = check_lengths(compiler);

	if (ret == 0)
		ret = keep_given(compiler);
	if (ret == 0)
		ret = read_ciphers(compiler);
	if (ret == 0)
		ret = read_ciphersuites(compiler);
	if (ret == 0)
		ret = read_protocols(compiler);
	if (ret == 0)
		ret = read_groups(compiler);
	if (ret == 0)
		ret = read_sigalgs(compiler);
	return ret;
}

static int build(struct compiler *compiler)
{
	struct smtptls_policy *policy = compiler->policy;
	int ret;

	if (policy->flags & SMTPTLS_LIST_ONLY) {
		stls_suites_add(compiler);
		return 0;
	}
	if (policy->versions == 0 || policy->sigalg_count == 0 ||
	    policy->group_count == 0)
		return stls_nothing_left(compiler);
	stls_suites_add(compiler);
	stls_selectable_prepare(policy, compiler->abilities);
	ret = stls_priority_make(policy, compiler->abilities);
	return ret == SMTPTLS_E_UNSUPPORTED ? stls_nothing_left(compiler) : ret;
}

int stls_policy_compile(struct smtptls_policy *policy,
			const struct smtptls_policy_spec *spec,
			const struct stls_abilities *abilities,
			const struct stls_sentence *error)
{
	struct compiler *compiler;
	int ret;

	if (spec->security_level < SMTPTLS_SECURITY_LEVEL_0 ||
	    spec->security_level > 5 ||
	    spec->flags & ~(SMTPTLS_PREFER_CLIENT | SMTPTLS_PRIORITIZE_CHACHA |
			    SMTPTLS_LIST_ONLY))
		return stls_sentence(error, SMTPTLS_E_ARG,
				     "security level or flags: out of range");
	compiler = calloc(1, sizeof(*compiler));
	if (!compiler)
		return SMTPTLS_E_NOMEM;
	compiler->policy = policy;
	compiler->spec = spec;
	compiler->abilities = abilities;
	compiler->error = error;
	policy->flags = spec->flags;
	policy->abilities = *abilities;
	ret = read_all(compiler);
	if (ret == 0)
		ret = build(compiler);
	free(compiler);
	return ret;
}
