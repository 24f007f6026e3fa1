/* SPDX-License-Identifier: MIT */
/*
 * judge_host: what is wrong with one host, and what to change.
 *
 * The library's sentences say why TLS failed, and mostly what would help. This
 * file adds what only a probe knows: which records to publish, which name the
 * certificate lacks, when it expires.
 */
#include "judge.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { DAY = 24 * 60 * 60 };

void record_of(const struct attempt *attempt, size_t depth, char text[80])
{
	char hex[65];

	to_hex(hex, attempt->chain[depth].spki_sha256);
	snprintf(text, 80, "%d 1 1 %s", depth == 0 ? 3 : 2, hex);
}

/* ---- hosts that are not tried ---- */

static enum severity skip_severity(int skip)
{
	switch (skip) {
	case SMTPTLS_SKIP_ADDRESS_FAILED:
	case SMTPTLS_SKIP_TLSA_FAILED:
		return UNKNOWN;
	default:
		return CRITICAL;
	}
}

static const char *skip_change(int skip)
{
	switch (skip) {
	case SMTPTLS_SKIP_NULL_MX:
		return "if the domain is to have mail, name its hosts in place "
		       "of the MX record \".\"";
	case SMTPTLS_SKIP_NAME:
		return "give the MX record the name of a host; an address is "
		       "not one";
	case SMTPTLS_SKIP_NO_ADDRESS:
		return "give the host an A or AAAA record, or remove its MX "
		       "record";
	case SMTPTLS_SKIP_ADDRESS_BOGUS:
	case SMTPTLS_SKIP_TLSA_BOGUS:
		return "sign the host's zone again, and compare the DS record "
		       "at its parent with its key";
	case SMTPTLS_SKIP_ADDRESS_FAILED:
		return "check that the name servers of the host's zone answer, "
		       "and the resolver here";
	case SMTPTLS_SKIP_TLSA_FAILED:
		return "check that the name servers of the host's zone answer "
		       "queries for TLSA records, with NODATA where there are "
		       "none";
	case SMTPTLS_SKIP_NO_TLSA:
		return "publish a TLSA record 3 1 1 in a signed zone, or "
		       "require less than dane-only";
	default:
		return NULL;
	}
}

static void sts_change(const struct host *host, char *text, size_t size)
{
	snprintf(text, size,
		 "add the line \"mx: %.253s\" to the policy and change the id "
		 "in the TXT record, or remove the host's MX record",
		 host->name);
}

static void judge_skip(struct host *host)
{
	const char *change = skip_change(host->plan.skip);
	char text[512];

	if (host->plan.skip == SMTPTLS_SKIP_STS) {
		sts_change(host, text, sizeof(text));
		change = text;
	}
	find(&host->findings, skip_severity(host->plan.skip), change,
	     "not tried: %s", host->plan.text);
}

/* ---- attempts that failed ---- */

static int no_route(int number)
{
	return number == ENETUNREACH || number == EADDRNOTAVAIL ||
	       number == EAFNOSUPPORT;
}

static void judge_no_connection(struct host *host,
				const struct attempt *attempt)
{
	size_t i, others = 0;

	for (i = 0; i < host->attempt_count; i++)
		others += host->attempts[i].connect_errno == 0;
	if (no_route(attempt->connect_errno))
		find(&host->findings, others ? NOTE : UNKNOWN, NULL,
		     "%s: this machine has no route there (%s)",
		     attempt->address.text, strerror(attempt->connect_errno));
	else
		find(&host->findings, others ? WARNING : CRITICAL,
		     others ? "let the server listen there, or remove the "
			      "address"
			    : "check that the server listens there, and that "
			      "no firewall drops what comes from here",
		     "%s: no connection: %s", attempt->address.text,
		     strerror(attempt->connect_errno));
}

/* Which record to publish, or which chain to send. */
static void tlsa_change(const struct host *host, const struct attempt *attempt,
			int port, char *text, size_t size)
{
	const char *base = host->base[0][0] ? host->base[0] : host->name;
	char record[80];
	size_t i, ta = 0;

	for (i = 0; i < attempt->record_count; i++)
		ta += attempt->records[i].record.usage == 2;
	if (attempt->chain_count == 0) {
		snprintf(text, size, "let the server present a certificate");
		return;
	}
	record_of(attempt, 0, record);
	if (ta > 0 && ta == attempt->record_count)
		snprintf(text, size,
			 "let the server send, after its own, the certificate "
			 "that the record is for, or publish _%d._tcp.%.253s "
			 "IN TLSA %s",
			 port, base, record);
	else
		snprintf(text, size,
			 "publish _%d._tcp.%.253s IN TLSA %s, or install the "
			 "certificate whose key is published; before the next "
			 "change of keys publish the new key's record "
			 "alongside the old one",
			 port, base, record);
}

