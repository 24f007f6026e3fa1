/* SPDX-License-Identifier: MIT */
/*
 * What may be wrong with a certificate that was shown to the peer, in every
 * combination: no sentence is cut or longer than a connection holds, none is
 * without a remedy, and the changes are those of the faults.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "reason/session_end_sentence.h"

#define FAULTS 10
#define ALL    ((1U << FAULTS) - 1)

/* With the longest texts possible. */
static const struct stls_shown longest = {
	.key = SMTPTLS_KEY_ECDSA_P256,
	.among = 1,
	.bits = 1024,
	.hash = "SHA-1",
	.asked = "a-name-that-is-much-too-long.example.org.and...",
	.authority = "CN=An Authority with a Long Name,O=Example,C...",
	.date = "2021-01-01",
};

static const int alerts[] = { -1, 42, 43, 45, 46, 48, 90 };

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* What each fault's clause contains, in the order of enum stls_shown_fault. */
static const char *const clauses[FAULTS] = {
	"it asked for \"",	 " expired on ",
	" is not valid before ", " is for TLS clients only",
	"(must-staple)",	 " has a key of ",
	" is signed with ",	 " has no host name ",
	" is self-signed",	 " was sent without its issuer ",
};

static void write_end(const struct stls_end *end, char text[256])
{
	char whole[1024];

	stls_end_write(end, text, 256);
	stls_end_write(end, whole, sizeof(whole));
	if (strcmp(text, whole) != 0)
		fail_msg("cut: %s", whole);
	assert_non_null(strstr(text, ": "));
	assert_null(strstr(text, "(null)"));
}

static void every_combination(void **state)
{
	struct stls_shown shown = longest;
	struct stls_end end = { .server = 1,
				.shown = &shown,
				.last_in = 1,
				.last_out = 14,
				.spoken = 1,
				.begun = 1 };
	char text[256];
	unsigned said, i;
	size_t a;

	(void)state;
	for (shown.faults = 0; shown.faults <= ALL; shown.faults++) {
		for (a = 0; a < 3 * COUNT(alerts); a++) {
			end.alert = alerts[a / 3];
			end.complete = a % 3 == 1;
			end.reason =
				end.complete
					? SMTPTLS_REASON_LEFT_AFTER_HANDSHAKE
				: end.alert < 0 ? SMTPTLS_REASON_CLOSED
						: SMTPTLS_REASON_PEER_ALERT;
			end.notified = a % 3 == 2;
			write_end(&end, text);
			for (said = i = 0; i < FAULTS; i++) {
				if (!strstr(text, clauses[i]))
					continue;
				said |= 1U << i;
			}
			/*
			 * no fault that is not there, and at least one of those
			 * that are
			 */
			assert_int_equal(said & ~shown.faults, 0);
			if (shown.faults && !said)
				fail_msg("%x, alert %d: %s", shown.faults,
					 end.alert, text);
		}
	}
}

/* The last byte of the buffer is used. */
static void full(void **state)
{
	struct stls_shown shown = longest;
	struct stls_end end = { .reason = SMTPTLS_REASON_PEER_ALERT,
				.server = 1,
				.shown = &shown,
				.last_in = 1,
				.last_out = 14,
				.alert = 48 };
	char text[256];
	size_t i, len, most = 0;

	(void)state;
	for (i = 0; longest.authority[i]; i++) {
		strcpy(shown.authority, longest.authority + i);
		for (shown.faults = 0; shown.faults <= ALL; shown.faults++) {
			write_end(&end, text);
			len = strlen(text);
			most = len > most ? len : most;
		}
	}
	assert_int_equal(most, sizeof(text) - 1);
}

/* The fault that an alert stands for is named first. */
static void order(void **state)
{
	static const struct {
		int alert;
		const char *first;
	} rows[] = {
		{ 42, "(alert 42, bad_certificate): it asked for " },
		{ 43, "(alert 43, unsupported_certificate): the ECDSA P-256 "
		      "certificate is for TLS clients only" },
		{ 45,
		  "(alert 45, certificate_expired): the ECDSA P-256 "
		  "certificate expired on 2021-01-01: renew it; it asked " },
		{ 46, "(alert 46, certificate_unknown): it asked for " },
		{ 48, "(alert 48, unknown_ca): the ECDSA P-256 certificate was "
		      "sent without its issuer " },
		{ 90, "(alert 90, user_canceled): it asked for " },
	};
	struct stls_shown shown = longest;
	struct stls_end end = { .reason = SMTPTLS_REASON_PEER_ALERT,
				.server = 1,
				.shown = &shown,
				.last_in = 1,
				.last_out = 14 };
	char text[256];
	size_t i;

	(void)state;
	shown.faults = STLS_SHOWN_NAME | STLS_SHOWN_EXPIRED |
		       STLS_SHOWN_CLIENTS | STLS_SHOWN_ALONE;
	for (i = 0; i < COUNT(rows); i++) {
		end.alert = rows[i].alert;
		write_end(&end, text);
		if (!strstr(text, rows[i].first))
			fail_msg("%s", text);
	}
}

