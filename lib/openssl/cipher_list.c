/* SPDX-License-Identifier: MIT */
/*
 * OpenSSL 3.0's cipher list language, for TLS 1.2 and below: turns a string
 * into an ordered list of suites. Set, order and acceptance are those of
 * SSL_CTX_set_cipher_list, quirks included, and a test compares the two.
 *
 * A list of all suites starts inactive, in OpenSSL's initial order, which is
 * the table's. Each item of the string moves the suites that it matches:
 *
 *	X	activates the inactive ones, at the tail
 *	+X	moves the active ones to the tail
 *	-X	deactivates the active ones, at the head
 *	!X	removes for good
 *
 * and the active ones are the result. An item A+B matches what A and B both
 * match. An unknown word makes OpenSSL skip the item without an error. So
 * does this parser, but it reports the word in the list's skips, since a
 * misspelling may weaken a policy.
 *
 * The security level is only recorded; stls_cipher_list_allows() applies it,
 * as OpenSSL too applies it when the list is used.
 *
 * The string may hold any bytes. Nothing is allocated, and every item costs
 * one pass over the suites, so the time is linear in the length.
 */
#include "openssl/cipher_list.h"

#include <string.h>

#include "base/ascii.h"
#include "openssl/cipher_word.h"

enum operation { ADD, MOVE, DELETE, KILL, COMMAND };

struct order {
	uint8_t suite[STLS_SUITES_LISTED];
	uint8_t count;
	uint8_t active[STLS_SUITES_LISTED]; /* by row, not by position */
};

struct parser {
	struct stls_cipher_list *list;
	struct order order;
	const char *string;
	size_t length;
	size_t at;
	struct stls_span *where;
};

static void order_begin(struct order *order)
{
	uint8_t i;

	for (i = 0; i < STLS_SUITES_LISTED; i++)
		order->suite[i] = i;
	order->count = STLS_SUITES_LISTED;
	memset(order->active, 0, sizeof order->active);
}

static int is_moved(const struct order *order, uint8_t row,
		    const struct stls_cipher_match *match,
		    enum operation operation)
{
	if (!stls_cipher_match(match, row))
		return 0;
	switch (operation) {
	case ADD:
		return !order->active[row];
	case MOVE:
	case DELETE:
		return order->active[row];
	case KILL:
	case COMMAND:
		break;
	}
	return 1;
}

static void order_apply(struct order *order,
			const struct stls_cipher_match *match,
			enum operation operation)
{
	uint8_t moved[STLS_SUITES_LISTED];
	uint8_t kept[STLS_SUITES_LISTED];
	uint8_t moved_count = 0;
	uint8_t kept_count = 0;
	uint8_t i;

	for (i = 0; i < order->count; i++) {
		uint8_t row = order->suite[i];

		if (is_moved(order, row, match, operation)) {
			order->active[row] =
				operation == ADD || operation == MOVE;
			moved[moved_count++] = row;
		} else {
			kept[kept_count++] = row;
		}
	}
	if (operation == DELETE) {
		memcpy(order->suite, moved, moved_count);
		memcpy(order->suite + moved_count, kept, kept_count);
		return;
	}
	memcpy(order->suite, kept, kept_count);
	if (operation == KILL)
		order->count = kept_count;
	else
		memcpy(order->suite + kept_count, moved, moved_count);
}

/* @STRENGTH: active suites to the tail, from the strongest class down. */
static void order_sort(struct order *order)
{
	unsigned below = UINT16_MAX;

	for (;;) {
		struct stls_cipher_match match = { 0 };
		unsigned strongest = 0;
		int found = 0;
		uint8_t i;

		for (i = 0; i < order->count; i++) {
			uint8_t row = order->suite[i];
			unsigned bits = stls_suite(row)->strength_bits;

			if (order->active[row] && bits < below &&
			    bits >= strongest) {
				strongest = bits;
				found = 1;
			}
		}
		if (!found)
			return;
		match.by_strength = 1;
		match.strength_bits = (uint16_t)strongest;
		order_apply(order, &match, MOVE);
		below = strongest;
	}
}

static int is_separator(char byte)
{
	return byte == ':' || byte == ' ' || byte == ';' || byte == ',';
}

static int is_word_byte(char byte)
{
	return stls_ascii_alnum(byte) || byte == '-' || byte == '.' ||
	       byte == '=';
}

