/* SPDX-License-Identifier: MIT */
/*
 * passphrase: encrypted private keys, and how the host is asked for their
 * passphrase. Keys as written by OpenSSL are tested in tests/interop/keys.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <gnutls/x509.h>

#include "../help/config_help.h"
#include "../help/peer.h"
#include "../help/policy_help.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TEST(name)   cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* What a host answers, and how often it was asked. */
struct host {
	const char *text;
	int len;	  /* if other than the text's */
	const char *name; /* the key to be named */
	int asked;
	char *buf;
	size_t size;
};

static int answer(const char *name, char *buf, size_t size, void *arg)
{
	struct host *host = arg;

	host->asked++;
	host->buf = buf;
	host->size = size;
	assert_string_equal(name, host->name);
	assert_true(size >= 128);
	if (!host->text)
		return -1;
	memcpy(buf, host->text, strlen(host->text));
	return host->len ? host->len : (int)strlen(host->text);
}

static const char *encrypted_key(const struct testcert *cert, int flags)
{
	gnutls_datum_t pem = { (unsigned char *)cert->key,
			       (unsigned)strlen(cert->key) };
	gnutls_datum_t out;
	gnutls_x509_privkey_t key;
	const char *file;

	assert_int_equal(gnutls_x509_privkey_init(&key), 0);
	assert_int_equal(
		gnutls_x509_privkey_import(key, &pem, GNUTLS_X509_FMT_PEM), 0);
	assert_int_equal(gnutls_x509_privkey_export2_pkcs8(
				 key, GNUTLS_X509_FMT_PEM, "password",
				 (unsigned)flags, &out),
			 0);
	gnutls_x509_privkey_deinit(key);
	file = testcert_file(out.data, out.size);
	gnutls_free(out.data);
	return file;
}

static void refuse(struct smtptls_config *config, const char *key,
		   const char *cause)
{
	struct picture before = look(config);

	assert_int_equal(
		smtptls_config_add_cert_file(config, usual_server()->file, key),
		SMTPTLS_E_CONFIG);
	assert_sentence(smtptls_config_error(config), key, cause);
	assert_unchanged(config, &before);
}

static const int kinds[] = { GNUTLS_PKCS_PBES2_AES_128,
			     GNUTLS_PKCS_PBES2_AES_256, GNUTLS_PKCS_PBES2_3DES,
			     GNUTLS_PKCS_PKCS12_3DES };

/* With each way that GnuTLS encrypts; the key then works. */
static void test_opened(void **state)
{
	struct smtptls_config *config = *state;
	const struct testcert *rsa;
	struct host host = { .text = "password" };
	size_t i;

	assert_int_equal(smtptls_config_set_passphrase(config, answer, &host),
			 0);
	for (i = 0; i < COUNT(kinds); i++) {
		host.name = encrypted_key(usual_server(), kinds[i]);
		assert_int_equal(
			smtptls_config_add_cert_file(
				config, usual_server()->file, host.name),
			0);
		assert_int_equal(host.asked, (int)i + 1);
	}
	rsa = testcert_server(usual_ca(), TESTCERT_RSA, "mx.example.org");
	host.name = encrypted_key(rsa, GNUTLS_PKCS_PBES2_AES_256);
	assert_int_equal(
		smtptls_config_add_cert_file(config, rsa->file, host.name), 0);
	assert_int_equal(count_chains(config), (int)COUNT(kinds) + 1);
	assert_int_equal(smtptls_config_freeze(config), 0);
	assert_int_equal(host.asked, (int)COUNT(kinds) + 1);
	assert_string_equal(smtptls_config_error(config), "");
}

/* It is not asked during a handshake, nor for a key that is not encrypted. */
static void test_asked_at_load_alone(void **state)
{
	struct smtptls_config *config = *state;
	struct peer *client = peer_client(PEER_TLS13, NULL);
	struct host host = { .text = "password" };
	struct smtptls_conn *conn;

	assert_int_equal(smtptls_config_set_passphrase(config, answer, &host),
			 0);
	assert_int_equal(smtptls_config_add_cert_file(config,
						      usual_server()->file,
						      usual_server()->file),
			 0);
	assert_int_equal(host.asked, 0);
	host.name = encrypted_key(usual_server(), kinds[0]);
	assert_int_equal(smtptls_config_add_cert_file(
				 config, usual_server()->file, host.name),
			 0);
	assert_int_equal(smtptls_config_freeze(config), 0);
	conn = peer_conn(smtptls_config_ref(config), SMTPTLS_SERVER);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	peer_run(client, conn);
	assert_int_equal(client->result, 0);
	assert_int_equal(host.asked, 1);
	smtptls_conn_free(conn);
	peer_free(client);
}

