/* SPDX-License-Identifier: MIT */
/*
 * facts: findings and words that the judge and the reports share.
 *
 * A probe exits when memory runs out: it has no state to preserve.
 */
#include "facts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fail(const char *format, ...)
{
	va_list ap;

	fputs("smtptls-probe: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(UNKNOWN);
}

void find(struct findings *findings, enum severity severity, const char *change,
	  const char *format, ...)
{
	char text[1024];
	struct finding *new;
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	new = realloc(findings->list, (findings->count + 1) * sizeof(*new));
	if (!new)
		fail("no memory");
	findings->list = new;
	new += findings->count++;
	new->severity = severity;
	new->text = strdup(text);
	new->change = change ? strdup(change) : NULL;
	if (!new->text || (change && !new->change))
		fail("no memory");
}

/* CRITICAL is certain, and takes precedence over UNKNOWN. */
enum severity worse_of(enum severity a, enum severity b)
{
	static const int rank[] = { [OK] = 0,
				    [NOTE] = 0,
				    [WARNING] = 1,
				    [UNKNOWN] = 2,
				    [CRITICAL] = 3 };
	enum severity worse = rank[a] >= rank[b] ? a : b;

	return worse == NOTE ? OK : worse;
}

static enum severity worst_in(const struct findings *findings,
			      enum severity worst)
{
	size_t i;

	for (i = 0; i < findings->count; i++)
		worst = worse_of(worst, findings->list[i].severity);
	return worst;
}

enum severity worst_of(const struct destination *destination)
{
	enum severity worst = worst_in(&destination->findings, OK);
	size_t i;

	for (i = 0; i < destination->host_count; i++)
		worst = worst_in(&destination->hosts[i].findings, worst);
	return worst;
}

void escape(char *text, size_t size, const void *data, size_t len)
{
	const unsigned char *p = data, *end = p + len;
	char *to = text, *last = text + size - 1;

	for (; p < end; p++) {
		if (*p >= ' ' && *p < 0x7f) {
			if (last - to < 1)
				break;
			*to++ = (char)*p;
		} else {
			if (last - to < 4)
				break;
			to += snprintf(to, 5, "\\x%02x", *p);
		}
	}
	*to = '\0';
}

void to_hex(char text[65], const unsigned char digest[32])
{
	int i;

	for (i = 0; i < 32; i++)
		snprintf(text + (size_t)2 * (size_t)i, 3, "%02x", digest[i]);
}

const char *level_name(int level)
{
	static const char *const names[] = { "none",	"may",	     "dane",
					     "encrypt", "dane-only", "ca",
					     "pin" };

	return level >= 0 && level <= SMTPTLS_LEVEL_PIN ? names[level] : "none";
}

const char *dns_word(const struct smtptls_dns *dns)
{
	static const char *const secure[] = { "signed", "none, signed",
					      "no such name, signed" };
	static const char *const insecure[] = { "unsigned", "none, unsigned",
						"no such name, unsigned" };

	switch (dns->status) {
	case SMTPTLS_DNS_SECURE:
		return secure[dns->answer];
	case SMTPTLS_DNS_INSECURE:
		return insecure[dns->answer];
	case SMTPTLS_DNS_BOGUS:
		return "bogus";
	default:
		return "failed";
	}
}

const char *sts_mode_name(int mode)
{
	static const char *const names[] = { "no policy", "none", "testing",
					     "enforce" };

	return mode >= 0 && mode <= SMTPTLS_STS_ENFORCE ? names[mode]
							: "no policy";
}

const char *severity_name(enum severity severity)
{
	static const char *const names[] = { "OK", "WARNING", "CRITICAL",
					     "UNKNOWN", "note" };

	return names[severity];
}

static void findings_free(struct findings *findings)
{
	while (findings->count > 0) {
		findings->count--;
		free(findings->list[findings->count].text);
		free(findings->list[findings->count].change);
	}
	free(findings->list);
}

static void records_free(struct host *host)
{
	size_t i, j;

	for (i = 0; i < 2; i++) {
		for (j = 0; j < host->outbound.tlsa[i].count; j++)
			free((void *)host->records[i][j].data);
		free(host->records[i]);
	}
}

void destination_free(struct destination *destination)
{
	size_t i;

	for (i = 0; i < destination->host_count; i++) {
		records_free(&destination->hosts[i]);
		free(destination->hosts[i].attempts);
		findings_free(&destination->hosts[i].findings);
	}
	free(destination->hosts);
	free(destination->sts.text);
	findings_free(&destination->findings);
}