static size_t read_word(struct parser *p)
{
	size_t start = p->at;

	while (p->at < p->length && is_word_byte(p->string[p->at]))
		p->at++;
	return p->at - start;
}

static void to_separator(struct parser *p)
{
	while (p->at < p->length && !is_separator(p->string[p->at]))
		p->at++;
}

static int fail_without_word(const struct parser *p)
{
	if (p->at == p->length || is_separator(p->string[p->at]))
		return stls_list_fail(p->where, STLS_LIST_EMPTY_WORD, p->at, 0);
	return stls_list_fail(p->where, STLS_LIST_BAD_BYTE, p->at, 1);
}

static enum operation read_operation(struct parser *p)
{
	switch (p->string[p->at]) {
	case '+':
		p->at++;
		return MOVE;
	case '-':
		p->at++;
		return DELETE;
	case '!':
		p->at++;
		return KILL;
	case '@':
		p->at++;
		return COMMAND;
	default:
		return ADD;
	}
}

/* The command after an @. Text between its word and a separator is skipped. */
static int parse_command(struct parser *p)
{
	static const char seclevel[] = "SECLEVEL=";
	const char *word = p->string + p->at;
	size_t start = p->at;
	size_t length = read_word(p);
	size_t rest = p->at;

	if (length == 0)
		return fail_without_word(p);
	if (stls_word_compare(word, length, "STRENGTH") == 0) {
		order_sort(&p->order);
	} else if (length == sizeof seclevel &&
		   memcmp(word, seclevel, length - 1) == 0 &&
		   word[length - 1] >= '0' && word[length - 1] <= '5') {
		p->list->security_level = (int8_t)(word[length - 1] - '0');
	} else {
		return stls_list_fail(p->where, STLS_LIST_BAD_COMMAND, start,
				      length);
	}
	to_separator(p);
	if (p->at > rest)
		stls_skips_add(&p->list->skips, STLS_SKIP_REST, rest,
			       p->at - rest);
	return 0;
}

/*
 * Words joined by +. Returns 1, or 0 if OpenSSL skips the item, or an error.
 */
static int parse_match(struct parser *p, struct stls_cipher_match *match)
{
	size_t start = p->at;

	memset(match, 0, sizeof *match);
	for (;;) {
		const char *word = p->string + p->at;
		size_t length = read_word(p);

		if (length == 0)
			return fail_without_word(p);
		switch (stls_cipher_match_narrow(match, word, length)) {
		case STLS_CIPHER_WORD_UNKNOWN:
			stls_skips_add(&p->list->skips, STLS_SKIP_UNKNOWN,
				       (size_t)(word - p->string), length);
			to_separator(p);
			return 0;
		case STLS_CIPHER_WORD_CONTRADICTS:
			stls_skips_add(&p->list->skips, STLS_SKIP_CONTRADICTION,
				       start, p->at - start);
			to_separator(p);
			return 0;
		case STLS_CIPHER_WORD_NARROWS:
			break;
		}
		if (p->at == p->length || p->string[p->at] != '+')
			return 1;
		p->at++;
	}
}

static int parse_item(struct parser *p)
{
	struct stls_cipher_match match;
	enum operation operation = read_operation(p);
	int found;

	if (operation == COMMAND)
		return parse_command(p);
	found = parse_match(p, &match);
	if (found > 0)
		order_apply(&p->order, &match, operation);
	return found < 0 ? found : 0;
}

static int parse_items(struct parser *p)
{
	while (p->at < p->length) {
		int error;

		if (is_separator(p->string[p->at])) {
			p->at++;
			continue;
		}
		error = parse_item(p);
		if (error)
			return error;
	}
	return 0;
}

static int starts_with(const struct parser *p, const char *prefix)
{
	size_t length = strlen(prefix);

	return p->length >= length && memcmp(p->string, prefix, length) == 0;
}

/* A leading DEFAULT, wherever the word ends, stands for three items. */
static void apply_default(struct parser *p)
{
	static const struct {
		char word[20];
		enum operation operation;
	} step[] = { { "ALL", ADD },
		     { "COMPLEMENTOFDEFAULT", KILL },
		     { "eNULL", KILL } };
	size_t i;

	if (!starts_with(p, "DEFAULT"))
		return;
	p->at = strlen("DEFAULT");
	for (i = 0; i < sizeof step / sizeof step[0]; i++) {
		struct stls_cipher_match match = { 0 };

		stls_cipher_match_narrow(&match, step[i].word,
					 strlen(step[i].word));
		order_apply(&p->order, &match, step[i].operation);
	}
}

