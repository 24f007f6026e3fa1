/* SPDX-License-Identifier: MIT */
/*
 * exim_policy: OpenSSL's strings for Exim on GnuTLS. ./dev hosts includes it in
 * Exim's tls-gnu.c, and calls it there.
 *
 * "openssl:LIST" as tls_require_ciphers is a policy. Of a server it is made when
 * the daemon reads its configuration, and its children have it by fork(); of a
 * client, and where the option depends on the connection, the priority string is
 * all that is taken.
 */
#include <smtptls/gnutls.h>

static struct smtptls_policy *exim_server_policy;

/*
 * The priority string of a setting: its own, or that of the policy; "NONE",
 * which GnuTLS refuses, where there is no such policy, and the log says why. It
 * stays for as long as the process does, as Exim's settings do.
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

/* In the hook that Exim has; 1 when Exim's own part is to follow. */
static int exim_policy_on_hello(gnutls_session_t session, unsigned type,
				unsigned when, unsigned incoming,
				const gnutls_datum_t *message, int *ret)
{
	*ret = 0;
	if (exim_server_policy)
		*ret = smtptls_policy_on_hello(exim_server_policy, session,
					       type, when, incoming, message);
	/* Exim's part was made for what GnuTLS has read already. */
	return *ret == 0 && when == GNUTLS_HOOK_POST;
}

/* After the handshake: what it came to, and a word in the log. */
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
