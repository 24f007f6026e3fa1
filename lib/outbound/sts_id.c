/* SPDX-License-Identifier: MIT */
/*
 * outbound/sts_id: the TXT record that announces an MTA-STS policy (RFC 8461
 * section 3.1).
 *
 * Exactly one record has to begin with "v=STSv1;", and it has to follow the
 * grammar to its end. Otherwise the domain has no policy as far as DNS is
 * concerned, and a cached policy stays in force.
 */
#include <smtptls/outbound.h>

#include <string.h>

#include "base/ascii.h"

#define VERSION "v=STSv1"

/* The longest field name. */
#define NAME_MAX_LEN 32

struct reader {
	const char *at;
	const char *end;
};

/* Skip white space, a semicolon, white space; 0: there is no semicolon. */
static int delimiter(struct reader *reader)
{
	const char *at = reader->at;

	while (at < reader->end && (*at == ' ' || *at == '\t'))
		at++;
	if (at == reader->end || *at != ';')
		return 0;
	at++;
	while (at < reader->end && (*at == ' ' || *at == '\t'))
		at++;
	reader->at = at;
	return 1;
}

/* The length of the field name before its "="; 0: there is none. */
static size_t name_len(const struct reader *reader)
{
	size_t len = (size_t)(reader->end - reader->at), n = 0;

	while (n < len && (stls_ascii_alnum(reader->at[n]) ||
			   (n > 0 && strchr("_-.", reader->at[n]) &&
			    reader->at[n] != '\0')))
		n++;
	return n < len && n <= NAME_MAX_LEN && reader->at[n] == '=' ? n : 0;
}

/* The length of a value: visible characters except "=" and ";". */
static size_t value_len(const struct reader *reader)
{
	size_t len = (size_t)(reader->end - reader->at), n = 0;

	while (n < len && reader->at[n] > ' ' && reader->at[n] <= '~' &&
	       reader->at[n] != '=' && reader->at[n] != ';')
		n++;
	return n;
}

static int is_id(const char *value, size_t len)
{
	size_t i;

	if (len >= SMTPTLS_STS_ID_SIZE)
		return 0;
	for (i = 0; i < len; i++) {
		if (!stls_ascii_alnum(value[i]))
			return 0;
	}
	return 1;
}

/* Read one field; the first "id" is kept. 0: the field is malformed. */
static int field(struct reader *reader, char *id)
{
	const char *name = reader->at, *value;
	size_t n = name_len(reader), len;

	if (n == 0)
		return 0;
	reader->at += n + 1;
	value = reader->at;
	len = value_len(reader);
	if (len == 0)
		return 0;
	reader->at += len;
	if (n != 2 || memcmp(name, "id", 2) != 0)
		return 1;
	if (!is_id(value, len))
		return 0;
	if (!id[0]) {
		memcpy(id, value, len);
		id[len] = '\0';
	}
	return 1;
}

/* Read the fields after the version; 1 if they are valid and have an id. */
static int fields(struct reader *reader, char *id)
{
	while (reader->at < reader->end) {
		if (!delimiter(reader))
			return 0;
		if (reader->at < reader->end && !field(reader, id))
			return 0;
	}
	return id[0] != '\0';
}

/* Whether the record is one of MTA-STS; moves `reader` past its version. */
static int begins(struct reader *reader, const char *text, size_t len)
{
	struct reader behind;

	if (!text || len < strlen(VERSION) ||
	    memcmp(text, VERSION, strlen(VERSION)) != 0)
		return 0;
	reader->at = text + strlen(VERSION);
	reader->end = text + len;
	behind = *reader;
	return delimiter(&behind);
}

int smtptls_sts_id(const char *const *text, const size_t *len, size_t count,
		   char *id)
{
	struct reader reader, one = { NULL, NULL };
	size_t found = 0, i;

	if (!id)
		return SMTPTLS_E_ARG;
	id[0] = '\0';
	if (count > 0 && (!text || !len))
		return SMTPTLS_E_ARG;
	for (i = 0; i < count; i++) {
		if (begins(&reader, text[i], len[i])) {
			one = reader;
			found++;
		}
	}
	if (found == 0)
		return 0;
	if (found > 1)
		return SMTPTLS_E_LIMIT;
	if (!fields(&one, id)) {
		id[0] = '\0';
		return SMTPTLS_E_SYNTAX;
	}
	return 1;
}
