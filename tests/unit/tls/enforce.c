/* SPDX-License-Identifier: MIT */
/*
 * Policies in force: own certificates at each security level, peers' at two,
 * handshakes that comply, sessions of the host's own, and whether a policy or a
 * priority string takes precedence.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <gnutls/x509.h>

#include <smtptls.h>
#include <smtptls/gnutls.h>

#include "../help/peer.h"
#include "../help/policy_help.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define RSA(bits)    GNUTLS_PK_RSA, bits
#define EC(curve)                                                              \
	GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_##curve)

struct issued {
	gnutls_x509_crt_t crt;
	gnutls_x509_privkey_t key;
};

static struct smtptls_policy *policy_of(const char *ciphers,
					const char *protocols, int level)
{
	return new_policy(
		POLICY(.ciphers = ciphers, .protocols = protocols,
		       .security_level =
			       level ? level : SMTPTLS_SECURITY_LEVEL_0));
}

/* Issued by `ca`, or self-signed if it is NULL, and then an authority. */
static struct issued issue(const struct issued *ca, gnutls_pk_algorithm_t pk,
			   unsigned bits, gnutls_digest_algorithm_t hash)
{
	const char *name = ca ? "leaf" : "authority";
	struct issued new;

	assert_int_equal(gnutls_x509_privkey_init(&new.key), 0);
	assert_int_equal(gnutls_x509_privkey_generate(new.key, pk, bits, 0), 0);
	assert_int_equal(gnutls_x509_crt_init(&new.crt), 0);
	gnutls_x509_crt_set_version(new.crt, 3);
	gnutls_x509_crt_set_key(new.crt, new.key);
	gnutls_x509_crt_set_serial(new.crt, "\1\2", 2);
	gnutls_x509_crt_set_activation_time(new.crt, time(NULL) - 3600);
	gnutls_x509_crt_set_expiration_time(new.crt, time(NULL) + 3600);
	gnutls_x509_crt_set_dn_by_oid(new.crt, GNUTLS_OID_X520_COMMON_NAME, 0,
				      name, (unsigned)strlen(name));
	gnutls_x509_crt_set_basic_constraints(new.crt, !ca, -1);
	assert_int_equal(gnutls_x509_crt_sign2(new.crt, ca ? ca->crt : new.crt,
					       ca ? ca->key : new.key, hash, 0),
			 0);
	return new;
}

static void end(struct issued *issued)
{
	gnutls_x509_crt_deinit(issued->crt);
	gnutls_x509_privkey_deinit(issued->key);
}

/* ---- own certificates ---- */

static int freeze_with(struct issued *own, int level, char *sentence)
{
	struct smtptls_policy *policy = policy_of("ALL", NULL, level);
	struct smtptls_config *config;
	int ret;

	assert_int_equal(smtptls_config_new(&config), 0);
	assert_int_equal(
		gnutls_certificate_set_x509_key(smtptls_config_gnutls(config),
						&own->crt, 1, own->key),
		0);
	assert_int_equal(smtptls_config_set_policy(config, policy), 0);
	ret = smtptls_config_freeze(config);
	strcpy(sentence, smtptls_config_error(config));
	smtptls_config_unref(config);
	smtptls_policy_unref(policy);
	return ret;
}

static void check_own(struct issued *own, int highest, const char *why)
{
	char sentence[512];
	int level, ret;

	for (level = 0; level <= 5; level++) {
		ret = freeze_with(own, level, sentence);
		if (level > highest) {
			assert_int_equal(ret, SMTPTLS_E_CONFIG);
			assert_non_null(strstr(sentence, why));
		} else {
			assert_int_equal(ret, 0);
		}
	}
}

static void test_own_certificates(void **state)
{
	static const struct {
		gnutls_pk_algorithm_t pk;
		unsigned bits;
		int highest;
	} all[] = {
		{ RSA(1024), 1 },     { RSA(2048), 2 },	    { RSA(3072), 3 },
		{ EC(SECP256R1), 3 }, { EC(SECP384R1), 4 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(all); i++) {
		struct issued own =
			issue(NULL, all[i].pk, all[i].bits, GNUTLS_DIG_SHA256);

		check_own(&own, all[i].highest,
			  "own certificate: the certificate's key has");
		end(&own);
	}
}

static void test_own_signatures(void **state)
{
	static const struct {
		gnutls_digest_algorithm_t hash;
		int highest;
	} all[] = {
		{ GNUTLS_DIG_SHA1, 0 },
		{ GNUTLS_DIG_SHA256, 3 },
		{ GNUTLS_DIG_SHA384, 4 },
	};
	struct issued ca = issue(NULL, EC(SECP384R1), GNUTLS_DIG_SHA384);
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(all); i++) {
		struct issued own = issue(&ca, EC(SECP521R1), all[i].hash);

		check_own(&own, all[i].highest,
			  "own certificate: the certificate's signature has");
		end(&own);
	}
	end(&ca);
}

