/* SPDX-License-Identifier: MIT */
/*
 * tls/credentials: certificates, authorities, revocation lists and
 * Diffie-Hellman parameters of a configuration, from PEM.
 *
 * Everything is parsed and checked before the first change, so that a setter
 * that fails leaves the configuration as it was, and each sentence names the
 * file that is to blame.
 */
#include <string.h>

#include <gnutls/x509.h>

#include "base/ascii.h"
#include "base/buffer.h"
#include "tls/config.h"
#include "tls/file.h"
#include "tls/passphrase.h"
#include "tls/system_file.h"
#include "x509/own_chain.h"

#define DH_BITS_MIN 2048

/* PEM text and how to call it in a sentence. */
struct source {
	const char *name;
	gnutls_datum_t pem;
	struct stls_buffer file;
	int shared; /* others than the file's owner may read it */
};

static int source_open(struct smtptls_config *config, struct source *source,
		       const char *name)
{
	const unsigned char *ptr;
	int ret;

	memset(source, 0, sizeof(*source));
	source->name = name;
	ret = stls_config_read(config, name, &source->file, &source->shared);
	if (ret < 0)
		return ret;
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
	case GNUTLS_E_PKCS11_PIN_ERROR:
		return stls_config_fail(
			config, SMTPTLS_E_CONFIG,
			"%s: the %s is encrypted, and no passphrase was given",
			source->name, expected);
	case GNUTLS_E_DECRYPTION_FAILED:
		return stls_config_fail(
			config, SMTPTLS_E_CONFIG,
			config->passphrase
				? "%s: the %s cannot be decrypted: its "
				  "passphrase is another, or GnuTLS does not "
				  "know its encryption, or it is damaged"
				: "%s: the %s is encrypted; give its "
				  "passphrase, or store it without one",
			source->name, expected);
	default:
		return stls_config_fail(config, SMTPTLS_E_CONFIG,
					"%s: is no valid %s: %s", source->name,
					expected, gnutls_strerror(ret));
	}
}

/* ---- certificate and key ---- */

static int chain_failed(struct smtptls_config *config,
			const struct source *cert, const struct source *key,
			int fault, int ret)
{
	const struct source *source = fault == STLS_OWN_CHAIN_CERT ? cert : key;
	char cure[256] = "";

	if (fault != STLS_OWN_CHAIN_MISMATCH &&
	    ret == GNUTLS_E_ECC_UNSUPPORTED_CURVE)
		stls_system_file_cure_curve(&source->pem, cure, sizeof(cure));
	if (cure[0])
		return stls_config_fail(
			config, SMTPTLS_E_CONFIG,
			"%s: the system's GnuTLS policy disables its curve: %s",
			source->name, cure);
	switch (fault) {
	case STLS_OWN_CHAIN_CERT:
		return source_failed(config, cert, ret, "certificate");
	case STLS_OWN_CHAIN_KEY:
		return source_failed(config, key, ret, "private key");
	default:
		return stls_config_fail(
			config, SMTPTLS_E_CONFIG,
			"%s: the private key does not belong to the certificate"
			" in %s",
			key->name, cert->name);
	}
}

/* A certificate that is not sent, since it belongs to no place in the chain. */
static int warn_of_unrelated(struct smtptls_config *config, const char *name,
			     gnutls_x509_crt_t cert)
{
	char shown[256] = "";
	gnutls_datum_t dn;

	if (gnutls_x509_crt_get_dn3(cert, &dn, 0) == 0) {
		(void)stls_ascii_escape(shown, sizeof(shown), dn.data, dn.size);
		gnutls_free(dn.data);
	}
	return stls_config_warn(config,
				"%s: the certificate \"%s\" is not of the "
				"chain and is not sent: remove it",
				name, shown);
}

/* What should be changed in the files although they are taken; `key` or NULL. */
static int warn_of_files(struct smtptls_config *config,
			 const struct source *cert, const struct source *key,
			 const struct stls_own_chain *chain)
{
	unsigned i;
	int ret = 0;

	if (chain->reordered)
		ret = stls_config_warn(config,
				       "%s: the certificates are sent leaf "
				       "first, each signed by the next: put "
				       "them in this order",
				       cert->name);
	for (i = chain->len; ret == 0 && i < chain->total; i++)
		ret = warn_of_unrelated(config, cert->name, chain->cert[i]);
	if (ret == 0 && key && key->shared)
		ret = stls_config_warn(config,
				       "%s: others than its owner can read the "
				       "private key: make it readable for its "
				       "owner alone (chmod go-r)",
				       key->name);
	return ret;
}

