/* SPDX-License-Identifier: MIT */
/*
 * Layer 2: what TLS may be, compiled from OpenSSL's strings.
 *
 * Administrators own OpenSSL strings: Postfix's tls_high_cipherlist, qpsmtpd's
 * tls_ciphers and tls_protocols, Mozilla's generator. A policy means exactly
 * what OpenSSL 3.0 would mean by them, and has the GnuTLS priority string that
 * comes nearest without ever being wider. No type of GnuTLS's occurs here.
 *
 * A policy never changes once it is made; any number of threads share it.
 */
#ifndef SMTPTLS_POLICY_H
#define SMTPTLS_POLICY_H

#include <stddef.h>
#include <smtptls/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct smtptls_policy;

enum smtptls_policy_flag {
	/* The client's order of suites counts, not the server's
	 * (OpenSSL's -ServerPreference; this library's default is the
	 * server's). */
	SMTPTLS_PREFER_CLIENT = 1,
	/* With the server's order: a client whose first suite is of ChaCha20
	 * gets one, if there is any (OpenSSL's PrioritizeChaCha). */
	SMTPTLS_PRIORITIZE_CHACHA = 2,
	/* To be looked at only: what the strings ask for is listed although
	 * nothing of it may be had here. There is no priority string. */
	SMTPTLS_LIST_ONLY = 4
};

/* Security levels are OpenSSL's 1 to 5; 0 must be said in this way. */
#define SMTPTLS_SECURITY_LEVEL_0 (-1)

/*
 * What a policy is made from: strings as OpenSSL, Postfix and others take
 * them, each NULL for the default. All zeros is the default policy: TLS 1.2
 * and 1.3 with forward secrecy and authenticated encryption, at level 2.
 */
struct smtptls_policy_spec {
	/* "TLSv1.2 TLSv1.3", ">=TLSv1.2", "SSLv23:!SSLv2:!SSLv3:!TLSv1", as in
	 * OpenSSL, Postfix, nginx, Exim and IO::Socket::SSL. */
	const char *protocols;
	/* openssl-ciphers(1); TLS 1.2 and below. */
	const char *ciphers;
	/* "TLS_AES_256_GCM_SHA384:…"; "" disables TLS 1.3. */
	const char *ciphersuites;
	/* "X25519:P-256"; "auto" is the default. */
	const char *groups;
	/* "ECDSA+SHA256:rsa_pss_rsae_sha256:…" */
	const char *sigalgs;
	/* 1 to 5, SMTPTLS_SECURITY_LEVEL_0, or 0 for the default, which is 2.
	 * An @SECLEVEL in `ciphers` comes before it. */
	int security_level;
	int flags; /* enum smtptls_policy_flag */
};

/*
 * Make a policy; `*policy` belongs to the caller, who ends it with
 * smtptls_policy_unref(), and is NULL after an error. `spec` may be NULL for
 * the default; of its fields the first `size` bytes are known to the caller:
 * pass sizeof(*spec). Strings are copied.
 *
 * `errbuf` of `errbuf_size` bytes, or NULL, gets the sentence of an error: the
 * word that is wrong, its place (counted in bytes from 1) and why.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG          `policy` is NULL, a number is out of its range, or
 *                          `size` is 0 with a `spec`
 *   SMTPTLS_E_NOMEM
 *   SMTPTLS_E_SYNTAX       a string is wrong; OpenSSL refuses it too, or would
 *                          not know which of two meanings is meant
 *   SMTPTLS_E_LIMIT        a string is longer than 64 KiB
 *   SMTPTLS_E_UNSUPPORTED  nothing would be left that the loaded GnuTLS, or
 *                          the system's policy for it, can do
 */
SMTPTLS_API int smtptls_policy_new(struct smtptls_policy **policy,
				   const struct smtptls_policy_spec *spec,
				   size_t size, char *errbuf,
				   size_t errbuf_size);

/* Count one more owner; returns `policy`. NULL is allowed. Thread-safe. */
SMTPTLS_API struct smtptls_policy *
smtptls_policy_ref(struct smtptls_policy *policy);

/* Count one owner less; the last one frees it. NULL is allowed. Thread-safe. */
SMTPTLS_API void smtptls_policy_unref(struct smtptls_policy *policy);