/* ---- peers ---- */

static const char *pem_of(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key)
{
	gnutls_datum_t pem;
	const char *text;

	if (crt)
		assert_int_equal(
			gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem),
			0);
	else
		assert_int_equal(gnutls_x509_privkey_export2(
					 key, GNUTLS_X509_FMT_PEM, &pem),
				 0);
	text = testcert_join((const char *)pem.data, NULL);
	gnutls_free(pem.data);
	return text;
}

static struct smtptls_config *server_config(void)
{
	struct smtptls_config *config = policy_config(NULL);

	add_server(config, TESTCERT_RSA, "mx.example.org");
	return config;
}

static void check_client(const char *what, struct issued *ca,
			 struct issued *leaf, int level, int error)
{
	const struct testcert client_cert = { pem_of(leaf->crt, NULL),
					      pem_of(NULL, leaf->key), NULL };
	struct smtptls_config *config = server_config();
	struct smtptls_policy *policy = policy_of("ALL", "TLSv1.2", level);
	struct smtptls_conn *conn;
	struct peer *client;

	print_message("%s at level %d\n", what, level);
	assert_int_equal(
		smtptls_config_set_ca_file(
			config, testcert_file_text(pem_of(ca->crt, NULL))),
		0);
	assert_int_equal(smtptls_config_set_policy(config, policy), 0);
	smtptls_policy_unref(policy);
	assert_int_equal(smtptls_config_freeze(config), 0);
	conn = peer_conn(config, SMTPTLS_SERVER);
	assert_int_equal(smtptls_conn_set_verify(conn, SMTPTLS_VERIFY_CA), 0);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	client = peer_client("NORMAL:-VERS-ALL:+VERS-TLS1.2:+SIGN-RSA-SHA1",
			     &client_cert);
	peer_run(client, conn);
	assert_int_equal(smtptls_conn_tls_enabled(conn), error == 0);
	if (error)
		assert_int_equal(host_read_byte(conn), error);
	peer_free(client);
	smtptls_conn_free(conn);
}

static void test_peers(void **state)
{
	struct issued ca = issue(NULL, EC(SECP256R1), GNUTLS_DIG_SHA256);
	struct issued weak = issue(&ca, RSA(1024), GNUTLS_DIG_SHA256);
	struct issued good = issue(&ca, RSA(2048), GNUTLS_DIG_SHA256);
	struct issued sha1 = issue(&ca, RSA(2048), GNUTLS_DIG_SHA1);

	(void)state;
	check_client("RSA-1024", &ca, &weak, 2, SMTPTLS_E_CERT_WEAK);
	check_client("RSA-1024", &ca, &weak, 1, 0);
	check_client("RSA-1024", &ca, &weak, 0, 0);
	check_client("RSA-2048", &ca, &good, 2, 0);
	check_client("SHA-1", &ca, &sha1, 2, SMTPTLS_E_CERT_WEAK);
	check_client("SHA-1", &ca, &sha1, 1, SMTPTLS_E_CERT_WEAK);
	check_client("SHA-1", &ca, &sha1, 0, 0);
	end(&sha1);
	end(&good);
	end(&weak);
	end(&ca);
}

/* ---- handshakes ---- */

/* What a server and a client agree on; NULL: nothing. */
static const char *agree(struct smtptls_config *config, struct peer *client)
{
	struct smtptls_conn *conn;
	const char *suite = NULL;

	assert_int_equal(smtptls_config_freeze(config), 0);
	conn = peer_conn(config, SMTPTLS_SERVER);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	peer_run(client, conn);
	if (smtptls_conn_tls_enabled(conn))
		suite = host_info(conn).cipher_openssl;
	peer_free(client);
	smtptls_conn_free(conn);
	return suite;
}

