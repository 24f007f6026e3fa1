/* SPDX-License-Identifier: MIT */
/*
 * credentials: certificates, authorities, revocation lists and Diffie-Hellman
 * parameters, from files and memory, and what is refused with which message.
 *
 * GnuTLS's own messages are not compared; file names and this library's
 * messages are.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <gnutls/x509.h>

#include <smtptls/gnutls.h>

#include "../help/chain.h"
#include "../help/config_help.h"
#include "../help/no_memory.h"
#include "../help/peer.h"
#include "../help/policy_help.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define KIB	     1024

static const char *large_file(size_t size)
{
	char *data = malloc(size);
	const char *name;

	assert_non_null(data);
	memset(data, '\n', size);
	name = testcert_file(data, size);
	free(data);
	return name;
}

/* ---- certificates ---- */

static void test_certificates(void **state)
{
	struct smtptls_config *config = *state;
	const struct testcert *rsa, *ecdsa = usual_server();

	rsa = testcert_server(usual_ca(), TESTCERT_RSA, "mx.example.org");
	assert_int_equal(
		smtptls_config_add_cert_file(config, ecdsa->file, ecdsa->file),
		0);
	assert_int_equal(smtptls_config_add_cert_file(
				 config, testcert_file_text(rsa->cert),
				 testcert_file_text(rsa->key)),
			 0);
	assert_int_equal(count_chains(config), 2);
	/* their issuer; an errno from before is not this call's */
	errno = EINTR;
	assert_int_equal(smtptls_config_set_ca_file(config, usual_ca()->file),
			 0);
	assert_int_equal(smtptls_config_freeze(config), 0);
	assert_int_equal(config->has_certificate, 1);
	assert_null(smtptls_config_warning(config, 0));
	assert_string_equal(smtptls_config_error(config), "");
}

static void test_certificate_in_memory(void **state)
{
	struct smtptls_config *config = *state;
	const struct testcert *server = usual_server();
	size_t cert_len = strlen(server->cert), key_len = strlen(server->key);
	char *cert = malloc(cert_len), *key = malloc(key_len);

	/* blocks of their exact size, without a NUL, freed afterwards */
	assert_true(cert && key);
	memcpy(cert, server->cert, cert_len);
	memcpy(key, server->key, key_len);
	assert_int_equal(smtptls_config_add_cert_mem(config, cert, cert_len,
						     key, key_len),
			 0);
	free(cert);
	free(key);
	assert_int_equal(smtptls_config_freeze(config), 0);
	assert_int_equal(config->has_certificate, 1);
}

static void test_chain(void **state)
{
	struct smtptls_config *config = *state;
	const struct testcert *inner, *leaf;
	const char *chain;

	inner = testcert_intermediate(usual_ca(), "Intermediate");
	leaf = testcert_server(inner, TESTCERT_ECDSA, "mx.example.org");
	chain = testcert_join(leaf->cert, inner->cert);
	assert_int_equal(smtptls_config_add_cert_file(
				 config, testcert_file_text(chain), leaf->file),
			 0);
	chain = testcert_join(chain, usual_ca()->cert);
	/* the key may come first, in the same file */
	chain = testcert_file_text(testcert_join(leaf->key, chain));
	assert_int_equal(smtptls_config_add_cert_file(config, chain, chain), 0);
	assert_int_equal(count_chains(config), 2);
}

static void refuse_cert(struct smtptls_config *config, const char *cert,
			const char *key, const char *blamed, const char *cause)
{
	struct picture before = look(config);

	assert_int_equal(smtptls_config_add_cert_file(config, cert, key),
			 SMTPTLS_E_CONFIG);
	assert_sentence(smtptls_config_error(config), blamed, cause);
	assert_unchanged(config, &before);
}

static int set_cert(struct smtptls_config *config, const char *file)
{
	return smtptls_config_add_cert_file(config, file, usual_server()->file);
}

static int set_key(struct smtptls_config *config, const char *file)
{
	return smtptls_config_add_cert_file(config, usual_server()->file, file);
}

static void refuse_large(struct smtptls_config *config,
			 int (*set)(struct smtptls_config *, const char *))
{
	const char *file = large_file(1024 * KIB + 1);
	struct picture before = look(config);

	assert_int_equal(set(config, file), SMTPTLS_E_LIMIT);
	assert_sentence(smtptls_config_error(config), file,
			": the file is larger than 1 MiB");
	assert_unchanged(config, &before);
}