/*
 * The GnuTLS priority string, for gnutls_priority_init(): the largest set of
 * the policy's suites that such a string can say without saying more. Sets that
 * serve both TLS 1.3 and what is older come before larger ones, and ties go to
 * the suites that come first. It lives as long as `policy`; NULL for NULL, and
 * with SMTPTLS_LIST_ONLY.
 */
SMTPTLS_API const char *
smtptls_policy_priority(const struct smtptls_policy *policy);

/* Why a suite of the strings cannot be had by the priority string. */
enum smtptls_lost {
	SMTPTLS_KEPT = 0,
	SMTPTLS_LOST_SECURITY_LEVEL, /* OpenSSL would not use it either */
	SMTPTLS_LOST_PROTOCOLS,	     /* no version that has it is enabled */
	SMTPTLS_LOST_CREDENTIALS,    /* it needs a shared key or SRP */
	SMTPTLS_LOST_GNUTLS,	     /* the loaded GnuTLS does not have it */
	SMTPTLS_LOST_SYSTEM, /* the system's GnuTLS policy disables it */
	/* GnuTLS enables each combination of key exchange, cipher and MAC:
	 * this one would bring in `conflict`, which is not allowed. */
	SMTPTLS_LOST_PRODUCT,
	SMTPTLS_LOST_ANONYMOUS, /* without a certificate: only where a server
				 * chooses by the ClientHello */
	SMTPTLS_LOST_PARAMETERS /* no allowed group or signature fits it;
				 * DHE as above */
};

/* One suite of a policy. Names are NULL where there is none. */
struct smtptls_policy_suite {
	const char *openssl;  /* "ECDHE-RSA-AES256-GCM-SHA384" */
	const char *iana;     /* "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" */
	const char *gnutls;   /* "TLS_ECDHE_RSA_AES_256_GCM_SHA384" */
	const char *protocol; /* the lowest version that has it: "TLSv1.2" */
	int lost;	      /* enum smtptls_lost */
	const char *cause;    /* that as a sentence; NULL when it is kept */
	const char *conflict; /* what would come with it, or NULL */
};

/*
 * The i-th suite, from 0, of what the strings ask for, in OpenSSL's order,
 * those of TLS 1.3 first; NULL past the last. It lives as long as `policy`.
 */
SMTPTLS_API const struct smtptls_policy_suite *
smtptls_policy_suite(const struct smtptls_policy *policy, size_t i);

/*
 * The i-th thing, from 0, that an administrator should know of the strings
 * although they are valid, as a sentence: words that OpenSSL skips, versions
 * that the security level makes useless, groups that the loaded GnuTLS lacks.
 * NULL past the last. It lives as long as `policy`.
 */
SMTPTLS_API const char *
smtptls_policy_warning(const struct smtptls_policy *policy, size_t i);

/* The security level in force, 0 to 5, or SMTPTLS_E_ARG for NULL. */
SMTPTLS_API int
smtptls_policy_security_level(const struct smtptls_policy *policy);

/* ------------------------------------------------------------------------ */
/* The choice that a server makes, or why it makes none                      */

/*
 * Why TLS was refused or has failed. The numbers never change; new ones are
 * added at the end. smtptls_reason_name() has their names.
 */
