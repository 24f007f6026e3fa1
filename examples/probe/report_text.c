/* SPDX-License-Identifier: MIT */
/*
 * report_text: the findings for people, in 80 columns. The first line sums them
 * up, as monitors show it; colours are for terminals.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "judge.h"
#include "report.h"

enum { WIDTH = 80, LABEL = 14 };

static const char *colour_of(enum severity severity)
{
	static const char *const colours[] = { "32", "33", "31", "35", "36" };

	return colours[severity];
}

static void print_severity(enum severity severity, int colour, int width)
{
	if (colour)
		printf("\033[1;%sm%-*s\033[0m", colour_of(severity), width,
		       severity_name(severity));
	else
		printf("%-*s", width, severity_name(severity));
}

static void begin_line(int indent)
{
	printf("\n%*s", indent, "");
}

/*
 * Print words from column `at` on, later lines indented by `indent`. A word
 * that is too long for that, like a digest, is moved to the left, or split.
 */
static void wrap(const char *text, int at, int indent)
{
	int len, first = 1;

	for (; *text; text += strspn(text, " ")) {
		len = (int)strcspn(text, " ");
		if (indent + len > WIDTH) {
			at = len <= WIDTH - 2 ? WIDTH - len : 2;
			begin_line(at);
		} else if (at + !first + len > WIDTH) {
			begin_line(indent);
			at = indent;
		} else if (!first) {
			putchar(' ');
			at++;
		}
		first = 0;
		while (at + len > WIDTH) {
			printf("%.*s", WIDTH - at, text);
			text += WIDTH - at;
			len -= WIDTH - at;
			at = 2;
			begin_line(at);
		}
		printf("%.*s", len, text);
		at += len;
		text += len;
	}
	putchar('\n');
}

__attribute__((format(printf, 2, 3))) static void field(const char *label,
							const char *format, ...)
{
	char text[4096];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	printf("  %-*s", LABEL - 2, label);
	wrap(text, LABEL, LABEL);
}

static void print_findings(const struct findings *findings, int colour)
{
	const struct finding *finding = findings->list;
	size_t i;

	for (i = 0; i < findings->count; i++, finding++) {
		printf("  ");
		print_severity(finding->severity, colour, LABEL - 2);
		wrap(finding->text, LABEL, LABEL);
		if (finding->change) {
			printf("%*schange: ", LABEL, "");
			wrap(finding->change, LABEL + 8, LABEL + 8);
		}
	}
}

/* ---- a host ---- */

static void print_date(const struct certificate *cert, char *text, size_t size)
{
	struct tm tm;
	long days = (long)((cert->until - time(NULL)) / (24L * 60 * 60));
	size_t n;

	if (!gmtime_r(&cert->until, &tm) ||
	    !(n = strftime(text, size, "%Y-%m-%d", &tm)))
		n = (size_t)snprintf(text, size, "?");
	snprintf(text + n, size - n, " (%ld day%s)", days,
		 days == 1 ? "" : "s");
}

static void print_chain(const struct attempt *attempt)
{
	const struct certificate *cert = attempt->chain;
	char label[16], date[48];
	size_t i;

	for (i = 0; i < attempt->chain_count; i++, cert++) {
		snprintf(label, sizeof(label), i == 0 ? "certificate" : "  %zu",
			 i);
		field(label, "%s", cert->subject);
		if (cert->names[0])
			field("", "for %s", cert->names);
		print_date(cert, date, sizeof(date));
		field("", "%s, signed %s, until %s", cert->key, cert->signature,
		      date);
		if (i + 1 == attempt->chain_count &&
		    strcmp(cert->subject, cert->issuer) != 0)
			field("", "issued by %s", cert->issuer);
	}
}

static void print_record(const struct record_fact *fact,
			 const struct attempt *attempt, size_t number)
{
	char text[2 * 65536 + 16];

	if (fact->unusable)
		field("TLSA", "record %zu is not usable: %s", number,
		      fact->unusable);
	else if (attempt->chain_count == 0)
		field("TLSA", "record %zu", number);
	else if (fact->depth < 0)
		field("TLSA", "record %zu matches nothing", number);
	else
		field("TLSA", "record %zu matches certificate %d%s", number,
		      fact->depth,
		      attempt->tlsa_record == number
			      ? ", and is the one that counts"
			      : "");
	if (smtptls_tlsa_format(&fact->record, text, sizeof(text)) > 140)
		memcpy(text + 140, "...", 4);
	printf("    ");
	wrap(text, 4, 4);
}

static void print_times(const struct attempt *attempt)
{
	char text[128];
	int n;

	n = snprintf(text, sizeof(text), "connection %ld ms",
		     attempt->connect_ms);
	if (attempt->dialogue_ms >= 0)
		n += snprintf(text + n, sizeof(text) - (size_t)n,
			      ", dialogue %ld ms", attempt->dialogue_ms);
	if (attempt->handshake_ms >= 0)
		snprintf(text + n, sizeof(text) - (size_t)n,
			 ", handshake %ld ms", attempt->handshake_ms);
	field("time", "%s", text);
}

