/* SPDX-License-Identifier: MIT */
/*
 * A server's host chooses a configuration by the name that the client requests:
 * what the host is asked, how often, and which parts of the answer apply.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gnutls/x509.h>

#include <smtptls/gnutls.h>

#include "../help/peer.h"
#include "../help/policy_help.h"
#include "tls/config.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const versions[] = { PEER_TLS12, PEER_TLS13 };

/* The host's directory with one name, and what it was asked. */
struct host {
	const char *name;
	struct smtptls_config *config;
	int calls;
	char asked[300];
};

static struct smtptls_config *choose(const char *name, void *arg)
{
	struct host *host = arg;

	host->calls++;
	(void)snprintf(host->asked, sizeof(host->asked), "%s", name);
	if (!host->name || strcmp(name, host->name) != 0)
		return NULL;
	return smtptls_config_ref(host->config);
}

/* Not frozen, for this name, with the ticket secret that all share. */
static struct smtptls_config *config_for(const struct smtptls_policy_spec *spec,
					 const char *name)
{
	struct smtptls_config *config = policy_config(spec);

	add_server(config, TESTCERT_ECDSA, name);
	return config;
}

/*
 * The frozen configuration of connections: for "mx.example.org"; it asks
 * `host`.
 */
static struct smtptls_config *asking(struct host *host, int strict)
{
	struct smtptls_config *config = config_for(NULL, "mx.example.org");

	assert_int_equal(smtptls_config_set_strict_sni(config, strict), 0);
	assert_int_equal(smtptls_config_set_sni(config, choose, host), 0);
	freeze(config);
	return config;
}

static struct smtptls_config *frozen(struct smtptls_config *config)
{
	freeze(config);
	return config;
}

/* One handshake; the caller owns the connection and the client. */
static struct smtptls_conn *meet(struct smtptls_config *config, int verify,
				 const char *priority, const char *name,
				 struct peer **client)
{
	struct smtptls_conn *conn =
		peer_conn(smtptls_config_ref(config), SMTPTLS_SERVER);

	assert_int_equal(smtptls_conn_set_verify(conn, verify), 0);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	if (!*client)
		*client = peer_client(priority, NULL);
	if (name)
		assert_int_equal(gnutls_server_name_set((*client)->tls,
							GNUTLS_NAME_DNS, name,
							strlen(name)),
				 0);
	peer_run(*client, conn);
	return conn;
}

static void leave(struct smtptls_conn *conn, struct peer **client)
{
	peer_free(*client);
	*client = NULL;
	smtptls_conn_free(conn);
}

/* Check the common name of the certificate that the client was shown. */
static void assert_shown(struct peer *client, const char *expected)
{
	const gnutls_datum_t *der;
	gnutls_x509_crt_t crt;
	unsigned count;
	char name[64];
	size_t size = sizeof(name);

	der = gnutls_certificate_get_peers(client->tls, &count);
	assert_non_null(der);
	assert_int_equal(gnutls_x509_crt_init(&crt), 0);
	assert_int_equal(gnutls_x509_crt_import(crt, der, GNUTLS_X509_FMT_DER),
			 0);
	assert_int_equal(
		gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME,
					      0, 0, name, &size),
		0);
	assert_string_equal(name, expected);
	gnutls_x509_crt_deinit(crt);
}

static void assert_owners(struct smtptls_config *config, unsigned owners)
{
	assert_int_equal(atomic_load(&config->owners), owners);
}

