/* SPDX-License-Identifier: MIT */
/*
 * token: PKCS#11 URLs instead of files. The three GnuTLS functions that access
 * a token are replaced here; tests/interop/keys.py uses a real one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <gnutls/abstract.h>
#include <gnutls/x509.h>

#include "../help/config_help.h"
#include "../help/peer.h"
#include "x509/token.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TEST(name)   cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define URL	     "pkcs11:token=mx;object=mx"
#define KEY_URL	     URL "?pin-value=1234"

/* What the token holds, and how it answers. */
static struct {
	const char *pem;
	int error;
	int pin_per_signature;
	int opened; /* how often a key was opened */
	gnutls_pin_callback_t ask;
	void *arg;
} token;

int __wrap_gnutls_privkey_import_url(gnutls_privkey_t key, const char *url,
				     unsigned flags);
void __wrap_gnutls_privkey_set_pin_function(gnutls_privkey_t key,
					    gnutls_pin_callback_t ask,
					    void *arg);
int __wrap_gnutls_x509_crt_list_import_url(gnutls_x509_crt_t **crt,
					   unsigned *count, const char *url,
					   gnutls_pin_callback_t ask, void *arg,
					   unsigned flags);

/* A key that asks for the PIN again, and no longer signs without one. */
static int sign_with_pin(gnutls_privkey_t key,
			 gnutls_sign_algorithm_t algorithm, void *userdata,
			 unsigned flags, const gnutls_datum_t *hash,
			 gnutls_datum_t *signature)
{
	char pin[32];

	(void)key;
	(void)algorithm;
	(void)userdata;
	(void)flags;
	(void)hash;
	(void)signature;
	assert_int_equal(token.ask(token.arg, 0, "pkcs11:token=mx", "mx",
				   GNUTLS_PIN_CONTEXT_SPECIFIC, pin,
				   sizeof(pin)),
			 GNUTLS_E_PKCS11_PIN_ERROR);
	return GNUTLS_E_PKCS11_ERROR;
}

static int tell_ecdsa(gnutls_privkey_t key, unsigned flags, void *userdata)
{
	(void)key;
	(void)userdata;
	if (flags & GNUTLS_PRIVKEY_INFO_PK_ALGO)
		return GNUTLS_PK_ECDSA;
	return flags & GNUTLS_PRIVKEY_INFO_PK_ALGO_BITS ? 256 : 1;
}

int __wrap_gnutls_privkey_import_url(gnutls_privkey_t key, const char *url,
				     unsigned flags)
{
	gnutls_datum_t pem = { (unsigned char *)token.pem,
			       (unsigned)strlen(token.pem) };

	(void)flags;
	assert_memory_equal(url, URL, strlen(URL));
	if (token.error)
		return token.error;
	token.opened++;
	if (token.pin_per_signature)
		return gnutls_privkey_import_ext4(key, NULL, NULL,
						  sign_with_pin, NULL, NULL,
						  tell_ecdsa, 0);
	return gnutls_privkey_import_x509_raw(key, &pem, GNUTLS_X509_FMT_PEM,
					      NULL, 0);
}

void __wrap_gnutls_privkey_set_pin_function(gnutls_privkey_t key,
					    gnutls_pin_callback_t ask,
					    void *arg)
{
	(void)key;
	token.ask = ask;
	token.arg = arg;
}

int __wrap_gnutls_x509_crt_list_import_url(gnutls_x509_crt_t **crt,
					   unsigned *count, const char *url,
					   gnutls_pin_callback_t ask, void *arg,
					   unsigned flags)
{
	gnutls_datum_t pem = { (unsigned char *)token.pem,
			       (unsigned)strlen(token.pem) };

	(void)flags;
	token.ask = ask;
	token.arg = arg;
	assert_memory_equal(url, URL, strlen(URL));
	return token.error ? token.error
			   : gnutls_x509_crt_list_import2(
				     crt, count, &pem, GNUTLS_X509_FMT_PEM, 0);
}

static const struct testcert *rsa_server(void)
{
	return testcert_server(usual_ca(), TESTCERT_RSA, "mx.example.org");
}

/* Certificate and key in one PEM, stored on the token. */
static void hold(const struct testcert *cert)
{
	memset(&token, 0, sizeof(token));
	token.pem = testcert_join(cert->key, cert->cert);
}

