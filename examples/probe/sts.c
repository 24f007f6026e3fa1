/* SPDX-License-Identifier: MIT */
/*
 * sts: a domain's MTA-STS policy (RFC 8461): announced in DNS, fetched by
 * HTTPS, or read from a file.
 *
 * A probe has no cache: if the policy cannot be fetched now, the probe is like
 * a sender that never had it.
 */
#include "sts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TXT_MAX = 16 };

static void take_text(struct destination *destination, char *text, size_t len)
{
	struct sts_fact *sts = &destination->sts;
	struct smtptls_outbound *outbound = &destination->outbound;

	sts->text = text;
	sts->parsed = 1;
	outbound->sts_state = SMTPTLS_STS_FETCHED;
	if (smtptls_sts_policy_parse(&sts->policy, sizeof(sts->policy), text,
				     len) == 0) {
		outbound->sts_text = text;
		outbound->sts_len = len;
		return;
	}
	outbound->sts_state = SMTPTLS_STS_POLICY_INVALID;
	snprintf(sts->error, sizeof(sts->error), "%s", sts->policy.error);
}

static void read_file(struct destination *destination, const char *path)
{
	char *text = malloc(SMTPTLS_STS_POLICY_MAX + 1);
	FILE *file = fopen(path, "re");
	size_t len = 0;

	if (!text)
		fail("no memory");
	if (file)
		len = fread(text, 1, SMTPTLS_STS_POLICY_MAX + 1, file);
	if (!file || ferror(file) || fclose(file) != 0)
		fail("%s: %s", path, strerror(errno));
	destination->sts.asked = 1;
	take_text(destination, text, len);
}

/* 1 if a policy is announced. */
static int find_id(struct dns *dns, struct destination *destination)
{
	struct sts_fact *sts = &destination->sts;
	char name[SMTPTLS_NAME_SIZE + 16], *text[TXT_MAX];
	struct smtptls_dns status;
	size_t len[TXT_MAX], count, i;
	int ret;

	snprintf(name, sizeof(name), "_mta-sts.%s", destination->name);
	count = dns_txt(dns, name, &status, text, len, TXT_MAX);
	sts->asked = 1;
	ret = smtptls_sts_id((const char *const *)text, len, count, sts->id);
	for (i = 0; i < count; i++)
		free(text[i]);
	if (status.status == SMTPTLS_DNS_FAILED ||
	    status.status == SMTPTLS_DNS_BOGUS) {
		destination->outbound.sts_state = SMTPTLS_STS_LOOKUP_FAILED;
		snprintf(sts->error, sizeof(sts->error),
			 "the look-up of the TXT record at %.100s %s", name,
			 status.status == SMTPTLS_DNS_BOGUS
				 ? "does not validate"
				 : "failed");
	}
	if (ret < 0)
		sts->id_error = ret;
	return ret == 1;
}

void sts_find(struct dns *dns, const struct options *options,
	      struct destination *destination)
{
	struct sts_fact *sts = &destination->sts;
	char host[SMTPTLS_NAME_SIZE + 16], address[64], *text;
	size_t len;
	int state;

	if (options->sts_file) {
		read_file(destination, options->sts_file);
		return;
	}
	if (options->no_sts || !find_id(dns, destination))
		return;
	snprintf(host, sizeof(host), "mta-sts.%s", destination->name);
	if (dns_first_address(dns, host, address) < 0) {
		destination->outbound.sts_state = SMTPTLS_STS_FETCH_ERROR;
		snprintf(sts->error, sizeof(sts->error),
			 "the host %.100s has no address", host);
		return;
	}
	state = sts_fetch(destination->name, address, options->ca_file,
			  options->timeout_ms, &text, &len, sts->error,
			  sizeof(sts->error));
	if (state)
		destination->outbound.sts_state = state;
	else
		take_text(destination, text, len);
}
