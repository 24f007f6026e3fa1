/* SPDX-License-Identifier: MIT */
/*
 * Advice of connections: a GnuTLS client is refused, the proposed changes are
 * made to the settings exactly as they are, certificates included, and the same
 * client is accepted. Also, what smtptls_conn_advice() returns when nobody was
 * refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../differential/settings.h"
#include "../help/config_help.h"
#include "../help/peer.h"
#include "../help/policy_help.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define RSA	     (SMTPTLS_KEY_RSA_SIGN | SMTPTLS_KEY_RSA_ENCRYPT)
#define P256	     SMTPTLS_KEY_ECDSA_P256
#define TLS12(more)  "NORMAL:-VERS-ALL:+VERS-TLS1.2" more

struct meeting {
	struct smtptls_config *config;
	struct smtptls_conn *conn;
	struct peer *client;
};

static void meet(struct meeting *meeting, const struct settings *settings,
		 const char *priority)
{
	struct smtptls_policy_spec spec;

	settings_spec(settings, &spec);
	meeting->config = policy_config(&spec);
	if (settings->keys & RSA)
		add_server(meeting->config, TESTCERT_RSA, "mx.example.org");
	if (settings->keys & P256)
		add_server(meeting->config, TESTCERT_ECDSA, "mx.example.org");
	freeze(meeting->config);
	assert_int_equal(smtptls_conn_new(&meeting->conn, meeting->config,
					  SMTPTLS_SERVER),
			 0);
	assert_int_equal(smtptls_conn_start_tls(meeting->conn, 0), 0);
	meeting->client = peer_client(priority, NULL);
	peer_run(meeting->client, meeting->conn);
}

static void part(struct meeting *meeting)
{
	peer_free(meeting->client);
	smtptls_conn_free(meeting->conn);
	smtptls_config_unref(meeting->config);
}

static const struct {
	const char *list[LISTS];
	int level;
	unsigned keys;
	const char *client;
	int changes;
} cases[] = {
	{ { "TLSv1.3" }, 0, RSA, TLS12(""), 1 },
	{ { "SSLv23:!TLSv1_2" }, 0, P256, TLS12(""), 1 },
	{ { ">=TLSv1.3" }, 0, RSA | P256, TLS12(""), 1 },
	{ { "TLSv1.2" }, 0, RSA, "NORMAL:-VERS-ALL:+VERS-TLS1.3", 1 },
	{ { NULL, "HIGH:!kRSA" }, 0, RSA, TLS12(":-KX-ALL:+RSA"), 1 },
	{ { NULL }, 0, RSA, TLS12(":-KX-ALL:+RSA"), 1 },
	{ { NULL, "HIGH!SHA1!kRSA:!aNULL" },
	  0,
	  RSA,
	  TLS12(":-KX-ALL:+RSA:-CIPHER-ALL:+AES-128-CBC:-MAC-ALL:+SHA1"),
	  2 },
	{ { NULL, "ALL:-ECDHE:-DHE" }, 0, P256, TLS12(""), 1 },
	{ { NULL }, 0, RSA, TLS12(":-KX-ALL:+ECDHE-ECDSA"), 1 },
	{ { NULL }, 0, P256, TLS12(":-KX-ALL:+ECDHE-RSA"), 1 },
	{ { NULL, NULL, NULL, "X25519" },
	  0,
	  RSA,
	  "NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-SECP384R1",
	  1 },
	{ { NULL, NULL, NULL, "auto" },
	  0,
	  RSA,
	  "NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-FFDHE4096",
	  1 },
	{ { NULL, NULL, "TLS_AES_256_GCM_SHA384" },
	  0,
	  RSA,
	  "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM",
	  1 },
	{ { NULL, NULL, NULL, NULL, "RSA+SHA256" },
	  0,
	  RSA,
	  "NORMAL:-VERS-ALL:+VERS-TLS1.3",
	  1 },
	{ { NULL },
	  0,
	  RSA,
	  "LEGACY:-VERS-ALL:+VERS-TLS1.0:%PROFILE_VERY_WEAK",
	  2 },
	{ { "TLSv1.3" },
	  0,
	  P256,
	  "LEGACY:-VERS-ALL:+VERS-TLS1.1:%PROFILE_VERY_WEAK",
	  2 },
	{ { NULL, "SUITEB128" },
	  0,
	  P256,
	  TLS12(":-GROUP-ALL:+GROUP-X25519"),
	  2 },
};

static void followed(void **state)
{
	struct smtptls_advice advice;
	struct settings settings;
	struct meeting meeting;
	const char *text, *wrong;
	size_t i;
	int j;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		memset(&settings, 0, sizeof(settings));
		for (j = 0; j < LISTS; j++) {
			settings.set[j] = cases[i].list[j] != NULL;
			if (cases[i].list[j])
				strcpy(settings.list[j], cases[i].list[j]);
		}
		settings.level = cases[i].level;
		settings.keys = cases[i].keys;
		meet(&meeting, &settings, cases[i].client);
		assert_int_equal(smtptls_conn_tls_enabled(meeting.conn), 0);
		assert_int_equal(smtptls_conn_advice(meeting.conn, &advice,
						     sizeof(advice)),
				 0);
		assert_int_equal(smtptls_conn_error(meeting.conn, &text),
				 SMTPTLS_E_HANDSHAKE);
		assert_string_equal(advice.text, text);
		assert_int_equal(advice.reason, host_info(meeting.conn).reason);
		part(&meeting);
		if (advice.change_count != cases[i].changes)
			fail_msg("case %zu: %s", i, text);
		for (j = 0; j < advice.change_count; j++) {
			wrong = settings_change(&settings, &advice.changes[j]);
			if (wrong)
				fail_msg("case %zu: %s: %s", i, wrong,
					 advice.text);
		}
		meet(&meeting, &settings, cases[i].client);
		(void)smtptls_conn_error(meeting.conn, &text);
		if (!smtptls_conn_tls_enabled(meeting.conn))
			fail_msg("case %zu: %s; again: %s", i, advice.text,
				 text);
		part(&meeting);
	}
}

static void without(void **state)
{
	struct settings settings = { .keys = RSA };
	struct smtptls_advice advice;
	struct meeting meeting;

	(void)state;
	meet(&meeting, &settings, "NORMAL");
	assert_int_equal(smtptls_conn_tls_enabled(meeting.conn), 1);
	memset(&advice, 0x55, sizeof(advice));
	assert_int_equal(
		smtptls_conn_advice(meeting.conn, &advice, sizeof(advice)), 0);
	assert_int_equal(advice.reason, 0);
	assert_int_equal(advice.change_count, 0);
	assert_string_equal(advice.text, "");
	/* Fields that a caller's older header does not have stay untouched. */
	memset(&advice, 0x55, sizeof(advice));
	assert_int_equal(
		smtptls_conn_advice(meeting.conn, &advice, sizeof(int)), 0);
	assert_int_equal(advice.reason, 0);
	assert_int_equal(advice.change_count, 0x55555555);
	assert_int_equal(smtptls_conn_advice(NULL, &advice, sizeof(advice)),
			 SMTPTLS_E_ARG);
	assert_int_equal(
		smtptls_conn_advice(meeting.conn, NULL, sizeof(advice)),
		SMTPTLS_E_ARG);
	assert_int_equal(smtptls_conn_advice(meeting.conn, &advice, 0),
			 SMTPTLS_E_ARG);
	part(&meeting);
}

