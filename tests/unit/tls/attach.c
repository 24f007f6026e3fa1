/* SPDX-License-Identifier: MIT */
/*
 * A policy on GnuTLS sessions of the host's own, server and client, connected
 * in memory: the exact choice, refusals with their reasons, a hook of the
 * host's, and ownership of the policy.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <smtptls/gnutls.h>

#include "../help/peer.h"
#include "../help/policy_help.h"
#include "tls/hook.h"

/* GnuTLS's result for a policy's priorities; 0: its own. */
static int priority_error;

int __real_gnutls_priority_set_direct(gnutls_session_t session,
				      const char *priorities, const char **pos);
int __wrap_gnutls_priority_set_direct(gnutls_session_t session,
				      const char *priorities, const char **pos);

int __wrap_gnutls_priority_set_direct(gnutls_session_t session,
				      const char *priorities, const char **pos)
{
	return priority_error ? priority_error
			      : __real_gnutls_priority_set_direct(
					session, priorities, pos);
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define AES128	     "ECDHE-RSA-AES128-GCM-SHA256"
#define TLS12(kx, cipher, mac)                                                 \
	"NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+" kx ":-CIPHER-ALL:+" cipher   \
	":-MAC-ALL:+" mac

static const struct testcert *cert(int algorithm)
{
	return testcert_server(testcert_ca("test CA"), algorithm,
			       "mx.example.org");
}

static size_t move(struct peer *from, struct peer *to)
{
	size_t n = peer_queue_len(&from->out);

	peer_queue_add(&to->in, peer_queue_data(&from->out), n);
	peer_queue_drop(&from->out, n);
	return n;
}

static void join(struct peer *client, struct peer *server)
{
	int turns, told = 0;

	for (turns = 0; turns < 50; turns++) {
		peer_step(client);
		peer_step(server);
		if (!told && server->result < 0 &&
		    gnutls_error_is_fatal(server->result)) {
			(void)gnutls_alert_send_appropriate(server->tls,
							    server->result);
			told = 1;
		}
		if (move(client, server) + move(server, client) == 0)
			return;
	}
	fail_msg("the handshake does not end");
}

struct pair {
	struct peer *client, *server;
};

static struct pair pair_of(const char *client_priority, int algorithm)
{
	struct pair pair = {
		peer_client(client_priority, NULL),
		peer_server("NORMAL", cert(algorithm)),
	};

	return pair;
}

static void pair_free(struct pair *pair)
{
	peer_free(pair->client);
	peer_free(pair->server);
}

static void check_result(const struct pair *pair, int reason,
			 const char *sentence)
{
	const char *text;

	assert_int_equal(smtptls_policy_result(pair->server->tls,
					       pair->server->result, &text),
			 reason);
	if (sentence)
		assert_string_equal(text, sentence);
}

/* The policy is released before the handshake: the session owns it too. */
static void chooses(void **state)
{
	/* An order that no priority string can express. */
	struct smtptls_policy *policy = new_policy(
		POLICY(.ciphers = "AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-"
				  "SHA384:" AES128));
	struct pair pair =
		pair_of("NORMAL:-VERS-ALL:+VERS-TLS1.2:+RSA", TESTCERT_RSA);

	(void)state;
	assert_int_equal(smtptls_policy_attach(policy, pair.server->tls), 0);
	smtptls_policy_unref(policy);
	join(pair.client, pair.server);
	assert_int_equal(pair.server->result, 0);
	assert_int_equal(pair.client->result, 0);
	check_result(&pair, 0, "");
	assert_int_equal(gnutls_kx_get(pair.client->tls), GNUTLS_KX_RSA);
	assert_int_equal(gnutls_cipher_get(pair.client->tls),
			 GNUTLS_CIPHER_AES_128_GCM);
	pair_free(&pair);
}

static void refuses(void **state)
{
	struct smtptls_policy *policy = new_policy(POLICY(.ciphers = AES128));
	struct pair pair =
		pair_of(TLS12("RSA", "AES-128-CBC", "SHA1"), TESTCERT_RSA);

	(void)state;
	assert_int_equal(smtptls_policy_attach(policy, pair.server->tls), 0);
	smtptls_policy_unref(policy);
	join(pair.client, pair.server);
	assert_int_equal(pair.server->result, GNUTLS_E_NO_CIPHER_SUITES);
	assert_int_equal(pair.client->alert, GNUTLS_A_HANDSHAKE_FAILURE);
	check_result(
		&pair, SMTPTLS_REASON_SUITES_EXCLUDED,
		"peer offers TLS 1.2 with AES128-SHA, which the ciphers do "
		"not name: add AES128-SHA to the ciphers");
	pair_free(&pair);
}

static void refuses_type(void **state)
{
	struct smtptls_policy *policy = new_policy(POLICY(.ciphers = "HIGH"));
	struct pair pair = pair_of(TLS12("ECDHE-RSA", "AES-128-GCM", "AEAD"),
				   TESTCERT_ECDSA);

	(void)state;
	assert_int_equal(smtptls_policy_attach(policy, pair.server->tls), 0);
	smtptls_policy_unref(policy);
	join(pair.client, pair.server);
	check_result(&pair, SMTPTLS_REASON_NEEDS_RSA,
		     "peer offers up to TLS 1.2 with RSA suites only; the only "
		     "certificate is ECDSA P-256: add an RSA certificate");
	pair_free(&pair);
}

/* ---- a hook of the host's ---- */

static int own_hook(gnutls_session_t tls, unsigned type, unsigned when,
		    unsigned incoming, const gnutls_datum_t *message)
{
	struct smtptls_policy *policy = gnutls_session_get_ptr(tls);
	int ret = smtptls_policy_on_hello(policy, tls, type, when, incoming,
					  message);

	/* GnuTLS requires that of a hook */
	assert_true(ret <= 0);
	return ret;
}

static void in_own_hook(void **state)
{
	struct smtptls_policy *policy = new_policy(
		POLICY(.ciphersuites = "TLS_CHACHA20_POLY1305_SHA256",
		       .groups = "P-384"));
	struct pair pair = pair_of("NORMAL", TESTCERT_RSA);

	(void)state;
	gnutls_session_set_ptr(pair.server->tls, policy);
	gnutls_handshake_set_hook_function(pair.server->tls,
					   GNUTLS_HANDSHAKE_ANY,
					   GNUTLS_HOOK_BOTH, own_hook);
	join(pair.client, pair.server);
	assert_int_equal(pair.server->result, 0);
	check_result(&pair, 0, "");
	assert_int_equal(gnutls_cipher_get(pair.client->tls),
			 GNUTLS_CIPHER_CHACHA20_POLY1305);
	assert_int_equal(gnutls_group_get(pair.client->tls),
			 GNUTLS_GROUP_SECP384R1);
	smtptls_policy_unref(policy);
	pair_free(&pair);
}

static const unsigned char ssl2[] = {
	0x80, 0x1c, 1, 3, 1, 0, 3, 0, 0, 0, 16, 0, 0, 0x2f, 1,
	2,    3,    4, 5, 6, 7, 8, 9, 1, 2, 3,	4, 5, 6,    7,
};

/* It lets the policy judge the hello, and then does what it likes. */
static int widening_hook(gnutls_session_t tls, unsigned type, unsigned when,
			 unsigned incoming, const gnutls_datum_t *message)
{
	struct smtptls_policy *policy = gnutls_session_get_ptr(tls);

	if (type != GNUTLS_HANDSHAKE_CLIENT_HELLO || when != GNUTLS_HOOK_PRE)
		return 0;
	(void)smtptls_policy_on_hello(policy, tls, type, when, incoming,
				      message);
	return gnutls_priority_set_direct(tls, "NORMAL:+RSA", NULL);
}

static int fickle_hook(gnutls_session_t tls, unsigned type, unsigned when,
		       unsigned incoming, const gnutls_datum_t *message)
{
	struct smtptls_policy **policies = gnutls_session_get_ptr(tls);

	return smtptls_policy_on_hello(
		policies[type != GNUTLS_HANDSHAKE_CLIENT_HELLO], tls, type,
		when, incoming, message);
}

static struct peer *host_server(struct smtptls_policy *policy, unsigned type,
				int when)
{
	struct peer *server = peer_server("NORMAL", cert(TESTCERT_RSA));

	gnutls_session_set_ptr(server->tls, policy);
	gnutls_handshake_set_hook_function(server->tls, type, when, own_hook);
	return server;
}

#define NEVER                                                                  \
	"the hello was never judged by the policy: set the host's handshake "  \
	"hook for GNUTLS_HANDSHAKE_ANY and GNUTLS_HOOK_PRE"
#define LATE                                                                   \
	"the hello was not judged before GnuTLS read it: set the host's "      \
	"handshake hook for GNUTLS_HOOK_PRE or GNUTLS_HOOK_BOTH"

static void hook_for_post_alone(void **state)
{
	static const char *const priorities[] = { PEER_TLS12, PEER_TLS13 };
	struct smtptls_policy *policy = new_policy(POLICY(.ciphers = "HIGH"));
	struct pair pair;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		pair.client = peer_client(priorities[i], NULL);
		pair.server = host_server(policy, GNUTLS_HANDSHAKE_ANY,
					  GNUTLS_HOOK_POST);
		join(pair.client, pair.server);
		assert_int_equal(pair.server->result, GNUTLS_E_INVALID_REQUEST);
		assert_int_equal(pair.client->result,
				 GNUTLS_E_FATAL_ALERT_RECEIVED);
		check_result(&pair, SMTPTLS_REASON_UNJUDGED, LATE);
		pair_free(&pair);
		/* A client judges the ServerHello. */
		pair = pair_of(priorities[i], TESTCERT_RSA);
		gnutls_session_set_ptr(pair.client->tls, policy);
		gnutls_handshake_set_hook_function(pair.client->tls,
						   GNUTLS_HANDSHAKE_ANY,
						   GNUTLS_HOOK_POST, own_hook);
		join(pair.client, pair.server);
		assert_int_equal(pair.client->result, GNUTLS_E_INVALID_REQUEST);
		assert_int_equal(smtptls_policy_result(pair.client->tls,
						       pair.client->result,
						       NULL),
				 SMTPTLS_REASON_UNJUDGED);
		pair_free(&pair);
	}
	smtptls_policy_unref(policy);
}

