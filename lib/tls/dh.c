/* SPDX-License-Identifier: MIT */
/*
 * tls/dh: parameters for DHE before TLS 1.3.
 *
 * GnuTLS's own choice of known parameters wants a field among the priority's
 * groups, which a policy's does not have when the client names none; so under a
 * policy a field of RFC 7919 is set as if it came from a file. Its size is
 * OpenSSL's: as strong as the RSA key, and as the security level asks.
 *
 * Suites without authentication need credentials of their own, which hold
 * nothing but these parameters.
 */
#include "tls/dh.h"

#include "policy/policy.h"
#include "policy/security_level.h"

struct field {
	int bits; /* of security */
	const gnutls_datum_t *prime, *q, *generator;
	const unsigned *key_bits;
};

static const struct field *find_field(int bits)
{
	static const struct field fields[] = {
		{ 112, &gnutls_ffdhe_2048_group_prime,
		  &gnutls_ffdhe_2048_group_q,
		  &gnutls_ffdhe_2048_group_generator,
		  &gnutls_ffdhe_2048_key_bits },
		{ 128, &gnutls_ffdhe_3072_group_prime,
		  &gnutls_ffdhe_3072_group_q,
		  &gnutls_ffdhe_3072_group_generator,
		  &gnutls_ffdhe_3072_key_bits },
		{ 192, &gnutls_ffdhe_8192_group_prime,
		  &gnutls_ffdhe_8192_group_q,
		  &gnutls_ffdhe_8192_group_generator,
		  &gnutls_ffdhe_8192_key_bits },
	};
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (fields[i].bits >= bits)
			return &fields[i];
	}
	return NULL;
}

static int failed(struct smtptls_config *config, int ret)
{
	return stls_config_fail(config,
				ret == GNUTLS_E_MEMORY_ERROR ? SMTPTLS_E_NOMEM
							     : SMTPTLS_E_CONFIG,
				"Diffie-Hellman parameters: %s",
				gnutls_strerror(ret));
}

static int set_field(struct smtptls_config *config)
{
	int level = stls_security_bits(config->policy->security_level);
	int key = stls_modulus_bits(config->own.rsa_bits);
	const struct field *field = find_field(level > key ? level : key);
	gnutls_dh_params_t params;
	int ret;

	/* No field is strong enough for level 5: then there is no DHE. */
	if (!field)
		return 0;
	ret = gnutls_dh_params_init(&params);
	if (ret < 0)
		return failed(config, ret);
	ret = gnutls_dh_params_import_raw3(params, field->prime, field->q,
					   field->generator);
	if (ret < 0) {
		gnutls_dh_params_deinit(params);
		return failed(config, ret);
	}
	gnutls_certificate_set_dh_params(config->credentials, params);
	config->dh_params = params;
	return 0;
}

static int has_anonymous(const struct smtptls_policy *policy)
{
	unsigned i;

	for (i = 0; i < policy->suite_count; i++) {
		if (stls_policy_allows(policy, i) &&
		    stls_suite(policy->suite_row[i])->au & STLS_AU_NULL)
			return 1;
	}
	return 0;
}

static int set_anonymous(struct smtptls_config *config)
{
	int ret = gnutls_anon_allocate_server_credentials(&config->anonymous);

	if (ret < 0) {
		config->anonymous = NULL;
		return failed(config, ret);
	}
	if (config->dh_params)
		gnutls_anon_set_server_dh_params(config->anonymous,
						 config->dh_params);
	return 0;
}

int stls_dh_settle(struct smtptls_config *config)
{
	int ret = 0;

	if (!config->policy) {
		if (config->dh_params)
			return 0;
		ret = gnutls_certificate_set_known_dh_params(
			config->credentials, GNUTLS_SEC_PARAM_MEDIUM);
		return ret < 0 ? failed(config, ret) : 0;
	}
	if (!config->dh_params)
		ret = set_field(config);
	if (ret == 0 && !config->anonymous && has_anonymous(config->policy))
		ret = set_anonymous(config);
	return ret;
}