static void print_publish(const struct host *host,
			  const struct attempt *attempt, int port)
{
	char record[80];

	if (attempt->chain_count == 0 || !host->name[0])
		return;
	field("to publish", "_%d._tcp.%s. IN TLSA", port,
	      host->base[0][0] ? host->base[0] : host->name);
	record_of(attempt, 0, record);
	printf("    %s\n", record);
	if (attempt->chain_count < 2)
		return;
	record_of(attempt, attempt->chain_count - 1, record);
	printf("    %s\n", record);
}

static void print_attempt(const struct host *host,
			  const struct attempt *attempt, int port)
{
	size_t i;

	printf("  %s\n", attempt->address.text);
	if (attempt->connect_errno)
		return;
	if (attempt->banner[0])
		field("banner", "%s", attempt->banner);
	if (attempt->ehlo_clear[0])
		field("EHLO", "%s", attempt->ehlo_clear);
	if (attempt->protocol[0])
		field("TLS", "%s, %s, %s%s%s", attempt->protocol,
		      attempt->cipher,
		      attempt->group[0] ? attempt->group : "no group",
		      attempt->signature[0] ? ", " : "", attempt->signature);
	if (attempt->tls)
		field("resumption", "%s",
		      attempt->resumed ? "yes" : "no: each handshake is full");
	if (attempt->ehlo_tls[0])
		field("EHLO, TLS", "%s", attempt->ehlo_tls);
	print_chain(attempt);
	for (i = 0; i < attempt->record_count; i++)
		print_record(&attempt->records[i], attempt, i + 1);
	if (attempt->looked)
		field("authorities", "%s",
		      attempt->by_ca == 1  ? "verified, with the host's name"
		      : attempt->by_ca < 0 ? smtptls_strerror(attempt->by_ca)
					   : "none known here");
	print_publish(host, attempt, port);
	print_times(attempt);
}

static void print_host(const struct destination *destination,
		       const struct host *host, int colour)
{
	const struct smtptls_outbound_host *outbound = &host->outbound;
	size_t i;

	putchar('\n');
	if (destination->outbound.configured)
		printf("%s\n", host->name[0] ? host->name : destination->name);
	else
		printf("%s (MX %d)\n", host->name, host->preference);
	if (host->target[0])
		field("alias of", "%s", host->target);
	if (outbound->a.status || outbound->aaaa.status)
		field("addresses", "A %s; AAAA %s", dns_word(&outbound->a),
		      dns_word(&outbound->aaaa));
	for (i = 0; i < 2 && host->base[i][0]; i++)
		field("TLSA at", "_%d._tcp.%s: %s", destination->port,
		      host->base[i], dns_word(&outbound->tlsa[i].dns));
	if (host->attempt_count > 0)
		field("level", "%s: %s", level_name(host->plan.level),
		      host->plan.text);
	for (i = 0; i < host->attempt_count; i++)
		print_attempt(host, &host->attempts[i], destination->port);
	print_findings(&host->findings, colour);
}

/* ---- the report ---- */

static const struct finding *first_of(const struct findings *findings,
				      enum severity severity)
{
	size_t i;

	for (i = 0; i < findings->count; i++) {
		if (findings->list[i].severity == severity)
			return &findings->list[i];
	}
	return NULL;
}

static void print_summary(const struct destination *destination, int colour)
{
	enum severity worst = worst_of(destination);
	const struct finding *finding = first_of(&destination->findings, worst);
	const char *who = destination->name;
	char line[WIDTH + 1];
	size_t i;
	int n;

	for (i = 0; !finding && i < destination->host_count; i++) {
		finding = first_of(&destination->hosts[i].findings, worst);
		if (finding && destination->hosts[i].name[0])
			who = destination->hosts[i].name;
	}
	print_severity(worst, colour, 0);
	n = snprintf(line, sizeof(line) - strlen(severity_name(worst)),
		     ": %s: %s", who,
		     finding ? finding->text : "nothing is wrong");
	if (n >= (int)(sizeof(line) - strlen(severity_name(worst))))
		memcpy(line + strlen(line) - 3, "...", 3);
	puts(line);
}

static void print_sts(const struct destination *destination)
{
	const struct sts_fact *sts = &destination->sts;

	if (!sts->asked)
		return;
	if (!destination->outbound.sts_text)
		field("MTA-STS", "%s", sts->error[0] ? sts->error : "none");
	else
		field("MTA-STS", "%s, for %lu days%s%s",
		      sts_mode_name(sts->policy.mode),
		      sts->policy.max_age / (24UL * 60 * 60),
		      sts->id[0] ? ", id " : "", sts->id);
}

void report_text(const struct destination *destination, int colour)
{
	static const char *const actions[] = { "", "deliver", "defer",
					       "bounce" };
	const struct smtptls_decision *decision = &destination->decision;
	size_t i;

	print_summary(destination, colour);
	if (!destination->outbound.configured) {
		putchar('\n');
		field("MX", "%s", dns_word(&destination->outbound.mx));
		if (destination->canonical[0])
			field("alias of", "%s", destination->canonical);
		print_sts(destination);
		field("decision", "%s%s%s: %s", actions[decision->action],
		      decision->status ? " " : "",
		      decision->status ? decision->status : "", decision->text);
	}
	print_findings(&destination->findings, colour);
	for (i = 0; i < destination->host_count; i++)
		print_host(destination, &destination->hosts[i], colour);
}