/* It is called, but not for a hello; or it is never called. */
static void hook_for_another_type(void **state)
{
	static const unsigned types[] = { GNUTLS_HANDSHAKE_FINISHED,
					  GNUTLS_HANDSHAKE_CERTIFICATE_VERIFY,
					  GNUTLS_HANDSHAKE_CLIENT_HELLO_V2 };
	struct smtptls_policy *policy = new_policy(POLICY(.ciphers = "HIGH"));
	struct pair pair;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		pair.client = peer_client("NORMAL", NULL);
		pair.server = host_server(policy, types[i], GNUTLS_HOOK_BOTH);
		join(pair.client, pair.server);
		assert_int_equal(pair.server->result, 0);
		check_result(&pair, SMTPTLS_REASON_UNJUDGED, NEVER);
		pair_free(&pair);
	}
	smtptls_policy_unref(policy);
}

/* A hook for one type is enough here, but it misses the SSLv2 format. */
static void hook_for_client_hello_alone(void **state)
{
	struct smtptls_policy *policy = new_policy(POLICY(.ciphers = "HIGH"));
	struct pair pair = { peer_client("NORMAL", NULL),
			     host_server(policy, GNUTLS_HANDSHAKE_CLIENT_HELLO,
					 GNUTLS_HOOK_PRE) };
	const char *text;

	(void)state;
	join(pair.client, pair.server);
	assert_int_equal(pair.server->result, 0);
	check_result(&pair, 0, "");
	pair_free(&pair);
	pair.server = host_server(policy, GNUTLS_HANDSHAKE_CLIENT_HELLO,
				  GNUTLS_HOOK_PRE);
	assert_int_equal(gnutls_priority_set_direct(
				 pair.server->tls,
				 "NORMAL:+VERS-TLS1.0:+RSA:%COMPAT", NULL),
			 0);
	peer_queue_add(&pair.server->in, ssl2, sizeof(ssl2));
	peer_step(pair.server);
	/* GnuTLS has answered it. */
	assert_int_equal(pair.server->result, GNUTLS_E_AGAIN);
	assert_true(peer_queue_len(&pair.server->out) > 0);
	assert_int_equal(smtptls_policy_result(pair.server->tls, 0, &text),
			 SMTPTLS_REASON_UNJUDGED);
	assert_string_equal(text, NEVER);
	peer_free(pair.server);
	smtptls_policy_unref(policy);
}

