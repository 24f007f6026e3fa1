/* SPDX-License-Identifier: MIT */
/*
 * tls/passphrase: what opens a private key is asked of the host.
 *
 * It is asked while a key is loaded, in the thread that changes the
 * configuration, and never in a handshake. It is kept nowhere: the caller wipes
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
	/* GnuTLS takes strings: behind a NUL nothing would count. */
	if (len < 0 || len >= STLS_PASSPHRASE_SIZE ||
	    memchr(passphrase, '\0', (size_t)len))
		return -1;
	passphrase[len] = '\0';
	return 0;
}
