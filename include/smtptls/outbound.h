/* SPDX-License-Identifier: MIT */
/*
 * Layer 2: outbound policy. What DNS and MTA-STS said of a destination, and
 * what a sender must do with it: which MX hosts to try, which of them must be
 * authenticated how, and when the message is deferred or bounced.
 *
 * RFC 7672 and 7671 (DANE), 6698 (TLSA), 8461 (MTA-STS), 8689 (REQUIRETLS),
 * 8460 (what is reported), 7505 (null MX).
 *
 * Pure functions over the caller's memory: no allocation, no I/O, no TLS. The
 * host's resolver asks the questions; what it learnt, with the security status
 * of each answer, goes in here.
 *
 * Host names are strings of ASCII (A-labels), in any case of letters, with or
 * without the final dot; names that are given out are in lower case without it.
 */
#ifndef SMTPTLS_OUTBOUND_H
#define SMTPTLS_OUTBOUND_H

#include <stddef.h>
#include <smtptls/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- TLSA records (RFC 6698) ---------------------------------------------- */

/* A TLSA record; an RR of four fields, which this struct will always have. */
struct smtptls_tlsa {
	int usage;		   /* certificate usage, 0 to 255 */
	int selector;		   /* 0 to 255 */
	int matching;		   /* matching type, 0 to 255 */
	const unsigned char *data; /* certificate association data */
	size_t data_len;
};

/*
 * Read a record from its RDATA, `len` bytes as a resolver gives them
 * (RFC 6698 section 2.1); `record->data` leads into `rdata`.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG     a pointer is NULL
 *   SMTPTLS_E_SYNTAX  shorter than the three fixed fields
 * A record that cannot be read is to be left out of its set; the set's answer
 * is SMTPTLS_DNS_RECORDS all the same.
 */
SMTPTLS_API int smtptls_tlsa_read(struct smtptls_tlsa *record,
				  const void *rdata, size_t len);

/*
 * 1 when a sender of mail can use the record (RFC 7672 sections 2.2 and 3.1):
 * usage DANE-TA(2) or DANE-EE(3), selector 0 or 1, matching type 0, 1 or 2, and
 * data of the digest's length, or, for type 0, exactly one DER SEQUENCE. Else 0
 * and, unless `why` is NULL, `*why` is a constant sentence; after 1 it is NULL.
 */
SMTPTLS_API int smtptls_tlsa_usable(const struct smtptls_tlsa *record,
				    const char **why);

/*
 * Read a record from its presentation format (RFC 6698 section 2.2), `len`
 * bytes of text: three fields, each a number, a name of RFC 7218 in any case of
 * letters ("DANE-EE", "SPKI", "SHA2-256") or both as in "DANE-EE(3)", then the
 * data in hexadecimal, with white space, parentheses and comments as in zone
 * files (RFC 1035 section 5.1). The data is written to `data` of `size` bytes,
 * to which `record->data` then leads. The record need not be usable.
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
 * Write a record in presentation format, "3 1 1 0123…", numbers and lower-case
 * hexadecimal, as a string to `text` of `size` bytes. Twice the length of the
 * data and 13 bytes are always enough.
 *
 * Returns the length of the string, or
 *   SMTPTLS_E_ARG    a pointer is NULL, a field is not of 0 to 255, or the data
 *                    is longer than any RDATA
 *   SMTPTLS_E_LIMIT  the string does not fit; `text` is "" if it has any room
 */
SMTPTLS_API int smtptls_tlsa_format(const struct smtptls_tlsa *record,
				    char *text, size_t size);

/* --- MTA-STS (RFC 8461) --------------------------------------------------- */

/* Room for a policy's id, a string. */
#define SMTPTLS_STS_ID_SIZE 33

/*
 * Find the id of a domain's policy in the TXT records at _mta-sts.DOMAIN
 * (RFC 8461 section 3.1). `text` are the `count` records, `len` their lengths;
 * the character-strings of a record are to be joined. Records that do not begin
 * with "v=STSv1;" do not count. `id` has SMTPTLS_STS_ID_SIZE bytes.
 *
 * Returns 1 when there is an id, 0 when no record counts and the domain has no
 * policy, or
 *   SMTPTLS_E_ARG     a pointer is NULL
 *   SMTPTLS_E_SYNTAX  the one record that counts is malformed
 *   SMTPTLS_E_LIMIT   more than one record counts
 * With either error the domain is to be taken for one without a policy; a
 * policy that is cached stays in force. `id` is "" unless 1 is returned.
 */
