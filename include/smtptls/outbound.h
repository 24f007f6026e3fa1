/* SPDX-License-Identifier: MIT */
/*
 * Layer 2: outbound policy. From what DNS and MTA-STS say about a destination
 * it derives what a sender must do: which MX hosts to try, how each must be
 * authenticated, and when the message is deferred or bounced.
 *
 * RFC 7672 and 7671 (DANE), 6698 (TLSA), 8461 (MTA-STS), 8689 (REQUIRETLS),
 * 8460 (TLS reports), 7505 (null MX).
 *
 * These are pure functions on the caller's memory: no allocation, no I/O, no
 * TLS. The host's resolver does the look-ups; its answers, each with its
 * security status, are passed in here.
 *
 * Host names are strings of ASCII (A-labels), in any case, with or without a
 * final dot; names that are returned are in lower case without it.
 */
#ifndef SMTPTLS_OUTBOUND_H
#define SMTPTLS_OUTBOUND_H

#include <stddef.h>
#include <smtptls/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- TLSA records (RFC 6698) ---------------------------------------------- */

/* A TLSA record. The RR has four fields, so this struct never grows. */
struct smtptls_tlsa {
	int usage;		   /* certificate usage, 0 to 255 */
	int selector;		   /* 0 to 255 */
	int matching;		   /* matching type, 0 to 255 */
	const unsigned char *data; /* certificate association data */
	size_t data_len;
};

/*
 * Read a record from its RDATA, `len` bytes as a resolver returns them (RFC
 * 6698 section 2.1). `record->data` points into `rdata`.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG     a pointer is NULL
 *   SMTPTLS_E_SYNTAX  shorter than the three fixed fields
 * Leave a record that cannot be read out of its set; the answer of the set is
 * still SMTPTLS_DNS_RECORDS.
 */
SMTPTLS_API int smtptls_tlsa_read(struct smtptls_tlsa *record,
				  const void *rdata, size_t len);

/*
 * Return 1 if a sender of mail can use the record (RFC 7672 sections 2.2 and
 * 3.1): usage DANE-TA(2) or DANE-EE(3), selector 0 or 1, matching type 0, 1 or
 * 2, and data of the digest's length or, for type 0, exactly one DER SEQUENCE.
 * Otherwise return 0. Unless `why` is NULL, `*why` is set to a constant
 * sentence with 0, and to NULL with 1.
 */
SMTPTLS_API int smtptls_tlsa_usable(const struct smtptls_tlsa *record,
				    const char **why);

/*
 * Read a record from its presentation format (RFC 6698 section 2.2), `len`
 * bytes of text: three fields, each a number, a name of RFC 7218 in any case
 * ("DANE-EE", "SPKI", "SHA2-256") or both, as in "DANE-EE(3)"; then the data in
 * hexadecimal, with white space, parentheses and comments as in zone files (RFC
 * 1035 section 5.1). The data is written to `data` of `size` bytes, and
 * `record->data` points there. The record need not be usable.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG     a pointer is NULL
 *   SMTPTLS_E_SYNTAX  not a TLSA record
 *   SMTPTLS_E_LIMIT   the data is longer than `size`
 * After an error `record` is undefined.
 */
SMTPTLS_API int smtptls_tlsa_parse(struct smtptls_tlsa *record,
				   const char *text, size_t len,
				   unsigned char *data, size_t size);

/*
 * Write a record in presentation format, "3 1 1 0123...", with numbers and
 * lower-case hexadecimal, as a string to `text` of `size` bytes. Twice the
 * length of the data plus 13 bytes is always enough.
 *
 * Returns the length of the string, or
 *   SMTPTLS_E_ARG    a pointer is NULL, a field is not 0 to 255, or the data is
 *                    longer than fits into RDATA
 *   SMTPTLS_E_LIMIT  the string does not fit; `text` is "" if `size` is not 0
 */
