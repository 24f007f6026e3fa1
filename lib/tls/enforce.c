/* SPDX-License-Identifier: MIT */
/*
 * tls/enforce: a policy meets GnuTLS.
 *
 * Policies are pure but for two questions, both asked here: what the loaded
 * GnuTLS can do, before a policy is compiled, and whether the string that came
 * out enables nothing else, after. A policy that fails the second is not given
 * out: the law "never wider" does not rest on this library's tables alone.
 */
#include "tls/enforce.h"

#include <stdlib.h>
#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/x509.h>

#include "policy/security_level.h"
#include "tls/abilities.h"
#include "tls/config.h"
#include "tls/one_suite.h"

static int make(struct smtptls_policy *policy,
		const struct smtptls_policy_spec *spec,
		const struct stls_sentence *error)
{
	struct stls_abilities abilities;
	int ret;

	ret = stls_abilities_ask(&abilities);
	if (ret == 0)
		ret = stls_policy_compile(policy, spec, &abilities, error);
	if (ret == 0 && policy->priority)
		ret = stls_abilities_check(policy, error);
	if (ret == 0)
		ret = stls_one_suite_prepare(policy);
	return ret;
}

int smtptls_policy_new(struct smtptls_policy **policy,
		       const struct smtptls_policy_spec *spec, size_t size,
		       char *errbuf, size_t errbuf_size)
{
	struct stls_sentence error = { errbuf, errbuf_size };
	struct smtptls_policy_spec full;
	struct smtptls_policy *new;
	int ret;

	(void)stls_sentence(&error, 0, "%s", "");
	if (!policy || (spec && size == 0))
		return stls_sentence(&error, SMTPTLS_E_ARG, "%s",
				     smtptls_strerror(SMTPTLS_E_ARG));
	memset(&full, 0, sizeof(full));
	if (spec)
		memcpy(&full, spec, size < sizeof(full) ? size : sizeof(full));
	new = calloc(1, sizeof(*new));
	if (!new)
		return stls_sentence(&error, SMTPTLS_E_NOMEM, "%s",
				     smtptls_strerror(SMTPTLS_E_NOMEM));
	atomic_init(&new->owners, 1);
	ret = make(new, &full, &error);
	if (ret < 0) {
		smtptls_policy_unref(new);
		if (errbuf && errbuf_size > 0 && !errbuf[0])
			(void)stls_sentence(&error, ret, "%s",
					    smtptls_strerror(ret));
		return ret;
	}
	*policy = new;
	return 0;
}

/* ---- own certificates, as OpenSSL judges them when they are loaded ---- */

static int key_bits(gnutls_x509_crt_t cert)
{
	unsigned bits = 0;
	int algorithm = gnutls_x509_crt_get_pk_algorithm(cert, &bits);

	switch (algorithm) {
	case GNUTLS_PK_RSA:
	case GNUTLS_PK_RSA_PSS:
		return stls_rsa_bits(bits);
	case GNUTLS_PK_DSA:
		return stls_modulus_bits(bits);
	case GNUTLS_PK_EDDSA_ED448:
		return 224;
	default:
		/* Elliptic curves; P-521 counts as 256. */
		return bits >= 512 ? 256 : (int)bits / 2;
	}
}

static int hash_bits(gnutls_x509_crt_t cert)
{
	int algorithm = gnutls_x509_crt_get_signature_algorithm(cert);
	gnutls_digest_algorithm_t hash;

	if (algorithm < 0)
		return 0;
	hash = gnutls_sign_get_hash_algorithm(
		(gnutls_sign_algorithm_t)algorithm);
	if (hash == GNUTLS_DIG_SHA1)
		return 64;
	/* EdDSA has no hash of its own choice. */
	return hash == GNUTLS_DIG_UNKNOWN ? key_bits(cert)
					  : (int)gnutls_hash_get_len(hash) * 4;
}