static void priorities_replaced(void **state)
{
	struct smtptls_policy *policy =
		new_policy(POLICY(.ciphers = AES128, .protocols = "TLSv1.2"));
	struct pair pair =
		pair_of("NORMAL:-VERS-ALL:+VERS-TLS1.2", TESTCERT_RSA);

	(void)state;
	/* Before the hello: the hook replaces them in turn. */
	assert_int_equal(smtptls_policy_attach(policy, pair.server->tls), 0);
	assert_int_equal(gnutls_priority_set_direct(pair.server->tls,
						    "NORMAL:+RSA", NULL),
			 0);
	join(pair.client, pair.server);
	assert_int_equal(pair.server->result, 0);
	check_result(&pair, 0, "");
	pair_free(&pair);
	/* After it: the result is checked. */
	pair.client = peer_client(PEER_TLS12, NULL);
	pair.server = peer_server("NORMAL", cert(TESTCERT_RSA));
	gnutls_session_set_ptr(pair.server->tls, policy);
	gnutls_handshake_set_hook_function(pair.server->tls,
					   GNUTLS_HANDSHAKE_ANY,
					   GNUTLS_HOOK_BOTH, widening_hook);
	join(pair.client, pair.server);
	assert_int_equal(pair.server->result, 0);
	check_result(&pair, SMTPTLS_REASON_OUTSIDE, NULL);
	pair_free(&pair);
	smtptls_policy_unref(policy);
}

