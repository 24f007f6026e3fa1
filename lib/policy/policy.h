/* SPDX-License-Identifier: MIT */
/* policy/policy: what TLS may negotiate. See policy.c. */
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
#include "policy/system_policy.h"

/* What the loaded TLS library can do; the rows are those of the tables. */
enum stls_ability {
	STLS_ABSENT,   /* the library lacks it */
	STLS_DISABLED, /* the library has it, the system's policy forbids it */
	STLS_ABLE
};

struct stls_abilities {
	uint8_t suite[STLS_SUITES]; /* enum stls_ability, as are the others */
	uint8_t group[STLS_GROUPS];
	uint8_t sigalg[STLS_SIGALGS];
	uint8_t versions; /* STLS_PROTOCOL_TLS…, the usable ones */
};

#define STLS_FIELDS	   5 /* finite fields of RFC 7919 */
#define STLS_POLICY_SUITES (STLS_SUITES_TLS13 + STLS_SUITES_LISTED)

/*
 * The settings as the administrator wrote them; changes suggested after a
 * refusal are changes to these. NULL: not set.
 */
struct stls_given {
	char *protocols, *ciphers, *ciphersuites, *groups, *sigalgs;
};

/* The defaults for settings that are not set. */
extern const char stls_default_protocols[], stls_default_ciphers[],
	stls_default_ciphersuites[], stls_default_groups[],
	stls_default_sigalgs[];

/* Suite B has groups and signature algorithms of its own. */
const char *stls_suiteb_groups(enum stls_suiteb suiteb);
const char *stls_suiteb_sigalgs(enum stls_suiteb suiteb);
/* The one group that goes with a suite of TLS 1.2 there (RFC 6460). */
static inline unsigned stls_suiteb_group(unsigned suite)
{
	return suite == 0xc02b /* ECDHE-ECDSA-AES128-GCM-SHA256 */
		       ? STLS_SECP256R1
		       : STLS_SECP384R1;
}

struct smtptls_policy {
	atomic_uint owners;
	int flags;
	int security_level;
	uint8_t versions; /* STLS_PROTOCOL_TLS…, of the priority string */
	uint8_t selectable_versions; /* those that a server may choose from */
	uint8_t asked_versions; /* named by the settings, available or not */
	uint32_t asked_sigalgs; /* the same, as bits of rows */
	uint64_t asked_groups;	/* the same, as bits of rows */
	struct stls_abilities abilities;  /* those it was compiled for */
	struct stls_system_policy system; /* read if abilities are disabled */
	uint8_t suiteb;			  /* enum stls_suiteb */
	uint8_t suite_count;
	uint8_t suite_row[STLS_POLICY_SUITES]; /* of the suite table */
	struct smtptls_policy_suite suite[STLS_POLICY_SUITES];
	uint8_t group_count;
	uint8_t group[STLS_GROUPS]; /* rows, the usable ones */
	uint8_t sigalg_count;
	uint8_t sigalg[STLS_SIGALGS]; /* rows, the usable ones */
	/* enum smtptls_key: of the signature algorithms, as set, in TLS 1.3. */
	uint8_t tls13_keys;
	/* Rows of finite fields that are available and strong enough, whether
	 * in the list of groups or not: DHE before TLS 1.3 ignores the list. */
	uint8_t field_count;
	uint8_t field[STLS_FIELDS];
	struct stls_given given;
	char *priority;
	/* What lib/tls caches with a policy, and how to free it. */
	void *attached; /* GnuTLS priorities of choices */
	void (*attached_free)(void *attached);
	void *seen; /* what was read from hosts' certificates */
	void (*seen_free)(void *seen);
	struct stls_texts warnings;
};

struct stls_sentence {
	char *text;
	size_t size;
};

/*
 * Compile `spec`, which has all fields, for a TLS library of these abilities,
 * into `policy`, which is all zeros. Returns what smtptls_policy_new() does.
 * Call stls_policy_clear() in either case.
 */
int stls_policy_compile(struct smtptls_policy *policy,
			const struct smtptls_policy_spec *spec,
			const struct stls_abilities *abilities,
			const struct stls_sentence *error);
void stls_policy_clear(struct smtptls_policy *policy);

/* 1 if the policy has the suite, kept or lost by GnuTLS's syntax only. */
int stls_policy_has_suite(const struct smtptls_policy *policy, int row);

/*
 * 1 if a server that chooses by the ClientHello may use the i-th suite. These
 * are the suites that the priority string has or loses by its syntax, those
 * without a certificate, and those lost for lack of a group or signature
 * algorithm, such as DHE, for which such a server has parameters.
 */
static inline int stls_policy_allows(const struct smtptls_policy *policy,
				     size_t i)
{
	int lost = policy->suite[i].lost;

	return lost == SMTPTLS_KEPT || lost == SMTPTLS_LOST_PRODUCT ||
	       lost == SMTPTLS_LOST_ANONYMOUS ||
	       lost == SMTPTLS_LOST_PARAMETERS;
}

#define STLS_CURE_SIZE 512
/*
 * What follows "the system's GnuTLS policy disables it": ": " and the remedy,
 * in `cure`; or "" if no line of its file is known.
 */
const char *stls_policy_system_cure(const struct smtptls_policy *policy,
				    int kind, unsigned which,
				    char cure[STLS_CURE_SIZE]);

/* Write a sentence; returns `error`. */
int stls_sentence(const struct stls_sentence *sentence, int error,
		  const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Add a sentence to the warnings; 0 or SMTPTLS_E_NOMEM. */
int stls_policy_warn(struct smtptls_policy *policy, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
