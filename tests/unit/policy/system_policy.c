/* SPDX-License-Identifier: MIT */
/*
 * system_policy: which lines of GnuTLS's configuration file disable something,
 * as GnuTLS reads them; tests/interop/system_policy.py makes the changes to
 * files that are proposed here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "openssl/group_list.h"
#include "openssl/protocol_list.h"
#include "openssl/sigalg_list.h"
#include "openssl/suite_table.h"
#include "policy/system_policy.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static unsigned group(unsigned code)
{
	return (unsigned)stls_group_by_code(code);
}

static unsigned sigalg(unsigned code)
{
	return (unsigned)stls_sigalg_by_code(code);
}

static unsigned suite(unsigned code)
{
	return (unsigned)stls_suite_by_code(code);
}

static void check(const char *text, int kind, unsigned which,
		  const char *expected)
{
	char file[] = "/etc/gnutls/config", cure[1024];
	struct stls_system_policy system = { file, strdup(text) };
	size_t len = stls_system_cure(&system, kind, which, cure, sizeof(cure));

	assert_string_equal(cure, expected);
	assert_int_equal(len, strlen(cure));
	free(system.text);
}

#define AT "from /etc/gnutls/config, line "
#define TO "to [overrides] in /etc/gnutls/config"

static void test_blocked(void **state)
{
	static const char file[] = "# what may not be\n"
				   "[priorities]\n"
				   "disabled-version = TLS1.3\n"
				   "[overrides]\n"
				   "disabled-version = tls1.2\n"
				   "DISABLED-CURVE: secp256r1 and more\n"
				   "; insecure-hash = SHA512\n"
				   "insecure-hash = SHA384 ; for a while\n"
				   "  SHA256\n"
				   "insecure-sig = RSA-PSS-RSAE-SHA512\n"
				   "insecure-sig-for-cert = RSA-SHA224\n"
				   "tls-disabled-group = GROUP-SECP256R1\n"
				   "tls-disabled-cipher=AES-128-GCM\n"
				   "tls-disabled-mac=SHA1\n"
				   "tls-disabled-kx = DHE-RSA\n"
				   "min-verification-profile = high\n"
				   "enabled-curve = X25519\n";

	(void)state;
	check(file, STLS_SYSTEM_VERSION, STLS_PROTOCOL_TLS1_3, "");
	check(file, STLS_SYSTEM_VERSION, STLS_PROTOCOL_TLS,
	      "remove \"disabled-version = tls1.2\" " AT "5");
	check(file, STLS_SYSTEM_GROUP, group(23),
	      "remove \"DISABLED-CURVE: secp256r1 and more\" " AT "6 and "
	      "\"tls-disabled-group = GROUP-SECP256R1\" from line 12");
	check(file, STLS_SYSTEM_CURVE, group(23),
	      "remove \"DISABLED-CURVE: secp256r1 and more\" " AT "6");
	check(file, STLS_SYSTEM_GROUP, group(29), "");
	check(file, STLS_SYSTEM_SIGALG, sigalg(0x0501),
	      "remove \"insecure-hash = SHA384\" " AT "8");
	check(file, STLS_SYSTEM_SIGALG, sigalg(0x0403),
	      "remove \"insecure-hash = SHA256\" " AT "9");
	check(file, STLS_SYSTEM_SIGALG, sigalg(0x0806),
	      "remove \"insecure-sig = RSA-PSS-RSAE-SHA512\" " AT "10");
	check(file, STLS_SYSTEM_SIGALG, sigalg(0x0807), "");
	check(file, STLS_SYSTEM_SIGALG, sigalg(0x0301), "");
	check(file, STLS_SYSTEM_CHAIN, sigalg(0x0301),
	      "remove \"insecure-sig-for-cert = RSA-SHA224\" " AT "11");
	check(file, STLS_SYSTEM_CHAIN, sigalg(0x0806),
	      "remove \"insecure-sig = RSA-PSS-RSAE-SHA512\" " AT "10");
	check(file, STLS_SYSTEM_SUITE, suite(0xc02f),
	      "remove \"tls-disabled-cipher=AES-128-GCM\" " AT "13");
	check(file, STLS_SYSTEM_SUITE, suite(0x0033),
	      "remove \"tls-disabled-mac=SHA1\" " AT "14 and "
	      "\"tls-disabled-kx = DHE-RSA\" from line 15");
	check(file, STLS_SYSTEM_SUITE, suite(0xc030), "");
	check(file, STLS_SYSTEM_STRENGTH, 112,
	      "remove \"min-verification-profile = high\" " AT "16");
	check(file, STLS_SYSTEM_STRENGTH, 128, "");
}

static void test_eddsa(void **state)
{
	static const char file[] = "[overrides]\n"
				   "disabled-curve = ed25519\n"
				   "insecure-hash = SHA512\n"
				   "insecure-hash = SHAKE-256\n";

	(void)state;
	check(file, STLS_SYSTEM_EDDSA, 0,
	      "remove \"disabled-curve = ed25519\" " AT "2");
	check(file, STLS_SYSTEM_EDDSA, 1, "");
	check(file, STLS_SYSTEM_SIGALG, sigalg(0x0807),
	      "remove \"insecure-hash = SHA512\" " AT "3");
	check(file, STLS_SYSTEM_SIGALG, sigalg(0x0808),
	      "remove \"insecure-hash = SHAKE-256\" " AT "4");
}

static void test_allowed(void **state)
{
	static const char file[] = "[overrides]\n"
				   "secure-hash = SHA256\n"
				   "secure-sig = rsa-sha256\n"
				   "secure-sig-for-cert = ECDSA-SHA256\n"
				   "enabled-curve = X25519\n"
				   "enabled-version = TLS1.3\n"
				   "disabled-curve = X25519\n"
				   "min-verification-profile = low\n"
				   "[Global]\n"
				   "override-mode=Allowlist\n";

	(void)state;
	check(file, STLS_SYSTEM_VERSION, STLS_PROTOCOL_TLS1_3, "");
	check(file, STLS_SYSTEM_VERSION, STLS_PROTOCOL_TLS1_2,
	      "add \"enabled-version = TLS1.2\" " TO);
	check(file, STLS_SYSTEM_GROUP, group(29), "");
	check(file, STLS_SYSTEM_GROUP, group(24),
	      "add \"enabled-curve = SECP384R1\" " TO);
	check(file, STLS_SYSTEM_GROUP, group(256), "");
	check(file, STLS_SYSTEM_SIGALG, sigalg(0x0401), "");
	check(file, STLS_SYSTEM_CHAIN, sigalg(0x0401),
	      "add \"secure-sig-for-cert = RSA-SHA256\" " TO);
	check(file, STLS_SYSTEM_SIGALG, sigalg(0x0403),
	      "add \"secure-sig = ECDSA-SECP256R1-SHA256\" " TO);
	check(file, STLS_SYSTEM_SIGALG, sigalg(0x0501),
	      "add \"secure-hash = SHA384\" " TO
	      " and \"secure-sig = RSA-SHA384\"");
	check(file, STLS_SYSTEM_SUITE, suite(0xc02f), "");
	check(file, STLS_SYSTEM_STRENGTH, 64,
	      "remove \"min-verification-profile = low\" " AT "8");
}

static void test_profiles(void **state)
{
	static const struct {
		const char *name;
		unsigned bits;
	} all[] = {
		{ "very weak", 64 }, { "low", 80 },	   { "legacy", 96 },
		{ "medium", 112 },   { "high", 128 },	   { "ultra", 192 },
		{ "future", 256 },   { "suiteb128", 128 }, { "suiteb192", 192 },
	};
	char text[128], cure[128];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(all); i++) {
		strcpy(text, "[overrides]\nmin-verification-profile = ");
		strcat(text, all[i].name);
		check(text, STLS_SYSTEM_STRENGTH, all[i].bits, "");
		strcpy(cure, "remove \"min-verification-profile = ");
		strcat(cure, all[i].name);
		strcat(cure, "\" " AT "2");
		check(text, STLS_SYSTEM_STRENGTH, all[i].bits - 1, cure);
	}
}

/* A line that GnuTLS does not accept is not accepted here. */
static void test_no_lines(void **state)
{
	static const char *const files[] = {
		"",
		"disabled-version = TLS1.2\n",
		"[ overrides ]\ndisabled-version = TLS1.2\n",
		"[overrides]\n;disabled-version = TLS1.2\n",
		"[overrides]\ndisabled-version\n",
		"[overrides]\ndisabled-version = TLS1.2; x\n",
		"[overrides]\ndisabled-version = TLS1.1\n",
		"[overrides]\nx = y\n disabled-version = TLS1.2\n",
		"[overrides]\n[global]\ndisabled-version = TLS1.2\n",
	};
	struct stls_system_policy none = { NULL, NULL };
	struct stls_system_line lines[STLS_SYSTEM_LINES];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(files); i++)
		check(files[i], STLS_SYSTEM_VERSION, STLS_PROTOCOL_TLS1_2, "");
	assert_int_equal(stls_system_lines(&none, STLS_SYSTEM_VERSION,
					   STLS_PROTOCOL_TLS, lines),
			 0);
}