SMTPTLS_API int smtptls_sts_id(const char *const *text, const size_t *len,
			       size_t count, char *id);

/* The longest policy that is accepted, in bytes (section 3.3). */
#define SMTPTLS_STS_POLICY_MAX 65536

/* The longest life of a policy, in seconds (section 3.2). */
#define SMTPTLS_STS_MAX_AGE 31557600UL

/* What a policy asks for; 0 is none of these. */
enum smtptls_sts_mode {
	SMTPTLS_STS_NONE = 1, /* nothing: as if there were no policy */
	SMTPTLS_STS_TESTING,  /* deliver all the same, but report */
	SMTPTLS_STS_ENFORCE   /* never deliver to a host that fails */
};

/* A policy; the fields below `error` are the library's. */
struct smtptls_sts_policy {
	int mode;	       /* enum smtptls_sts_mode */
	unsigned long max_age; /* seconds, at most SMTPTLS_STS_MAX_AGE */
	size_t pattern_count;  /* mx patterns that count */
	size_t fault_count;    /* lines with a fault, see smtptls_sts_line() */
	const char *error;     /* why it is no policy, a constant sentence */
	const char *text;
	size_t len;
	int version_line;
	int mode_line;
	int max_age_line;
};

/*
 * Read a policy, the `len` bytes of `text` that the policy host sent
 * (RFC 8461 section 3.2). The text must live and stay as it is as long as
 * `policy` is used. `size` is sizeof(*policy).
 *
 * Lines end in LF or CRLF. Unknown keys are ignored. Of a key that is repeated
 * the first counts, but for mx. A line that is no field, or an mx pattern that
 * is no host name (an IP address, for one), is ignored; smtptls_sts_line() has
 * the fault. A max_age of more than SMTPTLS_STS_MAX_AGE is taken for that.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG     a pointer is NULL, or `size` is too small
 *   SMTPTLS_E_LIMIT   longer than SMTPTLS_STS_POLICY_MAX
 *   SMTPTLS_E_SYNTAX  no policy: version, mode or max_age is missing or wrong,
 *                     or mx is missing where the mode is not none
 * After LIMIT and SYNTAX `policy->error` says why and nothing matches.
 */
SMTPTLS_API int smtptls_sts_policy_parse(struct smtptls_sts_policy *policy,
					 size_t size, const char *text,
					 size_t len);

/*
 * 1 when `host`, the name of an MX host, matches one of the policy's patterns
 * (RFC 8461 section 4.1); "*." at the start of a pattern stands for exactly one
 * label. Else 0. It is the MX host that is compared, never a certificate.
 */
SMTPTLS_API int smtptls_sts_match(const struct smtptls_sts_policy *policy,
				  const char *host);

/* A line of a policy; the pointers lead into the text. */
struct smtptls_sts_line {
	int number;	 /* from 1 */
	size_t next;	 /* the library's */
	const char *key; /* NULL where the line is no field */
	size_t key_len;
	const char *value;
	size_t value_len;
	int ignored;	   /* 1: it does not count, because of its fault */
	const char *fault; /* a constant sentence; NULL: nothing is wrong */
};

/*
 * Go to the policy's next line, blank ones left out. All zeros is before the
 * first; the same `line` is given each time. Works after SMTPTLS_E_SYNTAX too.
 * `size` is sizeof(*line). Returns 1, or 0 at the end, when a pointer is NULL
 * or when `size` is too small.
 */
SMTPTLS_API int smtptls_sts_line(const struct smtptls_sts_policy *policy,
				 struct smtptls_sts_line *line, size_t size);

/* --- what the resolver said ----------------------------------------------- */

/*
 * The security status of an answer (RFC 4035 section 4.3, RFC 7672 section
 * 2.1). An answer with CNAME records is secure when all of the chain is.
 */
enum smtptls_dns_status {
	SMTPTLS_DNS_FAILED = 0, /* SERVFAIL, timeout, refused, malformed; and
				 * what was never asked */
	SMTPTLS_DNS_BOGUS,	/* validation failed */
	SMTPTLS_DNS_INSECURE,	/* not validated: unsigned, or the resolver
				 * does not validate */
	SMTPTLS_DNS_SECURE	/* validated */
};

/* What a secure or insecure answer is; of no meaning for the others. */
enum smtptls_dns_answer {
	SMTPTLS_DNS_RECORDS = 0, /* records of the type */
	SMTPTLS_DNS_NODATA,	 /* the name exists, the type does not */
	SMTPTLS_DNS_NXDOMAIN	 /* the name does not exist */
};