/* A SUITEB prefix replaces the whole string, whatever follows it. */
static int apply_suiteb(struct parser *p)
{
	static const struct {
		char prefix[16];
		enum stls_suiteb suiteb;
		uint16_t code[2];
	} mode[] = {
		{ "SUITEB128ONLY", STLS_SUITEB_128_ONLY, { 0xc02b } },
		{ "SUITEB128C2", STLS_SUITEB_128, { 0xc02c } },
		{ "SUITEB128", STLS_SUITEB_128, { 0xc02b, 0xc02c } },
		{ "SUITEB192", STLS_SUITEB_192, { 0xc02c } },
	};
	struct stls_cipher_list *list = p->list;
	size_t i;
	size_t j;

	for (i = 0; i < sizeof mode / sizeof mode[0]; i++)
		if (starts_with(p, mode[i].prefix))
			break;
	if (i == sizeof mode / sizeof mode[0])
		return 0;
	list->suiteb = mode[i].suiteb;
	for (j = 0; j < 2 && mode[i].code[j] != 0; j++)
		list->suite[list->count++] =
			(uint8_t)stls_suite_by_code(mode[i].code[j]);
	p->at = strlen(mode[i].prefix);
	if (p->at < p->length)
		stls_skips_add(&list->skips, STLS_SKIP_REST, p->at,
			       p->length - p->at);
	return 1;
}

static void list_begin(struct stls_cipher_list *list)
{
	memset(list, 0, sizeof *list);
	list->security_level = -1;
}

int stls_cipher_list_parse(struct stls_cipher_list *list, const char *string,
			   size_t length, struct stls_span *where)
{
	struct parser p = {
		.list = list, .string = string, .length = length, .where = where
	};
	uint8_t i;
	int error;

	list_begin(list);
	error = stls_list_check(string, length, where);
	if (error)
		return error;
	if (apply_suiteb(&p))
		return 0;
	order_begin(&p.order);
	apply_default(&p);
	error = parse_items(&p);
	if (error)
		return error;
	for (i = 0; i < p.order.count; i++)
		if (p.order.active[p.order.suite[i]])
			list->suite[list->count++] = p.order.suite[i];
	if (list->count == 0)
		return stls_list_fail(where, STLS_LIST_NO_SUITE, 0, length);
	return 0;
}

static int is_exclude_separator(char byte)
{
	return byte == ',' || byte == ':' || stls_is_space(byte);
}

static void exclude(struct stls_cipher_list *list,
		    const struct stls_cipher_match *match)
{
	uint8_t kept = 0;
	uint8_t i;

	for (i = 0; i < list->count; i++)
		if (!stls_cipher_match(match, list->suite[i]))
			list->suite[kept++] = list->suite[i];
	list->count = kept;
}

/* p->length is the end of this item. */
static int exclude_item(struct parser *p)
{
	struct stls_cipher_match match;
	int found;

	if (memchr("!+-@", p->string[p->at], 4))
		return stls_list_fail(p->where, STLS_LIST_NOT_EXCLUDABLE, p->at,
				      1);
	found = parse_match(p, &match);
	if (found < 0)
		return found;
	if (p->at < p->length)
		return stls_list_fail(p->where, STLS_LIST_BAD_BYTE, p->at, 1);
	if (found)
		exclude(p->list, &match);
	return 0;
}

int stls_cipher_list_exclude(struct stls_cipher_list *list, const char *string,
			     size_t length, struct stls_span *where)
{
	struct stls_cipher_list left = *list;
	struct parser p = { .list = &left, .string = string, .where = where };
	int error = stls_list_check(string, length, where);

	while (error == 0 && p.at < length) {
		if (is_exclude_separator(string[p.at])) {
			p.at++;
			continue;
		}
		p.length = p.at;
		while (p.length < length &&
		       !is_exclude_separator(string[p.length]))
			p.length++;
		error = exclude_item(&p);
	}
	if (error == 0)
		*list = left;
	return error;
}

int stls_cipher_list_allows(const struct stls_cipher_list *list,
			    const struct stls_suite *suite, int security_level)
{
	if (list->suiteb != STLS_SUITEB_NONE && security_level >= 5)
		return 0;
	return stls_suite_allowed(suite, security_level);
}