SMTPTLS_API int smtptls_tlsa_format(const struct smtptls_tlsa *record,
				    char *text, size_t size);

/* --- MTA-STS (RFC 8461) --------------------------------------------------- */

/* The size of a buffer for a policy's id, a string. */
#define SMTPTLS_STS_ID_SIZE 33

/*
 * Find the id of a domain's policy in the TXT records at _mta-sts.DOMAIN
 * (RFC 8461 section 3.1). `text` has the `count` records, `len` their lengths;
 * join the character-strings of each record first. Records that do not begin
 * with "v=STSv1;" do not count. `id` has SMTPTLS_STS_ID_SIZE bytes.
 *
 * Returns 1 if there is an id, 0 if no record counts, so the domain has no
 * policy, or
 *   SMTPTLS_E_ARG     a pointer is NULL
 *   SMTPTLS_E_SYNTAX  the one record that counts is malformed
 *   SMTPTLS_E_LIMIT   more than one record counts
 * With SYNTAX or LIMIT treat the domain as one without a policy; a cached
 * policy stays in force. `id` is "" unless 1 is returned.
 */
SMTPTLS_API int smtptls_sts_id(const char *const *text, const size_t *len,
			       size_t count, char *id);

/* The longest policy that is accepted, in bytes (section 3.3). */
#define SMTPTLS_STS_POLICY_MAX 65536

/* The longest max_age of a policy, in seconds (section 3.2). */
#define SMTPTLS_STS_MAX_AGE 31557600UL

/* What a policy requires; 0 is none of these. */
enum smtptls_sts_mode {
	SMTPTLS_STS_NONE = 1, /* nothing: as if there were no policy */
	SMTPTLS_STS_TESTING,  /* deliver anyway, but report failures */
	SMTPTLS_STS_ENFORCE   /* never deliver to a host that fails */
};

/* A policy; the fields below `error` are private to the library. */
struct smtptls_sts_policy {
	int mode;	       /* enum smtptls_sts_mode */
	unsigned long max_age; /* seconds, at most SMTPTLS_STS_MAX_AGE */
	size_t pattern_count;  /* mx patterns that count */
	size_t fault_count;    /* lines with a fault; see smtptls_sts_line() */
	const char *error;     /* why it is not a policy, a constant sentence */
	const char *text;
	size_t len;
	int version_line;
	int mode_line;
	int max_age_line;
};

/*
 * Read a policy, the `len` bytes of `text` that the policy host sent
 * (RFC 8461 section 3.2). The text must exist and stay unchanged as long as
 * `policy` is used. `size` is sizeof(*policy).
 *
 * Lines end in LF or CRLF. Unknown keys are ignored. If a key other than mx is
 * repeated, the first one counts. A line that is not a field, or an mx pattern
 * that is not a host name (such as an IP address), is ignored;
 * smtptls_sts_line() has the fault. A max_age above SMTPTLS_STS_MAX_AGE is
 * reduced to that.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG     a pointer is NULL, or `size` is too small
 *   SMTPTLS_E_LIMIT   longer than SMTPTLS_STS_POLICY_MAX
 *   SMTPTLS_E_SYNTAX  not a policy: version, mode or max_age is missing or
 *                     wrong, or mx is missing and the mode is not none
 * After LIMIT and SYNTAX `policy->error` says why, and no host matches.
 */
SMTPTLS_API int smtptls_sts_policy_parse(struct smtptls_sts_policy *policy,
					 size_t size, const char *text,
					 size_t len);

/*
 * Return 1 if `host`, the name of an MX host, matches one of the policy's
 * patterns (RFC 8461 section 4.1), else 0; "*." at the start of a pattern
 * matches exactly one label. Only the MX host is compared, never a certificate.
 */
SMTPTLS_API int smtptls_sts_match(const struct smtptls_sts_policy *policy,
				  const char *host);