static void test_unreadable_files(void **state)
{
	const char *good = usual_server()->file, *locked;
	const char *files[][2] = {
		{ missing_file(), ": No such file or directory" },
		{ testcert_directory(), ": Is a directory" },
		{ testcert_file("", 0), ": the file is empty" },
		{ testcert_join(good, "/x"), ": Not a directory" },
	};
	struct smtptls_config *config = *state;
	size_t i;

	for (i = 0; i < COUNT(files); i++) {
		refuse_cert(config, files[i][0], good, files[i][0],
			    files[i][1]);
		refuse_cert(config, good, files[i][0], files[i][0],
			    files[i][1]);
	}
	refuse_large(config, smtptls_config_set_ca_file);
	refuse_large(config, smtptls_config_set_crl_file);
	refuse_large(config, smtptls_config_set_dh_file);
	refuse_large(config, smtptls_config_add_ocsp_file);
	refuse_large(config, smtptls_config_set_ticket_secret_file);
	refuse_large(config, set_cert);
	refuse_large(config, set_key);
	/* a file of maximum size is read, but contains nothing */
	locked = large_file(1024 * KIB);
	refuse_cert(config, locked, good, locked,
		    ": holds no certificate in PEM");
	if (geteuid() == 0)
		return; /* root may read everything */
	assert_int_equal(chmod(locked, 0), 0);
	refuse_cert(config, good, locked, locked, ": Permission denied");
}

/* A path may be long; the cause follows it. */
static void test_long_path(void **state)
{
	const char *path = testcert_directory();
	int i;

	for (i = 0; i < 10; i++)
		path = testcert_join(path,
				     "/a-name-that-is-long-beyond-all-need-and-"
				     "goes-on-for-a-hundred-bytes-or-a-few-"
				     "more-than-that-so-as-to-be-long");
	refuse_cert(*state, path, path, path, ": No such file or directory");
}

static void test_contents_of_other_kinds(void **state)
{
	static const char garbage[] = "-----BEGIN CERTIFICATE-----\nAAAA\n"
				      "-----END CERTIFICATE-----\n";
	struct smtptls_config *config = *state;
	const struct testcert *server = usual_server();
	const char *good = server->file, *bad;

	bad = testcert_file_text("this is no PEM\n");
	refuse_cert(config, bad, good, bad, ": holds no certificate in PEM");
	refuse_cert(config, good, bad, bad, ": holds no private key in PEM");
	bad = testcert_file_text(server->key);
	refuse_cert(config, bad, good, bad, ": holds no certificate in PEM");
	bad = testcert_file_text(server->cert);
	refuse_cert(config, good, bad, bad, ": holds no private key in PEM");
	bad = testcert_file_text(garbage);
	refuse_cert(config, bad, good,
		    testcert_join(bad, ": is not a valid certificate: "), "");
	bad = testcert_file_text(testcert_join(server->cert, garbage));
	refuse_cert(config, bad, good,
		    testcert_join(bad, ": is not a valid certificate: "), "");
	bad = testcert_file(server->key, strlen(server->key) / 2);
	refuse_cert(config, good, bad,
		    testcert_join(bad, ": is not a valid private key: "), "");
}

static void test_pairs_that_do_not_fit(void **state)
{
	struct smtptls_config *config = *state;
	const struct testcert *inner, *leaf, *other;
	const char *cause, *chain;

	inner = testcert_intermediate(usual_ca(), "Intermediate");
	leaf = testcert_server(inner, TESTCERT_ECDSA, "mx.example.org");
	other = testcert_server(usual_ca(), TESTCERT_ECDSA, "b.example.org");
	cause = testcert_join(": the private key does not belong to the "
			      "certificate in ",
			      leaf->file);
	refuse_cert(config, leaf->file, other->file, other->file, cause);
	other = testcert_server(usual_ca(), TESTCERT_RSA, "b.example.org");
	refuse_cert(config, leaf->file, other->file, other->file, cause);
	/* to none of several certificates */
	chain = testcert_file_text(testcert_join(inner->cert, leaf->cert));
	refuse_cert(config, chain, other->file, other->file,
		    testcert_join(": the private key does not belong to the "
				  "certificate in ",
				  chain));
}

