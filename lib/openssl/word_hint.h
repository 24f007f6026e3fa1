/* SPDX-License-Identifier: MIT */
/*
 * openssl/word_hint: what a word is that a list does not know, and the change
 * that writes what it means.
 */
#ifndef STLS_OPENSSL_WORD_HINT_H
#define STLS_OPENSSL_WORD_HINT_H

#include "openssl/list.h"
#include "openssl/nearest_word.h"

/* The lists, in the order of their sentences in the manual. */
enum stls_setting {
	STLS_SETTING_PROTOCOLS = 1,
	STLS_SETTING_CIPHERS,
	STLS_SETTING_CIPHERSUITES,
	STLS_SETTING_GROUPS,
	STLS_SETTING_SIGALGS
};

enum stls_cure {
	STLS_CURE_NONE,
	STLS_CURE_RENAME,    /* the word is another name of `with` */
	STLS_CURE_REPLACE,   /* `with` says what it says */
	STLS_CURE_SLIP,	     /* `with` is near */
	STLS_CURE_MOVE,	     /* the item goes; `with` comes to `setting` */
	STLS_CURE_LEAVE_OUT, /* the item goes; `setting` is to lack `with` */
	STLS_CURE_REMOVE,    /* the item goes */
	STLS_CURE_PRIORITY   /* the string is one of GnuTLS's */
};

struct stls_word_hint {
	struct stls_span word; /* the whole of it, in the caller's string */
	struct stls_span item; /* and with its operators and its partners */
	int excluded;	       /* the item begins with ! or - */
	enum stls_cure cure;
	enum stls_setting setting; /* the list that `with` belongs in */
	const char *what;	   /* a noun: "IANA's name" */
	char with[STLS_WORD_MAX];
};

/* Enter a hint, whose `with` fits; returns 1. */
int stls_word_hint(struct stls_word_hint *hint, enum stls_cure cure,
		   const char *what, const char *with);

/* "protocols", "ciphers" and so on. */
const char *stls_setting_name(enum stls_setting setting);

/*
 * The predicate of a hint's sentence, such as "is IANA's name of AES128-SHA and
 * skipped: write that", where `aside` is " and skipped". A text of 255 bytes
 * fits, if `aside` has less than 64.
 */
void stls_word_hint_text(const struct stls_word_hint *hint, const char *aside,
			 char text[256]);

#endif
