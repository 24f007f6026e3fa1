/* SPDX-License-Identifier: MIT */
/*
 * hook_help: see hook_help.h. Certificates that testcert does not offer are
 * made here, by OpenSSL.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "hook_help.h"
#include "testcert.h"

static char *text_of(BIO *bio)
{
	char *data, *copy;
	long len = BIO_get_mem_data(bio, &data);

	copy = strndup(data, (size_t)len);
	assert_non_null(copy);
	BIO_free(bio);
	return copy;
}

static void add_made(struct smtptls_config *config, int kind)
{
	EVP_PKEY *key =
		kind == CERT_P384 ? EVP_EC_gen("P-384") : EVP_RSA_gen(2048);
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);
	BIO *bio = BIO_new(BIO_s_mem());
	X509_EXTENSION *usage;
	char *cert_pem, *key_pem;

	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 7);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
				   (const unsigned char *)"mx.example.org", -1,
				   -1, 0);
	X509_set_issuer_name(cert, name);
	X509_set_pubkey(cert, key);
	usage = X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage,
				    "critical,digitalSignature");
	X509_add_ext(cert, usage, -1);
	X509_EXTENSION_free(usage);
	assert_true(X509_sign(cert, key, EVP_sha384()) > 0);
	PEM_write_bio_X509(bio, cert);
	cert_pem = text_of(bio);
	bio = BIO_new(BIO_s_mem());
	PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
	key_pem = text_of(bio);
	assert_int_equal(smtptls_config_add_cert_mem(config, cert_pem,
						     strlen(cert_pem), key_pem,
						     strlen(key_pem)),
			 0);
	free(cert_pem);
	free(key_pem);
	X509_free(cert);
	EVP_PKEY_free(key);
}

struct smtptls_config *hook_config(const struct smtptls_policy_spec *spec,
				   int certs)
{
	struct smtptls_config *config = policy_config(spec);

	if (certs & CERT_RSA)
		add_server(config, TESTCERT_RSA, "mx.example.org");
	if (certs & CERT_ECDSA)
		add_server(config, TESTCERT_ECDSA, "mx.example.org");
	if (certs & CERT_P384)
		add_made(config, CERT_P384);
	if (certs & CERT_SIGN_ONLY)
		add_made(config, CERT_SIGN_ONLY);
	freeze(config);
	return config;
}

struct client_result meet(const struct smtptls_policy_spec *server, int certs,
			  const struct client_spec *client)
{
	struct smtptls_config *config = hook_config(server, certs);
	struct client_result result = client_dial(config, client);

	smtptls_config_unref(config);
	return result;
}
