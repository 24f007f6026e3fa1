/* SPDX-License-Identifier: MIT */
/*
 * policy/system_policy: which line of GnuTLS's own file disables something.
 *
 * The file is the one of gnutls_get_system_config_file(). lib/tls reads it, but
 * only if it may be the cause of a fault. [overrides] works in one of two
 * modes (override-mode in [global]): its lines forbid, or, with "allowlist",
 * only what they name is allowed. Explicit priority strings, such as a
 * policy's, are subject to the lines on versions, curves, signatures and hashes
 * in both modes, and to those on ciphers, MACs, key exchanges and groups in the
 * first mode only.
 *
 * Lines are read as GnuTLS reads them: names and values ignore case, a comment
 * starts with ";" or "#" at the start of a line or with " ;" after other text,
 * and an indented line is one more value of the name above it. The file is
 * never changed.
 */
#include "policy/system_policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "openssl/group_list.h"
#include "openssl/protocol_list.h"
#include "openssl/sigalg_list.h"
#include "openssl/suite_table.h"

#define BLANKS	 " \t\r\f\v"
#define ELLIPTIC 0xff /* groups above are not curves */

/* ---- lines ---- */

struct span {
	const char *at;
	size_t len;
};

struct reader {
	const char *rest;
	unsigned number;
	struct span section, name, value, line;
};

static int is(struct span span, const char *word)
{
	return span.len == strlen(word) &&
	       stls_ascii_equal(span.at, word, span.len);
}

static struct span trim(const char *at, size_t len)
{
	while (len > 0 && strchr(BLANKS, at[len - 1]))
		len--;
	while (len > 0 && strchr(BLANKS, *at)) {
		at++;
		len--;
	}
	return (struct span){ at, len };
}

/* The line without a trailing comment. */
static struct span bare(struct span span)
{
	size_t i;

	for (i = 1; i < span.len; i++) {
		if (span.at[i] == ';' && strchr(BLANKS, span.at[i - 1]))
			return trim(span.at, i);
	}
	return span;
}

static void split(struct reader *reader, struct span line)
{
	size_t i = 0;

	while (i < line.len && line.at[i] != '=' && line.at[i] != ':')
		i++;
	reader->name = trim(line.at, i);
	reader->value = i < line.len ? trim(line.at + i + 1, line.len - i - 1)
				     : (struct span){ line.at, 0 };
}

/* Go to the next line with a name and a value; 0 at the end. */
static int next(struct reader *reader)
{
	const char *start;
	struct span line;
	size_t len;

	while (*reader->rest) {
		start = reader->rest;
		len = strcspn(start, "\n");
		reader->rest += len + (start[len] == '\n');
		reader->number++;
		line = trim(start, len);
		if (line.len == 0 || *line.at == ';' || *line.at == '#')
			continue;
		reader->line = line = bare(line);
		if (line.at > start && reader->name.len > 0) {
			reader->value = line;
			return 1;
		}
		if (*line.at == '[') {
			reader->section.at = line.at + 1;
			reader->section.len = strcspn(line.at, "]\n") - 1;
			reader->name.len = 0;
			continue;
		}
		split(reader, line);
		return 1;
	}
	return 0;
}

static int allows_only(const struct stls_system_policy *system)
{
	struct reader reader = { .rest = system->text };

	while (next(&reader)) {
		if (is(reader.section, "global") &&
		    is(reader.name, "override-mode") &&
		    is(reader.value, "allowlist"))
			return 1;
	}
	return 0;
}

/* ---- needs ---- */

/* Settings of the file: the name that forbids, and the one that allows. */
static const struct setting {
	const char *forbids, *allows;
} settings[] = {
	{ "disabled-version", "enabled-version" },
	{ "disabled-curve", "enabled-curve" },
	{ "insecure-hash", "secure-hash" },
	{ "insecure-sig", "secure-sig" },
	{ "insecure-sig-for-cert", "secure-sig-for-cert" },
	/* an allowlist does not restrict these in an explicit string */
	{ "tls-disabled-cipher", NULL },
	{ "tls-disabled-mac", NULL },
	{ "tls-disabled-kx", NULL },
	{ "tls-disabled-group", NULL },
};

enum { VERSION, CURVE, HASH, SIG, SIG_FOR_CERT, CIPHER, MAC, KX, GROUP };

/* What something needs: each value must be allowed, none forbidden. */
struct needs {
	struct need {
		int setting;
		const char *value;
	} need[8];
	unsigned count;
};

