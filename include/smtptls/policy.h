/* SPDX-License-Identifier: MIT */
/*
 * Layer 2: policy, which TLS is allowed, compiled from OpenSSL's strings.
 *
 * Administrators have OpenSSL strings: Postfix's tls_high_cipherlist, qpsmtpd's
 * tls_ciphers and tls_protocols, Mozilla's generator. A policy means exactly
 * what OpenSSL 3.0 would mean by them, and has the closest GnuTLS priority
 * string that allows nothing more. No GnuTLS type occurs here.
 *
 * A policy never changes once it is created; any number of threads share it.
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
	/* The client's order of suites takes precedence over the server's
	 * (OpenSSL's -ServerPreference; this library's default is the
	 * server's). */
	SMTPTLS_PREFER_CLIENT = 1,
	/* With the server's order: a client whose first suite uses ChaCha20
	 * gets such a suite, if there is one (OpenSSL's PrioritizeChaCha). */
	SMTPTLS_PRIORITIZE_CHACHA = 2,
	/* For inspection only: everything the strings ask for is listed, even
	 * if none of it is available here. There is no priority string. */
	SMTPTLS_LIST_ONLY = 4
};

/* Security levels are OpenSSL's 1 to 5; level 0 must be requested with this. */
#define SMTPTLS_SECURITY_LEVEL_0 (-1)

/*
 * What a policy is compiled from: strings as OpenSSL, Postfix and others accept
 * them, each NULL for its default. All zeros is the default policy: TLS 1.2 and
 * 1.3 with forward secrecy and authenticated encryption, at level 2.
 */
struct smtptls_policy_spec {
	/* "TLSv1.2 TLSv1.3", ">=TLSv1.2", "SSLv23:!SSLv2:!SSLv3:!TLSv1", as in
	 * OpenSSL, Postfix, nginx, Exim and IO::Socket::SSL. */
	const char *protocols;
	/* openssl-ciphers(1); for TLS 1.2 and below. */
	const char *ciphers;
	/* "TLS_AES_256_GCM_SHA384:..."; "" disables TLS 1.3. */
	const char *ciphersuites;
	/* "X25519:P-256"; "auto" is the default. */
	const char *groups;
	/* "ECDSA+SHA256:rsa_pss_rsae_sha256:..." */
	const char *sigalgs;
	/* 1 to 5, SMTPTLS_SECURITY_LEVEL_0, or 0 for the default, which is 2.
	 * An @SECLEVEL in `ciphers` takes precedence. */
	int security_level;
	int flags; /* enum smtptls_policy_flag */
};

/*
 * Create a policy. `*policy` belongs to the caller, who releases it with
 * smtptls_policy_unref(); it is NULL after an error. `spec` may be NULL for the
 * default. `size` is the size of `spec` as the caller knows it: pass
 * sizeof(*spec). Strings are copied.
 *
 * After an error `errbuf`, of `errbuf_size` bytes or NULL, has a sentence: the
 * word that is wrong, its position (in bytes, from 1) and why.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG          `policy` is NULL, a number is out of range, or
 *                          `size` is 0 and `spec` is not NULL
 *   SMTPTLS_E_NOMEM
 *   SMTPTLS_E_SYNTAX       a string is wrong: OpenSSL refuses it too, or it is
 *                          ambiguous
 *   SMTPTLS_E_LIMIT        a string is longer than 64 KiB
 *   SMTPTLS_E_UNSUPPORTED  nothing would be left that the loaded GnuTLS and the
 *                          system's policy for it allow
 */
SMTPTLS_API int smtptls_policy_new(struct smtptls_policy **policy,
				   const struct smtptls_policy_spec *spec,
				   size_t size, char *errbuf,
				   size_t errbuf_size);

/* Add a reference; returns `policy`. NULL is allowed. Thread-safe. */
SMTPTLS_API struct smtptls_policy *
smtptls_policy_ref(struct smtptls_policy *policy);

/* Drop a reference; dropping the last one frees the policy. NULL is allowed.
 * Thread-safe. */
SMTPTLS_API void smtptls_policy_unref(struct smtptls_policy *policy);

