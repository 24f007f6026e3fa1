/* SPDX-License-Identifier: MIT */
/* openssl/list: what the parsers of lists share. See list.c. */
#ifndef STLS_OPENSSL_LIST_H
#define STLS_OPENSSL_LIST_H

#include <stddef.h>

/* A part of the caller's string. */
struct stls_span {
	size_t position;
	size_t length;
};

/* A parser's return value if it is not 0. */
enum stls_list_error {
	STLS_LIST_NUL = -1,
	STLS_LIST_EMPTY = -2,
	STLS_LIST_EMPTY_WORD = -3,
	STLS_LIST_BAD_BYTE = -4,
	STLS_LIST_BAD_COMMAND = -5,
	STLS_LIST_UNKNOWN_WORD = -6,
	STLS_LIST_DUPLICATE = -7,
	STLS_LIST_NO_SUITE = -8,
	STLS_LIST_NO_GROUP = -9,
	STLS_LIST_NO_SIGALG = -10,
	STLS_LIST_NO_VERSION = -11,
	STLS_LIST_ONLY_SSL = -12,
	STLS_LIST_MIXED_GRAMMARS = -13,
	STLS_LIST_TWO_VERSIONS = -14,
	STLS_LIST_UNCLEAR = -15,
	STLS_LIST_NOT_EXCLUDABLE = -16
};

/* The predicate of a sentence, such as "is an unknown word"; never NULL. */
const char *stls_list_error_text(int error);

/* Why a part of an accepted string has no effect. */
enum stls_skip_reason {
	STLS_SKIP_UNKNOWN,	 /* a word that OpenSSL does not know */
	STLS_SKIP_CONTRADICTION, /* A+B, where no suite can be both */
	STLS_SKIP_REST,		 /* text that OpenSSL does not read */
	STLS_SKIP_NOT_TLS13,	 /* a TLS 1.2 suite in the TLS 1.3 list */
	STLS_SKIP_NOT_A_VERSION	 /* an option that is not a protocol version */
};

struct stls_skip {
	struct stls_span where;
	enum stls_skip_reason reason;
};

#define STLS_SKIPS_MAX 32

/*
 * The first STLS_SKIPS_MAX skipped parts. count includes those beyond, so that
 * a warning can say how many more there are.
 */
struct stls_skips {
	size_t count;
	struct stls_skip skip[STLS_SKIPS_MAX];
};

void stls_skips_add(struct stls_skips *skips, enum stls_skip_reason reason,
		    size_t position, size_t length);

/* Sets *where, if it is not NULL, and returns the error. */
int stls_list_fail(struct stls_span *where, enum stls_list_error error,
		   size_t position, size_t length);

/* Rejects an empty string and a string that contains a NUL. */
int stls_list_check(const char *string, size_t length, struct stls_span *where);

/*
 * Finds the next element of a colon-separated list, starting at position at.
 * Sets *element, without surrounding white space, and returns the position of
 * the colon after it, or the length.
 */
size_t stls_list_element(const char *string, size_t length, size_t at,
			 struct stls_span *element);

/* Compares a word of the given length with a string, as strcmp does. */
int stls_word_compare(const char *word, size_t length, const char *string);

/*
 * Searches a table of size bytes whose rows start with their name, an array of
 * char, and are sorted in strcmp's order. Returns the row's number or -1.
 */
int stls_word_find(const char *word, size_t length, const void *table,
		   size_t size, size_t row_size);

/* Whether the byte is one of the C locale's six white-space bytes. */
int stls_is_space(char byte);

#endif