enum smtptls_reason {
	SMTPTLS_REASON_NONE = 0,
	/* of the ClientHello: what keeps the first intersection empty */
	SMTPTLS_REASON_VERSION = 1,	    /* no common TLS version */
	SMTPTLS_REASON_SSL2_HELLO = 2,	    /* SSLv2's format */
	SMTPTLS_REASON_SSL3_HELLO = 3,	    /* nothing better than SSLv3 */
	SMTPTLS_REASON_FALLBACK = 4,	    /* RFC 7507 */
	SMTPTLS_REASON_SUITES_EXCLUDED = 5, /* by the cipher list */
	SMTPTLS_REASON_SECURITY_LEVEL = 6,  /* the level took them away */
	SMTPTLS_REASON_SYSTEM_POLICY = 7,   /* the system's GnuTLS policy did */
	SMTPTLS_REASON_GNUTLS = 8,	    /* the loaded GnuTLS lacks them */
	SMTPTLS_REASON_NEEDS_RSA = 9,	    /* no certificate of this type */
	SMTPTLS_REASON_NEEDS_ECDSA = 10,
	SMTPTLS_REASON_KEY_USAGE = 11, /* the certificate forbids it */
	SMTPTLS_REASON_GROUP = 12,     /* none common, or not the curve */
	SMTPTLS_REASON_SIGALG = 13,    /* no common signature algorithm */
	SMTPTLS_REASON_SNI = 14,       /* strict: no certificate has the name */
	SMTPTLS_REASON_BAD_HELLO = 15, /* lengths that lie, and the like */
	/* of the whole */
	SMTPTLS_REASON_OUTSIDE = 16,  /* GnuTLS agreed to what is not allowed */
	SMTPTLS_REASON_UNJUDGED = 17, /* the ClientHello was never judged */
	SMTPTLS_REASON_NO_TLS = 18,   /* no TLS where TLS was to start */
	SMTPTLS_REASON_HTTP = 19,
	SMTPTLS_REASON_SMTP_IN_CLEAR = 20, /* at a port for implicit TLS */
	SMTPTLS_REASON_TLS_FOR_SMTP = 21,  /* at a port for STARTTLS */
	SMTPTLS_REASON_CLOSED = 22,
	SMTPTLS_REASON_TIMEOUT = 23,
	SMTPTLS_REASON_PEER_ALERT = 24,
	SMTPTLS_REASON_CERT_MISSING = 25, /* the peer's */
	SMTPTLS_REASON_CERT_TRUST = 26,
	SMTPTLS_REASON_CERT_TIME = 27,
	SMTPTLS_REASON_CERT_PURPOSE = 28,
	SMTPTLS_REASON_DH_PARAMETERS = 29, /* too small */
	SMTPTLS_REASON_ALPN = 30,	 /* the peer's are of other protocols */
	SMTPTLS_REASON_BAD_RECORD = 31,	 /* cannot be decrypted, say */
	SMTPTLS_REASON_BAD_MESSAGE = 32, /* a handshake's, against TLS */
	SMTPTLS_REASON_BAD_SIGNATURE = 33, /* or Finished */
	SMTPTLS_REASON_FLOOD = 34,	   /* alerts, empty records, no end */
	SMTPTLS_REASON_RENEGOTIATION = 35, /* which is not done */
	SMTPTLS_REASON_TRUNCATED = 36,	   /* TLS was cut off */
	SMTPTLS_REASON_INTERNAL = 37,	   /* this side's own trouble */
	SMTPTLS_REASON_INJECTION = 38,	   /* CVE-2011-0411 */
	/* of a client's dialogue before TLS */
	SMTPTLS_REASON_NO_SMTP = 39,	      /* no reply where one was due */
	SMTPTLS_REASON_SMTP_REFUSED = 40,     /* the greeting, EHLO, or a 421 */
	SMTPTLS_REASON_NO_STARTTLS = 41,      /* not offered */
	SMTPTLS_REASON_STARTTLS_MASKED = 42,  /* by a firewall between */
	SMTPTLS_REASON_STARTTLS_REFUSED = 43, /* not answered with 220 */
	/* of the peer's certificate too */
	SMTPTLS_REASON_CERT_NAME = 44,	 /* it is another's */
	SMTPTLS_REASON_CERT_NO_SAN = 45, /* it has no names that count */
	SMTPTLS_REASON_CERT_WEAK = 46,	 /* for the security level */
	SMTPTLS_REASON_CERT_REVOKED = 47,
	SMTPTLS_REASON_CERT_EXTENSION = 48,  /* critical, and unknown */
	SMTPTLS_REASON_CERT_CONSTRAINT = 49, /* of an authority's names */
	SMTPTLS_REASON_CERT_PATH = 50,	     /* too long */
	SMTPTLS_REASON_CERT_NOT_CA = 51,     /* who signed is no authority */
	SMTPTLS_REASON_CERT_SIGNATURE = 52,  /* wrong */
	SMTPTLS_REASON_CERT_MALFORMED = 53,
	SMTPTLS_REASON_CERT_STATUS = 54, /* OCSP: none, or a wrong one */
	SMTPTLS_REASON_CERT_PIN = 55,	 /* has none of the pins */
	SMTPTLS_REASON_CERT_TLSA = 56,	 /* nor a TLSA record (RFC 7672) */
	/* of the session too */
	SMTPTLS_REASON_LEFT_AFTER_HANDSHAKE = 57, /* without a word of SMTP */
	SMTPTLS_REASON_PROXY_HEADER = 58,   /* HAProxy's, where none is due */
	SMTPTLS_REASON_CERT_KEY_USAGE = 59, /* the peer's forbids what it did */
	SMTPTLS_REASON_CONFIG = 60,	    /* the connection was not set up */
	SMTPTLS_REASON_ENDED_HERE = 61,	    /* by the host, as it wished */
	/* of a server's dialogue, for hosts to log: the library, which leaves
	 * that to them, gives none of these */
	SMTPTLS_REASON_LINE_ENDING = 62, /* a CR or LF alone, a NUL */
	SMTPTLS_REASON_LINE_TOO_LONG = 63,
	SMTPTLS_REASON_TOO_MANY_ERRORS = 64,
	SMTPTLS_REASON_COMMAND = 65,	  /* behind which none can follow */
	SMTPTLS_REASON_TLS_REQUIRED = 66, /* and was not started */