/*
 * Return the GnuTLS priority string, for gnutls_priority_init(). It expresses
 * the largest subset of the policy's suites that such a string can express
 * without allowing any other. Subsets that serve both TLS 1.3 and older
 * versions take precedence over larger ones, and among equals the one with the
 * earlier suites does. It lives as long as `policy`; NULL for NULL, and with
 * SMTPTLS_LIST_ONLY.
 */
SMTPTLS_API const char *
smtptls_policy_priority(const struct smtptls_policy *policy);

/* Why a suite that the strings ask for is not in the priority string. */
enum smtptls_lost {
	SMTPTLS_KEPT = 0,
	SMTPTLS_LOST_SECURITY_LEVEL, /* OpenSSL would not use it either */
	SMTPTLS_LOST_PROTOCOLS,	     /* no version that has it is enabled */
	SMTPTLS_LOST_CREDENTIALS,    /* it needs a pre-shared key or SRP */
	SMTPTLS_LOST_GNUTLS,	     /* the loaded GnuTLS does not have it */
	SMTPTLS_LOST_SYSTEM, /* the system's GnuTLS policy disables it */
	/* GnuTLS enables each combination of key exchange, cipher and MAC: this
	 * suite would enable `conflict`, which is not allowed. */
	SMTPTLS_LOST_PRODUCT,
	SMTPTLS_LOST_ANONYMOUS, /* without a certificate: only for a server
				 * that chooses by the ClientHello */
	SMTPTLS_LOST_PARAMETERS /* no allowed group or signature suits it;
				 * for DHE as with ANONYMOUS */
};

/* One suite of a policy. Names are NULL if there is none. */
struct smtptls_policy_suite {
	const char *openssl;  /* "ECDHE-RSA-AES256-GCM-SHA384" */
	const char *iana;     /* "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" */
	const char *gnutls;   /* "TLS_ECDHE_RSA_AES_256_GCM_SHA384" */
	const char *protocol; /* the lowest version that has it: "TLSv1.2" */
	int lost;	      /* enum smtptls_lost */
	const char *cause;    /* `lost` as a sentence; NULL if it is kept */
	const char *conflict; /* the suite that it would enable, or NULL */
};

/*
 * Return the i-th suite, from 0, that the strings ask for, in OpenSSL's order,
 * those of TLS 1.3 first; NULL past the last. It lives as long as `policy`.
 */
SMTPTLS_API const struct smtptls_policy_suite *
smtptls_policy_suite(const struct smtptls_policy *policy, size_t i);

/*
 * Return the i-th warning, from 0: something that an administrator should know
 * about the strings although they are valid, as a sentence: words that OpenSSL
 * skips, versions that the security level disables, groups that the loaded
 * GnuTLS lacks. NULL past the last. It lives as long as `policy`.
 */
SMTPTLS_API const char *
smtptls_policy_warning(const struct smtptls_policy *policy, size_t i);

/* Return the security level, 0 to 5, or SMTPTLS_E_ARG for NULL. */
SMTPTLS_API int
smtptls_policy_security_level(const struct smtptls_policy *policy);

/* ------------------------------------------------------------------------ */
/* The choice that a server makes, or why it refuses                         */

/*
 * Why TLS was refused or failed. The numbers never change; new ones are added
 * at the end. smtptls_reason_name() returns their names.
 */
