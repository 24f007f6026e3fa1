/* SPDX-License-Identifier: MIT */
/*
 * Lists of key exchange groups, as written for OpenSSL, Postfix, nginx and
 * Exim.
 *
 * In OpenSSL 3.0's language, names are separated by colons and case-sensitive;
 * an empty, unknown or repeated name is an error. Also accepted:
 *
 *   space, comma  separate names, as in Postfix
 *   ?name	   is skipped if it is unknown; there is no warning if the TLS
 *		   library lacks the group (OpenSSL 3.3)
 *   *name	   asks for a key share of this group in a ClientHello (3.5)
 *   -name	   removes an earlier name (3.5)
 *   /		   separates tuples: a server prefers a group of an earlier
 *		   tuple to one of a later tuple, even at the cost of a round
 *		   trip, and within a tuple prefers one with a key share (3.5)
 *   DEFAULT	   stands for the default list of OpenSSL 3.5, with ? before
 *		   each name and without the names already listed; its first
 *		   tuple continues the current one
 *   auto	   alone, as in Postfix, nginx and Exim: the same as DEFAULT
 *
 * Prefixes may be combined; DEFAULT takes only ?, which has no effect. Names
 * are those of OpenSSL 3.0, and of the post-quantum hybrids of 3.5.
 *
 * Nothing is allocated. A name costs at most one pass over the groups, so the
 * time is linear in the length.
 */
#include "openssl/group_list.h"

#include <string.h>

/* In the order of the code points. */
static const struct stls_group table[STLS_GROUPS] = {
	{ 1, "sect163k1", "" },
	{ 2, "sect163r1", "" },
	{ 3, "sect163r2", "" },
	{ 4, "sect193r1", "" },
	{ 5, "sect193r2", "" },
	{ 6, "sect233k1", "" },
	{ 7, "sect233r1", "" },
	{ 8, "sect239k1", "" },
	{ 9, "sect283k1", "" },
	{ 10, "sect283r1", "" },
	{ 11, "sect409k1", "" },
	{ 12, "sect409r1", "" },
	{ 13, "sect571k1", "" },
	{ 14, "sect571r1", "" },
	{ 15, "secp160k1", "" },
	{ 16, "secp160r1", "" },
	{ 17, "secp160r2", "" },
	{ 18, "secp192k1", "" },
	{ 19, "secp192r1", "GROUP-SECP192R1" },
	{ 20, "secp224k1", "" },
	{ 21, "secp224r1", "GROUP-SECP224R1" },
	{ 22, "secp256k1", "" },
	{ 23, "secp256r1", "GROUP-SECP256R1" },
	{ 24, "secp384r1", "GROUP-SECP384R1" },
	{ 25, "secp521r1", "GROUP-SECP521R1" },
	{ 26, "brainpoolP256r1", "" },
	{ 27, "brainpoolP384r1", "" },
	{ 28, "brainpoolP512r1", "" },
	{ 29, "x25519", "GROUP-X25519" },
	{ 30, "x448", "GROUP-X448" },
	{ 256, "ffdhe2048", "GROUP-FFDHE2048" },
	{ 257, "ffdhe3072", "GROUP-FFDHE3072" },
	{ 258, "ffdhe4096", "GROUP-FFDHE4096" },
	{ 259, "ffdhe6144", "GROUP-FFDHE6144" },
	{ 260, "ffdhe8192", "GROUP-FFDHE8192" },
	{ 0x11eb, "SecP256r1MLKEM768", "GROUP-SECP256R1-MLKEM768" },
	{ 0x11ec, "X25519MLKEM768", "GROUP-X25519-MLKEM768" },
	{ 0x11ed, "SecP384r1MLKEM1024", "GROUP-SECP384R1-MLKEM1024" },
};

