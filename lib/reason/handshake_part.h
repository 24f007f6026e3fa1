/* SPDX-License-Identifier: MIT */
/* reason/handshake_part: what a part of a handshake costs. Manual in the .c file. */
#ifndef REASON_HANDSHAKE_PART_H
#define REASON_HANDSHAKE_PART_H

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

/* Rows that a peer offers in its order, then, for a second search, the rest. */
struct stls_offer {
	uint8_t row[STLS_SUITES]; /* the largest of the tables */
	uint8_t offered, count;
};

/* A part of a handshake: the cheapest way to have it. */
struct stls_part {
	uint64_t cost;
	uint8_t row, off;
	uint8_t key, key_off, curve; /* of a signature */
};

struct stls_search {
	const struct smtptls_policy *policy;
	const struct stls_client_hello *hello;
	unsigned keys, idle, too_short; /* STLS_KEYS_SHORT */
	int peer;			/* the second search */
	struct stls_offer suites, groups, sigalgs;
	uint8_t kills[STLS_SUITES_LISTED];
	uint8_t versions; /* offered */
	/* with and without Suite B */
	int suiteb;
	uint64_t named_groups;
	uint32_t named_sigalgs;
	unsigned suiteb_keys; /* those of its signatures, when it goes */
	/* of this level and version */
	int level;
	uint16_t version;
	uint8_t in_force; /* versions, after the changes */
	int no_tls13;	  /* TLS 1.3 must not come to be served */
	struct stls_part curve, field, group13, rsa, ecdsa, any, kx_rsa;
	struct stls_diagnosis here, *best;
	uint64_t best_cost;
};

/* Groups that TLS 1.3 does not have: secp192r1 and secp224r1. */
static inline int stls_is_old_group(unsigned code)
{
	return code == 19 || code == 21;
}

/* Fill suites, groups and sigalgs; with `peer` with all that there is. */
void stls_read_offers(struct stls_search *search);
/* What the i-th thing of an offer costs the peer, noted in `off`. */
uint64_t stls_peer_cost(const struct stls_offer *offer, unsigned i,
			uint8_t *off);
/* The cheapest group of a kind; `only`: no other but this code, or 0. */
void stls_find_group(const struct stls_search *search, int field, unsigned only,
		     struct stls_part *best);
/* The cheapest way to a field of RFC 7919; most often it costs nothing. */
void stls_find_field(const struct stls_search *search, struct stls_part *best);
/* The keys when this one has come. */
unsigned stls_keys_with(const struct stls_search *search, unsigned key,
			uint8_t key_off);
/* 1 when TLS 1.3 is served with these keys, and these besides as signers. */
int stls_serves_tls13(const struct stls_search *search, unsigned keys,
		      unsigned more_of_sigalgs);
/* Who signs with one of these keys. */
void stls_find_signer(const struct stls_search *search, unsigned keys,
		      struct stls_part *best);
/* A certificate for the key exchange RSA. */
void stls_find_decrypter(const struct stls_search *search,
			 struct stls_part *best);

/* Signature algorithms as offered: without a list SHA-1 is meant. */
size_t stls_offered_sigalgs(const struct stls_client_hello *hello);
unsigned stls_offered_sigalg(const struct stls_client_hello *hello, size_t i);

#endif
