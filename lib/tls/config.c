/* SPDX-License-Identifier: MIT */
/*
 * tls/config: what connections share: its life, and what it allows.
 *
 * One thread changes a configuration until it is frozen. From then on it is
 * constant, except for its count of owners and its spare input block, which are
 * atomic. GnuTLS keeps credentials by pointer, so each connection is an owner.
 * Certificates, authorities and Diffie-Hellman parameters are loaded in
 * credentials.c.
 */
#include "tls/config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <smtptls/gnutls.h>

#include "base/buffer.h"
#include "policy/key_type.h"
#include "policy/security_level.h"
#include "tls/file.h"
#include "tls/policy_new.h"
#include "x509/own_faults.h"

int stls_config_fail(struct smtptls_config *config, int error,
		     const char *format, ...)
{
	va_list args;
	size_t len;

	va_start(args, format);
	(void)vsnprintf(config->error, sizeof(config->error), format, args);
	va_end(args);
	/* GnuTLS ends its sentences with a full stop; this library does not. */
	len = strlen(config->error);
	if (len > 0 && config->error[len - 1] == '.')
		config->error[len - 1] = '\0';
	return error;
}

int stls_config_warn(struct smtptls_config *config, const char *format, ...)
{
	va_list args;
	int ret;

	va_start(args, format);
	ret = stls_texts_add(&config->warnings, format, args);
	va_end(args);
	return ret;
}

int stls_config_read(struct smtptls_config *config, const char *file,
		     struct stls_buffer *content, int *shared)
{
	const char *cause = "";
	int ret = stls_texts_copy(&config->files, file);

	if (ret == 0)
		ret = stls_file_read(file, content, shared, &cause);
	if (ret < 0) {
		stls_buffer_free(content);
		(void)stls_config_fail(
			config, ret, "%s: %s", file,
			ret == SMTPTLS_E_NOMEM ? smtptls_strerror(ret) : cause);
	}
	return ret;
}

void stls_config_mix(struct smtptls_config *config, const char *what,
		     const void *data, size_t len)
{
	unsigned char parts[3][STLS_SHA256_SIZE];

	memcpy(parts[0], config->settings, STLS_SHA256_SIZE);
	stls_sha256(what, strlen(what), parts[1]);
	stls_sha256(data, len, parts[2]);
	stls_sha256(parts, sizeof(parts), config->settings);
}

int smtptls_config_new(struct smtptls_config **config)
{
	struct smtptls_config *new;

	if (!config)
		return SMTPTLS_E_ARG;
	*config = NULL;
	new = calloc(1, sizeof(*new));
	if (!new)
		return SMTPTLS_E_NOMEM;
	atomic_init(&new->owners, 1);
	if (gnutls_certificate_allocate_credentials(&new->credentials) < 0) {
		free(new);
		return SMTPTLS_E_NOMEM;
	}
	*config = new;
	return 0;
}

struct smtptls_config *smtptls_config_ref(struct smtptls_config *config)
{
	if (config)
		atomic_fetch_add_explicit(&config->owners, 1,
					  memory_order_relaxed);
	return config;
}

void smtptls_config_unref(struct smtptls_config *config)
{
	if (!config || atomic_fetch_sub_explicit(&config->owners, 1,
						 memory_order_acq_rel) != 1)
		return;
	gnutls_certificate_free_credentials(config->credentials);
	stls_single_credentials_free(&config->single);
	stls_external_keys_free(&config->external);
	stls_dh_free(&config->dh);
	stls_own_certificates_free(&config->own);
	stls_stapling_free(&config->stapling);
	if (config->priority)
		gnutls_priority_deinit(config->priority);
	smtptls_policy_unref(config->policy);
	smtptls_policy_unref(config->shadow);
	stls_ticket_keys_free(config);
	stls_spare_free(&config->input);
	stls_texts_free(&config->certificates);
	stls_texts_free(&config->files);
	stls_texts_free(&config->warnings);
	free(config);
}

/* Fail with a sentence that says where in the string GnuTLS stopped. */
static int priority_failed(struct smtptls_config *config, int ret,
			   const char *place)
{
	if (ret == GNUTLS_E_MEMORY_ERROR)
		return stls_config_fail(config, SMTPTLS_E_NOMEM, "%s",
					gnutls_strerror(ret));
	return stls_config_fail(config, SMTPTLS_E_SYNTAX,
				"priority string, at \"%.256s\": %s",
				place ? place : "", gnutls_strerror(ret));
}

/* GnuTLS accepts strings that enable no version of TLS. */
static int allows_tls(gnutls_priority_t priority)
{
	const unsigned *versions;
	int i, n;

	n = gnutls_priority_protocol_list(priority, &versions);
	for (i = 0; i < n; i++) {
		if (versions[i] >= GNUTLS_TLS1_0 &&
		    versions[i] <= GNUTLS_TLS_VERSION_MAX)
			return 1;
	}
	return 0;
}

