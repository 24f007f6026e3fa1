/* SPDX-License-Identifier: MIT */
/* For handshake.c only: where the library's server differs from OpenSSL's. */

struct exception {
	const char *reason;
	int (*applies)(const struct comparison *comparison);
	unsigned long count;
};

/* GnuTLS lacks the suite that OpenSSL chose. */
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

/* TLS 1.3 and one of the two oldest versions, without TLS 1.2. */
static int versions_have_gnutls_hole(const struct comparison *comparison)
{
	unsigned versions = comparison->round->server.versions;

	/* Above level 0 the two oldest do not count. */
	if (comparison->policy->security_level > 0)
		return 0;
	return versions & 8 && versions & 3 && !(versions & 4);
}

/* OpenSSL only looks for suites of the versions below the hole. */
static int hole_has_no_suite(const struct comparison *comparison)
{
	return !comparison->oracle->ok &&
	       strstr(comparison->oracle->error, "no ciphers available");
}

static int signature_is_absent(const struct comparison *comparison)
{
	const struct round *round = comparison->round;
	int reason = comparison->info->reason;

	/* The reason reported depends on the certificates. */
	return comparison->oracle->digest == NID_sha224 ||
	       ((reason == SMTPTLS_REASON_SIGALG ||
		 reason == SMTPTLS_REASON_GNUTLS ||
		 reason == SMTPTLS_REASON_NEEDS_RSA ||
		 reason == SMTPTLS_REASON_NEEDS_ECDSA) &&
		(strstr(round->client.sigalgs, "SHA224") ||
		 (!round->client.sigalgs[0] &&
		  strstr(round->server.sigalgs, "SHA224"))));
}

/* Without DSA nothing is common, and OpenSSL goes on without a certificate. */
static int default_has_no_dsa(const struct comparison *comparison)
{
	const struct settings *client = &comparison->round->client;

	return comparison->oracle->ok && comparison->oracle->key < 0 &&
	       !comparison->round->server.sigalgs[0] &&
	       (strncmp(client->sigalgs, "DSA+", 4) == 0 ||
		strstr(client->sigalgs, ":DSA+")) &&
	       comparison->info->reason == SMTPTLS_REASON_SIGALG;
}

/* The library skips such a suite; OpenSSL chooses it. */
static int rsa_has_no_signature(const struct comparison *comparison)
{
	int key = comparison->library->key;

	return !comparison->oracle->ok &&
	       (key < 0 || key_types[key].kind >= KIND_EC) &&
	       strstr(comparison->oracle->error,
		      "no suitable signature algorithm");
}

/*
 * RFC 7919 section 4; OpenSSL 3.0 uses its own parameters, which the client may
 * find too small, and which may serve where the client's fields do not.
 */
static int client_names_the_field(const struct comparison *comparison)
{
	const struct result *oracle = comparison->oracle;
	const struct result *library = comparison->library;

	if (strstr(oracle->error, "dh key too small"))
		return library->ok && library->group == -1;
	return oracle->ok && oracle->group == -1 &&
	       oracle->version < TLS1_3_VERSION &&
	       strstr(comparison->round->client.groups, "ffdhe") &&
	       (library->ok ||
		comparison->info->reason == SMTPTLS_REASON_GROUP);
}

/* At level 0 the suite is available to a list that includes more than HIGH. */
static int release_differs_on_suite(const struct comparison *comparison)
{
	return (comparison->oracle->ok &&
		release_differs(comparison->oracle->suite & 0xffff)) ||
	       (comparison->library->ok &&
		release_differs(comparison->library->suite & 0xffff));
}

/* A row of the groups, as the number that `struct result` uses. */
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