/* A reason that comes from the session, not from the policy. */
static void of_the_session(void **state)
{
	struct smtptls_config *config = policy_config(NULL);
	struct smtptls_advice advice;
	struct smtptls_conn *conn;
	const char *text;

	(void)state;
	add_server(config, TESTCERT_RSA, "mx.example.org");
	freeze(config);
	assert_int_equal(smtptls_conn_new(&conn, config, SMTPTLS_SERVER), 0);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	host_feed(conn, "EHLO x\r\n", 8);
	assert_int_equal(smtptls_conn_advice(conn, &advice, sizeof(advice)), 0);
	assert_int_equal(advice.reason, SMTPTLS_REASON_SMTP_IN_CLEAR);
	assert_int_equal(advice.change_count, 1);
	assert_string_equal(advice.changes[0].with, "implicit TLS");
	(void)smtptls_conn_error(conn, &text);
	assert_string_equal(advice.text, text);
	smtptls_conn_free(conn);
	smtptls_config_unref(config);
}

/* TLS at a STARTTLS port: it is the client that must be changed. */
static void of_the_port(void **state)
{
	struct smtptls_config *config = policy_config(NULL);
	struct smtptls_advice advice;
	struct smtptls_conn *conn;

	(void)state;
	add_server(config, TESTCERT_RSA, "mx.example.org");
	freeze(config);
	assert_int_equal(smtptls_conn_new(&conn, config, SMTPTLS_SERVER), 0);
	host_feed(conn, "\x16\3\1\2\0\1", 6);
	(void)host_read_byte(conn);
	assert_int_equal(smtptls_conn_advice(conn, &advice, sizeof(advice)), 0);
	assert_int_equal(advice.reason, SMTPTLS_REASON_TLS_FOR_SMTP);
	assert_int_equal(advice.change_count, 1);
	assert_int_equal(advice.changes[0].setting, SMTPTLS_SETTING_PEER);
	assert_int_equal(advice.changes[0].action, SMTPTLS_CHANGE_SET);
	assert_string_equal(advice.changes[0].with, "STARTTLS");
	smtptls_conn_free(conn);
	smtptls_config_unref(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(followed),
		cmocka_unit_test(without),
		cmocka_unit_test(of_the_session),
		cmocka_unit_test(of_the_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
