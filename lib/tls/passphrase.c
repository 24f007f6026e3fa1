/* SPDX-License-Identifier: MIT */
/*
 * tls/passphrase: asks the host for the passphrase of a private key.
 *
 * It also asks for a token's PIN, once: GnuTLS would retry a wrong PIN until
 * the token locks itself, so a retry gets no answer. Nor does a key that needs
 * the PIN for each signature (CKA_ALWAYS_AUTHENTICATE): it would get none in a
 * handshake either, and is refused when it is tried.
 *
 * The host is asked only while a key is loaded, in the thread that changes the
 * configuration, and never in a handshake. Nothing is kept: the caller wipes
 * the one copy as soon as the key is open.
 */
#include "tls/passphrase.h"

#include <string.h>

int smtptls_config_set_passphrase(struct smtptls_config *config,
				  int (*passphrase)(const char *name, char *buf,
						    size_t size, void *arg),
				  void *arg)
{
	if (!config)
		return SMTPTLS_E_ARG;
	if (config->frozen)
		return SMTPTLS_E_STATE;
	config->passphrase = passphrase;
	config->passphrase_arg = arg;
	return 0;
}

int stls_passphrase_ask(const struct smtptls_config *config, const char *name,
			char passphrase[STLS_PASSPHRASE_SIZE])
{
	int len;

	memset(passphrase, 0, STLS_PASSPHRASE_SIZE);
	len = config->passphrase(name, passphrase, STLS_PASSPHRASE_SIZE - 1,
				 config->passphrase_arg);
	/* GnuTLS takes strings: nothing after a NUL would count. */
	if (len < 0 || len >= STLS_PASSPHRASE_SIZE ||
	    memchr(passphrase, '\0', (size_t)len))
		return -1;
	passphrase[len] = '\0';
	return 0;
}

static int give_pin(void *userdata, int attempt, const char *token_url,
		    const char *token_label, unsigned flags, char *pin,
		    size_t pin_max)
{
	struct smtptls_config *config = userdata;
	char passphrase[STLS_PASSPHRASE_SIZE];
	int ret = GNUTLS_E_PKCS11_PIN_ERROR;

	(void)token_label;
	/* GnuTLS keeps this callback, and would use it in handshakes too. */
	if (attempt > 0 || config->frozen || !config->passphrase)
		return ret;
	if (flags & GNUTLS_PIN_CONTEXT_SPECIFIC) {
		config->pin_per_signature = 1;
		return ret;
	}
	if (stls_passphrase_ask(config, token_url, passphrase) == 0 &&
	    strlen(passphrase) < pin_max) {
		memcpy(pin, passphrase, strlen(passphrase) + 1);
		ret = 0;
	}
	explicit_bzero(passphrase, sizeof(passphrase));
	return ret;
}

struct stls_token_pin stls_passphrase_pin(struct smtptls_config *config)
{
	struct stls_token_pin pin = { config->passphrase ? give_pin : NULL,
				      config };

	config->pin_per_signature = 0;
	return pin;
}
