/* SPDX-License-Identifier: MIT */
/* hook_help: servers with a policy, facing OpenSSL's client. */
#ifndef HOOK_HELP_H
#define HOOK_HELP_H

#include "openssl_client.h"
#include "policy_help.h"

/* All are for "mx.example.org". */
enum {
	CERT_RSA = 1,
	CERT_ECDSA = 2,
	CERT_P384 = 4,
	CERT_SIGN_ONLY = 8 /* RSA, without keyEncipherment */
};

/* Frozen, with these certificates. */
struct smtptls_config *hook_config(const struct smtptls_policy_spec *spec,
				   int certs);
/* One handshake with a new configuration. */
struct client_result meet(const struct smtptls_policy_spec *server, int certs,
			  const struct client_spec *client);

#endif