/* The server accepts a protocol or cipher that this side does not offer. */
static void wide_change(const struct attempt *attempt, char *text, size_t size)
{
	int modern = strcmp(attempt->wide_protocol, "TLSv1.3") == 0;

	snprintf(
		text, size,
		"the server takes %s with %s: let it have TLS 1.2 and 1.3 with "
		"ECDHE and AES-GCM, or reach it by --protocols %s%s%s%s",
		attempt->wide_protocol, attempt->wide_cipher,
		attempt->wide_protocol, modern ? "" : " --ciphers ",
		modern ? "" : attempt->wide_cipher,
		modern ? "" : ":@SECLEVEL=0");
}

static void judge_failure(const struct destination *destination,
			  struct host *host, const struct attempt *attempt)
{
	const char *why = host->plan.level == SMTPTLS_LEVEL_DANE
				  ? "; the host has TLSA records, so nothing "
				    "is sent without TLS"
			  : host->plan.sts_mode == SMTPTLS_STS_ENFORCE
				  ? "; the MTA-STS policy is enforced, so "
				    "nothing is sent to it"
			  : attempt->retry == SMTPTLS_RETRY_NEW_CONNECTION_CLEAR
				  ? "; senders deliver in the clear"
				  : "";
	char change[600] = "";
	int whole = 0;

	switch (attempt->reason) {
	case SMTPTLS_REASON_CERT_TLSA:
		tlsa_change(host, attempt, destination->port, change,
			    sizeof(change));
		break;
	case SMTPTLS_REASON_CERT_TRUST:
		whole = 1;
		snprintf(change, sizeof(change),
			 "let the server send the intermediate certificates "
			 "after its own (fullchain.pem), or install one of a "
			 "public authority; if its authority is right, give it "
			 "by --ca");
		break;
	case SMTPTLS_REASON_NO_STARTTLS:
		snprintf(change, sizeof(change),
			 "switch TLS on there (Postfix: "
			 "smtpd_tls_security_level = may, with a certificate); "
			 "if it is on, something in between removes the offer");
		break;
	default:
		if (attempt->wide_protocol[0])
			wide_change(attempt, change, sizeof(change));
		break;
	}
	/* the library's general advice follows the colon, and is replaced */
	find(&host->findings, CRITICAL, change[0] ? change : NULL, "%s: %.*s%s",
	     attempt->address.text,
	     (int)(change[0] && !whole ? strcspn(attempt->text, ":")
				       : strlen(attempt->text)),
	     attempt->text, why);
}

/* ---- attempts that succeeded ---- */

static void judge_clear(struct host *host, const struct attempt *attempt,
			const struct options *options)
{
	const char *what, *change;

	switch (attempt->reason) {
	case SMTPTLS_REASON_STARTTLS_REFUSED:
		what = "STARTTLS is offered, but refused";
		change = "see the server's own log for the reason";
		break;
	case SMTPTLS_REASON_STARTTLS_MASKED:
		what = "STARTTLS is masked on the way (\"XXXXXXX\")";
		change =
			"switch off SMTP inspection in the firewall in between";
		break;
	default:
		what = "STARTTLS is not available";
		change = "switch TLS on there (Postfix: "
			 "smtpd_tls_security_level = may, with a certificate); "
			 "if it is on, something in between removes the offer";
		break;
	}
	find(&host->findings,
	     options->level_given && options->level == SMTPTLS_LEVEL_MAY
		     ? WARNING
		     : CRITICAL,
	     change, "%s: %s%s: senders deliver in the clear",
	     attempt->address.text, what, attempt->refusal);
}

/* 1 if DANE-EE matched: names and dates do not count. */
static int is_dane_ee(const struct attempt *attempt)
{
	return attempt->verify == 1 && attempt->tlsa_record > 0 &&
	       attempt->tlsa_record <= attempt->record_count &&
	       attempt->records[attempt->tlsa_record - 1].record.usage == 3;
}

