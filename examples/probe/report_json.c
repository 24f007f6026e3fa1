/* SPDX-License-Identifier: MIT */
/* report_json: the findings for programs, in one object (see the manual). */
#include "report.h"

#ifdef HAVE_JANSSON

#include <stdio.h>
#include <string.h>

#include <jansson.h>

static void set(json_t *object, const char *name, json_t *value)
{
	if (json_object_set_new(object, name, value) != 0)
		fail("no memory");
}

/* An empty string is left out. */
static void set_text(json_t *object, const char *name, const char *text)
{
	if (text && text[0])
		set(object, name, json_string(text));
}

static void set_number(json_t *object, const char *name, long number)
{
	set(object, name, json_integer(number));
}

static void set_bool(json_t *object, const char *name, int value)
{
	set(object, name, value ? json_true() : json_false());
}

static void set_hex(json_t *object, const char *name,
		    const unsigned char digest[32])
{
	char hex[65];

	to_hex(hex, digest);
	set(object, name, json_string(hex));
}

static void set_time(json_t *object, const char *name, time_t when)
{
	char text[32] = "";
	struct tm tm;

	if (when > 0 && gmtime_r(&when, &tm))
		(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	set_text(object, name, text);
}

static json_t *findings_of(const struct findings *findings)
{
	json_t *array = json_array(), *object;
	size_t i;

	for (i = 0; i < findings->count; i++) {
		object = json_object();
		set_text(object, "severity",
			 severity_name(findings->list[i].severity));
		set_text(object, "text", findings->list[i].text);
		set_text(object, "change", findings->list[i].change);
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *chain_of(const struct attempt *attempt)
{
	const struct certificate *cert = attempt->chain;
	json_t *array = json_array(), *object;
	size_t i;

	for (i = 0; i < attempt->chain_count; i++, cert++) {
		object = json_object();
		set_text(object, "subject", cert->subject);
		set_text(object, "issuer", cert->issuer);
		set_text(object, "names", cert->names);
		set_text(object, "key", cert->key);
		set_text(object, "signature", cert->signature);
		set_time(object, "from", cert->from);
		set_time(object, "until", cert->until);
		set_number(
			object, "days_left",
			(long)((cert->until - time(NULL)) / (24L * 60 * 60)));
		set_hex(object, "cert_sha256", cert->cert_sha256);
		set_hex(object, "spki_sha256", cert->spki_sha256);
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *records_of(const struct attempt *attempt)
{
	static char text[2 * 65536 + 16];
	const struct record_fact *fact = attempt->records;
	json_t *array = json_array(), *object;
	size_t i;

	for (i = 0; i < attempt->record_count; i++, fact++) {
		object = json_object();
		if (smtptls_tlsa_format(&fact->record, text, sizeof(text)) > 0)
			set_text(object, "record", text);
		set_bool(object, "usable", !fact->unusable);
		set_text(object, "unusable", fact->unusable);
		if (fact->depth >= 0)
			set_number(object, "matches", fact->depth);
		set_bool(object, "counts", attempt->tlsa_record == i + 1);
		json_array_append_new(array, object);
	}
	return array;
}

static const char *verdict_of(const struct attempt *attempt)
{
	if (attempt->connect_errno)
		return "unreachable";
	if (attempt->clear)
		return "clear";
	if (attempt->lacks_requiretls)
		return "failed";
	if (!attempt->tls)
		return "failed";
	return attempt->verify == 1 ? "verified" : "encrypted";
}

static void set_error(json_t *object, const struct attempt *attempt)
{
	const struct smtptls_error_info *info =
		smtptls_error_info(attempt->error);

	if (attempt->connect_errno)
		set_text(object, "text", strerror(attempt->connect_errno));
	if (attempt->error && info)
		set_text(object, "error", info->name);
	set_text(object, "reason", smtptls_reason_name(attempt->reason));
	set_text(object, "text", attempt->text);
}

static void set_authorities(json_t *object, const struct attempt *attempt)
{
	const struct smtptls_error_info *info =
		smtptls_error_info(attempt->by_ca);

	if (!attempt->looked)
		return;
	set_text(object, "by_authorities",
		 attempt->by_ca == 1	      ? "verified"
		 : attempt->by_ca < 0 && info ? info->name
					      : "unknown");
}

static json_t *attempt_of(const struct attempt *attempt)
{
	json_t *object = json_object(), *times = json_object();

	set_text(object, "address", attempt->address.text);
	set_text(object, "verdict", verdict_of(attempt));
	set_error(object, attempt);
	set_text(object, "banner", attempt->banner);
	set_text(object, "ehlo", attempt->ehlo_clear);
	set_text(object, "ehlo_tls", attempt->ehlo_tls);
	set_text(object, "protocol", attempt->protocol);
	set_text(object, "cipher", attempt->cipher);
	set_text(object, "group", attempt->group);
	set_text(object, "signature", attempt->signature);
	if (attempt->tls)
		set_bool(object, "resumed", attempt->resumed);
	set(object, "chain", chain_of(attempt));
	set(object, "tlsa", records_of(attempt));
	set_authorities(object, attempt);
	set_text(object, "takes_protocol", attempt->wide_protocol);
	set_text(object, "takes_cipher", attempt->wide_cipher);
	set_text(object, "shadow", attempt->shadow_text);
	if (attempt->connect_ms >= 0)
		set_number(times, "connection", attempt->connect_ms);
	if (attempt->dialogue_ms >= 0)
		set_number(times, "dialogue", attempt->dialogue_ms);
	if (attempt->handshake_ms >= 0)
		set_number(times, "handshake", attempt->handshake_ms);
	set(object, "ms", times);
	return object;
}

static json_t *names_of(const struct smtptls_plan *plan)
{
	json_t *array = json_array();
	int i;

	for (i = 0; i < plan->name_count; i++)
		json_array_append_new(array, json_string(plan->name[i]));
	return array;
}

static json_t *host_of(const struct host *host)
{
	json_t *object = json_object(), *attempts = json_array();
	const struct smtptls_outbound_host *outbound = &host->outbound;
	size_t i;

	set_text(object, "host", host->name);
	set_number(object, "preference", host->preference);
	set_text(object, "alias_of", host->target);
	set_text(object, "a", dns_word(&outbound->a));
	set_text(object, "aaaa", dns_word(&outbound->aaaa));
	if (host->base[0][0])
		set_text(object, "tlsa_at", host->base[0]);
	if (host->base[0][0])
		set_text(object, "tlsa", dns_word(&outbound->tlsa[0].dns));
	set_bool(object, "tried", host->attempt_count > 0);
	set_text(object, "level", level_name(host->plan.level));
	set_bool(object, "clear_allowed", host->plan.clear);
	set_text(object, "why", host->plan.text);
	set_text(object, "policy_type", host->plan.policy_type);
	set_text(object, "result_type", host->plan.result_type);
	set_text(object, "sni", host->plan.sni);
	set(object, "names", names_of(&host->plan));
	for (i = 0; i < host->attempt_count; i++)
		json_array_append_new(attempts, attempt_of(&host->attempts[i]));
	set(object, "attempts", attempts);
	set(object, "findings", findings_of(&host->findings));
	return object;
}

static json_t *sts_of(const struct destination *destination)
{
	const struct sts_fact *sts = &destination->sts;
	json_t *object = json_object();

	set_text(object, "id", sts->id);
	set_text(object, "mode",
		 destination->outbound.sts_text
			 ? sts_mode_name(sts->policy.mode)
			 : "no policy");
	set_text(object, "error", sts->error);
	return object;
}

void report_json(const struct destination *destination)
{
	static const char *const actions[] = { "", "deliver", "defer",
					       "bounce" };
	const struct smtptls_decision *decision = &destination->decision;
	json_t *object = json_object(), *hosts = json_array();
	size_t i;

	set_text(object, "destination", destination->name);
	set_number(object, "port", destination->port);
	set_text(object, "status", severity_name(worst_of(destination)));
	set_text(object, "action", actions[decision->action]);
	set_text(object, "code", decision->status);
	set_text(object, "text", decision->text);
	if (!destination->outbound.configured) {
		set_text(object, "mx", dns_word(&destination->outbound.mx));
		set_text(object, "alias_of", destination->canonical);
		set(object, "sts", sts_of(destination));
	}
	set(object, "findings", findings_of(&destination->findings));
	for (i = 0; i < destination->host_count; i++)
		json_array_append_new(hosts, host_of(&destination->hosts[i]));
	set(object, "hosts", hosts);
	if (json_dumpf(object, stdout, JSON_INDENT(2)) != 0)
		fail("standard output cannot be written");
	putchar('\n');
	json_decref(object);
}

#else

void report_json(const struct destination *destination)
{
	(void)destination; /* options refuses it in this build */
}

#endif