	/* of this side's private key, which is elsewhere */
	SMTPTLS_REASON_SIGNER = 67, /* gave no signature, or a wrong one */
	SMTPTLS_REASON_TOKEN = 68   /* made no signature (PKCS#11) */
};

/* The name of a reason in this header, in lower case: "needs-rsa"; or NULL. */
SMTPTLS_API const char *smtptls_reason_name(int reason);

/* What a server's certificates can do: a mask. */
enum smtptls_key {
	SMTPTLS_KEY_RSA_SIGN = 1,    /* RSA: DHE, ECDHE and TLS 1.3 */
	SMTPTLS_KEY_RSA_ENCRYPT = 2, /* RSA: the key exchange "RSA" */
	SMTPTLS_KEY_RSA_PSS = 4,
	SMTPTLS_KEY_ECDSA_P256 = 8,
	SMTPTLS_KEY_ECDSA_P384 = 16,
	SMTPTLS_KEY_ECDSA_P521 = 32,
	SMTPTLS_KEY_ED25519 = 64,
	SMTPTLS_KEY_ED448 = 128
};

/* Where a change is to be made. The numbers never change. */
enum smtptls_setting {
	SMTPTLS_SETTING_PROTOCOLS = 1,
	SMTPTLS_SETTING_CIPHERS = 2,
	SMTPTLS_SETTING_CIPHERSUITES = 3,
	SMTPTLS_SETTING_GROUPS = 4,
	SMTPTLS_SETTING_SIGALGS = 5,
	SMTPTLS_SETTING_SECURITY_LEVEL = 6,
	SMTPTLS_SETTING_CERTIFICATE = 7, /* one of this side's */
	SMTPTLS_SETTING_CHAIN = 8,	 /* what is sent behind it */
	SMTPTLS_SETTING_CA = 9,
	SMTPTLS_SETTING_CRL = 10,
	SMTPTLS_SETTING_DH = 11,
	SMTPTLS_SETTING_CLIENT_PURPOSE = 12,
	SMTPTLS_SETTING_SYSTEM_POLICY = 13, /* what GnuTLS is allowed here */
	SMTPTLS_SETTING_PEER = 14	    /* what the peer offers */
};

enum smtptls_change_action {
	SMTPTLS_CHANGE_SET = 1,	   /* the whole value, which is `with` */
	SMTPTLS_CHANGE_ADD = 2,	   /* `word`, behind what is there */
	SMTPTLS_CHANGE_REMOVE = 3, /* `word`, wherever it stands */
	SMTPTLS_CHANGE_REPLACE = 4 /* `word`, wherever it stands, by `with` */
};

/*
 * A change that helps to let a peer in. Words are those of the setting as it
 * was written. To ADD to one of the lists, `with` comes between the list and
 * `word`. A certificate's word is its type: "RSA", "RSA-PSS", "ECDSA P-256",
 * "Ed25519" and so on; one to ADD needs what `with` says: a length of its key,
 * the name of a host, both with ", " between, or nothing; to REPLACE one is to
 * have it issued with the keyUsage or purpose `with`, with a key of `with`:
 * "2048 bits", with the hash "SHA-256", with another "notAfter" or "notBefore",
 * with a "subjectAltName" or an "issuer", or with "no must-staple". A word that
 * is added to CHAIN or CA is the name of the authority whose certificate is
 * meant, as far as 47 bytes show it; "" where it is not known here. DH is SET to
 * parameters of `with`: "4096 bits", CLIENT_PURPOSE to "any". The word that is
 * removed from SYSTEM_POLICY is a line of GnuTLS's file, `with` is "FILE:7"; one
 * that is added goes into [overrides] of the file `with`. Where `with` is empty,
 * and to PEER, a name of a protocol, suite, group or signature algorithm is
 * added, or ALPN's "smtp"; PEER is SET to how it has to start TLS: "STARTTLS" or
 * "implicit TLS".
 */