/* The string is either the host's own or a policy's. */
static int replace_priority(struct smtptls_config *config, const char *string,
			    struct smtptls_policy *policy)
{
	const char *place = NULL;
	gnutls_priority_t priority;
	int ret;

	ret = gnutls_priority_init2(&priority, string, &place, 0);
	if (ret < 0)
		return priority_failed(config, ret, place);
	if (!allows_tls(priority)) {
		gnutls_priority_deinit(priority);
		return stls_config_fail(
			config, SMTPTLS_E_SYNTAX,
			"priority string \"%.256s\": allows no TLS version",
			string);
	}
	if (config->priority)
		gnutls_priority_deinit(config->priority);
	config->priority = priority;
	(void)smtptls_policy_ref(policy);
	smtptls_policy_unref(config->policy);
	config->policy = policy;
	stls_sha256(string, strlen(string), config->priority_digest);
	if (policy)
		stls_policy_digest(policy, config->priority_digest);
	return 0;
}

int smtptls_config_set_priority(struct smtptls_config *config,
				const char *priority)
{
	if (!config || !priority)
		return SMTPTLS_E_ARG;
	if (config->frozen)
		return SMTPTLS_E_STATE;
	return replace_priority(config, priority, NULL);
}

int smtptls_config_set_policy(struct smtptls_config *config,
			      struct smtptls_policy *policy)
{
	if (!config || !policy || !smtptls_policy_priority(policy))
		return SMTPTLS_E_ARG;
	if (config->frozen)
		return SMTPTLS_E_STATE;
	return replace_priority(config, smtptls_policy_priority(policy),
				policy);
}

int smtptls_config_set_shadow_policy(struct smtptls_config *config,
				     struct smtptls_policy *policy)
{
	if (!config || (policy && !smtptls_policy_priority(policy)))
		return SMTPTLS_E_ARG;
	if (config->frozen)
		return SMTPTLS_E_STATE;
	(void)smtptls_policy_ref(policy);
	smtptls_policy_unref(config->shadow);
	config->shadow = policy;
	return 0;
}

int smtptls_config_set_strict_sni(struct smtptls_config *config, int strict)
{
	if (!config)
		return SMTPTLS_E_ARG;
	if (config->frozen)
		return SMTPTLS_E_STATE;
	config->strict_sni = strict != 0;
	return 0;
}

int smtptls_config_set_sni(struct smtptls_config *config,
			   struct smtptls_config *(*choose)(const char *name,
							    void *arg),
			   void *arg)
{
	if (!config)
		return SMTPTLS_E_ARG;
	if (config->frozen)
		return SMTPTLS_E_STATE;
	config->sni = choose;
	config->sni_arg = arg;
	return 0;
}

int smtptls_config_set_client_purpose(struct smtptls_config *config,
				      int purpose)
{
	if (!config || (purpose != SMTPTLS_CLIENT_AUTH &&
			purpose != SMTPTLS_CLIENT_OR_SERVER_AUTH))
		return SMTPTLS_E_ARG;
	if (config->frozen)
		return SMTPTLS_E_STATE;
	config->any_client_purpose = purpose == SMTPTLS_CLIENT_OR_SERVER_AUTH;
	return 0;
}

static int set_default_policy(struct smtptls_config *config)
{
	struct smtptls_policy *policy;
	int ret;

	ret = smtptls_policy_new(&policy, NULL, 0, config->error,
				 sizeof(config->error));
	if (ret == 0) {
		ret = smtptls_config_set_policy(config, policy);
		smtptls_policy_unref(policy);
	}
	return ret == 0 || ret == SMTPTLS_E_NOMEM ? ret : SMTPTLS_E_CONFIG;
}

/* Own certificates and parameters must be as strong as a policy requires. */
static int judge_strength(const struct smtptls_config *config,
			  const struct smtptls_policy *policy,
			  const struct stls_sentence *error)
{
	int level = policy->security_level;

	if (config->dh.bits > 0 &&
	    stls_modulus_bits(config->dh.bits) < stls_security_bits(level))
		return stls_sentence(error, SMTPTLS_E_CONFIG,
				     "Diffie-Hellman parameters of %u bits are "
				     "too weak for security level %d: use a "
				     "larger prime or a lower @SECLEVEL",
				     config->dh.bits, level);
	return stls_own_certificates_judge(&config->own, &config->certificates,
					   level, error);
}

/* Own certificates, and what depends on them. */
static int settle(struct smtptls_config *config)
{
	struct stls_sentence error = { config->error, sizeof(config->error) };
	gnutls_x509_trust_list_t trust;
	int ret;

	/* left by a failed attempt to freeze */
	stls_own_certificates_free(&config->own);
	stls_single_credentials_free(&config->single);
	gnutls_certificate_get_trust_list(config->credentials, &trust);
	ret = stls_own_certificates_read(&config->own, config->credentials,
					 trust);
	stls_external_keys_limit(&config->external, &config->own);
	if (ret == 0 && config->policy)
		ret = judge_strength(config, config->policy, &error);
	if (ret < 0)
		goto failed;
	ret = stls_dh_settle(&config->dh, config->policy, config->own.rsa_bits);
	if (ret == 0)
		return 0;
	ret = stls_config_fail(config,
			       ret == GNUTLS_E_MEMORY_ERROR ? SMTPTLS_E_NOMEM
							    : SMTPTLS_E_CONFIG,
			       "Diffie-Hellman parameters: %s",
			       gnutls_strerror(ret));
failed:
	stls_own_certificates_free(&config->own);
	return ret;
}