enum smtptls_reason {
	SMTPTLS_REASON_NONE = 0,
	/* about the ClientHello: the first requirement that cannot be met */
	SMTPTLS_REASON_VERSION = 1,	    /* no common TLS version */
	SMTPTLS_REASON_SSL2_HELLO = 2,	    /* SSLv2's format */
	SMTPTLS_REASON_SSL3_HELLO = 3,	    /* nothing better than SSLv3 */
	SMTPTLS_REASON_FALLBACK = 4,	    /* RFC 7507 */
	SMTPTLS_REASON_SUITES_EXCLUDED = 5, /* by the cipher list */
	SMTPTLS_REASON_SECURITY_LEVEL = 6,  /* the level excludes them */
	SMTPTLS_REASON_SYSTEM_POLICY = 7,   /* by GnuTLS's system policy */
	SMTPTLS_REASON_GNUTLS = 8,	    /* the loaded GnuTLS lacks them */
	SMTPTLS_REASON_NEEDS_RSA = 9,	    /* no certificate of this type */
	SMTPTLS_REASON_NEEDS_ECDSA = 10,
	SMTPTLS_REASON_KEY_USAGE = 11, /* the certificate forbids it */
	SMTPTLS_REASON_GROUP = 12,     /* none in common, or not the curve */
	SMTPTLS_REASON_SIGALG = 13,    /* no common signature algorithm */
	SMTPTLS_REASON_SNI = 14,       /* strict: no certificate has the name */
	SMTPTLS_REASON_BAD_HELLO = 15, /* wrong lengths, and the like */
	/* about the session */
	SMTPTLS_REASON_OUTSIDE = 16,  /* GnuTLS agreed to something forbidden */
	SMTPTLS_REASON_UNJUDGED = 17, /* the ClientHello was never judged */
	SMTPTLS_REASON_NO_TLS = 18,   /* no TLS where TLS should start */
	SMTPTLS_REASON_HTTP = 19,
	SMTPTLS_REASON_SMTP_IN_CLEAR = 20, /* on a port for implicit TLS */
	SMTPTLS_REASON_TLS_FOR_SMTP = 21,  /* on a port for STARTTLS */
	SMTPTLS_REASON_CLOSED = 22,
	SMTPTLS_REASON_TIMEOUT = 23,
	SMTPTLS_REASON_PEER_ALERT = 24,
	SMTPTLS_REASON_CERT_MISSING = 25, /* the peer's */
	SMTPTLS_REASON_CERT_TRUST = 26,
	SMTPTLS_REASON_CERT_TIME = 27,
	SMTPTLS_REASON_CERT_PURPOSE = 28,
	SMTPTLS_REASON_DH_PARAMETERS = 29, /* too small */
	SMTPTLS_REASON_ALPN = 30,	   /* the peer wants other protocols */
	SMTPTLS_REASON_BAD_RECORD = 31,	 /* cannot be decrypted, for example */
	SMTPTLS_REASON_BAD_MESSAGE = 32, /* a handshake message violates TLS */
	SMTPTLS_REASON_BAD_SIGNATURE = 33, /* or Finished */
	SMTPTLS_REASON_FLOOD = 34,	   /* of alerts, empty records, ... */
	SMTPTLS_REASON_RENEGOTIATION = 35, /* not supported */
	SMTPTLS_REASON_TRUNCATED = 36,	   /* TLS was cut off */
	SMTPTLS_REASON_INTERNAL = 37,	   /* a problem on this side */
	SMTPTLS_REASON_INJECTION = 38,	   /* CVE-2011-0411 */
	/* about a client's dialogue before TLS */
	SMTPTLS_REASON_NO_SMTP = 39,	      /* no reply where one was due */
	SMTPTLS_REASON_SMTP_REFUSED = 40,     /* by greeting, EHLO or a 421 */
	SMTPTLS_REASON_NO_STARTTLS = 41,      /* not offered */
	SMTPTLS_REASON_STARTTLS_MASKED = 42,  /* by a firewall on the path */
	SMTPTLS_REASON_STARTTLS_REFUSED = 43, /* not answered with 220 */
	/* about the peer's certificate, as above */
	SMTPTLS_REASON_CERT_NAME = 44,	 /* issued for another name */
	SMTPTLS_REASON_CERT_NO_SAN = 45, /* no names that count */
	SMTPTLS_REASON_CERT_WEAK = 46,	 /* for the security level */
	SMTPTLS_REASON_CERT_REVOKED = 47,
	SMTPTLS_REASON_CERT_EXTENSION = 48,  /* critical and unknown */
	SMTPTLS_REASON_CERT_CONSTRAINT = 49, /* an authority's, on names */
	SMTPTLS_REASON_CERT_PATH = 50,	     /* too long */
	SMTPTLS_REASON_CERT_NOT_CA = 51,     /* the signer is not a CA */
	SMTPTLS_REASON_CERT_SIGNATURE = 52,  /* wrong */
	SMTPTLS_REASON_CERT_MALFORMED = 53,
	SMTPTLS_REASON_CERT_STATUS = 54, /* OCSP: missing or wrong */
	SMTPTLS_REASON_CERT_PIN = 55,	 /* matches no pin */
	SMTPTLS_REASON_CERT_TLSA = 56,	 /* matches no TLSA record (RFC 7672) */
	/* about the session, as above */
	SMTPTLS_REASON_LEFT_AFTER_HANDSHAKE = 57, /* without any SMTP */
	SMTPTLS_REASON_PROXY_HEADER = 58,	  /* HAProxy's; not expected */
	SMTPTLS_REASON_CERT_KEY_USAGE = 59,	  /* forbids what the key did */
	SMTPTLS_REASON_CONFIG = 60,	/* the connection was not set up */
	SMTPTLS_REASON_ENDED_HERE = 61, /* by the host, intentionally */
	/* about a server's dialogue, for hosts to log: the dialogue is theirs,
	 * so the library never reports these */
	SMTPTLS_REASON_LINE_ENDING = 62, /* a bare CR or LF, or a NUL */
	SMTPTLS_REASON_LINE_TOO_LONG = 63,
	SMTPTLS_REASON_TOO_MANY_ERRORS = 64,
	SMTPTLS_REASON_COMMAND = 65,	  /* after which none can follow */
	SMTPTLS_REASON_TLS_REQUIRED = 66, /* but not started */

