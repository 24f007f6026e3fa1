/* SPDX-License-Identifier: MIT */
/*
 * Lists of protocol versions, in the four grammars that administrators use:
 *
 *   IO::Socket::SSL  SSLv23:!SSLv2:!TLSv1_1	colons; ! excludes; at most
 *		      one version is named without !; SSLv23 and SSLv2/3 mean
 *		      all
 *   Postfix	      >=TLSv1.2, !TLSv1.1	commas, spaces or colons; ! ex-
 *		      cludes; a name alone excludes all versions not named; >=
 *		      and <= are bounds, by name or by hexadecimal number
 *   OpenSSL, nginx   ALL -TLSv1.1		commas or spaces; - excludes;
 *		      a name with + or without a sign is added: to nothing if
 *		      the list begins with such a name, to all versions if it
 *		      begins with -
 *   Exim	      +no_sslv3 +no_tlsv1	spaces; excludes
 *
 * No setting selects the grammar. Each word and each separator is valid in some
 * of the grammars. The string is read in every grammar in which all of it is
 * valid, and these readings must agree. If there is no such grammar, the string
 * is a mixture; if the readings differ, it is unclear; both are errors. Case is
 * ignored.
 *
 * A bare TLSv1 means TLS 1.0 only, as in all four; TLSv1.0 is read as TLSv1.
 * OpenSSL's own Protocol command would add "TLSv1.2" to the versions already
 * enabled; this library reads it as nginx does and enables that version only.
 *
 * SSLv2 and SSLv3 do not exist in GnuTLS. Excluding them has no effect, and
 * enabling nothing else is an error. Nothing is allocated; time is linear.
 */
#include "openssl/protocol_list.h"

#include <string.h>

#include "base/ascii.h"

#define IO	STLS_GRAMMAR_IO_SOCKET_SSL
#define POSTFIX STLS_GRAMMAR_POSTFIX
#define OPENSSL STLS_GRAMMAR_OPENSSL
#define EXIM	STLS_GRAMMAR_EXIM
#define ALL	(STLS_PROTOCOL_SSL | STLS_PROTOCOL_TLS)

enum operation { ADD, EXCLUDE, REMOVE, FLOOR, CEILING, OPTION };

/* In strcmp's order, and in lower case. */
static const struct name {
	char word[32];
	uint8_t versions; /* 0: an Exim option that is not a version */
	uint8_t grammars;
} names[] = {
	{ "all", ALL, OPENSSL },
	{ "cipher_server_preference", 0, EXIM },
	{ "no_compression", 0, EXIM },
	{ "no_sslv2", STLS_PROTOCOL_SSL2, EXIM },
	{ "no_sslv3", STLS_PROTOCOL_SSL3, EXIM },
	{ "no_ticket", 0, EXIM },
	{ "no_tlsv1", STLS_PROTOCOL_TLS1_0, EXIM },
	{ "no_tlsv1_1", STLS_PROTOCOL_TLS1_1, EXIM },
	{ "no_tlsv1_2", STLS_PROTOCOL_TLS1_2, EXIM },
	{ "no_tlsv1_3", STLS_PROTOCOL_TLS1_3, EXIM },
	{ "prioritize_chacha", 0, EXIM },
	{ "single_dh_use", 0, EXIM },
	{ "single_ecdh_use", 0, EXIM },
	{ "sslv2", STLS_PROTOCOL_SSL2, IO | POSTFIX | OPENSSL },
	{ "sslv2/3", ALL, IO },
	{ "sslv23", ALL, IO },
	{ "sslv3", STLS_PROTOCOL_SSL3, IO | POSTFIX | OPENSSL },
	{ "tlsv1", STLS_PROTOCOL_TLS1_0, IO | POSTFIX | OPENSSL },
	{ "tlsv1.0", STLS_PROTOCOL_TLS1_0, POSTFIX | OPENSSL },
	{ "tlsv1.1", STLS_PROTOCOL_TLS1_1, POSTFIX | OPENSSL },
	{ "tlsv1.2", STLS_PROTOCOL_TLS1_2, POSTFIX | OPENSSL },
	{ "tlsv1.3", STLS_PROTOCOL_TLS1_3, POSTFIX | OPENSSL },
	{ "tlsv11", STLS_PROTOCOL_TLS1_1, IO },
	{ "tlsv12", STLS_PROTOCOL_TLS1_2, IO },
	{ "tlsv13", STLS_PROTOCOL_TLS1_3, IO },
	{ "tlsv1_1", STLS_PROTOCOL_TLS1_1, IO },
	{ "tlsv1_2", STLS_PROTOCOL_TLS1_2, IO },
	{ "tlsv1_3", STLS_PROTOCOL_TLS1_3, IO },
};

