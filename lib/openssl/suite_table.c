/* SPDX-License-Identifier: MIT */
/*
 * The cipher suites in three vocabularies: OpenSSL's, IANA's and GnuTLS's.
 *
 * The rows and the sorted indexes are in suite_table.inc, which
 * suite_table.py generates from suites.tsv. It is kept in the repository so
 * that a build needs no Python; a rules test reruns the script and fails if
 * the result differs.
 *
 * Names are arrays inside the rows, not pointers, so that the table needs no
 * relocations and stays in read-only memory shared by all processes. Every
 * lookup is a binary search of an index.
 */
#include "openssl/suite_table.h"

#include "openssl/list.h"
#include "openssl/suite_table.inc"

const char *stls_protocol_name(unsigned version)
{
	switch (version) {
	case STLS_SSL3:
		return "SSLv3";
	case STLS_TLS1_0:
		return "TLSv1";
	case STLS_TLS1_1:
		return "TLSv1.1";
	case STLS_TLS1_2:
		return "TLSv1.2";
	case STLS_TLS1_3:
		return "TLSv1.3";
	default:
		return NULL;
	}
}

static const char *openssl_name(const struct stls_suite *suite)
{
	return suite->openssl;
}

static const char *iana_name(const struct stls_suite *suite)
{
	return suite->iana;
}

static const char *gnutls_name(const struct stls_suite *suite)
{
	return suite->gnutls;
}

static int find(const uint8_t *index, size_t size,
		const char *(*name_of)(const struct stls_suite *),
		const char *name, size_t length)
{
	size_t low = 0;
	size_t high = size;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct stls_suite *suite = &stls_suites[index[middle]];
		int order = stls_word_compare(name, length, name_of(suite));

		if (order == 0)
			return index[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return -1;
}

int stls_suite_by_openssl(const char *name, size_t length)
{
	return find(by_openssl, sizeof by_openssl, openssl_name, name, length);
}

int stls_suite_by_iana(const char *name, size_t length)
{
	return find(by_iana, sizeof by_iana, iana_name, name, length);
}

int stls_suite_by_gnutls(const char *name, size_t length)
{
	return find(by_gnutls, sizeof by_gnutls, gnutls_name, name, length);
}

int stls_suite_by_code(unsigned code)
{
	size_t low = 0;
	size_t high = sizeof by_code;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		unsigned here = stls_suites[by_code[middle]].code;

		if (code == here)
			return by_code[middle];
		if (code < here)
			high = middle;
		else
			low = middle + 1;
	}
	return -1;
}

int stls_suite_allowed(const struct stls_suite *suite, int security_level)
{
	static const uint16_t bits[] = { 0, 80, 112, 128, 192, 256 };
	static const uint8_t forward_secret =
		STLS_KX_DHE | STLS_KX_ECDHE | STLS_KX_DHEPSK | STLS_KX_ECDHEPSK;

	if (security_level <= 0)
		return 1;
	if (security_level > 5)
		security_level = 5;
	if (suite->strength_bits < bits[security_level])
		return 0;
	if (suite->au & STLS_AU_NULL || suite->mac & STLS_MAC_MD5)
		return 0;
	/* HMAC with SHA-1 has 160 bits of security. */
	if (suite->mac & STLS_MAC_SHA1 && bits[security_level] > 160)
		return 0;
	return security_level < 3 || suite->min_version == STLS_TLS1_3 ||
	       suite->kx & forward_secret;
}
