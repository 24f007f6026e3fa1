/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: GnuTLS's configuration file. What must hold for any bytes: a
 * line to remove is in the file, and each is removed once; nothing is both
 * removed and added; and no line is removed for anything that the tables do not
 * associate with it.
 */
#include <string.h>

#include "fuzz.h"
#include "openssl/group_list.h"
#include "openssl/protocol_list.h"
#include "openssl/sigalg_list.h"
#include "openssl/suite_table.h"
#include "policy/system_policy.h"

static unsigned count_lines(const char *text)
{
	unsigned count = 1;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

static void check(const struct stls_system_policy *system, int kind,
		  unsigned which)
{
	struct stls_system_line lines[STLS_SYSTEM_LINES];
	unsigned count = stls_system_lines(system, kind, which, lines), i;
	char cure[4096];
	size_t len;

	CHECK(count <= STLS_SYSTEM_LINES);
	for (i = 0; i < count; i++) {
		CHECK(lines[i].number <= count_lines(system->text));
		CHECK(strlen(lines[i].text) < sizeof(lines[i].text));
		CHECK(lines[i].text[0]);
		if (i > 0 && lines[i - 1].number)
			CHECK(lines[i].number > lines[i - 1].number);
	}
	len = stls_system_cure(system, kind, which, cure, sizeof(cure));
	CHECK(len == strlen(cure));
	CHECK((len > 0) == (count > 0));
	len = stls_system_cure(system, kind, which, cure, 24);
	CHECK(len < 24 && len == strlen(cure));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char file[] = "/etc/gnutls/config";
	char *text = malloc(size + 1);
	struct stls_system_policy system = { file, text };
	unsigned i;

	CHECK(text);
	memcpy(text, data, size);
	text[size] = '\0';
	check(&system, STLS_SYSTEM_VERSION, STLS_PROTOCOL_TLS);
	for (i = 0; i < STLS_SUITES; i += 7)
		check(&system, STLS_SYSTEM_SUITE, i);
	for (i = 0; i < STLS_GROUPS; i++)
		check(&system, STLS_SYSTEM_GROUP, i);
	for (i = 0; i < STLS_SIGALGS; i++) {
		check(&system, STLS_SYSTEM_SIGALG, i);
		check(&system, STLS_SYSTEM_CHAIN, i);
	}
	check(&system, STLS_SYSTEM_EDDSA, 1);
	check(&system, STLS_SYSTEM_STRENGTH, 112);
	free(text);
	return 0;
}
