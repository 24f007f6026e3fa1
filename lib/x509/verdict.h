/* SPDX-License-Identifier: MIT */
/*
 * x509/verdict: what came of a peer's certificate, and what can be seen from
 * here that a peer may have against an own one; data alone.
 */
#ifndef X509_VERDICT_H
#define X509_VERDICT_H

/* So much is shown of the names in a certificate. */
#define STLS_VERDICT_NAMES 96

struct stls_verdict {
	int error;  /* 0: it is good; SMTPTLS_E_CERT_… or SMTPTLS_E_NOMEM */
	int reason; /* enum smtptls_reason; 0 without an error */
	int any_purpose;    /* a client's certificate may have either purpose */
	int for_servers;    /* CERT_PURPOSE: a client's is for servers alone */
	const char *wanted; /* the first name that was looked for, or NULL */
	unsigned record;    /* the TLSA record that has matched; 0: none */
	unsigned depth;	    /* and what: 0 is the leaf */
	int weak_key; /* whose key is weaker than is asked for, and taken */
	/*
	 * Quoted and escaped, of SMTPTLS_REASON_CERT_NAME those that are there;
	 * of CERT_MISSING the authorities that were asked for; of CERT_TRUST
	 * who is at the end of the chain.
	 */
	char names[STLS_VERDICT_NAMES];
	int issuer; /* CERT_TRUST: that is who has issued the last, not its own */
	/* CERT_WEAK: of the weakest part */
	unsigned weak_depth;  /* 0 is the leaf */
	int weak_bits;	      /* of security; -1: not known */
	unsigned weak_length; /* of a key, in bits; 0: it is a signature */
	const char
		*weak_kind; /* the key's algorithm, or the signature's hash */
};

/* The most that is shown of a name. */
#define STLS_SHOWN_NAME_SIZE 48

/* What may be wrong with the certificate that a peer was shown. */
enum stls_shown_fault {
	STLS_SHOWN_NAME = 1, /* it lacks the name that was asked for */
	STLS_SHOWN_EXPIRED = 2,
	STLS_SHOWN_EARLY = 4,	/* it is not valid yet */
	STLS_SHOWN_CLIENTS = 8, /* a server's: it is for clients alone */
	STLS_SHOWN_STATUS = 16, /* it demands a status (RFC 7633) */
	STLS_SHOWN_SHORT = 32,	/* its RSA key has fewer than 2048 bits */
	STLS_SHOWN_HASH = 64,	/* a signature of the chain is of an old hash */
	STLS_SHOWN_NO_SAN = 128, /* a server's: it has no host name */
	STLS_SHOWN_SELF = 256,	 /* it is signed by itself */
	STLS_SHOWN_ALONE = 512	 /* its issuer was not sent, and is no root of
				  * the configuration's authorities */
};

struct stls_shown {
	unsigned faults; /* enum stls_shown_fault */
	unsigned key;	 /* of enum smtptls_key; 0: none was shown */
	int among;	 /* there are others */
	unsigned bits;	 /* of an RSA key, or 0 */
	const char *hash;
	char asked[STLS_SHOWN_NAME_SIZE];     /* by SNI, escaped */
	char authority[STLS_SHOWN_NAME_SIZE]; /* who has issued the last */
	char date[sizeof("2026-01-31")];      /* EXPIRED, EARLY */
};

#endif