static void test_bad_memory(void **state)
{
	struct smtptls_config *config = *state;
	const struct testcert *server = usual_server();
	struct picture before = look(config);
	char *large = calloc(1024, KIB);

	assert_int_equal(smtptls_config_add_cert_mem(config, "", 0, server->key,
						     strlen(server->key)),
			 SMTPTLS_E_CONFIG);
	assert_string_equal(smtptls_config_error(config),
			    "certificate in memory: holds no certificate in "
			    "PEM");
	assert_int_equal(smtptls_config_add_cert_mem(config, server->cert,
						     strlen(server->cert), "",
						     0),
			 SMTPTLS_E_CONFIG);
	assert_string_equal(smtptls_config_error(config),
			    "private key in memory: holds no private key in "
			    "PEM");
	assert_int_equal(smtptls_config_add_cert_mem(config, server->cert,
						     1024 * KIB + 1,
						     server->key, 1),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_config_add_cert_mem(config, server->cert, 1,
						     server->key,
						     1024 * KIB + 1),
			 SMTPTLS_E_ARG);
	assert_unchanged(config, &before);
	/* A key of maximum size is read, and is not a key. */
	assert_non_null(large);
	assert_int_equal(smtptls_config_add_cert_mem(config, server->cert,
						     strlen(server->cert),
						     large, 1024 * KIB),
			 SMTPTLS_E_CONFIG);
	free(large);
}

/* After all of that, a configuration can still be used. */
static void test_usable_after_failures(void **state)
{
	struct smtptls_config *config = *state;

	test_unreadable_files(state);
	test_contents_of_other_kinds(state);
	test_pairs_that_do_not_fit(state);
	/* no part of them is left */
	assert_int_equal(smtptls_config_add_cert_file(config,
						      usual_server()->file,
						      usual_server()->file),
			 0);
	assert_int_equal(smtptls_config_freeze(config), 0);
	assert_int_equal(config->has_certificate, 1);
	assert_int_equal(count_chains(config), 1);
}

/* ---- authorities and revocation lists ---- */

static void test_authorities(void **state)
{
	struct smtptls_config *config = *state;
	const char *both;

	both = testcert_file_text(
		testcert_join(usual_ca()->cert, testcert_ca("Other CA")->cert));
	assert_int_equal(config->has_authorities, 0);
	assert_int_equal(smtptls_config_set_ca_file(config, usual_ca()->file),
			 0);
	assert_int_equal(config->has_authorities, 1);
	assert_int_equal(count_authorities(config), 1);
	/* again, and once more together with another */
	assert_int_equal(smtptls_config_set_ca_file(config, usual_ca()->file),
			 0);
	assert_int_equal(smtptls_config_set_ca_file(config, both), 0);
	assert_int_equal(count_authorities(config), 2);
	assert_int_equal(smtptls_config_set_crl_file(
				 config, testcert_file_text(testcert_crl(
						 usual_ca(), NULL))),
			 0);
	assert_int_equal(smtptls_config_freeze(config), 0);
}

static void refuse_file(struct smtptls_config *config,
			int set(struct smtptls_config *, const char *),
			const char *file, const char *cause)
{
	struct picture before = look(config);

	assert_int_equal(set(config, file), SMTPTLS_E_CONFIG);
	assert_sentence(smtptls_config_error(config), file, cause);
	assert_unchanged(config, &before);
}

static void test_bad_files(void **state)
{
	static const struct {
		int (*set)(struct smtptls_config *, const char *);
		const char *type;
	} setters[] = {
		{ smtptls_config_set_ca_file, "CERTIFICATE" },
		{ smtptls_config_set_crl_file, "X509 CRL" },
		{ smtptls_config_set_dh_file, "DH PARAMETERS" },
	};
	struct smtptls_config *config = *state;
	char pem[128];
	size_t i;

	for (i = 0; i < COUNT(setters); i++) {
		refuse_file(config, setters[i].set, missing_file(),
			    ": No such file or directory");
		refuse_file(config, setters[i].set, testcert_directory(),
			    ": Is a directory");
		refuse_file(config, setters[i].set, testcert_file("", 0),
			    ": the file is empty");
		refuse_file(config, setters[i].set,
			    testcert_file_text("this is no PEM\n"), "");
		refuse_file(config, setters[i].set,
			    testcert_file_text(usual_ca()->key), "");
		(void)snprintf(pem, sizeof(pem),
			       "-----BEGIN %s-----\nAAAA\n-----END %s-----\n",
			       setters[i].type, setters[i].type);
		refuse_file(config, setters[i].set, testcert_file_text(pem),
			    "");
	}
	refuse_file(config, smtptls_config_set_ca_file,
		    testcert_file_text("this is no PEM\n"),
		    ": holds no certificate in PEM");
	/* one invalid certificate makes the file invalid */
	refuse_file(config, smtptls_config_set_ca_file,
		    testcert_file_text(testcert_join(
			    usual_ca()->cert, "-----BEGIN CERTIFICATE-----\n"
					      "AAAA\n-----END CERTIFICATE-----"
					      "\n")),
		    "");
	assert_int_equal(smtptls_config_freeze(config), 0);
}

