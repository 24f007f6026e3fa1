/* SPDX-License-Identifier: MIT */
/* reason/handshake_part: what a part of a handshake costs. See the .c file. */
#ifndef REASON_HANDSHAKE_PART_H
#define REASON_HANDSHAKE_PART_H

#include "openssl/group_list.h"
#include "policy/key_type.h"
#include "reason/obstacle.h"
#include "selection/selection.h"

#define STLS_COST_BIT(n)   (UINT64_C(1) << (n))
#define STLS_COST_WEAKER   STLS_COST_BIT(58)
#define STLS_COST_LOSES	   STLS_COST_BIT(56)
#define STLS_COST_SYSTEM   STLS_COST_BIT(50)
#define STLS_COST_MISSING  STLS_COST_BIT(46)
#define STLS_COST_USAGE	   STLS_COST_BIT(44)
#define STLS_COST_WORD	   STLS_COST_BIT(32)
#define STLS_COST_PEER	   STLS_COST_BIT(26)
#define STLS_COST_KEY_TYPE STLS_COST_BIT(20)
#define STLS_COST_SIGALG   STLS_COST_BIT(18) /* SHA-1 */
#define STLS_COST_SECRECY  STLS_COST_BIT(16)
#define STLS_COST_AEAD	   STLS_COST_BIT(14)
#define STLS_IMPOSSIBLE	   UINT64_MAX

#define STLS_RSA_BOTH	   (SMTPTLS_KEY_RSA_SIGN | SMTPTLS_KEY_RSA_ENCRYPT)

/* Rows in the peer's order; in the second search, all others follow. */
struct stls_offer {
	uint8_t row[STLS_SUITES]; /* sized for the largest table */
	uint8_t offered, count;
};

/* The cheapest way to get a part of a handshake. */
struct stls_part {
	uint64_t cost;
	uint8_t row, off;
	uint8_t key, key_off, curve; /* of a signature */
};

struct stls_search {
	const struct smtptls_policy *policy;
	const struct stls_client_hello *hello;
	unsigned keys, idle, too_short; /* too_short: STLS_KEYS_SHORT */
	int peer;			/* this is the second search */
	struct stls_offer suites, groups, sigalgs;
	uint8_t kills[STLS_SUITES_LISTED];
	uint8_t versions; /* offered by the peer */
	/* these differ with and without Suite B */
	int suiteb;
	uint64_t named_groups;
	uint32_t named_sigalgs;
	unsigned suiteb_keys; /* of its signatures, where Suite B is given up */
	/* for the present level and version */
	int level;
	uint16_t version;
	uint8_t in_force; /* versions, after the changes */
	int no_tls13;	  /* the changes must not make TLS 1.3 served */
	struct stls_part curve, field, group13, rsa, ecdsa, any, kx_rsa;
	struct stls_diagnosis here, *best;
	uint64_t best_cost;
};

/* Fill in suites, groups and sigalgs; with `peer`, all that exist. */
void stls_read_offers(struct stls_search *search);
/* The i-th entry's cost for the peer; `off` gets OFF_PEER if it lacks it. */
uint64_t stls_peer_cost(const struct stls_offer *offer, unsigned i,
			uint8_t *off);
/*
 * The cheapest group. Before TLS 1.3 it is an FFDHE group (RFC 7919) if
 * `field`, else a curve. `only` is the only code allowed, or 0.
 */
void stls_find_group(const struct stls_search *search, int field, unsigned only,
		     struct stls_part *best);
/* The cheapest way to DHE before TLS 1.3; it usually costs nothing. */
void stls_find_field(const struct stls_search *search, struct stls_part *best);
/* This side's keys once `key` is added. */
unsigned stls_keys_with(const struct stls_search *search, unsigned key,
			uint8_t key_off);
/*
 * 1 if TLS 1.3 is served with `keys`, once the signature algorithms of
 * `more_of_sigalgs` are named too.
 */
int stls_serves_tls13(const struct stls_search *search, unsigned keys,
		      unsigned more_of_sigalgs);
/* The cheapest signature and certificate with one of these keys. */
void stls_find_signer(const struct stls_search *search, unsigned keys,
		      struct stls_part *best);
/* The cheapest certificate for RSA key exchange. */
void stls_find_decrypter(const struct stls_search *search,
			 struct stls_part *best);

/* The signature algorithms offered; without a list, SHA-1 is implied. */
size_t stls_offered_sigalgs(const struct stls_client_hello *hello);
unsigned stls_offered_sigalg(const struct stls_client_hello *hello, size_t i);

#endif
