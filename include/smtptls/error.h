/* SPDX-License-Identifier: MIT */
/*
 * Error numbers, their classes and what a mail server does about each.
 *
 * Every function of this library that can fail returns 0 or a positive result
 * when it succeeds and one of the negative numbers below when it fails. The
 * numbers never change; new ones are added at the end.
 */
#ifndef SMTPTLS_ERROR_H
#define SMTPTLS_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SMTPTLS_API __attribute__((visibility("default")))
#else
#define SMTPTLS_API
#endif

/* The version of these headers; smtptls_version() has the library's. */
#define SMTPTLS_VERSION "0.1.0"

enum smtptls_error {
	/* The caller's own mistakes: nothing has been changed. */
	SMTPTLS_E_ARG = -1,   /* an argument that no state allows */
	SMTPTLS_E_STATE = -2, /* the object's state forbids the call */

	/* Not a failure: nothing to give or to take now, call again later. */
	SMTPTLS_E_AGAIN = -3,

	/* This side's resources and settings. */
	SMTPTLS_E_NOMEM = -4,	    /* memory could not be allocated */
	SMTPTLS_E_CONFIG = -5,	    /* a setting or file cannot be used */
	SMTPTLS_E_SYNTAX = -6,	    /* text that its grammar forbids */
	SMTPTLS_E_UNSUPPORTED = -7, /* valid, but not to be had here */
	SMTPTLS_E_LIMIT = -8,	    /* longer or more than is accepted */

	/* Plaintext where none may follow, as behind STARTTLS or its 220: an
	 * attack until disproved. */
	SMTPTLS_E_INJECTION = -9,

	/* What a sender reports by RFC 8460. */
	SMTPTLS_E_NOT_OFFERED = -10,  /* the server does not offer STARTTLS */
	SMTPTLS_E_REFUSED = -11,      /* STARTTLS was not answered with 220 */
	SMTPTLS_E_HANDSHAKE = -12,    /* the handshake failed */
	SMTPTLS_E_CERT_MISSING = -13, /* the peer has shown no certificate */
	SMTPTLS_E_CERT_TRUST = -14,   /* not signed by a trusted authority */
	SMTPTLS_E_CERT_TIME = -15,    /* expired or not yet valid */
	SMTPTLS_E_CERT_NAME = -16,    /* issued for another name */
	SMTPTLS_E_CERT_PURPOSE = -17, /* not issued for this role */
	SMTPTLS_E_CERT_WEAK = -18,    /* key or signature too weak */
	SMTPTLS_E_CERT_REVOKED = -19, /* revoked by its issuer */
	SMTPTLS_E_CERT_PIN = -20,     /* matches no configured fingerprint */
	SMTPTLS_E_CERT_TLSA = -21,    /* matches no TLSA record (RFC 7672) */

	/* What happened on the connection. */
	SMTPTLS_E_PROTOCOL = -22,  /* the peer broke SMTP or TLS */
	SMTPTLS_E_TRUNCATED = -23, /* closed without a close_notify */
	SMTPTLS_E_TIMEOUT = -24,   /* the host's deadline has passed */
	SMTPTLS_E_IO = -25,	   /* a system call failed */

	/* The server ended it before it came to STARTTLS, and reports of TLS
	 * (RFC 8460) have no place for it: its greeting was not 220, EHLO was
	 * refused, or it said 421. */
	SMTPTLS_E_SMTP_REPLY = -26
};

/* Classes of errors, made for a switch. */
enum smtptls_error_class {
	SMTPTLS_CLASS_USAGE = 1, /* a bug in the calling program */
	SMTPTLS_CLASS_AGAIN,	 /* no error: call again later */
	SMTPTLS_CLASS_LOCAL,	 /* this side's memory, files or settings */
	SMTPTLS_CLASS_ATTACK,	 /* what only an attacker gains from */
	SMTPTLS_CLASS_TLS,	 /* TLS could not be negotiated */
	SMTPTLS_CLASS_CERT,	 /* the peer's certificate was refused */
	SMTPTLS_CLASS_NETWORK	 /* the connection was broken */
};

/* What a mail server needs to know of an error number. */
struct smtptls_error_info {
	int error;	    /* the number itself */
	const char *name;   /* its name in this header, "SMTPTLS_E_…" */
	const char *text;   /* one sentence without a full stop */
	int error_class;    /* enum smtptls_error_class */
	const char *report; /* result type of RFC 8460 section 4.3, or NULL
			     * where a TLS report has none for it */
	const char *status; /* enhanced status code of RFC 3463 that a sender
			     * gives when it defers or bounces, or NULL */
	int retry;    /* 1: the same attempt may succeed later by itself */
	int harmless; /* 1: no data is lost when it comes after QUIT's 221 */
};

/*
 * What is known of an error number; also of those that this version of the
 * library never returns. The result is constant and lives as long as the
 * library is loaded; NULL when there is no such error.
 */
SMTPTLS_API const struct smtptls_error_info *smtptls_error_info(int error);

/*
 * The sentence of an error number, without a full stop; never NULL. 0 gives
 * "success". Objects have better texts of their own: smtptls_config_error()
 * and smtptls_conn_error().
 */
SMTPTLS_API const char *smtptls_strerror(int error);

/* The version of the library that is running, as "1.2.3". */
SMTPTLS_API const char *smtptls_version(void);

#ifdef __cplusplus
}
#endif

#endif