static void test_system_authorities(void **state)
{
	struct smtptls_config *config = *state;
	int ret = smtptls_config_set_ca_file(config, NULL);

	if (ret == 0) {
		assert_int_equal(config->has_authorities, 1);
		return;
	}
	/* a system may have none */
	assert_int_equal(ret, SMTPTLS_E_CONFIG);
	assert_int_equal(config->has_authorities, 0);
	assert_sentence(smtptls_config_error(config),
			"the system's certificate authorities: ", "");
}

/* ---- Diffie-Hellman ---- */

/* RFC 2409 section 6.2, the second Oakley group. */
static const char prime_1024[] =
	"FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74"
	"020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437"
	"4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
	"EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF";

static const char *dh_file(const gnutls_datum_t *prime)
{
	unsigned char two[] = { 2 };
	gnutls_datum_t generator = { two, 1 }, pem;
	gnutls_dh_params_t params;
	const char *file;

	assert_int_equal(gnutls_dh_params_init(&params), 0);
	assert_int_equal(gnutls_dh_params_import_raw(params, prime, &generator),
			 0);
	assert_int_equal(gnutls_dh_params_export2_pkcs3(
				 params, GNUTLS_X509_FMT_PEM, &pem),
			 0);
	file = testcert_file(pem.data, pem.size);
	gnutls_free(pem.data);
	gnutls_dh_params_deinit(params);
	return file;
}

static void test_dh(void **state)
{
	struct smtptls_config *config = *state;
	unsigned char bytes[256];
	gnutls_datum_t small = { bytes, sizeof(bytes) };

	assert_int_equal(
		smtptls_config_set_dh_file(
			config, dh_file(&gnutls_ffdhe_2048_group_prime)),
		0);
	assert_non_null(config->dh.params);
	/* each replaces the previous one */
	assert_int_equal(
		smtptls_config_set_dh_file(
			config, dh_file(&gnutls_ffdhe_3072_group_prime)),
		0);
	assert_int_equal(gnutls_hex_decode2(
				 &(gnutls_datum_t){ (unsigned char *)prime_1024,
						    sizeof(prime_1024) - 1 },
				 &small),
			 0);
	refuse_file(config, smtptls_config_set_dh_file, dh_file(&small),
		    ": Diffie-Hellman parameters of 1024 bits, but at least "
		    "2048 are needed");
	gnutls_free(small.data);
	/* one bit too short */
	memcpy(bytes, gnutls_ffdhe_2048_group_prime.data, sizeof(bytes));
	bytes[0] = 0x7f;
	small.data = bytes;
	small.size = sizeof(bytes);
	refuse_file(config, smtptls_config_set_dh_file, dh_file(&small),
		    ": Diffie-Hellman parameters of 2047 bits, but at least "
		    "2048 are needed");
	refuse_file(config, smtptls_config_set_dh_file, usual_ca()->file,
		    ": holds no Diffie-Hellman parameters in PEM");
	assert_int_equal(smtptls_config_freeze(config), 0);
}

#define TEST(function)                                                         \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

/* They are for clients that name no field; others may name a smaller one. */
static void test_dh_leaves_fields(void **state)
{
	struct smtptls_config *config = *state;
	struct smtptls_policy *policy = new_policy(POLICY(.ciphers = "HIGH"));
	struct peer *client =
		peer_client(PEER_TLS13 ":-GROUP-ALL:+GROUP-FFDHE2048", NULL);
	struct smtptls_conn *conn;

	assert_int_equal(smtptls_config_set_policy(config, policy), 0);
	smtptls_policy_unref(policy);
	assert_int_equal(
		smtptls_config_set_dh_file(
			config, dh_file(&gnutls_ffdhe_3072_group_prime)),
		0);
	assert_int_equal(smtptls_config_add_cert_file(config,
						      usual_server()->file,
						      usual_server()->file),
			 0);
	assert_int_equal(smtptls_config_freeze(config), 0);
	conn = peer_conn(smtptls_config_ref(config), SMTPTLS_SERVER);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	peer_run(client, conn);
	assert_int_equal(client->result, 0);
	assert_int_equal(gnutls_group_get(client->tls), GNUTLS_GROUP_FFDHE2048);
	smtptls_conn_free(conn);
	peer_free(client);
}

