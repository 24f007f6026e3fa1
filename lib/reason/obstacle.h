/* SPDX-License-Identifier: MIT */
/* reason/obstacle: what keeps a handshake off, as data. */
#ifndef REASON_OBSTACLE_H
#define REASON_OBSTACLE_H

#include <stdint.h>

/* What keeps a thing off that a handshake needs; several may. */
enum stls_obstacle {
	STLS_OFF_NAME = 1,    /* the setting does not name it */
	STLS_OFF_LEVEL = 2,   /* the security level forbids it */
	STLS_OFF_SYSTEM = 4,  /* the system's GnuTLS policy disables it */
	STLS_OFF_MISSING = 8, /* a certificate: there is none */
	STLS_OFF_USAGE = 16,  /* a certificate's keyUsage forbids it */
	STLS_OFF_PEER = 32,   /* the peer does not offer it */
	STLS_OFF_SHORT = 64   /* an RSA key is too short to sign by it */
};

/* Why a server that has everything can use none of what a peer offers. */
enum stls_lack {
	STLS_LACK_KNOWN,  /* nothing of it is known here */
	STLS_LACK_SHARED, /* it needs a pre-shared key or SRP */
	STLS_LACK_NAME,	  /* no cipher list can name it */
	STLS_LACK_BARE,	  /* it has no encryption, or no certificate */
	STLS_LACK_GNUTLS, /* the loaded GnuTLS does not have it */
	STLS_LACK_OTHER	  /* nothing of its own */
};

/* In the place of a signature algorithm's row. */
#define STLS_NO_SIGALG 0xff

/*
 * The handshake that is the easiest to have, and what keeps each part of it off
 * (enum stls_obstacle): all zeros but for the part itself where nothing does.
 */
struct stls_diagnosis {
	uint16_t version;
	uint8_t suite, group, sigalg; /* rows, or STLS_NO_… */
	uint8_t key;		      /* one of enum smtptls_key */
	uint8_t short_key;	      /* OFF_SHORT: whose length is meant */
	uint8_t version_off, suite_off, group_off, sigalg_off, key_off;
	uint8_t level;		/* the security level that it needs */
	uint8_t name_versions;	/* STLS_PROTOCOL_TLS…, to be named */
	uint8_t allow_versions; /* to be allowed by the system's policy */
	uint8_t suiteb_off;	/* Suite B leaves it out */
	uint8_t weaker;		/* all sessions become weaker by it */
	uint8_t loses;		/* groups that TLS 1.3 does not have go off */
	uint8_t in_force;	/* versions, after the changes */
	uint16_t raises;	/* this version comes, and not for everybody */
	uint8_t hole;		/* TLS 1.2 is needed beside what was asked */
	uint8_t kills;		/* so many words exclude the suite for good */
	uint8_t curve;		/* row: of the key, peer must offer it; or NO */
	uint8_t lack;		/* PEER: enum stls_lack, of the suites */
	uint8_t group_lack;	/* the same of the groups */
	uint8_t needs_peer;	/* some part is STLS_OFF_PEER */
};

#endif
