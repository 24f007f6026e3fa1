/* SPDX-License-Identifier: MIT */
/* reason/obstacle: what prevents a handshake, as data. */
#ifndef REASON_OBSTACLE_H
#define REASON_OBSTACLE_H

#include <stdint.h>

/* What prevents a part of a handshake; the bits may be combined. */
enum stls_obstacle {
	STLS_OFF_NAME = 1,    /* the setting does not name it */
	STLS_OFF_LEVEL = 2,   /* the security level forbids it */
	STLS_OFF_SYSTEM = 4,  /* the system's GnuTLS policy disables it */
	STLS_OFF_MISSING = 8, /* a certificate: there is none */
	STLS_OFF_USAGE = 16,  /* a certificate's keyUsage forbids it */
	STLS_OFF_PEER = 32,   /* the peer does not offer it */
	STLS_OFF_SHORT = 64   /* an RSA key is too short to sign with it */
};

/*
 * Why a server that supports everything can use none of a peer's suites or
 * groups.
 */
enum stls_lack {
	STLS_LACK_KNOWN,  /* none of them is known here */
	STLS_LACK_SHARED, /* they need a pre-shared key or SRP */
	STLS_LACK_NAME,	  /* no cipher list can name them */
	STLS_LACK_BARE,	  /* they lack encryption or a certificate */
	STLS_LACK_GNUTLS, /* the loaded GnuTLS lacks them */
	STLS_LACK_OTHER	  /* nothing is wrong with them */
};

/* Stands for a signature algorithm's row where there is none. */
#define STLS_NO_SIGALG 0xff

/*
 * The handshake that is easiest to enable, and what prevents each part of it
 * (enum stls_obstacle, 0 if nothing does). `version` is 0 if there is none.
 */
struct stls_diagnosis {
	uint16_t version;
	uint8_t suite, group, sigalg; /* rows, or STLS_NO_… */
	uint8_t key;		      /* one of enum smtptls_key */
	uint8_t short_key;	      /* OFF_SHORT: the key that is too short */
	uint8_t version_off, suite_off, group_off, sigalg_off, key_off;
	uint8_t level;		/* the security level that it needs */
	uint8_t name_versions;	/* STLS_PROTOCOL_TLS…, to be named */
	uint8_t allow_versions; /* to be allowed by the system's policy */
	uint8_t suiteb_off;	/* needs Suite B to be given up */
	uint8_t weaker;		/* weakens all sessions */
	uint8_t loses;		/* disables groups that TLS 1.3 lacks */
	uint8_t in_force;	/* versions, after the changes */
	uint16_t raises;	/* new highest version, where peers may fail */
	uint8_t hole;		/* TLS 1.2 must be enabled besides */
	uint8_t kills;		/* words that exclude the suite for good */
	uint8_t curve;		/* curve row for the peer to add, or NO_GROUP */
	uint8_t lack;		/* enum stls_lack, of the peer's suites */
	uint8_t group_lack;	/* the same, of its groups */
	uint8_t needs_peer;	/* some part is STLS_OFF_PEER */
};

#endif