/* A line of a policy; the pointers point into the text. */
struct smtptls_sts_line {
	int number;	 /* from 1 */
	size_t next;	 /* private to the library */
	const char *key; /* NULL if the line is not a field */
	size_t key_len;
	const char *value;
	size_t value_len;
	int ignored;	   /* 1: because of its fault it does not count */
	const char *fault; /* a constant sentence; NULL: no fault */
};

/*
 * Advance to the policy's next line that is not blank. Begin with a `line` of
 * all zeros, and pass the same one each time. Works after SMTPTLS_E_SYNTAX too.
 * `size` is sizeof(*line). Returns 1, or 0 at the end, if a pointer is NULL, or
 * if `size` is too small.
 */
SMTPTLS_API int smtptls_sts_line(const struct smtptls_sts_policy *policy,
				 struct smtptls_sts_line *line, size_t size);

/* --- the resolver's answers ----------------------------------------------- */

/*
 * The security status of an answer (RFC 4035 section 4.3, RFC 7672 section
 * 2.1). An answer with CNAME records is secure if the whole chain is.
 */
enum smtptls_dns_status {
	SMTPTLS_DNS_FAILED = 0, /* SERVFAIL, timeout, refused, malformed; and
				 * a look-up that was never done */
	SMTPTLS_DNS_BOGUS,	/* validation failed */
	SMTPTLS_DNS_INSECURE,	/* not validated: unsigned, or the resolver
				 * does not validate */
	SMTPTLS_DNS_SECURE	/* validated */
};

/* What a secure or insecure answer contains; meaningless for the others. */
enum smtptls_dns_answer {
	SMTPTLS_DNS_RECORDS = 0, /* records of the type */
	SMTPTLS_DNS_NODATA,	 /* the name exists, the type does not */
	SMTPTLS_DNS_NXDOMAIN	 /* the name does not exist */
};

/* An answer; this struct never grows. */
struct smtptls_dns {
	int status; /* enum smtptls_dns_status */
	int answer; /* enum smtptls_dns_answer */
};

/* The TLSA records at one name; this struct never grows. */
struct smtptls_tlsa_set {
	struct smtptls_dns dns;
	const struct smtptls_tlsa *record;
	size_t count;
};

/* --- a destination -------------------------------------------------------- */

/*
 * How TLS is used for a host. The local level is a minimum, which DANE and
 * MTA-STS raise; a host's plan has MAY, ENCRYPT, DANE, CA or PIN.
 */
enum smtptls_level {
	/* TLS if the server offers it, without authentication; TLSA records are
	 * not looked up. */
	SMTPTLS_LEVEL_MAY = 1,
	/* DANE if it is published, else MAY (opportunistic DANE, RFC 7672).
	 * In a plan: authenticated by the plan's TLSA records. */
	SMTPTLS_LEVEL_DANE,
	/* Never in the clear; DANE if it is published. */
	SMTPTLS_LEVEL_ENCRYPT,
	/* Only to hosts with usable TLSA records, from a secure MX set. */
	SMTPTLS_LEVEL_DANE_ONLY,
	/* Authenticated by the configuration's authorities and the plan's
	 * names; if usable TLSA records are published, by them instead. */
	SMTPTLS_LEVEL_CA,
	/* Authenticated by a fingerprint that is known for the destination. */
	SMTPTLS_LEVEL_PIN
};

/* The outcome of the last attempt to get a destination's MTA-STS policy. */
enum smtptls_sts_state {
	SMTPTLS_STS_NO_POLICY = 0,  /* no TXT record, or no valid one */
	SMTPTLS_STS_FETCHED,	    /* the text has just been fetched */
	SMTPTLS_STS_CACHED,	    /* cached; not looked up again */
	SMTPTLS_STS_FETCH_ERROR,    /* announced, but could not be fetched */
	SMTPTLS_STS_WEBPKI_INVALID, /* bad web server certificate */
	SMTPTLS_STS_POLICY_INVALID, /* fetched, but not a policy */
	/* Unknown, since the look-up of the TXT record failed or was bogus. RFC
	 * 8460 has no result type for this. */
	SMTPTLS_STS_LOOKUP_FAILED
};

