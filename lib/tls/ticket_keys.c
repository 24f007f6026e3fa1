/* SPDX-License-Identifier: MIT */
/*
 * tls/ticket_keys: the keys that encrypt a server's session tickets.
 *
 * They are derived from one secret and from everything that resumption must not
 * bypass: the priority, the own certificates, the authorities and the
 * verification mode. Servers that differ in one of these do not resume each
 * other's sessions, even if they share the secret.
 */
#include <string.h>

#include "base/buffer.h"
#include "tls/config.h"

#define SECRET_MIN 32
#define SECRET_MAX 4096

static void wipe_datum(gnutls_datum_t *datum)
{
	if (datum->data)
		explicit_bzero(datum->data, datum->size);
	gnutls_free(datum->data);
	datum->data = NULL;
	datum->size = 0;
}

/* The secret comes from the file `name`, or, when that is "", from the host. */
static int set_ticket_secret(struct smtptls_config *config, const char *name,
			     const void *secret, size_t secret_len)
{
	unsigned char *copy;

	if (secret_len < SECRET_MIN || secret_len > SECRET_MAX)
		return stls_config_fail(
			config, SMTPTLS_E_LIMIT,
			"%s%sticket secret: %zu bytes, but it must have %d to "
			"%d",
			name, *name ? ": " : "", secret_len, SECRET_MIN,
			SECRET_MAX);
	copy = gnutls_malloc(secret_len);
	if (!copy)
		return SMTPTLS_E_NOMEM;
	memcpy(copy, secret, secret_len);
	wipe_datum(&config->ticket_secret);
	config->ticket_secret.data = copy;
	config->ticket_secret.size = (unsigned)secret_len;
	return 0;
}

int smtptls_config_set_ticket_secret(struct smtptls_config *config,
				     const void *secret, size_t secret_len)
{
	if (!config || !secret)
		return SMTPTLS_E_ARG;
	if (config->frozen)
		return SMTPTLS_E_STATE;
	return set_ticket_secret(config, "", secret, secret_len);
}

int smtptls_config_set_ticket_secret_file(struct smtptls_config *config,
					  const char *file)
{
	struct stls_buffer content = { 0 };
	const unsigned char *secret;
	int shared = 0;
	size_t len;
	int ret;

	if (!config || !file)
		return SMTPTLS_E_ARG;
	if (config->frozen)
		return SMTPTLS_E_STATE;
	ret = stls_config_read(config, file, &content, &shared);
	if (ret < 0)
		return ret;
	len = stls_buffer_peek(&content, &secret);
	if (shared)
		ret = stls_config_fail(
			config, SMTPTLS_E_CONFIG,
			"%s: users other than its owner can read the ticket "
			"secret: make it readable by its owner only (chmod "
			"go-r)",
			file);
	else
		ret = set_ticket_secret(config, file, secret, len);
	stls_buffer_free(&content);
	return ret;
}

/*
 * Who the server is, and what it asks of a client's certificate: a digest of
 * the leaves in their order, and of the purpose.
 */
static void digest_identity(const struct smtptls_config *config,
			    unsigned char digest[STLS_SHA256_SIZE])
{
	unsigned char parts[2][STLS_SHA256_SIZE];
	gnutls_datum_t leaf;
	unsigned i;

	memset(digest, config->any_client_purpose, STLS_SHA256_SIZE);
	for (i = 0; gnutls_certificate_get_crt_raw(config->credentials, i, 0,
						   &leaf) == 0;
	     i++) {
		memcpy(parts[0], digest, STLS_SHA256_SIZE);
		stls_sha256(leaf.data, leaf.size, parts[1]);
		stls_sha256(parts, sizeof(parts), digest);
	}
}

/* A key that GnuTLS generates shows how long ticket keys are. */
int stls_ticket_keys_derive(struct smtptls_config *config)
{
	unsigned char info[] = "smtptls session ticket, verify 0";
	unsigned char salt[3 * STLS_SHA256_SIZE];
	gnutls_datum_t *key;
	int ret, mode;

	if (!config->ticket_secret.data) {
		ret = gnutls_session_ticket_key_generate(
			&config->ticket_secret);
		if (ret < 0)
			return ret;
	}
	memcpy(salt, config->settings, STLS_SHA256_SIZE);
	memcpy(salt + STLS_SHA256_SIZE, config->priority_digest,
	       STLS_SHA256_SIZE);
	digest_identity(config, salt + (size_t)2 * STLS_SHA256_SIZE);
	for (mode = 0; mode < STLS_VERIFY_MODES; mode++) {
		key = &config->ticket_key[mode];
		/* left by a failed attempt to freeze */
		wipe_datum(key);
		ret = gnutls_session_ticket_key_generate(key);
		if (ret < 0)
			return ret;
		info[sizeof(info) - 2] = (unsigned char)('0' + mode);
		stls_hkdf(config->ticket_secret.data,
			  config->ticket_secret.size, salt, sizeof(salt), info,
			  sizeof(info) - 1, key->data, key->size);
	}
	return 0;
}

void stls_ticket_keys_free(struct smtptls_config *config)
{
	size_t i;

	wipe_datum(&config->ticket_secret);
	for (i = 0; i < STLS_VERIFY_MODES; i++)
		wipe_datum(&config->ticket_key[i]);
}