struct word {
	struct stls_span where; /* the operator included */
	enum operation operation;
	uint8_t bare; /* without an operator or a sign */
	uint8_t versions;
	uint8_t grammars;
};

struct parser {
	struct stls_protocol_list *list;
	const char *string;
	size_t length;
	size_t at;
	struct stls_span *where;

	uint8_t included;
	uint8_t excluded;
	uint8_t bounds;	  /* the versions that >= and <= leave */
	uint8_t in_order; /* OpenSSL's reading, applied word by word */
	uint8_t from_all; /* in_order started from all versions */
	uint8_t begun;
	struct stls_span two; /* a second version, in IO::Socket::SSL's */
};

static int is_separator(char byte)
{
	return byte == ',' || byte == ':' || stls_is_space(byte);
}

/* Skips the gap between two words; returns the grammars that allow it. */
static uint8_t read_gap(struct parser *p)
{
	size_t start = p->at;
	size_t colons = 0;
	size_t commas = 0;

	for (; p->at < p->length && is_separator(p->string[p->at]); p->at++) {
		colons += p->string[p->at] == ':';
		commas += p->string[p->at] == ',';
	}
	if (colons + commas == 0)
		return start == 0 || p->at == p->length
			       ? IO | POSTFIX | OPENSSL | EXIM
			       : POSTFIX | OPENSSL | EXIM;
	if (colons == 0)
		return POSTFIX | OPENSSL;
	return colons == 1 && commas == 0 && start > 0 ? IO | POSTFIX : POSTFIX;
}

static uint8_t versions_from(unsigned lowest, unsigned highest)
{
	static const uint16_t wire[] = { 0x0002, 0x0300, 0x0301,
					 0x0302, 0x0303, 0x0304 };
	unsigned versions = 0;
	size_t i;

	for (i = 0; i < sizeof wire / sizeof wire[0]; i++)
		if (wire[i] >= lowest && wire[i] <= highest)
			versions |= 1u << i;
	return (uint8_t)versions;
}

static const struct name *find_name(const char *text, size_t length)
{
	char lower[sizeof names[0].word];
	size_t i;
	int row;

	if (length > sizeof lower)
		return NULL;
	for (i = 0; i < length; i++)
		lower[i] = (char)stls_ascii_lower(text[i]);
	row = stls_word_find(lower, length, names, sizeof names,
			     sizeof names[0]);
	return row < 0 ? NULL : &names[row];
}

/* A version's number as Postfix writes it, 0303 or 0x0303; or -1. */
static int read_number(const char *text, size_t length)
{
	int number = 0;
	size_t i;

	if (length > 2 && text[0] == '0' &&
	    (text[1] == 'x' || text[1] == 'X')) {
		text += 2;
		length -= 2;
	}
	if (length == 0 || length > 4)
		return -1;
	for (i = 0; i < length; i++) {
		int digit = stls_ascii_hex(text[i]);

		if (digit < 0)
			return -1;
		number = number * 16 + digit;
	}
	return number;
}

static size_t read_operator(struct word *word, const char *text, size_t length)
{
	word->operation = ADD;
	switch (text[0]) {
	case '!':
		word->operation = EXCLUDE;
		word->grammars = IO | POSTFIX;
		return 1;
	case '-':
		word->operation = REMOVE;
		word->grammars = OPENSSL;
		return 1;
	case '+':
		word->grammars = OPENSSL | EXIM;
		return 1;
	case '>':
	case '<':
		if (length < 2 || text[1] != '=')
			break;
		word->operation = text[0] == '>' ? FLOOR : CEILING;
		word->grammars = POSTFIX;
		return 2;
	}
	word->bare = 1;
	word->grammars = IO | POSTFIX | OPENSSL;
	return 0;
}

/* The versions that a bound leaves, or -1 if its text is not a version. */
static int read_bound(enum operation operation, const struct name *name,
		      const char *text, size_t length)
{
	int number;

	if (name)
		/* The bits are in ascending order of the versions. */
		return operation == FLOOR ? ALL & ~(name->versions - 1)
					  : ALL & ((name->versions << 1) - 1);
	number = read_number(text, length);
	if (number < 0)
		return -1;
	return operation == FLOOR ? versions_from((unsigned)number, 0xffff)
				  : versions_from(0, (unsigned)number);
}

