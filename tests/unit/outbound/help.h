/* SPDX-License-Identifier: MIT */
/* help: short forms of destinations and hosts for the tests of outbound/. */
#ifndef TEST_OUTBOUND_HELP_H
#define TEST_OUTBOUND_HELP_H

#include <stdio.h>
#include <string.h>

#include <smtptls/outbound.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Answers. */
#define SECURE(what)                                                           \
	{                                                                      \
		SMTPTLS_DNS_SECURE, SMTPTLS_DNS_##what                         \
	}
#define INSECURE(what)                                                         \
	{                                                                      \
		SMTPTLS_DNS_INSECURE, SMTPTLS_DNS_##what                       \
	}
#define BOGUS                                                                  \
	{                                                                      \
		SMTPTLS_DNS_BOGUS, 0                                           \
	}
#define FAILED                                                                 \
	{                                                                      \
		SMTPTLS_DNS_FAILED, 0                                          \
	}

/* Sets of TLSA records. */
#define NO_SET(...)                                                            \
	{                                                                      \
		__VA_ARGS__, NULL, 0                                           \
	}
#define SET(dns, records)                                                      \
	{                                                                      \
		dns, records, COUNT(records)                                   \
	}

static const unsigned char help_digest[64];

#define EE311                                                                  \
	{                                                                      \
		3, 1, 1, help_digest, 32                                       \
	}
#define TA201                                                                  \
	{                                                                      \
		2, 0, 1, help_digest, 32                                       \
	}
#define PKIX111                                                                \
	{                                                                      \
		1, 1, 1, help_digest, 32                                       \
	}

#define STS_TEXT(mode, mx)                                                     \
	"version: STSv1\nmode: " mode "\nmax_age: 86400\nmx: " mx "\n"
#define STS(state, age, text)                                                  \
	.sts_state = SMTPTLS_STS_##state, .sts_age = (age),                    \
	.sts_text = (text), .sts_len = sizeof(text) - 1

/* Plan one host. Returns the error. */
static inline int help_plan(const struct smtptls_outbound *outbound,
			    const struct smtptls_outbound_host *host,
			    struct smtptls_plan *plan)
{
	return smtptls_outbound_plan(outbound, sizeof(*outbound), host,
				     sizeof(*host), plan, sizeof(*plan));
}

static inline int help_decide(const struct smtptls_outbound *outbound,
			      const struct smtptls_plan *plans, size_t count,
			      struct smtptls_decision *decision)
{
	return smtptls_outbound_decide(outbound, sizeof(*outbound), plans,
				       sizeof(*plans), count, decision,
				       sizeof(*decision));
}

static inline const char *help_base(const struct smtptls_outbound *outbound,
				    const struct smtptls_outbound_host *host,
				    int i)
{
	return smtptls_outbound_base_domain(outbound, sizeof(*outbound), host,
					    sizeof(*host), i);
}

/* A plan in words: "dane", "may clear", or why the host is skipped. */
static inline const char *help_words(const struct smtptls_plan *plan,
				     char *words, size_t size)
{
	static const char *const skips[] = {
		"try",
		"unknown",
		"mx",
		"null-mx",
		"name",
		"no-address",
		"address-failed",
		"address-bogus",
		"tlsa-failed",
		"tlsa-bogus",
		"no-tlsa",
		"sts",
		"sts-failed",
		"no-name",
		"requiretls",
	};
	static const char *const levels[] = { "?", "may", "dane", "encrypt",
					      "?", "ca",  "pin" };

	if (plan->skip)
		snprintf(words, size, "%s", skips[plan->skip]);
	else
		snprintf(words, size, "%s%s%s", levels[plan->level],
			 plan->clear ? " clear" : "",
			 plan->requiretls ? " requiretls" : "");
	return words;
}

/* "SNI: NAME NAME", or "" for a host that is skipped. */
static inline const char *help_names(const struct smtptls_plan *plan,
				     char *names, size_t size)
{
	size_t len;
	int i;

	if (plan->skip)
		return "";
	len = (size_t)snprintf(names, size, "%s:", plan->sni);
	for (i = 0; i < plan->name_count; i++)
		len += (size_t)snprintf(names + len, size - len, " %s",
					plan->name[i]);
	return names;
}

/* "deliver", "defer 4.4.3" */
static inline const char *help_action(const struct smtptls_decision *decision,
				      char *words, size_t size)
{
	static const char *const actions[] = { "?", "deliver", "defer",
					       "bounce" };

	snprintf(words, size, "%s%s%s%s", actions[decision->action],
		 decision->status ? " " : "",
		 decision->status ? decision->status : "",
		 decision->refetch ? " refetch" : "");
	return words;
}

#endif