/* An answer; a struct that never grows. */
struct smtptls_dns {
	int status; /* enum smtptls_dns_status */
	int answer; /* enum smtptls_dns_answer */
};

/* The TLSA records at one name; a struct that never grows. */
struct smtptls_tlsa_set {
	struct smtptls_dns dns;
	const struct smtptls_tlsa *record;
	size_t count;
};

/* --- a destination -------------------------------------------------------- */

/*
 * How TLS is used for a host. The local level is a floor, which DANE and
 * MTA-STS raise; a host's plan has one of MAY, ENCRYPT, DANE, CA and PIN.
 */
enum smtptls_level {
	/* TLS if the server offers it, no authentication; no TLSA records are
	 * asked for. */
	SMTPTLS_LEVEL_MAY = 1,
	/* DANE where it is published, else MAY (opportunistic DANE, RFC 7672).
	 * In a plan: authenticated by the plan's TLSA records. */
	SMTPTLS_LEVEL_DANE,
	/* Never in the clear; DANE where it is published. */
	SMTPTLS_LEVEL_ENCRYPT,
	/* Only to hosts with usable TLSA records, of a secure MX set. */
	SMTPTLS_LEVEL_DANE_ONLY,
	/* Authenticated by the public authorities and the plan's names; where
	 * usable TLSA records are published, by them instead. */
	SMTPTLS_LEVEL_CA,
	/* Authenticated by a fingerprint that is known for the destination. */
	SMTPTLS_LEVEL_PIN
};

/* What became of the last attempt to have a destination's MTA-STS policy. */
enum smtptls_sts_state {
	SMTPTLS_STS_NO_POLICY = 0,  /* no TXT record, or none that is right */
	SMTPTLS_STS_FETCHED,	    /* the text has been fetched now */
	SMTPTLS_STS_CACHED,	    /* cached and not asked for again */
	SMTPTLS_STS_FETCH_ERROR,    /* announced, but could not be fetched */
	SMTPTLS_STS_WEBPKI_INVALID, /* so, by the web server's certificate */
	SMTPTLS_STS_POLICY_INVALID, /* fetched, but no policy */
	/* Whether there is one is not known: the look-up of the TXT record
	 * failed or was bogus. RFC 8460 has no result type for it. */
	SMTPTLS_STS_LOOKUP_FAILED
};

/* What is known of a destination, and what is wanted; all zeros to begin. */
struct smtptls_outbound {
	/* The next-hop domain: the recipient's, or what is configured in its
	 * place; NULL for a next hop that is configured by address alone. */
	const char *domain;
	/* 1: the next hop is a host by local configuration, not by an MX look-
	 * up; `mx` is not looked at (RFC 7672 section 2.2.1). */
	int configured;
	/* The MX look-up. After NODATA the one host is the domain itself. */
	struct smtptls_dns mx;
	/* Where `domain` is a CNAME: the final name; else NULL. */
	const char *canonical;
	/* The local level, enum smtptls_level; there is no default. */
	int level;
	/* What usable TLSA records mean for the hosts of an insecure MX set:
	 * SMTPTLS_LEVEL_MAY or 0, nothing (RFC 7672 section 2.2.1), or _ENCRYPT
	 * or _DANE. Never in the place of an authentication by STS or CA. */
	int insecure_mx_level;
	/* Level CA only: the one name that the certificate must have for this
	 * destination; NULL: none is set. */
	const char *peer_name;
	/* 1: the message must only go over authenticated TLS to servers that
	 * offer REQUIRETLS (RFC 8689 section 4.2.1). */
	int requiretls;
	/* 1: the message has "TLS-Required: No": DANE and MTA-STS are set
	 * aside, the local level is not (RFC 8689 section 5). */
	int tls_required_no;
	/* The MTA-STS policy's text: what was fetched or, where that failed,
	 * what is cached; NULL: neither. */
	const char *sts_text;
	size_t sts_len;
	int sts_state;	       /* enum smtptls_sts_state */
	unsigned long sts_age; /* seconds since the text was fetched */
};

/* What is known of one MX host, or of the configured next hop. */
struct smtptls_outbound_host {
	/* As in the MX record; NULL for a next hop that is configured by
	 * address alone. */
	const char *name;
	struct smtptls_dns a;
	struct smtptls_dns aaaa;
	/* Where `name` is a CNAME: the final name; else NULL. */
	const char *target;
	/* The look-up of `name` with type CNAME; needed only where `target` is
	 * set and neither `a` nor `aaaa` is secure. */
	struct smtptls_dns cname;
	/* The TLSA records at smtptls_outbound_base_domain() 0 and 1. */
	struct smtptls_tlsa_set tlsa[2];
};

