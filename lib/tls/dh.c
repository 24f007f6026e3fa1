/* SPDX-License-Identifier: MIT */
/*
 * tls/dh: parameters for DHE before TLS 1.3.
 *
 * GnuTLS's own choice of known parameters needs a finite-field group in the
 * priority, and a policy's priority has none if the client names none; so under
 * a policy a group of RFC 7919 is set as if it came from a file. Its size is
 * what OpenSSL would choose: as strong as the RSA key that is shown, and as the
 * security level requires.
 *
 * Suites without authentication need credentials of their own, which hold
 * nothing but these parameters.
 *
 * GnuTLS keeps parameters by pointer, and they cannot be removed from
 * credentials. So the configuration's credentials get such a group only when
 * nothing can fail any more: an attempt that failed leaves none behind for the
 * next.
 */
#include "tls/dh.h"

#include "policy/security_level.h"

static const struct field {
	int bits; /* of security */
	const gnutls_datum_t *prime, *q, *generator;
} fields[STLS_DH_FIELDS] = {
	{ 112, &gnutls_ffdhe_2048_group_prime, &gnutls_ffdhe_2048_group_q,
	  &gnutls_ffdhe_2048_group_generator },
	{ 128, &gnutls_ffdhe_3072_group_prime, &gnutls_ffdhe_3072_group_q,
	  &gnutls_ffdhe_3072_group_generator },
	{ 192, &gnutls_ffdhe_8192_group_prime, &gnutls_ffdhe_8192_group_q,
	  &gnutls_ffdhe_8192_group_generator },
};

static int make_field(gnutls_dh_params_t *params, const struct field *field)
{
	int ret = gnutls_dh_params_init(params);

	if (ret < 0) {
		*params = NULL;
		return ret;
	}
	ret = gnutls_dh_params_import_raw3(*params, field->prime, field->q,
					   field->generator);
	if (ret < 0) {
		gnutls_dh_params_deinit(*params);
		*params = NULL;
	}
	return ret;
}

/* The file's parameters, or a field as strong as the key, or NULL. */
static int find_params(struct stls_dh *dh, unsigned rsa_bits,
		       gnutls_dh_params_t *params)
{
	int level, key, i = 0, ret = 0;

	*params = dh->bits > 0 ? dh->params : NULL;
	if (*params || !dh->policy)
		return 0;
	level = stls_security_bits(dh->policy->security_level);
	key = stls_modulus_bits(rsa_bits);
	while (i < STLS_DH_FIELDS &&
	       (fields[i].bits < level || fields[i].bits < key))
		i++;
	/* No group is strong enough for level 5, which therefore has no DHE. */
	if (i == STLS_DH_FIELDS)
		return 0;
	if (!dh->field[i])
		ret = make_field(&dh->field[i], &fields[i]);
	*params = dh->field[i];
	return ret;
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

static int set_anonymous(struct stls_dh *dh)
{
	int ret = gnutls_anon_allocate_server_credentials(&dh->anonymous);

	if (ret < 0) {
		dh->anonymous = NULL;
		return ret;
	}
	if (dh->params)
		gnutls_anon_set_server_dh_params(dh->anonymous, dh->params);
	return 0;
}

/*
 * GnuTLS takes the size of the parameters as the minimum for groups that the
 * client names. This resets it, since the policy has its own limit.
 */
static int give(gnutls_dh_params_t params,
		gnutls_certificate_credentials_t credentials)
{
	gnutls_certificate_set_dh_params(credentials, params);
	return gnutls_certificate_set_known_dh_params(credentials,
						      GNUTLS_SEC_PARAM_UNKNOWN);
}

int stls_dh_give(struct stls_dh *dh, unsigned rsa_bits,
		 gnutls_certificate_credentials_t credentials)
{
	gnutls_dh_params_t params;
	int ret = find_params(dh, rsa_bits, &params);

	return ret < 0 || !params ? ret : give(params, credentials);
}

/* Free all but the parameters of the host's file. */
static void forget(struct stls_dh *dh)
{
	int i;

	if (dh->anonymous)
		gnutls_anon_free_server_credentials(dh->anonymous);
	dh->anonymous = NULL;
	for (i = 0; i < STLS_DH_FIELDS; i++) {
		if (dh->field[i])
			gnutls_dh_params_deinit(dh->field[i]);
		dh->field[i] = NULL;
	}
	if (dh->bits == 0)
		dh->params = NULL;
}

int stls_dh_settle(struct stls_dh *dh, const struct smtptls_policy *policy,
		   unsigned rsa_bits)
{
	int ret;

	/* left by a failed attempt to freeze */
	forget(dh);
	dh->policy = policy;
	ret = find_params(dh, rsa_bits, &dh->params);
	if (ret == 0 && policy && has_anonymous(policy))
		ret = set_anonymous(dh);
	return ret;
}

void stls_dh_install(const struct stls_dh *dh,
		     gnutls_certificate_credentials_t credentials)
{
	/* GnuTLS only stores a number here: neither can fail. */
	if (dh->policy && dh->params)
		(void)give(dh->params, credentials);
	if (!dh->policy && !dh->params)
		(void)gnutls_certificate_set_known_dh_params(
			credentials, GNUTLS_SEC_PARAM_MEDIUM);
}

void stls_dh_free(struct stls_dh *dh)
{
	forget(dh);
	if (dh->bits > 0)
		gnutls_dh_params_deinit(dh->params);
}