/* A line that is one byte too long is cut like longer ones. */
static void test_longest(void **state)
{
	static const char section[] = "[overrides]\n";
	char text[200], path[] = "/etc/x";
	struct stls_system_policy system = { path, text };
	struct stls_system_line lines[STLS_SYSTEM_LINES];
	const size_t size = sizeof(lines[0].text);
	size_t len, start;

	(void)state;
	for (len = size - 1; len <= size; len++) {
		start = (size_t)snprintf(text, sizeof(text),
					 "%sdisabled-version = TLS1.2 ",
					 section);
		memset(text + start, 'a', sizeof(text) - start);
		text[strlen(section) + len] = '\0';
		memset(lines, 'b', sizeof(lines));
		assert_int_equal(stls_system_lines(&system, STLS_SYSTEM_VERSION,
						   STLS_PROTOCOL_TLS1_2, lines),
				 1);
		assert_int_equal(strnlen(lines[0].text, size), size - 1);
	}
}

/* Long lines, long paths, many lines. */
static void test_long(void **state)
{
	char text[4096] = "[overrides]\ndisabled-version = TLS1.2 ", cure[2048];
	char path[301];
	struct stls_system_policy system = { path, text };
	struct stls_system_line lines[STLS_SYSTEM_LINES];
	unsigned i;

	(void)state;
	memset(path, 'x', 300);
	path[300] = '\0';
	memset(text + strlen(text), 'a', 200);
	assert_int_equal(stls_system_lines(&system, STLS_SYSTEM_VERSION,
					   STLS_PROTOCOL_TLS1_2, lines),
			 1);
	assert_int_equal(strlen(lines[0].text), sizeof(lines[0].text) - 1);
	for (i = 0; i < 20; i++)
		strcat(text, "\ndisabled-version = TLS1.2");
	assert_int_equal(stls_system_lines(&system, STLS_SYSTEM_VERSION,
					   STLS_PROTOCOL_TLS1_2, lines),
			 STLS_SYSTEM_LINES);
	assert_int_equal(stls_system_cure(&system, STLS_SYSTEM_VERSION,
					  STLS_PROTOCOL_TLS1_2, cure, 40),
			 39);
	(void)stls_system_cure(&system, STLS_SYSTEM_VERSION,
			       STLS_PROTOCOL_TLS1_2, cure, sizeof(cure));
	assert_non_null(strstr(cure, "xxx, line 2 and"));
	assert_int_equal(strspn(strchr(cure, 'x'), "x"), 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocked),
		cmocka_unit_test(test_eddsa),
		cmocka_unit_test(test_allowed),
		cmocka_unit_test(test_profiles),
		cmocka_unit_test(test_no_lines),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
