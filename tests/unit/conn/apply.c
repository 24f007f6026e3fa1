/* SPDX-License-Identifier: MIT */
/*
 * apply: connections set up from plans: what each level requires of the server,
 * which names count, and that an error never lowers the requirements.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <smtptls.h>

#include "../help/peer.h"
#include "../outbound/help.h"
#include "x509/der.h"
#include "x509/digest.h"

#define DOMAIN "example.net"
#define HOST   "mx.example.net"

static struct smtptls_config *config;
static const struct testcert *of_host, *of_domain, *stranger;
static unsigned char digest[32]; /* of of_host's key */

static int set_up(void **state)
{
	gnutls_datum_t pem, der;
	struct stls_der_parts parts;

	(void)state;
	config = peer_config(NULL, 0, 1);
	of_host = testcert_server(peer_ca(), TESTCERT_ECDSA, HOST);
	of_domain = testcert_server(peer_ca(), TESTCERT_ECDSA, DOMAIN);
	stranger =
		testcert_server(testcert_ca("other CA"), TESTCERT_ECDSA, HOST);
	pem.data = (unsigned char *)of_host->cert;
	pem.size = (unsigned)strlen(of_host->cert);
	assert_int_equal(gnutls_pem_base64_decode2(NULL, &pem, &der), 0);
	assert_int_equal(stls_der_parts(der.data, der.size, &parts), 0);
	stls_sha256(parts.spki.data, parts.spki.len, digest);
	gnutls_free(der.data);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	smtptls_config_unref(config);
	return 0;
}

static struct smtptls_conn *client(void)
{
	return peer_conn(smtptls_config_ref(config), SMTPTLS_CLIENT);
}

/* A connection for which nothing has been chosen yet. */
static struct smtptls_conn *raw(struct smtptls_config *of, int role)
{
	struct smtptls_conn *conn;

	assert_int_equal(smtptls_conn_new(&conn, of, role), 0);
	return conn;
}

static int apply(struct smtptls_conn *conn, const struct smtptls_plan *plan)
{
	return smtptls_outbound_apply(conn, plan, sizeof(*plan));
}

/* The plan for HOST of DOMAIN, with signed addresses and these TLSA records. */
static struct smtptls_plan plan_of(const struct smtptls_outbound *outbound,
				   const struct smtptls_tlsa *record,
				   size_t count)
{
	struct smtptls_outbound_host host = {
		.name = HOST,
		.a = SECURE(RECORDS),
		.aaaa = SECURE(NODATA),
		.tlsa[0] = { SECURE(RECORDS), record, count },
	};
	struct smtptls_plan plan;

	if (count == 0)
		host.tlsa[0].dns.answer = SMTPTLS_DNS_NODATA;
	assert_int_equal(help_plan(outbound, &host, &plan), 0);
	assert_int_equal(plan.skip, SMTPTLS_TRY);
	return plan;
}

/* Meet a server under a plan: how it ends, and what the client knows then. */
static struct smtptls_info meet(const struct smtptls_plan *plan, int flags,
				const struct testcert *cert, int error)
{
	struct smtptls_conn *conn = raw(config, SMTPTLS_CLIENT);
	struct peer *peer = peer_server(PEER_TLS13, cert);
	struct smtptls_info info;

	assert_int_equal(apply(conn, plan), flags);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	peer_run(peer, conn);
	assert_int_equal(smtptls_conn_error(conn, NULL), error);
	info = host_info(conn);
	if (plan->sni[0])
		assert_string_equal(info.sni, plan->sni);
	peer_free(peer);
	smtptls_conn_free(conn);
	return info;
}