/* What is known and wanted of a destination; initialize it to all zeros. */
struct smtptls_outbound {
	/* The next-hop domain: the recipient's, or the one configured in its
	 * place; NULL for a next hop that is configured by address only. */
	const char *domain;
	/* 1: the next hop is a host from local configuration, not from an MX
	 * look-up; `mx` is ignored (RFC 7672 section 2.2.1). */
	int configured;
	/* The MX look-up. After NODATA the only host is the domain itself. */
	struct smtptls_dns mx;
	/* If `domain` is a CNAME: the final name; else NULL. */
	const char *canonical;
	/* The local level, enum smtptls_level; there is no default. */
	int level;
	/* What usable TLSA records mean for the hosts of an insecure MX set:
	 * SMTPTLS_LEVEL_MAY or 0 for nothing (RFC 7672 section 2.2.1), or
	 * _ENCRYPT or _DANE. They never replace an authentication that MTA-STS
	 * or level CA requires. */
	int insecure_mx_level;
	/* Level CA only: the one name that the certificate must have for this
	 * destination; NULL: none is set. */
	const char *peer_name;
	/* 1: the message may only be sent over authenticated TLS to servers
	 * that offer REQUIRETLS (RFC 8689 section 4.2.1). */
	int requiretls;
	/* 1: the message has "TLS-Required: No": DANE and MTA-STS are ignored,
	 * the local level is not (RFC 8689 section 5). */
	int tls_required_no;
	/* The MTA-STS policy's text: the fetched one or, if fetching failed,
	 * the cached one; NULL if there is neither. */
	const char *sts_text;
	size_t sts_len;
	int sts_state;	       /* enum smtptls_sts_state */
	unsigned long sts_age; /* seconds since the text was fetched */
};

/* What is known of one MX host, or of the configured next hop. */
struct smtptls_outbound_host {
	/* As in the MX record; NULL for a next hop that is configured by
	 * address only. */
	const char *name;
	struct smtptls_dns a;
	struct smtptls_dns aaaa;
	/* If `name` is a CNAME: the final name; else NULL. */
	const char *target;
	/* The look-up of `name` with type CNAME; needed only if `target` is set
	 * and neither `a` nor `aaaa` is secure. */
	struct smtptls_dns cname;
	/* The TLSA records at smtptls_outbound_base_domain() 0 and 1. */
	struct smtptls_tlsa_set tlsa[2];
};

/*
 * Return the name at which to look up a host's TLSA records: the TLSA base
 * domain (RFC 7672 section 2.2.3), to which the caller prepends "_25._tcp.".
 * Call it with `i` 0 once the host's addresses are known and, once the answer
 * for that name is in `host->tlsa[0]`, with `i` 1.
 *
 * Returns host->target or host->name, or NULL if no (more) records are to be
 * looked up: the servers of unsigned zones often answer such queries wrongly
 * (section 2.2.2). Also returns NULL if smtptls_outbound_plan() returns an
 * error.
 */
SMTPTLS_API const char *smtptls_outbound_base_domain(
	const struct smtptls_outbound *outbound, size_t size,
	const struct smtptls_outbound_host *host, size_t host_size, int i);