static void chosen(void **state)
{
	static const struct {
		const char *name, *asked, *shown;
	} rows[] = {
		{ "a.example.net", "a.example.net", "a.example.net" },
		{ "A.Example.NET", "a.example.net", "a.example.net" },
		{ "a.example.net.", "a.example.net", "a.example.net" },
		{ "mx.example.org", "mx.example.org", "mx.example.org" },
		{ "b.example.net", "b.example.net", "mx.example.org" },
		{ "xn--bcher-kva.example", "xn--bcher-kva.example",
		  "mx.example.org" },
		/* and what it is not asked; GnuTLS refuses some names itself */
		{ NULL, NULL, "mx.example.org" },
		{ "..", NULL, "mx.example.org" },
		{ "../a.example.net", NULL, NULL },
		{ "a/example.net", NULL, NULL },
		{ ".example.net", NULL, "mx.example.org" },
		{ "a..example.net", NULL, "mx.example.org" },
		{ "192.0.2.1", NULL, "mx.example.org" },
		{ "*.example.net", NULL, NULL },
		{ "a example.net", NULL, NULL },
	};
	struct host host = { "a.example.net",
			     frozen(config_for(NULL, "a.example.net")), 0, "" };
	struct smtptls_config *config = asking(&host, 0);
	struct peer *client = NULL;
	struct smtptls_conn *conn;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows) * 2; i++) {
		host.calls = 0;
		conn = meet(config, SMTPTLS_VERIFY_NONE, versions[i % 2],
			    rows[i / 2].name, &client);
		assert_int_equal(host.calls, rows[i / 2].asked != NULL);
		if (host.calls)
			assert_string_equal(host.asked, rows[i / 2].asked);
		if (rows[i / 2].shown)
			assert_shown(client, rows[i / 2].shown);
		if (rows[i / 2].asked)
			assert_int_equal(host_info(conn).sni_unmatched,
					 i / 2 >= 4);
		leave(conn, &client);
		assert_owners(host.config, 1);
	}
	assert_owners(config, 1);
	smtptls_config_unref(config);
	smtptls_config_unref(host.config);
}

/* A host that keeps no reference: the connection is the only owner. */
static void only_owner(void **state)
{
	struct host host = { "a.example.net", NULL, 0, "" };
	struct smtptls_config *config = asking(&host, 0);
	struct peer *client = NULL;
	struct smtptls_conn *conn;

	(void)state;
	host.config = frozen(config_for(NULL, "a.example.net"));
	conn = meet(config, SMTPTLS_VERIFY_NONE, PEER_TLS13, "a.example.net",
		    &client);
	smtptls_config_unref(host.config);
	assert_owners(host.config, 1);
	smtptls_config_unref(config);
	assert_int_equal(smtptls_conn_write(conn, "220 x\r\n", 7), 7);
	peer_run(client, conn);
	assert_true(peer_queue_is(&client->heard, "220 x\r\n"));
	assert_string_equal(host_info(conn).sni, "a.example.net");
	leave(conn, &client);
}

/* The second ClientHello, after a HelloRetryRequest, has the same name. */
static void retried(void **state)
{
	static const char priority[] =
		PEER_TLS13 ":-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1"
			   ":+GROUP-SECP384R1";
	struct host host = { "a.example.net",
			     frozen(config_for(POLICY(.groups = "P-384"),
					       "a.example.net")),
			     0, "" };
	struct smtptls_config *config = asking(&host, 0);
	struct peer *client = NULL;
	struct smtptls_conn *conn;

	(void)state;
	conn = meet(config, SMTPTLS_VERIFY_NONE, priority, "a.example.net",
		    &client);
	assert_int_equal(smtptls_conn_tls_enabled(conn), 1);
	assert_string_equal(host_info(conn).group, "SECP384R1");
	assert_int_equal(host.calls, 1);
	assert_shown(client, "a.example.net");
	leave(conn, &client);
	smtptls_config_unref(config);
	smtptls_config_unref(host.config);
}