static void test_may_and_encrypt(void **state)
{
	struct smtptls_outbound outbound = { .domain = DOMAIN,
					     .mx = SECURE(RECORDS),
					     .level = SMTPTLS_LEVEL_MAY };
	struct smtptls_plan plan = plan_of(&outbound, NULL, 0);

	(void)state;
	assert_int_equal(meet(&plan, SMTPTLS_TLS_OPTIONAL, stranger, 0).verify,
			 0);
	outbound.level = SMTPTLS_LEVEL_ENCRYPT;
	plan = plan_of(&outbound, NULL, 0);
	assert_int_equal(meet(&plan, 0, stranger, 0).verify, 0);
	/*
	 * the verdict of a policy in mode "testing" is reported, and stops
	 * nothing
	 */
	outbound.level = SMTPTLS_LEVEL_MAY;
	outbound.sts_text = STS_TEXT("testing", HOST);
	outbound.sts_len = strlen(outbound.sts_text);
	outbound.sts_state = SMTPTLS_STS_FETCHED;
	plan = plan_of(&outbound, NULL, 0);
	assert_int_equal(meet(&plan, SMTPTLS_TLS_OPTIONAL, stranger, 0).verify,
			 SMTPTLS_E_CERT_TRUST);
	assert_int_equal(meet(&plan, SMTPTLS_TLS_OPTIONAL, of_domain, 0).verify,
			 SMTPTLS_E_CERT_NAME);
	assert_int_equal(meet(&plan, SMTPTLS_TLS_OPTIONAL, of_host, 0).verify,
			 1);
	/* a plan without names yields no verdict on the certificate */
	plan.name_count = 0;
	assert_int_equal(meet(&plan, SMTPTLS_TLS_OPTIONAL, of_host, 0).verify,
			 0);
}

/* Where STARTTLS is not offered, only level MAY continues. */
static void test_clear(void **state)
{
	static const int levels[] = { SMTPTLS_LEVEL_MAY, SMTPTLS_LEVEL_ENCRYPT,
				      SMTPTLS_LEVEL_CA };
	struct smtptls_outbound outbound = { .domain = DOMAIN,
					     .mx = SECURE(RECORDS) };
	static const char greeting[] = "220 mx\r\n", reply[] = "250 mx\r\n";
	struct smtptls_conn *conn;
	struct smtptls_plan plan;
	size_t i;
	int flags;

	(void)state;
	for (i = 0; i < COUNT(levels); i++) {
		outbound.level = levels[i];
		plan = plan_of(&outbound, NULL, 0);
		conn = raw(config, SMTPTLS_CLIENT);
		flags = apply(conn, &plan);
		assert_int_equal(smtptls_conn_negotiate(conn, "me", flags), 0);
		host_feed(conn, greeting, sizeof(greeting) - 1);
		assert_true(host_said(conn, "EHLO me\r\n"));
		host_feed(conn, reply, sizeof(reply) - 1);
		assert_int_equal(smtptls_conn_error(conn, NULL),
				 i == 0 ? 0 : SMTPTLS_E_NOT_OFFERED);
		smtptls_conn_free(conn);
	}
}

/* The name from an insecure MX record is sent as SNI, and never verified. */
static void test_names(void **state)
{
	struct smtptls_outbound outbound = { .domain = DOMAIN,
					     .mx = INSECURE(RECORDS),
					     .level = SMTPTLS_LEVEL_CA };
	struct smtptls_plan plan = plan_of(&outbound, NULL, 0);

	(void)state;
	assert_string_equal(plan.sni, HOST);
	(void)meet(&plan, 0, of_host, SMTPTLS_E_CERT_NAME);
	(void)meet(&plan, 0, of_domain, 0);
	outbound.mx.status = SMTPTLS_DNS_SECURE;
	plan = plan_of(&outbound, NULL, 0);
	(void)meet(&plan, 0, of_host, 0);
	(void)meet(&plan, 0, of_domain, 0);
	(void)meet(&plan, 0, stranger, SMTPTLS_E_CERT_TRUST);
	outbound.peer_name = "Smart.example.org.";
	plan = plan_of(&outbound, NULL, 0);
	assert_string_equal(plan.sni, "smart.example.org");
	(void)meet(&plan, 0, of_host, SMTPTLS_E_CERT_NAME);
}

static void test_dane(void **state)
{
	struct smtptls_outbound outbound = { .domain = DOMAIN,
					     .mx = SECURE(RECORDS),
					     .level = SMTPTLS_LEVEL_DANE };
	const struct smtptls_tlsa records[] = { { 1, 1, 1, digest, 32 },
						{ 3, 1, 1, digest, 32 } };
	struct smtptls_plan plan = plan_of(&outbound, records, 2);
	struct smtptls_info info;

	(void)state;
	info = meet(&plan, 0, of_host, 0);
	assert_int_equal(info.verify, 1);
	assert_int_equal(info.tlsa_record, 2);
	assert_int_equal(info.tlsa_unusable, 1);
	(void)meet(&plan, 0, of_domain, SMTPTLS_E_CERT_TLSA);
	/* none usable: encrypted, and the records do not bind the session */
	plan = plan_of(&outbound, records, 1);
	assert_int_equal(plan.level, SMTPTLS_LEVEL_ENCRYPT);
	assert_int_equal(meet(&plan, 0, stranger, 0).verify, 0);
}