/* The certificate is named once; the one who asked for a name is the peer. */
static void named_once(void **state)
{
	struct stls_shown shown = { .key = SMTPTLS_KEY_ECDSA_P256,
				    .among = 1,
				    .asked = "mx.example.org",
				    .date = "2021-01-01",
				    .faults = STLS_SHOWN_NAME |
					      STLS_SHOWN_EXPIRED };
	struct stls_end end = { .reason = SMTPTLS_REASON_PEER_ALERT,
				.server = 1,
				.shown = &shown,
				.last_in = 1,
				.last_out = 14,
				.alert = 42 };
	char text[256];

	(void)state;
	write_end(&end, text);
	assert_non_null(strstr(
		text,
		": it asked for \"mx.example.org\", which the ECDSA P-256 "
		"certificate lacks: add one with that name; it expired "
		"on 2021-01-01: renew it"));
	end.alert = 45;
	write_end(&end, text);
	assert_non_null(strstr(
		text, ": the ECDSA P-256 certificate expired on 2021-01-01: "
		      "renew it; it asked for \"mx.example.org\", which the "
		      "certificate lacks: add one with that name"));
}

static void changes(void **state)
{
	static const struct {
		unsigned fault;
		struct smtptls_change change;
	} rows[] = {
		{ STLS_SHOWN_NAME,
		  { SMTPTLS_SETTING_CERTIFICATE, SMTPTLS_CHANGE_ADD, "RSA",
		    "mx.example" } },
		{ STLS_SHOWN_EXPIRED,
		  { SMTPTLS_SETTING_CERTIFICATE, SMTPTLS_CHANGE_REPLACE, "RSA",
		    "notAfter" } },
		{ STLS_SHOWN_EARLY,
		  { SMTPTLS_SETTING_CERTIFICATE, SMTPTLS_CHANGE_REPLACE, "RSA",
		    "notBefore" } },
		{ STLS_SHOWN_CLIENTS,
		  { SMTPTLS_SETTING_CERTIFICATE, SMTPTLS_CHANGE_REPLACE, "RSA",
		    "serverAuth" } },
		{ STLS_SHOWN_STATUS,
		  { SMTPTLS_SETTING_CERTIFICATE, SMTPTLS_CHANGE_REPLACE, "RSA",
		    "no must-staple" } },
		{ STLS_SHOWN_SHORT,
		  { SMTPTLS_SETTING_CERTIFICATE, SMTPTLS_CHANGE_REPLACE, "RSA",
		    "2048 bits" } },
		{ STLS_SHOWN_HASH,
		  { SMTPTLS_SETTING_CERTIFICATE, SMTPTLS_CHANGE_REPLACE, "RSA",
		    "SHA-256" } },
		{ STLS_SHOWN_NO_SAN,
		  { SMTPTLS_SETTING_CERTIFICATE, SMTPTLS_CHANGE_REPLACE, "RSA",
		    "subjectAltName" } },
		{ STLS_SHOWN_SELF,
		  { SMTPTLS_SETTING_CERTIFICATE, SMTPTLS_CHANGE_REPLACE, "RSA",
		    "issuer" } },
		{ STLS_SHOWN_ALONE,
		  { SMTPTLS_SETTING_CHAIN, SMTPTLS_CHANGE_ADD, "CN=sub", "" } },
	};
	struct smtptls_change found[SMTPTLS_CHANGES];
	struct stls_shown shown = { .key = SMTPTLS_KEY_RSA_SIGN,
				    .asked = "mx.example",
				    .authority = "CN=sub" };
	struct stls_end end = { .reason = SMTPTLS_REASON_LEFT_AFTER_HANDSHAKE,
				.server = 1,
				.complete = 1,
				.alert = -1,
				.shown = &shown };
	size_t i;

	(void)state;
	assert_int_equal(stls_end_changes(&end, found), 0);
	for (i = 0; i < COUNT(rows); i++) {
		shown.faults = rows[i].fault;
		assert_int_equal(stls_end_changes(&end, found), 1);
		assert_int_equal(found[0].setting, rows[i].change.setting);
		assert_int_equal(found[0].action, rows[i].change.action);
		assert_string_equal(found[0].word, rows[i].change.word);
		assert_string_equal(found[0].with, rows[i].change.with);
	}
	/* a close_notify says no more than an end of input without one */
	end.alert = 0;
	assert_int_equal(stls_end_changes(&end, found), 1);
	end.alert = -1;
	shown.faults = ALL;
	assert_int_equal(stls_end_changes(&end, found), SMTPTLS_CHANGES);
	/* an alert with another meaning has none */
	end.alert = 51;
	assert_int_equal(stls_end_changes(&end, found), 0);
	end.alert = 42;
	shown.key = 0;
	assert_int_equal(stls_end_changes(&end, found), 0);
}

/* Larger ones, whatever they were. */
static void parameters(void **state)
{
	struct smtptls_change found[SMTPTLS_CHANGES];
	struct stls_end end = { .reason = SMTPTLS_REASON_DH_PARAMETERS,
				.server = 1,
				.alert = 71,
				.dh_bits = 2048 };
	char text[256];

	(void)state;
	write_end(&end, text);
	assert_string_equal(text,
			    "peer does not accept Diffie-Hellman parameters of "
			    "2048 bits (alert 71, insufficient_security): use "
			    "4096-bit ones from RFC 7919");
	assert_int_equal(stls_end_changes(&end, found), 1);
	assert_int_equal(found[0].setting, SMTPTLS_SETTING_DH);
	assert_int_equal(found[0].action, SMTPTLS_CHANGE_SET);
	assert_string_equal(found[0].with, "4096 bits");
	end.dh_bits = 4096;
	assert_int_equal(stls_end_changes(&end, found), 1);
	assert_string_equal(found[0].with, "8192 bits");
	end.server = 0;
	assert_int_equal(stls_end_changes(&end, found), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_combination),
		cmocka_unit_test(full),
		cmocka_unit_test(order),
		cmocka_unit_test(named_once),
		cmocka_unit_test(changes),
		cmocka_unit_test(parameters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
