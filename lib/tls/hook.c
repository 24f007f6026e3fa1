/* SPDX-License-Identifier: MIT */
/*
 * tls/hook: a policy inside a handshake.
 *
 * A server's hook sees each ClientHello before GnuTLS does, including the
 * second one after a HelloRetryRequest. It has selection/selection make a
 * choice, and replaces the session's priorities with that choice; or it
 * refuses, with the GnuTLS error that makes the right alert. It must be
 * registered for all messages: a hello in SSLv2's format is of another type,
 * and would otherwise be answered unseen.
 *
 * A client's hook sees the ServerHello and refuses a suite that the policy does
 * not have, although the priorities, which are never wider, should not allow
 * one.
 *
 * Without a policy, the hook of a server that is strict about names, or whose
 * host chooses by name, looks only at the name that the client asks for.
 *
 * A shadow policy is asked about the same ClientHello, by the same function and
 * with the same certificates; its answer changes nothing.
 *
 * This fails closed: after the handshake version, suite and group are checked
 * against the policy again, and a session whose hello was never judged is
 * refused. A host that removes the hook loses sessions, but never allows more
 * than the policy.
 */
#include "tls/hook.h"

#include <stdlib.h>
#include <string.h>

#include "reason/refusal.h"
#include "selection/version.h"
#include "tls/choice_priority.h"
#include "tls/refusal_alert.h"
#include "x509/name.h"

/* Offset in the body of a ServerHello or a HelloRetryRequest. */
#define SERVER_HELLO_ID 34

/* 1 if a session can be refused, and will be if it is not judged. */
static int enforces(const struct stls_judge *judge)
{
	return judge->policy || judge->strict || judge->chosen;
}

void stls_judge_clear(struct stls_judge *judge)
{
	free(judge->shadow_text);
	free(judge->advice);
	judge->shadow_text = NULL;
	judge->advice = NULL;
}

/* Only the first reason counts: it is the cause of what follows. */
static int refuse(struct stls_judge *judge, const struct stls_refusal *facts)
{
	struct smtptls_advice advice;

	(void)stls_refusal_advise(facts, &advice);
	if (judge->reason == 0) {
		judge->reason = advice.reason;
		memcpy(judge->text, advice.text, sizeof(judge->text));
		judge->advice = malloc(sizeof(*judge->advice));
		if (judge->advice)
			*judge->advice = advice;
	}
	judge->judged = 0;
	return stls_refusal_alert(facts);
}

/* Whether TLS 1.3 could choose among certificates of several types. */
static int ambiguous(unsigned keys)
{
	keys &= STLS_KEYS & ~(unsigned)SMTPTLS_KEY_RSA_ENCRYPT;
	return (keys & (keys - 1)) != 0;
}

/*
 * Certificates for the name take precedence, as in GnuTLS; if none of them can
 * serve the client, any will do. Returns the keys that the choice was made
 * from.
 */
static unsigned select_for_name(const struct stls_judge *judge,
				const struct smtptls_policy *policy,
				const struct stls_client_hello *hello,
				struct stls_choice *choice)
{
	unsigned keys = 0;

	if (hello->sni.data && judge->own->count > 1)
		keys = stls_own_certificates_named(judge->own, &hello->sni);
	if (keys && stls_select(policy, hello, keys, choice) == STLS_STEP_NONE)
		return keys;
	(void)stls_select(policy, hello, judge->own->keys, choice);
	return judge->own->keys;
}

/*
 * Show the right certificate: one for the client's name, which GnuTLS would
 * find only by its exact spelling; and before TLS 1.3 one with the chosen key,
 * where GnuTLS would take the first of any curve, or fail with an EdDSA or
 * RSA-PSS one.
 */
static int show_certificate(const struct stls_judge *judge,
			    gnutls_session_t tls,
			    const struct stls_client_hello *hello,
			    const struct stls_choice *choice)
{
	int i = -1;

	if (!judge->single || !choice->key)
		return 0;
	if (hello->sni.data)
		i = stls_own_certificates_find(judge->own, &hello->sni,
					       choice->key);
	if (i < 0 && choice->version < STLS_TLS1_3)
		i = stls_own_certificates_find(judge->own, NULL, choice->key);
	if (i < 0 || !judge->single[i])
		return 0;
	return gnutls_credentials_set(tls, GNUTLS_CRD_CERTIFICATE,
				      judge->single[i]);
}

/*
 * Note why the shadow policy would refuse; `error` is the parser's. Only the
 * first reason counts: the hello that answers a HelloRetryRequest differs in
 * nothing that a refusal depends on (RFC 8446 section 4.1.2).
 */
