/* SPDX-License-Identifier: MIT */
/*
 * outbound/tlsa_text: reading and writing of a TLSA record's presentation
 * format (RFC 6698 section 2.2, names of RFC 7218).
 *
 * The text is read as a zone file would be (RFC 1035 section 5.1): the end of a
 * line ends the record unless parentheses are open, and a semicolon begins a
 * comment. Owner, class and type are not part of it. Whether a mail server can
 * use the record is not checked here.
 */
#include <smtptls/outbound.h>

#include <string.h>

#include "base/ascii.h"

struct reader {
	const char *at;
	const char *end;
	int depth; /* of parentheses */
	int ended; /* a line has ended outside parentheses */
	int broken;
};

struct acronym {
	const char *name;
	int value;
};

#define ACRONYMS 6

/* The longest RDATA, less the three fields of one byte. */
#define DATA_MAX (65535 - 3)

static const struct acronym usages[ACRONYMS] = {
	{ "PKIX-TA", 0 }, { "PKIX-EE", 1 },    { "DANE-TA", 2 },
	{ "DANE-EE", 3 }, { "PrivCert", 255 }, { NULL, 0 }
};
static const struct acronym selectors[ACRONYMS] = {
	{ "Cert", 0 }, { "SPKI", 1 }, { "PrivSel", 255 }, { NULL, 0 }
};
static const struct acronym matchings[ACRONYMS] = { { "Full", 0 },
						    { "SHA2-256", 1 },
						    { "SHA2-512", 2 },
						    { "PrivMatch", 255 },
						    { NULL, 0 } };

static void skip_comment(struct reader *reader)
{
	while (reader->at < reader->end && *reader->at != '\n')
		reader->at++;
}

/*
 * Skip white space, comments and parentheses. The record is broken if anything
 * else follows its end.
 */
static void skip_space(struct reader *reader)
{
	for (; reader->at < reader->end && !reader->broken; reader->at++) {
		switch (*reader->at) {
		case ' ':
		case '\t':
			break;
		case '\r':
		case '\n':
			reader->ended |= reader->depth == 0;
			break;
		case '(':
			reader->depth++;
			break;
		case ')':
			reader->broken = --reader->depth < 0;
			break;
		case ';':
			skip_comment(reader);
			reader->at--;
			break;
		default:
			reader->broken = reader->ended;
			return;
		}
	}
}

static int is_word_char(char c)
{
	return stls_ascii_alnum(c) || c == '-';
}

static size_t word_len(const struct reader *reader)
{
	size_t n = 0;

	while (reader->at + n < reader->end && is_word_char(reader->at[n]))
		n++;
	return n;
}

/* A number of up to three digits and at most 255, or -1. */
static int number(const char *text, size_t len)
{
	int value = 0;
	size_t i;

	if (len == 0 || len > 3)
		return -1;
	for (i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = value * 10 + (text[i] - '0');
	}
	return value <= 255 ? value : -1;
}

static int acronym(const struct acronym *list, const char *text, size_t len)
{
	for (; list->name; list++) {
		if (strlen(list->name) == len &&
		    stls_ascii_equal(list->name, text, len))
			return list->value;
	}
	return -1;
}

/*
 * "(3)" directly after a name must be the name's number; its length is added to
 * *len. Any other parenthesis, as in "SPKI ( 1 …" or "SHA2-256(\n", belongs to
 * the syntax of zone files.
 */
static int agrees(const struct reader *reader, size_t *len, int value)
{
	const char *at = reader->at + *len;
	size_t n = 1;

	if (at == reader->end || *at != '(')
		return 1;
	while (at + n < reader->end && stls_ascii_digit(at[n]))
		n++;
	if (at + n == reader->end || at[n] != ')')
		return 1;
	*len += n + 1;
	return number(at + 1, n - 1) == value;
}

/* Read one of the three fields; returns its value, or -1. */
static int field(struct reader *reader, const struct acronym *list)
{
	size_t len;
	int value;

	skip_space(reader);
	len = word_len(reader);
	value = number(reader->at, len);
	if (value < 0) {
		value = acronym(list, reader->at, len);
		if (value < 0 || !agrees(reader, &len, value))
			return -1;
	}
	reader->at += len;
	return value;
}

static int read_data(struct reader *reader, struct smtptls_tlsa *record,
		     unsigned char *data, size_t size)
{
	size_t digits = 0;
	int value;

	for (;;) {
		skip_space(reader);
		if (reader->broken || reader->at == reader->end)
			break;
		value = stls_ascii_hex(*reader->at++);
		if (value < 0)
			return SMTPTLS_E_SYNTAX;
		if (digits / 2 == size)
			return SMTPTLS_E_LIMIT;
		if (digits % 2 == 0)
			data[digits / 2] = (unsigned char)(value << 4);
		else
			data[digits / 2] |= (unsigned char)value;
		digits++;
	}
	if (reader->broken || reader->depth != 0 || digits == 0 ||
	    digits % 2 != 0)
		return SMTPTLS_E_SYNTAX;
	record->data = data;
	record->data_len = digits / 2;
	return 0;
}

int smtptls_tlsa_parse(struct smtptls_tlsa *record, const char *text,
		       size_t len, unsigned char *data, size_t size)
{
	struct reader reader = { text, NULL, 0, 0, 0 };

	if (!record || !text || !data)
		return SMTPTLS_E_ARG;
	reader.end = text + len;
	record->usage = field(&reader, usages);
	record->selector = field(&reader, selectors);
	record->matching = field(&reader, matchings);
	if (record->usage < 0 || record->selector < 0 || record->matching < 0)
		return SMTPTLS_E_SYNTAX;
	return read_data(&reader, record, data, size);
}

/* Write a field, 0 to 255, followed by a space; returns the length. */
static size_t write_field(char *out, int value)
{
	size_t len = 0;

	if (value >= 100)
		out[len++] = (char)('0' + value / 100);
	if (value >= 10)
		out[len++] = (char)('0' + value / 10 % 10);
	out[len++] = (char)('0' + value % 10);
	out[len++] = ' ';
	return len;
}

static int is_byte(int value)
{
	return value >= 0 && value <= 255;
}

int smtptls_tlsa_format(const struct smtptls_tlsa *record, char *text,
			size_t size)
{
	static const char digits[] = "0123456789abcdef";
	char head[3 * sizeof("255 ")];
	size_t len = 0, i;

	if (!record || !text || !is_byte(record->usage) ||
	    !is_byte(record->selector) || !is_byte(record->matching) ||
	    record->data_len > DATA_MAX || (!record->data && record->data_len))
		return SMTPTLS_E_ARG;
	if (size > 0)
		text[0] = '\0';
	len += write_field(head + len, record->usage);
	len += write_field(head + len, record->selector);
	len += write_field(head + len, record->matching);
	len -= record->data_len == 0; /* no data follows the last space */
	if (len + 2 * record->data_len >= size)
		return SMTPTLS_E_LIMIT;
	memcpy(text, head, len);
	for (i = 0; i < record->data_len; i++) {
		text[len++] = digits[record->data[i] >> 4];
		text[len++] = digits[record->data[i] & 15];
	}
	text[len] = '\0';
	return (int)len;
}
