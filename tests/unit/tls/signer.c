/* SPDX-License-Identifier: MIT */
/*
 * signer: a certificate whose key is elsewhere: what its signer is asked, for
 * each key type and TLS version, and what happens on bad answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <gnutls/abstract.h>
#include <gnutls/x509.h>

#include <smtptls/gnutls.h>

#include "../help/config_help.h"
#include "../help/peer.h"
#include "../help/policy_help.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TEST(name)   cmocka_unit_test_setup_teardown(name, set_up, tear_down)

enum mood { GOOD, SILENT, EMPTY, WRONG, TOO_LONG };

/* A signer, and what it was asked. */
struct signer {
	gnutls_privkey_t key;
	enum mood mood;
	int asked;
	unsigned scheme;
	size_t len;
};

static const struct {
	unsigned scheme;
	gnutls_sign_algorithm_t algorithm;
	size_t len;
} known[] = {
	{ 0x0401, GNUTLS_SIGN_RSA_SHA256, 32 },
	{ 0x0501, GNUTLS_SIGN_RSA_SHA384, 48 },
	{ 0x0601, GNUTLS_SIGN_RSA_SHA512, 64 },
	{ 0x0203, GNUTLS_SIGN_ECDSA_SHA1, 20 },
	{ 0x0403, GNUTLS_SIGN_ECDSA_SHA256, 32 },
	{ 0x0503, GNUTLS_SIGN_ECDSA_SHA384, 48 },
	{ 0x0603, GNUTLS_SIGN_ECDSA_SHA512, 64 },
	{ 0x0804, GNUTLS_SIGN_RSA_PSS_RSAE_SHA256, 32 },
	{ 0x0805, GNUTLS_SIGN_RSA_PSS_RSAE_SHA384, 48 },
	{ 0x0806, GNUTLS_SIGN_RSA_PSS_RSAE_SHA512, 64 },
	{ 0x0809, GNUTLS_SIGN_RSA_PSS_SHA256, 32 },
};

static int sign_known(gnutls_privkey_t key, unsigned scheme,
		      const gnutls_datum_t *data, gnutls_datum_t *signature)
{
	size_t i;

	if (scheme == 0) {
		assert_int_equal(data->size, 36);
		return gnutls_privkey_sign_hash(
			key, GNUTLS_DIG_UNKNOWN,
			GNUTLS_PRIVKEY_SIGN_FLAG_TLS1_RSA, data, signature);
	}
	if (scheme == 0x0807)
		return gnutls_privkey_sign_data2(key, GNUTLS_SIGN_EDDSA_ED25519,
						 0, data, signature);
	for (i = 0; i < COUNT(known) && known[i].scheme != scheme; i++)
		;
	assert_true(i < COUNT(known));
	assert_int_equal(data->size, known[i].len);
	return gnutls_privkey_sign_hash2(key, known[i].algorithm, 0, data,
					 signature);
}

static int sign(unsigned scheme, const void *data, size_t len, void *signature,
		size_t size, void *arg)
{
	struct signer *signer = arg;
	gnutls_datum_t in = { (unsigned char *)data, (unsigned)len };
	gnutls_datum_t out;
	int ret;

	signer->asked++;
	signer->scheme = scheme;
	signer->len = len;
	assert_true(size >= 2048);
	if (signer->mood == SILENT || signer->mood == EMPTY)
		return signer->mood == EMPTY ? 0 : -1;
	if (signer->mood == TOO_LONG)
		return (int)size + 1;
	assert_int_equal(sign_known(signer->key, scheme, &in, &out), 0);
	assert_true(out.size <= size);
	memcpy(signature, out.data, out.size);
	ret = (int)out.size;
	gnutls_free(out.data);
	if (signer->mood == WRONG)
		((unsigned char *)signature)[ret - 1] ^= 1;
	return ret;
}

static void open_signer(struct signer *signer, const char *key)
{
	gnutls_datum_t pem = { (unsigned char *)key, (unsigned)strlen(key) };

	memset(signer, 0, sizeof(*signer));
	assert_int_equal(gnutls_privkey_init(&signer->key), 0);
	assert_int_equal(gnutls_privkey_import_x509_raw(signer->key, &pem,
							GNUTLS_X509_FMT_PEM,
							NULL, 0),
			 0);
}

