/* SPDX-License-Identifier: MIT */
/*
 * tls/credentials: certificates, authorities, revocation lists and
 * Diffie-Hellman parameters of a configuration, from PEM.
 *
 * Everything is parsed and checked before the first change, so that a setter
 * that fails leaves the configuration as it was, and each sentence names the
 * file that is to blame.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gnutls/x509.h>

#include "base/buffer.h"
#include "tls/config.h"
#include "tls/file.h"

#define DH_BITS_MIN 2048

/* PEM text and how to call it in a sentence. */
struct source {
	const char *name;
	gnutls_datum_t pem;
	struct stls_buffer file;
};

static int source_open(struct smtptls_config *config, struct source *source,
		       const char *name)
{
	const unsigned char *ptr;
	const char *cause = "";
	int ret;

	memset(source, 0, sizeof(*source));
	source->name = name;
	ret = stls_file_read(name, &source->file, &cause);
	if (ret < 0) {
		stls_buffer_free(&source->file);
		return stls_config_fail(
			config, ret, "%s: %s", name,
			ret == SMTPTLS_E_NOMEM ? smtptls_strerror(ret) : cause);
	}
	source->pem.size = (unsigned)stls_buffer_peek(&source->file, &ptr);
	source->pem.data = (unsigned char *)ptr;
	return 0;
}

static void source_memory(struct source *source, const char *name,
			  const void *data, size_t len)
{
	memset(source, 0, sizeof(*source));
	source->name = name;
	source->pem.data = (unsigned char *)data;
	source->pem.size = (unsigned)len;
}

static void source_close(struct source *source)
{
	stls_buffer_free(&source->file);
}

/* A GnuTLS error about a source as a sentence; `expected` is what it is not. */
static int source_failed(struct smtptls_config *config,
			 const struct source *source, int ret,
			 const char *expected)
{
	switch (ret) {
	case GNUTLS_E_MEMORY_ERROR:
		return stls_config_fail(config, SMTPTLS_E_NOMEM, "%s: %s",
					source->name, gnutls_strerror(ret));
	case GNUTLS_E_BASE64_UNEXPECTED_HEADER_ERROR:
	case GNUTLS_E_NO_CERTIFICATE_FOUND:
	case GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE:
	case GNUTLS_E_SUCCESS:
		return stls_config_fail(config, SMTPTLS_E_CONFIG,
					"%s: holds no %s in PEM", source->name,
					expected);
	case GNUTLS_E_DECRYPTION_FAILED:
	case GNUTLS_E_PKCS11_PIN_ERROR:
		return stls_config_fail(
			config, SMTPTLS_E_CONFIG,
			"%s: the %s is encrypted; store it without a password",
			source->name, expected);
	default:
		return stls_config_fail(config, SMTPTLS_E_CONFIG,
					"%s: is no valid %s: %s", source->name,
					expected, gnutls_strerror(ret));
	}
}

/* ---- certificate and key ---- */

struct pair {
	gnutls_x509_crt_t *chain;
	unsigned chain_len;
	gnutls_x509_privkey_t key;
};

static void pair_free(struct pair *pair)
{
	unsigned i;

	for (i = 0; i < pair->chain_len; i++)
		gnutls_x509_crt_deinit(pair->chain[i]);
	gnutls_free(pair->chain);
	if (pair->key)
		gnutls_x509_privkey_deinit(pair->key);
}

static int pair_parse(struct smtptls_config *config, struct pair *pair,
		      const struct source *cert, const struct source *key)
{
	int ret;

	ret = gnutls_x509_crt_list_import2(
		&pair->chain, &pair->chain_len, &cert->pem, GNUTLS_X509_FMT_PEM,
		GNUTLS_X509_CRT_LIST_FAIL_IF_UNSORTED);
	if (ret == GNUTLS_E_CERTIFICATE_LIST_UNSORTED)
		return stls_config_fail(
			config, SMTPTLS_E_CONFIG,
			"%s: the certificates are not a chain, leaf first, each"
			" signed by the next",
			cert->name);
	if (ret < 0 || pair->chain_len == 0)
		return source_failed(config, cert, ret, "certificate");
	ret = gnutls_x509_privkey_init(&pair->key);
	if (ret == 0)
		ret = gnutls_x509_privkey_import2(pair->key, &key->pem,
						  GNUTLS_X509_FMT_PEM, NULL, 0);
	/* GnuTLS has other errors for ways of encryption that it lacks. */
	if (ret < 0 && ret != GNUTLS_E_MEMORY_ERROR &&
	    memmem(key->pem.data, key->pem.size, "ENCRYPTED", 9))
		ret = GNUTLS_E_DECRYPTION_FAILED;
	return ret < 0 ? source_failed(config, key, ret, "private key") : 0;
}