/*
 * A record whose data is not a certificate counts as no record (RFC 7672
 * section 2.2), unless something else requires authentication.
 */
static void test_unreadable_record(void **state)
{
	static const unsigned char sequence[] = { 0x30, 1, 0 };
	static const struct smtptls_tlsa record = { 3, 0, 0, sequence, 3 };
	static const struct {
		int level, requiretls;
		const char *sts;
		int error;
	} rows[] = {
		{ SMTPTLS_LEVEL_DANE, 0, NULL, 0 },
		{ SMTPTLS_LEVEL_ENCRYPT, 0, NULL, 0 },
		{ SMTPTLS_LEVEL_DANE, 0, STS_TEXT("testing", HOST), 0 },
		{ SMTPTLS_LEVEL_DANE, 0, STS_TEXT("enforce", HOST),
		  SMTPTLS_E_CERT_TLSA },
		{ SMTPTLS_LEVEL_DANE, 1, NULL, SMTPTLS_E_CERT_TLSA },
		{ SMTPTLS_LEVEL_DANE_ONLY, 0, NULL, SMTPTLS_E_CERT_TLSA },
		{ SMTPTLS_LEVEL_CA, 0, NULL, SMTPTLS_E_CERT_TLSA },
	};
	struct smtptls_outbound outbound = { .domain = DOMAIN,
					     .mx = SECURE(RECORDS) };
	struct smtptls_conn *conn;
	struct smtptls_plan plan;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		outbound.level = rows[i].level;
		outbound.requiretls = rows[i].requiretls;
		outbound.sts_text = rows[i].sts;
		outbound.sts_len = rows[i].sts ? strlen(rows[i].sts) : 0;
		outbound.sts_state = SMTPTLS_STS_FETCHED;
		plan = plan_of(&outbound, &record, 1);
		assert_int_equal(plan.level, SMTPTLS_LEVEL_DANE);
		assert_int_equal(plan.authenticated, rows[i].error != 0);
		if (rows[i].error == 0) {
			assert_int_equal(meet(&plan, 0, stranger, 0).verify, 0);
			continue;
		}
		conn = raw(config, SMTPTLS_CLIENT);
		assert_int_equal(apply(conn, &plan), rows[i].error);
		assert_int_equal(smtptls_conn_negotiate(conn, "me", 0),
				 rows[i].error);
		assert_true(host_said(conn, ""));
		smtptls_conn_free(conn);
	}
}

static void test_pin(void **state)
{
	struct smtptls_outbound outbound = { .domain = DOMAIN,
					     .mx = INSECURE(RECORDS),
					     .level = SMTPTLS_LEVEL_PIN };
	struct smtptls_plan plan = plan_of(&outbound, NULL, 0);
	const struct testcert *certs[] = { of_host, stranger };
	struct smtptls_conn *conn;
	struct peer *peer;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		conn = raw(config, SMTPTLS_CLIENT);
		assert_int_equal(apply(conn, &plan), 0);
		assert_int_equal(smtptls_conn_add_pin(conn, SMTPTLS_PIN_SPKI,
						      digest, 32),
				 0);
		assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
		peer = peer_server(PEER_TLS13, certs[i]);
		peer_run(peer, conn);
		assert_int_equal(smtptls_conn_error(conn, NULL),
				 i == 0 ? 0 : SMTPTLS_E_CERT_PIN);
		peer_free(peer);
		smtptls_conn_free(conn);
	}
	/* a pin that is missing */
	conn = raw(config, SMTPTLS_CLIENT);
	assert_int_equal(apply(conn, &plan), 0);
	assert_int_equal(smtptls_conn_negotiate(conn, "me", 0),
			 SMTPTLS_E_CONFIG);
	smtptls_conn_free(conn);
}

/* ---- what no plan may say ---- */