static void close_signer(struct signer *signer)
{
	gnutls_privkey_deinit(signer->key);
}

/*
 * The file of a self-signed certificate with another key type, or with this
 * usage only; `usage` 0: any.
 */
static const char *other_cert(struct signer *signer, int algorithm,
			      unsigned bits, unsigned usage)
{
	unsigned char serial = 1;
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;
	gnutls_datum_t pem;
	const char *file;

	memset(signer, 0, sizeof(*signer));
	assert_int_equal(gnutls_x509_privkey_init(&key), 0);
	assert_int_equal(
		gnutls_x509_privkey_generate(
			key, (gnutls_pk_algorithm_t)algorithm, bits, 0),
		0);
	assert_int_equal(gnutls_x509_crt_init(&crt), 0);
	assert_int_equal(gnutls_x509_crt_set_key(crt, key), 0);
	assert_int_equal(gnutls_x509_crt_set_version(crt, 3), 0);
	assert_int_equal(gnutls_x509_crt_set_serial(crt, &serial, 1), 0);
	assert_int_equal(gnutls_x509_crt_set_dn(crt, "CN=mx", NULL), 0);
	assert_int_equal(gnutls_x509_crt_set_subject_alt_name(
				 crt, GNUTLS_SAN_DNSNAME, "mx.example.org", 14,
				 GNUTLS_FSAN_SET),
			 0);
	assert_int_equal(gnutls_x509_crt_set_activation_time(
				 crt, time(NULL) - TESTCERT_DAY),
			 0);
	assert_int_equal(gnutls_x509_crt_set_expiration_time(
				 crt, time(NULL) + 60 * TESTCERT_DAY),
			 0);
	if (usage)
		assert_int_equal(gnutls_x509_crt_set_key_usage(crt, usage), 0);
	assert_int_equal(gnutls_privkey_init(&signer->key), 0);
	assert_int_equal(
		gnutls_privkey_import_x509(signer->key, key,
					   GNUTLS_PRIVKEY_IMPORT_AUTO_RELEASE),
		0);
	assert_int_equal(gnutls_x509_crt_privkey_sign(
				 crt, crt, signer->key,
				 algorithm == GNUTLS_PK_EDDSA_ED25519
					 ? GNUTLS_DIG_SHA512
					 : GNUTLS_DIG_SHA384,
				 0),
			 0);
	assert_int_equal(
		gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem), 0);
	gnutls_x509_crt_deinit(crt);
	file = testcert_file(pem.data, pem.size);
	gnutls_free(pem.data);
	return file;
}

static const struct testcert *rsa_server(void)
{
	return testcert_server(usual_ca(), TESTCERT_RSA, "mx.example.org");
}

static int add(struct smtptls_config *config, const char *file,
	       struct signer *signer)
{
	return smtptls_config_add_cert_signer(config, file, sign, signer);
}

/* A client's handshake with this priority; returns its result. */
static int meet(struct smtptls_config *config, const char *priority,
		struct smtptls_info *info)
{
	struct peer *client = peer_client(priority, NULL);
	struct smtptls_conn *conn;
	const char *text = "";
	int result;

	conn = peer_conn(smtptls_config_ref(config), SMTPTLS_SERVER);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	peer_run(client, conn);
	result = client->result;
	if (info)
		*info = host_info(conn);
	if (result == 0) {
		assert_int_equal(smtptls_conn_tls_enabled(conn), 1);
	} else {
		assert_int_equal(smtptls_conn_error(conn, &text),
				 SMTPTLS_E_HANDSHAKE);
		assert_true(*text);
	}
	smtptls_conn_free(conn);
	peer_free(client);
	return result;
}

/* ---- what is asked ---- */

static void freeze_with(struct smtptls_config *config, const char *file,
			struct signer *signer, const char *priority)
{
	assert_int_equal(add(config, file, signer), 0);
	if (priority)
		assert_int_equal(smtptls_config_set_priority(config, priority),
				 0);
	assert_int_equal(smtptls_config_freeze(config), 0);
}