/*
 * At which name TLSA records of a host are to be asked for: the TLSA base
 * domain (RFC 7672 section 2.2.3), before which the caller puts "_25._tcp.".
 * Call it with `i` 0 when the host's addresses are known and, when what it
 * named has been asked and is in `host->tlsa[0]`, with `i` 1.
 *
 * Returns host->target or host->name, or NULL when no (more) records are to be
 * asked for: unsigned zones are where servers answer such questions wrongly
 * (section 2.2.2). NULL also where smtptls_outbound_plan() returns an error.
 */
SMTPTLS_API const char *smtptls_outbound_base_domain(
	const struct smtptls_outbound *outbound, size_t size,
	const struct smtptls_outbound_host *host, size_t host_size, int i);

/* Why a host is not tried. */
enum smtptls_skip {
	SMTPTLS_TRY = 0,
	SMTPTLS_SKIP_UNKNOWN,	     /* the arguments made no sense */
	SMTPTLS_SKIP_MX,	     /* the MX look-up forbids it */
	SMTPTLS_SKIP_NULL_MX,	     /* "." (RFC 7505) */
	SMTPTLS_SKIP_NAME,	     /* the MX record has no host name */
	SMTPTLS_SKIP_NO_ADDRESS,     /* it has no address */
	SMTPTLS_SKIP_ADDRESS_FAILED, /* none is known, a look-up failed */
	SMTPTLS_SKIP_ADDRESS_BOGUS,  /* none is known, an answer was bogus */
	SMTPTLS_SKIP_TLSA_FAILED,    /* the look-up of its TLSA or CNAME did */
	SMTPTLS_SKIP_TLSA_BOGUS,
	SMTPTLS_SKIP_NO_TLSA,	 /* DANE_ONLY, and no usable secure records */
	SMTPTLS_SKIP_STS,	 /* an enforced policy does not name it */
	SMTPTLS_SKIP_STS_FAILED, /* REQUIRETLS needs a policy not known now */
	SMTPTLS_SKIP_NO_NAME,	 /* level CA, and no name to look for */
	SMTPTLS_SKIP_REQUIRETLS, /* cannot be authenticated as that asks */
	/* For the caller to set, once a host was tried. */
	SMTPTLS_SKIP_CONNECTION,   /* no connection, or it was lost */
	SMTPTLS_SKIP_TLS,	   /* TLS or authentication failed */
	SMTPTLS_SKIP_NO_REQUIRETLS /* not offered under TLS */
};

/* Room for a host name, a string. */
#define SMTPTLS_NAME_SIZE 254

/* Reference names of a plan, at most. */
#define SMTPTLS_PLAN_NAMES 4

/* What to do with one host. Fields are only ever appended. */
struct smtptls_plan {
	int skip;	    /* 0: try it; else enum smtptls_skip */
	const char *text;   /* why, one constant sentence without a full stop */
	const char *status; /* code of RFC 3463 for this host alone, or NULL */
	const char *policy_type; /* RFC 8460 section 4.2, never NULL */
	const char *result_type; /* RFC 8460 section 4.3, or NULL as yet */
	int ipv4;		 /* 1: its A records may be used */
	int ipv6;		 /* 1: its AAAA records may be used */
	int level;		 /* MAY, ENCRYPT, DANE, CA or PIN */
	int clear;	/* 1: it may go on in the clear where there is no TLS,
			 * or begin anew in the clear after a failed handshake */
	int requiretls; /* 1: the server must offer REQUIRETLS under TLS */
	/* The mode of the MTA-STS policy that applies, or 0. Where that is
	 * TESTING and the level MAY or ENCRYPT, verify as at level CA but only
	 * report what comes of it. */
	int sts_mode;
	/* The records to authenticate by, the caller's set; at another level
	 * than DANE the host's records that do not authenticate it. */
	const struct smtptls_tlsa *tlsa;
	size_t tlsa_count;
	char sni[SMTPTLS_NAME_SIZE]; /* "" for a next hop without a name */
	int name_count;
	/* Reference names, of which the certificate must have one; at level
	 * DANE the first is the TLSA base domain. */
	char name[SMTPTLS_PLAN_NAMES][SMTPTLS_NAME_SIZE];
	/* 1: the host has to be authenticated, also where at level DANE none of
	 * the records turns out to hold a certificate or key. */
	int authenticated;
};