/* Every accepted name, in strcmp's order. */
static const struct name {
	char word[20];
	uint16_t code;
} names[] = {
	{ "B-163", 3 },
	{ "B-233", 7 },
	{ "B-283", 10 },
	{ "B-409", 12 },
	{ "B-571", 14 },
	{ "K-163", 1 },
	{ "K-233", 6 },
	{ "K-283", 9 },
	{ "K-409", 11 },
	{ "K-571", 13 },
	{ "P-192", 19 },
	{ "P-224", 21 },
	{ "P-256", 23 },
	{ "P-384", 24 },
	{ "P-521", 25 },
	{ "SecP256r1MLKEM768", 0x11eb },
	{ "SecP384r1MLKEM1024", 0x11ed },
	{ "X25519", 29 },
	{ "X25519MLKEM768", 0x11ec },
	{ "X448", 30 },
	{ "brainpoolP256r1", 26 },
	{ "brainpoolP384r1", 27 },
	{ "brainpoolP512r1", 28 },
	{ "ffdhe2048", 256 },
	{ "ffdhe3072", 257 },
	{ "ffdhe4096", 258 },
	{ "ffdhe6144", 259 },
	{ "ffdhe8192", 260 },
	{ "prime192v1", 19 },
	{ "prime256v1", 23 },
	{ "secp160k1", 15 },
	{ "secp160r1", 16 },
	{ "secp160r2", 17 },
	{ "secp192k1", 18 },
	{ "secp192r1", 19 },
	{ "secp224k1", 20 },
	{ "secp224r1", 21 },
	{ "secp256k1", 22 },
	{ "secp256r1", 23 },
	{ "secp384r1", 24 },
	{ "secp521r1", 25 },
	{ "sect163k1", 1 },
	{ "sect163r1", 2 },
	{ "sect163r2", 3 },
	{ "sect193r1", 4 },
	{ "sect193r2", 5 },
	{ "sect233k1", 6 },
	{ "sect233r1", 7 },
	{ "sect239k1", 8 },
	{ "sect283k1", 9 },
	{ "sect283r1", 10 },
	{ "sect409k1", 11 },
	{ "sect409r1", 12 },
	{ "sect571k1", 13 },
	{ "sect571r1", 14 },
	{ "x25519", 29 },
	{ "x448", 30 },
};

struct parser {
	struct stls_group_list *list;
	const char *string;
	size_t length;
	size_t at;
	unsigned tuple;
	struct stls_span *where;
};

const struct stls_group *stls_group(size_t i)
{
	return &table[i];
}

int stls_group_by_code(unsigned code)
{
	int i;

	for (i = 0; i < STLS_GROUPS; i++)
		if (table[i].code == code)
			return i;
	return -1;
}

const char *stls_group_name(size_t i)
{
	return i < sizeof names / sizeof names[0] ? names[i].word : NULL;
}

static int find_name(const char *word, size_t length)
{
	int i = stls_word_find(word, length, names, sizeof names,
			       sizeof names[0]);

	return i < 0 ? -1 : stls_group_by_code(names[i].code);
}

static int is_separator(char byte)
{
	return byte == ':' || byte == ',' || byte == '/' || stls_is_space(byte);
}

static void skip_space(struct parser *p)
{
	while (p->at < p->length && stls_is_space(p->string[p->at]))
		p->at++;
}

static struct stls_group_choice *find_choice(struct stls_group_list *list,
					     int group)
{
	uint8_t i;

	for (i = 0; i < list->count; i++)
		if (list->choice[i].group == group)
			return &list->choice[i];
	return NULL;
}

static void append(struct stls_group_list *list,
		   const struct stls_group_choice *choice)
{
	list->choice[list->count++] = *choice;
}

static void take_out(struct stls_group_list *list,
		     struct stls_group_choice *choice)
{
	size_t behind = (size_t)(&list->choice[list->count] - (choice + 1));

	memmove(choice, choice + 1, behind * sizeof *choice);
	list->count--;
}