/* The policy that judged the hello is not the one queried at the end. */
static void another_policy_midway(void **state)
{
	struct smtptls_policy *policies[] = {
		new_policy(POLICY(.ciphers = "HIGH")),
		new_policy(POLICY(.ciphers = AES128)),
	};
	struct pair pair = { peer_client("NORMAL", NULL),
			     peer_server("NORMAL", cert(TESTCERT_RSA)) };

	(void)state;
	gnutls_session_set_ptr(pair.server->tls, policies);
	gnutls_handshake_set_hook_function(pair.server->tls,
					   GNUTLS_HANDSHAKE_ANY,
					   GNUTLS_HOOK_PRE, fickle_hook);
	join(pair.client, pair.server);
	assert_int_equal(pair.server->result, 0);
	check_result(&pair, SMTPTLS_REASON_UNJUDGED, NEVER);
	pair_free(&pair);
	smtptls_policy_unref(policies[0]);
	smtptls_policy_unref(policies[1]);
}

/* Only the last policy counts, and both are released. */
static void attached_twice(void **state)
{
	struct smtptls_policy *first =
		new_policy(POLICY(.protocols = "TLSv1.3"));
	struct smtptls_policy *second =
		new_policy(POLICY(.protocols = "TLSv1.2"));
	struct pair pair = pair_of("NORMAL", TESTCERT_RSA);

	(void)state;
	assert_int_equal(smtptls_policy_attach(first, pair.server->tls), 0);
	assert_int_equal(smtptls_policy_attach(second, pair.server->tls), 0);
	assert_int_equal(smtptls_policy_attach(second, pair.server->tls), 0);
	smtptls_policy_unref(first);
	smtptls_policy_unref(second);
	join(pair.client, pair.server);
	check_result(&pair, 0, "");
	assert_int_equal(gnutls_protocol_get_version(pair.client->tls),
			 GNUTLS_TLS1_2);
	pair_free(&pair);
}