/*
 * Decide on one host. `size`, `host_size` and `plan_size` are the sizes of the
 * structs as the caller knows them: pass sizeof. `plan->tlsa` leads into
 * `host`; nothing else is kept.
 *
 * Returns 0, or SMTPTLS_E_ARG: a pointer is NULL, `domain`, `canonical`,
 * `peer_name`, `target` or the name of a configured next hop is no host name, a
 * number is out of its range, `peer_name` comes without level CA, or after an
 * MX look-up with NODATA the host is not the domain. A plan then has
 * SMTPTLS_SKIP_UNKNOWN.
 */
SMTPTLS_API int smtptls_outbound_plan(const struct smtptls_outbound *outbound,
				      size_t size,
				      const struct smtptls_outbound_host *host,
				      size_t host_size,
				      struct smtptls_plan *plan,
				      size_t plan_size);

/* What becomes of the message. */
enum smtptls_action {
	SMTPTLS_DELIVER = 1, /* hosts are left to look up or to try */
	SMTPTLS_DEFER,	     /* none is, but one may be later */
	SMTPTLS_BOUNCE	     /* none is, nor will be */
};

/* The decision on a message to a destination; fields are only appended. */
struct smtptls_decision {
	int action;		 /* enum smtptls_action */
	const char *status;	 /* code of RFC 3463; NULL with DELIVER */
	const char *text;	 /* one constant sentence without a full stop */
	const char *policy_type; /* RFC 8460 section 4.2, never NULL */
	const char *result_type; /* RFC 8460 section 4.3, or NULL */
	size_t host; /* the plan that decided; `count` where none did */
	/* 1: hosts failed a cached MTA-STS policy. Fetch it again and, if it
	 * has changed, plan again before this is carried out (RFC 8461 section
	 * 5.1). */
	int refetch;
};

/*
 * Decide on the message from the plans of the destination's hosts: `count`
 * structs of `plan_size` bytes each. With no plans the MX look-up alone
 * decides, which is how to begin: DELIVER then means to look up the hosts.
 * Where a host was tried in vain, set its plan's `skip` and decide again.
 *
 * Returns 0, or SMTPTLS_E_ARG: a pointer is NULL (`plans` may be with `count`
 * 0), `plan_size` is too small, or the destination or a `skip` is not valid.
 * A decision then is SMTPTLS_DEFER.
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
 * Set a client's connection (smtptls_conn_new()) up for the host of a plan: how
 * the server is verified, the name that is sent, the names and TLSA records of
 * which it must have one. Call it before anything else is set; all is copied.
 * Unlike after smtptls_conn_set_peer(), the name that is sent is not looked for
 * in the certificate: the plan's list alone has the names that are.
 *
 *   MAY, ENCRYPT  SMTPTLS_VERIFY_NONE; where an MTA-STS policy in testing
 *                 applies and the configuration has authorities,
 *                 SMTPTLS_VERIFY_OPTIONAL, and `verify` in smtptls_conn_info()
 *                 is what to report
 *   DANE          SMTPTLS_VERIFY_DANE
 *   CA            SMTPTLS_VERIFY_CA
 *   PIN           SMTPTLS_VERIFY_PIN; call smtptls_conn_add_pin() next
 *
 * REQUIRETLS is left to the caller, who sees under TLS whether it is offered.
 *
 * Returns the flags for smtptls_conn_negotiate(), SMTPTLS_TLS_OPTIONAL where
 * going on in the clear is allowed and else 0; or
 *   SMTPTLS_E_ARG        a pointer is NULL, `plan_size` is 0, or `conn` is a
 *                        server's
 *   SMTPTLS_E_STATE      TLS has started, the library negotiates, the connection
 *                        is closed, or something was read or written
 *   SMTPTLS_E_CONFIG     the plan is to skip the host or is none that
 *                        smtptls_outbound_plan() makes, something was set
 *                        before, or level CA finds no authorities in the
 *                        configuration; the connection has failed
 *   SMTPTLS_E_CERT_TLSA  the host has to be authenticated, and none of its
 *                        records holds a certificate or key; the connection has
 *                        failed
 *   SMTPTLS_E_LIMIT      more than 64 records; the connection has failed
 *   SMTPTLS_E_NOMEM      the connection has failed
 * or the error by which the connection had failed before.
 */
SMTPTLS_API int smtptls_outbound_apply(struct smtptls_conn *conn,
				       const struct smtptls_plan *plan,
				       size_t plan_size);

#ifdef __cplusplus
}
#endif

#endif