/* The policy, or priority string, of the chosen configuration applies. */
static void policies(void **state)
{
	struct smtptls_config *configs[3];
	struct host host = { .name = "a.example.net" };
	struct smtptls_config *config = asking(&host, 0);
	struct peer *client = NULL;
	struct smtptls_conn *conn;
	size_t i;

	(void)state;
	configs[0] =
		config_for(POLICY(.protocols = "TLSv1.2"), "a.example.net");
	configs[1] = config_for(NULL, "a.example.net");
	assert_int_equal(smtptls_config_set_priority(configs[1], PEER_TLS12),
			 0);
	configs[2] = config_for(POLICY(.ciphersuites = "TLS_AES_128_GCM_SHA256",
				       .ciphers = "AES128-GCM-SHA256"),
				"a.example.net");
	for (i = 0; i < COUNT(configs); i++) {
		host.config = frozen(configs[i]);
		conn = meet(config, SMTPTLS_VERIFY_NONE, "NORMAL",
			    "a.example.net", &client);
		assert_int_equal(smtptls_conn_tls_enabled(conn), 1);
		if (i < 2)
			assert_string_equal(host_info(conn).protocol,
					    "TLSv1.2");
		else
			assert_string_equal(host_info(conn).cipher_openssl,
					    "TLS_AES_128_GCM_SHA256");
		leave(conn, &client);
		/* and what it refuses is refused, with its message */
		conn = meet(config, SMTPTLS_VERIFY_NONE,
			    i < 2 ? PEER_TLS13
				  : PEER_TLS13 ":-AES-128-GCM:-AES-128-CCM",
			    "a.example.net", &client);
		assert_int_equal(smtptls_conn_tls_enabled(conn), 0);
		leave(conn, &client);
		/* while others are served as before */
		conn = meet(config, SMTPTLS_VERIFY_NONE, PEER_TLS13,
			    "b.example.net", &client);
		assert_int_equal(smtptls_conn_tls_enabled(conn), 1);
		leave(conn, &client);
		smtptls_config_unref(configs[i]);
	}
	smtptls_config_unref(config);
}

/* From a priority string to a policy, and no session without asking. */
static void without_policy(void **state)
{
	struct host host = { "a.example.net",
			     frozen(config_for(POLICY(.protocols = "TLSv1.3"),
					       "a.example.net")),
			     0, "" };
	struct smtptls_config *config = config_for(NULL, "mx.example.org");
	struct peer *client = NULL;
	struct smtptls_conn *conn;

	(void)state;
	assert_int_equal(smtptls_config_set_priority(config, PEER_TLS12), 0);
	assert_int_equal(smtptls_config_set_sni(config, choose, &host), 0);
	freeze(config);
	conn = meet(config, SMTPTLS_VERIFY_NONE, "NORMAL", "a.example.net",
		    &client);
	assert_string_equal(host_info(conn).protocol, "TLSv1.3");
	assert_shown(client, "a.example.net");
	leave(conn, &client);
	conn = meet(config, SMTPTLS_VERIFY_NONE, "NORMAL", NULL, &client);
	assert_string_equal(host_info(conn).protocol, "TLSv1.2");
	leave(conn, &client);
	/* a host that removes the hook */
	conn = peer_conn(smtptls_config_ref(config), SMTPTLS_SERVER);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	gnutls_handshake_set_hook_function(smtptls_conn_gnutls(conn),
					   GNUTLS_HANDSHAKE_ANY,
					   GNUTLS_HOOK_PRE, NULL);
	client = peer_client(PEER_TLS12, NULL);
	peer_run(client, conn);
	assert_int_equal(smtptls_conn_tls_enabled(conn), 0);
	assert_int_equal(host_info(conn).reason, SMTPTLS_REASON_UNJUDGED);
	leave(conn, &client);
	smtptls_config_unref(config);
	smtptls_config_unref(host.config);
}

static struct smtptls_config *never(const char *name, void *arg)
{
	(void)arg;
	fail_msg("asked for %s", name);
	return NULL;
}

static void own_callback(void **state)
{
	struct host host = { "a.example.net", config_for(NULL, "a.example.net"),
			     0, "" };
	struct smtptls_config *config = asking(&host, 0);
	struct peer *client = NULL;
	struct smtptls_conn *conn;

	(void)state;
	assert_int_equal(smtptls_config_set_sni(host.config, never, NULL), 0);
	freeze(host.config);
	conn = meet(config, SMTPTLS_VERIFY_NONE, PEER_TLS13, "a.example.net",
		    &client);
	assert_int_equal(smtptls_conn_tls_enabled(conn), 1);
	leave(conn, &client);
	smtptls_config_unref(config);
	smtptls_config_unref(host.config);
}

