/* SPDX-License-Identifier: MIT */
/*
 * exim_policy: OpenSSL's strings for Exim on GnuTLS. ./dev hosts includes it in
 * Exim's tls-gnu.c, and calls it there.
 *
 * "openssl:LIST" as tls_require_ciphers is a policy. A server's is made when
 * the daemon reads its configuration, and its children inherit it by fork().
 * For a client, and if the option depends on the connection, only the policy's
 * priority string is used.
 */
#include <smtptls/gnutls.h>

static struct smtptls_policy *exim_server_policy;

/*
 * The priority string of a setting: the setting itself, or its policy's. If the
 * policy is invalid, it is "NONE", which GnuTLS refuses, and the log says why.
 * A policy lives as long as the process, as Exim's settings do.
 */
static const uschar *exim_policy_priority(const uschar *setting, BOOL server)
{
	struct smtptls_policy_spec spec;
	struct smtptls_policy *policy;
	const char *warning;
	char error[512];

	if (server)
		exim_server_policy = NULL;
	if (!setting || Ustrncmp(setting, "openssl:", 8) != 0)
		return setting;
	memset(&spec, 0, sizeof(spec));
	spec.ciphers = CCS setting + 8;
	if (smtptls_policy_new(&policy, &spec, sizeof(spec), error,
			       sizeof(error)) < 0) {
		log_write(0, LOG_MAIN | LOG_PANIC, "tls_require_ciphers: %s",
			  error);
		return US "NONE";
	}
	for (size_t i = 0; (warning = smtptls_policy_warning(policy, i)); i++)
		log_write(0, LOG_MAIN, "tls_require_ciphers: %s", warning);
	if (server)
		exim_server_policy = policy;
	return CUS smtptls_policy_priority(policy);
}

/* Called in Exim's hook; 1 if Exim's own part is to follow. */
static int exim_policy_on_hello(gnutls_session_t session, unsigned type,
				unsigned when, unsigned incoming,
				const gnutls_datum_t *message, int *ret)
{
	*ret = 0;
	if (exim_server_policy)
		*ret = smtptls_policy_on_hello(exim_server_policy, session,
					       type, when, incoming, message);
	/* Exim's part expects messages that GnuTLS has already read. */
	return *ret == 0 && when == GNUTLS_HOOK_POST;
}

/* After the handshake: its result; a refusal is logged. */
static int exim_policy_result(gnutls_session_t session, int handshake)
{
	const char *text;
	int reason;

	if (!exim_server_policy)
		return handshake;
	reason = smtptls_policy_result(session, handshake, &text);
	if (reason == 0)
		return handshake;
	log_write(0, LOG_MAIN, "TLS refused to [%s], %s: %s",
		  sender_host_address,
		  reason > 0 ? smtptls_reason_name(reason) : "-", text);
	return handshake < 0 ? handshake : GNUTLS_E_INSUFFICIENT_SECURITY;
}
