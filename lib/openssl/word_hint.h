/* SPDX-License-Identifier: MIT */
/*
 * openssl/word_hint: what a word unknown to a list is, and the change that
 * expresses what it means.
 */
#ifndef STLS_OPENSSL_WORD_HINT_H
#define STLS_OPENSSL_WORD_HINT_H

#include "openssl/list.h"
#include "openssl/nearest_word.h"

/* The lists, in the order in which the manual describes them. */
enum stls_setting {
	STLS_SETTING_PROTOCOLS = 1,
	STLS_SETTING_CIPHERS,
	STLS_SETTING_CIPHERSUITES,
	STLS_SETTING_GROUPS,
	STLS_SETTING_SIGALGS
};

enum stls_cure {
	STLS_CURE_NONE,
	STLS_CURE_RENAME,    /* the word is another name for `with` */
	STLS_CURE_REPLACE,   /* `with` expresses the same */
	STLS_CURE_SLIP,	     /* a misspelling: `with` is similar */
	STLS_CURE_MOVE,	     /* remove the item; add `with` to `setting` */
	STLS_CURE_LEAVE_OUT, /* remove the item; set `setting` without `with` */
	STLS_CURE_REMOVE,    /* remove the item */
	STLS_CURE_PRIORITY   /* the string is a GnuTLS priority string */
};

struct stls_word_hint {
	struct stls_span word; /* the whole word, in the caller's string */
	struct stls_span item; /* with its operators, and partners in A+B */
	int excluded;	       /* the item begins with ! or - */
	enum stls_cure cure;
	enum stls_setting setting; /* the list that `with` belongs in */
	const char *what;	   /* a noun phrase: "IANA's name" */
	char with[STLS_WORD_MAX];
};

/* Fill in a hint; `with` is truncated to STLS_WORD_MAX - 1 bytes. Returns 1. */
int stls_word_hint(struct stls_word_hint *hint, enum stls_cure cure,
		   const char *what, const char *with);

/* "protocols", "ciphers" and so on. */
const char *stls_setting_name(enum stls_setting setting);

/*
 * Write the predicate of a hint's sentence, such as "is IANA's name of
 * AES128-SHA and is skipped: write that", where `aside` is " and is skipped".
 * The text fits if `aside` is shorter than 64 bytes.
 */
void stls_word_hint_text(const struct stls_word_hint *hint, const char *aside,
			 char text[256]);

#endif