/*
 * The connection's way of verifying, with the chosen configuration's
 * authorities.
 */
static void authorities(void **state)
{
	const struct testcert *other = testcert_ca("other CA");
	const struct testcert *certs[] = {
		testcert_client(other, TESTCERT_ECDSA, "known"),
		testcert_client(peer_ca(), TESTCERT_ECDSA, "stranger"), NULL
	};
	struct host host = { "a.example.net", config_for(NULL, "a.example.net"),
			     0, "" };
	struct smtptls_config *config = config_for(NULL, "mx.example.org");
	struct peer *client;
	struct smtptls_conn *conn;
	size_t i;

	(void)state;
	assert_int_equal(smtptls_config_set_ca_file(host.config, other->file),
			 0);
	freeze(host.config);
	assert_int_equal(smtptls_config_set_ca_file(config, peer_ca()->file),
			 0);
	assert_int_equal(smtptls_config_set_sni(config, choose, &host), 0);
	freeze(config);
	for (i = 0; i < COUNT(certs) * 2; i++) {
		client = peer_client(versions[i % 2], certs[i / 2]);
		conn = meet(config, SMTPTLS_VERIFY_CA, NULL, "a.example.net",
			    &client);
		assert_int_equal(smtptls_conn_tls_enabled(conn), i / 2 == 0);
		leave(conn, &client);
	}
	smtptls_config_unref(config);
	smtptls_config_unref(host.config);
}

/* A ticket is only for its own configuration, though all share a secret. */
static void tickets(void **state)
{
	static const char *const names[] = { "a.example.net", "mx.example.org",
					     NULL };
	struct host host = { "a.example.net",
			     frozen(config_for(NULL, "a.example.net")), 0, "" };
	struct smtptls_config *config = asking(&host, 0);
	struct peer *client = NULL;
	struct smtptls_conn *conn;
	gnutls_datum_t session;
	size_t i, j, v;

	(void)state;
	for (v = 0; v < 2; v++) {
		for (i = 0; i < COUNT(names); i++) {
			conn = meet(config, SMTPTLS_VERIFY_NONE, versions[v],
				    names[i], &client);
			assert_int_equal(smtptls_conn_tls_enabled(conn), 1);
			assert_int_equal(
				gnutls_session_get_data2(client->tls, &session),
				0);
			leave(conn, &client);
			for (j = 0; j < COUNT(names); j++) {
				client = peer_client(versions[v], NULL);
				assert_int_equal(
					gnutls_session_set_data(client->tls,
								session.data,
								session.size),
					0);
				conn = meet(config, SMTPTLS_VERIFY_NONE, NULL,
					    names[j], &client);
				assert_int_equal(smtptls_conn_tls_enabled(conn),
						 1);
				/* GnuTLS itself compares names in TLS 1.2 */
				if (i == j || (i == 0) != (j == 0))
					assert_int_equal(
						host_info(conn).resumed,
						i == j);
				leave(conn, &client);
			}
			gnutls_free(session.data);
		}
	}
	smtptls_config_unref(config);
	smtptls_config_unref(host.config);
}

/* unrecognized_name, if the configuration that serves the name is strict. */
static void strict(void **state)
{
	static const struct {
		int own, chosen;
		const char *name, *cert;
		int refused;
	} rows[] = {
		{ 1, 0, "b.example.net", "a.example.net", 1 },
		{ 0, 1, "b.example.net", "a.example.net", 0 },
		{ 1, 0, "a.example.net", "a.example.net", 0 },
		{ 1, 0, "a.example.net", "c.example.net", 0 },
		{ 0, 1, "a.example.net", "c.example.net", 1 },
		{ 1, 1, "mx.example.org", "a.example.net", 0 },
	};
	struct peer *client = NULL;
	struct smtptls_conn *conn;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows) * 2; i++) {
		struct host host = { "a.example.net",
				     config_for(NULL, rows[i / 2].cert), 0,
				     "" };
		struct smtptls_config *config = asking(&host, rows[i / 2].own);

		assert_int_equal(smtptls_config_set_strict_sni(
					 host.config, rows[i / 2].chosen),
				 0);
		freeze(host.config);
		conn = meet(config, SMTPTLS_VERIFY_NONE, versions[i % 2],
			    rows[i / 2].name, &client);
		assert_int_equal(smtptls_conn_tls_enabled(conn),
				 !rows[i / 2].refused);
		assert_int_equal(client->alert,
				 rows[i / 2].refused
					 ? (int)GNUTLS_A_UNRECOGNIZED_NAME
					 : -1);
		leave(conn, &client);
		smtptls_config_unref(config);
		smtptls_config_unref(host.config);
	}
}