static void test_memory(void **state)
{
	struct smtptls_config *config = *state;
	const struct testcert *server = usual_server();
	struct host host = { .text = "password",
			     .name = "private key in memory" };
	gnutls_datum_t pem;

	assert_int_equal(
		gnutls_load_file(encrypted_key(server, kinds[0]), &pem), 0);
	assert_int_equal(smtptls_config_set_passphrase(config, answer, &host),
			 0);
	assert_int_equal(smtptls_config_add_cert_mem(config, server->cert,
						     strlen(server->cert),
						     pem.data, pem.size),
			 0);
	assert_int_equal(host.asked, 1);
	gnutls_free(pem.data);
}

static void test_refused(void **state)
{
	static const char wrong[] =
		": the private key cannot be decrypted: its passphrase is "
		"wrong, or GnuTLS does not know its encryption, or it is "
		"damaged";
	static const char none[] = ": the private key is encrypted, and no "
				   "passphrase was given";
	struct smtptls_config *config = *state;
	struct host host = { .text = "Password" };
	size_t i;

	assert_int_equal(smtptls_config_set_passphrase(config, answer, &host),
			 0);
	for (i = 0; i < COUNT(kinds); i++) {
		host.name = encrypted_key(usual_server(), kinds[i]);
		refuse(config, host.name, wrong);
		assert_int_equal(host.asked, (int)i + 1);
	}
	host.text = "";
	refuse(config, host.name, wrong);
	host.text = NULL;
	refuse(config, host.name, none);
	/* with a NUL in it, and longer than the buffer */
	host.text = "password";
	host.len = 9;
	refuse(config, host.name, none);
	host.len = (int)host.size + 1;
	refuse(config, host.name, none);
	host.len = 8;
	assert_int_equal(smtptls_config_add_cert_file(
				 config, usual_server()->file, host.name),
			 0);
	/* the key of another certificate */
	host.name = encrypted_key(
		testcert_server(usual_ca(), TESTCERT_ECDSA, "b.example.org"),
		kinds[0]);
	refuse(config, host.name,
	       testcert_join(": the private key does not belong to the "
			     "certificate in ",
			     usual_server()->file));
}

/* An incomplete key is damaged, whatever the passphrase is. */
static void test_half_written(void **state)
{
	struct smtptls_config *config = *state;
	struct host host = { .text = "password" };
	gnutls_datum_t pem;

	host.name = encrypted_key(usual_server(), kinds[0]);
	assert_int_equal(gnutls_load_file(host.name, &pem), 0);
	host.name = testcert_file(pem.data, pem.size / 2);
	gnutls_free(pem.data);
	assert_int_equal(smtptls_config_set_passphrase(config, answer, &host),
			 0);
	refuse(config, host.name, ", or it is damaged");
}

static void test_nobody_to_ask(void **state)
{
	static const char cause[] = ": the private key is encrypted; give its "
				    "passphrase, or store it without one";
	struct smtptls_config *config = *state;
	struct host host = { .text = "password" };
	const char *bad = encrypted_key(usual_server(), kinds[0]);

	refuse(config, bad, cause);
	/* OpenSSL's old format, and one that GnuTLS cannot decrypt */
	bad = testcert_file_text("-----BEGIN EC PRIVATE KEY-----\n"
				 "Proc-Type: 4,ENCRYPTED\n"
				 "DEK-Info: AES-128-CBC,"
				 "0102030405060708090A0B0C0D0E0F10\n\n"
				 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
				 "\n-----END EC PRIVATE KEY-----\n");
	refuse(config, bad, cause);
	bad = testcert_file_text("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
				 "MAYwBAYCKgMEAA==\n"
				 "-----END ENCRYPTED PRIVATE KEY-----\n");
	refuse(config, bad, cause);
	/* nor after the callback was removed */
	assert_int_equal(smtptls_config_set_passphrase(config, answer, &host),
			 0);
	assert_int_equal(smtptls_config_set_passphrase(config, NULL, NULL), 0);
	refuse(config, bad, cause);
	assert_int_equal(host.asked, 0);
}

static void test_setter(void **state)
{
	struct smtptls_config *config = *state;

	assert_int_equal(smtptls_config_set_passphrase(NULL, answer, NULL),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_config_freeze(config), 0);
	assert_int_equal(smtptls_config_set_passphrase(config, answer, NULL),
			 SMTPTLS_E_STATE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_opened),	 TEST(test_asked_at_load_alone),
		TEST(test_memory),	 TEST(test_refused),
		TEST(test_half_written), TEST(test_nobody_to_ask),
		TEST(test_setter),
	};

	return cmocka_run_group_tests_name("passphrase", tests, NULL, NULL);
}