static int meet(struct smtptls_config *config, const char *priority)
{
	struct peer *client = peer_client(priority, NULL);
	struct smtptls_conn *conn;
	int result;

	conn = peer_conn(smtptls_config_ref(config), SMTPTLS_SERVER);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	peer_run(client, conn);
	result = client->result;
	smtptls_conn_free(conn);
	peer_free(client);
	return result;
}

static void test_urls(void **state)
{
	static const char *const shown[][2] = {
		{ URL, URL },
		{ KEY_URL, URL },
		{ URL "?pin-value=12;34", URL },
		{ URL "?pin- value=1234", URL },
		{ URL "?module-name=x&pin-value=1234", URL },
		{ URL "?pin-source=file:/pin", URL },
		/* among the other attributes */
		{ URL ";pin-value=1234", URL ";" },
		{ URL ";p in-value=1234;id=1", URL ";" },
		{ URL "; pin-value=1234", URL ";" },
		{ URL ";PIN-VALUE=1234", URL ";" },
		{ URL "&pin-value=1234", URL "&" },
		{ URL "&\tpin-value=1234", URL "&" },
		{ URL ";id=%01;type=private?", URL ";id=%01;type=private" },
		{ URL "&P;id=1", URL "&" },
	};
	char text[64], small[sizeof(URL)];
	size_t i;

	(void)state;
	assert_true(stls_is_token_url("pkcs11:"));
	assert_false(stls_is_token_url("pkcs11"));
	assert_false(stls_is_token_url("/pkcs11:"));
	for (i = 0; i < COUNT(shown); i++) {
		stls_token_url_show(shown[i][0], text, sizeof(text));
		assert_string_equal(text, shown[i][1]);
		/* no space for the rest */
		stls_token_url_show(shown[i][0], small, sizeof(small));
		assert_string_equal(small, URL);
	}
	stls_token_url_show("pkcs11:pin-value=1234", text, sizeof(text));
	assert_string_equal(text, "pkcs11:");
	stls_token_url_show("pkcs11:", text, sizeof(text));
	assert_string_equal(text, "pkcs11:");
}

/* Every combination of a file and a URL works. */
static void test_pairs(void **state)
{
	const struct testcert *certs[] = { usual_server(), rsa_server() };
	struct smtptls_config *config;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(certs); i++) {
		const char *pairs[][2] = { { certs[i]->file, KEY_URL },
					   { URL, certs[i]->file },
					   { URL, KEY_URL } };
		size_t j;

		for (j = 0; j < COUNT(pairs); j++) {
			hold(certs[i]);
			config = new_config();
			assert_int_equal(
				smtptls_config_add_cert_file(
					config, pairs[j][0], pairs[j][1]),
				0);
			assert_int_equal(smtptls_config_freeze(config), 0);
			assert_int_equal(meet(config, PEER_TLS12), 0);
			assert_int_equal(meet(config, PEER_TLS13), 0);
			assert_int_equal(token.opened, j != 1);
			smtptls_config_unref(config);
		}
	}
}

/* With several certificates, its key is opened again, for itself alone. */
static void test_several(void **state)
{
	struct smtptls_config *config = *state;

	hold(rsa_server());
	assert_int_equal(smtptls_config_add_cert_file(config,
						      usual_server()->file,
						      usual_server()->file),
			 0);
	assert_int_equal(smtptls_config_add_cert_file(
				 config, rsa_server()->file, KEY_URL),
			 0);
	assert_int_equal(token.opened, 1);
	assert_int_equal(smtptls_config_freeze(config), 0);
	assert_int_equal(token.opened, 2);
	assert_int_equal(meet(config, PEER_TLS12 ":-SIGN-ALL:+SIGN-RSA-SHA256"),
			 0);
	assert_int_equal(
		meet(config, PEER_TLS13 ":-SIGN-ALL:+SIGN-RSA-PSS-RSAE-SHA256"),
		0);
	assert_int_equal(meet(config, PEER_TLS13), 0);
}

static void refuse(struct smtptls_config *config, const char *cert,
		   const char *key, const char *sentence)
{
	struct picture before = look(config);

	assert_int_equal(smtptls_config_add_cert_file(config, cert, key),
			 SMTPTLS_E_CONFIG);
	assert_string_equal(smtptls_config_error(config), sentence);
	assert_unchanged(config, &before);
	assert_int_equal(config->external.count, 0);
}

