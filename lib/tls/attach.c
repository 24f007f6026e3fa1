/* SPDX-License-Identifier: MIT */
/*
 * tls/attach: a policy on a host's own GnuTLS session.
 *
 * The session's user pointers belong to the host, so this library keeps its
 * data as the private data of a TLS extension that is never sent or answered:
 * GnuTLS frees it with the session, and the policy is released then. The host's
 * certificates are examined when the hello arrives, since a host may set them
 * as late as that; they are read once, and the result is kept with the policy.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <smtptls/gnutls.h>

#include "tls/hook.h"
#include "tls/seen_certificates.h"

/* RFC 8446 section 11: reserved for private use. */
#define EXTENSION 0xff5a

static const char never_judged[] =
	"the hello was never judged by the policy: set the host's handshake "
	"hook for GNUTLS_HANDSHAKE_ANY and GNUTLS_HOOK_PRE";
static const char judged_late[] =
	"the hello was not judged before GnuTLS read it: set the host's "
	"handshake hook for GNUTLS_HOOK_PRE or GNUTLS_HOOK_BOTH";

struct attachment {
	struct smtptls_policy *policy;
	struct stls_own_certificates own; /* if not kept with the policy */
	struct stls_judge judge;
	int server;
	int host_hook; /* the host's hook calls smtptls_policy_on_hello() */
};

static void attachment_free(gnutls_ext_priv_data_t data)
{
	struct attachment *attachment = data;

	smtptls_policy_unref(attachment->policy);
	stls_own_certificates_free(&attachment->own);
	stls_judge_clear(&attachment->judge);
	free(attachment);
}

static int ignore(gnutls_session_t tls, const unsigned char *data, size_t len)
{
	(void)tls;
	(void)data;
	(void)len;
	return 0;
}

static int send_none(gnutls_session_t tls, gnutls_buffer_t buffer)
{
	(void)tls;
	(void)buffer;
	return 0;
}

static struct attachment *find(gnutls_session_t tls)
{
	gnutls_ext_priv_data_t data;

	return gnutls_ext_get_data(tls, EXTENSION, &data) == 0 ? data : NULL;
}

/* The session's attachment, made if there is none; NULL if out of memory. */
static struct attachment *attach(gnutls_session_t tls,
				 struct smtptls_policy *policy)
{
	struct attachment *attachment = find(tls);
	int ret;

	if (!attachment) {
		ret = gnutls_session_ext_register(
			tls, "smtptls", EXTENSION, GNUTLS_EXT_TLS, ignore,
			send_none, attachment_free, NULL, NULL,
			GNUTLS_EXT_FLAG_TLS | GNUTLS_EXT_FLAG_CLIENT_HELLO);
		if (ret < 0 && ret != GNUTLS_E_ALREADY_REGISTERED)
			return NULL;
		attachment = calloc(1, sizeof(*attachment));
		if (!attachment)
			return NULL;
		gnutls_ext_set_data(tls, EXTENSION, attachment);
	}
	if (attachment->policy != policy) {
		(void)smtptls_policy_ref(policy);
		smtptls_policy_unref(attachment->policy);
		attachment->policy = policy;
		stls_judge_clear(&attachment->judge);
		memset(&attachment->judge, 0, sizeof(attachment->judge));
		attachment->judge.policy = policy;
		attachment->judge.own = &attachment->own;
	}
	return attachment;
}

/* Read the certificates that the host has set by now. */
static int read_own(struct attachment *attachment, gnutls_session_t tls)
{
	struct stls_judge *judge = &attachment->judge;
	void *credentials = NULL;
	int ret;

	stls_own_certificates_free(&attachment->own);
	judge->own = &attachment->own;
	if (gnutls_credentials_get(tls, GNUTLS_CRD_CERTIFICATE, &credentials) <
		    0 ||
	    !credentials)
		return 0;
	judge->own = stls_seen_find(attachment->policy, credentials);
	if (judge->own)
		return 0;
	ret = stls_own_certificates_read(&attachment->own, credentials, NULL);
	if (ret == 0)
		judge->own = stls_seen_keep(attachment->policy, credentials,
					    &attachment->own);
	if (!judge->own)
		judge->own = &attachment->own;
	return ret;
}