/* Its position in the client's list; after the last if it is not there. */
static unsigned client_position(const struct settings *client, int number)
{
	/* The 3.5 default begins with hybrids, which no server here has. */
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

	if (!release_is_3_5() ||
	    strncmp(comparison->round->server.ciphers, "SUITEB", 6) != 0)
		return 0;
	if (!oracle->ok)
		return comparison->library->version == TLS1_3_VERSION &&
		       strstr(oracle->error, "bad key share");
	return oracle->version == TLS1_3_VERSION &&
	       !policy_has_group(comparison->policy, oracle->group);
}

/* The code of a signature scheme, or 0. */
static unsigned scheme_code(const struct result *result)
{
	static const int digests[] = { NID_sha1, NID_sha224, NID_sha256,
				       NID_sha384, NID_sha512 };
	unsigned hash;

	if (result->scheme == EVP_PKEY_ED25519)
		return 0x0807;
	if (result->scheme == EVP_PKEY_ED448)
		return 0x0808;
	for (hash = 2; hash < 7 && digests[hash - 2] != result->digest;)
		hash++;
	if (result->scheme == EVP_PKEY_RSA)
		return hash << 8 | 1;
	if (result->scheme == EVP_PKEY_EC)
		return hash << 8 | 3;
	if (result->scheme != EVP_PKEY_RSA_PSS)
		return 0;
	return key_types[result->key].kind == KIND_RSA ? 0x0800 + hash
						       : 0x0805 + hash;
}

/* Its position in the client's list; after the last if it is not there. */
static unsigned sigalg_position(const struct settings *client, unsigned code)
{
	/* OpenSSL's default. */
	const char *sigalgs =
		client->sigalgs[0]
			? client->sigalgs
			: "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:"
			  "ed448:rsa_pss_pss_sha256:rsa_pss_pss_sha384:"
			  "rsa_pss_pss_sha512:rsa_pss_rsae_sha256:"
			  "rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:RSA+SHA256:"
			  "RSA+SHA384:RSA+SHA512:ECDSA+SHA224:ECDSA+SHA1:"
			  "RSA+SHA224:RSA+SHA1";
	struct stls_sigalg_list list;
	unsigned i;

	need(stls_sigalg_list_parse(&list, sigalgs, strlen(sigalgs), NULL) == 0,
	     "reading signature algorithms");
	for (i = 0; i < list.count; i++) {
		if (stls_sigalg(list.sigalg[i])->code == code)
			break;
	}
	return i;
}

static int scheme_is_by_client(const struct comparison *comparison)
{
	const struct settings *client = &comparison->round->client;
	const struct result *oracle = comparison->oracle;
	struct result library = *comparison->library;
	unsigned code = scheme_code(&library);

	library.scheme = oracle->scheme;
	library.digest = oracle->digest;
	/* Suite B uses the server's order, and one hash for each curve. */
	if (comparison->round->client_order &&
	    strncmp(comparison->round->server.ciphers, "SUITEB", 6) != 0)
		return 0;
	return library.ok && equal(oracle, &library) &&
	       sigalg_position(client, code) <
		       sigalg_position(client, scheme_code(oracle));
}

/* Before TLS 1.3 both kinds sign for the same suites. */
static int serve_the_same_suites(int one, int other)
{
	return one >= 0 && other >= 0 &&
	       (key_types[one].kind >= KIND_EC) ==
		       (key_types[other].kind >= KIND_EC);
}

/* OpenSSL prefers the first loaded, and RSA-PSS to RSA. */
static int first_certificate_signs(const struct comparison *comparison)
{
	const struct result *oracle = comparison->oracle;
	struct result library = *comparison->library;
	int same = serve_the_same_suites(oracle->key, library.key);

	library.key = oracle->key;
	library.scheme = oracle->scheme;
	library.digest = oracle->digest;
	return same && comparison->library->key != oracle->key &&
	       oracle->version < TLS1_3_VERSION && equal(oracle, &library);
}

