/* SPDX-License-Identifier: MIT */
/*
 * reason/policy_judge: what a server would do with a recorded ClientHello.
 *
 * The same choice and sentence as in a handshake, without one: for tools, and
 * for hosts that want to know beforehand.
 */
#include <string.h>

#include "reason/refusal.h"

#define HELLO_MAX 16384

static const char *or_null(const char *name)
{
	return name[0] ? name : NULL;
}

static void fill(struct smtptls_answer *answer,
		 const struct stls_choice *choice,
		 const struct smtptls_advice *advice)
{
	const struct stls_suite *suite = stls_suite(choice->suite);

	answer->reason = advice->reason;
	memcpy(answer->text, advice->text, sizeof(answer->text));
	memcpy(answer->changes, advice->changes, sizeof(answer->changes));
	answer->change_count = advice->change_count;
	answer->protocol = stls_protocol_name(choice->version);
	if (advice->reason != 0)
		return;
	answer->cipher_openssl = or_null(suite->openssl);
	answer->cipher_iana = or_null(suite->iana);
	answer->cipher_gnutls = or_null(suite->gnutls);
	if (choice->group != STLS_NO_GROUP)
		answer->group = stls_group(choice->group)->name;
	answer->key = choice->key;
	answer->retry = (choice->flags & STLS_CHOICE_RETRY) != 0;
}

/* SSLv2 and malformed hellos get a reason, as in a handshake. */
static int find(const void *hello, size_t len, unsigned char *memory,
		struct stls_client_hello *parsed, struct stls_refusal *facts)
{
	struct stls_bytes body;

	facts->error =
		stls_client_hello_find(&body, hello, len, memory, HELLO_MAX);
	if (facts->error == 0)
		facts->error =
			stls_client_hello_parse(parsed, body.data, body.len);
	switch (facts->error) {
	case 0:
		return 0;
	case STLS_HELLO_TRUNCATED:
		return SMTPTLS_E_AGAIN;
	case STLS_HELLO_NO_HELLO:
	case STLS_HELLO_NO_TLS:
		return SMTPTLS_E_SYNTAX;
	case STLS_HELLO_TOO_LONG:
		return SMTPTLS_E_LIMIT;
	case STLS_HELLO_SSL2:
		facts->reason = SMTPTLS_REASON_SSL2_HELLO;
		return 0;
	default:
		facts->reason = SMTPTLS_REASON_BAD_HELLO;
		return 0;
	}
}

int smtptls_policy_judge(const struct smtptls_policy *policy, const void *hello,
			 size_t len, unsigned keys,
			 struct smtptls_answer *answer, size_t size)
{
	unsigned char memory[HELLO_MAX];
	struct stls_client_hello parsed = { 0 };
	struct stls_choice choice = { 0 };
	struct stls_refusal facts = { .policy = policy,
				      .hello = &parsed,
				      .keys = keys,
				      .choice = &choice };
	struct smtptls_advice advice;
	struct smtptls_answer full;
	int ret;

	if (!policy || !hello || !answer || size == 0 || keys & ~STLS_KEYS)
		return SMTPTLS_E_ARG;
	ret = find(hello, len, memory, &parsed, &facts);
	if (ret == 0 && facts.reason == 0)
		(void)stls_select(policy, &parsed, keys, &choice);
	if (ret == 0)
		ret = stls_refusal_advise(&facts, &advice);
	if (ret < 0)
		return ret;
	memset(&full, 0, sizeof(full));
	fill(&full, &choice, &advice);
	memset(answer, 0, size);
	memcpy(answer, &full, size < sizeof(full) ? size : sizeof(full));
	return 0;
}
