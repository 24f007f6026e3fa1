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
	int reason = comparison->info->reason;

	/* What is told of it depends on the certificates. */
	return comparison->oracle->digest == NID_sha224 ||
	       ((reason == SMTPTLS_REASON_SIGALG ||
		 reason == SMTPTLS_REASON_GNUTLS ||
		 reason == SMTPTLS_REASON_NEEDS_RSA ||
		 reason == SMTPTLS_REASON_NEEDS_ECDSA) &&
		strstr(comparison->round->client.sigalgs, "SHA224"));
}

/* It passes such a suite over, where OpenSSL chooses it. */
static int rsa_has_no_signature(const struct comparison *comparison)
{
	return !comparison->oracle->ok && comparison->library->key >= 0 &&
	       strstr(comparison->oracle->error,
		      "no suitable signature algorithm");
}

/* RFC 7919 section 4; OpenSSL 3.0 takes parameters of its own. */
static int client_names_the_field(const struct comparison *comparison)
{
	return comparison->library->ok && comparison->library->group == -1 &&
	       strstr(comparison->oracle->error, "dh key too small");
}

/* At level 0 it is there for a list that asks for more than HIGH. */
static int release_differs_on_suite(const struct comparison *comparison)
{
	return (comparison->oracle->ok &&
		release_differs(comparison->oracle->suite & 0xffff)) ||
	       (comparison->library->ok &&
		release_differs(comparison->library->suite & 0xffff));
}

/* A row of the groups, as `struct result` has them. */
static int group_number(unsigned row)
{
	static const struct {
		unsigned code;
		int number;
	} numbers[] = {
		{ 0x17, NID_X9_62_prime256v1 },
		{ 0x18, NID_secp384r1 },
		{ 0x19, NID_secp521r1 },
		{ 0x1d, NID_X25519 },
		{ 0x1e, NID_X448 },
		{ 0x100, 2048 },
		{ 0x101, 3072 },
		{ 0x102, 4096 },
	};
	size_t i;

	for (i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		if (numbers[i].code == stls_group(row)->code)
			return numbers[i].number;
	}
	return 0;
}

static int policy_has_group(const struct smtptls_policy *policy, int number)
{
	unsigned i;

	for (i = 0; i < policy->group_count; i++) {
		if (group_number(policy->group[i]) == number)
			return 1;
	}
	return 0;
}

/* Where it is in the client's list; behind all of them if it is not. */
static unsigned client_position(const struct settings *client, int number)
{
	/* Where it has hybrids in front, no server has them. */
	const char *groups = client->groups[0]
				     ? client->groups
				     : "X25519:P-256:X448:P-384:P-521:"
				       "ffdhe2048:ffdhe3072";
	struct stls_group_list list;
	unsigned i;

	need(stls_group_list_parse(&list, groups, strlen(groups), NULL) == 0,
	     "reading groups");
	for (i = 0; i < list.count; i++) {
		if (group_number(list.choice[i].group) == number)
			break;
	}
	return i;
}

static int retry_is_by_client(const struct comparison *comparison)
{
	const struct settings *client = &comparison->round->client;
	const struct result *oracle = comparison->oracle;
	struct result library = *comparison->library;
	unsigned ours = client_position(client, library.group);

	library.group = oracle->group;
	return release_is_3_5() && comparison->round->client_order &&
	       library.ok && equal(oracle, &library) &&
	       library.version == TLS1_3_VERSION &&
	       policy_has_group(comparison->policy, oracle->group) &&
	       client_position(client, oracle->group) < ours;
}

static int suiteb_has_any_group(const struct comparison *comparison)
{
	const struct result *oracle = comparison->oracle;

	return release_is_3_5() && oracle->ok &&
	       strncmp(comparison->round->server.ciphers, "SUITEB", 6) == 0 &&
	       oracle->version == TLS1_3_VERSION &&
	       !policy_has_group(comparison->policy, oracle->group);
}

/* RFC 8446 section 4.2.8 leaves it to the server; a client of 3.5 does it. */
static int key_share_is_not_listed(const struct comparison *comparison)
{
	const struct settings *client = &comparison->round->client;

	return release_is_3_5() && strncmp(client->ciphers, "SUITEB", 6) == 0 &&
	       !comparison->oracle->ok &&
	       strstr(comparison->oracle->error, "bad key share");
}

static struct exception exceptions[] = {
	{ "OpenSSL 3.5 asks for the client's first group in TLS 1.3 when the "
	  "order is the client's",
	  retry_is_by_client, 0 },
	{ "an OpenSSL 3.5 server of Suite B takes other groups in TLS 1.3",
	  suiteb_has_any_group, 0 },
	{ "OpenSSL refuses a key share of a group that the client does not "
	  "list, as a client of Suite B and 3.5 sends it",
	  key_share_is_not_listed, 0 },
	{ "OpenSSL 3.5 has suites of CCM8 at level 0 only, and not in HIGH",
	  release_differs_on_suite, 0 },
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