/* With several curves, OpenSSL ignores which of them the client supports. */
static int
first_certificate_has_other_curve(const struct comparison *comparison)
{
	const struct round *round = comparison->round;
	int i, curves = 0;

	for (i = 0; i < round->key_count; i++)
		curves += key_types[round->keys[i]].kind == KIND_EC;
	return comparison->oracle->ok && !comparison->library->ok &&
	       round->key_count > 1 && curves > 0 &&
	       comparison->oracle->version < TLS1_3_VERSION &&
	       comparison->info->alert_received == SSL_AD_ILLEGAL_PARAMETER;
}

/*
 * Only one of two curves has a signature algorithm in TLS 1.3. The library then
 * offers TLS 1.3, as OpenSSL does with that curve alone; Suite B may choose the
 * other.
 */
static int one_curve_has_tls13(const struct comparison *comparison)
{
	static const uint8_t bits[KEYS] = {
		[KEY_P256] = SMTPTLS_KEY_ECDSA_P256,
		[KEY_P384] = SMTPTLS_KEY_ECDSA_P384,
		[KEY_P521] = SMTPTLS_KEY_ECDSA_P521,
	};
	const struct round *round = comparison->round;
	int i, with = 0, without = 0;

	for (i = 0; i < round->key_count; i++) {
		uint8_t bit = bits[round->keys[i]];

		with |= bit && bit & comparison->policy->tls13_keys;
		without |= bit && !(bit & comparison->policy->tls13_keys);
	}
	return with && without && comparison->oracle->ok &&
	       comparison->oracle->version < TLS1_3_VERSION &&
	       (comparison->library->ok
			? comparison->library->version == TLS1_3_VERSION
			: comparison->info->reason != 0);
}

/*
 * RFC 8017 section 9.1.1: a 1024-bit key is too short for PSS with SHA-512. Of
 * several RSA certificates OpenSSL has the last of each type, and checks its
 * key; the library checks the shortest, and GnuTLS has all.
 */
static int shortest_key_counts(const struct comparison *comparison)
{
	const struct round *round = comparison->round;
	int i, rsa = 0, has_short = 0;

	for (i = 0; i < round->key_count; i++) {
		int kind = key_types[round->keys[i]].kind;

		rsa += kind == KIND_RSA || kind == KIND_RSA_PSS;
		has_short |= round->keys[i] == KEY_RSA1024;
	}
	return rsa > 1 && has_short && comparison->oracle->ok;
}

static struct exception exceptions[] = {
	{ "GnuTLS has the first certificate that can sign for the suite, "
	  "OpenSSL that of the first signature algorithm",
	  first_certificate_signs, 0 },
	{ "GnuTLS takes the first ECDSA certificate, of whatever curve",
	  first_certificate_has_other_curve, 0 },
	{ "of two curves, which OpenSSL does not have at once, one serves TLS "
	  "1.3",
	  one_curve_has_tls13, 0 },
	{ "of several RSA certificates the shortest key says which hashes PSS "
	  "can have",
	  shortest_key_counts, 0 },
	{ "GnuTLS signs by the client's order, also where the server's counts",
	  scheme_is_by_client, 0 },
	{ "OpenSSL 3.5 asks for the client's first group in TLS 1.3 when the "
	  "order is the client's",
	  retry_is_by_client, 0 },
	{ "an OpenSSL 3.5 server of Suite B takes other groups in TLS 1.3, or "
	  "asks for one and refuses it",
	  suiteb_has_any_group, 0 },
	{ "OpenSSL 3.5 has suites of CCM8 at level 0 only, and not in HIGH",
	  release_differs_on_suite, 0 },
	{ "DHE needs a field that the client names (RFC 7919 section 4), and "
	  "OpenSSL uses one of its own",
	  client_names_the_field, 0 },
	{ "GnuTLS has no signatures with SHA-224 in TLS", signature_is_absent,
	  0 },
	{ "OpenSSL's default has signatures with DSA, which are enough for a "
	  "suite that needs none",
	  default_has_no_dsa, 0 },
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