static void judge_dates(struct host *host, const struct attempt *attempt,
			const struct options *options)
{
	const struct certificate *cert = attempt->chain;
	time_t now = time(NULL);
	long left;
	enum severity severity;
	size_t i;

	for (i = 0; i < attempt->chain_count; i++, cert++) {
		if (cert->until == 0 || cert->until == (time_t)-1)
			continue;
		left = (long)((cert->until - now) / DAY);
		if (left >= options->warn_days)
			continue;
		severity = left < options->crit_days ? CRITICAL : WARNING;
		if (is_dane_ee(attempt))
			severity = WARNING;
		if (cert->until < now)
			find(&host->findings, severity, "renew it",
			     "%s: the certificate of %s has expired%s",
			     attempt->address.text, cert->subject,
			     is_dane_ee(attempt)
				     ? ", which DANE-EE permits, and other "
				       "senders may not"
				     : "");
		else
			find(&host->findings, severity,
			     "renew it; with DANE keep the key, or publish the "
			     "new one's record first",
			     "%s: the certificate of %s expires in %ld day%s",
			     attempt->address.text, cert->subject, left,
			     left == 1 ? "" : "s");
	}
}

static void judge_records(const struct destination *destination,
			  struct host *host, const struct attempt *attempt)
{
	const struct record_fact *fact = attempt->records;
	size_t i, unusable = 0;
	char record[80] = "";

	for (i = 0; i < attempt->record_count; i++, fact++) {
		if (!fact->unusable)
			continue;
		unusable++;
		find(&host->findings, WARNING,
		     "remove it, or write it as 3 1 1 or 2 1 1",
		     "TLSA record %zu, %d %d %d, is not usable: %s", i + 1,
		     fact->record.usage, fact->record.selector,
		     fact->record.matching, fact->unusable);
	}
	if (unusable == 0 || unusable < attempt->record_count ||
	    attempt->chain_count == 0)
		return;
	record_of(attempt, 0, record);
	find(&host->findings, CRITICAL, NULL,
	     "no TLSA record is usable, so nobody can authenticate the host: "
	     "publish _%d._tcp.%s IN TLSA %s",
	     destination->port, host->base[0][0] ? host->base[0] : host->name,
	     record);
}

/* What a policy in mode testing would have stopped. */
static void judge_testing(struct host *host, const struct attempt *attempt)
{
	char change[512];

	if (host->plan.sts_mode != SMTPTLS_STS_TESTING)
		return;
	sts_change(host, change, sizeof(change));
	if (host->plan.result_type &&
	    strcmp(host->plan.policy_type, "sts") == 0)
		find(&host->findings, WARNING, change,
		     "the MTA-STS policy, which is in testing mode, does not "
		     "name the host");
	else if (attempt->verify < 0)
		find(&host->findings, WARNING, NULL,
		     "%s: the MTA-STS policy, which is in testing mode, would "
		     "stop mail: %s",
		     attempt->address.text, smtptls_strerror(attempt->verify));
}

static void judge_success(const struct destination *destination,
			  struct host *host, const struct attempt *attempt,
			  const struct options *options)
{
	if (attempt->verify == 1 && attempt->tlsa_record > 0)
		find(&host->findings, OK, NULL,
		     "%s: authenticated by TLSA record %u",
		     attempt->address.text, attempt->tlsa_record);
	else if (attempt->verify == 1)
		find(&host->findings, OK, NULL, "%s: authenticated by %s",
		     attempt->address.text,
		     host->plan.level == SMTPTLS_LEVEL_PIN
			     ? "its fingerprint"
			     : "the authorities and its name");
	else
		find(&host->findings, OK, NULL,
		     "%s: encrypted, not authenticated", attempt->address.text);
	if (attempt->tlsa_weak_key)
		find(&host->findings, WARNING,
		     "use a key of 2048 bits (RSA) or on P-256",
		     "%s: the key is weaker than the security level requires, "
		     "which DANE-EE permits",
		     attempt->address.text);
	judge_records(destination, host, attempt);
	judge_testing(host, attempt);
	judge_dates(host, attempt, options);
	if (attempt->shadow_error)
		find(&host->findings, NOTE, NULL,
		     "%s: with the shadow settings: %s", attempt->address.text,
		     attempt->shadow_text);
}

void judge_host(const struct destination *destination, struct host *host,
		const struct options *options)
{
	const struct attempt *attempt = host->attempts;
	size_t i;

	if (host->attempt_count == 0 && host->plan.skip)
		judge_skip(host);
	for (i = 0; i < host->attempt_count; i++, attempt++) {
		if (attempt->connect_errno)
			judge_no_connection(host, attempt);
		else if (attempt->clear)
			judge_clear(host, attempt, options);
		else if (attempt->lacks_requiretls)
			find(&host->findings, CRITICAL,
			     "a server that offers it has to pass it on; where "
			     "that is not possible, send without it",
			     "%s: REQUIRETLS is not offered under TLS: a "
			     "message that asks for it is bounced",
			     attempt->address.text);
		else if (attempt->error)
			judge_failure(destination, host, attempt);
		else
			judge_success(destination, host, attempt, options);
	}
}