/* Without a policy or a file, for a client that names no field. */
static void test_dh_by_priority(void **state)
{
	struct smtptls_config *config = *state;
	struct peer *client =
		peer_client(PEER_TLS12 ":-KX-ALL:+DHE-RSA:-GROUP-ALL", NULL);
	const char *file =
		testcert_server(usual_ca(), TESTCERT_RSA, "mx.example.org")
			->file;
	struct smtptls_conn *conn;

	assert_int_equal(smtptls_config_set_priority(config, "NORMAL"), 0);
	assert_int_equal(smtptls_config_add_cert_file(config, file, file), 0);
	assert_int_equal(smtptls_config_freeze(config), 0);
	conn = peer_conn(smtptls_config_ref(config), SMTPTLS_SERVER);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	peer_run(client, conn);
	assert_int_equal(client->result, 0);
	assert_int_equal(gnutls_dh_get_prime_bits(client->tls), 2048);
	smtptls_conn_free(conn);
	peer_free(client);
}

static void assert_prime(gnutls_dh_params_t params, const gnutls_datum_t *prime)
{
	gnutls_datum_t found, generator;

	assert_non_null(params);
	assert_int_equal(
		gnutls_dh_params_export_raw(params, &found, &generator, NULL),
		0);
	/* there may be a leading zero */
	assert_in_range(found.size, prime->size, prime->size + 1);
	assert_memory_equal(found.data + found.size - prime->size, prime->data,
			    prime->size);
	gnutls_free(found.data);
	gnutls_free(generator.data);
}

/* With a 2048-bit field, which is chosen before memory runs out. */
static struct smtptls_config *fail_to_freeze(void)
{
	struct smtptls_config *config = new_config();
	struct smtptls_policy *policy =
		new_policy(POLICY(.ciphers = "ALL:@SECLEVEL=0"));
	const char *file = usual_server()->file;
	int n, ret = SMTPTLS_E_NOMEM;

	assert_int_equal(smtptls_config_set_policy(config, policy), 0);
	smtptls_policy_unref(policy);
	/* with several, each has separate credentials, which are made later */
	assert_int_equal(smtptls_config_add_cert_file(config, file, file), 0);
	assert_int_equal(smtptls_config_add_cert_file(config, file, file), 0);
	for (n = 0; ret == SMTPTLS_E_NOMEM && !config->dh.anonymous; n++) {
		allocations_left = n;
		ret = smtptls_config_freeze(config);
		allocations_left = -1;
	}
	assert_int_equal(ret, SMTPTLS_E_NOMEM);
	assert_prime(config->dh.params, &gnutls_ffdhe_2048_group_prime);
	return config;
}

/* Self-signed, with an RSA key; certificate and key in one file. */
static const char *rsa_file(const char *san, int bits)
{
	const struct chain_spec spec = { .san = { san },
					 .rsa_bits = bits,
					 .key = (unsigned)bits };
	struct chain_cert *made = chain_issue(&spec, NULL);
	const char *file = chain_file(made);

	chain_free(made);
	return file;
}

/* The prime that a client gets which asks for `name` and names no field. */
static unsigned prime_for(struct smtptls_config *config, const char *name)
{
	struct peer *client =
		peer_client(PEER_TLS12 ":-KX-ALL:+DHE-RSA:-GROUP-ALL", NULL);
	struct smtptls_conn *conn =
		peer_conn(smtptls_config_ref(config), SMTPTLS_SERVER);
	unsigned bits;

	assert_int_equal(gnutls_server_name_set(client->tls, GNUTLS_NAME_DNS,
						name, strlen(name)),
			 0);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	peer_run(client, conn);
	assert_int_equal(client->result, 0);
	bits = (unsigned)gnutls_dh_get_prime_bits(client->tls);
	smtptls_conn_free(conn);
	peer_free(client);
	return bits;
}

