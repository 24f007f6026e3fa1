/* SPDX-License-Identifier: MIT */
/*
 * tls/credentials: a configuration's certificates, authorities, revocation
 * lists and Diffie-Hellman parameters, from PEM.
 *
 * Everything is parsed and checked before the first change, so a setter that
 * fails leaves the configuration as it was, and each sentence names the file at
 * fault.
 */
#include <string.h>

#include <gnutls/x509.h>

#include "tls/config.h"
#include "tls/external_cert.h"
#include "tls/file.h"
#include "tls/passphrase.h"
#include "tls/source.h"
#include "x509/own_chain.h"
#include "x509/token.h"

#define DH_BITS_MIN 2048

/* ---- certificate and key ---- */

/* As stls_own_chain_read(); asks the host for the passphrase, if needed. */
static int read_chain(struct smtptls_config *config,
		      struct stls_own_chain *chain,
		      const struct stls_source *cert,
		      const struct stls_source *key, int *ret)
{
	char passphrase[STLS_PASSPHRASE_SIZE];
	int fault;

	fault = stls_own_chain_read(chain, &cert->pem, &key->pem, NULL, ret);
	if (fault != STLS_OWN_CHAIN_KEY || *ret != GNUTLS_E_DECRYPTION_FAILED ||
	    !config->passphrase)
		return fault;
	if (stls_passphrase_ask(config, key->name, passphrase) == 0) {
		stls_own_chain_free(chain);
		memset(chain, 0, sizeof(*chain));
		fault = stls_own_chain_read(chain, &cert->pem, &key->pem,
					    passphrase, ret);
	} else {
		*ret = GNUTLS_E_PKCS11_PIN_ERROR;
	}
	explicit_bzero(passphrase, sizeof(passphrase));
	return fault;
}

static int add_pair(struct smtptls_config *config,
		    const struct stls_source *cert,
		    const struct stls_source *key)
{
	struct stls_own_chain chain = { 0 };
	size_t warnings = config->warnings.count;
	int fault, ret;

	fault = read_chain(config, &chain, cert, key, &ret);
	if (fault) {
		ret = stls_source_chain_failed(config, cert, key, fault, ret);
		goto out;
	}
	ret = stls_source_warn(config, cert, key, &chain);
	if (ret == 0)
		ret = stls_texts_copy(&config->certificates, cert->name);
	if (ret < 0)
		goto failed;
	ret = gnutls_certificate_set_x509_key(config->credentials, chain.cert,
					      (int)chain.len, chain.key);
	if (ret >= 0) {
		ret = 0;
		goto out;
	}
	stls_texts_cut(&config->certificates, config->certificates.count - 1);
	ret = stls_source_failed(config, cert, ret, "certificate");
failed:
	stls_texts_cut(&config->warnings, warnings);
out:
	stls_own_chain_free(&chain);
	return ret;
}

int smtptls_config_add_cert_file(struct smtptls_config *config,
				 const char *cert_file, const char *key_file)
{
	struct stls_source cert, key;
	int ret;

	if (!config || !cert_file || !key_file)
		return SMTPTLS_E_ARG;
	if (config->frozen)
		return SMTPTLS_E_STATE;
	ret = stls_source_open(config, &cert, cert_file);
	if (ret < 0)
		return ret;
	if (stls_is_token_url(key_file)) {
		ret = stls_external_cert_add_token(config, &cert, key_file);
		goto out;
	}
	ret = stls_source_open(config, &key, key_file);
	if (ret == 0) {
		ret = add_pair(config, &cert, &key);
		stls_source_close(&key);
	}
out:
	stls_source_close(&cert);
	return ret;
}

int smtptls_config_add_cert_mem(struct smtptls_config *config, const void *cert,
				size_t cert_len, const void *key,
				size_t key_len)
{
	struct stls_source cert_source, key_source;

	if (!config || !cert || !key || cert_len > STLS_FILE_MAX ||
	    key_len > STLS_FILE_MAX)
		return SMTPTLS_E_ARG;
	if (config->frozen)
		return SMTPTLS_E_STATE;
	stls_source_memory(&cert_source, "certificate in memory", cert,
			   cert_len);
	stls_source_memory(&key_source, "private key in memory", key, key_len);
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
	config->has_authorities = config->has_system_authorities = 1;
	stls_config_mix(config, "system trust", "", 0);
	return 0;
}

int smtptls_config_set_ca_file(struct smtptls_config *config,
			       const char *ca_file)
{
	struct stls_source source;
	int ret;

	if (!config)
		return SMTPTLS_E_ARG;
	if (config->frozen)
		return SMTPTLS_E_STATE;
	if (!ca_file)
		return add_system_trust(config);
	ret = stls_source_open(config, &source, ca_file);
	if (ret < 0)
		return ret;
	ret = gnutls_certificate_set_x509_trust_mem(
		config->credentials, &source.pem, GNUTLS_X509_FMT_PEM);
	if (ret <= 0) {
		ret = stls_source_failed(config, &source, ret, "certificate");
	} else {
		config->has_authorities = 1;
		stls_config_mix(config, "authorities", source.pem.data,
				source.pem.size);
		ret = 0;
	}
	stls_source_close(&source);
	return ret;
}

int smtptls_config_set_crl_file(struct smtptls_config *config,
				const char *crl_file)
{
	struct stls_source source;
	int ret;

	if (!config || !crl_file)
		return SMTPTLS_E_ARG;
	if (config->frozen)
		return SMTPTLS_E_STATE;
	ret = stls_source_open(config, &source, crl_file);
	if (ret < 0)
		return ret;
	ret = gnutls_certificate_set_x509_crl_mem(
		config->credentials, &source.pem, GNUTLS_X509_FMT_PEM);
	if (ret <= 0) {
		ret = stls_source_failed(config, &source, ret,
					 "revocation list");
	} else {
		stls_config_mix(config, "revocation", source.pem.data,
				source.pem.size);
		ret = 0;
	}
	stls_source_close(&source);
	return ret;
}

/* ---- Diffie-Hellman parameters ---- */

/* The size of the prime in bits, or 0. */
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

static int set_dh(struct smtptls_config *config,
		  const struct stls_source *source)
{
	gnutls_dh_params_t params;
	size_t bits;
	int ret;

	ret = gnutls_dh_params_init(&params);
	if (ret < 0)
		return stls_source_failed(config, source, ret,
					  "Diffie-Hellman parameters");
	ret = gnutls_dh_params_import_pkcs3(params, &source->pem,
					    GNUTLS_X509_FMT_PEM);
	if (ret < 0) {
		ret = stls_source_failed(config, source, ret,
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
	if (config->dh.bits > 0)
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
	struct stls_source source;
	int ret;

	if (!config || !dh_file)
		return SMTPTLS_E_ARG;
	if (config->frozen)
		return SMTPTLS_E_STATE;
	ret = stls_source_open(config, &source, dh_file);
	if (ret < 0)
		return ret;
	ret = set_dh(config, &source);
	stls_source_close(&source);
	return ret;
}
