/* SPDX-License-Identifier: MIT */
/* policy/policy: what TLS may be. The manual is in policy.c. */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include <stdatomic.h>
#include <stdint.h>

#include <smtptls/policy.h>

#include "base/texts.h"
#include "openssl/cipher_list.h"
#include "openssl/ciphersuite_list.h"
#include "openssl/group_list.h"
#include "openssl/protocol_list.h"
#include "openssl/sigalg_list.h"
#include "openssl/suite_table.h"

/* What the loaded TLS library can do; the rows are those of the tables. */
enum stls_ability {
	STLS_ABSENT,   /* it has no such thing */
	STLS_DISABLED, /* it has, but the system's policy forbids it */
	STLS_ABLE
};

struct stls_abilities {
	uint8_t suite[STLS_SUITES]; /* enum stls_ability, as are the others */
	uint8_t group[STLS_GROUPS];
	uint8_t sigalg[STLS_SIGALGS];
	uint8_t versions; /* STLS_PROTOCOL_TLS…, those that are able */
};

#define STLS_POLICY_SUITES (STLS_SUITES_TLS13 + STLS_SUITES_LISTED)

struct smtptls_policy {
	atomic_uint owners;
	int flags;
	int security_level;
	uint8_t versions; /* STLS_PROTOCOL_TLS… */
	uint8_t suite_count;
	uint8_t suite_row[STLS_POLICY_SUITES]; /* of the suite table */
	struct smtptls_policy_suite suite[STLS_POLICY_SUITES];
	uint8_t group_count;
	uint8_t group[STLS_GROUPS]; /* rows, those that are able */
	uint8_t sigalg_count;
	uint8_t sigalg[STLS_SIGALGS]; /* rows, those that are able */
	char *priority;
	struct stls_texts warnings;
};

struct stls_sentence {
	char *text;
	size_t size;
};

/*
 * Compile `spec`, all of whose fields are there, for a TLS library of these
 * abilities, into `policy`, which is all zeros. Returns what
 * smtptls_policy_new() does; stls_policy_clear() is due in either case.
 */
int stls_policy_compile(struct smtptls_policy *policy,
			const struct smtptls_policy_spec *spec,
			const struct stls_abilities *abilities,
			const struct stls_sentence *error);
void stls_policy_clear(struct smtptls_policy *policy);

/* 1 when the policy has the suite, kept or lost by GnuTLS's syntax only. */
int stls_policy_has_suite(const struct smtptls_policy *policy, int row);

/* Write a sentence; returns `error`. */
int stls_sentence(const struct stls_sentence *sentence, int error,
		  const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Add a sentence to the warnings; 0 or SMTPTLS_E_NOMEM. */
int stls_policy_warn(struct smtptls_policy *policy, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
