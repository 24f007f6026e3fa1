/* SPDX-License-Identifier: MIT */
/*
 * stapling: which OCSP responses a server sends, and to whom; what is reported
 * about those that it does not send. OpenSSL makes them, and is the client.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <smtptls.h>

#include "../help/no_memory.h"
#include "../help/ocsp_response.h"
#include "../help/openssl_client.h"
#include "../help/peer.h"
#include "../help/policy_help.h"
#include "../help/testcert.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define HOST	     "mx.example.org"
#define HOUR	     3600L

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static struct chain_cert *ca, *ecdsa, *rsa, *demanding, *for_clients, *other,
	*responder;

static int start(void **state)
{
	const struct chain_spec root = { .cn = "root",
					 .ca = 1,
					 .usage = GNUTLS_KEY_KEY_CERT_SIGN,
					 .key = 1 };
	struct chain_spec leaf = { .cn = HOST,
				   .san = { "dns:" HOST },
				   .key = 2 };

	(void)state;
	ca = chain_issue(&root, NULL);
	ecdsa = chain_issue(&leaf, ca);
	other = chain_issue(&leaf, ca);
	leaf.staple = 1;
	demanding = chain_issue(&leaf, ca);
	leaf.purpose[0] = GNUTLS_KP_TLS_WWW_CLIENT;
	for_clients = chain_issue(&leaf, ca);
	leaf.purpose[0] = NULL;
	leaf.staple = 0;
	leaf.rsa_bits = 2048;
	rsa = chain_issue(&leaf, ca);
	leaf.purpose[0] = GNUTLS_KP_OCSP_SIGNING;
	responder = chain_issue(&leaf, ca);
	return 0;
}

static int end(void **state)
{
	(void)state;
	chain_free(ca);
	chain_free(ecdsa);
	chain_free(rsa);
	chain_free(demanding);
	chain_free(for_clients);
	chain_free(other);
	chain_free(responder);
	(void)chain_end(NULL);
	return 0;
}

/* ---- files ---- */

static const char *file_of(const struct ocsp_spec *spec, gnutls_datum_t *der)
{
	gnutls_datum_t response = ocsp_respond(spec);
	const char *file = testcert_file(response.data, response.size);

	if (der)
		*der = response;
	else
		free(response.data);
	return file;
}

#define RESPONSE(...)                                                          \
	file_of(&(const struct ocsp_spec){ .issuer = ca, __VA_ARGS__ }, NULL)

/* A text exported by GnuTLS, as a string. */
static char *pem(int (*export)(void *, gnutls_x509_crt_fmt_t, gnutls_datum_t *),
		 void *object)
{
	gnutls_datum_t text;
	char *string;

	assert_int_equal(export(object, GNUTLS_X509_FMT_PEM, &text), 0);
	string = strndup((const char *)text.data, text.size);
	assert_non_null(string);
	gnutls_free(text.data);
	return string;
}

static int export_crt(void *object, gnutls_x509_crt_fmt_t format,
		      gnutls_datum_t *out)
{
	return gnutls_x509_crt_export2(object, format, out);
}

static int export_key(void *object, gnutls_x509_crt_fmt_t format,
		      gnutls_datum_t *out)
{
	return gnutls_x509_privkey_export2(object, format, out);
}

/* Followed by its issuer, unless it is alone. */
static void add(struct smtptls_config *config, const struct chain_cert *cert,
		int alone)
{
	char *leaf = pem(export_crt, cert->crt), *issuer,
	     *key = pem(export_key, cert->key);
	const char *chain = leaf;

	issuer = pem(export_crt, ca->crt);
	if (!alone)
		chain = testcert_join(leaf, issuer);
	assert_int_equal(smtptls_config_add_cert_mem(config, chain,
						     strlen(chain), key,
						     strlen(key)),
			 0);
	free(leaf);
	free(issuer);
	free(key);
}

static struct smtptls_config *config_of(const struct chain_cert *cert)
{
	struct smtptls_config *config = policy_config(NULL);

	add(config, cert, 0);
	return config;
}

/* ---- what clients see ---- */

/* In each version; `der` NULL: none is sent. */
static void check(struct smtptls_config *config, struct client_spec spec,
		  const gnutls_datum_t *der)
{
	struct client_result result;
	size_t i;

	for (i = 0; i < COUNT(versions); i++) {
		spec.min = spec.max = versions[i];
		result = client_dial(config, &spec);
		assert_int_equal(result.ok, 1);
		assert_int_equal(result.version, versions[i]);
		assert_int_equal(result.status_len, der ? der->size : 0);
		if (der)
			assert_memory_equal(result.status, der->data,
					    der->size);
	}
}