static int pair_match(const struct pair *pair)
{
	unsigned char a[STLS_SHA256_SIZE], b[STLS_SHA256_SIZE];
	size_t a_len = sizeof(a), b_len = sizeof(b);

	return gnutls_x509_crt_get_key_id(pair->chain[0],
					  GNUTLS_KEYID_USE_SHA256, a,
					  &a_len) == 0 &&
	       gnutls_x509_privkey_get_key_id(
		       pair->key, GNUTLS_KEYID_USE_SHA256, b, &b_len) == 0 &&
	       a_len == b_len && memcmp(a, b, a_len) == 0;
}

/* A server with an expired certificate still serves those who do not verify. */
static int warn_of_time(struct smtptls_config *config, gnutls_x509_crt_t cert,
			const char *name)
{
	time_t now = time(NULL),
	       when = gnutls_x509_crt_get_expiration_time(cert);
	const char *what = "has expired on";
	char date[32] = "?";
	struct tm tm;

	if (when != (time_t)-1 && when >= now) {
		when = gnutls_x509_crt_get_activation_time(cert);
		if (when == (time_t)-1 || when <= now)
			return 0;
		what = "is not valid before";
	}
	if (gmtime_r(&when, &tm))
		(void)strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S UTC",
			       &tm);
	return stls_config_warn(config, "%s: the certificate %s %s", name, what,
				date);
}

static int add_pair(struct smtptls_config *config, const struct source *cert,
		    const struct source *key)
{
	struct pair pair = { NULL, 0, NULL };
	int ret;

	ret = pair_parse(config, &pair, cert, key);
	if (ret < 0)
		goto out;
	if (!pair_match(&pair)) {
		ret = stls_config_fail(
			config, SMTPTLS_E_CONFIG,
			"%s: the private key does not belong to the certificate"
			" in %s",
			key->name, cert->name);
		goto out;
	}
	ret = warn_of_time(config, pair.chain[0], cert->name);
	if (ret < 0)
		goto out;
	ret = gnutls_certificate_set_x509_key(config->credentials, pair.chain,
					      (int)pair.chain_len, pair.key);
	if (ret < 0)
		ret = source_failed(config, cert, ret, "certificate");
	else
		ret = stls_texts_copy(&config->certificates, cert->name);
out:
	pair_free(&pair);
	return ret < 0 ? ret : 0;
}

int smtptls_config_add_cert_file(struct smtptls_config *config,
				 const char *cert_file, const char *key_file)
{
	struct source cert, key;
	int ret;

	if (!config || !cert_file || !key_file)
		return SMTPTLS_E_ARG;
	if (config->frozen)
		return SMTPTLS_E_STATE;
	ret = source_open(config, &cert, cert_file);
	if (ret < 0)
		return ret;
	ret = source_open(config, &key, key_file);
	if (ret == 0) {
		ret = add_pair(config, &cert, &key);
		source_close(&key);
	}
	source_close(&cert);
	return ret;
}

int smtptls_config_add_cert_mem(struct smtptls_config *config, const void *cert,
				size_t cert_len, const void *key,
				size_t key_len)
{
	struct source cert_source, key_source;

	if (!config || !cert || !key || cert_len > STLS_FILE_MAX ||
	    key_len > STLS_FILE_MAX)
		return SMTPTLS_E_ARG;
	if (config->frozen)
		return SMTPTLS_E_STATE;
	source_memory(&cert_source, "certificate in memory", cert, cert_len);
	source_memory(&key_source, "private key in memory", key, key_len);
	return add_pair(config, &cert_source, &key_source);
}

/* ---- authorities and revocation lists ---- */