/* Each version of TLS asks once, for this scheme. */
static void expect_scheme(struct smtptls_config *config, struct signer *signer,
			  const char *priority, unsigned scheme)
{
	signer->asked = 0;
	assert_int_equal(meet(config, priority, NULL), 0);
	assert_int_equal(signer->asked, 1);
	assert_int_equal(signer->scheme, scheme);
}

#define OLD(version) "NORMAL:-VERS-ALL:+VERS-TLS" version ":+SHA1"
#define SIGN(name)   ":-SIGN-ALL:+SIGN-" name

static void test_rsa(void **state)
{
	struct signer signer;
	struct smtptls_config *config = *state;

	open_signer(&signer, rsa_server()->key);
	freeze_with(config, rsa_server()->file, &signer, NULL);
	assert_int_equal(signer.asked, 2);
	expect_scheme(config, &signer, PEER_TLS12 SIGN("RSA-SHA256"), 0x0401);
	expect_scheme(config, &signer, PEER_TLS12 SIGN("RSA-SHA384"), 0x0501);
	expect_scheme(config, &signer, PEER_TLS12 SIGN("RSA-SHA512"), 0x0601);
	expect_scheme(config, &signer, PEER_TLS12 SIGN("RSA-PSS-RSAE-SHA256"),
		      0x0804);
	expect_scheme(config, &signer, PEER_TLS13 SIGN("RSA-PSS-RSAE-SHA256"),
		      0x0804);
	expect_scheme(config, &signer, PEER_TLS13 SIGN("RSA-PSS-RSAE-SHA384"),
		      0x0805);
	expect_scheme(config, &signer, PEER_TLS13 SIGN("RSA-PSS-RSAE-SHA512"),
		      0x0806);
	close_signer(&signer);
}

static void test_ecdsa(void **state)
{
	struct signer signer;
	struct smtptls_config *config = *state;

	open_signer(&signer, usual_server()->key);
	freeze_with(config, usual_server()->file, &signer, NULL);
	assert_int_equal(signer.asked, 1);
	expect_scheme(config, &signer, PEER_TLS12 SIGN("ECDSA-SHA256"), 0x0403);
	expect_scheme(config, &signer, PEER_TLS12 SIGN("ECDSA-SHA384"), 0x0503);
	expect_scheme(config, &signer,
		      PEER_TLS13 SIGN("ECDSA-SECP256R1-SHA256"), 0x0403);
	close_signer(&signer);
}

static void test_other_keys(void **state)
{
	struct signer signer;
	struct smtptls_config *config = new_config();
	const char *file;

	file = other_cert(&signer, GNUTLS_PK_EDDSA_ED25519, 0, 0);
	freeze_with(*state, file, &signer, NULL);
	expect_scheme(*state, &signer, PEER_TLS12, 0x0807);
	expect_scheme(*state, &signer, PEER_TLS13, 0x0807);
	/* the whole text: two random values and what follows */
	assert_true(signer.len > 64);
	close_signer(&signer);

	file = other_cert(&signer, GNUTLS_PK_ECDSA,
			  GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1), 0);
	freeze_with(config, file, &signer, NULL);
	expect_scheme(config, &signer, PEER_TLS13, 0x0503);
	close_signer(&signer);
	smtptls_config_unref(config);

	config = new_config();
	file = other_cert(&signer, GNUTLS_PK_RSA_PSS, 2048, 0);
	freeze_with(config, file, &signer, NULL);
	expect_scheme(config, &signer, PEER_TLS13 SIGN("RSA-PSS-SHA256"),
		      0x0809);
	close_signer(&signer);
	smtptls_config_unref(config);
}