	/* about this side's private key, which is elsewhere */
	SMTPTLS_REASON_SIGNER = 67, /* returned no signature or a wrong one */
	SMTPTLS_REASON_TOKEN = 68   /* made no signature (PKCS#11) */
};

/* Return a reason's name as in this header, in lower case ("needs-rsa"), or
 * NULL. */
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

/* Which setting to change. The numbers never change. */
enum smtptls_setting {
	SMTPTLS_SETTING_PROTOCOLS = 1,
	SMTPTLS_SETTING_CIPHERS = 2,
	SMTPTLS_SETTING_CIPHERSUITES = 3,
	SMTPTLS_SETTING_GROUPS = 4,
	SMTPTLS_SETTING_SIGALGS = 5,
	SMTPTLS_SETTING_SECURITY_LEVEL = 6,
	SMTPTLS_SETTING_CERTIFICATE = 7, /* one of this side's */
	SMTPTLS_SETTING_CHAIN = 8,	 /* what is sent after it */
	SMTPTLS_SETTING_CA = 9,
	SMTPTLS_SETTING_CRL = 10,
	SMTPTLS_SETTING_DH = 11,
	SMTPTLS_SETTING_CLIENT_PURPOSE = 12,
	SMTPTLS_SETTING_SYSTEM_POLICY = 13, /* what GnuTLS may do here */
	SMTPTLS_SETTING_PEER = 14	    /* what the peer offers */
};

enum smtptls_change_action {
	SMTPTLS_CHANGE_SET = 1,	   /* the whole value to `with` */
	SMTPTLS_CHANGE_ADD = 2,	   /* `word`, at the end */
	SMTPTLS_CHANGE_REMOVE = 3, /* `word`, wherever it occurs */
	SMTPTLS_CHANGE_REPLACE = 4 /* `word`, wherever it occurs, by `with` */
};

/*
 * A change that helps to let a peer in. Words are those of the setting as it
 * was written.
 *
 * - ADD to one of the lists: `with` is the separator between the list and
 *   `word`.
 * - CERTIFICATE: `word` is its type: "RSA", "RSA-PSS", "ECDSA P-256", "Ed25519"
 *   and so on. ADD: `with` is what the new one needs: a key length, a host
 *   name, both separated by ", ", or "". REPLACE: have it reissued with the
 *   keyUsage or purpose `with`, a key of `with` ("2048 bits"), the hash
 *   "SHA-256", another "notAfter" or "notBefore", a "subjectAltName", an
 *   "issuer", or "no must-staple".
 * - CHAIN, CA: ADD the certificate of the authority with the name `word`, cut
 *   to 47 bytes; "" if the name is not known here.
 * - DH: SET to parameters of `with`: "4096 bits".
 * - CLIENT_PURPOSE: SET to "any".
 * - SYSTEM_POLICY: REMOVE the line `word` from GnuTLS's configuration, where
 *   `with` is its place, "FILE:7"; or ADD the line to the section [overrides]
 *   of the file `with`. If `with` is "", ADD means to allow the protocol,
 *   suite, group or signature algorithm `word`.
 * - PEER: ADD a protocol, suite, group or signature algorithm, or ALPN's
 *   "smtp"; SET how it must start TLS: "STARTTLS" or "implicit TLS".
 */
