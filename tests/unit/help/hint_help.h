/* SPDX-License-Identifier: MIT */
/*
 * hint_help: what a list's parser objects to, and a hint followed to the
 * letter.
 */
#ifndef HINT_HELP_H
#define HINT_HELP_H

#include <string.h>

#include "openssl/cipher_list.h"
#include "openssl/ciphersuite_list.h"
#include "openssl/foreign_word.h"
#include "openssl/group_list.h"
#include "openssl/protocol_list.h"
#include "openssl/sigalg_list.h"

struct reading {
	int error;
	struct stls_span where;
	struct stls_skips skips;
};

static inline void read_list(struct reading *reading, enum stls_setting setting,
			     const char *string, size_t length)
{
	struct stls_protocol_list protocols;
	struct stls_cipher_list ciphers;
	struct stls_ciphersuite_list ciphersuites;
	struct stls_group_list groups;
	struct stls_sigalg_list sigalgs;

	memset(reading, 0, sizeof(*reading));
#define READ(list, parse)                                                      \
	reading->error = parse(&list, string, length, &reading->where);        \
	reading->skips = list.skips;                                           \
	break
	switch (setting) {
	case STLS_SETTING_PROTOCOLS:
		READ(protocols, stls_protocol_list_parse);
	case STLS_SETTING_CIPHERS:
		READ(ciphers, stls_cipher_list_parse);
	case STLS_SETTING_CIPHERSUITES:
		READ(ciphersuites, stls_ciphersuite_list_parse);
	case STLS_SETTING_GROUPS:
		READ(groups, stls_group_list_parse);
	case STLS_SETTING_SIGALGS:
		READ(sigalgs, stls_sigalg_list_parse);
	}
#undef READ
}

/* An error in a word, or the i-th skipped word; 0 if there is none. */
static inline int find_fault(const struct reading *reading, size_t i,
			     struct stls_span *where)
{
	size_t j;

	switch (reading->error) {
	case STLS_LIST_UNKNOWN_WORD:
	case STLS_LIST_BAD_BYTE:
	case STLS_LIST_BAD_COMMAND:
	case STLS_LIST_EMPTY_WORD:
	case STLS_LIST_MIXED_GRAMMARS:
		*where = reading->where;
		return i == 0;
	}
	for (j = 0; j < reading->skips.count && j < STLS_SKIPS_MAX; j++) {
		const struct stls_skip *skip = &reading->skips.skip[j];

		if (skip->reason != STLS_SKIP_UNKNOWN &&
		    skip->reason != STLS_SKIP_NOT_TLS13)
			continue;
		*where = skip->where;
		if (i-- == 0)
			return 1;
	}
	return 0;
}

/* The list after the change; `out` has room for STLS_WORD_MAX more bytes. */
static inline size_t apply_hint(const struct stls_word_hint *hint, char *out,
				const char *string, size_t length)
{
	struct stls_span span = hint->word;
	size_t added = strlen(hint->with), end;

	if (hint->cure == STLS_CURE_MOVE || hint->cure == STLS_CURE_REMOVE ||
	    hint->cure == STLS_CURE_LEAVE_OUT) {
		added = 0;
		span = hint->item;
		if (span.position + span.length < length)
			span.length++; /* with a separator */
		else if (span.position > 0)
			span.position--, span.length++;
	}
	end = span.position + span.length;
	memcpy(out, string, span.position);
	memcpy(out + span.position, hint->with, added);
	memcpy(out + span.position + added, string + end, length - end);
	return length - span.length + added;
}

#endif