/* ---- fail closed ---- */

static void overwritten(void **state)
{
	struct smtptls_policy *policy =
		new_policy(POLICY(.ciphers = AES128, .protocols = "TLSv1.2"));
	struct pair pair =
		pair_of(TLS12("RSA", "AES-128-CBC", "SHA1"), TESTCERT_RSA);

	(void)state;
	assert_int_equal(smtptls_policy_attach(policy, pair.server->tls), 0);
	/* Without the hook, the priorities still forbid it. */
	gnutls_handshake_set_hook_function(
		pair.server->tls, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_PRE, NULL);
	join(pair.client, pair.server);
	assert_true(pair.server->result < 0);
	pair_free(&pair);
	/* Without both, the result reports it. */
	pair = pair_of(TLS12("RSA", "AES-128-CBC", "SHA1"), TESTCERT_RSA);
	assert_int_equal(smtptls_policy_attach(policy, pair.server->tls), 0);
	gnutls_handshake_set_hook_function(
		pair.server->tls, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_PRE, NULL);
	assert_int_equal(gnutls_priority_set_direct(pair.server->tls,
						    "NORMAL:+RSA", NULL),
			 0);
	join(pair.client, pair.server);
	assert_int_equal(pair.server->result, 0);
	check_result(&pair, SMTPTLS_REASON_UNJUDGED, NULL);
	smtptls_policy_unref(policy);
	pair_free(&pair);
}

static void ssl2_hello(void **state)
{
	struct smtptls_policy *policy =
		new_policy(POLICY(.ciphers = "ALL:@SECLEVEL=0",
				  .protocols = "TLSv1 TLSv1.1 TLSv1.2"));
	struct peer *server = peer_server("NORMAL", cert(TESTCERT_RSA));
	const char *text;

	(void)state;
	assert_int_equal(smtptls_policy_attach(policy, server->tls), 0);
	smtptls_policy_unref(policy);
	peer_queue_add(&server->in, ssl2, sizeof(ssl2));
	peer_step(server);
	assert_true(server->result < 0 &&
		    gnutls_error_is_fatal(server->result));
	/* No part of a handshake was sent. */
	assert_int_equal(peer_queue_len(&server->out), 0);
	assert_int_equal(
		smtptls_policy_result(server->tls, server->result, &text),
		SMTPTLS_REASON_SSL2_HELLO);
	peer_free(server);
}

/* ---- clients ---- */

static void client_is_kept_to_it(void **state)
{
	struct smtptls_policy *policy =
		new_policy(POLICY(.ciphers = AES128, .protocols = "TLSv1.2"));
	struct pair pair = pair_of("NORMAL", TESTCERT_RSA);
	const char *text;

	(void)state;
	assert_int_equal(smtptls_policy_attach(policy, pair.client->tls), 0);
	join(pair.client, pair.server);
	assert_int_equal(pair.client->result, 0);
	assert_int_equal(smtptls_policy_result(pair.client->tls, 0, &text), 0);
	pair_free(&pair);
	/* The host widens the priorities: the hook checks what results. */
	pair = pair_of("NORMAL", TESTCERT_RSA);
	assert_int_equal(smtptls_policy_attach(policy, pair.client->tls), 0);
	assert_int_equal(gnutls_priority_set_direct(
				 pair.client->tls,
				 TLS12("ECDHE-RSA", "AES-256-GCM", "AEAD"),
				 NULL),
			 0);
	join(pair.client, pair.server);
	assert_int_equal(pair.client->result,
			 GNUTLS_E_RECEIVED_ILLEGAL_PARAMETER);
	assert_int_equal(smtptls_policy_result(pair.client->tls,
					       pair.client->result, &text),
			 SMTPTLS_REASON_OUTSIDE);
	assert_string_equal(
		text,
		"GnuTLS agreed to ECDHE-RSA-AES256-GCM-SHA384, which the "
		"policy does not allow: the host has replaced the session's "
		"priorities, or the peer is broken");
	smtptls_policy_unref(policy);
	pair_free(&pair);
}