static struct smtptls_plan good_plan(void)
{
	struct smtptls_plan plan = { .level = SMTPTLS_LEVEL_CA,
				     .sni = HOST,
				     .name_count = 1,
				     .name = { HOST } };

	return plan;
}

/* Nothing is sent afterwards, however the host handles the error. */
static void refuses(struct smtptls_conn *conn, const struct smtptls_plan *plan,
		    int error, const char *words)
{
	const char *text;

	assert_int_equal(apply(conn, plan), error);
	assert_int_equal(smtptls_conn_error(conn, &text), error);
	if (!strstr(text, words))
		fail_msg("\"%s\" is not in \"%s\"", words, text);
	assert_int_equal(smtptls_conn_set_verify(conn, SMTPTLS_VERIFY_NONE),
			 SMTPTLS_E_STATE);
	assert_int_equal(
		smtptls_conn_negotiate(conn, "me", SMTPTLS_TLS_OPTIONAL),
		error);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), error);
	assert_true(host_said(conn, ""));
	smtptls_conn_free(conn);
}

static void refuses_plan(const struct smtptls_plan *plan, const char *words)
{
	refuses(raw(config, SMTPTLS_CLIENT), plan, SMTPTLS_E_CONFIG, words);
}

static void test_wrong_plans(void **state)
{
	static const int no_levels[] = { -1, 0, SMTPTLS_LEVEL_DANE_ONLY,
					 SMTPTLS_LEVEL_PIN + 1 };
	struct smtptls_tlsa record = { 256, 1, 1, digest, 32 };
	struct smtptls_plan plan = { .skip = 0 };
	size_t i;

	(void)state;
	refuses_plan(&plan, "not one that");
	memset(&plan, '#', sizeof(plan));
	refuses_plan(&plan, "not to be tried");
	plan.skip = 0;
	refuses_plan(&plan, "not a host name");
	plan = good_plan();
	plan.skip = SMTPTLS_SKIP_TLSA_BOGUS;
	refuses_plan(&plan, "not to be tried");
	for (i = 0; i < COUNT(no_levels); i++) {
		plan = good_plan();
		plan.level = no_levels[i];
		refuses_plan(&plan, "not one that");
	}
	plan = good_plan();
	plan.clear = 1;
	refuses_plan(&plan, "in the clear");
	plan = good_plan();
	plan.requiretls = 1;
	plan.level = SMTPTLS_LEVEL_PIN;
	refuses_plan(&plan, "REQUIRETLS");
	plan = good_plan();
	plan.name_count = 0;
	refuses_plan(&plan, "needs a name");
	plan.level = SMTPTLS_LEVEL_DANE;
	refuses_plan(&plan, "needs a name");
	for (i = 0; i < 2; i++) {
		plan = good_plan();
		plan.name_count = i ? -1 : SMTPTLS_PLAN_NAMES + 1;
		refuses_plan(&plan, "not a host name");
	}
	plan = good_plan();
	strcpy(plan.name[0], "a b");
	refuses_plan(&plan, "not a host name");
	plan = good_plan();
	strcpy(plan.sni, "mx\r\n");
	refuses_plan(&plan, "not a host name");
	plan = good_plan();
	memset(plan.sni, 'a', sizeof(plan.sni));
	refuses_plan(&plan, "not a host name");
	plan = good_plan();
	plan.level = SMTPTLS_LEVEL_DANE;
	plan.tlsa_count = 1;
	refuses_plan(&plan, "records are missing");
	plan.tlsa = &record;
	refuses_plan(&plan, "not valid");
}

/* DANE without a record is detected before a byte is sent. */
static void test_records(void **state)
{
	struct smtptls_tlsa records[65];
	struct smtptls_plan plan = good_plan();
	struct smtptls_conn *conn = raw(config, SMTPTLS_CLIENT);
	size_t i;

	(void)state;
	plan.level = SMTPTLS_LEVEL_DANE;
	assert_int_equal(apply(conn, &plan), 0);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), SMTPTLS_E_CONFIG);
	smtptls_conn_free(conn);
	for (i = 0; i < COUNT(records); i++)
		records[i] = (struct smtptls_tlsa){ 3, 1, 1, digest, 32 };
	plan.tlsa = records;
	plan.tlsa_count = 64;
	(void)meet(&plan, 0, of_host, 0);
	plan.tlsa_count = 65;
	refuses(raw(config, SMTPTLS_CLIENT), &plan, SMTPTLS_E_LIMIT,
		"more than 64");
	plan.level = SMTPTLS_LEVEL_ENCRYPT;
	(void)meet(&plan, 0, of_domain, 0);
}