static void add_default(struct parser *p)
{
	static const struct {
		uint16_t code;
		uint8_t tuple;
		uint8_t key_share;
	} standard[] = {
		{ 0x11ec, 0, 1 }, { 29, 1, 1 }, { 23, 1, 0 },  { 30, 2, 0 },
		{ 24, 2, 0 },	  { 25, 2, 0 }, { 256, 3, 0 }, { 257, 3, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof standard / sizeof standard[0]; i++) {
		int group = stls_group_by_code(standard[i].code);
		struct stls_group_choice choice = {
			.group = (uint8_t)group,
			.tuple = p->tuple + standard[i].tuple,
			.optional = 1,
			.key_share = standard[i].key_share,
			.by_default = 1,
		};

		if (!find_choice(p->list, group))
			append(p->list, &choice);
	}
	p->tuple += 3;
}

struct word {
	struct stls_span name;
	struct stls_group_choice choice;
	int remove;
};

static void read_prefixes(struct parser *p, struct word *word)
{
	for (; p->at < p->length; p->at++) {
		switch (p->string[p->at]) {
		case '?':
			word->choice.optional = 1;
			break;
		case '*':
			word->choice.key_share = 1;
			break;
		case '-':
			word->remove = 1;
			break;
		default:
			return;
		}
	}
}

static int add(struct parser *p, struct word *word)
{
	struct stls_group_choice *there =
		find_choice(p->list, word->choice.group);

	if (word->remove) {
		if (there)
			take_out(p->list, there);
		return 0;
	}
	if (!there) {
		append(p->list, &word->choice);
		return 0;
	}
	if (!there->by_default)
		return stls_list_fail(p->where, STLS_LIST_DUPLICATE,
				      word->name.position, word->name.length);
	there->by_default = 0;
	there->optional = word->choice.optional;
	there->key_share |= word->choice.key_share;
	return 0;
}

static int parse_word(struct parser *p)
{
	struct word word = { .choice = { .tuple = p->tuple } };
	const char *name;
	int group;

	read_prefixes(p, &word);
	name = p->string + p->at;
	word.name.position = p->at;
	while (p->at < p->length && !is_separator(p->string[p->at]))
		p->at++;
	word.name.length = p->at - word.name.position;
	if (word.name.length == 0)
		return stls_list_fail(p->where, STLS_LIST_EMPTY_WORD, p->at, 0);
	if (stls_word_compare(name, word.name.length, "DEFAULT") == 0 &&
	    !word.remove && !word.choice.key_share) {
		add_default(p);
		return 0;
	}
	group = find_name(name, word.name.length);
	if (group >= 0) {
		word.choice.group = (uint8_t)group;
		return add(p, &word);
	}
	if (!word.choice.optional)
		return stls_list_fail(p->where, STLS_LIST_UNKNOWN_WORD,
				      word.name.position, word.name.length);
	stls_skips_add(&p->list->skips, STLS_SKIP_UNKNOWN, word.name.position,
		       word.name.length);
	return 0;
}

/* Returns whether a word must follow. */
static int parse_separator(struct parser *p)
{
	skip_space(p);
	if (p->at == p->length)
		return 0;
	if (p->string[p->at] == '/')
		p->tuple++;
	if (is_separator(p->string[p->at]))
		p->at++;
	skip_space(p);
	return 1;
}

static int is_auto(const struct parser *p)
{
	size_t end = p->length;

	while (end > p->at && stls_is_space(p->string[end - 1]))
		end--;
	return stls_word_compare(p->string + p->at, end - p->at, "auto") == 0;
}

/* Closes the gaps that empty tuples leave. */
static void number_tuples(struct stls_group_list *list)
{
	unsigned last = 0;
	unsigned number = 0;
	uint8_t i;

	for (i = 0; i < list->count; i++) {
		unsigned tuple = list->choice[i].tuple;

		if (i > 0 && tuple != last)
			number++;
		last = tuple;
		list->choice[i].tuple = number;
	}
}

int stls_group_list_parse(struct stls_group_list *list, const char *string,
			  size_t length, struct stls_span *where)
{
	struct parser p = {
		.list = list, .string = string, .length = length, .where = where
	};
	int error;

	memset(list, 0, sizeof *list);
	error = stls_list_check(string, length, where);
	if (error)
		return error;
	skip_space(&p);
	if (is_auto(&p)) {
		add_default(&p);
	} else {
		do
			error = parse_word(&p);
		while (error == 0 && parse_separator(&p));
	}
	number_tuples(list);
	if (error == 0 && list->count == 0)
		error = stls_list_fail(where, STLS_LIST_NO_GROUP, 0, length);
	if (error)
		list->count = 0;
	return error;
}