/* As strong as the RSA key that is shown, not as the first. */
static void test_dh_by_key(void **state)
{
	struct smtptls_config *config = *state;
	const char *usual = rsa_file("dns:usual.example.org", 2048);
	const char *strong = rsa_file("dns:strong.example.org", 3072);

	assert_int_equal(smtptls_config_add_cert_file(config,
						      usual_server()->file,
						      usual_server()->file),
			 0);
	assert_int_equal(smtptls_config_add_cert_file(config, usual, usual), 0);
	assert_int_equal(smtptls_config_add_cert_file(config, strong, strong),
			 0);
	assert_int_equal(smtptls_config_freeze(config), 0);
	assert_int_equal(prime_for(config, "usual.example.org"), 2048);
	assert_int_equal(prime_for(config, "strong.example.org"), 3072);
	assert_int_equal(prime_for(config, "other.example.org"), 2048);
}

/* No field is strong enough for level 5: there is no DHE, and no failure. */
static void test_dh_none_at_level_5(void **state)
{
	struct smtptls_config *config = *state;
	struct smtptls_policy *policy =
		new_policy(POLICY(.ciphers = "ALL:@SECLEVEL=5"));

	assert_int_equal(smtptls_config_set_policy(config, policy), 0);
	smtptls_policy_unref(policy);
	assert_int_equal(smtptls_config_freeze(config), 0);
	assert_null(config->dh.params);
}

/* A file's parameters are for all keys. */
static void test_dh_file_for_all_keys(void **state)
{
	struct smtptls_config *config = *state;
	const char *usual = rsa_file("dns:usual.example.org", 2048);
	const char *strong = rsa_file("dns:strong.example.org", 3072);

	assert_int_equal(
		smtptls_config_set_dh_file(
			config, dh_file(&gnutls_ffdhe_4096_group_prime)),
		0);
	assert_int_equal(smtptls_config_add_cert_file(config, strong, strong),
			 0);
	assert_int_equal(smtptls_config_add_cert_file(config, usual, usual), 0);
	assert_int_equal(smtptls_config_freeze(config), 0);
	assert_int_equal(prime_for(config, "usual.example.org"), 4096);
	assert_int_equal(prime_for(config, "strong.example.org"), 4096);
}

/* A choice made by a failed freeze does not carry over to the next. */
static void test_dh_chosen_anew(void **state)
{
	struct smtptls_policy *stronger =
		new_policy(POLICY(.ciphers = "ALL:@SECLEVEL=3"));
	struct smtptls_config *config;

	(void)state;
	config = fail_to_freeze();
	assert_int_equal(smtptls_config_set_policy(config, stronger), 0);
	assert_int_equal(smtptls_config_freeze(config), 0);
	assert_prime(config->dh.params, &gnutls_ffdhe_3072_group_prime);
	assert_null(config->dh.anonymous);
	smtptls_config_unref(config);

	config = fail_to_freeze();
	assert_int_equal(
		smtptls_config_set_dh_file(
			config, dh_file(&gnutls_ffdhe_4096_group_prime)),
		0);
	assert_int_equal(smtptls_config_freeze(config), 0);
	assert_prime(config->dh.params, &gnutls_ffdhe_4096_group_prime);
	assert_non_null(config->dh.anonymous);
	smtptls_config_unref(config);

	/* of two files the first is freed, of a field and a file neither yet */
	config = fail_to_freeze();
	assert_int_equal(
		smtptls_config_set_dh_file(
			config, dh_file(&gnutls_ffdhe_3072_group_prime)),
		0);
	assert_int_equal(
		smtptls_config_set_dh_file(
			config, dh_file(&gnutls_ffdhe_4096_group_prime)),
		0);
	smtptls_config_unref(config);

	config = fail_to_freeze();
	assert_int_equal(smtptls_config_set_priority(config, "NORMAL"), 0);
	assert_int_equal(smtptls_config_freeze(config), 0);
	assert_null(config->dh.params);
	assert_null(config->dh.anonymous);
	smtptls_config_unref(config);

	smtptls_policy_unref(stronger);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_certificates),
		TEST(test_certificate_in_memory),
		TEST(test_chain),
		TEST(test_unreadable_files),
		TEST(test_long_path),
		TEST(test_contents_of_other_kinds),
		TEST(test_pairs_that_do_not_fit),
		TEST(test_bad_memory),
		TEST(test_usable_after_failures),
		TEST(test_authorities),
		TEST(test_bad_files),
		TEST(test_system_authorities),
		TEST(test_dh),
		TEST(test_dh_leaves_fields),
		TEST(test_dh_by_priority),
		TEST(test_dh_by_key),
		TEST(test_dh_none_at_level_5),
		TEST(test_dh_file_for_all_keys),
		TEST(test_dh_chosen_anew),
	};

	return cmocka_run_group_tests_name("credentials", tests, NULL,
					   chain_end);
}