static void check_asked(struct smtptls_config *config,
			const gnutls_datum_t *der)
{
	check(config, (struct client_spec){ .status = 1 }, der);
}

static void test_sent(void **state)
{
	const struct ocsp_spec spec = { .leaf = ecdsa, .issuer = ca };
	struct smtptls_config *config = config_of(ecdsa);
	gnutls_datum_t der;

	(void)state;
	assert_int_equal(
		smtptls_config_add_ocsp_file(config, file_of(&spec, &der)), 0);
	freeze(config);
	assert_null(smtptls_config_warning(config, 0));
	check_asked(config, &der);
	check(config, (struct client_spec){ .status = 0 }, NULL);
	smtptls_config_unref(config);
	/*
	 * with a priority string of the host's, and added before its
	 * certificate
	 */
	assert_int_equal(smtptls_config_new(&config), 0);
	assert_int_equal(smtptls_config_set_priority(config, "NORMAL"), 0);
	assert_int_equal(smtptls_config_add_ocsp_file(
				 config, testcert_file(der.data, der.size)),
			 0);
	add(config, ecdsa, 0);
	freeze(config);
	check_asked(config, &der);
	smtptls_config_unref(config);
	free(der.data);
}

/* Each certificate with its own. */
static void test_several(void **state)
{
	const struct ocsp_spec first = { .leaf = ecdsa, .issuer = ca },
			       second = { .leaf = rsa, .issuer = ca };
	const struct client_spec by_rsa = { .status = 1,
					    .sigalgs = "rsa_pss_rsae_sha256:"
						       "RSA+SHA256" },
				 by_ecdsa = { .status = 1,
					      .sigalgs = "ECDSA+SHA256" };
	struct smtptls_config *config;
	gnutls_datum_t of_ecdsa, of_rsa;
	int with;

	(void)state;
	for (with = 0; with < 2; with++) {
		config = config_of(ecdsa);
		add(config, rsa, 0);
		assert_int_equal(smtptls_config_add_ocsp_file(
					 config, file_of(&second, &of_rsa)),
				 0);
		of_ecdsa.data = NULL;
		if (with)
			assert_int_equal(
				smtptls_config_add_ocsp_file(
					config, file_of(&first, &of_ecdsa)),
				0);
		freeze(config);
		assert_null(smtptls_config_warning(config, 0));
		check(config, by_rsa, &of_rsa);
		check(config, by_ecdsa, with ? &of_ecdsa : NULL);
		smtptls_config_unref(config);
		free(of_rsa.data);
		free(of_ecdsa.data);
	}
}

/* Of two for the same certificate, the longer one, in either order. */
static void test_longer(void **state)
{
	const struct ocsp_spec spec = {
		.leaf = ecdsa, .issuer = ca, .from = -HOUR, .until = 9 * HOUR
	};
	gnutls_datum_t der;
	const char *lasting = file_of(&spec, &der);
	const char *brief = RESPONSE(.leaf = ecdsa);
	int first;

	(void)state;
	for (first = 0; first < 2; first++) {
		struct smtptls_config *config = config_of(ecdsa);

		assert_int_equal(smtptls_config_add_ocsp_file(
					 config, first ? lasting : brief),
				 0);
		assert_int_equal(smtptls_config_add_ocsp_file(
					 config, first ? brief : lasting),
				 0);
		freeze(config);
		check_asked(config, &der);
		smtptls_config_unref(config);
	}
	free(der.data);
}

/* ---- what is not sent ---- */

static void assert_warning(struct smtptls_config *config, size_t i,
			   const char *file, const char *text)
{
	const char *warning = smtptls_config_warning(config, i);
	size_t len = strlen(file);

	assert_non_null(warning);
	print_message("%s\n", warning);
	assert_memory_equal(warning, file, len);
	assert_memory_equal(warning + len, ": ", 2);
	assert_non_null(strstr(warning, text));
}

static void check_refused(const char *file, const char *text)
{
	struct smtptls_config *config = config_of(ecdsa);

	assert_int_equal(smtptls_config_add_ocsp_file(config, file), 0);
	freeze(config);
	assert_warning(config, 0, file, text);
	assert_null(smtptls_config_warning(config, 1));
	check_asked(config, NULL);
	smtptls_config_unref(config);
}