/* A host that returns a configuration that cannot serve. */
static void unfit(void **state)
{
	static const char *const texts[] = {
		"the configuration for \"a.example.net\" is not frozen",
		"the configuration for \"a.example.net\" has no certificate",
	};
	struct peer *client = NULL;
	struct smtptls_conn *conn;
	const char *text;
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		struct host host = { .name = "a.example.net" };
		struct smtptls_config *config = asking(&host, 0);

		host.config = i / 2 ? frozen(policy_config(NULL))
				    : config_for(NULL, "a.example.net");
		conn = meet(config, SMTPTLS_VERIFY_NONE, versions[i % 2],
			    "a.example.net", &client);
		assert_int_equal(smtptls_conn_error(conn, &text),
				 SMTPTLS_E_HANDSHAKE);
		assert_string_equal(text, texts[i / 2]);
		assert_int_equal(host_info(conn).reason,
				 SMTPTLS_REASON_INTERNAL);
		assert_int_equal(client->alert, GNUTLS_A_INTERNAL_ERROR);
		assert_int_equal(host.calls, 1);
		leave(conn, &client);
		assert_owners(host.config, 1);
		smtptls_config_unref(config);
		smtptls_config_unref(host.config);
	}
}

static void setter(void **state)
{
	struct host host = { .name = "a.example.net" };
	struct smtptls_config *config = config_for(NULL, "mx.example.org");
	struct smtptls_conn *conn;
	struct peer *peer = NULL;

	(void)state;
	assert_int_equal(smtptls_config_set_sni(NULL, choose, &host),
			 SMTPTLS_E_ARG);
	/* removed again */
	assert_int_equal(smtptls_config_set_sni(config, never, &host), 0);
	assert_int_equal(smtptls_config_set_sni(config, NULL, NULL), 0);
	freeze(config);
	assert_int_equal(smtptls_config_set_sni(config, choose, &host),
			 SMTPTLS_E_STATE);
	conn = meet(config, SMTPTLS_VERIFY_NONE, PEER_TLS13, "a.example.net",
		    &peer);
	assert_int_equal(smtptls_conn_tls_enabled(conn), 1);
	leave(conn, &peer);
	smtptls_config_unref(config);
	/* a client is not asked */
	config = policy_config(NULL);
	assert_int_equal(smtptls_config_set_sni(config, never, NULL), 0);
	freeze(config);
	conn = peer_conn(config, SMTPTLS_CLIENT);
	assert_int_equal(smtptls_conn_set_peer(conn, "mx.example.org"), 0);
	peer = peer_server(
		PEER_TLS13,
		testcert_server(peer_ca(), TESTCERT_ECDSA, "mx.example.org"));
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	peer_run(peer, conn);
	assert_int_equal(smtptls_conn_tls_enabled(conn), 1);
	leave(conn, &peer);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(chosen),
		cmocka_unit_test(only_owner),
		cmocka_unit_test(retried),
		cmocka_unit_test(policies),
		cmocka_unit_test(without_policy),
		cmocka_unit_test(own_callback),
		cmocka_unit_test(authorities),
		cmocka_unit_test(tickets),
		cmocka_unit_test(strict),
		cmocka_unit_test(unfit),
		cmocka_unit_test(setter),
	};

	return cmocka_run_group_tests_name("sni_choice", tests, NULL, NULL);
}