static void add(struct needs *needs, int setting, const char *value)
{
	if (value[0])
		needs->need[needs->count++] = (struct need){ setting, value };
}

/* The word without "SIGN-" or "GROUP-". */
static const char *unprefixed(const char *word)
{
	const char *dash = strchr(word, '-');

	return dash ? dash + 1 : word;
}

static void add_sigalg(struct needs *needs, unsigned row, int setting)
{
	const struct stls_sigalg *sigalg = stls_sigalg(row);
	const char *name = unprefixed(sigalg->gnutls),
		   *tls13 = unprefixed(sigalg->gnutls_tls13),
		   *hash = strrchr(name, '-') + 1;

	if (strcmp(hash, "Ed25519") == 0)
		hash = "SHA512";
	else if (strcmp(hash, "Ed448") == 0)
		hash = "SHAKE-256";
	add(needs, HASH, hash);
	add(needs, setting, name);
	if (strcmp(name, tls13) != 0)
		add(needs, setting, tls13);
}

static void find_needs(struct needs *needs, int kind, unsigned which)
{
	static const char *const versions[] = { "TLS1.0", "TLS1.1", "TLS1.2",
						"TLS1.3" };
	const struct stls_suite *suite;
	const char *name;
	unsigned i;

	switch (kind) {
	case STLS_SYSTEM_VERSION:
		for (i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
			if (which & STLS_PROTOCOL_TLS1_0 << i)
				add(needs, VERSION, versions[i]);
		}
		break;
	case STLS_SYSTEM_SUITE:
		suite = stls_suite(which);
		add(needs, CIPHER, suite->gnutls_cipher);
		add(needs, MAC, suite->gnutls_mac);
		add(needs, KX, suite->gnutls_kx);
		break;
	case STLS_SYSTEM_GROUP:
		name = unprefixed(stls_group(which)->gnutls);
		if (stls_group(which)->code <= ELLIPTIC)
			add(needs, CURVE, name);
		add(needs, GROUP, name);
		break;
	case STLS_SYSTEM_CURVE:
		add(needs, CURVE, unprefixed(stls_group(which)->gnutls));
		break;
	case STLS_SYSTEM_EDDSA:
		add(needs, CURVE, which ? "Ed448" : "Ed25519");
		break;
	case STLS_SYSTEM_SIGALG:
		add_sigalg(needs, which, SIG);
		break;
	case STLS_SYSTEM_CHAIN:
		add_sigalg(needs, which, SIG_FOR_CERT);
		break;
	default:
		break;
	}
}

/* ---- the lines ---- */

static void put(struct stls_system_line *lines, unsigned *count,
		unsigned number, struct span name, struct span value)
{
	struct stls_system_line *line = &lines[*count];

	if (*count == STLS_SYSTEM_LINES)
		return;
	line->number = number;
	(void)snprintf(line->text, sizeof(line->text), "%.*s = %.*s",
		       (int)name.len, name.at, (int)value.len, value.at);
	++*count;
}

/* Copy the line as it is if it has its name and fits; else rebuild it. */
static void put_line(struct stls_system_line *lines, unsigned *count,
		     const struct reader *reader)
{
	if (*count < STLS_SYSTEM_LINES && reader->line.at != reader->value.at &&
	    reader->line.len < sizeof(lines->text)) {
		lines[*count].number = reader->number;
		memcpy(lines[*count].text, reader->line.at, reader->line.len);
		lines[*count].text[reader->line.len] = '\0';
		++*count;
		return;
	}
	put(lines, count, reader->number, reader->name, reader->value);
}

/* GnuTLS only looks at the first word of a value. */
static int is_value(const struct reader *reader, const struct need *need)
{
	static const char prefix[] = "GROUP-";
	struct span value = reader->value;
	size_t i = 0;

	while (i < value.len && !strchr(BLANKS, value.at[i]))
		i++;
	value.len = i;
	if (need->setting == GROUP && value.len > strlen(prefix) &&
	    stls_ascii_equal(value.at, prefix, strlen(prefix))) {
		value.at += strlen(prefix);
		value.len -= strlen(prefix);
	}
	return is(value, need->value);
}

/*
 * A signature that is insecure is so in certificates, too; one that is secure
 * in certificates is so everywhere.
 */