static void test_refused(void **state)
{
	(void)state;
	check_refused(
		RESPONSE(.leaf = ecdsa, .from = -2 * HOUR, .until = -HOUR),
		"is not sent: it was valid until 20");
	check_refused(RESPONSE(.leaf = ecdsa, .from = HOUR, .until = 2 * HOUR),
		      "is not sent: it is not valid before 20");
	check_refused(RESPONSE(.leaf = other),
		      "is not sent: it does not cover any of the certificates");
	check_refused(
		RESPONSE(.leaf = ecdsa, .status = V_OCSP_CERTSTATUS_REVOKED),
		"is not sent: the certificate was revoked on 20");
	check_refused(
		RESPONSE(.leaf = ecdsa, .status = V_OCSP_CERTSTATUS_UNKNOWN),
		"is not sent: its responder does not know");
	check_refused(RESPONSE(.leaf = ecdsa, .signer = other),
		      "is not sent: it is signed neither");
	check_refused(RESPONSE(.leaf = ecdsa, .signer = responder, .md5 = 1),
		      "is not sent: it is signed with an algorithm");
	check_refused(
		RESPONSE(.leaf = ecdsa, .error = OCSP_RESPONSE_STATUS_TRYLATER),
		"is not sent: the responder has answered with an error");
}

/* The issuer follows the certificate, is an authority, or is unknown. */
static void test_issuer(void **state)
{
	const struct ocsp_spec spec = { .leaf = ecdsa, .issuer = ca };
	gnutls_datum_t der;
	const char *file = file_of(&spec, &der);
	char *issuer = pem(export_crt, ca->crt);
	int known;

	(void)state;
	for (known = 0; known < 2; known++) {
		struct smtptls_config *config = policy_config(NULL);

		add(config, ecdsa, 1);
		if (known)
			assert_int_equal(
				smtptls_config_set_ca_file(
					config, testcert_file_text(issuer)),
				0);
		assert_int_equal(smtptls_config_add_ocsp_file(config, file), 0);
		freeze(config);
		if (!known)
			assert_warning(config, 0, file,
				       "nothing to check its signature with");
		check_asked(config, known ? &der : NULL);
		smtptls_config_unref(config);
	}
	free(issuer);
	free(der.data);
}

/* ---- RFC 7633 ---- */

static void check_demand(const struct chain_cert *cert, const char *file,
			 int warned)
{
	struct smtptls_config *config = config_of(cert);
	const char *text;
	size_t i = 0;

	if (file)
		assert_int_equal(smtptls_config_add_ocsp_file(config, file), 0);
	freeze(config);
	while ((text = smtptls_config_warning(config, i)) &&
	       !strstr(text, "demands an OCSP status (must-staple), and none "
			     "is sent"))
		i++;
	assert_int_equal(text != NULL, warned);
	smtptls_config_unref(config);
}

static void test_demand(void **state)
{
	(void)state;
	check_demand(demanding, NULL, 1);
	check_demand(demanding, RESPONSE(.leaf = demanding), 0);
	check_demand(demanding, RESPONSE(.leaf = ecdsa), 1);
	check_demand(demanding,
		     RESPONSE(.leaf = demanding, .from = -2, .until = -1), 1);
	check_demand(ecdsa, NULL, 0);
	check_demand(for_clients, NULL, 0);
}

/* ---- the library's own client ---- */

static struct smtptls_config *trusting(void)
{
	struct smtptls_config *config = policy_config(NULL);
	char *issuer = pem(export_crt, ca->crt);

	assert_int_equal(
		smtptls_config_set_ca_file(config, testcert_file_text(issuer)),
		0);
	free(issuer);
	freeze(config);
	return config;
}

/* One session, which saves or offers `bytes`; returns 1 if it was resumed. */
static int session(struct smtptls_config *server, struct smtptls_config *client,
		   unsigned char *bytes, ssize_t *len)
{
	struct smtptls_conn *a =
		peer_conn(smtptls_config_ref(server), SMTPTLS_SERVER);
	struct smtptls_conn *b =
		peer_conn(smtptls_config_ref(client), SMTPTLS_CLIENT);
	int resumed;

	assert_int_equal(smtptls_conn_set_verify(b, SMTPTLS_VERIFY_CA), 0);
	assert_int_equal(smtptls_conn_set_peer(b, HOST), 0);
	if (*len > 0)
		assert_int_equal(
			smtptls_conn_set_session(b, bytes, (size_t)*len), 0);
	assert_int_equal(smtptls_conn_start_tls(a, 0), 0);
	assert_int_equal(smtptls_conn_start_tls(b, 0), 0);
	host_join(a, b);
	assert_int_equal(smtptls_conn_error(b, NULL), 0);
	assert_int_equal(host_info(b).verify, 1);
	resumed = host_info(b).resumed;
	assert_int_equal(smtptls_conn_write(a, "220\r\n", 5), 5);
	host_join(a, b);
	assert_true(host_reads(b, "220\r\n"));
	*len = smtptls_conn_get_session(b, bytes, SMTPTLS_SESSION_MAX);
	assert_true(*len > 0);
	smtptls_conn_free(a);
	smtptls_conn_free(b);
	return resumed;
}