static void judge_shadow(struct stls_judge *judge,
			 const struct stls_client_hello *hello, int error)
{
	struct stls_choice choice = { 0 };
	struct stls_refusal facts = { .policy = judge->shadow,
				      .hello = hello,
				      .keys = judge->own->keys,
				      .choice = &choice,
				      .error = error };
	struct smtptls_advice advice;

	if (!judge->shadow || judge->shadow_reason != 0)
		return;
	if (error < 0)
		facts.reason = SMTPTLS_REASON_BAD_HELLO;
	else
		(void)select_for_name(judge, judge->shadow, hello, &choice);
	(void)stls_refusal_advise(&facts, &advice);
	if (advice.reason == 0)
		return;
	judge->shadow_reason = advice.reason;
	judge->shadow_text = strdup(advice.text);
}

/*
 * Strict SNI: refuse a name without a certificate. The advice asks for one of a
 * type that serves the client too.
 */
static int refuse_name(struct stls_judge *judge, struct stls_refusal facts,
		       struct stls_choice *choice)
{
	const struct stls_client_hello *hello = facts.hello;
	char name[STLS_NAME_SIZE];

	facts.reason = SMTPTLS_REASON_SNI;
	if (stls_name_normalize(name, hello->sni.data, hello->sni.len))
		facts.name = name;
	if (judge->policy)
		(void)stls_select(judge->policy, hello, judge->own->keys,
				  choice);
	/* Another name would not help; OpenSSL, too, checks these first. */
	if (choice->step == STLS_STEP_HELLO || choice->step == STLS_STEP_SSL3 ||
	    choice->step == STLS_STEP_FALLBACK)
		facts.reason = 0;
	return refuse(judge, &facts);
}

static int judge_hello(struct stls_judge *judge, gnutls_session_t tls,
		       const gnutls_datum_t *body)
{
	struct stls_client_hello hello;
	struct stls_choice choice = { 0 };
	struct stls_refusal facts = { .policy = judge->policy,
				      .hello = &hello,
				      .keys = judge->own->keys,
				      .choice = &choice };
	unsigned keys;
	int ret;

	facts.error = stls_client_hello_parse(&hello, body->data, body->size);
	judge_shadow(judge, &hello, facts.error);
	if (!enforces(judge))
		return 0;
	if (facts.error < 0) {
		facts.reason = SMTPTLS_REASON_BAD_HELLO;
		return refuse(judge, &facts);
	}
	if (judge->strict && hello.sni.data &&
	    !stls_own_certificates_cover(judge->own, &hello.sni))
		return refuse_name(judge, facts, &choice);
	if (!judge->policy) {
		judge->judged = 1;
		return 0;
	}
	keys = select_for_name(judge, judge->policy, &hello, &choice);
	if (choice.step != STLS_STEP_NONE)
		return refuse(judge, &facts);
	ret = show_certificate(judge, tls, &hello, &choice);
	if (ret < 0)
		return ret;
	judge->choice = choice;
	judge->judged = 1;
	/*
	 * Among certificates of several types GnuTLS takes the first one
	 * loaded, unless the priorities allow only the chosen key's signatures.
	 * That would restrict a client's certificate too, so it is not done if
	 * one is requested.
	 */
	if (choice.version == STLS_TLS1_3 && (judge->asks || !ambiguous(keys)))
		choice.key = 0;
	return stls_choice_priority_set(judge->policy, tls, &choice,
					choice.key);
}

static int judge_ssl2(struct stls_judge *judge)
{
	const struct stls_refusal facts = { .reason = SMTPTLS_REASON_SSL2_HELLO,
					    .policy = judge->policy };

	return refuse(judge, &facts);
}

/* RFC 8446 section 4.1.3; GnuTLS refuses a shorter message itself. */
static int judge_server_hello(struct stls_judge *judge,
			      const gnutls_datum_t *body)
{
	struct stls_refusal facts = { .reason = SMTPTLS_REASON_OUTSIDE,
				      .policy = judge->policy };
	size_t at = SERVER_HELLO_ID;
	int row;

	if (body->size <= at)
		return 0;
	at += 1U + body->data[at];
	if (body->size < at + 2)
		return 0;
	row = stls_suite_by_code((unsigned)body->data[at] << 8 |
				 body->data[at + 1]);
	if (row >= 0 && stls_policy_has_suite(judge->policy, row)) {
		judge->judged = 1;
		return 0;
	}
	if (row >= 0)
		facts.suite = stls_suite((size_t)row);
	return refuse(judge, &facts);
}