static int names(const struct reader *reader, int setting, int allows)
{
	const struct setting *a = &settings[setting], *b = a;

	if (!allows && setting == SIG_FOR_CERT)
		b = &settings[SIG];
	else if (allows && setting == SIG)
		b = &settings[SIG_FOR_CERT];
	return allows ? is(reader->name, a->allows) ||
				is(reader->name, b->allows)
		      : is(reader->name, a->forbids) ||
				is(reader->name, b->forbids);
}

static int forbids(const struct reader *reader, const struct needs *needs)
{
	unsigned i;

	for (i = 0; i < needs->count; i++) {
		const struct need *need = &needs->need[i];

		if (names(reader, need->setting, 0) && is_value(reader, need))
			return 1;
	}
	return 0;
}

/* Whether the line sets a profile for chains of more than `bits` bits. */
static int demands_more(const struct reader *reader, unsigned bits)
{
	static const struct {
		const char *name;
		unsigned bits;
	} profiles[] = {
		{ "very weak", 64 }, { "low", 80 },	   { "legacy", 96 },
		{ "medium", 112 },   { "high", 128 },	   { "ultra", 192 },
		{ "future", 256 },   { "suiteb128", 128 }, { "suiteb192", 192 },
	};
	size_t i;

	if (!is(reader->name, "min-verification-profile"))
		return 0;
	for (i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
		if (is(reader->value, profiles[i].name))
			return profiles[i].bits > bits;
	}
	return 0;
}

static int is_allowed(const struct stls_system_policy *system,
		      const struct need *need)
{
	struct reader reader = { .rest = system->text };

	while (next(&reader)) {
		if (is(reader.section, "overrides") &&
		    names(&reader, need->setting, 1) && is_value(&reader, need))
			return 1;
	}
	return 0;
}

static void find_missing(const struct stls_system_policy *system,
			 const struct needs *needs,
			 struct stls_system_line *lines, unsigned *count)
{
	unsigned i;

	for (i = 0; i < needs->count; i++) {
		const struct need *need = &needs->need[i];
		const char *allows = settings[need->setting].allows;

		if (allows && !is_allowed(system, need))
			put(lines, count, 0,
			    (struct span){ allows, strlen(allows) },
			    (struct span){ need->value, strlen(need->value) });
	}
}

unsigned stls_system_lines(const struct stls_system_policy *system, int kind,
			   unsigned which,
			   struct stls_system_line lines[STLS_SYSTEM_LINES])
{
	struct reader reader = { .rest = system->text };
	struct needs needs = { .count = 0 };
	unsigned count = 0;
	int only;

	if (!system->text)
		return 0;
	only = allows_only(system);
	find_needs(&needs, kind, which);
	if (only)
		find_missing(system, &needs, lines, &count);
	while (next(&reader)) {
		if (!is(reader.section, "overrides"))
			continue;
		if ((!only && forbids(&reader, &needs)) ||
		    (kind == STLS_SYSTEM_STRENGTH &&
		     demands_more(&reader, which)))
			put_line(lines, &count, &reader);
	}
	return count;
}

/* ---- in words ---- */

/* Of a path that is too long for a sentence, only the end is shown. */
#define FILE_SHOWN 60

static const char *shown(const char *file)
{
	size_t len = strlen(file);

	return len > FILE_SHOWN ? file + len - FILE_SHOWN : file;
}

size_t stls_system_cure(const struct stls_system_policy *system, int kind,
			unsigned which, char *text, size_t size)
{
	struct stls_system_line lines[STLS_SYSTEM_LINES];
	unsigned count = stls_system_lines(system, kind, which, lines), i;
	size_t len = 0;

	text[0] = '\0';
	for (i = 0; i < count && len < size; i++) {
		int removes = lines[i].number > 0;

		len += (size_t)snprintf(text + len, size - len, "%s\"%s\"",
					i > 0	  ? " and "
					: removes ? "remove "
						  : "add ",
					lines[i].text);
		if (len < size && i == 0)
			len += (size_t)snprintf(
				text + len, size - len, "%s%s%s",
				removes ? " from " : " to [overrides] in ",
				shown(system->file), removes ? ", line " : "");
		else if (len < size && removes)
			len += (size_t)snprintf(text + len, size - len,
						" from line ");
		if (len < size && removes)
			len += (size_t)snprintf(text + len, size - len, "%u",
						lines[i].number);
	}
	return len < size ? len : size - 1;
}

void stls_system_policy_clear(struct stls_system_policy *system)
{
	free(system->file);
	free(system->text);
	system->file = system->text = NULL;
}