/* A resumed session has the status of the original session. */
static void test_resumed(void **state)
{
	static unsigned char bytes[SMTPTLS_SESSION_MAX];
	struct smtptls_config *server = config_of(demanding);
	struct smtptls_config *client = trusting();
	ssize_t len = 0;

	(void)state;
	assert_int_equal(smtptls_config_add_ocsp_file(
				 server, RESPONSE(.leaf = demanding)),
			 0);
	freeze(server);
	assert_int_equal(session(server, client, bytes, &len), 0);
	assert_int_equal(session(server, client, bytes, &len), 1);
	smtptls_config_unref(server);
	smtptls_config_unref(client);
}

/* ---- a configuration chosen by name ---- */

static struct smtptls_config *choose(const char *name, void *arg)
{
	(void)name;
	return smtptls_config_ref(arg);
}

static void test_sni(void **state)
{
	const struct ocsp_spec spec = { .leaf = other, .issuer = ca },
			       usual = { .leaf = ecdsa, .issuer = ca };
	const struct client_spec asks = { .status = 1, .sni = HOST },
				 without = { .status = 1 };
	struct smtptls_config *config = config_of(ecdsa),
			      *chosen = config_of(other);
	gnutls_datum_t der, usual_der;

	(void)state;
	assert_int_equal(
		smtptls_config_add_ocsp_file(chosen, file_of(&spec, &der)), 0);
	freeze(chosen);
	assert_int_equal(smtptls_config_add_ocsp_file(
				 config, file_of(&usual, &usual_der)),
			 0);
	assert_int_equal(smtptls_config_set_sni(config, choose, chosen), 0);
	freeze(config);
	check(config, asks, &der);
	check(config, without, &usual_der);
	smtptls_config_unref(config);
	smtptls_config_unref(chosen);
	free(der.data);
	free(usual_der.data);
}

/* ---- files that are not responses ---- */

static void check_error(struct smtptls_config *config, const char *file,
			int error, const char *text)
{
	assert_int_equal(smtptls_config_add_ocsp_file(config, file), error);
	assert_memory_equal(smtptls_config_error(config), file, strlen(file));
	assert_non_null(strstr(smtptls_config_error(config), text));
}

static void test_errors(void **state)
{
	static unsigned char large[32 * 1024 + 1];
	struct smtptls_config *config = config_of(ecdsa);
	const char *good = RESPONSE(.leaf = ecdsa);

	(void)state;
	assert_int_equal(smtptls_config_add_ocsp_file(NULL, good),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_config_add_ocsp_file(config, NULL),
			 SMTPTLS_E_ARG);
	check_error(config, "/nonexistent/ocsp", SMTPTLS_E_CONFIG, "");
	check_error(config, testcert_file("", 0), SMTPTLS_E_CONFIG, "");
	check_error(config, testcert_file(large, sizeof(large)),
		    SMTPTLS_E_LIMIT,
		    "32769 bytes, but an OCSP response must not have more than "
		    "32768");
	check_error(config, testcert_file(large, sizeof(large) - 1),
		    SMTPTLS_E_CONFIG, "is not an OCSP response in DER");
	check_error(config, testcert_file_text("0\202"), SMTPTLS_E_CONFIG,
		    "is not an OCSP response in DER");
	freeze(config);
	assert_null(smtptls_config_warning(config, 0));
	assert_int_equal(smtptls_config_add_ocsp_file(config, good),
			 SMTPTLS_E_STATE);
	smtptls_config_unref(config);
}

/* Wherever memory runs out, a later call succeeds and sends the response. */
static void test_no_memory(void **state)
{
	const struct ocsp_spec spec = { .leaf = ecdsa, .issuer = ca };
	gnutls_datum_t der;
	const char *file = file_of(&spec, &der);
	struct smtptls_config *config = config_of(ecdsa);
	int n, ret = SMTPTLS_E_NOMEM;

	(void)state;
	for (n = 0; ret == SMTPTLS_E_NOMEM; n++) {
		allocations_left = n;
		ret = smtptls_config_add_ocsp_file(config, file);
		allocations_left = -1;
	}
	assert_int_equal(ret, 0);
	assert_in_range(n, 3, 100);
	for (n = 0, ret = SMTPTLS_E_NOMEM; ret == SMTPTLS_E_NOMEM; n++) {
		allocations_left = n;
		ret = smtptls_config_freeze(config);
		allocations_left = -1;
	}
	assert_int_equal(ret, 0);
	assert_null(smtptls_config_warning(config, 0));
	check_asked(config, &der);
	smtptls_config_unref(config);
	free(der.data);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sent),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_longer),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_issuer),
		cmocka_unit_test(test_demand),
		cmocka_unit_test(test_resumed),
		cmocka_unit_test(test_sni),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests_name("stapling", tests, start, end);
}