int stls_judge_message(struct stls_judge *judge, gnutls_session_t tls,
		       unsigned type, unsigned incoming,
		       const gnutls_datum_t *message)
{
	if (!stls_judge_wanted(judge) || !incoming)
		return 0;
	switch (type) {
	case GNUTLS_HANDSHAKE_CLIENT_HELLO:
		return judge_hello(judge, tls, message);
	case GNUTLS_HANDSHAKE_CLIENT_HELLO_V2:
		return enforces(judge) ? judge_ssl2(judge) : 0;
	case GNUTLS_HANDSHAKE_SERVER_HELLO:
	case GNUTLS_HANDSHAKE_HELLO_RETRY_REQUEST:
		return judge->policy ? judge_server_hello(judge, message) : 0;
	default:
		return 0;
	}
}

int stls_judge_failure(struct stls_judge *judge, int ret)
{
	struct stls_choice choice = { .step = STLS_STEP_HELLO,
				      .error = STLS_HELLO_NO_SIGALGS };
	struct stls_refusal facts = { .reason = SMTPTLS_REASON_BAD_HELLO,
				      .policy = judge->policy,
				      .choice = &choice };

	if (!judge->judged || ret != GNUTLS_E_NO_CIPHER_SUITES ||
	    !(judge->choice.flags & STLS_CHOICE_RESUMES_ONLY))
		return ret;
	return refuse(judge, &facts);
}

/* ---- the result ---- */

static uint16_t version_in_use(gnutls_session_t tls)
{
	switch (gnutls_protocol_get_version(tls)) {
	case GNUTLS_TLS1_0:
		return STLS_TLS1_0;
	case GNUTLS_TLS1_1:
		return STLS_TLS1_1;
	case GNUTLS_TLS1_2:
		return STLS_TLS1_2;
	case GNUTLS_TLS1_3:
		return STLS_TLS1_3;
	default:
		return 0;
	}
}

static int is_in_use(const struct stls_suite *suite, gnutls_session_t tls,
		     uint16_t version)
{
	const char *kx = gnutls_kx_get_name(gnutls_kx_get(tls));
	const char *mac = gnutls_mac_get_name(gnutls_mac_get(tls));

	if (!stls_version_has_suite(version, suite) ||
	    strcmp(suite->gnutls_cipher,
		   gnutls_cipher_get_name(gnutls_cipher_get(tls))) != 0)
		return 0;
	if (!mac || strcmp(suite->gnutls_mac, mac) != 0)
		return 0;
	return version == STLS_TLS1_3 ||
	       (kx && strcmp(suite->gnutls_kx, kx) == 0);
}

/* A resumed session has its ticket's suite, which must be the policy's too. */
static int suite_is_allowed(const struct stls_judge *judge,
			    gnutls_session_t tls, uint16_t version, int server)
{
	const struct smtptls_policy *policy = judge->policy;
	unsigned i;

	if (server && is_in_use(stls_suite(judge->choice.suite), tls, version))
		return 1;
	if (server && !gnutls_session_is_resumed(tls))
		return 0;
	for (i = 0; i < policy->suite_count; i++) {
		if (stls_policy_allows(policy, i) &&
		    is_in_use(stls_suite(policy->suite_row[i]), tls, version))
			return 1;
	}
	return 0;
}

static int has_row(const uint8_t *rows, unsigned count, const char *name)
{
	static const char prefix[] = "GROUP-";
	unsigned i;

	for (i = 0; i < count; i++) {
		if (strcmp(stls_group(rows[i])->gnutls + strlen(prefix),
			   name) == 0)
			return 1;
	}
	return 0;
}

/* DHE before TLS 1.3 may use a field outside the list of groups. */
static int group_is_allowed(const struct stls_judge *judge,
			    gnutls_session_t tls, uint16_t version)
{
	const struct smtptls_policy *policy = judge->policy;
	gnutls_group_t group = gnutls_group_get(tls);
	const char *name;

	if (group == GNUTLS_GROUP_INVALID)
		return version != STLS_TLS1_3;
	name = gnutls_group_get_name(group);
	if (!name)
		return 0;
	return has_row(policy->group, policy->group_count, name) ||
	       (version != STLS_TLS1_3 &&
		has_row(policy->field, policy->field_count, name));
}

int stls_judge_result(struct stls_judge *judge, gnutls_session_t tls,
		      int server)
{
	uint16_t version = version_in_use(tls);
	struct stls_refusal facts = { .reason = SMTPTLS_REASON_OUTSIDE,
				      .policy = judge->policy };

	if (!enforces(judge))
		return 0;
	if (!judge->judged)
		facts.reason = SMTPTLS_REASON_UNJUDGED;
	else if (!judge->policy)
		return 0;
	else if (judge->policy->selectable_versions &
			 stls_version_bit(version) &&
		 (!server || version == judge->choice.version) &&
		 suite_is_allowed(judge, tls, version, server) &&
		 group_is_allowed(judge, tls, version))
		return 0;
	(void)refuse(judge, &facts);
	return -1;
}