struct smtptls_change {
	int setting; /* enum smtptls_setting */
	int action;  /* enum smtptls_change_action */
	char word[80];
	char with[256];
};

#define SMTPTLS_CHANGES 8

/*
 * Why a peer was refused, and what lets it in: `changes`, all of them together.
 * With SETTING_PEER among them it is the peer that has to be changed; where
 * there are none, nothing that can be set would help.
 */
struct smtptls_advice {
	int reason; /* enum smtptls_reason */
	int change_count;
	struct smtptls_change changes[SMTPTLS_CHANGES];
	char text[256]; /* that as a sentence without a full stop, or "" */
};

/* What a server would do with a ClientHello. NULL: there is no such thing. */
struct smtptls_answer {
	int reason; /* enum smtptls_reason; SMTPTLS_REASON_NONE: a choice */
	const char *protocol;	    /* "TLSv1.3" */
	const char *cipher_openssl; /* "ECDHE-RSA-AES256-GCM-SHA384" */
	const char *cipher_iana;
	const char *cipher_gnutls;
	const char *group; /* "x25519" */
	int key;	   /* enum smtptls_key: whose certificate; 0: none */
	int retry;	   /* 1: TLS 1.3 needs another round trip */
	char text[256]; /* the reason's sentence without a full stop, or "" */
	/* As in struct smtptls_advice. */
	struct smtptls_change changes[SMTPTLS_CHANGES];
	int change_count;
};

/*
 * Judge a ClientHello as a server with this policy, and certificates of the
 * types `keys` (enum smtptls_key), would: the choice, or the reason why there
 * is none. `hello` is what the client has sent, in TLS records; of `answer` the
 * first `size` bytes are known to the caller: pass sizeof(*answer). The
 * strings behind it live as long as the library is loaded.
 *
 * Returns 0 in either case, or
 *   SMTPTLS_E_ARG     a pointer is NULL, or a number is out of its range
 *   SMTPTLS_E_AGAIN   the hello goes on behind `len` bytes
 *   SMTPTLS_E_SYNTAX  it is not a ClientHello
 *   SMTPTLS_E_LIMIT   it is longer than 16 KiB
 *   SMTPTLS_E_NOMEM   there is no memory to find out what would help
 */
SMTPTLS_API int smtptls_policy_judge(const struct smtptls_policy *policy,
				     const void *hello, size_t len,
				     unsigned keys,
				     struct smtptls_answer *answer,
				     size_t size);

/*
 * What would mend the words of other languages in the strings of `spec`: IANA's
 * and GnuTLS's names, lines of programs' files, words of another list, slips of
 * a letter; see smtptls_policy_new(), whose sentence and whose warnings say of
 * each what it is. It is as well for strings that are refused there.
 *
 * Of the changes the first `count` are written to `changes`, which may be NULL
 * when `count` is 0; they hold when they are made in this order, and all of
 * them are of the five lists. A suite of TLS 1.3 in the cipher list is REMOVEd
 * there, and ADDed to the ciphersuites, or those are SET, if they lack it. There
 * is none for a word that nothing is known of, for a priority string of
 * GnuTLS's, which is no list, for what is longer than a struct smtptls_change
 * has room for, and past the first 32 of a list. A slip is a guess, and so a
 * change is to be shown before it is made. Where a list has other faults,
 * smtptls_policy_new() still refuses it.
 *
 * Of `spec` the first `size` bytes are known to the caller: pass sizeof(*spec).
 * Nothing is asked of GnuTLS.
 *
 * Returns the number of changes, 64 at most, or
 *   SMTPTLS_E_ARG    `spec` is NULL, `size` is 0, or `changes` is NULL with a
 *                    `count`
 *   SMTPTLS_E_LIMIT  a string is longer than 64 KiB
 *   SMTPTLS_E_NOMEM
 */
SMTPTLS_API int smtptls_policy_hints(const struct smtptls_policy_spec *spec,
				     size_t size,
				     struct smtptls_change *changes,
				     size_t count);

#ifdef __cplusplus
}
#endif

#endif
