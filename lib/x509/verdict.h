/* SPDX-License-Identifier: MIT */
/*
 * x509/verdict: the verdict on a peer's certificate, and what a peer may object
 * to in this side's; data only.
 */
#ifndef X509_VERDICT_H
#define X509_VERDICT_H

/* The size of the names that are shown. */
#define STLS_VERDICT_NAMES 96

struct stls_verdict {
	int error;  /* 0 if it is good; SMTPTLS_E_CERT_… or SMTPTLS_E_NOMEM */
	int reason; /* enum smtptls_reason; 0 without an error */
	int any_purpose;    /* a client's certificate may have either purpose */
	int for_servers;    /* CERT_PURPOSE: a client's is for servers only */
	const char *wanted; /* the first name that was looked for, or NULL */
	unsigned record;    /* number of the TLSA record that matched, or 0 */
	unsigned depth;	    /* of what it matched; 0 is the leaf */
	int weak_key;	    /* DANE-EE: the leaf's key is weak, but accepted */
	/*
	 * Quoted and escaped. For SMTPTLS_REASON_CERT_NAME, the certificate's
	 * names; for CERT_MISSING, the authorities that were asked for; for
	 * CERT_TRUST, the issuer of the last certificate of the chain.
	 */
	char names[STLS_VERDICT_NAMES];
	int issuer; /* CERT_TRUST: 0 if the last certificate is self-issued */
	/* CERT_WEAK: the weakest part */
	unsigned weak_depth;  /* 0 is the leaf */
	int weak_bits;	      /* of security; -1: unknown */
	unsigned weak_length; /* of a key, in bits; 0 for a signature */
	const char
		*weak_kind; /* the key's algorithm, or the signature's hash */
};

/* The size of a name as it is shown. */
#define STLS_SHOWN_NAME_SIZE 48

/* What may be wrong with the certificate that a peer was shown. */
enum stls_shown_fault {
	STLS_SHOWN_NAME = 1, /* it lacks the name that was asked for */
	STLS_SHOWN_EXPIRED = 2,
	STLS_SHOWN_EARLY = 4,	/* it is not valid yet */
	STLS_SHOWN_CLIENTS = 8, /* a server's: it is for clients only */
	STLS_SHOWN_STATUS = 16, /* it lacks the status it demands (RFC 7633) */
	STLS_SHOWN_SHORT = 32,	/* its RSA key has fewer than 2048 bits */
	STLS_SHOWN_HASH = 64,	/* a signature in the chain has a broken hash */
	STLS_SHOWN_NO_SAN = 128, /* a server's: its SAN has no host */
	STLS_SHOWN_SELF = 256,	 /* it is self-issued */
	STLS_SHOWN_ALONE = 512	 /* its issuer was not sent, and is not a root
				  * among the configuration's authorities */
};

struct stls_shown {
	unsigned faults;  /* enum stls_shown_fault */
	unsigned key;	  /* of enum smtptls_key; 0 if none was shown */
	int among;	  /* there are other certificates */
	unsigned bits;	  /* of an RSA key, or 0 */
	const char *hash; /* HASH */
	char asked[STLS_SHOWN_NAME_SIZE];     /* by SNI, escaped */
	char authority[STLS_SHOWN_NAME_SIZE]; /* the issuer of the last one */
	char date[sizeof("2026-01-31")];      /* EXPIRED, EARLY */
};

#endif
