/* SPDX-License-Identifier: MIT */
/*
 * facts: what a probe has learned about a destination, for the judge and the
 * reports. Everything received from others is ASCII here, other bytes being
 * escaped.
 */
#ifndef PROBE_FACTS_H
#define PROBE_FACTS_H

#include <sys/socket.h>
#include <time.h>

#include <smtptls.h>

enum { HOSTS_MAX = 16, ADDRESSES_MAX = 8, RECORDS_MAX = 32, CHAIN_MAX = 16 };

/* The severity of a finding, which becomes the exit status; worse_of() ranks
 * them. NOTE is only for readers, and OK for a check that passed. */
enum severity { OK = 0, WARNING = 1, CRITICAL = 2, UNKNOWN = 3, NOTE = 4 };

struct finding {
	enum severity severity;
	char *text;   /* what is wrong */
	char *change; /* what to do about it; NULL if the text says it */
};

struct findings {
	struct finding *list;
	size_t count;
};

/* A certificate of a server's chain. */
struct certificate {
	char subject[256];
	char issuer[256];
	char names[512]; /* in its SAN */
	char key[48];	 /* "ECDSA 256 bits" */
	char signature[48];
	time_t from, until;
	unsigned char cert_sha256[32], spki_sha256[32];
};

struct address {
	char text[64];
	struct sockaddr_storage sockaddr;
	socklen_t len;
};

/* A TLSA record, and what it matches. */
struct record_fact {
	struct smtptls_tlsa record;
	const char *unusable; /* why, or NULL */
	int depth;	      /* of the certificate that it matches, or -1 */
};

/* The results for one address. */
struct attempt {
	struct address address;
	int connect_errno; /* 0: connected */
	char banner[512];
	char ehlo_clear[1024]; /* capabilities, "" if there was no reply */
	char ehlo_tls[1024];   /* as far as there is room */
	int tls;	       /* the connection by the plan had TLS */
	int resumed;	       /* another connection resumed its session */
	int requiretls;	       /* REQUIRETLS is offered under TLS */
	int lacks_requiretls;  /* the plan requires it, but it is not offered */
	int clear;	       /* it went on in the clear, as the plan allows */
	int error;	       /* SMTPTLS_E_… with which it failed */
	int reason;	       /* enum smtptls_reason */
	char text[512];	       /* the library's sentence */
	char refusal[256];     /* the refusing reply, as " (\"…\")" */
	int retry;	       /* enum smtptls_retry */
	int report;	       /* a TLS report has a result for it */
	struct smtptls_advice advice;
	int verify; /* from smtptls_conn_info() */
	unsigned tlsa_record, tlsa_depth;
	int tlsa_weak_key;
	int looked; /* a second connection, for any certificate, had TLS */
	int by_ca;  /* its verdict by the authorities: 1, or an error */
	int by_ca_reason;
	char protocol[16], cipher[64], group[48], signature[64];
	struct certificate chain[CHAIN_MAX];
	size_t chain_count;
	struct record_fact records[RECORDS_MAX];
	size_t record_count;
	/* What the server takes if it refuses the first settings. */
	char wide_protocol[16], wide_cipher[64];
	int shadow_error; /* with the shadow settings; 0: fine */
	char shadow_text[512];
	long connect_ms, dialogue_ms, handshake_ms; /* -1: not reached */
};

struct host {
	char name[1024]; /* as in DNS */
	int preference;
	char target[SMTPTLS_NAME_SIZE];	 /* of its CNAME, or "" */
	char base[2][SMTPTLS_NAME_SIZE]; /* where TLSA records were looked up */
	struct smtptls_outbound_host outbound;
	struct smtptls_tlsa *records[2]; /* for `outbound`, freed here */
	struct smtptls_plan plan;
	struct address addresses[ADDRESSES_MAX];
	size_t address_count;
	struct attempt *attempts; /* one for each address that was tried */
	size_t attempt_count;
	struct findings findings;
};

struct sts_fact {
	int asked; /* 1: the TXT record was looked up, or a file was given */
	char id[SMTPTLS_STS_ID_SIZE];
	int id_error;	 /* from smtptls_sts_id(), or 0 */
	char error[256]; /* why there is no policy, or "" */
	char *text;
	struct smtptls_sts_policy policy;
	int parsed;
};

struct destination {
	const char *name;
	int port;
	char canonical[SMTPTLS_NAME_SIZE];
	struct smtptls_outbound outbound;
	struct sts_fact sts;
	struct host *hosts;
	size_t host_count;
	size_t hosts_left_out; /* more than HOSTS_MAX */
	struct smtptls_decision decision;
	struct findings findings;
};

/* A local error: print one line on stderr, and exit with UNKNOWN. */
_Noreturn void fail(const char *format, ...)
	__attribute__((format(printf, 1, 2), noreturn));

/* Add a finding; `change` may be NULL. */
__attribute__((format(printf, 4, 5))) void find(struct findings *findings,
						enum severity severity,
						const char *change,
						const char *format, ...);

enum severity worse_of(enum severity a, enum severity b);
enum severity worst_of(const struct destination *destination);

/* Write bytes as printable ASCII, others as \xNN; cut at `size`. */
void escape(char *text, size_t size, const void *data, size_t len);
/* Write 32 bytes in hexadecimal. */
void to_hex(char text[65], const unsigned char digest[32]);

const char *level_name(int level);
const char *dns_word(const struct smtptls_dns *dns);
const char *sts_mode_name(int mode);
const char *severity_name(enum severity severity);

void destination_free(struct destination *destination);

#endif