/* A name or a way of verifying that was set before would count too. */
static void test_set_before(void **state)
{
	struct smtptls_plan plan = good_plan();
	struct smtptls_conn *conn = client();

	(void)state;
	refuses(conn, &plan, SMTPTLS_E_CONFIG, "before anything");
	conn = raw(config, SMTPTLS_CLIENT);
	assert_int_equal(smtptls_conn_set_peer(conn, "other.example.org"), 0);
	refuses(conn, &plan, SMTPTLS_E_CONFIG, "before anything");
	conn = raw(config, SMTPTLS_CLIENT);
	assert_int_equal(smtptls_conn_add_name(conn, "other.example.org"), 0);
	refuses(conn, &plan, SMTPTLS_E_CONFIG, "before anything");
	conn = raw(config, SMTPTLS_CLIENT);
	assert_int_equal(apply(conn, &plan), 0);
	refuses(conn, &plan, SMTPTLS_E_CONFIG, "before anything");
}

static void test_no_authorities(void **state)
{
	struct smtptls_config *bare = peer_config(NULL, 0, 0);
	struct smtptls_plan plan = good_plan();
	struct smtptls_conn *conn;

	(void)state;
	refuses(raw(bare, SMTPTLS_CLIENT), &plan, SMTPTLS_E_CONFIG,
		"smtptls_config_set_ca_file()");
	plan.level = SMTPTLS_LEVEL_MAY;
	plan.clear = 1;
	plan.sts_mode = SMTPTLS_STS_TESTING;
	conn = raw(bare, SMTPTLS_CLIENT);
	assert_int_equal(apply(conn, &plan), SMTPTLS_TLS_OPTIONAL);
	smtptls_conn_free(conn);
	smtptls_config_unref(bare);
}

static void test_refused_calls(void **state)
{
	struct smtptls_plan plan = good_plan();
	struct smtptls_conn *conn = raw(config, SMTPTLS_CLIENT);
	struct smtptls_conn *server = raw(config, SMTPTLS_SERVER);

	(void)state;
	assert_int_equal(apply(NULL, &plan), SMTPTLS_E_ARG);
	assert_int_equal(apply(server, &plan), SMTPTLS_E_ARG);
	smtptls_conn_free(server);
	assert_int_equal(smtptls_outbound_apply(conn, NULL, sizeof(plan)),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_outbound_apply(conn, &plan, 0), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_error(conn, NULL), 0);
	/* a shorter plan lacks fields, and is refused for that alone */
	assert_int_equal(
		smtptls_outbound_apply(conn, &plan,
				       offsetof(struct smtptls_plan, sni)),
		SMTPTLS_E_CONFIG);
	assert_int_equal(apply(conn, &plan), SMTPTLS_E_CONFIG);
	smtptls_conn_free(conn);

	conn = raw(config, SMTPTLS_CLIENT);
	assert_int_equal(smtptls_conn_write(conn, "x", 1), 1);
	assert_int_equal(apply(conn, &plan), SMTPTLS_E_STATE);
	assert_int_equal(smtptls_conn_close(conn), 0);
	assert_int_equal(apply(conn, &plan), SMTPTLS_E_STATE);
	smtptls_conn_free(conn);

	conn = raw(config, SMTPTLS_CLIENT);
	assert_int_equal(apply(conn, &plan), 0);
	assert_int_equal(smtptls_conn_negotiate(conn, "me", 0), 0);
	assert_int_equal(apply(conn, &plan), SMTPTLS_E_STATE);
	smtptls_conn_free(conn);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_may_and_encrypt),
		cmocka_unit_test(test_clear),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_dane),
		cmocka_unit_test(test_unreadable_record),
		cmocka_unit_test(test_pin),
		cmocka_unit_test(test_wrong_plans),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_set_before),
		cmocka_unit_test(test_no_authorities),
		cmocka_unit_test(test_refused_calls),
	};

	return cmocka_run_group_tests_name("apply", tests, set_up, tear_down);
}