/* Before TLS 1.2 there is a digest without an algorithm. */
static void test_old_versions(void **state)
{
	struct smtptls_config *config = *state;
	struct signer rsa, ecdsa;

	open_signer(&rsa, rsa_server()->key);
	freeze_with(config, rsa_server()->file, &rsa, "NORMAL");
	expect_scheme(config, &rsa, OLD("1.0"), 0);
	expect_scheme(config, &rsa, OLD("1.1"), 0);
	close_signer(&rsa);

	config = new_config();
	open_signer(&ecdsa, usual_server()->key);
	freeze_with(config, usual_server()->file, &ecdsa, "NORMAL");
	expect_scheme(config, &ecdsa, OLD("1.1"), 0x0203);
	close_signer(&ecdsa);
	smtptls_config_unref(config);
}

/* As if both keys were in files: the policy finds the one that fits. */
static void test_several(void **state)
{
	struct smtptls_config *config = *state;
	struct signer rsa, ecdsa;

	open_signer(&rsa, rsa_server()->key);
	open_signer(&ecdsa, usual_server()->key);
	assert_int_equal(add(config, usual_server()->file, &ecdsa), 0);
	assert_int_equal(smtptls_config_add_cert_file(config,
						      rsa_server()->file,
						      rsa_server()->file),
			 0);
	freeze_with(config, rsa_server()->file, &rsa, NULL);
	assert_int_equal(count_chains(config), 3);
	expect_scheme(config, &ecdsa, PEER_TLS13, 0x0403);
	expect_scheme(config, &ecdsa, PEER_TLS12, 0x0403);
	ecdsa.asked = rsa.asked = 0;
	/* the first RSA key, which is in the file */
	assert_int_equal(meet(config, PEER_TLS12 SIGN("RSA-SHA256"), NULL), 0);
	assert_int_equal(ecdsa.asked + rsa.asked, 0);
	close_signer(&rsa);
	close_signer(&ecdsa);
}

/* A signer cannot decrypt, and the policy knows that. */
static void test_no_rsa_key_exchange(void **state)
{
	static const char *const client = PEER_TLS12 ":-KX-ALL:+RSA";
	struct smtptls_policy *policy = new_policy(
		POLICY(.ciphers = "AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-"
				  "SHA256"));
	struct smtptls_config *config = *state, *file = new_config();
	struct smtptls_info info;
	struct signer signer;

	open_signer(&signer, rsa_server()->key);
	assert_int_equal(smtptls_config_set_policy(config, policy), 0);
	freeze_with(config, rsa_server()->file, &signer, NULL);
	assert_int_not_equal(meet(config, client, &info), 0);
	assert_int_equal(info.reason, SMTPTLS_REASON_KEY_USAGE);
	assert_int_equal(meet(config, PEER_TLS12, NULL), 0);
	close_signer(&signer);
	/* as it does with a key in a file */
	assert_int_equal(smtptls_config_set_policy(file, policy), 0);
	assert_int_equal(smtptls_config_add_cert_file(file, rsa_server()->file,
						      rsa_server()->file),
			 0);
	assert_int_equal(smtptls_config_freeze(file), 0);
	assert_int_equal(meet(file, client, NULL), 0);
	smtptls_config_unref(file);
	smtptls_policy_unref(policy);
}

/* GnuTLS, which chooses when there is a priority, knows it too. */
static void test_no_rsa_key_exchange_by_priority(void **state)
{
	static const char *const client = PEER_TLS12 ":-KX-ALL:+RSA:+ECDHE-RSA";
	static const struct {
		unsigned usage;
		int serves;
	} usages[] = {
		{ 0, 1 },
		{ GNUTLS_KEY_DIGITAL_SIGNATURE | GNUTLS_KEY_KEY_ENCIPHERMENT,
		  1 },
		{ GNUTLS_KEY_DIGITAL_SIGNATURE, 1 },
		{ GNUTLS_KEY_KEY_ENCIPHERMENT, 0 },
	};
	struct smtptls_config *config;
	struct smtptls_info info;
	struct signer signer;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(usages); i++) {
		config = new_config();
		freeze_with(config,
			    other_cert(&signer, GNUTLS_PK_RSA, 2048,
				       usages[i].usage),
			    &signer, "NORMAL");
		signer.asked = 0;
		if (usages[i].serves) {
			assert_int_equal(meet(config, client, &info), 0);
			assert_memory_equal(info.cipher_openssl, "ECDHE-RSA-",
					    10);
		} else {
			assert_int_equal(meet(config, client, &info),
					 GNUTLS_E_FATAL_ALERT_RECEIVED);
			assert_int_equal(info.alert_sent,
					 GNUTLS_A_HANDSHAKE_FAILURE);
		}
		assert_int_equal(signer.asked, usages[i].serves);
		/* nor is it asked for what it cannot do */
		assert_int_not_equal(
			meet(config, PEER_TLS12 ":-KX-ALL:+RSA", &info), 0);
		assert_int_equal(info.alert_sent, GNUTLS_A_HANDSHAKE_FAILURE);
		smtptls_config_unref(config);
		close_signer(&signer);
	}
}