/* As stls_own_chain_read(); the host is asked what opens an encrypted key. */
static int read_chain(struct smtptls_config *config,
		      struct stls_own_chain *chain, const struct source *cert,
		      const struct source *key, int *ret)
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

static int add_pair(struct smtptls_config *config, const struct source *cert,
		    const struct source *key)
{
	struct stls_own_chain chain = { 0 };
	size_t warnings = config->warnings.count;
	int fault, ret;

	fault = read_chain(config, &chain, cert, key, &ret);
	if (fault) {
		ret = chain_failed(config, cert, key, fault, ret);
		goto out;
	}
	ret = warn_of_files(config, cert, key, &chain);
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
	ret = source_failed(config, cert, ret, "certificate");
failed:
	stls_texts_cut(&config->warnings, warnings);
out:
	stls_own_chain_free(&chain);
	return ret;
}

/* ---- a certificate whose key is elsewhere ---- */

static unsigned count_chains(struct smtptls_config *config)
{
	gnutls_datum_t leaf;
	unsigned n = 0;

	while (gnutls_certificate_get_crt_raw(config->credentials, n, 0,
					      &leaf) == 0)
		n++;
	return n;
}

static int external_failed(struct smtptls_config *config,
			   const struct source *cert, int ret)
{
	if (ret == STLS_SIGNER_SILENT)
		return stls_config_fail(config, SMTPTLS_E_CONFIG,
					"%s: the signer gives no signature: "
					"see whether it runs",
					cert->name);
	if (ret == STLS_SIGNER_WRONG)
		return stls_config_fail(config, SMTPTLS_E_CONFIG,
					"%s: the signer has another key than "
					"the certificate, or does not sign as "
					"it is asked to",
					cert->name);
	return source_failed(config, cert, ret, "certificate");
}

/* A key that is open and does sign; with it the chain is the credentials'. */
static int give_external(struct smtptls_config *config,
			 const struct source *cert,
			 const struct stls_own_chain *chain,
			 const struct stls_external_key *external,
			 gnutls_privkey_t key)
{
	size_t warnings = config->warnings.count;
	int ret = stls_external_keys_reserve(&config->external);

	if (ret == 0)
		ret = warn_of_files(config, cert, NULL, chain);
	if (ret == 0)
		ret = stls_texts_copy(&config->certificates, cert->name);
	if (ret < 0)
		goto failed;
	ret = stls_external_key_give(config->credentials, chain->cert,
				     chain->len, key);
	if (ret == 0) {
		stls_external_keys_add(&config->external, external);
		return 0;
	}
	stls_texts_cut(&config->certificates, config->certificates.count - 1);
	ret = source_failed(config, cert, ret, "certificate");
failed:
	stls_texts_cut(&config->warnings, warnings);
	return ret;
}

static int add_external(struct smtptls_config *config,
			const struct source *cert,
			struct stls_external_key *external)
{
	struct stls_own_chain chain = { 0 };
	gnutls_privkey_t key = NULL;
	int ret;

	external->index = count_chains(config);
	if (stls_own_chain_read_certs(&chain, &cert->pem, &ret)) {
		ret = chain_failed(config, cert, NULL, STLS_OWN_CHAIN_CERT,
				   ret);
		goto out;
	}
	ret = stls_external_key_open(external, chain.cert[0], &key);
	if (ret == 0)
		ret = stls_key_try(key, chain.cert[0]);
	if (ret < 0)
		ret = external_failed(config, cert, ret);
	else
		ret = give_external(config, cert, &chain, external, key);
out:
	if (ret < 0 && key)
		gnutls_privkey_deinit(key);
	stls_own_chain_free(&chain);
	return ret;
}

int smtptls_config_add_cert_signer(
	struct smtptls_config *config, const char *cert_file,
	int (*sign)(unsigned scheme, const void *data, size_t len,
		    void *signature, size_t size, void *arg),
	void *arg)
{
	struct stls_external_key external = { 0, { sign, arg } };
	struct source cert;
	int ret;

	if (!config || !cert_file || !sign)
		return SMTPTLS_E_ARG;
	if (config->frozen)
		return SMTPTLS_E_STATE;
	ret = source_open(config, &cert, cert_file);
	if (ret < 0)
		return ret;
	ret = add_external(config, &cert, &external);
	source_close(&cert);
	return ret;
}

/* ---- a certificate and its key ---- */

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
	config->has_authorities = config->has_system_authorities = 1;
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