static int judge(const gnutls_datum_t *der, const char *name, int level,
		 const struct stls_sentence *error)
{
	gnutls_x509_crt_t cert;
	int ret, key, hash;

	ret = gnutls_x509_crt_init(&cert);
	if (ret < 0)
		return SMTPTLS_E_NOMEM;
	ret = gnutls_x509_crt_import(cert, der, GNUTLS_X509_FMT_DER);
	if (ret < 0) {
		gnutls_x509_crt_deinit(cert);
		return stls_sentence(error, SMTPTLS_E_CONFIG, "%s: %s", name,
				     gnutls_strerror(ret));
	}
	key = key_bits(cert);
	/* Nobody relies on the signature of a certificate on itself. */
	hash = gnutls_x509_crt_check_issuer(cert, cert) ? key : hash_bits(cert);
	gnutls_x509_crt_deinit(cert);
	if (key < stls_security_bits(level))
		return stls_sentence(error, SMTPTLS_E_CONFIG,
				     "%s: the certificate's key has %d bits of "
				     "security, but security level %d asks for "
				     "%d: use a stronger key or a lower "
				     "@SECLEVEL",
				     name, key, level,
				     stls_security_bits(level));
	if (hash < stls_security_bits(level))
		return stls_sentence(error, SMTPTLS_E_CONFIG,
				     "%s: the certificate's signature has "
				     "%d bits of security, but security level "
				     "%d asks for %d: have it signed anew or "
				     "lower @SECLEVEL",
				     name, hash, level,
				     stls_security_bits(level));
	return 0;
}

int stls_enforce_own(const struct smtptls_config *config,
		     const struct smtptls_policy *policy,
		     const struct stls_sentence *error)
{
	int level = policy->security_level;
	const char *name;
	gnutls_datum_t der;
	unsigned i, j;
	int ret;

	if (config->dh_bits > 0 &&
	    stls_modulus_bits(config->dh_bits) < stls_security_bits(level))
		return stls_sentence(error, SMTPTLS_E_CONFIG,
				     "Diffie-Hellman parameters of %u bits are "
				     "too weak for security level %d: use a "
				     "larger prime or a lower @SECLEVEL",
				     config->dh_bits, level);
	for (i = 0; gnutls_certificate_get_crt_raw(config->credentials, i, 0,
						   &der) == 0;
	     i++) {
		name = stls_texts_get(&config->certificates, i);
		for (j = 0; gnutls_certificate_get_crt_raw(config->credentials,
							   i, j, &der) == 0;
		     j++) {
			ret = judge(&der, name ? name : "own certificate",
				    level, error);
			if (ret < 0)
				return ret;
		}
	}
	return 0;
}

unsigned stls_enforce_peer(const struct smtptls_policy *policy)
{
	static const gnutls_certificate_verification_profiles_t profiles[] = {
		GNUTLS_PROFILE_VERY_WEAK, GNUTLS_PROFILE_LOW,
		GNUTLS_PROFILE_MEDIUM,	  GNUTLS_PROFILE_HIGH,
		GNUTLS_PROFILE_ULTRA,	  GNUTLS_PROFILE_FUTURE
	};
	int level;

	/*
	 * A string of the host's has a profile of its own, which GnuTLS would
	 * combine bit by bit with another: LOW and MEDIUM make ULTRA.
	 */
	if (!policy)
		return 0;
	level = policy->security_level;
	return GNUTLS_PROFILE_TO_VFLAGS(profiles[level]) |
	       (level == 0 ? GNUTLS_VERIFY_ALLOW_SIGN_WITH_SHA1 : 0);
}

/* ---- what a policy is ---- */

void stls_enforce_digest(const struct smtptls_policy *policy,
			 unsigned char digest[STLS_SHA256_SIZE])
{
	unsigned char
		bytes[8 + STLS_POLICY_SUITES + STLS_GROUPS + STLS_SIGALGS];
	size_t len = 0;
	unsigned i;

	bytes[len++] = policy->exact_versions;
	bytes[len++] = (unsigned char)policy->flags;
	bytes[len++] = (unsigned char)policy->security_level;
	bytes[len++] = policy->suiteb;
	/* Counts keep the lists apart. */
	bytes[len++] = policy->suite_count;
	for (i = 0; i < policy->suite_count; i++)
		bytes[len++] = stls_policy_allows(policy, i)
				       ? policy->suite_row[i]
				       : 0xff;
	bytes[len++] = policy->group_count;
	for (i = 0; i < policy->group_count; i++)
		bytes[len++] = policy->group[i];
	bytes[len++] = policy->sigalg_count;
	for (i = 0; i < policy->sigalg_count; i++)
		bytes[len++] = policy->sigalg[i];
	stls_sha256(bytes, len, digest);
}