/* A client can show a certificate with a signer too. */
static void test_client(void **state)
{
	struct smtptls_config *config = *state;
	const struct testcert *own =
		testcert_client(usual_ca(), TESTCERT_RSA, "me.example.org");
	struct peer *server = peer_server(PEER_TLS12, usual_server());
	struct smtptls_conn *conn;
	struct signer signer;

	open_signer(&signer, own->key);
	freeze_with(config, own->file, &signer, NULL);
	signer.asked = 0;
	gnutls_certificate_server_set_request(server->tls, GNUTLS_CERT_REQUIRE);
	conn = peer_conn(smtptls_config_ref(config), SMTPTLS_CLIENT);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	peer_run(server, conn);
	assert_int_equal(server->result, 0);
	assert_int_equal(signer.asked, 1);
	smtptls_conn_free(conn);
	peer_free(server);
	close_signer(&signer);
}

/* ---- bad answers ---- */

static void refuse_once(struct smtptls_config *config, const char *priority,
			struct signer *signer, enum mood mood,
			const char *sentence)
{
	struct peer *client = peer_client(priority, NULL);
	struct smtptls_conn *conn;
	const char *text;

	signer->mood = mood;
	conn = peer_conn(smtptls_config_ref(config), SMTPTLS_SERVER);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	peer_run(client, conn);
	assert_int_equal(smtptls_conn_error(conn, &text), SMTPTLS_E_HANDSHAKE);
	assert_string_equal(text, sentence);
	assert_int_equal(host_info(conn).reason, SMTPTLS_REASON_SIGNER);
	assert_int_equal(smtptls_conn_tls_enabled(conn), 0);
	assert_int_equal(client->result, GNUTLS_E_FATAL_ALERT_RECEIVED);
	assert_int_equal(client->alert, GNUTLS_A_INTERNAL_ERROR);
	smtptls_conn_free(conn);
	peer_free(client);
	/* and the next session succeeds as usual */
	signer->mood = GOOD;
	assert_int_equal(meet(config, priority, NULL), 0);
}

static void test_bad_answers(void **state)
{
	static const char *const priorities[] = { PEER_TLS12, PEER_TLS13,
						  OLD("1.1") };
	static const char silent[] =
		"the signer for this side's private key returned no signature: "
		"check that it runs, and answers in time";
	static const char wrong[] =
		"the signer for this side's private key returned a wrong "
		"signature: it has another key, or a defect";
	struct smtptls_config *config;
	struct signer signer;
	const char *file;
	size_t i;
	int key;

	(void)state;
	for (key = 0; key < 3; key++) {
		config = new_config();
		if (key == 2) {
			file = other_cert(&signer, GNUTLS_PK_EDDSA_ED25519, 0,
					  0);
		} else {
			file = key ? rsa_server()->file : usual_server()->file;
			open_signer(&signer, key ? rsa_server()->key
						 : usual_server()->key);
		}
		freeze_with(config, file, &signer, "NORMAL");
		/* Ed25519 needs TLS 1.2 */
		for (i = 0; i < COUNT(priorities) - (key == 2); i++) {
			refuse_once(config, priorities[i], &signer, SILENT,
				    silent);
			refuse_once(config, priorities[i], &signer, EMPTY,
				    silent);
			refuse_once(config, priorities[i], &signer, WRONG,
				    wrong);
			refuse_once(config, priorities[i], &signer, TOO_LONG,
				    wrong);
		}
		close_signer(&signer);
		smtptls_config_unref(config);
	}
}

