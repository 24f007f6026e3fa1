/* SPDX-License-Identifier: MIT */
/* x509/verdict: what came of a peer's certificate; data alone. */
#ifndef X509_VERDICT_H
#define X509_VERDICT_H

/* So much is shown of the names in a certificate. */
#define STLS_VERDICT_NAMES 96

struct stls_verdict {
	int error;  /* 0: it is good; SMTPTLS_E_CERT_… or SMTPTLS_E_NOMEM */
	int reason; /* enum smtptls_reason; 0 without an error */
	int any_purpose;    /* a client's certificate may have either purpose */
	const char *wanted; /* the first name that was looked for, or NULL */
	unsigned record;    /* the TLSA record that has matched; 0: none */
	unsigned depth;	    /* and what: 0 is the leaf */
	int weak_key; /* whose key is weaker than is asked for, and taken */
	/* SMTPTLS_REASON_CERT_NAME: those that are there, quoted and escaped */
	char names[STLS_VERDICT_NAMES];
};

#endif