struct smtptls_change {
	int setting; /* enum smtptls_setting */
	int action;  /* enum smtptls_change_action */
	char word[80];
	char with[256];
};

#define SMTPTLS_CHANGES 8

/*
 * Why a peer was refused, and the `changes` that let it in, all of them
 * together. If SETTING_PEER is among them, the peer must be changed; if there
 * are none, no setting would help.
 */
struct smtptls_advice {
	int reason; /* enum smtptls_reason */
	int change_count;
	struct smtptls_change changes[SMTPTLS_CHANGES];
	char text[256]; /* all this as a sentence without a full stop, or "" */
};

/* What a server would do with a ClientHello. Strings are NULL if there is
 * none. */
struct smtptls_answer {
	int reason; /* enum smtptls_reason; SMTPTLS_REASON_NONE: a choice */
	const char *protocol;	    /* "TLSv1.3" */
	const char *cipher_openssl; /* "ECDHE-RSA-AES256-GCM-SHA384" */
	const char *cipher_iana;
	const char *cipher_gnutls;
	const char *group; /* "x25519" */
	int key;	   /* enum smtptls_key: of the certificate; 0: none */
	int retry;	   /* 1: TLS 1.3 needs another round trip */
	char text[256]; /* the reason's sentence without a full stop, or "" */
	/* As in struct smtptls_advice. */
	struct smtptls_change changes[SMTPTLS_CHANGES];
	int change_count;
};

/*
 * Judge a ClientHello as a server would that has this policy and certificates
 * of the types `keys` (a mask of enum smtptls_key): find its choice, or the
 * reason why it refuses. `hello` is what the client has sent, `len` bytes of
 * TLS records. `size` is the size of `answer` as the caller knows it: pass
 * sizeof(*answer). The strings in it live as long as the library is loaded.
 *
 * Returns 0 in either case, or
 *   SMTPTLS_E_ARG     a pointer is NULL, or a number is out of range
 *   SMTPTLS_E_AGAIN   the hello continues after `len` bytes
 *   SMTPTLS_E_SYNTAX  it is not a ClientHello
 *   SMTPTLS_E_LIMIT   it is longer than 16 KiB
 *   SMTPTLS_E_NOMEM   out of memory while searching for changes
 */
SMTPTLS_API int smtptls_policy_judge(const struct smtptls_policy *policy,
				     const void *hello, size_t len,
				     unsigned keys,
				     struct smtptls_answer *answer,
				     size_t size);

/*
 * Find changes that correct foreign words in the strings of `spec`: IANA's and
 * GnuTLS's names, lines of programs' files, words of another list, typing
 * errors. The sentence and the warnings of smtptls_policy_new() say what each
 * of them is. Strings that smtptls_policy_new() refuses are accepted too.
 *
 * The first `count` changes are written to `changes`, which may be NULL if
 * `count` is 0. They are valid if made in this order, and all of them are of
 * the five lists. A TLS 1.3 suite in the cipher list is REMOVEd there and, if
 * the ciphersuites lack it, ADDed to them, or they are SET. There is no change
 * for a word about which nothing is known, for a GnuTLS priority string, which
 * is not a list, for words too long for struct smtptls_change, and beyond the
 * first 32 of a list. The correction of a typing error is a guess, so show a
 * change before it is made. If a list has other faults, smtptls_policy_new()
 * still refuses it.
 *
 * `size` is the size of `spec` as the caller knows it: pass sizeof(*spec).
 * GnuTLS is not consulted.
 *
 * Returns the number of changes, 64 at most, or
 *   SMTPTLS_E_ARG    `spec` is NULL, `size` is 0, or `changes` is NULL and
 *                    `count` is not 0
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
