/* SPDX-License-Identifier: MIT */
/*
 * tls/external_key: private keys in a token or behind the host's signer.
 *
 * What is needed to open a key again is kept, because the key cannot be copied:
 * with several certificates, each is in credentials of its own too
 * (tls/single_credentials), which need their own key object.
 *
 * x509/signer checks that a key belongs to its certificate before the
 * credentials get it. GnuTLS is told to skip its own check, which would cost
 * another signature.
 */
#include "tls/external_key.h"

#include <stdlib.h>

#include <smtptls/error.h>
#include <smtptls/policy.h>

int stls_external_keys_reserve(struct stls_external_keys *keys)
{
	struct stls_external_key *more =
		realloc(keys->key, (keys->count + 1) * sizeof(*more));

	if (!more)
		return SMTPTLS_E_NOMEM;
	keys->key = more;
	return 0;
}

void stls_external_keys_add(struct stls_external_keys *keys,
			    const struct stls_external_key *key)
{
	keys->key[keys->count++] = *key;
}

void stls_external_keys_free(struct stls_external_keys *keys)
{
	size_t i;

	for (i = 0; i < keys->count; i++)
		free(keys->key[i].url);
	free(keys->key);
	keys->key = NULL;
	keys->count = 0;
}

const struct stls_external_key *
stls_external_keys_find(const struct stls_external_keys *keys, unsigned index)
{
	size_t i;

	for (i = 0; i < keys->count; i++) {
		if (keys->key[i].index == index)
			return &keys->key[i];
	}
	return NULL;
}

int stls_external_key_open(const struct stls_external_key *external,
			   gnutls_x509_crt_t leaf, gnutls_privkey_t *key)
{
	return external->url
		       ? stls_token_key(key, external->url, &external->pin)
		       : stls_signer_key(key, &external->signer, leaf);
}

/*
 * A signer cannot decrypt, and under a priority string GnuTLS makes the choice;
 * so this takes decryption out of the key's usage. For GnuTLS an empty usage
 * allows any; ENCIPHER_ONLY has no use in TLS.
 */
static int take_decryption(gnutls_pcert_st *leaf)
{
	unsigned usage;
	int ret = gnutls_pubkey_get_key_usage(leaf->pubkey, &usage);

	if (ret < 0)
		return ret;
	usage = usage ? usage & ~(unsigned)GNUTLS_KEY_KEY_ENCIPHERMENT
		      : GNUTLS_KEY_DIGITAL_SIGNATURE;
	return gnutls_pubkey_set_key_usage(
		leaf->pubkey, usage ? usage : GNUTLS_KEY_ENCIPHER_ONLY);
}

int stls_external_key_give(const struct stls_external_key *external,
			   gnutls_certificate_credentials_t credentials,
			   gnutls_x509_crt_t *chain, unsigned len,
			   gnutls_privkey_t key)
{
	gnutls_pcert_st *list = calloc(len, sizeof(*list));
	unsigned n = 0;
	int ret = list ? 0 : GNUTLS_E_MEMORY_ERROR;

	while (ret == 0 && n < len) {
		ret = gnutls_pcert_import_x509(&list[n], chain[n], 0);
		n += ret == 0;
	}
	if (ret == 0 && !external->url)
		ret = take_decryption(&list[0]);
	if (ret == 0) {
		gnutls_certificate_set_flags(
			credentials, GNUTLS_CERTIFICATE_SKIP_KEY_CERT_MATCH);
		/* If this succeeds, the credentials own what is in the list. */
		ret = gnutls_certificate_set_key(credentials, NULL, 0, list,
						 (int)len, key);
		gnutls_certificate_set_flags(credentials, 0);
	}
	while (ret < 0 && n > 0)
		gnutls_pcert_deinit(&list[--n]);
	free(list);
	return ret < 0 ? ret : 0;
}

void stls_external_keys_limit(const struct stls_external_keys *keys,
			      struct stls_own_certificates *own)
{
	const struct stls_external_key *key;
	size_t i;

	if (keys->count == 0)
		return;
	own->keys = 0;
	for (i = 0; i < own->count; i++) {
		key = stls_external_keys_find(keys, (unsigned)i);
		if (key && !key->url)
			own->cert[i].keys &= ~(unsigned)SMTPTLS_KEY_RSA_ENCRYPT;
		own->keys |= own->cert[i].keys;
	}
}
