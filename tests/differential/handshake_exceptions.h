/* SPDX-License-Identifier: MIT */
/* For handshake.c alone: where the library's server is not OpenSSL's. */

struct exception {
	const char *reason;
	int (*applies)(const struct comparison *comparison);
	unsigned long count;
};

/* GnuTLS lacks the suite that OpenSSL has chosen. */
static int suite_is_absent(const struct comparison *comparison)
{
	const struct smtptls_policy *policy = comparison->policy;
	int row = stls_suite_by_code(comparison->oracle->suite & 0xffff);
	unsigned i;

	for (i = 0; comparison->oracle->ok && i < policy->suite_count; i++) {
		if (policy->suite_row[i] == row)
			return policy->suite[i].lost == SMTPTLS_LOST_GNUTLS ||
			       policy->suite[i].lost == SMTPTLS_LOST_SYSTEM;
	}
	return 0;
}

/* TLS 1.3, one of the older two, and not TLS 1.2. */
static int versions_have_gnutls_hole(const struct comparison *comparison)
{
	unsigned versions = comparison->round->server.versions;

	/* At levels above 0 the older two do not count. */
	if (comparison->policy->security_level > 0)
		return 0;
	return versions & 8 && versions & 3 && !(versions & 4);
}

/* OpenSSL looks for suites of the versions below the hole only. */
static int hole_has_no_suite(const struct comparison *comparison)
{
	return !comparison->oracle->ok &&
	       strstr(comparison->oracle->error, "no ciphers available");
}

static int signature_is_absent(const struct comparison *comparison)
{
	return comparison->oracle->digest == NID_sha224 ||
	       (comparison->info->reason == SMTPTLS_REASON_SIGALG &&
		strstr(comparison->round->client.sigalgs, "SHA224"));
}

/* It passes such a suite over, where OpenSSL chooses it. */
static int rsa_has_no_signature(const struct comparison *comparison)
{
	return !comparison->oracle->ok &&
	       strstr(comparison->oracle->error,
		      "no suitable signature algorithm");
}

/* RFC 7919 section 4; OpenSSL 3.0 takes parameters of its own. */
static int client_names_the_field(const struct comparison *comparison)
{
	return comparison->library->ok && comparison->library->group == -1 &&
	       strstr(comparison->oracle->error, "dh key too small");
}

static struct exception exceptions[] = {
	{ "DHE uses the field that the client names, where OpenSSL uses one "
	  "that the client finds too small",
	  client_names_the_field, 0 },
	{ "GnuTLS has no signatures with SHA-224 in TLS", signature_is_absent,
	  0 },
	{ "OpenSSL chooses a suite with RSA and then finds no signature "
	  "algorithm for it; the library passes the suite over",
	  rsa_has_no_signature, 0 },
	{ "GnuTLS has no TLS 1.3 beside TLS 1.0 or 1.1 without TLS 1.2",
	  versions_have_gnutls_hole, 0 },
	{ "an OpenSSL server with a hole in its versions refuses everybody "
	  "when "
	  "no suite is for those below",
	  hole_has_no_suite, 0 },
	{ "the loaded GnuTLS does not have the suite", suite_is_absent, 0 },
};

#define EXCEPTIONS (sizeof exceptions / sizeof exceptions[0])

static struct exception *find_exception(const struct comparison *comparison)
{
	size_t i;

	for (i = 0; i < EXCEPTIONS; i++) {
		if (exceptions[i].applies(comparison))
			return &exceptions[i];
	}
	return NULL;
}
