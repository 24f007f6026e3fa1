/* SPDX-License-Identifier: MIT */
/*
 * selection/version: the versions that a hello offers and a server serves, and
 * the suites and groups that a version has.
 */
#include "selection/version.h"

#include "policy/key_type.h"

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
 * As in OpenSSL, TLS 1.3 needs a certificate that can serve it: an ECDSA key
 * counts only if there is a signature algorithm for its curve.
 */
static int can_serve_tls13(const struct smtptls_policy *policy, unsigned keys)
{
	return (keys & (SMTPTLS_KEY_RSA_SIGN | SMTPTLS_KEY_RSA_PSS |
			STLS_KEYS_EDDSA)) ||
	       keys & policy->tls13_keys & STLS_KEYS_ECDSA;
}

uint8_t stls_served_versions(const struct smtptls_policy *policy, unsigned keys)
{
	uint8_t versions = policy->selectable_versions;

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

int stls_version_has_suite(uint16_t version, const struct stls_suite *suite)
{
	if (version == STLS_TLS1_3)
		return suite->min_version == STLS_TLS1_3;
	return suite->min_version <= version &&
	       suite->gnutls_min_version <= version;
}

/* TLS 1.3 lacks secp192r1 and secp224r1; older versions have curves only. */
int stls_version_has_group(uint16_t version, unsigned code)
{
	int old = code == 19 || code == 21;

	return version == STLS_TLS1_3 ? !old : code < 256;
}