static int read_word(struct parser *p, struct word *word)
{
	const char *text = p->string + p->at;
	const struct name *name;
	size_t length;
	size_t prefix;
	int versions;

	memset(word, 0, sizeof *word);
	word->where.position = p->at;
	while (p->at < p->length && !is_separator(p->string[p->at]))
		p->at++;
	length = p->at - word->where.position;
	word->where.length = length;
	prefix = read_operator(word, text, length);
	if (prefix == length)
		return stls_list_fail(p->where, STLS_LIST_EMPTY_WORD, p->at, 0);
	name = find_name(text + prefix, length - prefix);
	versions = name ? name->versions : -1;
	if (word->operation == FLOOR || word->operation == CEILING)
		versions = read_bound(word->operation, name, text + prefix,
				      length - prefix);
	if (versions < 0)
		return stls_list_fail(p->where, STLS_LIST_UNKNOWN_WORD,
				      word->where.position, length);
	word->versions = (uint8_t)versions;
	if (name)
		word->grammars &= name->grammars;
	if (word->grammars == EXIM)
		word->operation = versions ? EXCLUDE : OPTION;
	return 0;
}

static int add(struct parser *p, const struct word *word)
{
	if (word->bare && p->from_all && p->list->grammars == OPENSSL &&
	    word->versions != ALL)
		return stls_list_fail(p->where, STLS_LIST_UNCLEAR,
				      word->where.position, word->where.length);
	if (p->included && p->included != word->versions && !p->two.length)
		p->two = word->where;
	p->included |= word->versions;
	p->in_order |= word->versions;
	p->from_all |= word->versions == ALL;
	if (word->versions != ALL)
		p->list->asked |= word->versions & STLS_PROTOCOL_SSL;
	return 0;
}

static int take(struct parser *p, const struct word *word)
{
	switch (word->operation) {
	case ADD:
		return add(p, word);
	case EXCLUDE:
		p->excluded |= word->versions;
		break;
	case REMOVE:
		if (!p->begun)
			p->in_order = ALL;
		p->in_order &= (uint8_t)~word->versions;
		p->from_all = p->in_order != 0;
		break;
	case FLOOR:
		p->list->asked |= word->versions & STLS_PROTOCOL_SSL;
		/* fall through */
	case CEILING:
		p->bounds &= word->versions;
		break;
	case OPTION:
		stls_skips_add(&p->list->skips, STLS_SKIP_NOT_A_VERSION,
			       word->where.position, word->where.length);
		break;
	}
	return 0;
}

static int read_words(struct parser *p)
{
	for (;;) {
		size_t start = p->at;
		struct word word;
		int error;

		p->list->grammars &= read_gap(p);
		if (p->at == p->length && p->list->grammars)
			return 0;
		if (p->at == p->length)
			return stls_list_fail(p->where,
					      STLS_LIST_MIXED_GRAMMARS, start,
					      p->at - start);
		error = read_word(p, &word);
		if (error)
			return error;
		p->list->grammars &= word.grammars;
		if (!p->list->grammars)
			return stls_list_fail(
				p->where, STLS_LIST_MIXED_GRAMMARS,
				word.where.position, word.where.length);
		error = take(p, &word);
		if (error)
			return error;
		p->begun = 1;
	}
}

static int conclude(struct parser *p)
{
	struct stls_protocol_list *list = p->list;
	unsigned versions = p->in_order;

	if (!p->begun)
		return stls_list_fail(p->where, STLS_LIST_EMPTY, 0, p->length);
	if (p->two.length && list->grammars & IO)
		return stls_list_fail(p->where,
				      list->grammars == IO
					      ? STLS_LIST_TWO_VERSIONS
					      : STLS_LIST_UNCLEAR,
				      p->two.position, p->two.length);
	/* If other grammars are left besides OpenSSL's, they agree with it. */
	if (!(list->grammars & OPENSSL))
		versions = (p->included ? p->included : ALL) &
			   ~(unsigned)p->excluded & p->bounds;
	list->enabled = versions & STLS_PROTOCOL_TLS;
	list->asked &= (uint8_t)versions;
	if (list->enabled)
		return 0;
	return stls_list_fail(
		p->where, versions ? STLS_LIST_ONLY_SSL : STLS_LIST_NO_VERSION,
		0, p->length);
}

int stls_protocol_list_parse(struct stls_protocol_list *list,
			     const char *string, size_t length,
			     struct stls_span *where)
{
	struct parser p = { .list = list,
			    .string = string,
			    .length = length,
			    .where = where,
			    .bounds = ALL };
	int error;

	memset(list, 0, sizeof *list);
	list->grammars = IO | POSTFIX | OPENSSL | EXIM;
	error = stls_list_check(string, length, where);
	if (error == 0)
		error = read_words(&p);
	if (error == 0)
		error = conclude(&p);
	if (error)
		list->enabled = 0;
	return error;
}