/* ---- the setter ---- */

static void refuse(struct smtptls_config *config, const char *file,
		   struct signer *signer, const char *cause)
{
	struct picture before = look(config);

	assert_int_equal(add(config, file, signer), SMTPTLS_E_CONFIG);
	assert_sentence(smtptls_config_error(config), file, cause);
	assert_unchanged(config, &before);
	assert_int_equal(config->external.count, 0);
}

static void test_bad_settings(void **state)
{
	static const char other[] = ": the signer's key is not that of the "
				    "certificate, or it does not sign as asked";
	struct smtptls_config *config = *state;
	const char *file = usual_server()->file;
	struct signer signer, rsa;

	open_signer(&signer, usual_server()->key);
	signer.mood = SILENT;
	refuse(config, file, &signer,
	       ": the signer returned no signature: check that it runs");
	signer.mood = WRONG;
	refuse(config, file, &signer, other);
	signer.mood = GOOD;
	refuse(config,
	       testcert_server(usual_ca(), TESTCERT_ECDSA, "b.example.org")
		       ->file,
	       &signer, other);
	refuse(config, missing_file(), &signer, ": No such file or directory");
	refuse(config, testcert_file_text("no PEM\n"), &signer,
	       ": holds no certificate in PEM");
	refuse(config, testcert_file_text(usual_server()->key), &signer,
	       ": holds no certificate in PEM");
	open_signer(&rsa, rsa_server()->key);
	rsa.mood = EMPTY;
	refuse(config, rsa_server()->file, &rsa,
	       ": the signer returned no signature: check that it runs");
	close_signer(&rsa);

	assert_int_equal(add(NULL, file, &signer), SMTPTLS_E_ARG);
	assert_int_equal(add(config, NULL, &signer), SMTPTLS_E_ARG);
	assert_int_equal(
		smtptls_config_add_cert_signer(config, file, NULL, &signer),
		SMTPTLS_E_ARG);
	/* After all of that, it can still be used. */
	freeze_with(config, file, &signer, NULL);
	assert_int_equal(count_chains(config), 1);
	assert_int_equal(meet(config, PEER_TLS13, NULL), 0);
	assert_int_equal(add(config, file, &signer), SMTPTLS_E_STATE);
	close_signer(&signer);
}

/* The first certificate is the leaf, whatever the order of the others. */
static void test_chain(void **state)
{
	const struct testcert *outer, *inner, *leaf;
	struct smtptls_config *config = *state;
	const char *chain, *warning;
	struct signer signer;
	gnutls_datum_t der;

	outer = testcert_intermediate(usual_ca(), "Outer");
	inner = testcert_intermediate(outer, "Inner");
	leaf = testcert_server(inner, TESTCERT_ECDSA, "mx.example.org");
	open_signer(&signer, leaf->key);
	chain = testcert_join(testcert_join(leaf->cert, outer->cert),
			      inner->cert);
	freeze_with(config, testcert_file_text(chain), &signer, NULL);
	assert_int_equal(gnutls_certificate_get_crt_raw(
				 smtptls_config_gnutls(config), 0, 2, &der),
			 0);
	warning = smtptls_config_warning(config, 0);
	assert_non_null(warning);
	assert_non_null(strstr(warning, "put them in this order"));
	assert_null(smtptls_config_warning(config, 1));
	assert_int_equal(meet(config, PEER_TLS12, NULL), 0);
	close_signer(&signer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rsa),
		TEST(test_ecdsa),
		TEST(test_other_keys),
		TEST(test_old_versions),
		TEST(test_several),
		TEST(test_no_rsa_key_exchange),
		TEST(test_no_rsa_key_exchange_by_priority),
		TEST(test_client),
		TEST(test_bad_answers),
		TEST(test_bad_settings),
		TEST(test_chain),
	};

	return cmocka_run_group_tests_name("signer", tests, NULL, NULL);
}