/* Why a host is not tried. */
enum smtptls_skip {
	SMTPTLS_TRY = 0,
	SMTPTLS_SKIP_UNKNOWN,	     /* the arguments are invalid */
	SMTPTLS_SKIP_MX,	     /* the MX look-up forbids it */
	SMTPTLS_SKIP_NULL_MX,	     /* "." (RFC 7505) */
	SMTPTLS_SKIP_NAME,	     /* the MX record has no host name */
	SMTPTLS_SKIP_NO_ADDRESS,     /* it has no address */
	SMTPTLS_SKIP_ADDRESS_FAILED, /* none is known; a look-up failed */
	SMTPTLS_SKIP_ADDRESS_BOGUS,  /* none is known; an answer was bogus */
	SMTPTLS_SKIP_TLSA_FAILED,    /* its TLSA or CNAME look-up failed */
	SMTPTLS_SKIP_TLSA_BOGUS,
	SMTPTLS_SKIP_NO_TLSA,	 /* DANE_ONLY, but no usable secure records */
	SMTPTLS_SKIP_STS,	 /* an enforced policy does not name it */
	SMTPTLS_SKIP_STS_FAILED, /* REQUIRETLS needs a policy that is unknown */
	SMTPTLS_SKIP_NO_NAME,	 /* level CA, but no name to verify */
	SMTPTLS_SKIP_REQUIRETLS, /* not authenticated as REQUIRETLS asks */
	/* For the caller to set after an attempt. */
	SMTPTLS_SKIP_CONNECTION,   /* no connection, or it was lost */
	SMTPTLS_SKIP_TLS,	   /* TLS or authentication failed */
	SMTPTLS_SKIP_NO_REQUIRETLS /* not offered under TLS */
};

/* The size of a buffer for a host name, a string. */
#define SMTPTLS_NAME_SIZE 254

/* The most reference names of a plan. */
#define SMTPTLS_PLAN_NAMES 4

/* What to do with one host. New fields are only ever appended. */
struct smtptls_plan {
	int skip;	    /* 0: try it; else enum smtptls_skip */
	const char *text;   /* why, one constant sentence without a full stop */
	const char *status; /* RFC 3463 code for this host alone, or NULL */
	const char *policy_type; /* RFC 8460 section 4.2, never NULL */
	const char *result_type; /* RFC 8460 section 4.3; NULL: no failure */
	int ipv4;		 /* 1: its A records may be used */
	int ipv6;		 /* 1: its AAAA records may be used */
	int level;		 /* MAY, ENCRYPT, DANE, CA or PIN */
	int clear;	/* 1: the message may go in the clear if there is no TLS
			 * or, on a new connection, if the handshake failed */
	int requiretls; /* 1: the server must offer REQUIRETLS under TLS */
	/* The mode of the MTA-STS policy that applies, or 0. If it is TESTING
	 * and the level is MAY or ENCRYPT, verify as at level CA, but only
	 * report the result. */
	int sts_mode;
	/* The records to authenticate by, the caller's set; at a level other
	 * than DANE, the host's records, which do not authenticate it. */
	const struct smtptls_tlsa *tlsa;
	size_t tlsa_count;
	char sni[SMTPTLS_NAME_SIZE]; /* "" for a next hop without a name */
	int name_count;
	/* Reference names, one of which the certificate must have; at level
	 * DANE the first is the TLSA base domain. */
	char name[SMTPTLS_PLAN_NAMES][SMTPTLS_NAME_SIZE];
	/* 1: the host must be authenticated, even if at level DANE none of the
	 * records turns out to hold a certificate or key. */
	int authenticated;
};

/*
 * Decide on one host. `size`, `host_size` and `plan_size` are the sizes of the
 * structs as the caller knows them: pass sizeof. `plan->tlsa` points into
 * `host`; no other pointer is kept.
 *
 * Returns 0, or SMTPTLS_E_ARG if a pointer is NULL; if `domain`, `canonical`,
 * `peer_name`, `target` or the name of a configured next hop is not a host
 * name; if a number is out of range; if `peer_name` is set without level CA; or
 * if the MX look-up had NODATA and the host is not the domain. The plan then
 * has SMTPTLS_SKIP_UNKNOWN.
 */
SMTPTLS_API int smtptls_outbound_plan(const struct smtptls_outbound *outbound,
				      size_t size,
				      const struct smtptls_outbound_host *host,
				      size_t host_size,
				      struct smtptls_plan *plan,
				      size_t plan_size);

