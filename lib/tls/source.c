/* SPDX-License-Identifier: MIT */
/*
 * tls/source: PEM text from a file, a token or memory, and the error sentences
 * about it, which name its origin.
 *
 * The sentences show a URL without its PIN.
 */
#include "tls/source.h"

#include <string.h>

#include "base/ascii.h"
#include "tls/passphrase.h"
#include "tls/system_file.h"

int stls_source_token_failed(struct smtptls_config *config, const char *name,
			     int ret)
{
	switch (ret) {
	case GNUTLS_E_UNIMPLEMENTED_FEATURE:
		return stls_config_fail(
			config, SMTPTLS_E_CONFIG,
			"%s: this GnuTLS was built without PKCS#11", name);
	case GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE:
	case GNUTLS_E_PKCS11_REQUESTED_OBJECT_NOT_AVAILBLE:
		return stls_config_fail(config, SMTPTLS_E_CONFIG,
					"%s: there is no such token, or it "
					"holds no such object",
					name);
	case GNUTLS_E_PKCS11_PIN_ERROR:
		return stls_config_fail(
			config, SMTPTLS_E_CONFIG,
			"%s: the token's PIN is missing or wrong", name);
	default:
		return stls_config_fail(config,
					ret == GNUTLS_E_MEMORY_ERROR
						? SMTPTLS_E_NOMEM
						: SMTPTLS_E_CONFIG,
					"%s: %s", name, gnutls_strerror(ret));
	}
}

static int read_token(struct smtptls_config *config, struct stls_source *source,
		      const char *url)
{
	struct stls_token_pin pin = stls_passphrase_pin(config);
	int ret;

	stls_token_url_show(url, source->shown, sizeof(source->shown));
	source->name = source->shown;
	ret = stls_token_certificates(url, &pin, &source->file);
	if (ret == 0)
		return 0;
	stls_buffer_free(&source->file);
	return stls_source_token_failed(config, source->name, ret);
}

int stls_source_open(struct smtptls_config *config, struct stls_source *source,
		     const char *name)
{
	const unsigned char *ptr;
	int ret;

	memset(source, 0, sizeof(*source));
	source->name = name;
	if (stls_is_token_url(name))
		ret = read_token(config, source, name);
	else
		ret = stls_config_read(config, name, &source->file,
				       &source->shared);
	if (ret < 0)
		return ret;
	source->pem.size = (unsigned)stls_buffer_peek(&source->file, &ptr);
	source->pem.data = (unsigned char *)ptr;
	return 0;
}

void stls_source_memory(struct stls_source *source, const char *name,
			const void *data, size_t len)
{
	memset(source, 0, sizeof(*source));
	source->name = name;
	source->pem.data = (unsigned char *)data;
	source->pem.size = (unsigned)len;
}

void stls_source_close(struct stls_source *source)
{
	stls_buffer_free(&source->file);
}

int stls_source_failed(struct smtptls_config *config,
		       const struct stls_source *source, int ret,
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
				  "passphrase is wrong, or GnuTLS does not "
				  "know its encryption, or it is damaged"
				: "%s: the %s is encrypted; give its "
				  "passphrase, or store it without one",
			source->name, expected);
	default:
		return stls_config_fail(
			config, SMTPTLS_E_CONFIG, "%s: is not a valid %s: %s",
			source->name, expected, gnutls_strerror(ret));
	}
}

int stls_source_chain_failed(struct smtptls_config *config,
			     const struct stls_source *cert,
			     const struct stls_source *key, int fault, int ret)
{
	const struct stls_source *source =
		fault == STLS_OWN_CHAIN_CERT ? cert : key;
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
		return stls_source_failed(config, cert, ret, "certificate");
	case STLS_OWN_CHAIN_KEY:
		return stls_source_failed(config, key, ret, "private key");
	default:
		return stls_config_fail(
			config, SMTPTLS_E_CONFIG,
			"%s: the private key does not belong to the certificate"
			" in %s",
			key->name, cert->name);
	}
}

/* Warn of a certificate that is not sent, since it is not part of the chain. */
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
				"%s: the certificate \"%s\" is not part of the "
				"chain and is not sent: remove it",
				name, shown);
}

int stls_source_warn(struct smtptls_config *config,
		     const struct stls_source *cert,
		     const struct stls_source *key,
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
		ret = stls_config_warn(
			config,
			"%s: users other than its owner can read the private "
			"key: make it readable by its owner only (chmod go-r)",
			key->name);
	return ret;
}