static int add_system_trust(struct smtptls_config *config)
{
	int ret;

	ret = gnutls_certificate_set_x509_system_trust(config->credentials);
	if (ret <= 0)
		return stls_config_fail(
			config, SMTPTLS_E_CONFIG,
			"the system's certificate authorities: %s",
			ret < 0 ? gnutls_strerror(ret) : "there are none");
	config->has_authorities = 1;
	stls_config_mix(config, "system trust", "", 0);
	return 0;
}

int smtptls_config_set_ca_file(struct smtptls_config *config,
			       const char *ca_file)
{
	struct source source;
	int ret;

	if (!config)
		return SMTPTLS_E_ARG;
	if (config->frozen)
		return SMTPTLS_E_STATE;
	if (!ca_file)
		return add_system_trust(config);
	ret = source_open(config, &source, ca_file);
	if (ret < 0)
		return ret;
	ret = gnutls_certificate_set_x509_trust_mem(
		config->credentials, &source.pem, GNUTLS_X509_FMT_PEM);
	if (ret <= 0) {
		ret = source_failed(config, &source, ret, "certificate");
	} else {
		config->has_authorities = 1;
		stls_config_mix(config, "authorities", source.pem.data,
				source.pem.size);
		ret = 0;
	}
	source_close(&source);
	return ret;
}

int smtptls_config_set_crl_file(struct smtptls_config *config,
				const char *crl_file)
{
	struct source source;
	int ret;

	if (!config || !crl_file)
		return SMTPTLS_E_ARG;
	if (config->frozen)
		return SMTPTLS_E_STATE;
	ret = source_open(config, &source, crl_file);
	if (ret < 0)
		return ret;
	ret = gnutls_certificate_set_x509_crl_mem(
		config->credentials, &source.pem, GNUTLS_X509_FMT_PEM);
	if (ret <= 0) {
		ret = source_failed(config, &source, ret, "revocation list");
	} else {
		stls_config_mix(config, "revocation", source.pem.data,
				source.pem.size);
		ret = 0;
	}
	source_close(&source);
	return ret;
}

/* ---- Diffie-Hellman parameters ---- */

/* The bits of the prime, or 0. */
static size_t prime_bits(gnutls_dh_params_t params)
{
	gnutls_datum_t prime, generator;
	size_t bits = 0, i;
	unsigned char byte;

	if (gnutls_dh_params_export_raw(params, &prime, &generator, NULL) < 0)
		return 0;
	for (i = 0; i < prime.size && prime.data[i] == 0; i++)
		;
	if (i < prime.size) {
		bits = (prime.size - i - 1) * 8;
		for (byte = prime.data[i]; byte; byte >>= 1)
			bits++;
	}
	gnutls_free(prime.data);
	gnutls_free(generator.data);
	return bits;
}

static int set_dh(struct smtptls_config *config, const struct source *source)
{
	gnutls_dh_params_t params;
	size_t bits;
	int ret;

	ret = gnutls_dh_params_init(&params);
	if (ret < 0)
		return source_failed(config, source, ret,
				     "Diffie-Hellman parameters");
	ret = gnutls_dh_params_import_pkcs3(params, &source->pem,
					    GNUTLS_X509_FMT_PEM);
	if (ret < 0) {
		ret = source_failed(config, source, ret,
				    "Diffie-Hellman parameters");
		goto failed;
	}
	bits = prime_bits(params);
	if (bits < DH_BITS_MIN) {
		ret = stls_config_fail(
			config, SMTPTLS_E_CONFIG,
			"%s: Diffie-Hellman parameters of %zu bits, but at "
			"least %d are needed",
			source->name, bits, DH_BITS_MIN);
		goto failed;
	}
	gnutls_certificate_set_dh_params(config->credentials, params);
	if (config->dh.params)
		gnutls_dh_params_deinit(config->dh.params);
	config->dh.params = params;
	config->dh.bits = (unsigned)bits;
	return 0;

failed:
	gnutls_dh_params_deinit(params);
	return ret;
}

int smtptls_config_set_dh_file(struct smtptls_config *config,
			       const char *dh_file)
{
	struct source source;
	int ret;

	if (!config || !dh_file)
		return SMTPTLS_E_ARG;
	if (config->frozen)
		return SMTPTLS_E_STATE;
	ret = source_open(config, &source, dh_file);
	if (ret < 0)
		return ret;
	ret = set_dh(config, &source);
	source_close(&source);
	return ret;
}