/* What to do with the message. */
enum smtptls_action {
	SMTPTLS_DELIVER = 1, /* there are hosts left to look up or try */
	SMTPTLS_DEFER,	     /* there are none now, but may be later */
	SMTPTLS_BOUNCE	     /* there are none, and will be none */
};

/* The decision on a message; new fields are only ever appended. */
struct smtptls_decision {
	int action;		 /* enum smtptls_action */
	const char *status;	 /* RFC 3463 code; NULL with DELIVER */
	const char *text;	 /* one constant sentence without a full stop */
	const char *policy_type; /* RFC 8460 section 4.2, never NULL */
	const char *result_type; /* RFC 8460 section 4.3, or NULL */
	size_t host; /* the index of the deciding plan; `count` if none did */
	/* 1: hosts failed a cached MTA-STS policy. Fetch it again and, if it
	 * has changed, plan again before carrying this out (RFC 8461 section
	 * 5.1). */
	int refetch;
};

/*
 * Decide on the message from the plans of the destination's hosts: `count`
 * structs of `plan_size` bytes each. Begin without plans: the MX look-up alone
 * decides, and DELIVER means to look up the hosts. After an attempt that
 * failed, set the `skip` of that host's plan and decide again.
 *
 * Returns 0, or SMTPTLS_E_ARG if a pointer is NULL (`plans` may be, if `count`
 * is 0), `plan_size` is too small, or the destination or a `skip` is invalid.
 * The decision is then SMTPTLS_DEFER.
 */
SMTPTLS_API int smtptls_outbound_decide(const struct smtptls_outbound *outbound,
					size_t size,
					const struct smtptls_plan *plans,
					size_t plan_size, size_t count,
					struct smtptls_decision *decision,
					size_t decision_size);

/* --- a connection --------------------------------------------------------- */

struct smtptls_conn;

/*
 * Set up a client's connection (smtptls_conn_new()) for the host of a plan: how
 * the server is verified, the name to send, and the names and TLSA records one
 * of which it must have. Call it before anything else is set; everything is
 * copied. Unlike with smtptls_conn_set_peer(), the name that is sent is not
 * accepted in the certificate: only the names in the plan's list are.
 *
 *   MAY, ENCRYPT  SMTPTLS_VERIFY_NONE; if an MTA-STS policy in testing mode
 *                 applies and the configuration has authorities,
 *                 SMTPTLS_VERIFY_OPTIONAL, and `verify` in smtptls_conn_info()
 *                 is what to report
 *   DANE          SMTPTLS_VERIFY_DANE
 *   CA            SMTPTLS_VERIFY_CA
 *   PIN           SMTPTLS_VERIFY_PIN; call smtptls_conn_add_pin() next
 *
 * REQUIRETLS is left to the caller, who sees under TLS whether it is offered.
 *
 * Returns the flags for smtptls_conn_negotiate(): SMTPTLS_TLS_OPTIONAL if going
 * on in the clear is allowed, else 0; or
 *   SMTPTLS_E_ARG        a pointer is NULL, `plan_size` is 0, or `conn` is a
 *                        server's
 *   SMTPTLS_E_STATE      TLS has started, the library is negotiating, the
 *                        connection is closed, or data was read or written
 *   SMTPTLS_E_CONFIG     the plan says to skip the host, or is not one that
 *                        smtptls_outbound_plan() makes; something was set
 *                        before; or the level is CA and the configuration has
 *                        no authorities; the connection has failed
 *   SMTPTLS_E_CERT_TLSA  the host must be authenticated, and none of its
 *                        records holds a certificate or key; the connection has
 *                        failed
 *   SMTPTLS_E_LIMIT      more than 64 records; the connection has failed
 *   SMTPTLS_E_NOMEM      the connection has failed
 * or the error with which the connection failed before.
 */
SMTPTLS_API int smtptls_outbound_apply(struct smtptls_conn *conn,
				       const struct smtptls_plan *plan,
				       size_t plan_size);

#ifdef __cplusplus
}
#endif

#endif