/* A shadow policy never causes a failure: its objection is a warning. */
static int settle_shadow(struct smtptls_config *config)
{
	char text[sizeof(config->error)];
	struct stls_sentence error = { text, sizeof(text) };
	int ret = 0;

	if (config->shadow)
		ret = judge_strength(config, config->shadow, &error);
	if (ret == SMTPTLS_E_CONFIG)
		ret = stls_config_warn(config, "shadow policy: %s", text);
	return ret;
}

/*
 * The first signature algorithm of these keys that the system's policy
 * disables; -1 if it disables none, or if the keys have another left.
 */
static int disabled_sigalg(const struct smtptls_policy *policy, unsigned keys)
{
	int tls13 = policy->versions & STLS_PROTOCOL_TLS1_3, found = -1;
	unsigned row, code, able;

	for (row = 0; row < STLS_SIGALGS; row++) {
		code = stls_sigalg(row)->code;
		able = policy->abilities.sigalg[row];
		if (!(policy->asked_sigalgs & UINT32_C(1) << row) ||
		    !(keys & (tls13 ? stls_key_of_sigalg_tls13(code)
				    : stls_keys_of_sigalg_tls12(code))))
			continue;
		if (memchr(policy->sigalg, (int)row, policy->sigalg_count))
			return -1;
		if (able == STLS_DISABLED && found < 0)
			found = (int)row;
	}
	return found;
}

/* Warn of keys whose certificates only older versions, or none, can use. */
static int warn_of_signatures(struct smtptls_config *config)
{
	char cure[STLS_CURE_SIZE];
	int ret = 0, row;
	size_t i;

	for (i = 0; ret == 0 && config->policy && i < config->own.count; i++) {
		const char *name = stls_texts_get(&config->certificates, i);

		row = disabled_sigalg(config->policy, config->own.cert[i].keys);
		if (row >= 0)
			ret = stls_config_warn(
				config,
				"%s: the system's GnuTLS policy disables the "
				"signatures of its key%s",
				name ? name : "own certificate",
				stls_policy_system_cure(config->policy,
							STLS_SYSTEM_SIGALG,
							(unsigned)row, cure));
	}
	return ret;
}

static int warn(struct smtptls_config *config)
{
	size_t before = config->warnings.count;
	int ret = settle_shadow(config);

	if (ret == 0)
		ret = warn_of_signatures(config);
	if (ret == 0)
		ret = stls_stapling_assign(config);
	if (ret == 0)
		ret = stls_own_certificates_warn(&config->own,
						 &config->certificates,
						 time(NULL), &config->warnings);
	/* Otherwise a second attempt would warn twice. */
	if (ret < 0)
		stls_texts_cut(&config->warnings, before);
	return ret;
}

/* A hook chooses among several certificates; a client's may choose none. */
static int make_single(struct smtptls_config *config)
{
	if (config->own.count == 0)
		return 0;
	return stls_single_credentials_make(&config->single,
					    config->credentials, &config->own,
					    &config->external, &config->dh,
					    !config->has_system_authorities);
}

int smtptls_config_freeze(struct smtptls_config *config)
{
	int ret;

	if (!config)
		return SMTPTLS_E_ARG;
	if (config->frozen)
		return 0;
	if (!config->priority) {
		ret = set_default_policy(config);
		if (ret < 0)
			return ret;
	}
	ret = settle(config);
	if (ret < 0)
		return ret;
	ret = make_single(config);
	if (ret == 0)
		ret = stls_ticket_keys_derive(config);
	if (ret < 0)
		return stls_config_fail(config,
					ret == GNUTLS_E_MEMORY_ERROR
						? SMTPTLS_E_NOMEM
						: SMTPTLS_E_CONFIG,
					"GnuTLS: %s", gnutls_strerror(ret));
	/* The last step that can fail. */
	ret = warn(config);
	if (ret < 0)
		return ret;
	config->has_certificate = config->own.count > 0;
	stls_stapling_install(config);
	stls_dh_install(&config->dh, config->credentials);
	if (config->policy)
		gnutls_certificate_set_verify_flags(
			config->credentials,
			stls_policy_verify_flags(config->policy));
	config->frozen = 1;
	return 0;
}

const char *smtptls_config_error(const struct smtptls_config *config)
{
	return config ? config->error : "";
}

const char *smtptls_config_warning(const struct smtptls_config *config,
				   size_t i)
{
	return config ? stls_texts_get(&config->warnings, i) : NULL;
}

gnutls_certificate_credentials_t
smtptls_config_gnutls(struct smtptls_config *config)
{
	return config ? config->credentials : NULL;
}
