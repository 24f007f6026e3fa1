/* SPDX-License-Identifier: MIT */
/*
 * Error numbers, their classes, and what a mail server does about each.
 *
 * Every function of this library that can fail returns 0 or a positive result
 * on success and one of the negative numbers below on failure. The numbers
 * never change; new ones are added at the end.
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

/* The version of these headers; smtptls_version() returns the library's. */
#define SMTPTLS_VERSION "0.1.0"

enum smtptls_error {
	/* Mistakes of the caller; nothing has changed. */
	SMTPTLS_E_ARG = -1,   /* an argument that is invalid in any state */
	SMTPTLS_E_STATE = -2, /* the object's state forbids the call */

	/* Not a failure: no data or no room now; call again later. */
	SMTPTLS_E_AGAIN = -3,

	/* This side's resources and settings. */
	SMTPTLS_E_NOMEM = -4,	    /* memory could not be allocated */
	SMTPTLS_E_CONFIG = -5,	    /* a setting or file cannot be used */
	SMTPTLS_E_SYNTAX = -6,	    /* text that its grammar forbids */
	SMTPTLS_E_UNSUPPORTED = -7, /* valid, but not supported here */
	SMTPTLS_E_LIMIT = -8,	    /* too long, or too many */

	/* Plaintext where none is allowed, as after STARTTLS or its 220: an
	 * attack until proven otherwise. */
	SMTPTLS_E_INJECTION = -9,

	/* Errors that a sender reports under RFC 8460. */
	SMTPTLS_E_NOT_OFFERED = -10,  /* the server does not offer STARTTLS */
	SMTPTLS_E_REFUSED = -11,      /* the reply to STARTTLS was not 220 */
	SMTPTLS_E_HANDSHAKE = -12,    /* the handshake failed */
	SMTPTLS_E_CERT_MISSING = -13, /* the peer presented no certificate */
	SMTPTLS_E_CERT_TRUST = -14,   /* not signed by a trusted authority */
	SMTPTLS_E_CERT_TIME = -15,    /* expired or not yet valid */
	SMTPTLS_E_CERT_NAME = -16,    /* issued for another name */
	SMTPTLS_E_CERT_PURPOSE = -17, /* not issued for this role */
	SMTPTLS_E_CERT_WEAK = -18,    /* key or signature too weak */
	SMTPTLS_E_CERT_REVOKED = -19, /* revoked by its issuer */
	SMTPTLS_E_CERT_PIN = -20,     /* matches no configured fingerprint */
	SMTPTLS_E_CERT_TLSA = -21,    /* matches no TLSA record (RFC 7672) */

	/* What happened on the connection. */
	SMTPTLS_E_PROTOCOL = -22,  /* the peer violated SMTP or TLS */
	SMTPTLS_E_TRUNCATED = -23, /* closed without a close_notify */
	SMTPTLS_E_TIMEOUT = -24,   /* the host's deadline has passed */
	SMTPTLS_E_IO = -25,	   /* a system call failed */

	/* The server refused the session before STARTTLS: its greeting was not
	 * 220, it refused EHLO, or it sent a 421. TLS reports (RFC 8460) have
	 * no result type for that. */
	SMTPTLS_E_SMTP_REPLY = -26
};

/* Classes of errors, for use in a switch. */
enum smtptls_error_class {
	SMTPTLS_CLASS_USAGE = 1, /* a bug in the calling program */
	SMTPTLS_CLASS_AGAIN,	 /* no error: call again later */
	SMTPTLS_CLASS_LOCAL,	 /* this side's memory, files or settings */
	SMTPTLS_CLASS_ATTACK,	 /* only an attacker gains from it */
	SMTPTLS_CLASS_TLS,	 /* TLS could not be negotiated */
	SMTPTLS_CLASS_CERT,	 /* the peer's certificate was refused */
	SMTPTLS_CLASS_NETWORK	 /* the connection was broken */
};

/* What a mail server needs to know about an error number. */
struct smtptls_error_info {
	int error;	    /* the number itself */
	const char *name;   /* its name in this header, "SMTPTLS_E_..." */
	const char *text;   /* one sentence without a full stop */
	int error_class;    /* enum smtptls_error_class */
	const char *report; /* result type of RFC 8460 section 4.3, or NULL
			     * if a TLS report has none for it */
	const char *status; /* enhanced status code (RFC 3463) that a sender
			     * uses when it defers or bounces, or NULL */
	int retry;    /* 1: the same attempt may succeed later by itself */
	int harmless; /* 1: no data is lost if it comes after QUIT's 221 */
};

/*
 * Describe an error number, even one that this version of the library never
 * returns. The result is constant and lives as long as the library is loaded.
 * Returns NULL if there is no such error.
 */
SMTPTLS_API const struct smtptls_error_info *smtptls_error_info(int error);

/*
 * Return the sentence for an error number, without a full stop; never NULL. For
 * 0 it is "success". smtptls_config_error() and smtptls_conn_error() have more
 * specific sentences.
 */
SMTPTLS_API const char *smtptls_strerror(int error);

/* Return the version of the running library, as "1.2.3". */
SMTPTLS_API const char *smtptls_version(void);

#ifdef __cplusplus
}
#endif

#endif
