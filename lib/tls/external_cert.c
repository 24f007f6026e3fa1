/* SPDX-License-Identifier: MIT */
/*
 * tls/external_cert: a certificate whose private key is in a token or behind
 * the host's signer.
 *
 * The key is opened and tried before the first change, so a setter that fails
 * leaves the configuration as it was. The key does not say which certificate it
 * belongs to, so that must be the first in the file.
 */
#include "tls/external_cert.h"

#include <stdlib.h>
#include <string.h>

#include "tls/passphrase.h"

static unsigned count_chains(struct smtptls_config *config)
{
	gnutls_datum_t leaf;
	unsigned n = 0;

	while (gnutls_certificate_get_crt_raw(config->credentials, n, 0,
					      &leaf) == 0)
		n++;
	return n;
}

static int signer_failed(struct smtptls_config *config,
			 const struct stls_source *cert, int ret)
{
	if (ret == STLS_SIGNER_SILENT)
		return stls_config_fail(config, SMTPTLS_E_CONFIG,
					"%s: the signer returned no signature: "
					"check that it runs",
					cert->name);
	if (ret == STLS_SIGNER_WRONG)
		return stls_config_fail(
			config, SMTPTLS_E_CONFIG,
			"%s: the signer's key is not that of the certificate, "
			"or it does not sign as asked",
			cert->name);
	return stls_source_failed(config, cert, ret, "certificate");
}

static int external_failed(struct smtptls_config *config,
			   const struct stls_source *cert,
			   const struct stls_external_key *external, int ret)
{
	char shown[STLS_SHOWN_URL_SIZE];

	if (!external->url)
		return signer_failed(config, cert, ret);
	stls_token_url_show(external->url, shown, sizeof(shown));
	if (ret == STLS_SIGNER_WRONG)
		return stls_config_fail(
			config, SMTPTLS_E_CONFIG,
			"%s: the private key does not belong to the first "
			"certificate in %s",
			shown, cert->name);
	if (config->pin_per_signature)
		return stls_config_fail(
			config, SMTPTLS_E_CONFIG,
			"%s: the token asks for the PIN at each signature: "
			"give it in the URL, as pin-source or pin-value",
			shown);
	return stls_source_token_failed(config, shown, ret);
}

/* Give the credentials a chain and its key, which is open and can sign. */
static int give_external(struct smtptls_config *config,
			 const struct stls_source *cert,
			 const struct stls_own_chain *chain,
			 const struct stls_external_key *external,
			 gnutls_privkey_t key)
{
	size_t warnings = config->warnings.count;
	int ret = stls_external_keys_reserve(&config->external);

	if (ret == 0)
		ret = stls_source_warn(config, cert, NULL, chain);
	if (ret == 0)
		ret = stls_texts_copy(&config->certificates, cert->name);
	if (ret < 0)
		goto failed;
	ret = stls_external_key_give(external, config->credentials, chain->cert,
				     chain->len, key);
	if (ret == 0) {
		stls_external_keys_add(&config->external, external);
		return 0;
	}
	stls_texts_cut(&config->certificates, config->certificates.count - 1);
	ret = stls_source_failed(config, cert, ret, "certificate");
failed:
	stls_texts_cut(&config->warnings, warnings);
	return ret;
}

static int add_external(struct smtptls_config *config,
			const struct stls_source *cert,
			struct stls_external_key *external)
{
	struct stls_own_chain chain = { 0 };
	gnutls_privkey_t key = NULL;
	int ret;

	external->index = count_chains(config);
	if (stls_own_chain_read_certs(&chain, &cert->pem, &ret)) {
		ret = stls_source_chain_failed(config, cert, NULL,
					       STLS_OWN_CHAIN_CERT, ret);
		goto out;
	}
	ret = stls_external_key_open(external, chain.cert[0], &key);
	if (ret == 0)
		ret = stls_key_try(key, chain.cert[0]);
	if (ret < 0)
		ret = external_failed(config, cert, external, ret);
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
	struct stls_external_key external = { .signer = { sign, arg } };
	struct stls_source cert;
	int ret;

	if (!config || !cert_file || !sign)
		return SMTPTLS_E_ARG;
	if (config->frozen)
		return SMTPTLS_E_STATE;
	ret = stls_source_open(config, &cert, cert_file);
	if (ret < 0)
		return ret;
	ret = add_external(config, &cert, &external);
	stls_source_close(&cert);
	return ret;
}

int stls_external_cert_add_token(struct smtptls_config *config,
				 const struct stls_source *cert,
				 const char *url)
{
	struct stls_external_key external = {
		.url = strdup(url), .pin = stls_passphrase_pin(config)
	};
	int ret = external.url ? add_external(config, cert, &external)
			       : SMTPTLS_E_NOMEM;

	if (ret < 0)
		free(external.url);
	return ret;
}