static const struct {
	const char *ciphers;
	const char *protocols;
	const char *suite;
} strings[] = {
	{ "AES256-GCM-SHA384", "TLSv1.2", "AES256-GCM-SHA384" },
	{ "ECDHE-RSA-AES128-SHA", "TLSv1.2", "ECDHE-RSA-AES128-SHA" },
	{ "ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES128-GCM-SHA256", "TLSv1.2",
	  "ECDHE-RSA-CHACHA20-POLY1305" },
	{ "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305", "TLSv1.2",
	  "ECDHE-RSA-AES128-GCM-SHA256" },
	{ "DHE-RSA-AES128-GCM-SHA256", "TLSv1.2", "DHE-RSA-AES128-GCM-SHA256" },
	{ NULL, NULL, "TLS_AES_256_GCM_SHA384" },
	{ "ECDHE-ECDSA-AES128-GCM-SHA256", "TLSv1.2", NULL },
};

static void check_suite(const char *suite, size_t i)
{
	if (strings[i].suite)
		assert_string_equal(suite, strings[i].suite);
	else
		assert_null(suite);
}

static void test_server_obeys(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(strings); i++) {
		struct smtptls_config *config = server_config();
		struct smtptls_policy *policy =
			policy_of(strings[i].ciphers, strings[i].protocols, 2);

		assert_int_equal(smtptls_config_set_policy(config, policy), 0);
		smtptls_policy_unref(policy);
		check_suite(agree(config, peer_client("NORMAL", NULL)), i);
	}
}

static void test_attached_session(void **state)
{
	struct smtptls_policy *policy = policy_of(NULL, NULL, 2);
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(strings); i++) {
		struct peer *client = peer_client("NORMAL", NULL);
		struct smtptls_config *config = server_config();
		struct smtptls_policy *attached =
			policy_of(strings[i].ciphers, strings[i].protocols, 2);

		assert_int_equal(smtptls_config_set_priority(
					 config, "NORMAL:+CHACHA20-POLY1305"),
				 0);
		assert_int_equal(smtptls_policy_attach(attached, client->tls),
				 0);
		/* The reference is not kept. */
		smtptls_policy_unref(attached);
		check_suite(agree(config, client), i);
	}
	assert_int_equal(smtptls_policy_attach(policy, NULL), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_policy_attach(NULL, (gnutls_session_t)policy),
			 SMTPTLS_E_ARG);
	smtptls_policy_unref(policy);
}

/* ---- precedence ---- */

static void test_last_wins(void **state)
{
	struct smtptls_policy *aes =
		policy_of("AES256-GCM-SHA384", "TLSv1.2", 2);
	static const char cbc[] =
		"NONE:+VERS-TLS1.2:+CTYPE-X509:+COMP-NULL:+RSA:"
		"+AES-128-CBC:+SHA1:+SIGN-RSA-SHA256:+GROUP-SECP256R1";
	struct smtptls_config *config = server_config();

	(void)state;
	assert_int_equal(smtptls_config_set_policy(config, aes), 0);
	assert_int_equal(smtptls_config_set_priority(config, cbc), 0);
	assert_string_equal(agree(config, peer_client("NORMAL", NULL)),
			    "AES128-SHA");
	config = server_config();
	assert_int_equal(smtptls_config_set_priority(config, cbc), 0);
	assert_int_equal(smtptls_config_set_policy(config, aes), 0);
	/* A refused string changes nothing. */
	assert_int_equal(smtptls_config_set_priority(config, "NONSENSE"),
			 SMTPTLS_E_SYNTAX);
	assert_string_equal(agree(config, peer_client("NORMAL", NULL)),
			    "AES256-GCM-SHA384");
	smtptls_policy_unref(aes);
}

static void test_frozen(void **state)
{
	struct smtptls_policy *policy = policy_of(NULL, NULL, 2);
	struct smtptls_config *config = server_config();

	(void)state;
	assert_int_equal(smtptls_config_set_policy(NULL, policy),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_config_set_policy(config, NULL),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_config_freeze(config), 0);
	assert_int_equal(smtptls_config_set_policy(config, policy),
			 SMTPTLS_E_STATE);
	smtptls_config_unref(config);
	smtptls_policy_unref(policy);
}

/* The host's own string is the host's responsibility. */
static void test_priority_does_not_judge(void **state)
{
	struct issued own = issue(NULL, RSA(1024), GNUTLS_DIG_SHA256);
	struct smtptls_config *config;

	(void)state;
	/* The host's string is the host's responsibility: not judged. */
	assert_int_equal(smtptls_config_new(&config), 0);
	assert_int_equal(
		gnutls_certificate_set_x509_key(smtptls_config_gnutls(config),
						&own.crt, 1, own.key),
		0);
	assert_int_equal(smtptls_config_set_priority(config, "NORMAL"), 0);
	assert_int_equal(smtptls_config_freeze(config), 0);
	smtptls_config_unref(config);
	end(&own);
}