static int judge(struct attachment *attachment, gnutls_session_t tls,
		 unsigned type, unsigned incoming,
		 const gnutls_datum_t *message)
{
	if (incoming && type == GNUTLS_HANDSHAKE_CLIENT_HELLO) {
		attachment->server = 1;
		if (read_own(attachment, tls) < 0)
			return GNUTLS_E_MEMORY_ERROR;
	}
	return stls_judge_message(&attachment->judge, tls, type, incoming,
				  message);
}

static int on_message(gnutls_session_t tls, unsigned type, unsigned when,
		      unsigned incoming, const gnutls_datum_t *message)
{
	struct attachment *attachment = find(tls);

	(void)when;
	return attachment ? judge(attachment, tls, type, incoming, message)
			  : GNUTLS_E_INTERNAL_ERROR;
}

int smtptls_policy_attach(struct smtptls_policy *policy,
			  gnutls_session_t session)
{
	int ret;

	if (!policy || !session || !smtptls_policy_priority(policy))
		return SMTPTLS_E_ARG;
	ret = gnutls_priority_set_direct(session,
					 smtptls_policy_priority(policy), NULL);
	if (ret < 0)
		return ret == GNUTLS_E_MEMORY_ERROR ? SMTPTLS_E_NOMEM
						    : SMTPTLS_E_CONFIG;
	if (!attach(session, policy))
		return SMTPTLS_E_NOMEM;
	gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_ANY,
					   GNUTLS_HOOK_PRE, on_message);
	return 0;
}

static int is_judged(unsigned type, unsigned incoming)
{
	return incoming && (type == GNUTLS_HANDSHAKE_CLIENT_HELLO ||
			    type == GNUTLS_HANDSHAKE_CLIENT_HELLO_V2 ||
			    type == GNUTLS_HANDSHAKE_SERVER_HELLO ||
			    type == GNUTLS_HANDSHAKE_HELLO_RETRY_REQUEST);
}

/* After a PRE hook all is well; without one GnuTLS has made its own choice. */
static int check_judged(struct stls_judge *judge)
{
	if (judge->judged)
		return 0;
	if (judge->reason == 0) {
		judge->reason = SMTPTLS_REASON_UNJUDGED;
		(void)snprintf(judge->text, sizeof(judge->text), "%s",
			       judged_late);
	}
	return GNUTLS_E_INVALID_REQUEST;
}

int smtptls_policy_on_hello(struct smtptls_policy *policy,
			    gnutls_session_t session, unsigned type,
			    unsigned when, unsigned incoming,
			    const gnutls_datum_t *message)
{
	struct attachment *attachment;

	if (!policy || !session || !message)
		return GNUTLS_E_INVALID_REQUEST;
	if (when != GNUTLS_HOOK_PRE && !is_judged(type, incoming))
		return 0;
	attachment = attach(session, policy);
	if (!attachment)
		return GNUTLS_E_MEMORY_ERROR;
	attachment->host_hook = 1;
	return when == GNUTLS_HOOK_PRE
		       ? judge(attachment, session, type, incoming, message)
		       : check_judged(&attachment->judge);
}

/* A host's own hook may have passed no hello on, or never have been called. */
static int has_seen_hello(const struct attachment *attachment)
{
	return attachment &&
	       (!attachment->host_hook || attachment->judge.judged ||
		attachment->judge.reason != 0);
}

int smtptls_policy_result(gnutls_session_t session, int handshake,
			  const char **text)
{
	struct attachment *attachment = session ? find(session) : NULL;
	int seen = has_seen_hello(attachment);

	if (text)
		*text = seen || handshake < 0 || !session ? "" : never_judged;
	if (!session)
		return SMTPTLS_E_ARG;
	if (!seen)
		return handshake < 0 ? 0 : SMTPTLS_REASON_UNJUDGED;
	if (attachment->judge.reason == 0 && handshake < 0)
		(void)stls_judge_failure(&attachment->judge, handshake);
	else if (attachment->judge.reason == 0)
		(void)stls_judge_result(&attachment->judge, session,
					attachment->server);
	if (text)
		*text = attachment->judge.text;
	return attachment->judge.reason;
}