static void test_refused(void **state)
{
	static const struct {
		int error;
		const char *cause;
	} causes[] = {
		{ GNUTLS_E_UNIMPLEMENTED_FEATURE,
		  ": this GnuTLS was built without PKCS#11" },
		{ GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE,
		  ": there is no such token, or it holds no such object" },
		{ GNUTLS_E_PKCS11_REQUESTED_OBJECT_NOT_AVAILBLE,
		  ": there is no such token, or it holds no such object" },
		{ GNUTLS_E_PKCS11_PIN_ERROR,
		  ": the token's PIN is missing or wrong" },
		{ GNUTLS_E_PKCS11_PIN_LOCKED, ": PKCS #11 PIN locked" },
	};
	struct smtptls_config *config = *state;
	const char *file = usual_server()->file;
	size_t i;

	hold(usual_server());
	for (i = 0; i < COUNT(causes); i++) {
		token.error = causes[i].error;
		refuse(config, file, KEY_URL,
		       testcert_join(URL, causes[i].cause));
		refuse(config, URL, file, testcert_join(URL, causes[i].cause));
	}
	hold(testcert_server(usual_ca(), TESTCERT_ECDSA, "b.example.org"));
	refuse(config, file, KEY_URL,
	       testcert_join(URL ": the private key does not belong to the "
				 "first certificate in ",
			     file));
	hold(rsa_server());
	assert_int_equal(smtptls_config_add_cert_file(config, file, KEY_URL),
			 SMTPTLS_E_CONFIG);
}

/* ---- the PIN ---- */

static int asked;

static int answer(const char *name, char *buf, size_t size, void *arg)
{
	asked++;
	assert_string_equal(name, "pkcs11:token=mx");
	assert_true(size > 4);
	memcpy(buf, arg, strlen(arg));
	return (int)strlen(arg);
}

static int ask(int attempt, char *pin, size_t size)
{
	return token.ask(token.arg, attempt, "pkcs11:token=mx", "mx",
			 GNUTLS_PIN_USER, pin, size);
}

static void test_pin(void **state)
{
	struct smtptls_config *config = *state;
	char pin[32] = "";

	asked = 0;
	hold(usual_server());
	/* without a callback of the host's, GnuTLS asks in its own way */
	assert_int_equal(smtptls_config_add_cert_file(config, URL, URL), 0);
	assert_null(token.ask);
	assert_int_equal(
		smtptls_config_set_passphrase(config, answer, (void *)"1234"),
		0);
	assert_int_equal(smtptls_config_add_cert_file(config, URL, URL), 0);
	assert_non_null(token.ask);
	assert_int_equal(ask(0, pin, sizeof(pin)), 0);
	assert_string_equal(pin, "1234");
	assert_int_equal(asked, 1);
	/* the buffer is too small */
	assert_int_equal(ask(0, pin, 4), GNUTLS_E_PKCS11_PIN_ERROR);
	assert_int_equal(ask(0, pin, 5), 0);
	assert_int_equal(asked, 3);
	/* again: the first was wrong, and the token may count attempts */
	assert_int_equal(ask(1, pin, sizeof(pin)), GNUTLS_E_PKCS11_PIN_ERROR);
	assert_int_equal(asked, 3);
	/* during a handshake */
	assert_int_equal(smtptls_config_freeze(config), 0);
	assert_int_equal(ask(0, pin, sizeof(pin)), GNUTLS_E_PKCS11_PIN_ERROR);
	assert_int_equal(asked, 3);
}

/*
 * The host cannot be asked at each signature, in handshakes: the key is
 * refused.
 */
static void test_pin_per_signature(void **state)
{
	static const char sentence[] =
		": the token asks for the PIN at each signature: give it in "
		"the URL, as pin-source or pin-value";
	struct smtptls_config *config = *state;
	const char *file = usual_server()->file;

	asked = 0;
	hold(usual_server());
	assert_int_equal(
		smtptls_config_set_passphrase(config, answer, (void *)"1234"),
		0);
	token.pin_per_signature = 1;
	refuse(config, file, URL, testcert_join(URL, sentence));
	/* this message is only for such a key */
	token.pin_per_signature = 0;
	token.error = GNUTLS_E_PKCS11_ERROR;
	refuse(config, file, URL, URL ": PKCS #11 error");
	assert_int_equal(asked, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_urls),    TEST(test_pairs),
		TEST(test_several), TEST(test_refused),
		TEST(test_pin),	    TEST(test_pin_per_signature),
	};

	return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