static void test_priority_judges_peers(void **state)
{
	static const char *const priorities[] = { "NORMAL", "SECURE128",
						  "NORMAL:%PROFILE_LOW",
						  "NORMAL:%PROFILE_MEDIUM" };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(priorities); i++) {
		struct smtptls_config *config = server_config();
		struct smtptls_conn *conn;
		struct peer *client = peer_client(
			"NORMAL",
			testcert_client(peer_ca(), TESTCERT_ECDSA, "client"));

		assert_int_equal(
			smtptls_config_set_ca_file(config, peer_ca()->file), 0);
		assert_int_equal(
			smtptls_config_set_priority(config, priorities[i]), 0);
		assert_int_equal(smtptls_config_freeze(config), 0);
		conn = peer_conn(config, SMTPTLS_SERVER);
		assert_int_equal(
			smtptls_conn_set_verify(conn, SMTPTLS_VERIFY_CA), 0);
		assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
		peer_run(client, conn);
		assert_int_equal(smtptls_conn_tls_enabled(conn), 1);
		peer_free(client);
		smtptls_conn_free(conn);
	}
}

/*
 * RFC 8017 section 9.1.1: a 1024-bit key is too short for PSS with SHA-512. A
 * client that offers nothing else is refused at the hello; others get an
 * algorithm that fits.
 */
static void test_short_rsa_key(void **state)
{
	static const char *const versions[] = { PEER_TLS12, PEER_TLS13 };
	static const struct {
		const char *sigalgs;
		int used;
	} all[] = {
		{ ":-SIGN-ALL:+SIGN-RSA-PSS-RSAE-SHA512", 0 },
		{ ":-SIGN-ALL:+SIGN-RSA-PSS-RSAE-SHA512:"
		  "+SIGN-RSA-PSS-RSAE-SHA384",
		  GNUTLS_SIGN_RSA_PSS_RSAE_SHA384 },
	};
	static const char sentence[] =
		"peer offers the signatures rsa_pss_rsae_sha512, for which "
		"this side's RSA key is too short: have the RSA certificate "
		"issued with 2048 bits";
	size_t i, v;

	(void)state;
	for (i = 0; i < COUNT(all) * COUNT(versions); i++) {
		struct issued own = issue(NULL, RSA(1024), GNUTLS_DIG_SHA256);
		struct smtptls_policy *policy = policy_of("ECDHE", NULL, 1);
		struct smtptls_config *config;
		struct smtptls_conn *conn;
		struct peer *client;
		const char *text;

		v = i % COUNT(versions);
		client = peer_client(
			testcert_join(versions[v], all[i / 2].sigalgs), NULL);
		assert_int_equal(smtptls_config_new(&config), 0);
		assert_int_equal(gnutls_certificate_set_x509_key(
					 smtptls_config_gnutls(config),
					 &own.crt, 1, own.key),
				 0);
		assert_int_equal(smtptls_config_set_policy(config, policy), 0);
		assert_int_equal(smtptls_config_freeze(config), 0);
		conn = peer_conn(config, SMTPTLS_SERVER);
		assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
		peer_run(client, conn);
		assert_int_equal(smtptls_conn_tls_enabled(conn),
				 all[i / 2].used != 0);
		(void)smtptls_conn_error(conn, &text);
		assert_string_equal(text, all[i / 2].used ? "" : sentence);
		if (all[i / 2].used)
			assert_int_equal(gnutls_sign_algorithm_get(client->tls),
					 all[i / 2].used);
		else
			assert_int_equal(client->alert,
					 GNUTLS_A_HANDSHAKE_FAILURE);
		peer_free(client);
		smtptls_conn_free(conn);
		smtptls_policy_unref(policy);
		end(&own);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_short_rsa_key),
		cmocka_unit_test(test_own_certificates),
		cmocka_unit_test(test_own_signatures),
		cmocka_unit_test(test_peers),
		cmocka_unit_test(test_server_obeys),
		cmocka_unit_test(test_attached_session),
		cmocka_unit_test(test_last_wins),
		cmocka_unit_test(test_frozen),
		cmocka_unit_test(test_priority_does_not_judge),
		cmocka_unit_test(test_priority_judges_peers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
