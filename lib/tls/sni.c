/* SPDX-License-Identifier: MIT */
/*
 * tls/sni: a server's host chooses another configuration by the name that the
 * client asks for (RFC 6066 section 3).
 *
 * The host is asked in the hook of the first ClientHello, before a policy
 * judges it. The configuration that it returns replaces the connection's own:
 * certificates, policy or priority, shadow policy, authorities, strictness
 * about names, and the ticket key. So a ticket issued under another
 * configuration is of no use here. GnuTLS takes the key only once, which is why
 * a session whose host is to be asked has none before.
 *
 * The host sees only names in normal form (x509/name.h): A-labels, none empty,
 * of lower-case letters, digits, hyphens and underscores, so that no name is a
 * path. For anything else, or without a name, it is not asked.
 *
 * It must answer at once: GnuTLS would not call the hook a second time.
 */
#include "tls/sni.h"

#include <stdio.h>
#include <string.h>

#include "selection/client_hello.h"
#include "x509/name.h"

static int refuse(struct stls_session *session, const char *name,
		  const char *fault)
{
	session->judge.reason = SMTPTLS_REASON_INTERNAL;
	(void)snprintf(session->judge.text, sizeof(session->judge.text),
		       "the configuration for \"%.128s\" %s", name, fault);
	return GNUTLS_E_INTERNAL_ERROR;
}

/* 0 with the host's choice, or NULL for the connection's own; or an error. */
static int ask(struct stls_session *session, const gnutls_datum_t *body,
	       struct smtptls_config **chosen)
{
	const struct smtptls_config *config = session->config;
	struct stls_client_hello hello;
	char name[STLS_NAME_SIZE];

	*chosen = NULL;
	/* The judge will report a malformed hello. */
	if (stls_client_hello_parse(&hello, body->data, body->size) < 0 ||
	    !hello.sni.data ||
	    stls_name_normalize(name, hello.sni.data, hello.sni.len) == 0)
		return 0;
	*chosen = config->sni(name, config->sni_arg);
	if (!*chosen)
		return 0;
	session->chosen = *chosen;
	if (!(*chosen)->frozen)
		return refuse(session, name, "is not frozen");
	if (!(*chosen)->has_certificate)
		return refuse(session, name, "has no certificate");
	return 0;
}

static int take_over(struct stls_session *session,
		     const struct smtptls_config *config)
{
	int ret = gnutls_priority_set(session->tls, config->priority);

	if (ret == 0)
		ret = gnutls_credentials_set(session->tls,
					     GNUTLS_CRD_CERTIFICATE,
					     config->credentials);
	if (ret == 0 && config->dh.anonymous)
		ret = gnutls_credentials_set(session->tls, GNUTLS_CRD_ANON,
					     config->dh.anonymous);
	session->config = config;
	stls_session_judge_by(session, config);
	return ret;
}

int stls_sni_choose(struct stls_session *session, const gnutls_datum_t *body)
{
	struct smtptls_config *chosen;
	int ret;

	if (session->asked)
		return 0;
	session->asked = 1;
	ret = ask(session, body, &chosen);
	if (ret == 0 && chosen)
		ret = take_over(session, chosen);
	return ret < 0 ? ret : stls_session_tickets(session);
}