/* A hello that passed does not excuse a wrong result. */
static void outcome(void **state)
{
	static const struct {
		struct smtptls_policy_spec spec;
		int ret;
	} rows[] = {
		{ { .ciphers = AES128 }, 0 },
		{ { .ciphers = "ECDHE-RSA-AES256-GCM-SHA384" }, -1 },
		{ { .ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256" }, -1 },
		{ { .ciphers = "DHE-RSA-AES128-GCM-SHA256" }, -1 },
		{ { .ciphers = "ECDHE-RSA-AES128-SHA256" }, -1 },
		{ { .protocols = "TLSv1.3" }, -1 },
		{ { .ciphers = AES128, .groups = "P-384:P-521" }, -1 },
		{ { .ciphers = AES128, .groups = "P-521:P-256" }, 0 },
	};
	struct pair pair = pair_of(
		"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-GCM:"
		"-KX-ALL:+ECDHE-RSA:-GROUP-ALL:+GROUP-SECP256R1",
		TESTCERT_RSA);
	size_t i;

	(void)state;
	join(pair.client, pair.server);
	assert_int_equal(pair.client->result, 0);
	for (i = 0; i < COUNT(rows); i++) {
		struct smtptls_policy *policy = new_policy(&rows[i].spec);
		struct stls_judge judge = { .policy = policy };

		assert_int_equal(stls_judge_result(&judge, pair.client->tls, 0),
				 -1);
		assert_int_equal(judge.reason, SMTPTLS_REASON_UNJUDGED);
		stls_judge_clear(&judge);
		judge = (struct stls_judge){ .policy = policy, .judged = 1 };
		assert_int_equal(stls_judge_result(&judge, pair.client->tls, 0),
				 rows[i].ret);
		assert_int_equal(judge.reason,
				 rows[i].ret ? SMTPTLS_REASON_OUTSIDE : 0);
		stls_judge_clear(&judge);
		smtptls_policy_unref(policy);
	}
	pair_free(&pair);
}

/* It is left to GnuTLS, which refuses it; the policy does not judge it. */
static void short_server_hello(void **state)
{
	struct smtptls_policy *policy = new_policy(POLICY(.ciphers = "HIGH"));
	struct peer *client = peer_client("NORMAL", NULL);
	unsigned char body[37] = { 3, 3 };
	gnutls_datum_t message = { body, 0 };
	const char *text;

	(void)state;
	for (; message.size < sizeof(body); message.size++)
		assert_int_equal(
			smtptls_policy_on_hello(policy, client->tls,
						GNUTLS_HANDSHAKE_SERVER_HELLO,
						(unsigned)GNUTLS_HOOK_PRE, 1,
						&message),
			0);
	assert_int_equal(smtptls_policy_result(client->tls, 0, &text),
			 SMTPTLS_REASON_UNJUDGED);
	smtptls_policy_unref(policy);
	peer_free(client);
}

static void arguments(void **state)
{
	struct smtptls_policy *policy = new_policy(POLICY(.ciphers = "HIGH"));
	struct peer *server = peer_server("NORMAL", cert(TESTCERT_RSA));
	gnutls_datum_t none = { NULL, 0 };
	const char *text = NULL;

	(void)state;
	assert_int_equal(smtptls_policy_attach(NULL, server->tls),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_policy_attach(policy, NULL), SMTPTLS_E_ARG);
	priority_error = GNUTLS_E_MEMORY_ERROR;
	assert_int_equal(smtptls_policy_attach(policy, server->tls),
			 SMTPTLS_E_NOMEM);
	priority_error = GNUTLS_E_NO_PRIORITIES_WERE_SET;
	assert_int_equal(smtptls_policy_attach(policy, server->tls),
			 SMTPTLS_E_CONFIG);
	priority_error = 0;
	assert_int_equal(smtptls_policy_result(server->tls, 0, &text),
			 SMTPTLS_REASON_UNJUDGED);
	assert_string_equal(text, NEVER);
	assert_int_equal(
		smtptls_policy_result(server->tls, GNUTLS_E_SESSION_EOF, &text),
		0);
	assert_string_equal(text, "");
	/* A session that fails before its hello has not violated a policy. */
	assert_int_equal(smtptls_policy_attach(policy, server->tls), 0);
	assert_int_equal(
		smtptls_policy_result(server->tls, GNUTLS_E_SESSION_EOF, &text),
		0);
	assert_string_equal(text, "");
	assert_int_equal(smtptls_policy_result(NULL, 0, NULL), SMTPTLS_E_ARG);
	assert_int_equal(
		smtptls_policy_on_hello(NULL, server->tls, 1, 0, 1, &none),
		GNUTLS_E_INVALID_REQUEST);
	assert_int_equal(smtptls_policy_on_hello(policy, server->tls, 1,
						 (unsigned)GNUTLS_HOOK_PRE, 1,
						 NULL),
			 GNUTLS_E_INVALID_REQUEST);
	/* An empty hello is malformed. */
	assert_int_equal(smtptls_policy_on_hello(policy, server->tls, 1,
						 (unsigned)GNUTLS_HOOK_PRE, 1,
						 &none),
			 GNUTLS_E_UNEXPECTED_PACKET_LENGTH);
	smtptls_policy_unref(policy);
	peer_free(server);
}

/* Tickets work as before, in both versions. */
static void resumes(void **state)
{
	static const char *const priorities[] = { PEER_TLS12, PEER_TLS13 };
	struct smtptls_policy *policy = new_policy(POLICY(.ciphers = "HIGH"));
	gnutls_datum_t session, key;
	struct pair pair;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		pair = pair_of(priorities[i], TESTCERT_RSA);
		assert_int_equal(
			smtptls_policy_attach(policy, pair.server->tls), 0);
		join(pair.client, pair.server);
		assert_int_equal(
			gnutls_session_get_data2(pair.client->tls, &session),
			0);
		key = pair.server->ticket_key;
		pair.server->ticket_key.data = NULL;
		pair_free(&pair);
		pair = pair_of(priorities[i], TESTCERT_RSA);
		assert_int_equal(gnutls_session_ticket_enable_server(
					 pair.server->tls, &key),
				 0);
		gnutls_free(pair.server->ticket_key.data);
		pair.server->ticket_key = key;
		assert_int_equal(
			smtptls_policy_attach(policy, pair.server->tls), 0);
		assert_int_equal(gnutls_session_set_data(pair.client->tls,
							 session.data,
							 session.size),
				 0);
		gnutls_free(session.data);
		join(pair.client, pair.server);
		assert_int_equal(pair.server->result, 0);
		assert_true(gnutls_session_is_resumed(pair.server->tls));
		check_result(&pair, 0, "");
		pair_free(&pair);
	}
	smtptls_policy_unref(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chooses),
		cmocka_unit_test(refuses),
		cmocka_unit_test(refuses_type),
		cmocka_unit_test(in_own_hook),
		cmocka_unit_test(hook_for_post_alone),
		cmocka_unit_test(hook_for_another_type),
		cmocka_unit_test(hook_for_client_hello_alone),
		cmocka_unit_test(priorities_replaced),
		cmocka_unit_test(another_policy_midway),
		cmocka_unit_test(attached_twice),
		cmocka_unit_test(overwritten),
		cmocka_unit_test(ssl2_hello),
		cmocka_unit_test(client_is_kept_to_it),
		cmocka_unit_test(outcome),
		cmocka_unit_test(short_server_hello),
		cmocka_unit_test(arguments),
		cmocka_unit_test(resumes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
